"""What two file names have in common: keys that compare whole names, never parts of them.

Pure functions of text. A key is for comparing only; what people see is the name itself.
"""

from __future__ import annotations

import unicodedata

# What cameras, RAW converters and retouching programs write. An ending outside this list belongs
# to the name: "Anna.B" and "Anna.C" are two photographs.
_PICTURES = "jpg jpeg jpe jxl png tif tiff psd psb webp avif heic heif gif bmp"
_RAWS = (
    "3fr arw cr2 cr3 crw dcr dng erf fff gpr iiq kdc mef mos mrw nef nrw orf pef ptx raf raw rw2 "
    "rwl sr2 srf srw x3f"
)
PICTURE_EXTENSIONS = frozenset(f"{_PICTURES} {_RAWS}".split())

_INVISIBLE_CATEGORIES = frozenset(("Cc", "Cf", "Cs"))


def name_key(text: str) -> str:
    """``text`` without case, composition (NFC, NFD) and invisible characters.

    macOS writes decomposed names and Windows composed ones; browsers, chat programs and scripts
    written from right to left leave zero-width and direction marks behind. Canonical caseless
    matching is rule D145 of the Unicode Standard; every kind of blank counts as a space.
    """
    folded = _folded(text)
    # Taking a mark away can bring characters together that compose, so it is folded once more.
    return _folded(folded).strip()


def stem_key(name: str) -> str:
    """The key of a file name without its last picture extension; "" where nothing is left."""
    # Windows drops dots and blanks at the end of a name, so they tell nothing apart.
    return without_extension(name_key(last_component(name)).rstrip(". "))


def folder_key(path: str) -> str:
    """The key of a folder's relative path; "" for the top folder."""
    parts = (name_key(part) for part in path.replace("\\", "/").split("/"))
    return "/".join(part for part in parts if part not in ("", "."))


def without_extension(key: str) -> str:
    """``key`` without one picture extension and the blanks before it, unchanged without one."""
    rest, dot, extension = key.rpartition(".")
    if dot and extension.strip() in PICTURE_EXTENSIONS:
        return rest.strip()
    return key


def last_component(path: str) -> str:
    """The file's name in a path written with either kind of slash."""
    return path.replace("\\", "/").rpartition("/")[2]


def _folded(text: str) -> str:
    if text.isascii() and text.isprintable():
        # Most names, and a hundred times as quick.
        return text.lower()
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    visible = "".join(
        " " if character.isspace() else character
        for character in decomposed
        if character.isspace() or unicodedata.category(character) not in _INVISIBLE_CATEGORIES
    )
    return unicodedata.normalize("NFC", visible)
