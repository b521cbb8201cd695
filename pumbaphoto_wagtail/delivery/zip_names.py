"""Names inside a ZIP that every system can unpack, and that never overwrite each other.

Rules from outside: Windows' naming rules (reserved characters and device names, no dot or blank at
the end, "Naming Files, Paths, and Namespaces"), APPNOTE.TXT 4.4.17 (no drive, no backslash, no
leading slash), and file systems that ignore case and composition (NTFS, APFS).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from .names import last_component

# Room for folders and for unpacking deep inside a user's own, within Windows' 260 characters.
MAX_NAME_BYTES = 150
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
    Names have no folders; join folders made the same way with "/".
    """
    safe = [_safe_name(name, position) for position, name in enumerate(names, start=1)]
    taken = {_key(name) for name in safe}
    given: dict[str, int] = {}
    return [_unique(name, taken, given) for name in safe]


def _unique(name: str, taken: set[str], given: dict[str, int]) -> str:
    key = _key(name)
    if key not in given:
        given[key] = 1
        return name
    while True:
        given[key] += 1
        twin = _shortened(name, f" ({given[key]})")
        if _key(twin) not in taken:
            taken.add(_key(twin))
            return twin


def _safe_name(name: str, position: int) -> str:
    visible = "".join(c for c in name if unicodedata.category(c) not in _REMOVED_CATEGORIES)
    composed = unicodedata.normalize("NFC", last_component(visible))
    cleaned = _WINDOWS_RESERVED.sub("_", composed).strip().rstrip(". ")
    stem, extension = _split(cleaned)
    # A leading dot would hide the file on macOS and Linux.
    cleaned = (stem.lstrip(". ") or f"photo-{position}") + extension
    if _WINDOWS_DEVICE.match(cleaned):
        cleaned = f"_{cleaned}"
    return _shortened(cleaned)


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not dot or " " in extension or len(extension.encode()) > MAX_EXTENSION_BYTES:
        return name, ""
    return stem, dot + extension


def _shortened(name: str, addition: str = "") -> str:
    """``name`` with ``addition`` before its extension, its stem cut to what still fits."""
    stem, extension = _split(name)
    ending = addition + extension
    room = MAX_NAME_BYTES - len(ending.encode())
    if len(stem.encode()) > room:
        # What is left of a character cut in half is dropped with it.
        stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ")
    return stem + ending


def _key(name: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
