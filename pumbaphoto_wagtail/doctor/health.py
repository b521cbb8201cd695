"""The health of the site in numbers, for monitoring: no name of a client, a gallery or a file.

Whatever does not answer is trouble, and is waited for a moment: the database is asked on a
connection of its own first, volumes and scanner within a bound. What was found out holds for some
seconds in this process, since the shared cache may be what is ill.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count
from django.utils import timezone

from .. import __version__
from ..exceptions import StorageOffline
from ..models import InspectionScope, Stage, StoredFile
from ..storage import RENDITIONS, all_in_time
from ..verification import scrub
from .facts import (
    ATTENTION,
    OK,
    TROUBLE,
    last_inspection,
    last_scrub,
    mail_facts,
    scanner_facts,
    worker_facts,
    worst,
)
from .volumes import Volume, measure_volumes

KEPT_SECONDS = 5.0
DATABASE_PATIENCE_SECONDS = 3.0
# A database on the same machine, or on the next, answers within some milliseconds.
DATABASE_SLOW_SECONDS = 1.0
# What most will look for first.
STATE = "state"

Report = dict[str, Any]
_kept: tuple[float, Report] | None = None
_lock = Lock()


def report() -> Report:
    """The health as it was within the last seconds. ``state`` is "ok", "attention" or "trouble",
    of the whole and of each part; sizes are bytes, times seconds, what is not known is None.
    """
    global _kept
    with _lock:
        if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
            found = measure()
            _kept = (time.monotonic(), found)
        return _kept[1]


def forget() -> None:
    """Find everything out anew the next time."""
    global _kept
    _kept = None


def measure() -> Report:
    """The health as it is now."""
    database = _database()
    parts = {"database": database, "storages": _storages()}
    for name, look in LOOKS.items():
        parts[name] = _safely(look) if database[STATE] != TROUBLE else {STATE: TROUBLE}
    return {
        STATE: worst([part[STATE] for part in parts.values()]),
        "version": __version__,
        "at": timezone.now().isoformat(timespec="seconds"),
        **parts,
    }


def _safely(look: Callable[[], Report]) -> Report:
    try:
        return look()
    except Exception:  # whatever it is, monitoring has to hear of it rather than of an error page
        return {STATE: TROUBLE}


# --- What needs no answer of the database --------------------------------------------------------


def _database() -> Report:
    answer = all_in_time({"database": ping_database}, DATABASE_PATIENCE_SECONDS)["database"]
    if isinstance(answer, Exception):
        return {STATE: TROUBLE, "seconds": None}
    state = ATTENTION if answer > DATABASE_SLOW_SECONDS else OK
    return {STATE: state, "seconds": round(answer, 4)}


def ping_database() -> float:
    """How many seconds the database takes for the smallest question, on a connection of this
    thread that is closed again.
    """
    connection = connections[StoredFile.objects.db]
    try:
        return latency(connection)
    finally:
        connection.close()


def latency(connection: BaseDatabaseWrapper) -> float:
    """How many seconds a connection takes for the smallest question."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        started = time.monotonic()
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return time.monotonic() - started


def _storages() -> Report:
    try:
        found = measure_volumes()
    except StorageOffline:
        return {STATE: TROUBLE, "volumes": {}}
    volumes = {alias: _volume(volume) for volume in found for alias in volume.aliases}
    return {STATE: worst([each[STATE] for each in volumes.values()]), "volumes": volumes}


def _volume(volume: Volume) -> Report:
    return {
        STATE: state_of(volume),
        "answers": not volume.trouble,
        "free_bytes": volume.free,
        "total_bytes": volume.total,
        "left_bytes": volume.left,
    }


def state_of(volume: Volume) -> str:
    """Trouble where uploads or pictures suffer; a cold disk may be away."""
    is_needed = volume.takes_uploads or RENDITIONS in volume.aliases
    if is_needed and (volume.trouble or volume.is_full):
        return TROUBLE
    return ATTENTION if volume.trouble or volume.is_full or volume.is_nearly_full else OK


# --- What the database knows ---------------------------------------------------------------------


def _scanner() -> Report:
    found = scanner_facts()
    signed_at = found.signed_at
    return {
        STATE: found.state,
        "answers": found.version is not None,
        "signatures_seconds": _ago(signed_at),
        "waiting": found.waiting.count if found.waiting else 0,
        "oldest_seconds": _ago(found.waiting.since) if found.waiting else None,
    }


def _queue() -> Report:
    found = worker_facts()
    return {
        STATE: found.state,
        "waiting": {name: one.count if one else None for name, one in found.queued.items()},
        "oldest_seconds": _ago(found.oldest),
        "reconciled_seconds": _ago(found.reconciled_at),
        "hosts": len({host.name for host in found.hosts}),
        "hosts_of_other_versions": len({host.name for host in found.others}),
    }


def _outbox() -> Report:
    found = mail_facts()
    return {
        STATE: found.state,
        "waiting": found.waiting,
        "failed": found.given_up,
        "oldest_seconds": _ago(found.since),
    }


def _files() -> Report:
    rows = StoredFile.objects.order_by().values_list("stage").annotate(count=Count("pk"))
    counts = dict(rows)
    stages = {str(stage): counts.get(stage, 0) for stage in Stage}
    ill = counts.get(Stage.MISSING, 0) + counts.get(Stage.BLOCKED, 0)
    return {STATE: ATTENTION if ill else OK, "stages": stages}


def _inspection() -> Report:
    last = last_inspection()
    findings = last.finding_count if last else None
    return {
        STATE: ATTENTION if findings else OK,
        "finished_seconds": _ago(last.finished_at) if last else None,
        "findings": findings,
        "is_whole": last.scope == InspectionScope.WHOLE if last else None,
    }


def _scrub() -> Report:
    found, last = scrub.progress(), last_scrub()
    findings = last.finding_count if last else None
    return {
        STATE: ATTENTION if found.overdue or findings else OK,
        "findings": findings,
        "files": found.files,
        "unread": found.unread,
        "overdue": found.overdue,
        "oldest_seconds": _ago(found.oldest),
    }


def _ago(moment: datetime | None) -> int | None:
    return None if moment is None else max(0, round((timezone.now() - moment).total_seconds()))


LOOKS: dict[str, Callable[[], Report]] = {
    "scanner": _scanner,
    "queue": _queue,
    "outbox": _outbox,
    "files": _files,
    "inspection": _inspection,
    "scrub": _scrub,
}
