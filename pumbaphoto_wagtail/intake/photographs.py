"""A scanned file becomes a photograph, or a file of one that is there already.

A RAW and a JPEG are one frame only if folder, stem and capture second agree (and the camera's
serial number, where both have it). The same name, folder and capture time with other bytes is a
proof that was exported again. What becomes of it is decided once for its batch: it is a new
version, which keeps heart, note and place, or a second photo beside the first, or not taken in.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from pumbaphoto_wagtail.exceptions import AlreadyThere, DecisionNeeded, Skipped
from pumbaphoto_wagtail.models import (
    FileRole,
    Gallery,
    LibraryFile,
    Photo,
    PhotoFile,
    SameName,
    Section,
    Stage,
    StoredFile,
    TimeSource,
    Upload,
    UploadBatch,
)
from pumbaphoto_wagtail.workflow import lock_gallery

from . import clocks, deleting
from .arrival import Arrival
from .formats import FORMATS
from .known import USELESS_STAGES
from .metadata import PhotoMetadata
from .names import folded, split_extension
from .remembering import Remembered

NAME_KEY_LENGTH = 600
_DIGITS = re.compile(r"\d+")


def natural_key(name: str) -> str:
    """A text whose plain order is the natural order of names: IMG_9 before IMG_10."""
    return _DIGITS.sub(lambda match: match.group().zfill(10), folded(name))[:NAME_KEY_LENGTH]


def frame_keys(file: StoredFile, metadata: PhotoMetadata) -> list[str]:
    """The keys under which a file's frame may be known, the likeliest first.

    The others set apart what only looks like the same frame: two cameras' IMG_4521 of one second,
    and a PNG beside the JPEG of the same name. The time is the one on the camera's display, since
    of a frame's two files only one may tell the time zone. Without a capture time nothing can be
    proved to be the same frame, and the bytes themselves are the key.
    """
    stem, extension = split_extension(file.original_name)
    frame = [folded(file.relative_path), folded(stem)]
    if metadata.taken_at is None:
        return [_digest([*frame, extension.casefold(), file.sha256])]
    frame.append(metadata.taken_at.replace(microsecond=0, tzinfo=None).isoformat())
    by_camera = [_digest([*frame, metadata.serial])] if metadata.serial else []
    return [_digest(frame), *by_camera, _digest([*frame, file.format, metadata.serial])]


def _digest(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@transaction.atomic
def take_in(file: StoredFile, arrival: Arrival, metadata: PhotoMetadata) -> Photo:
    """The photograph that a scanned file belongs to. Done twice for one file, it changes nothing.

    Raises AlreadyThere if its bytes are in the gallery; for a proof that was exported again
    DecisionNeeded if nobody has decided yet, and Skipped if the present one is to stay.
    """
    gallery = lock_gallery(arrival.gallery)
    known = PhotoFile.objects.filter(photo__gallery=gallery).select_related("photo")
    if mine := known.filter(stored_file=file).first():
        return mine.photo
    same_bytes = known.filter(stored_file__sha256=file.sha256)
    if same_bytes.exclude(stored_file__stage__in=USELESS_STAGES).exists():
        raise AlreadyThere
    role = FileRole.RAW if FORMATS[file.format].is_raw else FileRole.PICTURE
    if photo := _photo_of_path(arrival):
        _add_file(photo, file, role)
        return photo
    memory = arrival.remembered
    if memory and (photo := _remembered_photo(gallery, memory)):
        _add_file(photo, file, role, version=memory.version)
        return photo
    photo = _find_photo(gallery, file, metadata, role)
    present = photo and _present_file(photo, role)
    # What is lost or failed is not asked about: there is nothing to keep.
    is_exported_again = (
        present is not None
        and photo.deleted_at is None
        and present.sha256 != file.sha256
        and present.stage not in USELESS_STAGES
    )
    if upload := arrival.upload:
        _note_same_name(upload, is_exported_again)
    if is_exported_again:
        photo = _decided(gallery, photo, file, arrival, metadata)
    elif photo is None:
        photo = _make_photo(gallery, file, arrival, metadata)
    _add_file(photo, file, role, version=memory.version if memory else 0)
    if upload:
        again = Photo.objects.filter(pk=photo.pk)
        deleting.bring_back_sent_again(gallery, again, upload.created_at)
    return photo


def _photo_of_path(arrival: Arrival) -> Photo | None:
    """The photograph that a library's file was before its bytes changed: the path says so."""
    return arrival.library_file.photo if arrival.library_file else None


