"""Two shooters' clocks brought together: a shift for each camera, which only the order uses.

What a camera said stays as it is in ``taken_at``, which finds a frame's other file and its edits.
``ordered_at`` is the same moment with the camera's shift added, and ``Photo.time_shift``, which
is what a photographer has added to single photographs by hand. It is what galleries are sorted by.

A camera is known by its serial number. Some (Sony's among them) do not write one into their files:
those are known by their names, so that two of the same model without serial numbers share a clock.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Count, DurationField, F, Max, Min, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from pumbaphoto_wagtail.exceptions import ClockNotSet
from pumbaphoto_wagtail.models import CameraClock, Gallery, Photo
from pumbaphoto_wagtail.workflow import lock_gallery

SET_CLOCK = "pumbaphoto.set_clock"

# A camera whose battery ran out begins again at its birthday; older ones have 1970 or 1980.
LARGEST_SHIFT = timedelta(days=60 * 366)
# With the largest shift of a clock and the largest by hand, a moment between these is still one
# that every database can hold.
SHIFTABLE = (datetime(1900, 1, 1, tzinfo=UTC), datetime(9800, 1, 1, tzinfo=UTC))

NAMED = "name:"
LONGEST_NAME = 250
SERIAL_END = 4
SECTIONS_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Camera:
    """One camera of a gallery; ``first_at`` and ``last_at`` are its own times, uncorrected.

    ``key`` is what :class:`CameraClock` stores it by, ``mark`` stands for it in addresses, where a
    serial number has no business, and ``sections`` are where most of its photographs are.
    """

    key: str
    name: str
    serial: str
    count: int
    first_at: datetime
    last_at: datetime
    shift: timedelta
    sections: tuple[str, ...]

    @property
    def mark(self) -> str:
        return camera_mark(self.key)

    @property
    def label(self) -> str:
        """Its name, with the end of its serial number where it has one."""
        return f"{self.name} …{self.serial_end}" if self.serial else self.name

    @property
    def serial_end(self) -> str:
        """The last digits of its serial number; all of a short one."""
        return self.serial[-SERIAL_END:]


def camera_key(serial: str, name: str) -> str:
    """What a camera is known by: its serial number, or its name; "" for a camera of neither."""
    if serial:
        return serial
    return f"{NAMED}{name}" if name and len(name) <= LONGEST_NAME else ""


def camera_mark(key: str) -> str:
    """A short name for a camera that tells nothing about it."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def photos_of(gallery: Gallery, key: str) -> QuerySet[Photo]:
    """The photographs that one camera took at a known time."""
    photos = gallery.photos.filter(taken_at__isnull=False)
    if key.startswith(NAMED):
        return photos.filter(serial="", camera=key.removeprefix(NAMED))
    return photos.filter(serial=key)


def has_several_cameras(gallery: Gallery) -> bool:
    """Whether there are clocks to compare; one query."""
    known = gallery.photos.filter(taken_at__isnull=False).exclude(camera="", serial="").order_by()
    rows = known.values_list("serial", "camera").distinct()
    return len({camera_key(*row) for row in rows} - {""}) > 1


def cameras_of(gallery: Gallery) -> list[Camera]:
    """The cameras of a gallery, the one with the most photographs first; two queries."""
    rows = (
        gallery.photos.filter(taken_at__isnull=False)
        .order_by()
        .values("serial", "camera", "section__title")
        .annotate(count=Count("pk"), first_at=Min("taken_at"), last_at=Max("taken_at"))
    )
    rows_by_key = defaultdict(list)
    for row in rows:
        rows_by_key[camera_key(row["serial"], row["camera"])].append(row)
    rows_by_key.pop("", None)
    shifts = shifts_of(gallery)
    cameras = [
        _camera(key, rows, shifts.get(key, timedelta())) for key, rows in rows_by_key.items()
    ]
    return sorted(cameras, key=lambda camera: (-camera.count, camera.name, camera.key))


def shifts_of(gallery: Gallery) -> dict[str, timedelta]:
    """What has to be added to the times of each camera, by its key; one query."""
    return dict(gallery.camera_clocks.values_list("serial", "shift"))


