"""RAW files: the camera's own preview where it is large enough, a half-size development otherwise.

Needs rawpy (extra ``raw``). How a RAW is turned is told in three places that disagree on purpose:
LibRaw puts the RAW's orientation into an Exif block in front of previews that have none; previews
with Exif of their own come as they are, with or without an orientation; and ``sizes.flip`` has it
always. So the preview's own Exif decides, and ``sizes.flip`` where that is silent; a development
is asked for unturned, so that it takes the same way as a preview.

Some software writes previews that stand upright already, or a tag that belongs to other pixels. A
preview that would lie on its side where the sensor's picture stands is such a one, and the next
orientation that makes it stand is taken.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from PIL import Image

from pumbaphoto_wagtail.exceptions import RenderFailed
from pumbaphoto_wagtail.intake.containers import jpeg_frame
from pumbaphoto_wagtail.intake.engines import pillow
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.metadata import read_orientation
from pumbaphoto_wagtail.intake.picture import Picture, turned

# LibRaw's flip, as Exif says the same; the mirrored ones are written by software into DNGs.
ORIENTATIONS = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}
UPRIGHT = 1

# A development less than this much larger shows nothing more, and loses the camera's own look.
WORTHWHILE_GAIN = 1.1
# Below this a preview is an icon in the camera's menu.
SMALLEST_PREVIEW = 100
# No compression of sensor data gets near this; LibRaw develops missing data without a word.
LEAST_BYTES_PER_PIXEL = 0.02
# Beyond this the preview was cropped in the camera (square, 16:9), and the sensor's size misleads.
SAME_ASPECT = 0.02


@dataclass(frozen=True, kw_only=True)
class RawPicture:
    """The picture that stands for a RAW; width and height are the upright original's."""

    picture: Picture
    width: int
    height: int
    is_damaged: bool


@cache
def load() -> ModuleType | None:
    """rawpy; None where it is not installed."""
    try:
        import rawpy
    except ImportError:
        return None
    return rawpy


def open_raw(source: BinaryIO, *, wanted_edge: int, max_pixels: int) -> RawPicture:
    """The best picture of a RAW for renditions up to ``wanted_edge`` pixels long.

    Raises RenderFailed where there is neither a usable preview nor sensor data.
    """
    rawpy = load()
    if rawpy is None:
        raise RenderFailed(
            _("RAW files need the package rawpy: install pumbaphoto-wagtail[raw] on the server.")
        )
    try:
        with rawpy.imread(_location(source)) as raw:
            return _best_picture(raw, source, wanted_edge, max_pixels)
    except rawpy.LibRawError as error:
        raise RenderFailed(
            _("This RAW file cannot be read: it is damaged or of an unknown kind.")
        ) from error


def _best_picture(raw: Any, source: BinaryIO, wanted_edge: int, max_pixels: int) -> RawPicture:
    rawpy = load()
    sizes, orientation = raw.sizes, ORIENTATIONS.get(raw.sizes.flip, 1)
    preview = _preview(raw, orientation, max_pixels)
    edge = max(preview.upright_size) if preview else 0
    if edge >= wanted_edge:
        return _described(preview, sizes, orientation)
    try:
        if preview and _developed_edge(raw) < edge * WORTHWHILE_GAIN:
            return _described(preview, sizes, orientation)
        developed, is_whole = _develop(raw, source, orientation, max_pixels)
    except (rawpy.LibRawError, RenderFailed) as error:
        if preview is None:
            raise
        # A kind that LibRaw cannot develop is no damage; data that does not add up is.
        is_kind_unknown = isinstance(error, rawpy.LibRawFileUnsupportedError)
        return _described(preview, sizes, orientation, is_damaged=not is_kind_unknown)
    if is_whole or preview is None:
        return _described(developed, sizes, orientation, is_damaged=not is_whole)
    return _described(preview, sizes, orientation, is_damaged=True)


def _described(
    picture: Picture, sizes: Any, orientation: int, *, is_damaged: bool = False
) -> RawPicture:
    width, height = turned((sizes.width, sizes.height), orientation)
    shown_width, shown_height = picture.upright_size
    if abs(width * shown_height / (height * shown_width) - 1) > SAME_ASPECT:
        width, height = shown_width, shown_height
    return RawPicture(picture=picture, width=width, height=height, is_damaged=is_damaged)


