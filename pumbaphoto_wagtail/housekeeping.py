"""What piles up over the years, and is taken away: each chore says how much, and does it.

The chores belong to their rooms; here they are only gone through, one after the other, so that an
operator sees all of them in one place. None touches what a photographer or client has made. A chore
that fails (a volume is away) is told, and the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_q.models import Schedule, Task

from . import tasks, workers
from .conf import HOUR, settings
from .intake import purging, quarantine, receiving, reconciling
from .intake.clearing import clear_renditions
from .models import (
    LinkVisit,
    Message,
    MessageKind,
    Photo,
    PinTry,
    Upload,
    UploadBatch,
    UploadState,
)
from .verification import recording

logger = logging.getLogger(__name__)

# Nobody asks on which day of a year so long ago a link was opened.
VISIT_DAYS = 3 * 365
# What a task failed with is looked into within weeks or never.
FAILED_TASK_DAYS = 90
# Announced and never sent, for instance because the answer was lost and another one was announced.
EMPTY_BATCH_DAYS = 365
# A wake-up for later that nobody took up by then is asked for again by whoever needs it.
LATE_DAYS = 1

# E-mails whose key names something that cannot happen again, and that nothing reads later: one
# submission, one day. Others stay: their key forbids to say something twice (that a gallery may be
# archived, that a batch is here), or they are still to be answered, or reminded of.
ONCE_FOR_ALL = (
    MessageKind.SELECTION_SUBMITTED,
    MessageKind.RECEIPT,
    MessageKind.FILES_MISSING,
)


@dataclass(frozen=True, kw_only=True)
class Chore:
    """``name`` in words; ``count`` how much there is to take away, ``do`` how much was."""

    name: Promise
    count: Callable[[], int]
    do: Callable[[], int]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a chore; ``error`` is empty where it was done."""

    name: str
    amount: int
    error: str = ""


def keep_house(*, is_dry_run: bool = False) -> Iterator[Done]:
    """Go through all chores; a dry run only counts."""
    for chore in CHORES:
        amount, error = 0, ""
        try:
            amount = chore.count() if is_dry_run else chore.do()
        except Exception as failure:  # one room's trouble is not the others'
            logger.exception("housekeeping: %s", chore.name)
            error = f"{type(failure).__name__}: {failure}"
        yield Done(name=str(chore.name), amount=amount, error=error)


def _rows(find: Callable[[], QuerySet]) -> dict[str, Callable[[], int]]:
    """The count and the act of a chore that only deletes rows."""

    def delete() -> int:
        rows = find()
        # What hangs on them goes with them, and is not counted.
        return rows.delete()[1].get(rows.model._meta.label, 0)

    return {"count": lambda: find().count(), "do": delete}


def _ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


# --- What is taken away --------------------------------------------------------------------------


def sent_messages() -> QuerySet[Message]:
    """E-mails that may be forgotten: sent ``SENT_MESSAGE_DAYS`` ago, and never owed again."""
    if not settings.SENT_MESSAGE_DAYS:
        return Message.objects.none()
    asked_again = Q(kind=MessageKind.LINK, key__contains="-again-")
    return Message.objects.filter(
        Q(kind__in=ONCE_FOR_ALL) | asked_again, sent_at__lt=_ago(settings.SENT_MESSAGE_DAYS)
    )


def wrong_pins() -> QuerySet[PinTry]:
    """Those that do not slow anybody down any more."""
    return PinTry.objects.filter(at__lt=timezone.now() - timedelta(seconds=HOUR))


def old_visits() -> QuerySet[LinkVisit]:
    return LinkVisit.objects.filter(day__lt=_ago(VISIT_DAYS).date())


def empty_batches() -> QuerySet[UploadBatch]:
    """Batches of which no file ever came."""
    something = Upload.objects.filter(batch=OuterRef("pk")).exclude(
        state=UploadState.ABANDONED, stored_file=None, durable_offset=0
    )
    return UploadBatch.objects.filter(~Exists(something), settled_at__lt=_ago(EMPTY_BATCH_DAYS))


def failed_tasks() -> QuerySet[Task]:
    """What django-q2 keeps of our tasks: always those that failed, and with a ``save_limit`` that
    keeps successes those as well.
    """
    ours = Q(func__startswith=f"{tasks.__name__}.")
    return Task.objects.filter(ours, stopped__lt=_ago(FAILED_TASK_DAYS))


def idle_schedules() -> QuerySet[Schedule]:
    """Wake-ups that nobody took up in time, schedules of tasks that are no more, and the second of
    two that were made at the same moment.
    """
    ours = Schedule.objects.filter(name__startswith="pumbaphoto.")
    twins = Exists(ours.filter(name=OuterRef("name"), pk__lt=OuterRef("pk")))
    known = [
        row.pk for row in ours if not tasks.is_task(row.func.removeprefix(f"{tasks.__name__}."))
    ]
    late = Q(schedule_type=Schedule.ONCE, next_run__lt=_ago(LATE_DAYS))
    return ours.filter(late | twins | Q(pk__in=known))


def old_sessions() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=timezone.now())


def _clear_sessions() -> int:
    """As Django's own command does, for whichever way the site keeps them."""
    amount = old_sessions().count() if _are_sessions_rows() else 0
    import_module(django_settings.SESSION_ENGINE).SessionStore.clear_expired()
    return amount


def _are_sessions_rows() -> bool:
    return django_settings.SESSION_ENGINE.endswith(("backends.db", "backends.cached_db"))


def _clear_renditions(*, is_dry_run: bool = False) -> int:
    return clear_renditions(is_dry_run=is_dry_run).renditions


def _deleted_photos() -> int:
    before = timezone.now() - timedelta(seconds=settings.DELETED_PHOTO_SECONDS)
    return Photo.objects.filter(deleted_at__lte=before).count()


CHORES: tuple[Chore, ...] = (
    Chore(
        name=_("uploads given up"),
        count=lambda: receiving.silent_uploads().count(),
        do=receiving.abandon_expired,
    ),
    Chore(
        name=_("parts of uploads that nobody knows"),
        count=lambda: len(reconciling.orphaned_parts()),
        do=reconciling.sweep_parts,
    ),
    Chore(
        name=_("files deleted from quarantine"),
        count=lambda: quarantine.due_for_deletion().count(),
        do=quarantine.purge,
    ),
    Chore(name=_("photos gone for good"), count=_deleted_photos, do=purging.purge_due),
    Chore(
        name=_("renditions beyond what is allowed"),
        count=lambda: _clear_renditions(is_dry_run=True),
        do=_clear_renditions,
    ),
    Chore(name=_("e-mails forgotten"), **_rows(sent_messages)),
    Chore(name=_("wrong PINs"), **_rows(wrong_pins)),
    Chore(name=_("days of visits"), **_rows(old_visits)),
    Chore(name=_("batches of which nothing came"), **_rows(empty_batches)),
    Chore(name=_("results of tasks"), **_rows(failed_tasks)),
    Chore(name=_("schedules that nobody needs"), **_rows(idle_schedules)),
    Chore(
        name=_("old inspections"),
        count=lambda: len(recording.old_runs()),
        do=recording.forget_old,
    ),
    Chore(
        name=_("machines that are gone"),
        count=lambda: workers.unseen().count(),
        do=workers.forget_unseen,
    ),
    Chore(
        name=_("sessions that have ended"),
        count=lambda: old_sessions().count() if _are_sessions_rows() else 0,
        do=_clear_sessions,
    ),
)
