"""Whether an edit looks like an original: crop, tone, black-and-white and turns set aside.

Pictures are compared by their :func:`visual_key`. First every window of one is held against the
other as a whole, roughly (``visual_windows``); the likeliest places are then brought home exactly,
and there the local contrasts are correlated (``visual_alignment``).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pumbaphoto_wagtail.intake.visual_keys import read_visual_key, visual_key

from . import visual_alignment, visual_windows

__all__ = ["Likeness", "Looks", "similarity", "visual_key"]

Verdict = Literal["same", "unsure", "different"]

SAME = 0.72
DIFFERENT = 0.5
# With less of a picture showing any contrast, it cannot be told from another sky.
LEAST_CONTRAST = 0.12
# Places tried of a pair of pictures.
TRIED = 4
# Originals looked at exactly, of all that are searched.
SHORTLIST = 10
SHAPE_STEP = 1.03


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike two pictures are: ``score`` from 0 (nothing in common) to 1."""

    score: float
    verdict: Verdict


UNKNOWN = Likeness(score=0.0, verdict="unsure")


class _Look:
    """One picture, made ready for comparing step by step as that is needed."""

    def __init__(self, tones: np.ndarray) -> None:
        self.tones = tones
        self.height, self.width = tones.shape

    @classmethod
    def read(cls, key: str) -> _Look | None:
        thumbnail = read_visual_key(key)
        if thumbnail is None:
            return None
        levels = np.frombuffer(thumbnail.levels, np.uint8)
        return cls(levels.reshape(thumbnail.height, thumbnail.width).astype(np.float32))

    @cached_property
    def shape(self) -> float:
        """Width by height, in steps, since windows of a shape are counted once."""
        steps = round(np.log(self.width / self.height) / np.log(SHAPE_STEP))
        return float(SHAPE_STEP**steps)

    @cached_property
    def layers(self) -> visual_alignment.Layers:
        return visual_alignment.layers(self.tones)

    @cached_property
    def whole(self) -> np.ndarray:
        found = visual_windows.windows(self.width, self.height, self.width / self.height)
        return visual_windows.describe(self.tones[None], found)[0, 0]

    @cached_property
    def mirrored(self) -> _Look:
        return _Look(np.ascontiguousarray(self.tones[:, ::-1]))


def similarity(a: str, b: str) -> Likeness:
    """How alike two pictures are, by their keys; either may be a crop of the other.

    A key that is missing or of another version tells nothing: "unsure".
    """
    one, other = _Look.read(a), _Look.read(b)
    if one is None or other is None:
        return UNKNOWN
    return _compared(one, [other])[0]


def _compared(one: _Look, others: list[_Look]) -> list[Likeness]:
    return [_judged(max(_fits(one, other), _fits(other, one))) for other in others]


def _fits(smaller: _Look, larger: _Look) -> tuple[float, float]:
    found = visual_windows.windows(larger.width, larger.height, smaller.shape)
    alike = visual_windows.describe(larger.tones[None], found)[0] @ smaller.whole
    best = np.argsort(alike)[: -TRIED - 1 : -1]
    places = [found.places[place] for place in best]
    return max(visual_alignment.fit(smaller.layers, [larger.layers] * len(places), places))


def _judged(found: tuple[float, float]) -> Likeness:
    score, contrast = found
    score = min(1.0, max(0.0, score))
    if contrast < LEAST_CONTRAST:
        return Likeness(score=score, verdict="unsure")
    if score >= SAME:
        return Likeness(score=score, verdict="same")
    return Likeness(score=score, verdict="unsure" if score >= DIFFERENT else "different")


class Looks:
    """Many pictures by their keys, to find those that one looks like."""

    def __init__(self, keys: Mapping[Hashable, str]) -> None:
        self._looks = {name: look for name, key in keys.items() if (look := _Look.read(key))}

    def nearest(self, key: str, count: int = 5) -> list[tuple[Hashable, Likeness]]:
        """The ``count`` pictures most like one, the likest first."""
        look = _Look.read(key)
        if look is None:
            return []
        found = _compared(look, list(self._looks.values()))
        ranked = sorted(zip(self._looks, found, strict=True), key=lambda entry: -entry[1].score)
        return ranked[:count]
