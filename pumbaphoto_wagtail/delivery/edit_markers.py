"""The marks that programs and photographers put on the name of an edited file.

``IMG_4521-Edit-2``, ``IMG_4521_bw_v3``, ``edit_IMG_4521``, ``IMG_4521 Kopie 2``: a mark stands at
the end of a name (or, as a word, at its beginning), set off by ``_``, ``-``, ``.`` or a blank. It
says "an edit", names a version or a variant, or is a counter that a program added because the name
was taken. All texts here are keys (:func:`pumbaphoto_wagtail.delivery.names.name_key`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from .names import PICTURE_EXTENSIONS, name_key

MAIN = "main"
BLACK_AND_WHITE = "black_and_white"
SOCIAL_CROP = "social_crop"
WEB = "web"
OWN = "own"
VARIANTS = (MAIN, BLACK_AND_WHITE, SOCIAL_CROP, WEB, OWN)

_WORDS_OF_VARIANTS = {
    BLACK_AND_WHITE: (
        *("bw", "b&w", "b+w", "bnw", "mono", "monochrome", "blackwhite", "blackandwhite"),
        *("black-white", "black-and-white", "black_and_white", "black and white"),
    ),
    SOCIAL_CROP: (
        "social",
        "insta",
        "instagram",
        "ig",
        "story",
        "reel",
        "facebook",
        "fb",
        "square",
    ),
    WEB: ("web", "lowres", "low-res", "small"),
    OWN: ("print", "hires", "high-res", "crop", "cropped", "alt"),
}
# What programs add by themselves, whatever the studio's own words are: Lightroom (Enhanced-NR, HDR,
# Pano), Photoshop (Recovered), plug-ins and export dialogs.
_WORDS_OF_PROGRAMS = (
    *("enhanced", "enhanced-nr", "enhanced-sr", "enhanced-nr-sr", "hdr", "pano", "recovered"),
    *("retouch", "retouched", "export", "exported", "srgb", "adobergb", "dxo"),
)
# What the desktops of macOS and Windows, Photoshop and Lightroom call a copy, in the languages that
# their users have told of; "(copy)" and "- Kopie (2)" are read with the separators around.
_COPIES = ("copy", "kopie", "copie", "copia", "cópia", "kopia", "kopi", "virtual copy", "variant")
VARIANT_OF_WORD = {word: variant for variant, words in _WORDS_OF_VARIANTS.items() for word in words}
# The formats of feeds and stories; any other proportion is a crop of the photographer's own.
SOCIAL_PROPORTIONS = frozenset(("1x1", "4x5", "5x4", "3x4", "4x3", "9x16", "16x9"))

# An iPhone's edit of IMG_4521 is IMG_E4521.
_PHONES_EDIT = re.compile(r"^img_e(?=[0-9]{4})")

# The part of a long name in which a mark is looked for, so that a hostile name costs no time.
_REACH = 100

_SEPARATORS = "-_. "
_SEPARATOR = r"[-_. ]{1,4}"
# One or two digits: three and more are a camera's own count ("IMG_edit_452" says nothing).
_NUMBER = r"(?:[-_. ]?([0-9]{1,2}))?"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One mark taken off a name, and what it says about the edit."""

    text: str
    version: int = 0
    final: int = 0
    variant: str = ""
    detail: str = ""
    is_counter: bool = False
    # A counter that may just as well be the photographer's own numbering.
    is_weak: bool = False


