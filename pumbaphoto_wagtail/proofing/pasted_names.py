"""Reading file names that somebody wrote down: from an e-mail, a list, another program.

Plain rules without a database. Names are held against the photos of one gallery; what is not one
of them, or could be two, is told and never guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from ..delivery.names import folder_key, last_component, name_key, stem_key

_SEPARATORS = re.compile(r"[,;\t]")
_AROUND = " \t\"'“”„‘’«»<>()[]•·"
# No name is looked for across more blanks than this.
_MOST_WORDS = 12


@dataclass(frozen=True, kw_only=True)
class Named:
    """A photo by which name and in which folder it arrived."""

    key: Hashable
    name: str
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a text named: photos in the order written, each once, and what was no one photo."""

    found: tuple[Named, ...] = ()
    unknown: tuple[str, ...] = ()
    ambiguous: tuple[tuple[str, tuple[Named, ...]], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.found or self.unknown or self.ambiguous)


def read_names(text: str, photos: Iterable[Named]) -> Reading:
    """The photos that ``text`` names, between lines, commas, semicolons, tabs or blanks.

    Neither case nor extension matters, so that the name of a RAW means its JPEG as well; a folder
    in front ("Church/IMG_1") tells two of one name apart. A name with blanks or commas in it is
    found where the text holds it whole.
    """
    index = _Index(photos)
    found: dict[Hashable, Named] = {}
    unknown: dict[str, None] = {}
    ambiguous: dict[str, tuple[Named, ...]] = {}
    for written in _names_in(text, index):
        meant = index.find(written)
        if len(meant) == 1:
            found.setdefault(meant[0].key, meant[0])
        elif meant:
            ambiguous[written] = tuple(meant)
        else:
            unknown[written] = None
    return Reading(
        found=tuple(found.values()), unknown=tuple(unknown), ambiguous=tuple(ambiguous.items())
    )


class _Index:
    """The photos by what they may be called."""

    def __init__(self, photos: Iterable[Named]) -> None:
        self._by_stem: dict[str, list[Named]] = defaultdict(list)
        self.most_words = 1
        for photo in photos:
            self._by_stem[stem_key(photo.name)].append(photo)
            words = len(f"{photo.folder} {photo.name}".split())
            self.most_words = max(self.most_words, min(words, _MOST_WORDS))

    def find(self, written: str) -> list[Named]:
        """All photos that ``written`` could mean."""
        meant = self._by_stem.get(stem_key(written), [])
        folder = folder_key(written.replace("\\", "/").rpartition("/")[0])
        if folder:
            meant = [photo for photo in meant if _is_in(photo, folder)]
        if len(meant) > 1:
            whole = name_key(last_component(written))
            exactly = [photo for photo in meant if name_key(photo.name) == whole]
            meant = exactly if len(exactly) == 1 else meant
        return meant


def _is_in(photo: Named, folder: str) -> bool:
    return f"/{folder_key(photo.folder)}".endswith(f"/{folder}")


def _names_in(text: str, index: _Index) -> Iterator[str]:
    for line in text.splitlines():
        if index.find(line.strip(_AROUND)):
            yield line.strip(_AROUND)
            continue
        for part in _SEPARATORS.split(line):
            yield from _names_in_part(part, index)


def _names_in_part(part: str, index: _Index) -> Iterator[str]:
    words = part.split()
    while words:
        written, taken = _first_name(words, index)
        words = words[taken:]
        if written:
            yield written


def _first_name(words: list[str], index: _Index) -> tuple[str, int]:
    """The longest beginning of ``words`` that is a name, or the first word; and its length."""
    for amount in range(min(len(words), index.most_words), 1, -1):
        written = " ".join(words[:amount]).strip(_AROUND)
        if index.find(written):
            return written, amount
    return words[0].strip(_AROUND), 1
