"""Colours by table: what a profile makes of any 8-bit pixel, looked up rather than computed.

lcms takes eleven nanoseconds for a pixel, a look-up two, and a shoot has one or two profiles. Seven
bits of each channel choose the entry and the eighth is added to it, which is right to a step of 255
for 99 pixels of a hundred. Pixels are 32 bits: red lowest, then green, blue and one byte unused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PIL import Image, ImageCms

from pumbaphoto_wagtail.intake.colour import srgb_transform

BITS = 7
CELLS = 1 << BITS
LOWEST_BITS = 0x010101
# Few enough that intermediate results stay in the processor's cache.
PIXELS_AT_A_TIME = 65536


# Eight megabytes for each profile of colour pictures.
@lru_cache(maxsize=2)
def table(profile: bytes, mode: str) -> Any:
    """What becomes of each grey (mode L), or of each colour with even channels (mode RGB)."""
    import numpy

    transform = srgb_transform(profile, mode)
    if mode == "L":
        greys = Image.frombytes("L", (256, 1), bytes(range(256)))
        converted = ImageCms.applyTransform(greys, transform)
        return numpy.frombuffer(converted.tobytes("raw", "RGBX"), "<u4")
    found = numpy.empty((CELLS, CELLS * CELLS), "<u4")
    cells = numpy.arange(CELLS * CELLS, dtype="<u4")
    reds_and_greens = ((cells % CELLS) << 1) | ((cells // CELLS) << 9)
    # One blue after the other: all at once would take more memory than the photograph.
    for blue, row in enumerate(found):
        evens = reds_and_greens | numpy.uint32(blue << 17)
        colours = Image.frombytes("RGB", (CELLS, CELLS), evens.tobytes(), "raw", "RGBX")
        ImageCms.applyTransform(colours, transform, inPlace=True)
        row[:] = numpy.frombuffer(colours.tobytes("raw", "RGBX"), "<u4")
    # Room for the eighth bit: nothing is carried over into the next channel.
    channels = found.view("u1")
    numpy.minimum(channels, 254, out=channels)
    return found.reshape(-1)


def convert(pixels: Any, profile: bytes, mode: str) -> None:
    """Bring pixels (any shape, contiguous, 32 bits) into sRGB, in place."""
    import numpy

    colours = table(profile, mode)
    flat = pixels.reshape(-1)
    entries, part = (numpy.empty(PIXELS_AT_A_TIME, "<u4") for _ in range(2))
    for start in range(0, len(flat), PIXELS_AT_A_TIME):
        some = flat[start : start + PIXELS_AT_A_TIME]
        entry, other = entries[: len(some)], part[: len(some)]
        if mode == "L":
            numpy.bitwise_and(some, 0xFF, out=entry)
            numpy.take(colours, entry, out=some, mode="clip")
            continue
        for place in range(3):
            numpy.right_shift(some, 1 + place * (8 - BITS), out=other)
            numpy.bitwise_and(other, (CELLS - 1) << (BITS * place), out=other)
            if place:
                numpy.bitwise_or(entry, other, out=entry)
            else:
                entry[:] = other
        numpy.bitwise_and(some, LOWEST_BITS, out=other)
        numpy.take(colours, entry, out=some, mode="clip")
        numpy.add(some, other, out=some)
