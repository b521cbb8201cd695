"""A library's files are given to a gallery, by a scan of their folder or picked by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.models import (
    Gallery,
    Library,
    LibraryFile,
    LibraryFolder,
    Stage,
    StoredFile,
)

from . import in_place
from .galleries import path_key
from .renaming import CHUNK_NAMES
from .walking import SeenFile


@dataclass(frozen=True, kw_only=True)
class Addition:
    """A file that a gallery is to be given, and when its path says that it was taken."""

    file: SeenFile
    taken_at: datetime | None = None


def add(
    library: Library,
    gallery: Gallery,
    additions: Collection[Addition],
    folder: LibraryFolder | None = None,
) -> list[StoredFile]:
    """Give files of a library to a gallery; in the caller's transaction.

    What is new is scanned and rendered as an upload would be. Returns the files that are ready
    already, since another gallery has them: ``arriving.show_elsewhere`` shows them here as well.
    """
    seen = {one.file.path: one.file for one in additions}
    present, gone = _present(library, seen)
    new = {
        one.file.path: in_place.new_row(library, gallery.collection_id, one.file)
        for one in additions
        if one.file.path not in present
    }
    StoredFile.objects.bulk_create(new.values(), batch_size=CHUNK_NAMES)
    for path, before in gone.items():
        in_place.follow(before, new[path], seen[path])
    _save_rows(library, gallery, additions, present | new, folder)
    if new:
        # Of thousands each by itself would keep a photographer waiting who picks them.
        tasks.wake("scan_arrived", gallery.pk)
    return [file for file in present.values() if file.stage == Stage.READY]


def _present(
    library: Library, seen: Mapping[str, SeenFile]
) -> tuple[dict[str, StoredFile], dict[str, StoredFile]]:
    """The rows of these very bytes, where they lie or copies that were taken in, and the rows of
    bytes that are gone from there; both by path.
    """
    found, gone = _taken_in(library, seen), {}
    there = in_place.rows_at(library, seen.keys() - found.keys())
    by_key = {file.pk: seen[path] for path, file in there.items()}
    unchanged = in_place.holding(there.values(), by_key)
    for path, file in there.items():
        if file.pk not in unchanged:
            if in_place.give_up_place(library, file):
                gone[path] = file
            continue
        if file.stage == Stage.MISSING:
            in_place.bring_back(file)
        found[path] = file
    return found, gone


def _taken_in(library: Library, seen: Mapping[str, SeenFile]) -> dict[str, StoredFile]:
    if not library.takes_in:
        return {}
    rows = LibraryFile.objects.filter(
        library=library,
        path_key__in=[path_key(path) for path in seen],
        stored_file__is_owned=True,
        size__gt=0,
    ).exclude(stored_file__stage=Stage.DELETED)
    return {
        row.path: row.stored_file
        for row in rows.select_related("stored_file")
        if (row.size, row.modified_at) == (seen[row.path].size, seen[row.path].modified_at)
    }


def _save_rows(
    library: Library,
    gallery: Gallery,
    additions: Collection[Addition],
    files: Mapping[str, StoredFile],
    folder: LibraryFolder | None,
) -> None:
    rows = [
        LibraryFile(
            library=library,
            folder=folder,
            gallery=gallery,
            path=one.file.path,
            path_key=path_key(one.file.path),
            stored_file=files[one.file.path],
            size=one.file.size,
            modified_at=one.file.modified_at,
            taken_at=one.taken_at,
        )
        for one in additions
    ]
    # One that was picked before, or was not wanted any more, has a row in this gallery.
    changed = ["stored_file", "size", "modified_at", "taken_at", "missing_since"]
    LibraryFile.objects.bulk_create(
        rows,
        batch_size=CHUNK_NAMES,
        update_conflicts=True,
        unique_fields=["library", "gallery", "path_key"],
        update_fields=[*changed, "folder"] if folder else changed,
    )