def _remembered_photo(gallery: Gallery, memory: Remembered) -> Photo | None:
    """The photograph that a recovered file was of, where that is there already."""
    return Photo.objects.filter(gallery=gallery, uuid=memory.photo_uuid).first()


def _find_photo(
    gallery: Gallery, file: StoredFile, metadata: PhotoMetadata, role: FileRole
) -> Photo | None:
    for key in frame_keys(file, metadata):
        photo = Photo.objects.filter(gallery=gallery, frame_key=key).first()
        if photo is not None and _belongs_to(photo, file, metadata, role):
            return photo
    return None


def _belongs_to(photo: Photo, file: StoredFile, metadata: PhotoMetadata, role: FileRole) -> bool:
    if photo.serial and metadata.serial and photo.serial != metadata.serial:
        return False
    present = _present_file(photo, role)
    if present is None:
        return True
    return present.format == file.format and _is_same_instant(photo, metadata)


def _present_file(photo: Photo, role: FileRole) -> StoredFile | None:
    entries = photo.files.filter(role=role, is_current=True).select_related("stored_file")
    return next((entry.stored_file for entry in entries), None)


def _is_same_instant(photo: Photo, metadata: PhotoMetadata) -> bool:
    """Whether sub-seconds agree, where both have them: a burst has many frames in one second."""
    if photo.taken_at is None or metadata.taken_at is None:
        return photo.taken_at == metadata.taken_at
    one, other = photo.taken_at.microsecond, metadata.taken_at.microsecond
    return not one or not other or one == other


def _note_same_name(upload: Upload, is_exported_again: bool) -> None:
    """Correct what the manifest could only guess from the name."""
    if upload.is_same_name != is_exported_again:
        Upload.objects.filter(pk=upload.pk).update(is_same_name=is_exported_again)


def _decided(
    gallery: Gallery, photo: Photo, file: StoredFile, arrival: Arrival, metadata: PhotoMetadata
) -> Photo:
    """The photograph that a proof exported again goes to, as was decided for its batch."""
    decision = arrival.same_name
    if decision == SameName.SKIP:
        raise Skipped
    if decision == SameName.UNDECIDED:
        raise DecisionNeeded
    if decision == SameName.REPLACE:
        return photo
    return _make_photo(
        gallery,
        file,
        arrival,
        metadata,
        # A key of its own, so that whatever else comes of the frame still finds the first one.
        frame_key=_digest([photo.frame_key, file.sha256]),
        section=photo.section,
        position=photo.position,
    )


def _make_photo(
    gallery: Gallery,
    file: StoredFile,
    arrival: Arrival,
    metadata: PhotoMetadata,
    **place: object,
) -> Photo:
    if not place:
        place = {
            "frame_key": _free_frame_key(gallery, file, metadata),
            "section": _section(gallery, arrival),
        }
    if memory := arrival.remembered:
        place |= _remembered_place(memory)
    taken_at, source = _time_of(metadata, arrival)
    return Photo.objects.create(
        gallery=gallery,
        name=file.original_name,
        name_key=natural_key(file.original_name),
        folder=file.relative_path,
        taken_at=taken_at,
        taken_at_source=source,
        taken_at_offset_minutes=metadata.offset_minutes,
        ordered_at=clocks.ordered_at(
            gallery, taken_at, serial=metadata.serial, camera=metadata.camera
        ),
        camera=metadata.camera,
        lens=metadata.lens,
        serial=metadata.serial,
        exposure=metadata.exposure,
        is_shown=gallery.first_shared_at is None,
        **place,
    )


def _remembered_place(memory: Remembered) -> dict[str, object]:
    is_free = memory.photo_uuid and not Photo.objects.filter(uuid=memory.photo_uuid).exists()
    return {"uuid": memory.photo_uuid} if is_free else {}


def _time_of(metadata: PhotoMetadata, arrival: Arrival) -> tuple[datetime | None, TimeSource]:
    """When a photograph was taken: by its camera, else by its path in a library, else by its file
    there. The time of an upload's file is often that of its download, and says nothing.
    """
    if metadata.taken_at:
        return metadata.taken_at, TimeSource.EXIF
    return time_in_library(arrival.library_file) if arrival.library_file else _NO_TIME


_NO_TIME = (None, TimeSource.NONE)


