"""What a wrong clock has written: times further ahead than anybody may set them.

A machine whose clock was two hours ahead for a moment leaves leases, waiting times and schedules
that end two hours from now, and everybody else would wait for them. What nobody can have meant is
put right: a lease longer than any is taken back, a wait longer than any is over. Whoever really
still works on such a row finds at its next step that it is not theirs, as after any other lease
that has ended.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django_q.models import Schedule

from .conf import DAY, HOUR, MEBIBYTE, MINUTE, settings
from .intake.lease import WRITER_LEASE_SECONDS
from .intake.rerendering import FAILURE_REST_SECONDS
from .intake.scanning import MAX_RETRY_SECONDS
from .models import (
    SETTLED_STAGES,
    LibraryScan,
    Message,
    Stage,
    StoredFile,
    Upload,
)

# Clocks of several machines are never quite the same.
CLOCK_SECONDS = MINUTE
# What a schedule's own period is, where it has one; two of them ahead nobody sets it.
PERIODS = {Schedule.HOURLY: HOUR, Schedule.DAILY: DAY}
WAITING_STAGES = (Stage.RECEIVED, Stage.SCANNING, Stage.WAITING)


def reconcile() -> dict[str, int]:
    """Take back what lies too far ahead; how many leases, waits and schedules that were."""
    return {
        "leases taken back": _end_leases(),
        "waits cut short": _end_waits(),
        "schedules brought back": mend_schedules(),
    }


def longest_lease(file: StoredFile) -> timedelta:
    """What scanning or moving a file of this size may take."""
    per_mebibyte = max(1, settings.CLAMD_SCAN_TIMEOUT_SECONDS_PER_MEBIBYTE)
    seconds = (
        settings.LEASE_SECONDS
        + settings.CLAMD_SCAN_TIMEOUT_SECONDS
        + per_mebibyte * file.size / MEBIBYTE
    )
    return timedelta(seconds=seconds + CLOCK_SECONDS)


def _end_leases() -> int:
    now = timezone.now()
    ended = 0
    for file in StoredFile.objects.filter(lease_until__gt=_ahead(now, settings.LEASE_SECONDS)):
        if file.lease_until > now + longest_lease(file):
            ended += _free(StoredFile, Q(pk=file.pk, lease_until=file.lease_until))
    longest = (
        (Upload, WRITER_LEASE_SECONDS),
        (Message, settings.LEASE_SECONDS),
        (LibraryScan, settings.LEASE_SECONDS),
    )
    for model, seconds in longest:
        ended += _free(model, Q(lease_until__gt=_ahead(now, seconds)))
    return ended


def _free(model, condition: Q) -> int:
    return model.objects.filter(condition).update(lease_holder=None, lease_until=None)


def _end_waits() -> int:
    now = timezone.now()
    scans, is_settled = Q(stage__in=WAITING_STAGES), Q(stage__in=SETTLED_STAGES)
    too_long = (
        Q(retry_at__gt=_ahead(now, DAY))
        | scans & Q(retry_at__gt=_ahead(now, MAX_RETRY_SECONDS))
        | ~scans & ~is_settled & Q(retry_at__gt=_ahead(now, FAILURE_REST_SECONDS))
    )
    files, ahead = StoredFile.objects, _ahead(now, 0)
    ended = files.filter(too_long).update(retry_at=now)
    ended += files.filter(~is_settled, stage_changed_at__gt=ahead).update(stage_changed_at=now)
    ended += files.filter(render_requested_at__gt=ahead).update(render_requested_at=now)
    return ended + _end_waits_of_messages(now)


def _end_waits_of_messages(now: datetime) -> int:
    owed = Message.objects.filter(sent_at=None, failed_at=None)
    longest = max(settings.MAIL_RETRY_SECONDS, default=0)
    too_long = Q(retry_at__gt=_ahead(now, longest), attempts__gt=0)
    # Nobody was woken for it, and nobody would be until its time has come.
    from_tomorrow = Q(created_at__gt=_ahead(now, 0), retry_at=None)
    return owed.filter(too_long | from_tomorrow).update(retry_at=now)


def mend_schedules() -> int:
    """Let schedules of ours that would sleep for longer than their period run at once."""
    now = timezone.now()
    mended = 0
    for schedule in Schedule.objects.filter(name__startswith="pumbaphoto.", next_run__gt=now):
        period = PERIODS.get(schedule.schedule_type)
        if schedule.schedule_type == Schedule.MINUTES:
            period = (schedule.minutes or 1) * MINUTE
        if period and schedule.next_run > _ahead(now, 2 * period):
            mine = Schedule.objects.filter(pk=schedule.pk, next_run=schedule.next_run)
            mended += mine.update(next_run=now)
    return mended


def _ahead(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds + CLOCK_SECONDS)
