"""The dotted names that django-q2 runs, and the one way to wake it.

The database is the truth, the queue only wakes workers: a task takes one primary key, claims its
row and may run twice. Names here are stable, since queued work carries them across deployments.
Rooms below call :func:`wake`; the functions reach up into the rooms only when they run.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from inspect import isfunction

from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import Schedule
from django_q.tasks import async_task

from .conf import settings

logger = logging.getLogger(__name__)

# Work that may wait behind a shoot's photographs must not: mail, moves to cold storage.
SLOW_TASKS = frozenset(
    {
        "send_message",
        "send_test_letter",
        "archive_files",
        "restore_files",
        "sum_renditions",
        "erase_gallery",
        "fetch_video",
        "scan_library",
        "keep_house",
        "scrub_files",
    }
)


def wake(task_name: str, *keys: int) -> None:
    """Ask a worker to run the task ``task_name`` of this module for a row.

    With django-q2's ORM broker in our own database the request is part of the caller's
    transaction, so neither can exist without the other; any other broker is told once the
    transaction is committed.
    """
    if not is_task(task_name):
        raise LookupError(f"no task {task_name!r}")
    cluster = settings.SLOW_QUEUE_CLUSTER if task_name in SLOW_TASKS else settings.QUEUE_CLUSTER
    enqueue = partial(async_task, f"{__name__}.{task_name}", *keys, q_options={"cluster": cluster})
    if queues_with_rows():
        enqueue()
    else:
        # A broker that is away must not fail what is already committed; reconcile asks again.
        transaction.on_commit(partial(_unless_away, enqueue), robust=True)


def queues_with_rows() -> bool:
    """Whether what is queued stands in the same database as the rows it is about."""
    is_another = Conf.BROKER_CLASS or Conf.IRON_MQ or isinstance(Conf.SQS, dict)
    return Conf.ORM == DEFAULT_DB_ALIAS and not is_another


# A broker that has not answered is left alone for so long: a client of Redis tries for seconds, and
# whoever uploads waits for each of them.
AWAY_SECONDS = 10
_away_until = 0.0


def _unless_away(ask: Callable[[], object]) -> object | None:
    """What the broker answers; None if it is away, or was a moment ago."""
    global _away_until
    if time.monotonic() < _away_until:
        return None
    try:
        return ask()
    except Exception as error:
        _away_until = time.monotonic() + AWAY_SECONDS
        logger.warning("the queue does not answer, its work is asked for again later: %r", error)
        return None


def wake_later(task_name: str, seconds: float) -> None:
    """Ask a worker to run a task without keys, some time from now.

    Asked for again before that time, it still runs once, or once for each of several that ask at
    the same moment: nothing makes a schedule's name unique. django-q2 looks twice a minute.
    """
    if not is_task(task_name):
        raise LookupError(f"no task {task_name!r}")
    name, wanted = f"pumbaphoto.{task_name}", timezone.now() + timedelta(seconds=seconds)
    asked = Schedule.objects.filter(name=name)
    # One that a wrong clock has put off is brought back.
    asked.filter(next_run__gt=wanted).update(next_run=wanted)
    if not asked.exists():
        Schedule.objects.create(
            name=name,
            func=f"{__name__}.{task_name}",
            schedule_type=Schedule.ONCE,
            next_run=wanted,
            repeats=-1,
            cluster=settings.QUEUE_CLUSTER,
        )


def queued(cluster: str = "") -> int | None:
    """How many tasks wait for a worker of a cluster, of the photographs' one if none is named.

    None where the queue does not answer.
    """

    def ask() -> int:
        return get_broker(cluster or settings.QUEUE_CLUSTER).queue_size()

    return ask() if queues_with_rows() else _unless_away(ask)


def is_task(name: str) -> bool:
    """Whether a task of this name can be woken."""
    function = globals().get(name)
    return (
        isfunction(function)
        and function.__module__ == __name__
        and not name.startswith("_")
        and function not in (wake, wake_later, queued, queues_with_rows, is_task)
    )


def scan_file(stored_file_id: int) -> None:
    """Scan a file and, where that was quick, render it as well."""
    from .intake.turns import scan_and_render

    scan_and_render(stored_file_id)


def scan_arrived(gallery_id: int) -> None:
    from .intake.library.arriving import wake_arrived

    wake_arrived(gallery_id)


def scan_waiting() -> None:
    from .intake.scanning import scan_waiting

    scan_waiting()


def render_file(stored_file_id: int) -> None:
    from .intake.pipeline import render_file

    render_file(stored_file_id)


def fetch_video(video_id: int) -> None:
    from .intake.video_fetching import fetch_video

    fetch_video(video_id)


def render_cleared(gallery_id: int) -> None:
    from .intake.clearing import render_cleared

    render_cleared(gallery_id)


def read_camera_time(photo_id: int) -> None:
    from .intake.times_by_hand import read_camera_time

    read_camera_time(photo_id)


def draw_watermarks(gallery_id: int) -> None:
    from .intake.marking import draw_watermarks

    draw_watermarks(gallery_id)


def render_asked(gallery_id: int) -> None:
    from .intake.rerendering import render_asked

    render_asked(gallery_id)


def match_edits(gallery_id: int) -> None:
    from .delivery.matching import match_edits

    match_edits(gallery_id)


def sum_renditions(gallery_id: int) -> None:
    from .delivery.sums import sum_renditions

    sum_renditions(gallery_id)


def archive_files(gallery_id: int) -> None:
    from .delivery.cold import archive_files

    archive_files(gallery_id)


def restore_files(gallery_id: int) -> None:
    from .delivery.cold import restore_files

    restore_files(gallery_id)


def erase_gallery(gallery_id: int) -> None:
    from .delivery.erasing import erase_gallery

    erase_gallery(gallery_id)


def settle_published(gallery_id: int) -> None:
    """Let a gallery's published pictures be those that everybody may see."""
    from .published import settle

    settle(gallery_id)


