"""How an edited file finds its original by its name.

Pure rules: names in, an opinion out, nothing stored. In order of proof:

1. The whole name, extension, case and composition aside. ``portrait_v2.jpg`` is the edit of the
   original ``portrait_v2.cr2``, never of ``portrait.cr2``.
2. The name without the marks of an edit, taken off one at a time, in any order and mixture, at both
   ends. Of all originals met on the way the one with the longest name counts: the fewest
   characters were explained away.

Names are compared whole, so ``IMG_452`` never takes ``IMG_4521``. Two originals of one name (two
cards, two folders, a counter that rolled over) are ambiguous. One piece of evidence may settle
that: the edit lies in exactly the relative folder of just one of them. That is recorded as a method
of its own; a folder that merely resembles another, or no folder at all, decides nothing. A folder
never contradicts a single match either, since edits usually lie somewhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .edit_markers import BLACK_AND_WHITE, MAIN, OWN, SOCIAL_CROP, WEB, EditMarkers, Mark
from .edit_markers import edit_markers as compiled_markers
from .names import folder_key, stem_key, without_extension

EXACT_NAME = "exact"
STRIPPED_NAME = "stripped"
NAME_AND_FOLDER = "folder"

MATCHED = "matched"
AMBIGUOUS = "ambiguous"
UNMATCHED = "unmatched"

# Nobody marks a file more often; a longer chain is a hostile name and would only cost time.
MAX_MARKS = 8

# How sure a name makes us, 0 to 1. A counter behind a camera's number ("IMG_4521-2") or in brackets
# was added by a program; behind a word ("portrait-2") it may be the photographer's own numbering.
EXACT_CONFIDENCE = 1.0
STRIPPED_CONFIDENCE = 0.95
MANY_MARKS_CONFIDENCE = 0.9
COUNTER_CONFIDENCE = 0.85
WEAK_COUNTER_CONFIDENCE = 0.7
FOLDER_FACTOR = 0.9

# What a variant's field holds.
MAX_VARIANT_LENGTH = 50

# Which word names an edit that is several things at once: a black-and-white story is a story.
_VARIANT_ORDER = (SOCIAL_CROP, WEB, OWN, BLACK_AND_WHITE)


@dataclass(frozen=True, kw_only=True)
class EditName:
    """An edited file: its own key, its name, and its folder relative to what was dropped."""

    key: Hashable
    name: str
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class OriginalName:
    """A photograph: its key and the names of its files (a RAW and its JPEG are two of one)."""

    key: Hashable
    names: tuple[str, ...]
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class NameMatch:
    """What a name says about one edit.

    ``original`` is the key of the original, or None. ``candidates`` holds all keys that came into
    question: one where it is matched, several where it is ambiguous. ``marks`` are the texts taken
    off the name, outermost first. ``variant`` is a kind ("main", "black_and_white", "social_crop",
    "web", "own"), followed by what tells it from others of its kind ("social_crop 4x5",
    "own copy 2"); edits of one variant are versions of each other. ``version`` is the number in the
    name (1 without one), ``final`` how final the name claims to be (0: not at all).
    """

    edit: Hashable
    status: Literal["matched", "ambiguous", "unmatched"]
    original: Hashable | None = None
    method: str = ""
    confidence: float = 0.0
    candidates: tuple[Hashable, ...] = ()
    marks: tuple[str, ...] = ()
    variant: str = MAIN
    version: int = 1
    final: int = 0

    @property
    def version_order(self) -> tuple[int, int]:
        """Sorts the versions of one variant: anything final comes after all numbers."""
        return (self.final, self.version)


@dataclass(frozen=True, kw_only=True)
class _Stripped:
    """A name on its way to an original: what is left, and the marks taken off so far."""

    stem: str
    marks: tuple[Mark, ...] = ()

    @property
    def confidence(self) -> float:
        """How sure a match at the end of this way is, 0 to 1."""
        if not self.marks:
            return EXACT_CONFIDENCE
        if any(mark.is_weak for mark in self.marks):
            return WEAK_COUNTER_CONFIDENCE
        if any(mark.is_counter for mark in self.marks):
            return COUNTER_CONFIDENCE
        return STRIPPED_CONFIDENCE if len(self.marks) == 1 else MANY_MARKS_CONFIDENCE


class NameIndex:
    """The originals by name, built once, so that each edit costs a few look-ups.

    ``suffixes`` are the words that mark an edit, with or without separator ("edit", "_retouched").
    """

    def __init__(self, originals: Iterable[OriginalName], suffixes: Iterable[str]) -> None:
        self.markers = compiled_markers(tuple(suffixes))
        self.folders: dict[Hashable, str] = {}
        self._by_stem: dict[str, dict[Hashable, None]] = defaultdict(dict)
        self._by_bare_stem: dict[str, dict[Hashable, None]] = defaultdict(dict)
        self._numbered: set[str] = set()
        for original in originals:
            self.folders[original.key] = folder_key(original.folder)
            for stem in dict.fromkeys(filter(None, map(stem_key, original.names))):
                self._add(stem, original.key)

    def match(self, edit: EditName) -> NameMatch:
        """What an edit's name says."""
        stem = stem_key(edit.name)
        ways = _ways_to_strip(stem, self)
        found = _nearest(ways, self.named) or _nearest(_roundabout(ways), self.barely_named)
        if not found:
            variant = _variant(_told(stem, self.markers))
            return NameMatch(edit=edit.key, status=UNMATCHED, variant=variant)
        way, candidates = found
        if len(candidates) == 1:
            return _matched(edit, way, candidates, candidates[0])
        return _settled_by_folder(edit, way, candidates, self)

    def named(self, stem: str) -> tuple[Hashable, ...]:
        """The originals of exactly this name."""
        return tuple(self._by_stem.get(stem, ()))

    def barely_named(self, stem: str) -> tuple[Hashable, ...]:
        """The originals of this name and further extensions, such as "IMG_4521.CR2.jpg"."""
        return tuple(self._by_bare_stem.get(stem, ()))

    def counts(self, stem: str) -> bool:
        """Whether originals are numbered "stem-1", "stem-2": then a number is a name's own."""
        return stem in self._numbered

    def _add(self, stem: str, key: Hashable) -> None:
        self._by_stem[stem][key] = None
        if (bare := _bare(stem)) != stem:
            self._by_bare_stem[bare][key] = None
        taken_off = self.markers.taken_off(stem)
        self._numbered.update(rest for rest, mark in taken_off if mark.is_counter)