def _preview(raw: Any, orientation: int, max_pixels: int) -> Picture | None:
    rawpy = load()
    try:
        thumbnail = raw.extract_thumb()
    except (rawpy.LibRawError, rawpy.NotSupportedError):
        return None
    if thumbnail.format == rawpy.ThumbFormat.BITMAP:
        image = _image(thumbnail.data)
        standing = _standing(image.size, orientation, orientation, raw.sizes)
        return _usable(_in_memory(image, standing), max_pixels)
    data = io.BytesIO(thumbnail.data)
    # Before the decoder sees it: a preview's header can claim anything.
    frame = jpeg_frame(data)
    if frame is None or frame[0] * frame[1] > max_pixels:
        return None
    told = read_orientation(data, FORMATS["jpeg"]) or orientation
    standing = _standing(frame, told, orientation, raw.sizes)
    try:
        return _usable(pillow.open_picture(data, "jpeg", standing), max_pixels)
    except Exception:
        # Hostile bytes make a decoder raise nearly anything; the sensor data may still be good.
        return None


def _standing(size: tuple[int, int], told: int, orientation: int, sizes: Any) -> int:
    """The first of what the preview and the RAW tell that makes the preview stand as the RAW does.

    What the preview tells counts where shapes prove nothing: squares, turns by 180°, and crops.
    """
    upright = _shape(turned((sizes.width, sizes.height), orientation))
    for choice in (told, orientation, UPRIGHT):
        if _shape(turned(size, choice)) == upright:
            return choice
    return told


def _shape(size: tuple[int, int]) -> int:
    """1 for a wide picture, -1 for a tall one, 0 for a square."""
    return (size[0] > size[1]) - (size[0] < size[1])


def _usable(picture: Picture, max_pixels: int) -> Picture | None:
    is_large_enough = max(picture.width, picture.height) >= SMALLEST_PREVIEW
    is_small_enough = picture.width * picture.height <= max_pixels
    return picture if is_large_enough and is_small_enough else None


def _developed_edge(raw: Any) -> float:
    edge = max(raw.sizes.width, raw.sizes.height)
    # Asking for the type reads the sensor data, so only where a preview is not enough anyway.
    # Only a mosaic is halved; data that has all colours at each pixel stays as large as it is.
    return edge / 2 if raw.raw_type == load().RawType.Flat else edge


def _develop(raw: Any, source: BinaryIO, orientation: int, max_pixels: int) -> tuple[Picture, bool]:
    """The developed picture, and whether its sensor data was there to the end."""
    amount = raw.sizes.raw_width * raw.sizes.raw_height
    if amount > max_pixels:
        raise RenderFailed(too_many_pixels(raw.sizes.raw_width, raw.sizes.raw_height))
    if source.seek(0, io.SEEK_END) < amount * LEAST_BYTES_PER_PIXEL:
        raise RenderFailed(_("This RAW file is damaged: its picture data is missing."))
    pixels = raw.postprocess(half_size=True, use_camera_wb=True, user_flip=0)
    # LibRaw holds ten bytes for each pixel, which the picture needs now.
    raw.close()
    image = _image(pixels)
    if _is_black(image):
        raise RenderFailed(_("This RAW file is damaged: its picture data is missing."))
    last_rows = image.crop((0, image.height - max(1, image.height // 32), *image.size))
    return _in_memory(image, orientation), not _is_black(last_rows)


def _image(pixels: Any) -> Image.Image:
    """rawpy's pixels in RGB; a monochrome camera's have one channel, which Pillow wants flat."""
    flat = pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels
    image = Image.fromarray(flat)
    # To convert what is RGB already would copy it.
    return image if image.mode == "RGB" else image.convert("RGB")


def _is_black(image: Image.Image) -> bool:
    """Whether nothing was recorded: a sensor in the dark still has noise."""
    return all(highest == 0 for _lowest, highest in image.getextrema())


def _in_memory(image: Image.Image, orientation: int) -> Picture:
    return Picture(
        format="raw",
        width=image.width,
        height=image.height,
        mode=image.mode,
        orientation=orientation,
        decoded=image,
    )


def too_many_pixels(width: int, height: int) -> str:
    """Why a picture of this size is not opened."""
    return _("This picture is too large: %(width)d × %(height)d pixels.") % {
        "width": width,
        "height": height,
    }


def _location(source: BinaryIO) -> Any:
    """What LibRaw opens: the file by its descriptor where the system can, all its bytes otherwise.

    A RAW has up to 100 MB, of which a preview is a few.
    """
    if sys.platform == "linux":
        try:
            return f"/proc/self/fd/{source.fileno()}"
        except (AttributeError, OSError):
            pass
    source.seek(0)
    return source
