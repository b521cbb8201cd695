"""The studio's logo, as it goes with an e-mail: a small PNG, since not every mail program shows
SVG, WebP or AVIF, and none loads a picture from elsewhere without asking.
"""

from __future__ import annotations

import logging
from email.message import MIMEPart
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage

import django
from wagtail.images.models import AbstractImage

logger = logging.getLogger(__name__)

# Twice the size it is shown in, for sharp screens.
SPEC = "max-480x160|format-png"
FILE_NAME = "logo.png"


def logo_png(logo: AbstractImage | None) -> bytes:
    """The logo's bytes; empty without one, and for one that cannot be read: a letter without a logo
    is better than none.
    """
    if logo is None or logo.is_svg():
        return b""
    try:
        with logo.get_rendition(SPEC).open_file() as file:
            return file.read()
    except Exception as error:  # the host's own image model, storage and image library
        logger.warning("logo %s cannot be read: %s", logo.pk, type(error).__name__)
        return b""


def logo_part(png: bytes, content_id: str) -> MIMEBase | MIMEPart:
    """The logo as a part that the HTML names by ``cid:``."""
    if django.VERSION < (6, 0):
        part = MIMEImage(png, "png")
        part.add_header("Content-ID", f"<{content_id}>")
        part.add_header("Content-Disposition", "inline", filename=FILE_NAME)
        return part
    part = MIMEPart()
    part.set_content(
        png,
        maintype="image",
        subtype="png",
        disposition="inline",
        cid=f"<{content_id}>",
        filename=FILE_NAME,
    )
    return part
