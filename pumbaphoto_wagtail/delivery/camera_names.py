"""What the photographer's own program calls a photograph, where its proof was renamed.

Proofs are often exported as "Smith-Wedding-017.jpg" while the catalogue goes on saying IMG_4521. A
proof may carry that name: Lightroom and Camera Raw write the RAW's name into it
(``crs:RawFileName``), or the name a file had before it was renamed (``xmpMM:PreservedFileName``,
XMP specification part 2). ``intake.identity`` reads both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .names import last_component, stem_key

# The RAW's present name first: the preserved one may be older than the catalogue.
TELLING = ("raw_file_name", "preserved_file_name")
MAX_NAME_LENGTH = 255


def camera_name(name: str, identity: Mapping[str, object]) -> str:
    """The name by which the photographer's program knows the file ``name``; itself if unknown."""
    for key in TELLING:
        told = identity.get(key)
        if isinstance(told, str) and stem_key(told) and len(told) <= MAX_NAME_LENGTH:
            return last_component(told)
    return name


@dataclass(frozen=True, kw_only=True)
class SearchWarnings:
    """What a search for parts of names gets wrong.

    ``twins`` are names of several photographs. ``parts`` are names that are also found within
    those of photographs that were not chosen, each with one of these. ``split`` hold a blank or a
    comma, and are several words for programs that cannot quote.
    """

    twins: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    split: tuple[str, ...] = ()


def search_warnings(chosen: Sequence[str], others: Sequence[str]) -> SearchWarnings:
    """What a search for ``chosen`` may get wrong among the gallery's ``others``.

    Both hold one name for each photograph, so that two cameras' IMG_0001 are there twice.
    """
    spelled: dict[str, str] = {}
    for name in chosen:
        spelled.setdefault(stem_key(name), name)
    spelled.pop("", None)
    unchosen = {key: name for name in others if (key := stem_key(name)) not in spelled}
    counts = Counter(stem_key(name) for name in (*chosen, *others))
    found_within = dict(_found_within(set(spelled), unchosen))
    return SearchWarnings(
        twins=tuple(name for key, name in spelled.items() if counts[key] > 1),
        parts=tuple((spelled[key], found_within[key]) for key in spelled if key in found_within),
        split=tuple(name for key, name in spelled.items() if {" ", ","} & {*key}),
    )


def _found_within(wanted: set[str], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Keys that stand within longer ones, with a name for each of these.

    Of each longer key only the parts of the lengths that are wanted are looked up, so that four
    thousand among four thousand take milliseconds.
    """
    lengths = sorted({len(key) for key in wanted})
    for longer, name in names.items():
        for length in lengths:
            for start in range(len(longer) - length + 1):
                if (part := longer[start : start + length]) in wanted:
                    yield part, name
