"""What lies in a library, folder by folder, for whoever picks photographs from it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import FileRefused, NotInLibrary
from pumbaphoto_wagtail.models import Gallery, Library, LibraryFile
from pumbaphoto_wagtail.storage import Entry, entries_of, storage_for

from ..batches import check_announced
from ..photographs import natural_key
from . import folder_patterns
from .walking import is_text, is_too_long, joined, place_of


@dataclass(frozen=True, kw_only=True)
class ListedFile:
    """A photograph in a folder: its name, its path below the library, bytes, when it was changed,
    and whether the gallery that was asked for has it already.
    """

    name: str
    path: str
    size: int
    modified_at: datetime | None
    is_taken: bool = False


@dataclass(frozen=True, kw_only=True)
class ListedFolder:
    """A folder in a folder: its name, and its path below the library."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One folder's folders and photographs, each by natural name; ``others`` counts the files that
    are no photographs we take in.
    """

    path: str
    folders: list[ListedFolder]
    files: list[ListedFile]
    others: int = 0


def list_folder(library: Library, path: str, gallery: Gallery | None = None) -> Listing:
    """What lies in a folder of a library, "" for its own one.

    Links, hidden and special files and whatever else is not told do not exist, and neither does
    what the library leaves out. Raises NotInLibrary for a path that is no such folder, and
    StorageOffline.
    """
    entries = entries_in(library, path)
    files = [entry for entry in entries if not entry.is_folder]
    photos = [entry for entry in files if not why_refused(library, joined(path, entry.name), entry)]
    taken = _taken(library, gallery, path) if gallery else set()
    return Listing(
        path=path,
        folders=[
            ListedFolder(name=entry.name, path=joined(path, entry.name))
            for entry in entries
            if entry.is_folder
        ],
        files=[_listed(path, entry, taken) for entry in photos],
        others=len(files) - len(photos),
    )


def entries_in(library: Library, path: str) -> list[Entry]:
    """The folders and files in a folder, by natural name, without what the library leaves out.

    Raises NotInLibrary and StorageOffline.
    """
    try:
        found = [*entries_of(storage_for(library.storage), place_of(library, path))]
    except OSError as error:
        raise NotInLibrary from error
    return sorted(
        (one for one in found if is_text(one.name) and not _is_left_out(library, path, one)),
        key=lambda entry: (natural_key(entry.name), entry.name),
    )


def why_refused(library: Library, path: str, entry: Entry) -> str:
    """Why a file cannot be taken in, in words; empty if it can."""
    try:
        check_announced(entry.name, entry.size)
        if is_too_long(library, path):
            raise FileRefused(_("This path is too long."))
    except FileRefused as refusal:
        return str(refusal)
    return ""


def _is_left_out(library: Library, path: str, entry: Entry) -> bool:
    ignores = folder_patterns.parse_ignores(library.ignores)
    return not entry.is_folder and folder_patterns.is_ignored(ignores, joined(path, entry.name))


def _taken(library: Library, gallery: Gallery, folder: str) -> set[str]:
    rows = LibraryFile.objects.filter(library=library, gallery=gallery, size__gt=0)
    rows = rows.filter(path__startswith=f"{folder}/") if folder else rows
    return {*rows.values_list("path", flat=True)}


def _listed(folder: str, entry: Entry, taken: set[str]) -> ListedFile:
    path = joined(folder, entry.name)
    return ListedFile(
        name=entry.name,
        path=path,
        size=entry.size,
        modified_at=entry.modified_at,
        is_taken=path in taken,
    )
