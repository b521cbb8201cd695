"""Colour: whatever a picture was saved in becomes sRGB, which every browser shows alike.

Profiles come from outside. One that is too large, unreadable or made for another kind of picture
is ignored, and the picture is taken for sRGB.
"""

from __future__ import annotations

import io
import struct
from functools import cache, lru_cache

from PIL import Image, ImageChops, ImageCms

# Real profiles have half a kilobyte (Display P3) to two megabytes (press profiles).
MAX_PROFILE_BYTES = 4 * 1024 * 1024

# A profile that moves no colour by more than this many steps of 255 is sRGB under some name.
SAME_COLOUR_STEPS = 2

_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB, mode RGB. ``image`` is of mode RGB, L, CMYK or LAB, and used up."""
    transform = _lab_transform() if image.mode == "LAB" else srgb_transform(profile, image.mode)
    if transform is not None and image.mode == "RGB":
        ImageCms.applyTransform(image, transform, inPlace=True)
        return image
    if transform is not None:
        return ImageCms.applyTransform(image, transform)
    return image if image.mode == "RGB" else image.convert("RGB")


def needs_conversion(profile: bytes | None, mode: str) -> bool:
    """Whether pictures with this profile would look different if it were dropped."""
    return srgb_transform(profile, mode) is not None


# Building a transform costs as much as using it on a small picture; a shoot has few profiles.
@lru_cache(maxsize=16)
def srgb_transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile to sRGB; None where there is nothing to convert or nothing usable."""
    if not profile or len(profile) > MAX_PROFILE_BYTES or mode not in _SPACES:
        return None
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space != _SPACES[mode]:
            return None
        transform = ImageCms.buildTransform(
            opened,
            _srgb(),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if mode != "CMYK" and _changes_nothing(transform, mode) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@cache
def adobe_rgb_profile() -> bytes:
    """A profile for Adobe RGB (1998), for cameras that say so in Exif but embed none.

    Primaries adapted to D50 and gamma 563/256 from Adobe's "Adobe RGB (1998) Color Image
    Encoding"; structure from ICC.1:2001-04.
    """
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 563) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 10) + b"Adobe RGB\0" + bytes(8 + 3 + 67)
    tags = [
        (b"desc", text + bytes(-len(text) % 4)),
        (b"cprt", b"text\0\0\0\0Public domain\0\0\0"),
        (b"wtpt", _xyz(0.9642, 1.0, 0.8249)),
        (b"rXYZ", _xyz(0.60974, 0.31111, 0.01947)),
        (b"gXYZ", _xyz(0.20528, 0.62567, 0.06087)),
        (b"bXYZ", _xyz(0.14919, 0.06322, 0.74457)),
        (b"rTRC", curve),
        (b"gTRC", curve),
        (b"bTRC", curve),
    ]
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for signature, data in tags:
        table += signature + struct.pack(">II", offset + len(body), len(data))
        body += data
    header = struct.pack(">I4xI4s4s4s", offset + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 1998, 11, 1, 0, 0, 0) + b"acsp"
    illuminant = _xyz(0.9642, 1.0, 0.8249)[8:]
    return header.ljust(68, b"\0") + illuminant + bytes(128 - 80) + table + body


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@cache
def _lab_transform() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB")


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    sample = _sample(mode)
    changed = ImageCms.applyTransform(sample, transform)
    extrema = ImageChops.difference(changed, sample.convert("RGB")).getextrema()
    return all(highest <= SAME_COLOUR_STEPS for _, highest in extrema)


@cache
def _sample(mode: str) -> Image.Image:
    """Colours from everywhere in the cube, or every grey."""
    if mode == "L":
        return Image.frombytes("L", (256, 1), bytes(range(256)))
    steps = range(0, 256, 17)
    data = bytes(value for r in steps for g in steps for b in steps for value in (r, g, b))
    return Image.frombytes("RGB", (len(data) // 3, 1), data)
