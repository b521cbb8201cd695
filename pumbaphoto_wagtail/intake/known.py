"""What a gallery has already, as far as a manifest can tell before a byte flows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pumbaphoto_wagtail.missing_files import damaged_files
from pumbaphoto_wagtail.models import (
    Gallery,
    PhotoFile,
    Purpose,
    Stage,
    Upload,
    UploadState,
)

from .names import folded

# Copies that are not there, or of no use: the same bytes are taken in again, and may heal them.
USELESS_STAGES = (Stage.MISSING, Stage.DELETED, Stage.INFECTED, Stage.FAILED)

# FAT file systems, which memory cards and sticks have, keep times to even seconds (Microsoft,
# "FAT: General Overview of On-Disk Format", directory entries).
FAT_RESOLUTION = timedelta(seconds=2)
ONE_SECOND = timedelta(seconds=1)
NO_TIME = timedelta()


@dataclass(frozen=True, kw_only=True)
class KnownFiles:
    """The files of a gallery by everything that a manifest may say of one."""

    by_place: dict[tuple[str, str, int], list[tuple[datetime, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    by_bytes: dict[tuple[str, int], int] = field(default_factory=dict)
    photo_names: set[tuple[str, str]] = field(default_factory=set)
    # Photographs that were deleted and can be brought back, by each of their stored files.
    deleted_photos: dict[int, int] = field(default_factory=dict)

    def stored_file_id(self, upload: Upload) -> int | None:
        """The stored file that an announced one is, None if it has to be sent.

        The hash alone decides where the client tells it, whatever name the file has now. Without
        one, folder, name, size and time agree; times that differ by whole hours, as copies made
        in another time zone have, prove nothing: uncompressed RAWs are all of one size.
        """
        if upload.claimed_sha256:
            return self.by_bytes.get((upload.claimed_sha256, upload.length))
        if upload.last_modified is None:
            return None
        place = (upload.relative_path, upload.file_name, upload.length)
        return next(
            (
                stored_file_id
                for modified, stored_file_id in self.by_place.get(place, ())
                if is_same_time(modified, upload.last_modified)
            ),
            None,
        )

    def has_photo_named(self, upload: Upload) -> bool:
        """Whether a photo's current file has the folder and name of an announced one."""
        return _name_key(upload.relative_path, upload.file_name) in self.photo_names


def known_files(gallery: Gallery, purpose: Purpose) -> KnownFiles:
    """What a gallery has for a purpose, read in four queries."""
    known = KnownFiles()
    for sha256, stored_file_id, folder, name, size, modified in _proved_uploads(gallery, purpose):
        known.by_bytes[sha256, size] = stored_file_id
        if modified is not None:
            known.by_place[folder, name, size].append((modified, stored_file_id))
    if purpose == Purpose.ORIGINAL:
        _add_photographs(known, gallery)
    return known


def _proved_uploads(gallery: Gallery, purpose: Purpose) -> Iterable[tuple]:
    # Of duplicates only those whose bytes were sent and compared: a time that was only taken for
    # the same must not stand for another one in its turn.
    arrived = (UploadState.ACCEPTED, UploadState.RECEIVED, UploadState.ASKED, UploadState.DUPLICATE)
    uploads = Upload.objects.filter(
        batch__gallery=gallery,
        batch__purpose=purpose,
        state__in=arrived,
        stored_file__isnull=False,
        finished_at__isnull=False,
    ).exclude(stored_file__stage__in=USELESS_STAGES)
    # What was found damaged is asked for once more: these very bytes make it whole.
    uploads = uploads.exclude(stored_file__in=damaged_files())
    return (
        uploads.order_by()
        .values_list(
            "stored_file__sha256",
            "stored_file",
            "relative_path",
            "file_name",
            "length",
            "last_modified",
        )
        .iterator()
    )


def _add_photographs(known: KnownFiles, gallery: Gallery) -> None:
    files = PhotoFile.objects.filter(photo__gallery=gallery).order_by()
    files = files.exclude(stored_file__in=damaged_files())
    rows = files.values_list(
        "photo",
        "photo__deleted_at",
        "is_current",
        "stored_file__relative_path",
        "stored_file__original_name",
        "stored_file__stage",
        "stored_file__sha256",
        "stored_file__size",
        "stored_file",
    )
    for photo, deleted_at, is_current, folder, name, stage, *bytes_of in rows.iterator():
        if stage in USELESS_STAGES:
            continue
        sha256, size, stored_file_id = bytes_of
        if deleted_at is not None:
            known.deleted_photos[stored_file_id] = photo
        elif is_current:
            known.photo_names.add(_name_key(folder, name))
        known.by_bytes.setdefault((sha256, size), stored_file_id)


def _name_key(folder: str, name: str) -> tuple[str, str]:
    return folded(folder), folded(name)


def is_same_time(one: datetime, other: datetime) -> bool:
    """Whether two times of a file agree, one of them perhaps rounded by its file system.

    What FAT has kept is an even second, what others round is a whole one; two precise times must
    be equal.
    """
    difference = abs(one - other)
    if any(_is_even_second(moment) for moment in (one, other)):
        return difference < FAT_RESOLUTION
    is_rounded = one.microsecond == 0 or other.microsecond == 0
    return difference == NO_TIME or (is_rounded and difference < ONE_SECOND)


def _is_even_second(moment: datetime) -> bool:
    return moment.microsecond == 0 and moment.second % 2 == 0
