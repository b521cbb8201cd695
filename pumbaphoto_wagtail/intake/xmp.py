"""What editors write about a photograph in XMP, where its Exif is silent.

Pictures that were exported years ago, and PNGs, often tell the camera's serial number, the lens or
the time nowhere else. XMP is XML, from anybody; the four things wanted are found by their names in
a bounded piece of text, and no parser with entities or namespaces ever sees it.

Source: XMP specification part 2 and 3 (ISO 16684), Exif 2.3 for XMP (CIPA DC-010).
"""

from __future__ import annotations

import html
import re
from datetime import datetime

from pumbaphoto_wagtail.intake.tiff import readable

# The standard packet of a JPEG fits into 64 KB; Photoshop's histories and masks are no metadata.
MAX_PACKET_BYTES = 256 * 1024

SERIAL = ("aux:SerialNumber", "exifEX:BodySerialNumber")
LENS = ("exifEX:LensModel", "aux:Lens")
TAKEN_AT = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate")


class Packet:
    """One packet of XMP, asked for single properties."""

    def __init__(self, data: bytes = b"") -> None:
        self._text = data[:MAX_PACKET_BYTES].decode("utf-8", "replace")

    def value(self, names: tuple[str, ...]) -> str:
        """The first of these properties that has a value, clean and at most 255 characters."""
        for name in names:
            # An attribute of the description, or an element of its own: both are usual.
            pattern = rf"<{name}>([^<]{{1,400}})<|\s{name}\s?=\s?[\"']([^\"'<]{{1,400}})[\"']"
            found = re.search(pattern, self._text)
            if found and (value := readable(html.unescape(found[1] or found[2]).encode())):
                return value
        return ""

    def moment(self) -> datetime | None:
        """When it was taken, to the second at least; naive where no time zone is told."""
        text = self.value(TAKEN_AT)
        try:
            return datetime.fromisoformat(text) if len(text) >= len("2026-06-13T14:05:09") else None
        except ValueError:
            return None
