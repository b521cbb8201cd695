"""Small pictures of a gallery's photographs, for sheets on paper and in workbooks."""

from __future__ import annotations

import io
import logging
from functools import partial

from PIL import Image

from ..exceptions import PumbaphotoError
from ..models import Gallery, Rendition
from ..storage import open_file
from .contact_sheet import Picture

logger = logging.getLogger(__name__)

TIER, FORMAT = "grid", "jpeg"
THUMBNAIL_QUALITY = 80
PAPER_GREY = "#e6e4e1"


def grid_pictures(gallery: Gallery) -> dict[int, Picture]:
    """The clean ``grid`` picture of each photograph that has one, by its primary key."""
    renditions = Rendition.objects.filter(
        stored_file__pictured_photos__gallery=gallery, tier=TIER, format=FORMAT, watermark=""
    ).order_by("pk")
    fields = ("stored_file__pictured_photos__pk", "storage", "name", "width", "height")
    return {
        key: Picture(read=partial(_read, storage, name), width=width, height=height)
        for key, storage, name, width, height in renditions.values_list(*fields)
    }


def thumbnail(picture: Picture, box: tuple[int, int]) -> tuple[bytes, int, int]:
    """A JPEG of ``picture`` that fits into ``box`` pixels, with its width and height."""
    with Image.open(io.BytesIO(picture.read()), formats=["JPEG"]) as opened:
        opened.draft(None, box)
        opened.thumbnail(box)
        stream = io.BytesIO()
        opened.save(stream, "JPEG", quality=THUMBNAIL_QUALITY)
        return stream.getvalue(), *opened.size


def _read(storage: str, name: str) -> bytes:
    """The picture's bytes; grey paper where it cannot be had, since half of the file is sent."""
    try:
        with open_file(storage, name) as opened:
            return opened.read()
    except (OSError, PumbaphotoError) as error:
        logger.warning("a picture in %s could not be read for a sheet: %r", storage, error)
        stream = io.BytesIO()
        Image.new("RGB", (3, 2), PAPER_GREY).save(stream, "JPEG")
        return stream.getvalue()
