"""The reference engine: always there, and at home with every odd picture.

The decoders are called by their classes rather than through ``Image.open``: only the format that
the bytes were found to be is tried, and Pillow's process-wide pixel limit, which belongs to the
host site, is not asked. The caller checks the pixels instead.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import BinaryIO

from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from pumbaphoto_wagtail.intake.colour import to_srgb
from pumbaphoto_wagtail.intake.picture import (
    Picture,
    Rendered,
    RenderedTier,
    by_size,
    simplify,
    turned,
)
from pumbaphoto_wagtail.intake.tiers import JPEG, Tier
from pumbaphoto_wagtail.intake.watermark import Mark, Marking

DECODERS = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
}

# Measured from 2400 to 800, where it matters: a fourteenth of the whole time less than with 2, for
# 0.001 of structural similarity.
REDUCING_GAP = 1.5

# One thread, as everything in a worker. AVIF at its slower speeds costs three times as much for a
# twentieth of the bytes.
OPTIONS = {
    "avif": {"speed": 10, "max_threads": 1},
    "webp": {"method": 4},
}

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_leniency = Lock()
_limit = Lock()


def open_picture(source: BinaryIO, format: str, orientation: int) -> Picture:
    """The picture of a JPEG, PNG or TIFF, known from its header.

    Whatever the decoder raises for a broken header comes through.
    """
    image = _open(source, format)
    return Picture(
        source=source,
        format=format,
        width=image.width,
        height=image.height,
        mode=image.mode,
        # Pillow turns TIFFs upright by itself, and reports the turned size.
        orientation=1 if format == "tiff" else orientation,
        profile=image.info.get("icc_profile"),
        layered_bytes=_layered_bytes(image) if format == "jpeg" else 0,
    )


def render(
    picture: Picture,
    tiers: tuple[Tier, ...],
    *,
    marks: tuple[Mark, ...] = (),
    is_lenient: bool = False,
) -> Rendered:
    """All tiers from one decode, clean and with each of the marks.

    ``is_lenient`` accepts what is left of a damaged picture.
    """
    sized = by_size(picture, tiers)
    largest = turned(sized[0][1], picture.orientation)
    with _lenient() if is_lenient else _strict():
        image = _decode(picture, largest)
    # Shrunk first, turned and converted after: a sixth of the pixels is left by then.
    image = _shrink(image, largest)
    image = turn(to_srgb(flatten(image), picture.profile), picture.orientation)
    rendered, marking = [], Marking(marks)
    for tier, size in sized:
        image = _shrink(image, size)
        cropped = _cropped(image, tier)
        rendered.extend(_encode(cropped, tier))
        for key, marked in marking.of(cropped, tier):
            rendered.extend(_encode(marked, tier, key))
    return Rendered(tiers=tuple(rendered), smallest=image, undrawn=marking.undrawn)


def turn(image: Image.Image, orientation: int) -> Image.Image:
    """The picture upright; ``orientation`` is 1 to 8 as in Exif."""
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image


def _cropped(image: Image.Image, tier: Tier) -> Image.Image:
    box = tier.crop_box(*image.size)
    return image if box == (0, 0, *image.size) else image.crop(box)


def _encode(image: Image.Image, tier: Tier, watermark: str = "") -> list[RenderedTier]:
    """An upright picture of the right size in all formats of its tier."""
    # Baseline and unoptimised: progressive costs six times as much for seven per cent.
    options = {"quality": tier.quality, "subsampling": "4:2:0"}
    jpeg = _saved(image, tier, JPEG, watermark, options)
    return [jpeg, *encode_others(image, tier, watermark)]


def encode_others(image: Image.Image, tier: Tier, watermark: str = "") -> list[RenderedTier]:
    """A picture, cropped already, in the formats that ``tier`` wants beside its JPEG."""
    return [
        _saved(image, tier, format, watermark, {"quality": quality, **OPTIONS[format]})
        for format, quality in tier.formats.items()
    ]


def _saved(
    image: Image.Image, tier: Tier, format: str, watermark: str, options: dict
) -> RenderedTier:
    # Pillow writes comments and profiles that it finds here into the new file.
    image.info = {}
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return RenderedTier(
        tier=tier.name,
        format=format,
        watermark=watermark,
        width=image.width,
        height=image.height,
        data=buffer.getvalue(),
    )


def flatten(image: Image.Image) -> Image.Image:
    """Without alpha, on white: what a page shows behind a picture."""
    if image.mode not in {"RGBA", "LA"}:
        return image
    colour = image.convert("RGB" if image.mode == "RGBA" else "L")
    white = Image.new(colour.mode, image.size, "white")
    white.paste(colour, mask=image.getchannel("A"))
    return white


def _open(source: BinaryIO, format: str) -> ImageFile.ImageFile:
    source.seek(0)
    return DECODERS[format](source)


def _layered_bytes(image: JpegImagePlugin.JpegImageFile) -> int:
    """Two bytes for each coefficient: as many as pixels, less where colour has fewer."""
    shares = [across * down for _component, across, down, _table in image.layer]
    return 2 * image.width * image.height * sum(shares) // max(shares, default=1)


def _decode(picture: Picture, wanted: tuple[int, int]) -> Image.Image:
    """The pixels, at least ``wanted`` many in each direction, in one of the modes we work in."""
    if picture.decoded is not None:
        return picture.decoded
    image = _open(picture.source, picture.format)
    if picture.format == "jpeg":
        # The decoder itself shrinks by 2, 4 or 8, for less than the price of decoding whole.
        image.draft(image.mode, wanted)
    with _checked_by_us():
        image.load()
    return simplify(image)


def _shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)


@contextmanager
def _checked_by_us() -> Iterator[None]:
    """Pillow looks at the pixels of a TIFF once more, by the limit of the host site."""
    with _limit:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


@contextmanager
def _lenient() -> Iterator[None]:
    """Pillow's only switch for damaged pictures is one for the whole process."""
    with _leniency:
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


@contextmanager
def _strict() -> Iterator[None]:
    yield
