"""The windows of thousands of pictures at once, to find those that one may be of.

All windows here are square, so that they serve a picture of any shape, by the squares at its ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from .visual_windows import LARGE, NUMBERS, SMALL, describe, windows

# Pictures described together: enough to be quick, few enough to be small.
TOGETHER = 64


class SquareWindows:
    """The square windows of many pictures (height x width arrays of tones)."""

    def __init__(self, pictures: Sequence[np.ndarray]) -> None:
        self._pictures = pictures

    def shortlist(self, wanted: np.ndarray, count: int, *, is_thorough: bool) -> list[int]:
        """The pictures likeliest to hold another one, by the numbers of its squares.

        Small windows, of which there are many, are looked at only if ``is_thorough``.
        """
        if not self._pictures:
            return []
        alike = self._large.best(wanted)
        if is_thorough:
            alike = np.maximum(alike, self._small.best(wanted))
        summed = alike.sum(axis=1)
        return [int(place) for place in np.argsort(summed)[: -count - 1 : -1]]

    @cached_property
    def _large(self) -> _Numbers:
        return _Numbers(self._pictures, LARGE)

    @cached_property
    def _small(self) -> _Numbers:
        return _Numbers(self._pictures, SMALL)


def squares(picture: np.ndarray) -> np.ndarray:
    """The numbers of the largest square at either end of a picture: 2 x NUMBERS."""
    height, width = picture.shape
    found = describe(picture[None], windows(width, height, 1.0, (1.0,)))[0]
    return found[[0, -1]]


class _Numbers:
    """The windows of some scales, those of a picture one after another."""

    def __init__(self, pictures: Sequence[np.ndarray], scales: tuple[float, ...]) -> None:
        by_size: dict[tuple[int, ...], list[int]] = {}
        for place, picture in enumerate(pictures):
            by_size.setdefault(picture.shape, []).append(place)
        found = {size: windows(size[1], size[0], 1.0, scales) for size in by_size}
        counts = np.array([len(found[picture.shape].places) for picture in pictures])
        self._starts = np.cumsum(counts) - counts
        self._numbers = np.empty((counts.sum(), NUMBERS), np.float32)
        for size, places in by_size.items():
            for first in range(0, len(places), TOGETHER):
                some = places[first : first + TOGETHER]
                described = describe(np.stack([pictures[place] for place in some]), found[size])
                for place, numbers in zip(some, described, strict=True):
                    start = self._starts[place]
                    self._numbers[start : start + len(numbers)] = numbers

    def best(self, wanted: np.ndarray) -> np.ndarray:
        """How alike the best window of each picture is to each of the wanted ones."""
        return np.maximum.reduceat(self._numbers @ wanted.T, self._starts, axis=0)
