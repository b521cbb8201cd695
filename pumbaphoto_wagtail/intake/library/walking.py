"""Walking through a library: what lies in which folder, without reading any of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.models import Library
from pumbaphoto_wagtail.storage import Entry, entries_of, storage_for

from .slow_patterns import MAX_PATH_LENGTH


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenFile:
    """A file as the storage tells of it; ``path`` is below the library's own folder."""

    path: str
    size: int
    modified_at: datetime | None


@dataclass(kw_only=True)
class Walk:
    """What was found: files by their folders, and what could not be looked at, with the reason in
    words, by its path.
    """

    folders: dict[str, list[SeenFile]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    unnamed: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many files there are."""
        return sum(len(files) for files in self.folders.values())

    def is_known_to_be_gone(self, path: str) -> bool:
        """Whether a file that was not found is gone: whoever may not look cannot say."""
        return not any(path.startswith(f"{folder}/") for folder in self.unreadable)


def place_of(library: Library, path: str) -> str:
    """The name that a path below a library has in its storage."""
    return "/".join(part for part in (library.folder.strip("/"), path) if part)


def joined(folder: str, name: str) -> str:
    """The path of something in a folder."""
    return f"{folder}/{name}" if folder else name


def walk(library: Library, beat: Callable[[], None] = lambda: None) -> Walk:
    """Everything in a library that is neither hidden, a link nor special.

    ``beat`` is called for every folder. A folder that cannot be read is noted, and so is a name
    that is no text. Raises StorageOffline where the library itself is not there.
    """
    storage, found, waiting = storage_for(library.storage), Walk(), [""]
    while waiting:
        beat()
        folder = waiting.pop()
        try:
            entries = sorted(
                entries_of(storage, place_of(library, folder)), key=lambda entry: entry.name
            )
        except (OSError, StorageOffline) as error:
            if not folder:
                raise _away(error) from error
            found.unreadable[folder] = _words(error)
            continue
        waiting += [path for entry in entries if (path := _sort_in(found, folder, entry))]
    return found


def _sort_in(found: Walk, folder: str, entry: Entry) -> str:
    """Note an entry of a folder; the path of one to walk into."""
    path = joined(folder, entry.name)
    if not is_text(entry.name):
        found.unnamed[repr(path)[1:-1]] = _("This name is no text in UTF-8.")
        # What lies in it cannot be told of.
        if entry.is_folder:
            found.unreadable[path] = ""
        return ""
    if entry.is_folder:
        return path
    file = SeenFile(path=path, size=entry.size, modified_at=entry.modified_at)
    found.folders.setdefault(folder, []).append(file)
    return ""


def is_text(name: str) -> bool:
    # A file system may hold any bytes; Python tells those that are no text as lone surrogates.
    return name.isprintable() or not any("\ud800" <= sign <= "\udfff" for sign in name)


def _away(error: Exception) -> StorageOffline:
    if isinstance(error, StorageOffline):
        return error
    return StorageOffline(_("The library's folder is not there: %(why)s") % {"why": error})


def _words(error: Exception) -> str:
    return str(error.strerror if isinstance(error, OSError) and error.strerror else error)


def is_away(library: Library) -> bool:
    """Whether the library as a whole cannot be reached now."""
    try:
        next(entries_of(storage_for(library.storage), place_of(library, "")), None)
    except (OSError, StorageOffline):
        return True
    return False


def is_too_long(library: Library, path: str) -> bool:
    """Whether the place of a file is longer than a row can say."""
    return len(place_of(library, path)) > MAX_PATH_LENGTH
