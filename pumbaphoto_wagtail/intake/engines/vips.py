"""The quick engine: libvips for what nearly every photo is, an 8-bit RGB or grey JPEG.

It needs pyvips (extra ``fast``). What it raises is :class:`pyvips.Error`; the caller then asks the
reference engine.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import BinaryIO

from PIL import Image

from pumbaphoto_wagtail.intake.colour import needs_conversion
from pumbaphoto_wagtail.intake.picture import Picture, Rendered, RenderedTier, by_size, turned
from pumbaphoto_wagtail.intake.tiers import Tier

SHRINKS = (8, 4, 2)


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


def takes(picture: Picture) -> bool:
    """Whether this engine is installed and this picture is one for it."""
    is_plain_jpeg = picture.format == "jpeg" and picture.mode in {"RGB", "L"}
    return is_plain_jpeg and picture.decoded is None and load() is not None


def render(picture: Picture, tiers: tuple[Tier, ...]) -> Rendered:
    """All tiers from one decode; a truncated or broken picture is an error."""
    sized = by_size(picture, tiers)
    image = _decode(picture, turned(sized[0][1], picture.orientation))
    image = _turn(image, picture.orientation)
    rendered = []
    for tier, size in sized:
        image = _shrink(image, size)
        rendered.append(_encode(image, tier))
    smallest = Image.frombytes("RGB", (image.width, image.height), image.write_to_memory())
    return Rendered(tiers=tuple(rendered), smallest=smallest)


def decode_tiff(source: BinaryIO, max_pixels: int) -> Image.Image | None:
    """A TIFF of a kind that Pillow does not know (floating point, Lab with alpha) in 8-bit sRGB.

    None without libvips, or where it cannot read the file either.
    """
    pyvips = load()
    if pyvips is None:
        return None
    try:
        image = pyvips.Image.tiffload_source(
            _source(source), access="sequential", autorotate=True, fail_on="error"
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
    """The picture as stored, of the ``wanted`` size, in sRGB and in memory."""
    pyvips = load()
    image = pyvips.Image.jpegload_source(
        _source(picture.source),
        shrink=_shrink_on_load(picture, wanted),
        # Broken picture data is only a warning to libjpeg; the reference engine, asked next, knows
        # what is damage and what a camera's habit.
        fail_on="warning",
        access="sequential",
    )
    image = _shrink(image, wanted).copy_memory()
    if not needs_conversion(picture.profile, picture.mode):
        return image.colourspace("srgb")
    image = image.copy()
    # Also for a profile that is not in the file, but known from its Exif.
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", picture.profile)
    converted = image.icc_transform(
        "srgb", embedded=True, intent="relative", black_point_compensation=True
    )
    return converted.copy_memory()


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


def _turn(image, orientation: int):  # noqa: ANN202
    if orientation in {5, 6}:
        image = image.rot90()
    elif orientation in {7, 8}:
        image = image.rot270()
    elif orientation in {3, 4}:
        image = image.rot180()
    return image.fliphor() if orientation in {2, 4, 5, 7} else image


def _encode(image, tier: Tier) -> RenderedTier:
    left, top, right, bottom = tier.crop_box(image.width, image.height)
    cropped = image.crop(left, top, right - left, bottom - top)
    data = cropped.jpegsave_buffer(Q=tier.quality, subsample_mode="on", keep="none")
    return RenderedTier(tier=tier.name, width=cropped.width, height=cropped.height, data=data)


def _source(source: BinaryIO):  # noqa: ANN202
    pyvips = load()
    source.seek(0)
    try:
        return pyvips.Source.new_from_descriptor(source.fileno())
    except (AttributeError, OSError):
        return pyvips.Source.new_from_memory(source.read())
