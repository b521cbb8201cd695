"""The dotted names that django-q2 runs, and the one way to wake it.

The database is the truth, the queue only wakes workers: a task takes one primary key, claims its
row and may run twice. Names here are stable, since queued work carries them across deployments.
Rooms below call :func:`wake`; the functions reach up into the rooms only when they run.
"""

from __future__ import annotations

from inspect import isfunction

from django.db import transaction
from django_q.conf import Conf
from django_q.models import Schedule
from django_q.tasks import async_task

from .conf import settings

# Work that may wait behind a shoot's photographs must not: mail, moves to cold storage.
SLOW_TASKS = frozenset({"send_message", "archive_files", "restore_files"})


def wake(task_name: str, *keys: int) -> None:
    """Ask a worker to run the task ``task_name`` of this module for a row.

    With django-q2's ORM broker the request is part of the caller's transaction, so neither can
    exist without the other; any other broker is told once the transaction is committed.
    """
    if not _is_task(task_name):
        raise LookupError(f"no task {task_name!r}")
    cluster = settings.SLOW_QUEUE_CLUSTER if task_name in SLOW_TASKS else settings.QUEUE_CLUSTER

    def enqueue() -> None:
        async_task(f"{__name__}.{task_name}", *keys, q_options={"cluster": cluster})

    if Conf.ORM:
        enqueue()
    else:
        # A broker that is away must not fail what is already committed; reconcile asks again.
        transaction.on_commit(enqueue, robust=True)


def _is_task(name: str) -> bool:
    function = globals().get(name)
    return (
        isfunction(function)
        and function.__module__ == __name__
        and not name.startswith("_")
        and function is not wake
    )


def scan_file(stored_file_id: int) -> None:
    from .intake.pipeline import scan_file

    scan_file(stored_file_id)


def render_file(stored_file_id: int) -> None:
    from .intake.pipeline import render_file

    render_file(stored_file_id)


def match_edits(gallery_id: int) -> None:
    from .delivery.edits import match_edits

    match_edits(gallery_id)


def archive_files(gallery_id: int) -> None:
    from .delivery.cold import archive_files

    archive_files(gallery_id)


def restore_files(gallery_id: int) -> None:
    from .delivery.cold import restore_files

    restore_files(gallery_id)


def send_message(message_id: int) -> None:
    from .notifications import send_message

    send_message(message_id)


def reconcile() -> dict[str, int]:
    """Put right, in every room, what was left half done; scheduled, and run by the command."""
    from . import notifications
    from .delivery import cold
    from .intake import reconciling

    return reconciling.reconcile() | notifications.reconcile() | cold.reconcile()


RECONCILE_MINUTES = 2


def schedule_reconciling(**signal: object) -> None:
    """Have the slow cluster reconcile every few minutes; called after every migration.

    A schedule that an operator has changed is left as it is.
    """
    Schedule.objects.get_or_create(
        name="pumbaphoto.reconcile",
        defaults={
            "func": f"{__name__}.reconcile",
            "schedule_type": Schedule.MINUTES,
            "minutes": RECONCILE_MINUTES,
            "repeats": -1,
            "cluster": settings.SLOW_QUEUE_CLUSTER,
        },
    )
