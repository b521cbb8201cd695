"""Photographs put elsewhere in time by hand, and back where their cameras had them.

``Photo.time_shift`` is what was added, on top of the camera's clock (:mod:`clocks`); ``ordered_at``
always has it in it. What a camera said stays in ``taken_at``, and is filled in only where it was
not known to be the camera's: where it came from a folder's name, or was not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.models import Photo, PhotoFile, StoredFile, TimeSource
from pumbaphoto_wagtail.storage import open_file
from pumbaphoto_wagtail.workflow import lock_gallery

from . import clocks
from .clocks import LARGEST_SHIFT, SHIFTABLE
from .deleting import chunks
from .formats import FORMATS
from .metadata import PhotoMetadata, read_metadata

NOTHING = timedelta()


@dataclass(frozen=True, kw_only=True)
class Step:
    """Photographs, by primary key, whose time by hand went from ``before`` to ``after``."""

    before: timedelta
    after: timedelta
    keys: list[int]


def shift(photos: QuerySet[Photo], span: timedelta) -> list[Step]:
    """Add to the times of photographs; those without a time, and those that would leave what a
    calendar holds, stay. To be called with the gallery locked.
    """
    moved = photos.filter(ordered_at__range=SHIFTABLE)
    return [
        Step(before=before, after=before + span, keys=keys)
        for before, keys in _by_shift(moved)
        if abs(before + span) <= LARGEST_SHIFT and _set(keys, before, before + span)
    ]


def forget_shift(photos: QuerySet[Photo]) -> list[Step]:
    """Take away what was added by hand. To be called with the gallery locked."""
    return [
        Step(before=before, after=NOTHING, keys=keys)
        for before, keys in _by_shift(photos.filter(time_shift__isnull=False))
        if _set(keys, before, NOTHING)
    ]


def take_back(photos: QuerySet[Photo], steps: Iterable[Step]) -> int:
    """Undo steps for those of ``photos`` that were not put elsewhere since; how many they were."""
    count = 0
    for step in steps:
        for chunk in chunks(step.keys):
            still = photos.filter(pk__in=chunk, time_shift=step.after or None)
            keys = [*still.order_by().values_list("pk", flat=True)]
            count += _set(keys, step.after, step.before)
    return count


def _by_shift(photos: QuerySet[Photo]) -> Iterator[tuple[timedelta, list[int]]]:
    rows = photos.order_by().values_list("time_shift", "pk")
    keys: dict[timedelta, list[int]] = {}
    for before, key in rows:
        keys.setdefault(before or NOTHING, []).append(key)
    yield from keys.items()


def _set(keys: list[int], before: timedelta, after: timedelta) -> int:
    return sum(
        Photo.objects.filter(pk__in=chunk).update(
            time_shift=after or None, ordered_at=F("ordered_at") + (after - before)
        )
        for chunk in chunks(keys)
    )


# --- What cameras said ---------------------------------------------------------------------------


def ask_cameras(photos: QuerySet[Photo]) -> int:
    """Have a worker read the files of photographs whose time is not their camera's; how many."""
    keys = [
        *photos.exclude(taken_at_source=TimeSource.EXIF).order_by().values_list("pk", flat=True)
    ]
    for key in keys:
        tasks.wake("read_camera_time", key)
    return len(keys)


def read_camera_time(photo_id: int) -> bool:
    """Give a photograph the time its camera wrote into its file; False if there is none to be had.

    Done twice it happens once; a time that is a camera's is never written over.
    """
    photo = Photo.objects.exclude(taken_at_source=TimeSource.EXIF).filter(pk=photo_id).first()
    told = next((found for found in map(_read, _files(photo_id)) if found.taken_at), None)
    if photo is None or told is None:
        return False
    return _write(photo, told)


def _files(photo_id: int) -> Iterator[StoredFile]:
    """The photograph's own files as they are now, the RAW first: it is what the camera wrote."""
    current = PhotoFile.objects.filter(photo=photo_id, is_current=True).select_related(
        "stored_file"
    )
    for entry in sorted(current, key=lambda entry: not FORMATS[entry.stored_file.format].is_raw):
        if entry.stored_file.is_trusted:
            yield entry.stored_file


def _read(file: StoredFile) -> PhotoMetadata:
    zone = timezone.get_default_timezone()
    with open_file(file.storage, file.name) as source:
        return read_metadata(source, FORMATS[file.format], default_timezone=zone)


@transaction.atomic
def _write(photo: Photo, told: PhotoMetadata) -> bool:
    gallery = lock_gallery(photo.gallery)
    photo.refresh_from_db(fields=["time_shift"])
    ordered_at = clocks.ordered_at(
        gallery,
        told.taken_at,
        serial=photo.serial,
        camera=photo.camera,
        time_shift=photo.time_shift,
    )
    changed = Photo.objects.filter(pk=photo.pk).exclude(taken_at_source=TimeSource.EXIF)
    return bool(
        changed.update(
            taken_at=told.taken_at,
            taken_at_source=TimeSource.EXIF,
            taken_at_offset_minutes=told.offset_minutes,
            ordered_at=ordered_at,
        )
    )
