"""What editors write about a photograph in XMP, where its Exif is silent.

Pictures that were exported years ago, and PNGs, often tell the camera's serial number, the lens or
the time nowhere else, and only here an editor says which file it began with. XMP is XML, from
anybody; the few things wanted are found by their names in a bounded piece of text, and no parser
with entities or namespaces ever sees it.

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
# The document that a picture was made from, and those that were placed in it.
DERIVED_FROM, PLACED = "xmpMM:DerivedFrom", ("xmpMM:Pantry", "xmpMM:Ingredients", "xmpMM:History")


class Packet:
    """One packet of XMP, asked for single properties."""

    def __init__(self, data: bytes = b"") -> None:
        self._text = data[:MAX_PACKET_BYTES].decode("utf-8", "replace")

    def itself(self) -> Packet:
        """The packet without what it says of other documents: those it holds or came from."""
        packet = Packet()
        packet._text = self._text
        for name in (DERIVED_FROM, *PLACED):
            before, _within, after = packet._parted(name)
            packet._text = f"{before} {after}"
        return packet

    def derived_from(self) -> Packet:
        """What the packet says of the document that this one was made from."""
        packet = Packet()
        packet._text = self._parted(DERIVED_FROM)[1]
        return packet

    def value(self, names: tuple[str, ...]) -> str:
        """The first of these properties that has a value, clean and at most 255 characters."""
        for name in names:
            # An attribute of the description, or an element of its own: both are usual.
            pattern = rf"<{name}>([^<]{{1,400}})<|\s{name}\s?=\s?[\"']([^\"'<]{{1,400}})[\"']"
            found = re.search(pattern, self._text)
            if found and (value := readable(html.unescape(found[1] or found[2]).encode())):
                return value
        return ""

    def moment(self, names: tuple[str, ...] = TAKEN_AT) -> datetime | None:
        """When it was taken, to the second at least; naive where no time zone is told."""
        text = self.value(names)
        try:
            return datetime.fromisoformat(text) if len(text) >= len("2026-06-13T14:05:09") else None
        except ValueError:
            return None

    def _parted(self, name: str) -> tuple[str, str, str]:
        """The text before, within and after an element: from its first tag to its last end."""
        start = self._text.find(f"<{name}")
        if start < 0:
            return self._text, "", ""
        closing = f"</{name}>"
        end = self._text.rfind(closing) + len(closing)
        if end <= start:
            # Without an end of its own it is one tag; unfinished, it is the rest.
            end = self._text.find("/>", start) + 2
            end = end if end > start else len(self._text)
        return self._text[:start], self._text[start:end], self._text[end:]
