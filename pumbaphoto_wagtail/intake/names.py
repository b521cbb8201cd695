"""What a client's or a camera's file name becomes before anybody sees it.

Names are data: they are shown, searched and written into archives, and never become a path on our
disks. Nothing here decodes percent signs or entities, so a name shows as it was sent.
"""

from __future__ import annotations

import re
import unicodedata

MAX_NAME_LENGTH = 255
MAX_FOLDER_LENGTH = 1024
# What is taken for a file's extension, dot included; longer ones are part of a sentence.
MAX_EXTENSION_LENGTH = 16

# Marks that turn the direction of text (a "gpj.exe" that reads "exe.jpg") or that show as nothing.
# The joiners U+200C and U+200D stay: Persian words and many emoji are spelt with them.
INVISIBLE = {
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\u200b\u2060\ufeff\u2028\u2029\u00ad",
}
DRIVE = re.compile(r"^[A-Za-z]:")


def display_name(raw_name: str, *, if_nameless: str = "photo") -> str:
    """The name a file is shown under: the last part of whatever path was sent.

    Control characters, direction marks and lone surrogates are gone, the text is in Unicode's
    composed form (NFC) and has at most 255 characters with the extension kept. A name of nothing
    but dots and spaces becomes ``if_nameless``; only an extension, ``if_nameless`` before it.
    """
    stem, extension = _parts(raw_name)
    return (stem or if_nameless)[: MAX_NAME_LENGTH - len(extension)] + extension


def is_nameless(raw_name: str) -> bool:
    """Whether nothing is left of a name but perhaps an extension, so that one has to be made up."""
    return not _parts(raw_name)[0]


def folded(name: str) -> str:
    """What names that mean the same have in common: NFC, whatever the case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _parts(raw_name: str) -> tuple[str, str]:
    """What is left of a name's stem, empty if nothing is, and its extension."""
    name = clean_text(_last_component(raw_name)).strip().rstrip(". ")
    stem, extension = split_extension(name)
    return stem.strip() if stem.strip(". ") else "", extension


def display_folder(relative_path: str) -> str:
    """The folder part of a dropped file's relative path, as the browser reports it.

    The last component is the file and is left out; ``.``, ``..``, empty parts and drive letters
    are dropped. At most 1024 characters, cut at the far end; empty for a file of no folder.
    """
    parts = [clean_text(part).strip() for part in _components(relative_path)[:-1]]
    kept = [part for part in parts if part.strip(". ") and not DRIVE.fullmatch(part)]
    return "/".join(kept)[:MAX_FOLDER_LENGTH].rstrip("/ ")


def split_extension(name: str) -> tuple[str, str]:
    """``("IMG_4521", ".CR2")``: the extension with its dot, empty where there is none."""
    stem, dot, extension = name.rpartition(".")
    if not dot or not extension or len(extension) >= MAX_EXTENSION_LENGTH or " " in extension:
        return name, ""
    return stem, dot + extension


def clean_text(text: str) -> str:
    """Text without what cannot be stored or seen: controls, surrogates, direction marks; in NFC."""
    kept = (
        character
        for character in text
        if character not in INVISIBLE and unicodedata.category(character) not in {"Cc", "Cs"}
    )
    return unicodedata.normalize("NFC", "".join(kept))


def _last_component(raw_name: str) -> str:
    # A drive letter without a slash ("C:x.jpg") is a path as well.
    return DRIVE.sub("", _components(raw_name)[-1])


def _components(path: str) -> list[str]:
    return path.replace("\\", "/").split("/")
