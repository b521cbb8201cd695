"""Where in one picture another one may lie: every window of it as a few numbers, by its content.

A window is cut into 8 x 8 cells; the cosine transform of their mean tones, without the overall
brightness and with the low frequencies, of which every picture has most, brought down to the level
of the others, is the same for any exposure and contrast, and nearly so for other tone curves.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

CELLS = 8
# Those of the lowest frequencies: the highest are blurred by a window beside the right place.
NUMBERS = 40
# Side lengths of windows, as shares of the largest one of their shape that fits.
LARGE, SMALL = (1.0, 0.86), (0.74, 0.63, 0.54)
SCALES = LARGE + SMALL
# From one window to the next, as a share of the window's side.
STEP = 0.2
# Sizes and shapes of a gallery are few; a hostile one is not to fill the memory.
REMEMBERED = 512


class Window(NamedTuple):
    """A part of a picture in its pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def centre(self) -> complex:
        return complex(self.left + self.width / 2, self.top + self.height / 2)


class Windows(NamedTuple):
    """Windows of one shape in pictures of one size, and for each scale what adds up their cells."""

    places: tuple[Window, ...]
    sums: tuple[tuple[np.ndarray, np.ndarray], ...]


@lru_cache(maxsize=REMEMBERED)
def windows(width: int, height: int, shape: float, scales: tuple[float, ...] = SCALES) -> Windows:
    """The windows of ``shape`` (width by height) in a picture of ``width`` x ``height`` pixels."""
    widest = min(width, height * shape)
    places, sums = [], []
    for scale in scales:
        across, down = widest * scale, widest * scale / shape
        lefts, tops = _starts(width, across), _starts(height, down)
        places += [Window(left, top, across, down) for top in tops for left in lefts]
        sums.append((_cell_sums(height, tops, down), _cell_sums(width, lefts, across).T))
    return Windows(tuple(places), tuple(sums))


def describe(pictures: np.ndarray, found: Windows) -> np.ndarray:
    """The numbers of every window, each row of length 1: pictures x windows x NUMBERS.

    A window without any contrast has zeros, and is like no other.
    """
    count = len(pictures)
    parts = []
    for down, across in found.sums:
        cells = (down @ pictures @ across).reshape(
            count, len(down) // CELLS, CELLS, across.shape[1] // CELLS, CELLS
        )
        parts.append(cells.transpose(0, 1, 3, 2, 4).reshape(count, -1, CELLS * CELLS))
    numbers = np.concatenate(parts, axis=1) @ _TRANSFORM
    lengths = np.linalg.norm(numbers, axis=2, keepdims=True)
    return np.where(lengths > 1e-2, numbers / np.maximum(lengths, 1e-2), 0)


def _starts(whole: float, part: float) -> list[float]:
    room = max(0.0, whole - part)
    count = math.ceil(room / (STEP * part) - 1e-6) + 1
    return [room * place / max(1, count - 1) for place in range(count)]


def _cell_sums(length: int, starts: list[float], part: float) -> np.ndarray:
    """A row for each cell of each window: the share that each pixel has in its mean."""
    edges = np.array([[start + part * n / CELLS for n in range(CELLS + 1)] for start in starts])
    pixels = np.arange(length)
    first, last = edges[:, :-1, None], edges[:, 1:, None]
    covered = np.clip(np.minimum(last, pixels + 1) - np.maximum(first, pixels), 0, 1)
    return (covered.reshape(-1, length) * (CELLS / part)).astype(np.float32)


def _make_transform() -> np.ndarray:
    """From 64 cells to the numbers: cosine waves, weighted by their frequency.

    Amplitudes in photographs fall with the frequency (Field 1987), so that the lowest ones, which
    a vignette changes as well, would outshout all others.
    """
    places = np.arange(CELLS)
    waves = np.cos(np.pi * places[:, None] * (2 * places + 1) / (2 * CELLS))
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    both = np.einsum("ux,vy->uvxy", waves, waves).reshape(CELLS**2, CELLS**2)
    frequency = np.hypot(places[:, None], places).ravel()
    weights = frequency**2 * np.exp(-((frequency / 5.0) ** 2))
    lowest = np.argsort(frequency, kind="stable")[1 : NUMBERS + 1]
    return (both * weights[:, None])[lowest].T.astype(np.float32)


_TRANSFORM = _make_transform()
