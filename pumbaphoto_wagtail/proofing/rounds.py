"""What changed between two rounds of choosing. Plain rules without a database."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Picked(Protocol):
    """What is read of a pick: a ``Pick``, or anything with these three."""

    photo_id: int
    is_favourite: bool
    note: str


@dataclass(frozen=True)
class Choice:
    """What was said of one photo: a heart, a note, or both."""

    is_favourite: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Difference(Generic[Key]):
    """Photos by what happened to them, by the keys that were given.

    A photo that lost its heart and kept its note is removed; one that has other words, none any
    more or some for the first time is in ``noted``, whatever became of its heart. False when
    nothing has changed.
    """

    added: tuple[Key, ...] = ()
    removed: tuple[Key, ...] = ()
    noted: tuple[Key, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.noted)


def choices(picks: Iterable[Picked]) -> dict[int, Choice]:
    """Picks as :func:`difference` takes them, by the photo's primary key."""
    return {pick.photo_id: Choice(pick.is_favourite, pick.note) for pick in picks}


def difference(before: Mapping[Key, Choice], after: Mapping[Key, Choice]) -> Difference[Key]:
    """What ``after`` has that ``before`` had not, and the other way round.

    Keys are whatever names a photo; a photo that is missing has neither heart nor note.
    """
    nothing = Choice()
    photos = (*after, *(photo for photo in before if photo not in after))
    pairs = [(photo, before.get(photo, nothing), after.get(photo, nothing)) for photo in photos]
    return Difference(
        added=tuple(key for key, was, now in pairs if now.is_favourite > was.is_favourite),
        removed=tuple(key for key, was, now in pairs if now.is_favourite < was.is_favourite),
        noted=tuple(key for key, was, now in pairs if was.note != now.note),
    )
