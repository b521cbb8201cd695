"""What a file says of where it comes from: by this an edit finds its original whatever its name.

A camera gives each frame a time to the sub-second, a serial number and often a count of frames;
editors carry these along, and write the name of the RAW they began with and the documents that one
came from. All of it is somebody's claim: texts are clean and short, what is no time or number is
left out, and a file that tells nothing has an empty identity.

Sources: XMP specification part 2 (ISO 16684-2: xmpMM, stRef), Adobe's Camera Raw schema
(crs:RawFileName), Exif 2.32, DNG 1.7 (OriginalRawFileName), TIFF/EP (ImageNumber).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import BinaryIO

from pumbaphoto_wagtail.intake.containers import xmp_packet
from pumbaphoto_wagtail.intake.formats import Format
from pumbaphoto_wagtail.intake.metadata import (
    BODY_SERIAL,
    DIGITIZED_AT,
    DIGITIZED_SUBSECONDS,
    DNG_SERIAL,
    TAKEN_AT,
    TAKEN_SUBSECONDS,
    moment,
)
from pumbaphoto_wagtail.intake.tags import Tags
from pumbaphoto_wagtail.intake.xmp import SERIAL, Packet

DNG_RAW_FILE_NAME, IMAGE_NUMBER = 50827, 37393

# Times that mean the moment of capture and nothing else: an editor's own clock says nothing.
XMP_TAKEN_AT = ("exif:DateTimeOriginal", "photoshop:DateCreated")
RAW_FILE_NAME, PRESERVED_FILE_NAME = ("crs:RawFileName",), ("xmpMM:PreservedFileName",)
DOCUMENTS = {
    "document_id": ("xmpMM:DocumentID",),
    "original_document_id": ("xmpMM:OriginalDocumentID",),
    "instance_id": ("xmpMM:InstanceID",),
}
PARENT = ("stRef:originalDocumentID", "stRef:documentID", "stRef:instanceID")
XMP_IMAGE_NUMBER = ("aux:ImageNumber",)

MAX_ID_LENGTH = 100
# No shutter lives that long; what is beyond is no count.
MAX_SHUTTER_COUNT = 10_000_000
_ID = re.compile(rf"[!-~]{{8,{MAX_ID_LENGTH}}}")


def read_identity(source: BinaryIO, format: Format) -> dict[str, str | int]:
    """What a file whose content has been checked to be of ``format`` says of itself.

    Keys, each only where it is told: ``raw_file_name``, ``preserved_file_name``, ``document_id``,
    ``original_document_id``, ``instance_id``, ``derived_from`` (an id), ``taken_at`` (ISO 8601, the
    time on the camera's display, with sub-seconds where they are known and not zero), ``serial``,
    ``shutter_count`` (a number). At most about 1.5 KB. Once the picture is rendered, intake adds
    ``is_grey``: whether it is black-and-white. Nothing that a file claims can raise; a storage that
    fails to answer (OSError) is not hidden.
    """
    tags, packet = Tags.read(source, format), Packet(xmp_packet(source, format))
    itself, parent = packet.itself(), packet.derived_from()
    notes = tags.maker_notes()
    serial = (tags.text(BODY_SERIAL) or tags.text(DNG_SERIAL) or notes.serial).strip()
    counts = (itself.value(XMP_IMAGE_NUMBER), notes.shutter_count, tags.integer(IMAGE_NUMBER))
    found = {
        "raw_file_name": itself.value(RAW_FILE_NAME) or tags.text(DNG_RAW_FILE_NAME),
        "preserved_file_name": itself.value(PRESERVED_FILE_NAME),
        **{key: _identifier(itself.value(names)) for key, names in DOCUMENTS.items()},
        "derived_from": next(filter(None, (_identifier(parent.value((n,))) for n in PARENT)), ""),
        "taken_at": _taken_at(tags, itself),
        "serial": (serial or itself.value(SERIAL))[:MAX_ID_LENGTH],
        "shutter_count": next(filter(None, map(_count, counts)), 0),
    }
    return {key: value for key, value in found.items() if value}


def _identifier(text: str) -> str:
    return text if _ID.fullmatch(text) else ""


def _taken_at(tags: Tags, packet: Packet) -> str:
    told, subseconds = tags.text(TAKEN_AT), tags.text(TAKEN_SUBSECONDS)
    if not subseconds and tags.text(DIGITIZED_AT) == told:
        # Cameras that have one field for all their times write the same time into all.
        subseconds = tags.text(DIGITIZED_SUBSECONDS)
    taken: datetime | None = moment(told, subseconds, None) or packet.moment(XMP_TAKEN_AT)
    return taken.replace(tzinfo=None).isoformat() if taken else ""


def _count(told: str | int | None) -> int:
    text = str(told or "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    return number if 0 < number <= MAX_SHUTTER_COUNT else 0
