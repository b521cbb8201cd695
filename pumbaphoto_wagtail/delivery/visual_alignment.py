"""Laying one picture on another exactly, and saying how much they are one.

A place is a pair of complex numbers: the point z of the smaller picture (0 is its centre, its
longer side runs from -1 to 1) lies at ``turn * z + shift``, in pixels, in the larger one; ``turn``
holds scale and rotation. It is brought home by the inverse compositional method of Baker and
Matthews (2004), on the local contrast rather than the tones, so that the look of an edit does not
pull it aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np

from .visual_windows import Window

# Points along the longer side, and how often a place is mended: first with a coarse picture.
COARSE_POINTS, COARSE_ROUNDS = 28, 6
FINE_POINTS, FINE_ROUNDS = 48, 4
# The neighbourhood within which tones are compared, in points. In a wider one (a twelfth of the
# picture) a place is found from farther away, but any two horizons are alike.
NEIGHBOURHOOD_COARSE, NEIGHBOURHOOD_FINE = 2.0, 1.5
# Differences below this many of 63 levels are noise.
NOISE = 1.2
# At least this share of the smaller picture has to lie within the larger one.
LEAST_WITHIN = 0.8


class Places(NamedTuple):
    """Where the smaller picture lies in each of the larger ones, and how alike they are there.

    ``alike`` is the correlation of the local contrasts, -1 to 1.
    """

    turn: np.ndarray
    shift: np.ndarray
    alike: np.ndarray

    def only(self, chosen: Sequence[int]) -> Places:
        return Places(self.turn[chosen], self.shift[chosen], self.alike[chosen])


class Layers:
    """A picture as floats at full and at half size."""

    def __init__(self, tones: np.ndarray) -> None:
        self.full = tones

    @cached_property
    def half(self) -> np.ndarray:
        height, width = self.full.shape
        even = np.pad(self.full, ((0, height % 2), (0, width % 2)), mode="edge")
        return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4

    @cached_property
    def coarse(self) -> Template:
        return Template(self.half, COARSE_POINTS, NEIGHBOURHOOD_COARSE)

    @cached_property
    def fine(self) -> Template:
        return Template(self.full, FINE_POINTS, NEIGHBOURHOOD_FINE)


def about(smaller: Layers, larger: Sequence[Layers], windows: Sequence[Window]) -> Places:
    """The smaller picture in each of the larger ones, found from the window it about fills."""
    width = smaller.full.shape[1]
    longer = max(smaller.full.shape)
    turn = np.array([window.width / width * longer / 2 for window in windows], np.complex64)
    shift = np.array([window.centre for window in windows], np.complex64)
    halves = _Pixels([one.half for one in larger], shrink=2)
    return smaller.coarse.mended(halves, turn, shift, COARSE_ROUNDS)


def exactly(smaller: Layers, larger: Sequence[Layers], places: Places) -> Places:
    """The same with all that is to be seen."""
    pixels = _Pixels([one.full for one in larger], shrink=1)
    return smaller.fine.mended(pixels, places.turn, places.shift, FINE_ROUNDS)


class _Pixels:
    """Pictures of any sizes in one row of pixels."""

    def __init__(self, pictures: Sequence[np.ndarray], shrink: int) -> None:
        self.shrink = shrink
        self.tones = np.concatenate([one.ravel() for one in pictures])
        lengths = [one.size for one in pictures[:-1]]
        self.starts = np.cumsum([0, *lengths]).astype(np.int32)[:, None, None]
        self.heights, self.widths = np.array([one.shape for one in pictures], np.int32).T[
            :, :, None, None
        ]

    def at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The tones at places (bilinear), and 1 where they lie within the picture, else 0."""
        x, y = places.real / self.shrink - 0.5, places.imag / self.shrink - 0.5
        inside = (x > -1) & (y > -1) & (x < self.widths) & (y < self.heights)
        x = np.clip(x, 0, self.widths - 1.01).astype(np.float32)
        y = np.clip(y, 0, self.heights - 1.01).astype(np.float32)
        left, top = x.astype(np.int32), y.astype(np.int32)
        x -= left
        y -= top
        first = self.starts + top * self.widths + left
        below = first + self.widths
        upper = self.tones[first] * (1 - x) + self.tones[first + 1] * x
        lower = self.tones[below] * (1 - x) + self.tones[below + 1] * x
        return upper * (1 - y) + lower * y, inside.astype(np.float32)


