"""The mark that is drawn into proofs: a text or a picture, repeated all over the photograph.

It is light with a dark edge, so that it is seen on every ground, and lies so close that a crop that
is worth anything has some of it. A tile of it is made once for each size and kept by the worker.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageChops, ImageFilter, ImageStat, PngImagePlugin

from pumbaphoto_wagtail.conf import UNMARKED_TIER
from pumbaphoto_wagtail.exceptions import MarkNotDrawn
from pumbaphoto_wagtail.intake.lettering import clean, letters
from pumbaphoto_wagtail.intake.picture import simplify
from pumbaphoto_wagtail.intake.tiers import Tier

# Part of every key: raised when the same text begins to look different.
MARK_VERSION = 1
# How much of what is beneath is covered.
OPACITY, EDGE_OPACITY = 0.4, 0.3
# A tile takes this share of the picture's sides; of small pictures more, since letters have to
# be read.
SHARE, SMALL_SHARE, LONG_SHARE, IMAGE_SHARE = 0.36, 0.62, 0.5, 0.26
SMALL_SIDE = 400
LONG_TEXT = 30
# From one tile to the next, in tiles. Pictures cover what lies beneath, letters hardly do.
SPACING, IMAGE_SPACING = 1.12, 1.5
DEGREES = 28
# Along a panorama, which is too low for slanted letters.
PANORAMA = 3
SMALLEST_LETTERS = 9
MEASURED_LETTERS = 64
MAX_IMAGE_PIXELS = 25_000_000
MAX_PART_BYTES = 20 * 1024 * 1024
KEPT_SIDE = 1600
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What is drawn: a text, or the bytes of a PNG. ``key`` names both it and the way it is drawn.

    Marks with the same key are the same.
    """

    key: str
    text: str = field(default="", compare=False)
    image: bytes | None = field(default=None, compare=False, repr=False)

    @property
    def is_image(self) -> bool:
        return self.image is not None


def mark_key(*, text: str = "", image_sha256: str = "") -> str:
    """The name of a mark and of the way it is drawn; empty where there is none."""
    text = clean(text)
    if not text and not image_sha256:
        return ""
    recipe = json.dumps({"version": MARK_VERSION, "text": text, "image": image_sha256})
    return hashlib.sha256(recipe.encode()).hexdigest()


def text_mark(text: str) -> Mark:
    """The mark of a text."""
    return Mark(key=mark_key(text=text), text=text)


class Marking:
    """Drawing a photograph's marks, tier by tier. One that cannot be drawn stops nobody else:
    ``undrawn`` has the reason by its key, and nothing is made with it.
    """

    def __init__(self, marks: tuple[Mark, ...]) -> None:
        self.marks = marks
        self.undrawn: dict[str, str] = {}

    def is_wanted(self, tier: Tier) -> bool:
        """Whether any mark is drawn into pictures of a tier."""
        return bool(self.marks) and tier.name != UNMARKED_TIER

    def of(self, picture: Image.Image, tier: Tier) -> Iterator[tuple[str, Image.Image]]:
        """The key and the marked copy of an upright picture for each mark."""
        for mark in self.marks if self.is_wanted(tier) else ():
            try:
                marked = draw(picture, mark)
            except MarkNotDrawn as failure:
                self.undrawn[mark.key] = str(failure)
            else:
                yield mark.key, marked


def draw(picture: Image.Image, mark: Mark) -> Image.Image:
    """A copy of an upright picture (mode RGB) with a mark drawn in.

    Raises MarkNotDrawn, whatever the reason: what is returned has the mark.
    """
    try:
        return _drawn(picture, mark)
    except (MarkNotDrawn, MemoryError):
        raise
    except Exception as error:
        # Fonts and broken pictures are answered with nearly every exception there is.
        raise MarkNotDrawn(_("The watermark could not be drawn: %s") % error) from error


def check_image(data: bytes) -> None:
    """Raise MarkNotDrawn, with the reason, for a PNG that cannot be drawn as a mark."""
    draw(Image.new("RGB", (600, 400), (127, 127, 127)), Mark(key=_digest(data), image=data))


