"""Whether an edit looks like an original: crop, tone, black-and-white and turns set aside.

Pictures are compared by their :func:`visual_key`. First every window of one is held against the
other as a whole, roughly (``visual_windows``); the likeliest places are then brought home exactly,
and there the local contrasts are correlated (``visual_alignment``).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from pumbaphoto_wagtail.intake.visual_keys import read_visual_key, visual_key

from .visual_alignment import Layers, about, exactly
from .visual_search import SquareWindows, squares
from .visual_windows import Window, describe, windows

__all__ = ["Likeness", "Looks", "similarity", "visual_key"]

Verdict = Literal["same", "unsure", "different"]

# Measured (docs/matching.md): of edits hardly any is below the first, of other pictures hardly any
# above the second, and of another view of the same scene none above the first.
SAME = 0.7
DIFFERENT = 0.4
# With less of a picture showing any contrast, it cannot be told from another sky.
LEAST_DETAIL = 0.15
# Places tried of a pair of pictures, and of each of many.
TRIED, TRIED_OF_MANY = 8, 2
# Pictures compared exactly, of all that are searched; in each of the other ways round.
SHORTLIST, TRIED_TURNED = 10, 1
# Shapes in steps of three per cent, so that windows of one shape are counted once.
SHAPE_STEP = 1.03


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike two pictures are: ``score`` from 0 (nothing in common) to 1.

    A mirrored picture, and one with hardly any detail, is never more than "unsure".
    """

    score: float
    verdict: Verdict


UNKNOWN = Likeness(score=0.0, verdict="unsure")


class Look:
    """One picture, made ready for comparing step by step as that is needed."""

    def __init__(self, tones: np.ndarray) -> None:
        self.tones = tones
        self.height, self.width = tones.shape
        self.layers = Layers(tones)

    @classmethod
    def read(cls, key: str) -> Look | None:
        thumbnail = read_visual_key(key)
        if thumbnail is None:
            return None
        levels = np.frombuffer(thumbnail.levels, np.uint8)
        return cls(levels.reshape(thumbnail.height, thumbnail.width).astype(np.float32))

    @cached_property
    def shape(self) -> float:
        """Width by height, rounded to a step."""
        return float(SHAPE_STEP ** round(np.log(self.width / self.height) / np.log(SHAPE_STEP)))

    @property
    def turned_shape(self) -> float:
        return self.others_way_round[0][0].shape

    @cached_property
    def whole(self) -> np.ndarray:
        """The numbers of the picture as a whole."""
        found = windows(self.width, self.height, self.width / self.height, (1.0,))
        return describe(self.tones[None], found)[0, 0]

    def windows_of(self, shape: float) -> tuple[Sequence[Window], np.ndarray]:
        found = windows(self.width, self.height, shape)
        return found.places, describe(self.tones[None], found)[0]

    @cached_property
    def others_way_round(self) -> list[tuple[Look, bool]]:
        """Turned by a quarter, a half and three quarters, and all four mirrored, which is told."""
        turned = [np.rot90(self.tones, quarters) for quarters in range(4)]
        ways = [(tones, False) for tones in turned[1:]] + [(t[:, ::-1], True) for t in turned]
        return [(Look(np.ascontiguousarray(tones)), is_mirrored) for tones, is_mirrored in ways]


class Guess(NamedTuple):
    """One picture may fill a window of another: how alike they are, roughly."""

    alike: float
    smaller: Look
    larger: Look
    window: Window


def similarity(a: str, b: str) -> Likeness:
    """How alike two pictures are, by their keys; either may be a crop of the other.

    A key that is missing or of another version tells nothing: "unsure".
    """
    one, other = Look.read(a), Look.read(b)
    if one is None or other is None:
        return UNKNOWN
    found = _likeness(_guesses(one, other, TRIED))
    if found.verdict != "different":
        return found
    return max(found, _way_round(one, [other])[0], key=lambda likeness: likeness.score)


def _guesses(one: Look, other: Look, count: int) -> list[Guess]:
    """The likeliest places of one picture in the other, or of that in the first, the best first."""
    found = []
    for smaller, larger in ((one, other), (other, one)):
        places, numbers = larger.windows_of(smaller.shape)
        alike = numbers @ smaller.whole
        best = np.argsort(alike)[: -count - 1 : -1]
        found += [Guess(float(alike[n]), smaller, larger, places[n]) for n in best]
    return sorted(found, key=lambda guess: -guess.alike)[:count]


def _likeness(guesses: Sequence[Guess]) -> Likeness:
    return _likenesses([guesses])[0]


def _likenesses(guesses: Sequence[Sequence[Guess]]) -> list[Likeness]:
    """For each list of guesses what comes of the best of them, all worked out together."""
    numbered = [(number, guess) for number, some in enumerate(guesses) for guess in some]
    by_template: dict[int, list[tuple[int, Guess]]] = {}
    for number, guess in numbered:
        by_template.setdefault(id(guess.smaller), []).append((number, guess))
    found = [Likeness(score=0.0, verdict="different")] * len(guesses)
    for entries in by_template.values():
        for number, likeness in _fitted(entries):
            if likeness.score >= found[number].score:
                found[number] = likeness
    return found