def ordered_at(
    gallery: Gallery,
    taken_at: datetime | None,
    *,
    serial: str,
    camera: str,
    time_shift: timedelta | None = None,
    shifts: Mapping[str, timedelta] | None = None,
) -> datetime | None:
    """Where in time a photograph of a camera belongs, by its clock in this gallery and by what was
    added to it by hand. ``shifts`` are the gallery's, where they are known already.
    """
    if taken_at is None or not _is_shiftable(taken_at):
        return taken_at
    key = camera_key(serial, camera)
    if shifts is None and key:
        clock = CameraClock.objects.filter(gallery=gallery, serial=key).first()
        shifts = {key: clock.shift} if clock else {}
    by_clock = shifts.get(key, timedelta()) if key else timedelta()
    return taken_at + by_clock + (time_shift or timedelta())


@transaction.atomic
def set_clock(gallery: Gallery, key: str, shift: timedelta, *, actor) -> None:
    """Add ``shift`` to the times of one camera in the order of its photographs; zero undoes it.

    Raises ClockNotSet for a camera that took none of them, or a shift beyond all clocks.
    """
    if abs(shift) > LARGEST_SHIFT:
        raise ClockNotSet(_("No clock is off by that much."))
    # New photographs are taken in under the same lock, and read the clock there.
    gallery = lock_gallery(gallery)
    photos = photos_of(gallery, key)
    name = photos.values_list("camera", flat=True).first()
    if name is None or not key:
        raise ClockNotSet(_("This camera took none of the photos."))
    clocks = CameraClock.objects.filter(gallery=gallery, serial=key)
    before = clocks.values_list("shift", flat=True).first() or timedelta()
    if shift == before:
        return
    if shift:
        CameraClock.objects.update_or_create(gallery=gallery, serial=key, defaults={"shift": shift})
    else:
        clocks.delete()
    by_hand = Coalesce("time_shift", timedelta(), output_field=DurationField())
    photos.filter(taken_at__range=SHIFTABLE).update(ordered_at=F("taken_at") + shift + by_hand)
    serial = "" if key.startswith(NAMED) else key
    log(
        gallery,
        SET_CLOCK,
        user=actor,
        data={
            "camera": name,
            "serial_end": serial[-SERIAL_END:],
            "seconds": shift.total_seconds(),
        },
    )


def align(frame: Photo, to_frame: Photo, *, actor) -> timedelta:
    """Say that two frames show one moment, and that ``to_frame`` has the right time.

    The clock of ``frame``'s camera is set by it; the answer is the new shift. Raises ClockNotSet
    where the two frames cannot tell anything.
    """
    shift = shift_between(frame, to_frame)
    set_clock(frame.gallery, camera_key(frame.serial, frame.camera), shift, actor=actor)
    return shift


def shift_between(frame: Photo, to_frame: Photo) -> timedelta:
    """What has to be added to the times of ``frame``'s camera for both to be of one moment.

    Raises ClockNotSet where the two frames cannot tell anything.
    """
    if frame.gallery_id != to_frame.gallery_id:
        raise ClockNotSet(_("The two frames are of different galleries."))
    keys = [camera_key(photo.serial, photo.camera) for photo in (frame, to_frame)]
    if not all(keys) or None in (frame.taken_at, to_frame.taken_at):
        raise ClockNotSet(_("One of the two frames does not tell its camera and time."))
    if keys[0] == keys[1]:
        raise ClockNotSet(_("Both frames are from the same camera: tick one of each."))
    return to_frame.ordered_at - frame.taken_at - (frame.time_shift or timedelta())


def _camera(key: str, rows: list[dict], shift: timedelta) -> Camera:
    by_section = _summed(rows, "section__title")
    return Camera(
        key=key,
        name=_summed(rows, "camera")[0],
        serial="" if key.startswith(NAMED) else key,
        count=sum(row["count"] for row in rows),
        first_at=min(row["first_at"] for row in rows),
        last_at=max(row["last_at"] for row in rows),
        shift=shift,
        sections=tuple(title for title in by_section if title)[:SECTIONS_NAMED],
    )


def _summed(rows: Iterable[dict], field: str) -> list[str | None]:
    """The values of a field, the one of the most photographs first."""
    counts: dict[str | None, int] = defaultdict(int)
    for row in rows:
        counts[row[field]] += row["count"]
    return sorted(counts, key=lambda value: (-counts[value], value or ""))


def _is_shiftable(moment: datetime) -> bool:
    return SHIFTABLE[0] <= moment <= SHIFTABLE[1]