def time_in_library(file: LibraryFile) -> tuple[datetime | None, TimeSource]:
    """When a library says that a photograph was taken whose camera does not."""
    if file.taken_at:
        return file.taken_at, TimeSource.PATH
    return (file.modified_at, TimeSource.FILE) if file.modified_at else _NO_TIME


def _free_frame_key(gallery: Gallery, file: StoredFile, metadata: PhotoMetadata) -> str:
    keys = frame_keys(file, metadata)
    photos = Photo.objects.filter(gallery=gallery, frame_key__in=keys)
    taken = set(photos.values_list("frame_key", flat=True))
    free = (key for key in keys if key not in taken)
    # All are taken only by frames that differ in all but name and second.
    return next(free, _digest([file.sha256]))


def _section(gallery: Gallery, arrival: Arrival) -> Section | None:
    if arrival.upload is None:
        return None
    upload, memory = arrival.upload, arrival.remembered
    titles = section_titles(upload.batch)
    # Of a shoot that was recovered in part, its folders would tell another story.
    title = memory.section if memory and memory.photo else titles[upload.relative_path]
    if not title:
        return None
    section, _is_new = Section.objects.get_or_create(
        gallery=gallery,
        title=title,
        defaults={"position": lambda: _section_position(gallery, title, titles.values())},
    )
    return section


def _section_position(gallery: Gallery, title: str, together: Iterable[str]) -> int:
    """Behind the sections that are there, and among those that come with it by their names.

    Which photograph is ready first is chance, and must not decide.
    """
    by_name = sorted(set(together), key=natural_key)
    others = gallery.sections.exclude(title__in=by_name)
    last = others.aggregate(last=Max("position"))["last"] or 0
    return last + 1 + by_name.index(title)


def section_titles(batch: UploadBatch) -> dict[str, str]:
    """What dropped folders call their sections: their paths without what all of them share."""
    paths = batch.uploads.order_by().values_list("relative_path", flat=True).distinct()
    folders = {path: tuple(path.split("/")) for path in paths}
    shared = _shared_length(set(folders.values()))
    return {path: " / ".join(folder[shared:])[:255] for path, folder in folders.items()}


def _shared_length(folders: set[tuple[str, ...]]) -> int:
    shared = 0
    while len({folder[shared] if len(folder) > shared else None for folder in folders}) == 1:
        if all(len(folder) <= shared for folder in folders):
            break
        shared += 1
    return shared


def _add_file(photo: Photo, file: StoredFile, role: FileRole, *, version: int = 0) -> None:
    """Make a file the newest version of its photograph, or the one it was before it was lost."""
    versions = photo.files.filter(role=role)
    last = versions.aggregate(last=Max("version"))["last"] or 0
    if not version or versions.filter(version=version).exists():
        version = last + 1
    is_current = version > last
    if is_current:
        versions.update(is_current=False)
    PhotoFile.objects.create(
        photo=photo, stored_file=file, role=role, version=version, is_current=is_current
    )
    if photo.picture_id is None:
        photo.picture = file
        photo.save(update_fields=["picture"])


def choose_current(file: StoredFile) -> bool:
    """Let the newest version of use be a photograph's current one, now that a file has ended.

    One that no picture can be made of leaves its place to the one before it. True if ``file`` is
    current then.
    """
    is_current = False
    for entry in file.photo_files.select_related("photo"):
        versions = entry.photo.files.filter(role=entry.role).order_by("-version")
        useful = versions.exclude(stored_file__stage__in=USELESS_STAGES)
        best = useful.first() or versions.first()
        if not best.is_current:
            versions.update(is_current=False)
            PhotoFile.objects.filter(pk=best.pk).update(is_current=True)
        is_current = best.stored_file_id == file.pk
    return is_current


def show_picture(photo: Photo, file: StoredFile, **facts: object) -> None:
    """Make a rendered file the photograph's picture if it is the one to show.

    The current JPEG is shown where there is one, the RAW otherwise; ``facts`` are fields that were
    learnt from the rendered picture.
    """
    current = photo.files.filter(is_current=True).select_related("stored_file")
    roles = {entry.stored_file_id: entry.role for entry in current}
    if file.pk not in roles and not choose_current(file):
        return
    has_picture = any(
        entry.role == FileRole.PICTURE and entry.stored_file.stage == Stage.READY
        for entry in current
        if entry.stored_file_id != file.pk
    )
    if FORMATS[file.format].is_raw and has_picture:
        return
    Photo.objects.filter(pk=photo.pk).update(
        picture=file,
        name=file.original_name,
        name_key=natural_key(file.original_name),
        **facts,
    )
