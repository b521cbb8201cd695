"""The rolling scrub: every file is read again within ``SCRUB_DAYS``, a share of them each night.

Disks lose bits without a word, and a file that nobody opens is missed years later. So each night
the files longest not read are read from the volume itself, with their renditions, and held against
the digests that were taken when they arrived. What is right gets its ``StoredFile.proved_at``; what
is wrong becomes a finding of the night's :class:`models.Inspection`, and is read again every night
until it is whole. Nothing is marked, moved or written but these rows.

A night is read in pieces of a minute, each a task of its own, so that mail and other slow work of
the same workers comes in between. What a piece has read is written down every few seconds, so that
one that was killed costs those alone.

A file on a volume that is away is neither proved nor lost: it waits, and is read once it is back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Min, Prefetch, Q, QuerySet, Sum
from django.utils import timezone

from .. import models
from ..conf import HOUR, settings
from ..intake.lost_files import tell_of
from ..models import UNREAD, Rendition, StoredFile
from .findings import Inspection
from .nights import Night
from .proving import GONE_STAGES, prove
from .volumes import why_absent

# A task works this long and then asks for another.
PIECE_SECONDS = 60
# A night that is not at its end by then is left to the next one, which begins with the same files.
NIGHT_SECONDS = 6 * HOUR
# Of the time, so that the disk answers others in the other half of it.
READING_SHARE = 0.5
CHUNK_ROWS = 500
WRITE_DOWN_SECONDS = 5
FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the scrub is.

    Of ``files`` that can be read ``unread`` were not read within ``SCRUB_DAYS``, and ``overdue`` of
    these are there for longer than that. ``oldest`` is when the file longest not read was read;
    None where none was ever. Without a scrub (``SCRUB_DAYS`` 0) nothing is unread.
    """

    files: int
    unread: int
    oldest: datetime | None
    overdue: int = 0


def progress() -> Progress:
    """How far the scrub is, in one query."""
    before = _before()
    unread = Q(proved_at=None) | Q(proved_at__lt=before)
    found = _provable().aggregate(
        files=Count("pk"),
        unread=Count("pk", filter=unread),
        overdue=Count("pk", filter=unread & Q(created_at__lt=before)),
        oldest=Min("proved_at"),
    )
    if not settings.SCRUB_DAYS:
        found |= {"unread": 0, "overdue": 0}
    return Progress(**found)


def scrub(
    *, seconds: float | None = PIECE_SECONDS, reading_share: float = READING_SHARE
) -> models.Inspection | None:
    """Read on with tonight's files for so many seconds, or to the end without ``seconds``.

    Returns the night's record, which has no ``finished_at`` while there is more to read, and None
    where ``SCRUB_DAYS`` is 0. Done by two workers at once it reads some files twice.
    """
    if not settings.SCRUB_DAYS:
        return None
    inspection = Inspection()
    inspection.absent |= {alias for alias in _aliases() if why_absent(alias)}
    night = Night.tonight(NIGHT_SECONDS, share=_nightly_bytes)
    deadline = None if seconds is None else time.monotonic() + seconds
    for file in _in_turn(night, inspection):
        night.add(file, prove(inspection, file, file.made, share=reading_share))
        if deadline is not None and time.monotonic() >= deadline:
            night.write_down()
            return night.run
        if night.is_old(WRITE_DOWN_SECONDS):
            night.write_down()
    away = _provable().filter(storage__in=inspection.absent).count()
    if new := night.end(away=away):
        keys = [*StoredFile.objects.filter(uuid__in=new).values_list("pk", flat=True)]
        tell_of(keys, found="damaged")
    return night.run


# --- Which files, and in which order -------------------------------------------------------------


def _provable() -> QuerySet[StoredFile]:
    """What is there, as far as is known, and has a digest to be held against."""
    return StoredFile.objects.exclude(stage__in=GONE_STAGES).exclude(sha256=UNREAD)


def _aliases() -> list[str]:
    return [*_provable().order_by().values_list("storage", flat=True).distinct()]


def _before() -> datetime:
    return timezone.now() - timedelta(days=settings.SCRUB_DAYS)


def _nightly_bytes() -> int:
    """How much a night has to read: an even share of all, or more where more becomes due."""
    tomorrow = _before() + timedelta(days=1)
    is_due = Q(proved_at__lt=tomorrow) | Q(proved_at=None, created_at__lt=tomorrow)
    found = _provable().aggregate(all=Sum("size"), due=Sum("size", filter=is_due))
    return max((found["all"] or 0) // settings.SCRUB_DAYS + 1, found["due"] or 0)


def _in_turn(night: Night, inspection: Inspection) -> Iterator[StoredFile]:
    """Tonight's files: what was never read, then what was not for the longest; and last, whatever
    the night has read, what is known to be damaged and may be whole again.
    """
    known = night.known_files
    for file in _longest_unread(night):
        if night.is_over:
            break
        if file.storage not in inspection.absent and str(file.uuid) not in known:
            yield file
    again = _with_pictures(_provable().filter(uuid__in=night.still_to_look_at()).order_by("pk"))
    for file in again:
        if file.storage not in inspection.absent and not night.is_late:
            yield file


def _with_pictures(files: QuerySet[StoredFile]) -> QuerySet[StoredFile]:
    made = Rendition.objects.filter(cleared_at=None).order_by("pk")
    return files.prefetch_related(Prefetch("renditions", queryset=made, to_attr="made"))


def _longest_unread(night: Night) -> Iterator[StoredFile]:
    """From where the night is on, in two parts, each in the order of the index; databases do not
    agree about where NULL stands in one.
    """
    files, (read_at, last) = _with_pictures(_provable()), night.place
    new = files.filter(proved_at=None).order_by("pk")
    while read_at is None and (chunk := [*new.filter(pk__gt=last)[:CHUNK_ROWS]]):
        last = chunk[-1].pk
        yield from chunk
    read_at, last = (read_at, last) if read_at else (FIRST_MOMENT, 0)
    # What is read tonight is proved after the night's beginning, and not met again.
    read = files.filter(proved_at__lt=night.run.started_at).order_by("proved_at", "pk")
    while True:
        behind = Q(proved_at__gt=read_at) | Q(pk__gt=last)
        chunk = [*read.filter(behind, proved_at__gte=read_at)[:CHUNK_ROWS]]
        if not chunk:
            return
        read_at, last = chunk[-1].proved_at, chunk[-1].pk
        yield from chunk
