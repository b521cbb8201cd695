"""Files that wait for the virus scanner: since when, and going on as soon as it answers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import HOUR, MINUTE
from pumbaphoto_wagtail.models import Stage, StoredFile

from .claims import free

logger = logging.getLogger(__name__)

# Each answer of the scanner wakes so many of the files that waited for it.
WOKEN_AT_ONCE = 100
# The scanner is asked again, with one of the files, this long after it did not answer.
PROBE_SECONDS = 15
# Files that have waited for so long are told to operators and photographers.
ALARM_SECONDS = 10 * MINUTE


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """``count`` files wait for the scanner, the first of them since ``since``."""

    since: datetime
    count: int
    reason: str


def uncounted() -> Q:
    """Files of which no scan was tried: they wait for the scanner, or the storage, itself."""
    return Q(stage=Stage.WAITING, scan_attempts=0)


def wake_the_waiting() -> int:
    """The scanner has answered: let files that waited for it go at once; returns how many."""
    keys = list(
        StoredFile.objects.filter(uncounted(), retry_at__isnull=False)
        .order_by("retry_at")
        .values_list("pk", flat=True)[:WOKEN_AT_ONCE]
    )
    if keys:
        StoredFile.objects.filter(uncounted(), pk__in=keys).update(retry_at=None)
    for key in keys:
        tasks.wake("scan_file", key)
    return len(keys)


def next_to_try() -> int | None:
    """The waiting file with which to ask the scanner again, freed from its waiting time."""
    due = uncounted() | Q(stage=Stage.WAITING, retry_at__lte=timezone.now())
    key = (
        StoredFile.objects.filter(due, free())
        .order_by("scan_attempts", "retry_at")
        .values_list("pk", flat=True)
        .first()
    )
    if key is not None:
        StoredFile.objects.filter(pk=key, stage=Stage.WAITING).update(retry_at=None)
    return key


def probe_later() -> None:
    """Have the scanner asked again soon, once for all that wait."""
    tasks.wake_later("scan_waiting", PROBE_SECONDS)


def alarm(files: QuerySet[StoredFile] | None = None) -> Alarm | None:
    """What to tell about files that have waited too long; None while there are none.

    ``files`` are those that may be spoken of, all of them by default.
    """
    files = StoredFile.objects.all() if files is None else files
    waiting = files.filter(stage__in=(Stage.WAITING, Stage.SCANNING), verdict="")
    found = waiting.aggregate(since=Min("stage_changed_at"), count=Count("pk"))
    limit = timezone.now() - timedelta(seconds=ALARM_SECONDS)
    if found["since"] is None or found["since"] > limit:
        return None
    oldest = waiting.order_by("stage_changed_at").first()
    return Alarm(reason=oldest.reason if oldest else "", **found)


def log_alarm() -> None:
    """Tell the operators, by the site's own logging, once an hour."""
    found = alarm()
    if found and cache.add("pumbaphoto.scanner-alarm", True, HOUR):
        logger.error(
            "%d files have waited for the virus scanner since %s: %s",
            found.count,
            found.since.isoformat(timespec="minutes"),
            found.reason,
        )
