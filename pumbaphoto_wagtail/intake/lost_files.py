"""The nightly look for files that are gone from their storage, and for those that came back.

It only asks whether they are there; ``verification`` is for whether they are whole. A storage that
is away has lost nothing, and one where much is gone at once is taken for the wrong one. What lies
in a photographer's library is looked after by its scans; what they found missing is told with it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Site

from pumbaphoto_wagtail import notifications, tasks
from pumbaphoto_wagtail.conf import DAY
from pumbaphoto_wagtail.exceptions import BytesDiffer, PumbaphotoError
from pumbaphoto_wagtail.missing_files import told_of_missing
from pumbaphoto_wagtail.models import FileMove, Gallery, Stage, StoredFile
from pumbaphoto_wagtail.storage import INCOMING, digest, sizes

from .claims import free

logger = logging.getLogger(__name__)

CHUNK_ROWS = 1000
# Of a storage's files; so few may be gone in any case.
LARGEST_SHARE, FEW = 0.2, 20
# Files that nobody is working on, and that ought to be there.
AT_REST = (Stage.READY, Stage.FAILED, Stage.BLOCKED)


@dataclass(kw_only=True)
class Looked:
    """How many files were looked for, how many are newly gone, and how many have come back."""

    files: int = 0
    lost: int = 0
    back: int = 0


def look_for_lost_files() -> Looked:
    """Mark files that are gone, and bring back those that are there again; who keeps a site that
    has lost some is owed one mail.
    """
    looked, lost = Looked(), []
    for alias in _aliases():
        try:
            looked.back += _bring_back(alias)
            lost += _look_through(alias, looked)
        except (PumbaphotoError, OSError) as error:
            logger.warning("nothing was looked for on %s: %r", alias, error)
    looked.lost = len(lost)
    if gone := lost + _gone_from_libraries():
        tell_of(gone)
    return looked


def _gone_from_libraries() -> list[int]:
    """The keys of what scans have found missing since the last night."""
    since = timezone.now() - timedelta(seconds=DAY)
    gone = StoredFile.objects.filter(
        is_owned=False, stage=Stage.MISSING, stage_changed_at__gte=since
    )
    return [*gone.values_list("pk", flat=True)]


def _aliases() -> list[str]:
    known = StoredFile.objects.filter(is_owned=True).exclude(storage=INCOMING)
    return sorted(known.order_by().values_list("storage", flat=True).distinct())


def _at_rest(alias: str) -> QuerySet[StoredFile]:
    moving = FileMove.objects.values("stored_file")
    files = StoredFile.objects.filter(free(), storage=alias, is_owned=True, stage__in=AT_REST)
    return files.exclude(pk__in=moving)


def _look_through(alias: str, looked: Looked) -> list[int]:
    """The keys of an alias' files that are gone, and have just been marked so."""
    count, absent = 0, []
    for rows in _in_chunks(_at_rest(alias)):
        found = sizes(alias, [name for _key, name in rows])
        if found is None:
            # Over the network each file would be a request of its own.
            return []
        count += len(rows)
        absent += [(key, name) for key, name in rows if found[name] is None]
    looked.files += count
    if len(absent) > max(FEW, count * LARGEST_SHARE):
        logger.error("%d of %d files are gone from %s; is it it?", len(absent), count, alias)
        return []
    return [key for key, name in absent if _mark(alias, key, name)]


def _in_chunks(files: QuerySet[StoredFile]) -> Iterator[list[tuple[int, str]]]:
    last = 0
    while rows := [
        *files.filter(pk__gt=last).order_by("pk").values_list("pk", "name")[:CHUNK_ROWS]
    ]:
        yield rows
        last = rows[-1][0]


def _mark(alias: str, key: int, name: str) -> bool:
    """Say of a file that it is gone, unless it has only been taken elsewhere meanwhile."""
    if (sizes(alias, [name]) or {}).get(name) is not None:
        return False
    return bool(
        _at_rest(alias)
        .filter(pk=key, name=name)
        .update(
            stage=Stage.MISSING,
            stage_changed_at=timezone.now(),
            reason=_("The file is missing from the storage."),
        )
    )


def _bring_back(alias: str) -> int:
    """Show again what is there once more, if it is the same to the byte; returns how many files."""
    gone = StoredFile.objects.filter(
        free(), storage=alias, is_owned=True, stage=Stage.MISSING
    ).exclude(pk__in=FileMove.objects.values("stored_file"))
    count = 0
    for rows in _in_chunks(gone):
        found = sizes(alias, [name for _key, name in rows]) or {}
        there = [key for key, name in rows if found.get(name) is not None]
        count += sum(_is_back(file) for file in StoredFile.objects.filter(pk__in=there))
    return count


@transaction.atomic
def _is_back(file: StoredFile) -> bool:
    try:
        if digest(file.storage, file.name).sha256 != file.sha256:
            return False
    except (FileNotFoundError, BytesDiffer):
        return False
    is_shown = file.is_trusted and file.renditions.exists()
    stage = Stage.READY if is_shown else Stage.CLEAN if file.is_trusted else Stage.RECEIVED
    missing = StoredFile.objects.filter(free(), pk=file.pk, stage=Stage.MISSING)
    if not missing.update(
        stage=stage, stage_changed_at=timezone.now(), reason="", render_attempts=0, retry_at=None
    ):
        return False
    if not is_shown:
        tasks.wake("render_file" if file.is_trusted else "scan_file", file.pk)
    return True


def tell_of(keys: list[int], *, found: str = "missing") -> None:
    """Owe a mail about files that were ``found`` "missing" or "damaged" to who keeps the sites they
    belong to.
    """
    today = timezone.localdate()
    for site in _sites_of(keys):
        for recipient in told_of_missing(site):
            notifications.owe_files_missing(site, recipient, today, found=found)


def _sites_of(keys: list[int]) -> QuerySet[Site]:
    lost = StoredFile.objects.filter(pk__in=keys).values("pk")
    of_photos = Q(photos__files__stored_file__in=lost)
    galleries = Gallery.objects.filter(of_photos | Q(edits__stored_file__in=lost))
    return Site.objects.filter(pk__in=galleries.order_by().values("site"))