def settle_all_published() -> None:
    from .published import settle_all

    settle_all()


def scan_library(scan_id: int) -> None:
    """Run a scan of a library, or go on with one."""
    from .intake.library import run_scan

    run_scan(scan_id)


def send_message(message_id: int) -> None:
    from .notifications import send_message

    send_message(message_id)


def send_test_letter(mail_template_id: int, user_id: int) -> None:
    from .mail.trial import send_test_letter

    send_test_letter(mail_template_id, user_id)


def reconcile() -> dict[str, int]:
    """Put right, in every room, what was left half done; scheduled, and run by the command."""
    from . import notifications, published, reminders, wrong_clocks
    from .delivery import cold, erasing, keeping, matching
    from .intake import reconciling, video_fetching

    # First, since it takes away what may not be seen.
    done = published.reconcile()
    rooms = (wrong_clocks, cold, keeping, reminders, erasing, video_fetching)
    rooms += (reconciling, matching, notifications)
    for room in rooms:
        done |= room.reconcile()
    return done


def sweep_storages() -> int:
    """Remove what crashes have left half written on every storage; scheduled daily, since it walks
    through all of them.
    """
    from .intake import reconciling

    return reconciling.sweep_storages()


def clear_renditions() -> None:
    """Keep renditions within what the sites allow; scheduled daily."""
    from .intake.clearing import clear_renditions

    clear_renditions()


def look_for_lost_files() -> None:
    """Ask of every file whether it is still there, and tell who keeps it; scheduled nightly."""
    from .intake.lost_files import look_for_lost_files

    look_for_lost_files()


def scrub_files() -> None:
    """Read on with the files that were not read for the longest; scheduled nightly."""
    from .verification.scrub import scrub

    night = scrub()
    if night is not None and night.finished_at is None:
        wake("scrub_files")


def keep_house() -> None:
    """Take away what piles up over the years; scheduled nightly."""
    from .housekeeping import keep_house

    for _done in keep_house():
        pass


# A worker that has died leaves its file to the next of these.
RECONCILE_MINUTES = 1
# By the server's own clock, when photographers sleep.
NIGHT_HOUR = 3


def schedule_reconciling(**signal: object) -> None:
    """Have the slow cluster reconcile every minute and sweep every day; called after migrations.

    A schedule that an operator has changed is left as it is.
    """
    _schedule("reconcile", schedule_type=Schedule.MINUTES, minutes=RECONCILE_MINUTES)
    _schedule("sweep_storages", schedule_type=Schedule.DAILY)
    _schedule("clear_renditions", schedule_type=Schedule.DAILY, next_run=_tonight())
    _schedule("look_for_lost_files", schedule_type=Schedule.DAILY, next_run=_tonight())
    _schedule("keep_house", schedule_type=Schedule.DAILY, next_run=_tonight())
    _schedule("scrub_files", schedule_type=Schedule.DAILY, next_run=_tonight())


def _tonight() -> datetime:
    now = timezone.localtime()
    return (now + timedelta(days=1)).replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)


def _schedule(task_name: str, **how_often: object) -> None:
    name = f"pumbaphoto.{task_name}"
    # Nothing makes a name unique: where two migrate at once there may be two, and that is no error.
    if not Schedule.objects.filter(name=name).exists():
        Schedule.objects.create(
            name=name,
            func=f"{__name__}.{task_name}",
            repeats=-1,
            cluster=settings.SLOW_QUEUE_CLUSTER,
            **how_often,
        )