class Template:
    """The points of the smaller picture, with what changes where it is moved."""

    def __init__(self, tones: np.ndarray, points: int, neighbourhood: float) -> None:
        height, width = tones.shape
        longer = max(width, height)
        columns, rows = max(4, points * width // longer), max(4, points * height // longer)
        across = ((np.arange(columns) + 0.5) / columns * 2 - 1) * width / longer
        down = ((np.arange(rows) + 0.5) / rows * 2 - 1) * height / longer
        self.points = (across[None, :] + 1j * down[:, None]).astype(np.complex64)
        self._blur = _blur(rows, neighbourhood), _blur(columns, neighbourhood)
        own_place = self.points[None] * (longer / 2) + complex(width, height) / 2
        seen, inside = _Pixels([tones], shrink=1).at(own_place)
        self.contrast, spread = self._contrast(seen, inside)
        # The share of the picture in which there is anything to see.
        self.detail = float((spread > 2 * NOISE).mean())
        self._slopes = self._changes()
        self._inverse = np.linalg.pinv(self._slopes @ self._slopes.T).astype(np.float32)

    def mended(self, pixels: _Pixels, turn: np.ndarray, shift: np.ndarray, rounds: int) -> Places:
        for _ in range(rounds):
            seen, inside = self._seen(pixels, turn, shift)
            wrong = ((seen - self.contrast) * inside).reshape(len(turn), -1)
            step = wrong @ self._slopes.T @ self._inverse
            turn = turn / (1 + step[:, 0] + 1j * step[:, 1])
            shift = shift - turn * (step[:, 2] + 1j * step[:, 3])
        seen, inside = self._seen(pixels, turn, shift)
        return Places(turn, shift, self._alike(seen, inside))

    def _alike(self, seen: np.ndarray, inside: np.ndarray) -> np.ndarray:
        own = self.contrast * inside
        lengths = np.sqrt((seen**2).sum((1, 2)) * (own**2).sum((1, 2)))
        alike = (seen * own).sum((1, 2)) / np.maximum(lengths, 1e-3)
        return np.where(inside.mean((1, 2)) >= LEAST_WITHIN, alike, 0.0)

    def _seen(
        self, pixels: _Pixels, turn: np.ndarray, shift: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        seen, inside = pixels.at(turn[:, None, None] * self.points + shift[:, None, None])
        return self._contrast(seen, inside)[0], inside

    def _contrast(self, tones: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each tone as its distance from those around it, by how far they are apart."""
        weight = np.maximum(self._around(inside), 1e-3)
        apart = (tones - self._around(tones * inside) / weight) * inside
        spread = np.sqrt(np.maximum(self._around(apart**2) / weight, 0))
        return apart / np.sqrt(spread**2 + NOISE**2), spread

    def _around(self, tones: np.ndarray) -> np.ndarray:
        return self._blur[0] @ tones @ self._blur[1]

    def _changes(self) -> np.ndarray:
        """How the contrast changes with scale, rotation and the two directions: 4 x points."""
        unit = abs(self.points[0, 1] - self.points[0, 0])
        down, across = np.gradient(self.contrast[0])
        slope = (across + 1j * down) / unit
        growing = slope * self.points.conj()
        parts = growing.real, growing.imag, slope.real, slope.imag
        return np.stack(parts).reshape(4, -1).astype(np.float32)


@cache
def _blur(length: int, neighbourhood: float) -> np.ndarray:
    apart = np.arange(length)[:, None] - np.arange(length)
    weights = np.exp(-0.5 * (apart / neighbourhood) ** 2)
    return (weights / weights.sum(0).max()).astype(np.float32)
