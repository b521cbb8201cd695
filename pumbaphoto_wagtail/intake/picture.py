"""What the two engines share: a picture to be shrunk, and what becomes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from operator import mul
from typing import BinaryIO

from PIL import Image

from pumbaphoto_wagtail.intake.metadata import SIDEWAYS
from pumbaphoto_wagtail.intake.tiers import Tier

HASH_SIDE = 8
HASH_SAMPLE_SIDE = 32
# Exif's orientations in the order of quarter turns clockwise: those that are upright in a mirror
# never become those that are not.
QUARTER_TURNS = ((1, 6, 3, 8), (2, 7, 4, 5))
# Black-and-white is what keeps this share of its pixels within so many steps of its mean colour: a
# cold or warm tone does by 1, faded colours miss it by 6.
TONE_SHARE, TONE_STEPS = 0.98, 3


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Something to make renditions of, known from its header only, unless it is ``decoded``.

    ``width``, ``height`` and ``mode`` (Pillow's) are as stored; ``orientation``, 1 to 8 as in Exif,
    is how to turn it; ``profile`` an ICC profile. ``format`` is "jpeg", "png" or "tiff". A decoder
    holds ``layered_bytes`` of a JPEG that comes in layers, whatever size is wanted of it.
    """

    source: BinaryIO | None = None
    format: str
    width: int
    height: int
    mode: str
    orientation: int = 1
    profile: bytes | None = None
    layered_bytes: int = 0
    decoded: Image.Image | None = None

    @property
    def upright_size(self) -> tuple[int, int]:
        return turned((self.width, self.height), self.orientation)


@dataclass(frozen=True, kw_only=True)
class RenderedTier:
    """One rendition: a picture without any metadata, upright, in sRGB.

    ``watermark`` is the key of the mark drawn in, empty for a clean one.
    """

    tier: str
    format: str
    watermark: str = ""
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What an engine made: the tiers, and the smallest whole picture for a look at its content.

    ``undrawn`` says, by their keys, why marks could not be drawn.
    """

    tiers: tuple[RenderedTier, ...]
    smallest: Image.Image
    undrawn: Mapping[str, str] = field(default_factory=dict)


def turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """A size with width and height changed where the orientation lays the picture on its side."""
    return (size[1], size[0]) if orientation in SIDEWAYS else size


def turned_on(orientation: int, degrees: int) -> int:
    """The orientation, 1 to 8 as in Exif, of a picture of ``orientation`` that was then turned
    clockwise by 0, 90, 180 or 270 degrees.
    """
    ring = next(ring for ring in QUARTER_TURNS if orientation in ring)
    return ring[(ring.index(orientation) + degrees // 90) % len(ring)]


def by_size(picture: Picture, tiers: tuple[Tier, ...]) -> list[tuple[Tier, tuple[int, int]]]:
    """Each tier with the size of its whole upright picture, the largest first."""
    sized = [(tier, tier.whole_size(*picture.upright_size)) for tier in tiers]
    return sorted(sized, key=lambda entry: entry[1], reverse=True)


def simplify(image: Image.Image) -> Image.Image:
    """The same picture in one of RGB, RGBA, L, LA, CMYK and LAB, eight bits each."""
    mode = image.mode
    if mode in {"RGB", "RGBA", "L", "LA", "CMYK", "LAB"}:
        return image
    if mode in {"P", "PA"}:
        has_alpha = mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if has_alpha else "RGB")
    if mode.startswith("I") or mode == "F":
        return _eight_bits(image)
    return image.convert({"1": "L", "RGBa": "RGBA", "La": "LA"}.get(mode, "RGB"))


def _eight_bits(image: Image.Image) -> Image.Image:
    """One channel of 16 or 32 bits, scaled from the range it was made for."""
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    highest = image.getextrema()[1]
    # Floats usually run to 1, integers to 255 or 65535; anything else to their own highest value.
    top = next((limit for limit in (1, 255, 65535) if highest <= limit), highest)
    return image.convert("F").point(lambda value: value * (255 / top)).convert("L")


def average_colour(image: Image.Image) -> str:
    """The mean colour of a picture as ``#rrggbb``: what a tile shows while it loads."""
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return f"#{red:02x}{green:02x}{blue:02x}"


def is_grey(image: Image.Image) -> bool:
    """Whether a picture is black-and-white, be it toned a little: one colour for all of it.

    A JPEG's noise and a warm tone stay within a few of 256 steps; a photograph in colour leaves
    them somewhere, even in fog. A strong sepia is a colour.
    """
    return all(map(_is_of_one_tone, image.convert("YCbCr").split()[1:]))


def _is_of_one_tone(channel: Image.Image) -> bool:
    histogram, pixels = channel.histogram(), channel.width * channel.height
    middle = round(sum(step * count for step, count in enumerate(histogram)) / pixels)
    near = histogram[max(0, middle - TONE_STEPS) : middle + TONE_STEPS + 1]
    return sum(near) >= TONE_SHARE * pixels


def perceptual_hash(image: Image.Image) -> str:
    """64 bits, as 16 hexadecimal digits, that stay alike while a picture's look does.

    The DCT hash as the ImageHash package computes it (``imagehash.phash``), which would bring
    SciPy and PyWavelets along for these few sums: the 8 x 8 lowest frequencies of a 32 x 32 grey
    picture, each above their median or not.
    """
    side = HASH_SAMPLE_SIDE
    small = image.convert("L").resize((side, side), Image.Resampling.LANCZOS).tobytes()
    rows = [small[start : start + side] for start in range(0, side * side, side)]
    cosines = _cosines()
    across = [[sum(map(mul, wave, row)) for wave in cosines] for row in rows]
    columns = list(zip(*across, strict=True))
    low = [sum(map(mul, wave, column)) for wave in cosines for column in columns]
    ordered = sorted(low)
    median = (ordered[len(low) // 2 - 1] + ordered[len(low) // 2]) / 2
    bits = "".join("1" if value > median else "0" for value in low)
    return f"{int(bits, 2):016x}"


@cache
def _cosines() -> list[list[float]]:
    side = HASH_SAMPLE_SIDE
    return [
        [2 * math.cos(math.pi * frequency * (2 * place + 1) / (2 * side)) for place in range(side)]
        for frequency in range(HASH_SIDE)
    ]
