"""What lies in a library, folder by folder, for whoever picks photographs from it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pumbaphoto_wagtail.models import Gallery, Library


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

    Links, hidden and special files and whatever else is not told do not exist. Raises NotInLibrary
    for a path that is no such folder, and StorageOffline.
    """
    raise NotImplementedError