def _fitted(entries: Sequence[tuple[int, Guess]]) -> Iterable[tuple[int, Likeness]]:
    """The best place for each number, of guesses that have the smaller picture in common."""
    smaller = entries[0][1].smaller.layers
    larger = [guess.larger.layers for _number, guess in entries]
    rough = about(smaller, larger, [guess.window for _number, guess in entries])
    best: dict[int, int] = {}
    for place in np.argsort(rough.alike):
        best[entries[place][0]] = int(place)
    chosen = list(best.values())
    exact = exactly(smaller, [larger[place] for place in chosen], rough.only(chosen))
    detail = smaller.fine.detail
    for number, alike in zip(best, exact.alike, strict=True):
        yield number, _judged(float(alike), detail)


def _judged(alike: float, detail: float) -> Likeness:
    score = round(min(1.0, max(0.0, alike)), 4)
    if detail < LEAST_DETAIL:
        return Likeness(score=score, verdict="unsure")
    if score >= SAME:
        return Likeness(score=score, verdict="same")
    return Likeness(score=score, verdict="unsure" if score >= DIFFERENT else "different")


def _way_round(one: Look, others: Sequence[Look]) -> list[Likeness]:
    """How alike pictures are if one of them is turned or mirrored as fits best."""
    guesses, are_mirrored = [], []
    for other in others:
        found = {shape: other.windows_of(shape) for shape in (one.shape, one.turned_shape)}
        ways = [
            (_best_window(way, other, *found[way.shape]), is_mirrored)
            for way, is_mirrored in one.others_way_round
        ]
        guess, is_mirrored = max(ways, key=lambda way: way[0].alike)
        guesses.append([guess])
        are_mirrored.append(is_mirrored)
    return [
        Likeness(score=found.score, verdict="unsure")
        if is_mirrored and found.verdict == "same"
        else found
        for found, is_mirrored in zip(_likenesses(guesses), are_mirrored, strict=True)
    ]


def _best_window(
    smaller: Look, larger: Look, places: Sequence[Window], numbers: np.ndarray
) -> Guess:
    alike = numbers @ smaller.whole
    best = int(np.argmax(alike))
    return Guess(float(alike[best]), smaller, larger, places[best])


class Looks:
    """Many pictures by their keys, to find those that one looks like.

    Some 100 KB for each picture, once a search has had to look into small windows.
    """

    def __init__(self, keys: Mapping[Hashable, str]) -> None:
        read = {name: Look.read(key) for name, key in keys.items()}
        self._looks = {name: look for name, look in read.items() if look is not None}
        self._names = list(self._looks)
        self._squares = SquareWindows([look.tones for look in self._looks.values()])

    def nearest(self, key: str, count: int = 5) -> list[tuple[Hashable, Likeness]]:
        """The ``count`` pictures most like one, the likest first; none for a key that tells none.

        A search goes on to small parts of the pictures, and to turned ones, where it has not found
        "the same" before.
        """
        look = Look.read(key)
        if look is None:
            return []
        looked = max(2 * count, SHORTLIST)
        found: dict[Hashable, Likeness] = {}
        for is_thorough in (False, True):
            names = self._shortlist(look, looked, is_thorough=is_thorough)
            self._compare(look, [name for name in names if name not in found], found, count + 1)
            best = max(found, key=lambda name: found[name].score, default=None)
            if best is not None and found[best].verdict == "same":
                # Frames of one burst are to be seen together, whichever of them was met first.
                names = self._shortlist(self._looks[best], looked, is_thorough=False)
                self._compare(look, [n for n in names if n not in found], found, count + 1)
                break
        else:
            self._compare_turned(look, found)
        return sorted(found.items(), key=lambda entry: -entry[1].score)[:count]

    def _shortlist(self, look: Look, count: int, *, is_thorough: bool) -> list[Hashable]:
        places = self._squares.shortlist(squares(look.tones), count, is_thorough=is_thorough)
        return [self._names[place] for place in places]

    def _compare(
        self, look: Look, names: Sequence[Hashable], found: dict[Hashable, Likeness], most: int
    ) -> None:
        guesses = {name: _guesses(look, self._looks[name], TRIED_OF_MANY) for name in names}
        likely = sorted(names, key=lambda name: -guesses[name][0].alike)[:most]
        found.update(zip(likely, _likenesses([guesses[name] for name in likely]), strict=True))

    def _compare_turned(self, look: Look, found: dict[Hashable, Likeness]) -> None:
        names: dict[Hashable, None] = {}
        for way, _is_mirrored in look.others_way_round:
            names |= dict.fromkeys(self._shortlist(way, TRIED_TURNED, is_thorough=False))
        likenesses = _way_round(look, [self._looks[name] for name in names])
        for name, likeness in zip(names, likenesses, strict=True):
            if name not in found or likeness.score > found[name].score:
                found[name] = likeness
