"""The looks of a gallery's edits and originals, compared as far as a decision asks for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache

from .visual import Likeness, Looks, similarity

# How many originals a search by looks answers with.
NEAREST = 5


class KnownPictures:
    """Looks by their visual keys.

    ``originals`` are those that came into question; ``all_keys`` and ``all_looks`` are asked for
    the rest of them when a search has to be made.
    """

    def __init__(
        self,
        edits: Mapping[Hashable, str],
        originals: Mapping[Hashable, str],
        *,
        all_keys: Callable[[], Mapping[Hashable, str]],
        all_looks: Callable[[], Looks],
    ) -> None:
        self._edits, self._originals = edits, originals
        self._all_keys, self._all_looks = cache(all_keys), cache(all_looks)
        self._similarity = cache(similarity)

    def compare(self, edit: Hashable, original: Hashable) -> Likeness | None:
        """How alike an edit and an original are; None where either picture is not known."""
        one, other = self._edits.get(edit, ""), self._original(original)
        return self._similarity(one, other) if one and other else None

    def are_alike(self, one: Hashable, other: Hashable) -> bool:
        """Whether two originals could be taken for each other, as frames of a burst can."""
        first, second = sorted((self._original(one), self._original(other)))
        if one == other or not first:
            return False
        return self._similarity(first, second).verdict == "same"

    def nearest(self, edit: Hashable) -> list[tuple[Hashable, Likeness]]:
        """The originals that look most like an edit, of all there are, the likest first."""
        key = self._edits.get(edit, "")
        return self._all_looks().nearest(key, NEAREST) if key else []

    def _original(self, original: Hashable) -> str:
        if original not in self._originals:
            return self._all_keys().get(original, "")
        return self._originals[original]
