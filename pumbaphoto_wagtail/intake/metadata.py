"""What a camera wrote about a photograph: when, with what, which way up.

Read from the file's own header by the bounded reader in :mod:`.tiff`; nothing is decoded, and
nothing that a file claims can raise, loop or grow. The place (GPS) is never read at all. A file
storage that fails to answer (OSError) is not the file's fault and is not hidden.

Sources: Exif 2.32 (tags, offsets of time, sub-seconds, sensitivity); ExifTool's notes on CR3
boxes, RAF and RW2 for where those containers keep their Exif.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import BinaryIO

from pumbaphoto_wagtail.intake.containers import pixel_size, xmp_packet
from pumbaphoto_wagtail.intake.formats import Format
from pumbaphoto_wagtail.intake.maker_notes import lens_from_range
from pumbaphoto_wagtail.intake.tags import MAKE, Tags
from pumbaphoto_wagtail.intake.tiff import MAX_TEXT_LENGTH
from pumbaphoto_wagtail.intake.xmp import LENS, SERIAL, Packet

MODEL, ORIENTATION, CHANGED_AT = 272, 274, 306
EXPOSURE_TIME, F_NUMBER, ISO, FOCAL_LENGTH = 33434, 33437, 34855, 37386
TAKEN_AT, DIGITIZED_AT = 36867, 36868
CHANGED_OFFSET, TAKEN_OFFSET, DIGITIZED_OFFSET = 36880, 36881, 36882
CHANGED_SUBSECONDS, TAKEN_SUBSECONDS, DIGITIZED_SUBSECONDS = 37520, 37521, 37522
COLOUR_SPACE, BODY_SERIAL, LENS_RANGE, LENS_MODEL, DNG_SERIAL = 40961, 42033, 42034, 42036, 50735
# Where the 16 bits of ISO are not enough they are all set, and one of these has the number; RW2
# has a tag of its own.
STANDARD_SENSITIVITY, RECOMMENDED_INDEX, ISO_SPEED, PANASONIC_ISO = 34865, 34866, 34867, 23
INTEROPERABILITY_INDEX = 1
UNCALIBRATED = 65535
# What some cameras write instead, against the standard.
ADOBE_RGB = 2

# Time, offset and sub-seconds, the moment of capture before the moments derived from it.
_TIMES = (
    (TAKEN_AT, TAKEN_OFFSET, TAKEN_SUBSECONDS),
    (DIGITIZED_AT, DIGITIZED_OFFSET, DIGITIZED_SUBSECONDS),
    (CHANGED_AT, CHANGED_OFFSET, CHANGED_SUBSECONDS),
)
_TIME = re.compile(r"(\d{4})[:/.-](\d{2})[:/.-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
# What a maker's name has behind the name on the camera: "NIKON CORPORATION", "SAMSUNG TECHWIN CO.".
_COMPANY = re.compile(
    r"[\s,]+(corporation|corp|imaging|optical|company|co|ltd|inc|ag|camera|techwin|electronics)\b.*",
    re.IGNORECASE,
)
# Brands that outlived the makers who stand before them: "RICOH IMAGING COMPANY, LTD. PENTAX K-3".
_BRANDS = frozenset({"PENTAX"})

# What is beyond these is no exposure: a rational number can say anything up to four milliards.
_LONGEST_EXPOSURE, _LARGEST_DECIMAL = 100_000, 10_000

# No photograph is older than the first one; beyond 9998 an offset could leave the calendar.
_YEARS = range(1826, 9999)

# Orientations that lay a picture on its side, so that width and height change places.
SIDEWAYS = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, kw_only=True)
class PhotoMetadata:
    """What a photograph's header tells; every text is clean and at most 255 characters long.

    ``taken_at`` is aware, to the microsecond where the camera says so, and ``taken_at_source`` is
    "exif", or "" without a time. ``offset_minutes`` is the camera's time zone, in minutes east of
    UTC, None where only ``default_timezone`` was known. ``width`` and ``height`` are pixels of the
    upright picture, None where only a decoder would know (RAW). ``orientation`` is 1 to 8 as in
    Exif.
    """

    taken_at: datetime | None = None
    taken_at_source: str = ""
    offset_minutes: int | None = None
    camera: str = ""
    lens: str = ""
    serial: str = ""
    exposure_time: str = ""
    aperture: str = ""
    iso: str = ""
    focal_length: str = ""
    orientation: int = 1
    width: int | None = None
    height: int | None = None
    is_adobe_rgb: bool = False

    @property
    def exposure(self) -> str:
        """All of the exposure in one line, as photographers write it."""
        iso = f"ISO {self.iso}" if self.iso else ""
        parts = (self.exposure_time, self.aperture, iso, self.focal_length)
        return " · ".join(part for part in parts if part)


def read_metadata(
    source: BinaryIO, format: Format, *, default_timezone: tzinfo = UTC
) -> PhotoMetadata:
    """The metadata of a photograph whose content has been checked to be of ``format``.

    ``default_timezone`` is where a camera is taken to be that does not tell its offset.
    """
    tags = _Tags.read(source, format)
    taken = tags.taken_at()
    serial = tags.text(BODY_SERIAL) or tags.text(DNG_SERIAL)
    lens = tags.text(LENS_MODEL)
    if not (serial and lens):
        notes = tags.maker_notes()
        serial, lens = serial or notes.serial, lens or notes.lens or tags.lens_range()
    if not (serial and lens and taken):
        packet = Packet(xmp_packet(source, format))
        serial, lens = serial or packet.value(SERIAL), lens or packet.value(LENS)
        taken = taken or packet.moment()
    taken_at = _aware(taken, default_timezone)
    orientation = tags.orientation() or 1
    width, height = pixel_size(source, format) or (None, None)
    if orientation in SIDEWAYS:
        width, height = height, width
    return PhotoMetadata(
        taken_at=taken_at,
        taken_at_source="exif" if taken_at else "",
        offset_minutes=_offset_minutes(taken) if taken_at else None,
        camera=tags.camera(),
        lens=lens,
        serial=serial,
        exposure_time=tags.exposure_time(),
        aperture=tags.decimal(F_NUMBER, "f/{}", places=2),
        iso=tags.iso(),
        focal_length=tags.decimal(FOCAL_LENGTH, "{} mm", places=1),
        orientation=orientation,
        width=width,
        height=height,
        is_adobe_rgb=tags.is_adobe_rgb(),
    )


def read_orientation(source: BinaryIO, format: Format) -> int | None:
    """The Exif orientation, 1 to 8; None where the file does not say, or says anything else."""
    return _Tags.read(source, format).orientation()


class _Tags(Tags):
    """What the tags mean."""

    def orientation(self) -> int | None:
        found = self.integer(ORIENTATION)
        return found if found in range(1, 9) else None

    def camera(self) -> str:
        maker, model = _COMPANY.sub("", self.text(MAKE)), self.text(MODEL)
        brand = model.split(" ")[0].upper()
        # "Canon Canon EOS 40D" and "EASTMAN KODAK KODAK DX7590" would name the maker twice.
        if brand in _BRANDS or brand in maker.upper().split(" "):
            return model or maker
        return f"{maker} {model}".strip()[:MAX_TEXT_LENGTH]

    def lens_range(self) -> str:
        for directory in self.directories:
            if found := lens_from_range(directory.reader, directory.entries.get(LENS_RANGE)):
                return found
        return ""

    def exposure_time(self) -> str:
        found = self.rational(EXPOSURE_TIME)
        if found is None or found[0] <= 0 or found[1] < 0:
            return ""
        seconds = found[0] / found[1]
        if seconds > _LONGEST_EXPOSURE:
            return ""
        return f"{round(seconds, 1):g} s" if seconds >= 0.3 else f"1/{round(1 / seconds)} s"

    def decimal(self, tag: int, template: str, *, places: int) -> str:
        found = self.rational(tag)
        if found is None or found[0] <= 0 or found[1] < 0:
            return ""
        number = round(found[0] / found[1], places)
        return template.format(f"{number:g}") if 0 < number < _LARGEST_DECIMAL else ""

    def iso(self) -> str:
        found = self.integer(ISO)
        if found in {None, 0, UNCALIBRATED}:
            others = (RECOMMENDED_INDEX, STANDARD_SENSITIVITY, ISO_SPEED, PANASONIC_ISO)
            found = next((value for tag in others if (value := self.integer(tag))), found)
        return str(found or "")

    def is_adobe_rgb(self) -> bool:
        """Whether a picture without a profile is in Adobe RGB: DCF 2.0 says so by "R03"."""
        space = self.integer(COLOUR_SPACE)
        if space != UNCALIBRATED:
            return space == ADOBE_RGB
        return any(
            d.reader.text(d.entries.get(INTEROPERABILITY_INDEX)) == "R03"
            for d in self.interoperability
        )

    def taken_at(self) -> datetime | None:
        """The moment of capture, naive where no offset is told."""
        told = [tuple(self.text(tag) for tag in tags) for tags in _TIMES]
        for text, offset, subseconds in told:
            # Cameras that have one field for all their times write the same time into all.
            same = [entry for entry in told if entry[0] == text]
            found = moment(
                text,
                subseconds or next((entry[2] for entry in same if entry[2]), ""),
                _offset(offset or next((entry[1] for entry in same if entry[1]), "")),
            )
            if found is not None:
                return found
        return None


def _aware(taken: datetime | None, default_timezone: tzinfo) -> datetime | None:
    """The moment in its own time zone, or in the one the camera is taken to be in."""
    if taken is None or taken.year not in _YEARS:
        return None
    return taken if taken.tzinfo else taken.replace(tzinfo=default_timezone)


def _offset_minutes(taken: datetime) -> int | None:
    offset = taken.utcoffset()
    return None if offset is None else round(offset.total_seconds() / 60)


def moment(text: str, subseconds: str, zone: tzinfo | None) -> datetime | None:
    """A camera's time and sub-seconds as one; None for what is no time at all."""
    match = _TIME.match(text)
    if match is None:
        return None
    year, *rest = (int(part) for part in match.groups())
    if year not in _YEARS:
        return None
    fraction = subseconds[:6] if subseconds.isascii() and subseconds.isdigit() else ""
    try:
        return datetime(year, *rest, int(fraction.ljust(6, "0")), tzinfo=zone)
    except ValueError:
        return None


def _offset(text: str) -> timezone | None:
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    delta = timedelta(hours=int(match[2]), minutes=int(match[3]))
    # No place on earth is further than 14 hours from Greenwich.
    if delta > timedelta(hours=14) or int(match[3]) > 59:
        return None
    return timezone(-delta if match[1] == "-" else delta)