def check_png(source: BinaryIO) -> None:
    """Raise MarkNotDrawn for what is no whole PNG, or too large a one, without decoding anything:
    its parts are there one after the other, each with the right sum (PNG specification, 5.3).
    """
    source.seek(0)
    if source.read(8) != b"\x89PNG\r\n\x1a\n":
        raise MarkNotDrawn(_("This is no PNG."))
    kind = b""
    while kind != b"IEND":
        head = source.read(8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        body = source.read(length) if length <= MAX_PART_BYTES else b""
        if len(head) < 8 or int.from_bytes(source.read(4), "big") != zlib.crc32(kind + body):
            raise MarkNotDrawn(_("This PNG is damaged."))
        if kind == b"IHDR":
            _check_pixels(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"))


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_IMAGE_PIXELS:
        raise MarkNotDrawn(
            _("A picture of %(width)d × %(height)d pixels is too large for a watermark.")
            % {"width": width, "height": height}
        )


def check_text(text: str) -> None:
    """Raise MarkNotDrawn, with the reason, for a text that cannot be drawn as a mark."""
    draw(Image.new("RGB", (600, 400), (127, 127, 127)), text_mark(text))


def _drawn(picture: Image.Image, mark: Mark) -> Image.Image:
    tile = _tile(mark, *picture.size)
    colours, alpha = tile.convert("RGB"), tile.getchannel("A")
    marked = picture.copy()
    is_there = False
    spacing = IMAGE_SPACING if mark.is_image else SPACING
    for place in _places(picture.size, tile.size, spacing):
        marked.paste(colours, place, alpha)
        is_there = is_there or _is_within(alpha, place, picture.size)
    if not is_there:
        raise MarkNotDrawn(_("Nothing of the watermark is left in a picture of this size."))
    return marked


def _places(size: tuple[int, int], tile: tuple[int, int], spacing: float) -> list[tuple[int, int]]:
    """Left upper corners of the tiles: one in the middle, every other row set off by a half."""
    across, down = (max(1, round(side * spacing)) for side in tile)
    first_left, first_top = ((whole - part) // 2 for whole, part in zip(size, tile, strict=True))
    rows = range(-(first_top // down) - 2, (size[1] - first_top) // down + 2)
    columns = range(-(first_left // across) - 2, (size[0] - first_left) // across + 2)
    places = [
        (first_left + column * across + (row % 2) * across // 2, first_top + row * down)
        for row in rows
        for column in columns
    ]
    return [
        (left, top)
        for left, top in places
        if -tile[0] < left < size[0] and -tile[1] < top < size[1]
    ]


def _is_within(alpha: Image.Image, place: tuple[int, int], size: tuple[int, int]) -> bool:
    left, top = (max(0, -start) for start in place)
    right, bottom = (
        min(part, whole - start) for part, whole, start in zip(alpha.size, size, place, strict=True)
    )
    return alpha.crop((left, top, right, bottom)).getbbox() is not None


# Photographs of a shoot have two or three sizes, each in two tiers.
@lru_cache(maxsize=12)
def _tile(mark: Mark, width: int, height: int) -> Image.Image:
    """The mark once, as large as it is in pictures of this size (mode RGBA)."""
    share = IMAGE_SHARE if mark.is_image else LONG_SHARE if len(mark.text) > LONG_TEXT else SHARE
    if min(width, height) <= SMALL_SIDE:
        share = SMALL_SHARE
    box = max(1, round(width * share)), max(1, round(height * share))
    if mark.is_image:
        return _image_tile(mark, box)
    return _text_tile(mark.text, box, _degrees(width, height))


def _degrees(width: int, height: int) -> int:
    if width > PANORAMA * height:
        return 0
    return 90 if height > PANORAMA * width else DEGREES


# --- Text ----------------------------------------------------------------------------------------


def _text_tile(text: str, box: tuple[int, int], degrees: int) -> Image.Image:
    measured = letters(text, MEASURED_LETTERS).rotate(degrees, expand=True)
    scale = min(limit / side for limit, side in zip(box, measured.size, strict=True))
    # A full stop alone would become as large as a name.
    size = min(max(SMALLEST_LETTERS, round(MEASURED_LETTERS * scale)), max(box))
    mask = _with_margin(letters(text, size), size)
    mask = mask.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    # Thin letters get lost in leaves and lace.
    mask = _grown(mask, size // 40)
    return _edged(Image.new("RGB", mask.size, WHITE), mask, BLACK, max(1, size // 24))


def _edged(
    inside: Image.Image, mask: Image.Image, edge_colour: tuple[int, int, int], width: int
) -> Image.Image:
    """What is inside a mask, and an edge around it, both as translucent as marks are."""
    edge = _grown(mask, width).filter(ImageFilter.GaussianBlur(width / 2))
    edge = ImageChops.subtract(edge, mask)
    tile = Image.new("RGBA", mask.size, edge_colour)
    tile.putalpha(edge.point(lambda value: round(value * EDGE_OPACITY)))
    inside = inside.convert("RGBA")
    inside.putalpha(mask.point(lambda value: round(value * OPACITY)))
    return Image.alpha_composite(tile, inside)


def _grown(mask: Image.Image, pixels: int) -> Image.Image:
    return mask.filter(ImageFilter.MaxFilter(2 * pixels + 1)) if pixels else mask


def _with_margin(mask: Image.Image, around: int) -> Image.Image:
    """Room for the edge, and for what turning needs."""
    margin = max(2, around // 8)
    wider = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin))
    wider.paste(mask, (margin, margin))
    return wider


# --- Pictures ------------------------------------------------------------------------------------


def _image_tile(mark: Mark, box: tuple[int, int]) -> Image.Image:
    whole = _opened(mark)
    scale = min(limit / side for limit, side in zip(box, whole.size, strict=True))
    size = tuple(max(1, round(side * scale)) for side in whole.size)
    edge = max(1, round(min(size) / 60))
    # Premultiplied, so that what hides beneath transparent pixels does not bleed into the edges.
    scaled = whole.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    canvas = Image.new("RGBA", (size[0] + 4 * edge, size[1] + 4 * edge))
    canvas.paste(scaled, (2 * edge, 2 * edge))
    mask = canvas.getchannel("A")
    brightness = ImageStat.Stat(canvas.convert("L"), mask).mean[0]
    return _edged(canvas, mask, BLACK if brightness > 127 else WHITE, edge)


@lru_cache(maxsize=4)
def _opened(mark: Mark) -> Image.Image:
    """A PNG cut to what is to be seen of it (mode RGBA); of a moving one the first picture."""
    try:
        image = PngImagePlugin.PngImageFile(io.BytesIO(mark.image))
        _check_pixels(*image.size)
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise MarkNotDrawn(_("This picture is damaged, or is not a PNG.")) from error
    has_alpha = "transparency" in image.info and image.mode in {"1", "L", "RGB", "P"}
    image = image.convert("RGBA") if has_alpha else simplify(image).convert("RGBA")
    # Nearly transparent is what nobody would see.
    seen = image.getchannel("A").point(lambda value: 255 if value > 12 else 0).getbbox()
    if seen is None:
        raise MarkNotDrawn(_("This picture is transparent everywhere."))
    image = image.crop(seen)
    image.thumbnail((KEPT_SIDE, KEPT_SIDE))
    return image


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
