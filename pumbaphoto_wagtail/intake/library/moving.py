"""Files that lie somewhere else in their library now: rows follow, and what hangs on them stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef, Q

from pumbaphoto_wagtail.models import (
    Consent,
    Library,
    LibraryFile,
    LibraryFolder,
    Photo,
    Pick,
    Publication,
    Stage,
    StoredFile,
)

from ..deleting import has_edit, is_delivered
from ..names import display_name
from ..photographs import natural_key
from . import in_place
from .comparing import Row, Sighting
from .galleries import path_key
from .walking import place_of

Moved = tuple[Sighting, list[Row]]


def move(
    library: Library, moved: Collection[Moved], targets: dict[str, LibraryFolder]
) -> list[Sighting]:
    """Let rows follow files to other paths; ``targets`` are the galleries there, by category.

    In the same gallery only the path changes. Into another one's folder a photograph goes along as
    long as nobody has chosen, edited, delivered or published it; otherwise it stays where it is
    part of a story, and the files returned are to be given to the other gallery as well.
    """
    rows = _rows(moved)
    files = _files(rows.values())
    free = _free_to_go(rows, moved, targets)
    again = []
    for sighting, entries in moved:
        target = targets[sighting.found.category]
        here = [rows[entry.pk] for entry in entries]
        for row in here:
            _follow(library, row, files[row.stored_file_id], sighting)
            if row.folder_id not in (None, target.pk):
                _change_gallery(row, target, row.photo_id in free, files[row.stored_file_id])
        if all(row.folder_id != target.pk for row in here):
            again.append(sighting)
    _save(rows.values(), files.values())
    return again


def _rows(moved: Iterable[Moved]) -> dict[int, LibraryFile]:
    keys = [entry.pk for _sighting, entries in moved for entry in entries]
    rows = LibraryFile.objects.select_related("photo").in_bulk(keys)
    photos: dict[int, Photo] = {}
    for row in rows.values():
        if row.photo is not None:
            # The RAW and the JPEG of a frame change one and the same.
            row.photo = photos.setdefault(row.photo_id, row.photo)
    return rows


def _files(rows: Iterable[LibraryFile]) -> dict[int, StoredFile]:
    keys = {row.stored_file_id for row in rows}
    files = StoredFile.objects.filter(pk__in=keys).order_by("pk").select_for_update()
    return {file.pk: file for file in files}


def _follow(library: Library, row: LibraryFile, file: StoredFile, sighting: Sighting) -> None:
    path = sighting.file.path
    folder, _slash, name = path.rpartition("/")
    row.path, row.path_key = path, path_key(path)
    row.modified_at, row.missing_since = sighting.file.modified_at, None
    file.original_name, file.relative_path = display_name(name), folder
    if not file.is_owned:
        file.name = place_of(library, path)
    if row.photo is not None:
        row.photo.folder = folder
        if row.photo.picture_id == file.pk:
            row.photo.name = file.original_name
            row.photo.name_key = natural_key(file.original_name)


def _change_gallery(
    row: LibraryFile, target: LibraryFolder, is_free: bool, file: StoredFile
) -> None:
    if not is_free:
        # As if it had been picked for that gallery by hand.
        row.folder = None
        return
    row.folder, row.gallery_id = target, target.gallery_id
    file.collection_id = target.gallery.collection_id
    photo = row.photo
    photo.gallery_id, photo.section, photo.position = target.gallery_id, None, 0
    photo.is_shown = target.gallery.first_shared_at is None


def _free_to_go(
    rows: dict[int, LibraryFile], moved: Collection[Moved], targets: dict[str, LibraryFolder]
) -> set[int]:
    """The photographs that nobody has done anything with, all of whose files are in one move."""
    keys = {row.photo_id for row in rows.values() if row.photo_id}
    mine: dict[int, set[int]] = defaultdict(set)
    goals: dict[int, set[int]] = defaultdict(set)
    for sighting, entries in moved:
        for entry in entries:
            photo_id = rows[entry.pk].photo_id
            mine[photo_id].add(entry.pk)
            goals[photo_id].add(targets[sighting.found.category].gallery_id)
    for pk, photo_id in LibraryFile.objects.filter(photo__in=keys).values_list("pk", "photo"):
        if pk not in mine[photo_id]:
            keys.discard(photo_id)
    keys = {key for key in keys if len(goals[key]) == 1}
    untouched = Photo.objects.filter(pk__in=keys).exclude(_is_part_of_a_story())
    taken = _frames_in({goal for one in goals.values() for goal in one}, untouched)
    return {
        photo.pk
        for photo in untouched
        if not any((goal, photo.frame_key) in taken for goal in goals[photo.pk])
    }


def _is_part_of_a_story() -> Q:
    shown = Publication.objects.filter(Q(photo=OuterRef("pk")) | Q(shown_photo=OuterRef("pk")))
    return (
        has_edit()
        | is_delivered()
        | Q(Exists(Pick.objects.filter(photo=OuterRef("pk"))))
        | Q(Exists(Consent.objects.filter(photo=OuterRef("pk"))))
        | Q(Exists(shown))
    )


def _frames_in(galleries: set[int], photos: Iterable[Photo]) -> set[tuple[int, str]]:
    frames = [photo.frame_key for photo in photos]
    there = Photo.objects.filter(gallery__in=galleries, frame_key__in=frames)
    return {*there.values_list("gallery", "frame_key")}


def _save(rows: Iterable[LibraryFile], files: Iterable[StoredFile]) -> None:
    photos = {row.photo_id: row.photo for row in rows if row.photo is not None}
    StoredFile.objects.bulk_update(
        files, ["name", "original_name", "relative_path", "collection"], batch_size=200
    )
    for file in files:
        if file.stage == Stage.MISSING and not file.is_owned:
            in_place.bring_back(file)
    LibraryFile.objects.bulk_update(
        rows,
        ["path", "path_key", "modified_at", "missing_since", "folder", "gallery"],
        batch_size=200,
    )
    Photo.objects.bulk_update(
        photos.values(),
        ["gallery", "section", "position", "is_shown", "folder", "name", "name_key"],
        batch_size=200,
    )
