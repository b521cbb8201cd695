"""Which machines' workers were seen at work: told by each of them, at most once a minute.

A machine whose queue is empty for long is not told from one that is gone, but reconciling comes
once a minute to some machine of the slow cluster, and so to each of them now and then.
"""

from __future__ import annotations

import logging
import multiprocessing
import socket
import time
from datetime import timedelta

from django.db import DatabaseError, InterfaceError
from django.db.models import QuerySet
from django.utils import timezone
from django_q.conf import Conf
from django_q.signals import post_spawn, pre_execute

from . import __version__
from .conf import DAY, MINUTE, settings
from .models import WorkerHost

logger = logging.getLogger(__name__)

TOLD_EVERY = timedelta(seconds=MINUTE)
FORGOTTEN_AFTER = timedelta(seconds=30 * DAY)
# A machine that was retired with the former version is no matter for long.
AT_WORK_WITHIN = timedelta(seconds=DAY)

# When this process told last, by its own clock; a worker's life is a few minutes to days.
_told_at: float | None = None


def connect() -> None:
    """Let this process tell of itself whenever it starts or takes up a task as a worker."""
    for signal in (post_spawn, pre_execute):
        signal.connect(_tell, dispatch_uid="pumbaphoto.workers")


def hosts() -> list[WorkerHost]:
    """Every machine that was seen within thirty days, one row for each of its clusters."""
    since = timezone.now() - FORGOTTEN_AFTER
    return list(WorkerHost.objects.filter(seen_at__gt=since))


def host_names() -> set[str]:
    """The machines themselves: with more than one, what a NAS client remembers matters."""
    return {host.name for host in hosts()}


def of_other_versions() -> list[WorkerHost]:
    """Machines that were seen within a day with another version of the package than this
    process runs.
    """
    since = timezone.now() - AT_WORK_WITHIN
    return [host for host in hosts() if host.version != __version__ and host.seen_at > since]


def unseen() -> QuerySet[WorkerHost]:
    """Machines that were not seen for thirty days."""
    return WorkerHost.objects.filter(seen_at__lte=timezone.now() - FORGOTTEN_AFTER)


def forget_unseen() -> int:
    """Forget such machines; how many rows that were."""
    return unseen().delete()[0]


def note_host(name: str, cluster: str) -> None:
    """Write down that a machine's workers were seen at work for a cluster just now.

    Several workers of one machine tell of it; whoever comes within a minute of another writes
    nothing. A clock that was turned back is believed.
    """
    now = timezone.now()
    host, is_new = WorkerHost.objects.get_or_create(
        name=name, cluster=cluster, defaults={"version": __version__, "seen_at": now}
    )
    if is_new or (host.version == __version__ and abs(now - host.seen_at) < TOLD_EVERY):
        return
    WorkerHost.objects.filter(pk=host.pk).update(version=__version__, seen_at=now)


def _tell(**signal: object) -> None:
    """Never fails the work it comes before: django-q2 sends its signals outside of any ``try``."""
    global _told_at
    if not _is_our_worker():
        return
    now = time.monotonic()
    if _told_at is not None and now - _told_at < TOLD_EVERY.total_seconds():
        return
    _told_at = now
    try:
        note_host(socket.gethostname(), Conf.CLUSTER_NAME)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("This machine could not be noted: %s", error)


def _is_our_worker() -> bool:
    clusters = (settings.QUEUE_CLUSTER, settings.SLOW_QUEUE_CLUSTER)
    return multiprocessing.current_process().daemon and Conf.CLUSTER_NAME in clusters
