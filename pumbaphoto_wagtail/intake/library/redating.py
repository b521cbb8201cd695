"""Times that a library tells of photographs whose cameras do not: looked at again when asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pumbaphoto_wagtail.models import Library, LibraryFile, Photo, TimeSource

from .. import clocks
from ..deleting import chunks
from ..photographs import time_in_library
from . import folder_patterns
from .comparing import Known, Redated, Row, Work
from .report import Report
from .walking import SeenFile, Walk


def find_redated(library: Library, walk: Walk, known: Known, works: dict[str, Work]) -> None:
    """Add to ``works`` the photographs that a library says another time of now.

    A camera's own word is never replaced.
    """
    patterns = folder_patterns.parse(library.patterns)
    times = _times_of(library)
    for folder, files in walk.folders.items():
        for file in files:
            rows = [row for row in known.files.get(file.path, ()) if row.photo_id in times]
            found = [_redated(row, file, patterns, times[row.photo_id]) for row in rows]
            if any(found):
                work = works.setdefault(folder, Work(folder=folder))
                work.redated += filter(None, found)


def _times_of(library: Library) -> dict[int, tuple[datetime | None, str]]:
    photos = Photo.objects.filter(library_files__library=library)
    photos = photos.exclude(taken_at_source=TimeSource.EXIF).order_by()
    rows = photos.values_list("pk", "taken_at", "taken_at_source")
    return {key: (taken_at, source) for key, taken_at, source in rows.iterator()}


def _redated(
    row: Row,
    file: SeenFile,
    patterns: Sequence[folder_patterns.Pattern],
    known: tuple[datetime | None, str],
) -> Redated | None:
    found = folder_patterns.match(patterns, file.path)
    taken_at = found.taken_at if found else None
    says = time_in_library(LibraryFile(taken_at=taken_at, modified_at=file.modified_at))
    return None if says == known else Redated(row=row, file=file, taken_at=taken_at)


def redate(entries: Iterable[Redated], report: Report) -> None:
    """Correct the times of photographs, and where they stand for them."""
    by_photo = {entry.row.photo_id: entry for entry in entries}
    photos: list[Photo] = []
    for keys in chunks([*by_photo]):
        photos += Photo.objects.filter(pk__in=keys).select_related("gallery")
    for photo in photos:
        entry = by_photo[photo.pk]
        row = LibraryFile(taken_at=entry.taken_at, modified_at=entry.file.modified_at)
        photo.taken_at, photo.taken_at_source = time_in_library(row)
        stands_at = clocks.ordered_at(
            photo.gallery, photo.taken_at, serial=photo.serial, camera=photo.camera
        )
        photo.ordered_at = stands_at and stands_at + (photo.time_shift or timedelta())
        report.note("redated", entry.file.path)
    Photo.objects.bulk_update(photos, ["taken_at", "taken_at_source", "ordered_at"], 500)
    files = [LibraryFile(pk=entry.row.pk, taken_at=entry.taken_at) for entry in by_photo.values()]
    LibraryFile.objects.bulk_update(files, ["taken_at"], 500)
