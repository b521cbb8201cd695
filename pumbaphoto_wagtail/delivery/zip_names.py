"""Names inside a ZIP that every system can unpack, and that never overwrite each other.

Rules from outside: Windows' naming rules (reserved characters and device names, no dot or blank at
the end, "Naming Files, Paths, and Namespaces"), APPNOTE.TXT 4.4.17 (no drive, no backslash, no
leading slash), and file systems that ignore case and composition (NTFS, APFS).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from copy import copy

from .names import last_component

# Room for unpacking deep inside a user's own folders, within Windows' 260 characters.
MAX_NAME_BYTES = 150
# However long a folder's name is, this much is left for the files in it.
MAX_FOLDER_BYTES = 60
# A longer "extension" is a part of the name.
MAX_EXTENSION_BYTES = 12

# Line and paragraph separators besides control, format (bidirectional, zero-width) characters
# and lone surrogates.
_REMOVED_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_WINDOWS_RESERVED = re.compile(r'[<>:"|?*]')
_WINDOWS_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE
)


def safe_member_names(names: Iterable[str]) -> list[str]:
    """One name for each of ``names``, in order: safe as a file's name on any system, and unique.

    The first of several equal names keeps it, later ones get `` (2)``, `` (3)``; a name that
    somebody has by themselves is never taken for that. Nothing usable left: ``photo-<position>``.
    Names have no folders: see :func:`safe_member_paths`.
    """
    return safe_member_paths(("", name) for name in names)


def safe_member_paths(places: Iterable[tuple[str, str]]) -> list[str]:
    """One path for each (folder, name), in order, as :func:`safe_member_names` within each folder.

    A folder may lie in another one ("Party/Black and white"). Folders that a system would take for
    one are one, spelled as the first of them, and no file is called as a folder beside it is.
    """
    places = [*places]
    folders = {folder: safe_folder(folder) for folder in {folder: None for folder, _ in places}}
    spelled: dict[str, str] = {}
    for folder in folders.values():
        spelled.setdefault(_key(folder), folder)
    safe = [
        _Place(spelled[_key(folders[folder])], _safe_name(name, f"photo-{position}"))
        for position, (folder, name) in enumerate(places, start=1)
    ]
    taken = {place.key for place in safe}
    given = dict.fromkeys(_keys_of_folders(spelled.values()), 1)
    return [_unique(place, taken, given) for place in safe]


def safe_folder(folder: str) -> str:
    """A folder's path in which every part is safe as a name; "" stays ""."""
    parts = [part for part in folder.replace("\\", "/").split("/") if part.strip(" .")]
    safe = (_safe_name(part, f"folder-{number}") for number, part in enumerate(parts, start=1))
    return "/".join(_cut(part, MAX_FOLDER_BYTES) for part in safe)


class _Place:
    """A file in a folder, its name cut to what a path has room for."""

    def __init__(self, folder: str, name: str) -> None:
        self.prefix = f"{folder}/" if folder else ""
        self.folder_key = _key(folder)
        self.room = max(MAX_FOLDER_BYTES, MAX_NAME_BYTES - len(self.prefix.encode()))
        self.name = _shortened(name, room=self.room)
        self.key = (self.folder_key, _key(self.name))

    def numbered(self, number: int) -> _Place:
        twin = copy(self)
        twin.name = _shortened(self.name, f" ({number})", room=self.room)
        twin.key = (self.folder_key, _key(twin.name))
        return twin

    @property
    def path(self) -> str:
        return self.prefix + self.name


def _keys_of_folders(folders: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What files must not be called, since a folder of that name lies beside them."""
    for folder in folders:
        parts = folder.split("/") if folder else []
        for depth, part in enumerate(parts):
            yield _key("/".join(parts[:depth])), _key(part)


def _unique(place: _Place, taken: set[tuple[str, str]], given: dict[tuple[str, str], int]) -> str:
    if place.key not in given:
        given[place.key] = 1
        return place.path
    while True:
        given[place.key] += 1
        twin = place.numbered(given[place.key])
        if twin.key not in taken and twin.key not in given:
            taken.add(twin.key)
            return twin.path


def _safe_name(name: str, fallback: str) -> str:
    visible = "".join(c for c in name if unicodedata.category(c) not in _REMOVED_CATEGORIES)
    composed = unicodedata.normalize("NFC", last_component(visible))
    cleaned = _WINDOWS_RESERVED.sub("_", composed).strip().rstrip(". ")
    stem, extension = _split(cleaned)
    # A leading dot would hide the file on macOS and Linux.
    cleaned = (stem.lstrip(". ") or fallback) + extension
    if _WINDOWS_DEVICE.match(cleaned):
        cleaned = f"_{cleaned}"
    return _shortened(cleaned)


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not dot or " " in extension or len(extension.encode()) > MAX_EXTENSION_BYTES:
        return name, ""
    return stem, dot + extension


def _shortened(name: str, addition: str = "", *, room: int = MAX_NAME_BYTES) -> str:
    """``name`` with ``addition`` before its extension, its stem cut to what still fits."""
    stem, extension = _split(name)
    ending = addition + extension
    return _cut(stem, room - len(ending.encode())) + ending


def _cut(text: str, room: int) -> str:
    if len(text.encode()) <= room:
        return text
    # What is left of a character cut in half is dropped with it.
    return text.encode()[:room].decode(errors="ignore").rstrip(". ")


def _key(name: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
