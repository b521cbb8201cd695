"""Where in one picture another one may lie: every window of it as a few numbers, by its content.

A window is cut into 8 x 8 cells; the cosine transform of their mean tones, without the overall
brightness and with the low frequencies, of which every picture has most, brought down to the level
of the others, is the same for any exposure and contrast, and nearly so for other tone curves.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np

CELLS = 8
NUMBERS = CELLS * CELLS - 1
# Side lengths of windows, as shares of the largest one of their shape that fits.
SCALES = (1.0, 0.9, 0.8, 0.7, 0.61, 0.53)
# From one window to the next, as a share of the window's side.
STEP = 0.13


class Window(NamedTuple):
    """A part of a picture in its pixels."""

    left: float
    top: float
    width: float
    height: float


class Windows(NamedTuple):
    """All windows of one shape in pictures of one size, and what adds up their cells."""

    places: tuple[Window, ...]
    sums: tuple[tuple[np.ndarray, np.ndarray], ...]


@cache
def windows(width: int, height: int, shape: float) -> Windows:
    """The windows of ``shape`` (width by height) in a picture of ``width`` x ``height`` pixels."""
    widest = min(width, height * shape)
    places, sums = [], []
    for scale in SCALES:
        across, down = widest * scale, widest * scale / shape
        lefts, tops = _starts(width, across), _starts(height, down)
        places += [Window(left, top, across, down) for top in tops for left in lefts]
        sums.append((_cell_sums(height, tops, down), _cell_sums(width, lefts, across).T))
    return Windows(tuple(places), tuple(sums))


def describe(pictures: np.ndarray, found: Windows) -> np.ndarray:
    """The numbers of every window, each row of length 1: pictures x windows x NUMBERS."""
    count = len(pictures)
    parts = []
    for down, across in found.sums:
        cells = (down @ pictures @ across).reshape(
            count, len(down) // CELLS, CELLS, across.shape[1] // CELLS, CELLS
        )
        parts.append(cells.transpose(0, 1, 3, 2, 4).reshape(count, -1, CELLS * CELLS))
    numbers = np.concatenate(parts, axis=1) @ _transform()
    lengths = np.linalg.norm(numbers, axis=2, keepdims=True)
    return numbers / np.maximum(lengths, 1e-3)


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


@cache
def _transform() -> np.ndarray:
    places = np.arange(CELLS)
    waves = np.cos(np.pi * places[:, None] * (2 * places + 1) / (2 * CELLS))
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    both = np.einsum("ux,vy->uvxy", waves, waves).reshape(CELLS**2, CELLS**2)
    # Amplitudes in photographs fall with the frequency (Field 1987); the highest ones are blurred
    # by a window beside the right place.
    frequency = np.hypot(places[:, None], places).ravel()
    weights = frequency**2 * np.exp(-((frequency / 5.0) ** 2))
    return (both * weights[:, None])[1:].T.astype(np.float32)
