"""Laying one picture on another exactly, and saying how much they are one.

A place is a pair of complex numbers: the point z of the smaller picture (0 is its centre, its
longer side runs from -1 to 1) lies at ``turn * z + shift``, in pixels, in the larger one; ``turn``
holds scale and rotation. It is brought home by the inverse compositional method of Baker and
Matthews (2004).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from .visual_windows import Window

# Points along the longer side, from coarse to fine, and how often the place is mended on each.
COARSE, FINE = 28, 48
COARSE_ROUNDS, FINE_ROUNDS = 8, 4
# The neighbourhood within which tones are compared, as a share of the longer side.
NEIGHBOURHOOD = 0.07
# Differences below this many of 63 levels are noise.
NOISE = 1.2
# At least this share of the smaller picture has to lie within the larger one.
LEAST_WITHIN = 0.8


class Layers(NamedTuple):
    """A picture as floats at full and at half size."""

    full: np.ndarray
    half: np.ndarray


def layers(picture: np.ndarray) -> Layers:
    height, width = picture.shape
    even = np.pad(picture, ((0, height % 2), (0, width % 2)), mode="edge")
    half = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    return Layers(picture, half)


def fit(smaller: Layers, larger: list[Layers], places: list[Window]) -> list[tuple[float, float]]:
    """For each larger picture, with the smaller one about at its place, how alike they are.

    The first number is the correlation of their local contrasts, -1 to 1; the second the share of
    the smaller picture that has any.
    """
    height, width = smaller.full.shape
    turn = np.array([window.width / width for window in places]) * max(width, height) / 2 + 0j
    shift = np.array([complex(w.left + w.width / 2, w.top + w.height / 2) for w in places])
    turn, shift = turn.astype(np.complex64), shift.astype(np.complex64)
    turn, shift = _Fitting(smaller.half, [one.half for one in larger], COARSE, 2).mended(
        turn, shift, COARSE_ROUNDS
    )
    fine = _Fitting(smaller.full, [one.full for one in larger], FINE, 1)
    turn, shift = fine.mended(turn, shift, FINE_ROUNDS)
    return fine.scores(turn, shift)


class _Fitting:
    """Pictures at one size: the smaller one's points with their slopes, the larger ones' pixels."""

    def __init__(
        self, smaller: np.ndarray, larger: list[np.ndarray], points: int, shrink: int
    ) -> None:
        self.shrink = shrink
        height, width = smaller.shape
        longer = max(width, height)
        columns, rows = round(points * width / longer), round(points * height / longer)
        across = ((np.arange(columns) + 0.5) / columns * 2 - 1) * width / longer
        down = ((np.arange(rows) + 0.5) / rows * 2 - 1) * height / longer
        self.points = (across[None, :] + 1j * down[:, None]).astype(np.complex64)
        self.blur = (_blur(rows, points), _blur(columns, points))
        self.sizes = np.array([one.shape for one in larger]).T[:, :, None, None]
        self.starts = np.cumsum([0] + [one.size for one in larger[:-1]])[:, None, None]
        self.pixels = np.concatenate([one.ravel() for one in larger])
        inside = np.ones((1, rows, columns), np.float32)
        flat = smaller.ravel()
        tones, _ = _sample(
            flat,
            np.zeros((1, 1, 1), int),
            np.array([height, width])[:, None, None, None],
            self.points[None] * longer / 2 + complex(width, height) / 2,
        )
        self.template, self.contrast = self._normalised(tones, inside)
        self.slopes = self._slopes()
        self.inverse = np.linalg.pinv(self.slopes @ self.slopes.T).astype(np.float32)

    def mended(
        self, turn: np.ndarray, shift: np.ndarray, rounds: int
    ) -> tuple[np.ndarray, np.ndarray]:
        for _ in range(rounds):
            seen, inside = self._seen(turn, shift)
            wrong = ((seen - self.template) * inside).reshape(len(turn), -1)
            step = wrong @ self.slopes.T @ self.inverse
            turn = turn / (1 + step[:, 0] + 1j * step[:, 1])
            shift = shift - turn * (step[:, 2] + 1j * step[:, 3])
        return turn, shift

    def scores(self, turn: np.ndarray, shift: np.ndarray) -> list[tuple[float, float]]:
        seen, inside = self._seen(turn, shift)
        template = self.template * inside
        product = (seen * template).sum((1, 2))
        length = np.sqrt((seen**2).sum((1, 2)) * (template**2).sum((1, 2)))
        alike = np.where(
            inside.mean((1, 2)) >= LEAST_WITHIN, product / np.maximum(length, 1e-3), 0.0
        )
        contrast = float((self.contrast > 2 * NOISE).mean())
        return [(float(score), contrast) for score in alike]

    def _seen(self, turn: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        places = (turn[:, None, None] * self.points + shift[:, None, None]) / self.shrink
        tones, inside = _sample(self.pixels, self.starts, self.sizes, places)
        return self._normalised(tones, inside)[0], inside

    def _normalised(self, tones: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each tone as its distance from those around it, in their standard deviations."""
        weight = np.maximum(self._around(inside), 1e-3)
        apart = (tones - self._around(tones * inside) / weight) * inside
        spread = np.sqrt(np.maximum(self._around(apart**2) / weight, 0))
        return apart / np.sqrt(spread**2 + NOISE**2), spread

    def _around(self, tones: np.ndarray) -> np.ndarray:
        return self.blur[0] @ tones @ self.blur[1]

    def _slopes(self) -> np.ndarray:
        """How the template changes with scale, rotation and the two directions: 4 x points."""
        unit = abs(self.points[0, 1] - self.points[0, 0])
        down, across = np.gradient(self.template[0])
        slope = (across + 1j * down) / unit
        growing = slope * self.points.conj()
        return np.stack([growing.real, growing.imag, slope.real, slope.imag]).reshape(4, -1)


def _sample(
    pixels: np.ndarray, starts: np.ndarray, sizes: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The tones at places (bilinear), and whether they lie within the picture."""
    height, width = sizes
    x, y = places.real - 0.5, places.imag - 0.5
    inside = (x > -1) & (y > -1) & (x < width) & (y < height)
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    x, y = (x - left).astype(np.float32), (y - top).astype(np.float32)
    first = starts + top * width + left
    above = pixels[first] * (1 - x) + pixels[first + 1] * x
    below = pixels[first + width] * (1 - x) + pixels[first + width + 1] * x
    return above * (1 - y) + below * y, inside.astype(np.float32)


@cache
def _blur(length: int, points: int) -> np.ndarray:
    apart = np.arange(length)[:, None] - np.arange(length)
    weights = np.exp(-0.5 * (apart / (NEIGHBOURHOOD * points)) ** 2)
    return (weights / weights.sum(0).max()).astype(np.float32)
