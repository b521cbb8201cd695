"""The quick engine for what nearly every photo is, an 8-bit RGB or grey JPEG.

libvips shrinks and converts colours with vector instructions; simplejpeg (libjpeg-turbo) decodes a
tenth quicker than libvips itself, which takes over where it is not installed. Both come with the
extra ``fast``. Turning and encoding are the reference engine's, so that both write the same JPEGs.
"""

from __future__ import annotations

import io
from functools import cache
from types import ModuleType
from typing import BinaryIO

from PIL import Image

from pumbaphoto_wagtail.intake.colour import needs_conversion
from pumbaphoto_wagtail.intake.engines import pillow
from pumbaphoto_wagtail.intake.picture import Picture, Rendered, by_size, turned
from pumbaphoto_wagtail.intake.tiers import Tier

SHRINKS = (8, 4, 2)

# simplejpeg wants the whole file in memory; no camera's JPEG is larger than this.
MAX_BYTES_IN_MEMORY = 64 * 1024 * 1024


class EngineFailed(Exception):
    """The quick engine cannot make this picture: damaged, or merely unusual."""


@cache
def load() -> ModuleType | None:
    """pyvips, set up for a worker; None where it, or libvips, is not installed."""
    try:
        import pyvips
    except (ImportError, OSError):
        return None
    # One photo per process at a time uses the cores best, and a cache of operations on files that
    # are never seen again only holds their pixels.
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)
    return pyvips


@cache
def load_decoder() -> ModuleType | None:
    """simplejpeg; None where it is not installed."""
    try:
        import simplejpeg
    except ImportError:
        return None
    return simplejpeg


def takes(picture: Picture) -> bool:
    """Whether this engine is installed and this picture is one for it."""
    is_plain_jpeg = picture.format == "jpeg" and picture.mode in {"RGB", "L"}
    return is_plain_jpeg and picture.decoded is None and load() is not None


def render(picture: Picture, tiers: tuple[Tier, ...]) -> Rendered:
    """All tiers from one decode.

    Raises EngineFailed for a truncated, broken or unusual picture; the reference engine, asked
    next, knows what is damage and what a camera's habit.
    """
    try:
        return _render(picture, tiers)
    except (load().Error, ValueError, MemoryError) as error:
        raise EngineFailed from error


def _render(picture: Picture, tiers: tuple[Tier, ...]) -> Rendered:
    sized = by_size(picture, tiers)
    image = _in_srgb(_decode(picture, turned(sized[0][1], picture.orientation)), picture)
    rendered = []
    for tier, size in sized:
        image = _shrink(image, turned(size, picture.orientation))
        # Turned when it is small, and by Pillow: libvips takes twice as long.
        upright = pillow.turn(_as_pillow(image), picture.orientation)
        rendered.append(pillow.encode(upright, tier))
    return Rendered(tiers=tuple(rendered), smallest=upright)


def decode_tiff(source: BinaryIO, max_pixels: int) -> Image.Image | None:
    """A TIFF of a kind that Pillow does not know (floating point, Lab with alpha) in 8-bit sRGB.

    None without libvips, or where it cannot read the file either.
    """
    pyvips = load()
    if pyvips is None:
        return None
    try:
        opened, _held = _source(source)
        image = pyvips.Image.tiffload_source(
            opened, access="sequential", autorotate=True, fail_on="error"
        )
        if image.width * image.height > max_pixels:
            return None
        image = image.colourspace("srgb")
        if image.hasalpha():
            image = image.flatten(background=255)
        image = image.cast("uchar")
        return Image.frombytes("RGB", (image.width, image.height), image.write_to_memory())
    except (pyvips.Error, ValueError):
        return None


def _decode(picture: Picture, wanted: tuple[int, int]):  # noqa: ANN202 (pyvips is optional)
    """The picture as stored, of the ``wanted`` size and in memory."""
    shrink = _shrink_on_load(picture, wanted)
    if load_decoder() and picture.source.seek(0, io.SEEK_END) <= MAX_BYTES_IN_MEMORY:
        # Not copied where it has the size already: libvips would share the memory, not keep it.
        return _shrink(_decode_in_memory(picture, shrink), wanted)
    source, held = _source(picture.source)
    image = load().Image.jpegload_source(
        source,
        shrink=shrink,
        # Broken picture data is only a warning to libjpeg.
        fail_on="warning",
        access="sequential",
    )
    decoded = _shrink(image, wanted).copy_memory()
    del held
    return decoded


def _decode_in_memory(picture: Picture, shrink: int):  # noqa: ANN202
    picture.source.seek(0)
    pixels = load_decoder().decode_jpeg(
        picture.source.read(),
        # Grey as three channels: libvips has vector instructions for those only.
        "GRAY" if picture.mode == "L" and _is_converted(picture) else "RGB",
        min_width=-(-picture.width // shrink),
        min_height=-(-picture.height // shrink),
    )
    height, width, bands = pixels.shape
    return load().Image.new_from_memory(pixels.data, width, height, bands, "uchar")


def _in_srgb(image, picture: Picture):  # noqa: ANN202
    if not _is_converted(picture):
        return image
    image = image.copy(interpretation="srgb" if picture.mode == "RGB" else "b-w")
    # Also for a profile that is not in the file, but known from its Exif.
    image.set_type(load().GValue.blob_type, "icc-profile-data", picture.profile)
    converted = image.icc_transform(
        "srgb", embedded=True, intent="relative", black_point_compensation=True
    )
    return converted.copy_memory()


def _is_converted(picture: Picture) -> bool:
    return needs_conversion(picture.profile, picture.mode)


def _shrink_on_load(picture: Picture, wanted: tuple[int, int]) -> int:
    for shrink in SHRINKS:
        if picture.width // shrink >= wanted[0] and picture.height // shrink >= wanted[1]:
            return shrink
    return 1


def _shrink(image, size: tuple[int, int]):  # noqa: ANN202
    if (image.width, image.height) == size:
        return image
    return image.resize(
        size[0] / image.width, vscale=size[1] / image.height, kernel="lanczos3"
    ).copy_memory()


def _as_pillow(image) -> Image.Image:
    mode = "RGB" if image.bands == 3 else "L"
    pixels = Image.frombytes(mode, (image.width, image.height), image.write_to_memory())
    return pixels if mode == "RGB" else pixels.convert("RGB")


def _source(source: BinaryIO):  # noqa: ANN202
    """libvips's source, and the bytes it reads from if they are in memory.

    libvips does not hold these: whoever asked keeps them until all is read.
    """
    pyvips = load()
    source.seek(0)
    try:
        return pyvips.Source.new_from_descriptor(source.fileno()), None
    except (AttributeError, OSError):
        data = source.read()
        return pyvips.Source.new_from_memory(data), data
