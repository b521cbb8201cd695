"""Which originals to show first to somebody who looks for the one of an edit.

Those whose picture looks like the edit's, the likest first; then those taken about the same time;
then all others in the gallery's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ..models import Edit, Photo
from .visual import Looks

LOOKALIKES = 12
NEIGHBOURS = 24
# Beyond it, it is another part of the day.
NEIGHBOURHOOD = timedelta(hours=2)


@dataclass(frozen=True, kw_only=True)
class Nearby:
    """Primary keys of photos in the order in which they are shown.

    The first ``alike`` of them look like the edit, the next ``close`` were taken about when it was
    or when the likest of them was.
    """

    photos: list[int]
    alike: int = 0
    close: int = 0


def originals_for(edit: Edit, photos: QuerySet[Photo]) -> Nearby:
    """All of ``photos``, the likeliest originals of ``edit`` first. One query."""
    rows = [*photos.in_order().values_list("pk", "ordered_at", "picture__visual_key")]
    times = {pk: moment for pk, moment, _key in rows if moment}
    alike = _alike(edit, {pk: key for pk, _moment, key in rows if key})
    close = _close(_moment(edit, alike, times), times, {*alike})
    first = [*alike, *close]
    rest = [pk for pk, _moment, _key in rows if pk not in {*first}]
    return Nearby(photos=[*first, *rest], alike=len(alike), close=len(close))


def _alike(edit: Edit, keys: dict[int, str]) -> list[int]:
    if not (edit.stored_file.visual_key and keys):
        return []
    found = Looks(keys).nearest(edit.stored_file.visual_key, count=LOOKALIKES)
    return [pk for pk, likeness in found if likeness.verdict != "different"]


def _moment(edit: Edit, alike: list[int], times: dict[int, datetime]) -> datetime | None:
    """When the edit's original was probably taken."""
    written = _read(str(edit.stored_file.identity.get("taken_at", "")))
    if written is not None:
        return written if timezone.is_aware(written) else timezone.make_aware(written)
    known = [edit.photo_id, *alike]
    return next((times[pk] for pk in known if pk in times), None)


def _read(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def _close(moment: datetime | None, times: dict[int, datetime], besides: set[int]) -> list[int]:
    if moment is None:
        return []
    distances = {pk: abs(time - moment) for pk, time in times.items() if pk not in besides}
    near = [pk for pk, distance in distances.items() if distance <= NEIGHBOURHOOD]
    return sorted(near, key=lambda pk: (distances[pk], pk))[:NEIGHBOURS]
