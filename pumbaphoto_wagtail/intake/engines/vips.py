"""The quick engine for what nearly every photo is, an 8-bit RGB or grey JPEG.

simplejpeg (libjpeg-turbo) decodes and encodes, libvips shrinks with vector instructions, and NumPy,
which simplejpeg needs, turns pictures and looks up colours. All come with the extra ``fast``.
Between steps a picture is a two-dimensional array of 32-bit pixels (see :mod:`.tables`).
"""

from __future__ import annotations

import io
from functools import cache
from types import ModuleType
from typing import Any, BinaryIO

from PIL import Image

from pumbaphoto_wagtail.intake.colour import needs_conversion
from pumbaphoto_wagtail.intake.engines import pillow, tables
from pumbaphoto_wagtail.intake.metadata import SIDEWAYS
from pumbaphoto_wagtail.intake.picture import Picture, Rendered, RenderedTier, by_size, turned
from pumbaphoto_wagtail.intake.tiers import JPEG, Tier
from pumbaphoto_wagtail.intake.watermark import Mark, Marking

SHRINKS = (8, 4, 2)

# Orientations whose rows, and whose columns, run backwards once a sideways picture is transposed.
BACKWARD_ROWS, BACKWARD_COLUMNS = frozenset({3, 4, 7, 8}), frozenset({2, 3, 6, 7})

ALIGNED_BYTES = 1024

# simplejpeg wants the whole file in memory; few cameras' JPEGs are half as large.
MAX_BYTES_IN_MEMORY = 128 * 1024 * 1024


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
    if not is_plain_jpeg or picture.decoded is not None or not (load() and load_decoder()):
        return False
    return picture.source.seek(0, io.SEEK_END) <= MAX_BYTES_IN_MEMORY


def render(picture: Picture, tiers: tuple[Tier, ...], marks: tuple[Mark, ...] = ()) -> Rendered:
    """All tiers from one decode, clean and with each of the marks.

    Raises EngineFailed for a truncated, broken or unusual picture; the reference engine, asked
    next, knows what is damage and what a camera's habit.
    """
    try:
        return _render(picture, tiers, marks)
    except (load().Error, ValueError, MemoryError) as error:
        raise EngineFailed from error


def _render(picture: Picture, tiers: tuple[Tier, ...], marks: tuple[Mark, ...]) -> Rendered:
    sized = by_size(picture, tiers)
    largest = sized[0][1]
    pixels = _upright(_decode(picture, largest), largest, picture.orientation)
    if needs_conversion(picture.profile, picture.mode):
        tables.convert(pixels, picture.profile, picture.mode)
    rendered, marking = [], Marking(marks)
    for tier, size in sized:
        pixels = _shrunk(pixels, size)
        cropped = _cropped(pixels, tier)
        rendered.extend(_encode(cropped, tier))
        if marking.is_wanted(tier):
            for key, marked in marking.of(_as_pillow(cropped), tier):
                rendered.extend(_encode(_as_pixels(marked), tier, key))
    return Rendered(tiers=tuple(rendered), smallest=_as_pillow(pixels), undrawn=marking.undrawn)


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


def _decode(picture: Picture, upright_size: tuple[int, int]) -> Any:
    """The picture as stored, at least as large as is wanted once it stands upright."""
    shrink = _shrink_on_load(picture, turned(upright_size, picture.orientation))
    picture.source.seek(0)
    channels = load_decoder().decode_jpeg(
        picture.source.read(),
        "RGBX",
        min_width=-(-picture.width // shrink),
        min_height=-(-picture.height // shrink),
    )
    return channels.view("<u4")[:, :, 0]


def _shrink_on_load(picture: Picture, wanted: tuple[int, int]) -> int:
    for shrink in SHRINKS:
        if picture.width // shrink >= wanted[0] and picture.height // shrink >= wanted[1]:
            return shrink
    return 1


def _upright(pixels: Any, size: tuple[int, int], orientation: int) -> Any:
    """The stored picture turned and shrunk to ``size``."""
    if orientation not in SIDEWAYS:
        return _flipped(_shrunk(pixels, size), orientation)
    # libvips shrinks columns three times as quickly as rows. Transposed between the two steps, both
    # are columns, and what is saved pays for the turning.
    pixels = _shrunk(pixels, (pixels.shape[1], size[0]))
    pixels = _flipped(_unaligned(pixels).T, orientation)
    return _shrunk(pixels, size)


def _unaligned(pixels: Any) -> Any:
    """Pixels whose rows do not all begin at the same place of the processor's cache.

    Where they do, as those of a 4096 pixel wide picture, reading a column throws out of the cache
    what the next one needs: six times as slow.
    """
    import numpy

    height, width = pixels.shape
    if pixels.strides[0] % ALIGNED_BYTES:
        return pixels
    wider = numpy.empty((height, width + 16), "<u4")[:, :width]
    wider[:] = pixels
    return wider


def _flipped(pixels: Any, orientation: int) -> Any:
    import numpy

    rows = -1 if orientation in BACKWARD_ROWS else 1
    columns = -1 if orientation in BACKWARD_COLUMNS else 1
    return numpy.ascontiguousarray(pixels[::rows, ::columns])


def _shrunk(pixels: Any, size: tuple[int, int]) -> Any:
    import numpy

    height, width = pixels.shape
    if (width, height) == size:
        return pixels
    image = load().Image.new_from_memory(pixels.data, width, height, 4, "uchar")
    smaller = image.resize(size[0] / width, vscale=size[1] / height, kernel="lanczos3")
    found = numpy.frombuffer(smaller.write_to_memory(), "<u4")
    return found.reshape(size[1], size[0])


def _cropped(pixels: Any, tier: Tier) -> Any:
    import numpy

    height, width = pixels.shape
    left, top, right, bottom = tier.crop_box(width, height)
    return numpy.ascontiguousarray(pixels[top:bottom, left:right])


def _encode(pixels: Any, tier: Tier, watermark: str = "") -> list[RenderedTier]:
    height, width = pixels.shape
    channels = pixels.view("u1").reshape(height, width, 4)
    data = load_decoder().encode_jpeg(channels, tier.quality, "RGBX", colorsubsampling="420")
    jpeg = RenderedTier(
        tier=tier.name, format=JPEG, watermark=watermark, width=width, height=height, data=data
    )
    if not tier.formats:
        return [jpeg]
    return [jpeg, *pillow.encode_others(_as_pillow(pixels), tier, watermark)]


def _as_pillow(pixels: Any) -> Image.Image:
    height, width = pixels.shape
    return Image.frombytes("RGB", (width, height), pixels.tobytes(), "raw", "RGBX")


def _as_pixels(image: Image.Image) -> Any:
    import numpy

    pixels = numpy.frombuffer(image.tobytes("raw", "RGBX"), "<u4")
    return pixels.reshape(image.height, image.width)


def _source(source: BinaryIO):  # noqa: ANN202 (pyvips is optional)
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