class EditMarkers:
    """Every way to take one mark off a name, with a studio's own words among them.

    ``words`` are the words that mean "an edit", with or without their separator.
    """

    def __init__(self, words: Iterable[str]) -> None:
        cleaned = (name_key(word).strip("-_. ") for word in words)
        edits = _alternatives(word for word in cleaned if word)
        programs = _alternatives(_WORDS_OF_PROGRAMS)
        copies = _alternatives(_COPIES)
        variants = _alternatives(VARIANT_OF_WORD)
        extensions = _alternatives(PICTURE_EXTENSIONS)
        self._endings: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Mark]], ...] = (
            (_ending(r"v(?:ersion)?[-_. ]?([0-9]{1,2})"), _version),
            (_ending(rf"({edits}){_NUMBER}"), _edit),
            (_ending(rf"({programs}){_NUMBER}"), _edit),
            (_ending(rf"({variants}){_NUMBER}"), _variant),
            (_ending(r"([0-9]{1,2}x[0-9]{1,2})"), _proportion),
            (_ending(r"([0-9]{3,5}px)"), _pixels),
            (_ending(rf"(?:{copies}){_NUMBER}"), _copy),
            (re.compile(r"[-_. ]*\(([0-9]{1,2})\)$"), _counter),
            (re.compile(rf"[-_. ]*\((?:{copies})(?: ([0-9]{{1,2}}))?\)$"), _copy),
            (re.compile(r"(?: - | |-|_)([1-9][0-9]?)$"), _counter),
            (re.compile(rf" *\.(?:{extensions}) *$"), _extension),
        )
        self._beginnings = (
            (re.compile(rf"^v([0-9]{{1,2}}){_SEPARATOR}"), _version),
            (re.compile(rf"^({edits}){_SEPARATOR}"), _edit),
            (re.compile(rf"^({variants}){_SEPARATOR}"), _variant),
            (re.compile(rf"^(?:{copies})(?: \(?[0-9]{{1,2}}\)?)? (?:of|von|de|di|av) "), _copy),
        )

    def taken_off(self, key: str) -> Iterator[tuple[str, Mark]]:
        """Each (what is left, mark) that taking one mark off ``key`` can give.

        What is left always holds a letter or a digit: a file called "edit.jpg" is not an edit
        of a photograph without a name.
        """
        start = max(0, len(key) - _REACH)
        for pattern, read in self._endings:
            if found := pattern.search(key, start):
                yield from _splits_before(key, found, read(found))
        for pattern, read in self._beginnings:
            if found := pattern.search(key):
                yield from _splits_after(key, found, read(found))
        if found := _PHONES_EDIT.match(key):
            yield f"img_{key[found.end() :]}", Mark(text="e")


@lru_cache(maxsize=16)
def edit_markers(words: tuple[str, ...]) -> EditMarkers:
    """The markers for one list of words, compiled once."""
    return EditMarkers(words)


def _ending(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{_SEPARATOR}{pattern}$")


def _alternatives(words: Iterable[str]) -> str:
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    # An empty list of words must match nothing, where an empty alternative matches everything.
    return "|".join(re.escape(word) for word in ordered) or r"(?!)"


def _splits_before(key: str, found: re.Match[str], mark: Mark) -> Iterator[tuple[str, Mark]]:
    """Every share of the separators between a name and the mark at its end.

    They may be the name's own: "_DSC1000" behind "edit_" and "Anna_" before "_edit" keep theirs.
    """
    separators = len(found[0]) - len(found[0].lstrip(_SEPARATORS))
    for own in range(max(separators, 1)):
        if _is_a_name(rest := key[: found.start() + own]):
            yield rest.rstrip(), replace(mark, text=found[0][own:])


def _splits_after(key: str, found: re.Match[str], mark: Mark) -> Iterator[tuple[str, Mark]]:
    """The same for the mark at the beginning of a name."""
    separators = len(found[0]) - len(found[0].rstrip(_SEPARATORS))
    for own in range(separators):
        if _is_a_name(rest := key[found.end() - own :]):
            yield rest.lstrip(), replace(mark, text=found[0][: len(found[0]) - own])


def _is_a_name(rest: str) -> bool:
    return any(character.isalnum() for character in rest)


def _number(found: re.Match[str], group: int) -> int:
    has_group = found.re.groups >= group
    return int(found[group] or 0) if has_group else 0


def _version(found: re.Match[str]) -> Mark:
    return Mark(text=found[0], version=_number(found, 1))


def _edit(found: re.Match[str]) -> Mark:
    number = _number(found, 2)
    if found[1] == "final":
        return Mark(text=found[0], final=max(number, 1))
    return Mark(text=found[0], version=number)


def _variant(found: re.Match[str]) -> Mark:
    variant, number = VARIANT_OF_WORD[found[1]], _number(found, 2)
    detail = "" if variant in (BLACK_AND_WHITE, found[1]) else found[1]
    return Mark(text=found[0], variant=variant, detail=detail, version=number)


def _proportion(found: re.Match[str]) -> Mark:
    variant = SOCIAL_CROP if found[1] in SOCIAL_PROPORTIONS else OWN
    return Mark(text=found[0], variant=variant, detail=found[1])


def _pixels(found: re.Match[str]) -> Mark:
    return Mark(text=found[0], variant=WEB, detail=found[1])


def _copy(found: re.Match[str]) -> Mark:
    # A second copy of a picture is most often a virtual copy: another look of it, delivered
    # beside the first. Read as a version it would silently take the first one's place.
    return Mark(text=found[0], variant=OWN, detail=f"copy {max(_number(found, 1), 1)}")


def _counter(found: re.Match[str]) -> Mark:
    detail = f"copy {_number(found, 1)}"
    return Mark(text=found[0], variant=OWN, detail=detail, is_counter=True)


def _extension(found: re.Match[str]) -> Mark:
    return Mark(text=found[0])
