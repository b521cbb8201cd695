"""What a picture looks like, as a short text: a small grey thumbnail, one character a pixel.

A key is made while renditions are, of a picture that is decoded already, with Pillow alone;
``delivery.visual`` compares keys.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import NamedTuple

from PIL import Image, ImageChops

# A key of another version is as good as none: it is made anew where it is missed.
VERSION = "1"
# Whatever the shape, so that every key is of about 4 KB: a frame of 3 : 2 becomes 78 x 52.
PIXELS = 4096
# The narrowest panorama; beyond it no picture is told by its looks.
SHORTEST_SIDE = 16
LEVELS = 64
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# A frame drawn around a picture is of one colour but for the JPEG's noise, and seldom wider.
BORDER_NOISE = 12
WIDEST_BORDER = 0.25
# The share of pixels that may be clipped while the tones are stretched over all levels.
CLIPPED = 0.005
# A stretch by more shows the sensor's noise rather than the picture.
SMALLEST_RANGE = 24

_KEY = re.compile(rf"{VERSION}:(\d{{1,3}})x(\d{{1,3}}):([A-Za-z0-9_-]+)", re.ASCII)


class Thumbnail(NamedTuple):
    """A small grey picture: ``width`` x ``height`` levels from 0 to 63, row after row."""

    width: int
    height: int
    levels: bytes


def visual_key(image: Image.Image) -> str:
    """What an upright picture looks like: ASCII, at most about 4 KB, whatever its size.

    A plain border is left out, and the tones are stretched, so that a dark picture keeps what
    there is to see in it. Empty for a picture too narrow to tell anything.
    """
    grey = _without_border(image.convert("L"))
    size = _thumbnail_size(*grey.size)
    if min(size) < SHORTEST_SIDE:
        return ""
    small = grey.resize(size, Image.Resampling.LANCZOS)
    return f"{VERSION}:{size[0]}x{size[1]}:{_stretched(small).translate(_letters()).decode()}"


def read_visual_key(key: str) -> Thumbnail | None:
    """The thumbnail in a key; None for one of another version, or what is none at all."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    letters = found[3].encode()
    if min(width, height) < SHORTEST_SIDE or len(letters) != width * height:
        return None
    if width * height > 2 * PIXELS:
        return None
    return Thumbnail(width, height, letters.translate(_values()))


def _thumbnail_size(width: int, height: int) -> tuple[int, int]:
    scale = math.sqrt(PIXELS / (width * height))
    return round(width * scale), round(height * scale)


def _without_border(grey: Image.Image) -> Image.Image:
    """The picture without what has its corner's tone all around, which is a border if narrow."""
    plain = Image.new("L", grey.size, grey.getpixel((0, 0)))
    different = ImageChops.difference(grey, plain).point(lambda tone: 255 * (tone > BORDER_NOISE))
    box = different.getbbox()
    if box is None:
        return grey
    width, height = grey.size
    left, top, right, bottom = box
    widest = max(left / width, top / height, 1 - right / width, 1 - bottom / height)
    return grey.crop(box) if widest <= WIDEST_BORDER else grey


def _stretched(small: Image.Image) -> bytes:
    counts = small.histogram()
    allowed = CLIPPED * small.width * small.height
    low, high = _first_above(counts, allowed), 255 - _first_above(counts[::-1], allowed)
    middle, spread = (low + high) / 2, max(high - low, SMALLEST_RANGE) / 2
    start = middle - spread
    table = [
        min(LEVELS - 1, max(0, round((tone - start) * (LEVELS - 1) / (2 * spread))))
        for tone in range(256)
    ]
    return small.point(table).tobytes()


def _first_above(counts: list[int], allowed: float) -> int:
    seen = 0
    for place, count in enumerate(counts):
        seen += count
        if seen > allowed:
            return place
    return len(counts) - 1


@cache
def _letters() -> bytes:
    return bytes(ALPHABET[value % LEVELS] for value in range(256))


@cache
def _values() -> bytes:
    return bytes(max(0, ALPHABET.find(value)) for value in range(256))