def match_by_name(
    edits: Iterable[EditName], originals: Iterable[OriginalName], suffixes: Iterable[str]
) -> list[NameMatch]:
    """One :class:`NameMatch` for each edit, in the order given.

    Takes time in proportion to the number of edits and originals together.
    """
    index = NameIndex(originals, suffixes)
    return [index.match(edit) for edit in edits]


def _ways_to_strip(stem: str, index: NameIndex) -> list[_Stripped]:
    """Every name that taking marks off ``stem`` leads to, by the fewest marks first."""
    if not stem:
        return []
    ways = {stem: _Stripped(stem=stem)}
    newest = list(ways.values())
    for _depth in range(MAX_MARKS):
        found = [way for earlier in newest for way in _one_less(earlier, index)]
        newest = []
        for way in found:
            if way.stem not in ways:
                ways[way.stem] = way
                newest.append(way)
    return list(ways.values())


def _roundabout(ways: Iterable[_Stripped]) -> list[_Stripped]:
    """The same ways to an original whose own name loses an extension: no longer exact."""
    extension = Mark(text="")
    return [_Stripped(stem=way.stem, marks=(*way.marks, extension)) for way in ways]


def _one_less(way: _Stripped, index: NameIndex) -> Iterable[_Stripped]:
    for rest, mark in index.markers.taken_off(way.stem):
        if mark.is_counter and index.counts(rest):
            continue
        is_weak = mark.is_counter and "(" not in mark.text and not rest[-1:].isdigit()
        found = replace(mark, is_weak=True) if is_weak else mark
        yield _Stripped(stem=rest, marks=(*way.marks, found))


def _nearest(
    ways: Sequence[_Stripped], named: Callable[[str], tuple[Hashable, ...]]
) -> tuple[_Stripped, tuple[Hashable, ...]] | None:
    """The way to the longest original's name and all originals of names as long as that."""
    hits = [(way, keys) for way in ways if (keys := named(way.stem))]
    if not hits:
        return None
    longest = max(len(way.stem) for way, _keys in hits)
    nearest = [(way, keys) for way, keys in hits if len(way.stem) == longest]
    return nearest[0][0], tuple(dict.fromkeys(key for _way, keys in nearest for key in keys))


def _settled_by_folder(
    edit: EditName, way: _Stripped, candidates: tuple[Hashable, ...], index: NameIndex
) -> NameMatch:
    folder = folder_key(edit.folder)
    same = [key for key in candidates if folder and index.folders[key] == folder]
    if len(same) == 1:
        return _matched(edit, way, candidates, same[0])
    return NameMatch(edit=edit.key, status=AMBIGUOUS, candidates=candidates, **_reading(way.marks))


def _matched(
    edit: EditName, way: _Stripped, candidates: tuple[Hashable, ...], original: Hashable
) -> NameMatch:
    by_folder = len(candidates) > 1
    method = NAME_AND_FOLDER if by_folder else STRIPPED_NAME if way.marks else EXACT_NAME
    return NameMatch(
        edit=edit.key,
        status=MATCHED,
        original=original,
        method=method,
        confidence=way.confidence * (FOLDER_FACTOR if by_folder else 1),
        candidates=candidates,
        **_reading(way.marks),
    )


def _reading(marks: tuple[Mark, ...]) -> dict:
    """What the marks together say of the edit."""
    return {
        "marks": tuple(mark.text for mark in marks if mark.text),
        "variant": _variant(marks),
        "version": max([1, *(mark.version for mark in marks)]),
        "final": sum(mark.final for mark in marks),
    }


def _variant(marks: tuple[Mark, ...]) -> str:
    kinds = {mark.variant for mark in marks if mark.variant}
    kind = next((kind for kind in _VARIANT_ORDER if kind in kinds), MAIN)
    details = {mark.detail for mark in marks if mark.detail} | (kinds & {BLACK_AND_WHITE}) - {kind}
    return " ".join((kind, *sorted(details)))[:MAX_VARIANT_LENGTH]


def _told(stem: str, markers: EditMarkers) -> tuple[Mark, ...]:
    """What the marks at the ends of a name say where no original of that name is known.

    Only words count: a number may be the photographer's own ("Smith-Wedding-017").
    """
    marks: list[Mark] = []
    while stem and len(marks) < MAX_MARKS:
        words = ((rest, mark) for rest, mark in markers.taken_off(stem) if not mark.is_counter)
        stem, mark = next(words, ("", None))
        marks += [mark] if mark else []
    return tuple(marks)


def _bare(stem: str) -> str:
    while (shorter := without_extension(stem)) != stem and shorter:
        stem = shorter
    return stem
