"""A camera's serial number, lens and count of frames where only its maker's own notes tell them.

Exif has had tags for both since 2010 (2.3); older bodies, and Sony's to this day, write them in
their own ways or not at all. They decide whether two pictures come from one camera, so the few
makers whose notes are plain directories are read. Encrypted ones are left alone.

Where each maker's directory stands and what its offsets count from: ExifTool's MakerNotes.pm; the
numbers of the tags: its tables of each maker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pumbaphoto_wagtail.intake.tiff import Entry, NotTiff, TiffReader

MAKER_NOTE = 37500
HEAD_BYTES = 32

CANON_SERIAL, CANON_LENS = 0x000C, 0x0095
NIKON_SERIAL, NIKON_OLDER_SERIAL, NIKON_LENS, NIKON_SHUTTER = 0x001D, 0x00A0, 0x0084, 0x00A7
FUJIFILM_SERIAL, FUJIFILM_SHUTTER = 0x0010, 0x1438
PANASONIC_SERIAL = 0x0025
OLYMPUS_EQUIPMENT, OLYMPUS_SERIAL, OLYMPUS_LENS = 0x2010, 0x0101, 0x0203
PENTAX_SERIAL = 0x0229
SONY_SERIAL = 0x2031


@dataclass(frozen=True, kw_only=True)
class MakerNotes:
    """What the notes tell; empty texts, and 0 releases of the shutter, for what they do not."""

    serial: str = ""
    lens: str = ""
    shutter_count: int = 0


def read_maker_notes(reader: TiffReader, exif: dict[int, Entry], make: str) -> MakerNotes:
    """The notes in an Exif directory of a camera by ``make``."""
    note = exif.get(MAKER_NOTE)
    if note is None:
        return MakerNotes()
    head = reader.data(note, HEAD_BYTES)
    for start, read in _READERS:
        if head.startswith(start):
            return read(reader, note, head)
    maker = make.split(" ")[0].upper()
    read = _READERS_WITHOUT_HEAD.get(maker)
    return read(reader, note, head) if read else MakerNotes()


def lens_from_range(reader: TiffReader, entry: Entry | None) -> str:
    """A lens from its shortest and longest focal lengths and its widest apertures there.

    Four fractions, as in Exif's LensSpecification: "24-70mm f/2.8", "18-55mm f/3.5-5.6".
    """
    values = reader.rationals(entry, 4)
    if len(values) < 4 or not 0 < values[0] <= values[1] < 10_000:
        return ""
    lengths, stops = _span(*values[:2]), _span(*values[2:])
    return f"{lengths}mm f/{stops}" if values[2] > 0 and values[3] > 0 else f"{lengths}mm"


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def _canon(reader: TiffReader, note: Entry, head: bytes) -> MakerNotes:
    tags = reader.directory(note.offset)
    number = reader.integer(tags.get(CANON_SERIAL))
    # As Canon prints it on the body, and as editors copy it into what they export.
    serial = f"{number:010d}" if number else ""
    return MakerNotes(serial=serial, lens=reader.text(tags.get(CANON_LENS)))


def _nikon(reader: TiffReader, note: Entry, head: bytes) -> MakerNotes:
    try:
        inner = TiffReader(reader.source, base=reader.base + note.offset + 10)
    except NotTiff:
        return MakerNotes()
    return _nikon_tags(inner, inner.directory())


def _nikon_without_head(reader: TiffReader, note: Entry, head: bytes) -> MakerNotes:
    return _nikon_tags(reader, reader.directory(note.offset))


def _nikon_tags(reader: TiffReader, tags: dict[int, Entry]) -> MakerNotes:
    number = reader.text(tags.get(NIKON_SERIAL)) or reader.text(tags.get(NIKON_OLDER_SERIAL))
    serial = re.sub(r"(?i)^no[.= ]*", "", number)
    return MakerNotes(
        serial=serial,
        lens=lens_from_range(reader, tags.get(NIKON_LENS)),
        shutter_count=reader.integer(tags.get(NIKON_SHUTTER)) or 0,
    )


def _fujifilm(reader: TiffReader, note: Entry, head: bytes) -> MakerNotes:
    inner = TiffReader.without_header(reader.source, base=reader.base + note.offset, order="<")
    tags = inner.directory(int.from_bytes(head[8:12], "little"))
    return MakerNotes(
        serial=inner.text(tags.get(FUJIFILM_SERIAL)),
        shutter_count=inner.integer(tags.get(FUJIFILM_SHUTTER)) or 0,
    )


def _panasonic(reader: TiffReader, note: Entry, head: bytes) -> MakerNotes:
    tags = reader.directory(note.offset + 12)
    serial = reader.text(tags.get(PANASONIC_SERIAL))
    # The number is followed by bytes that are none of it.
    return MakerNotes(serial=re.split(r"[^0-9A-Za-z]", serial)[0])


def _olympus(reader: TiffReader, note: Entry, head: bytes) -> MakerNotes:
    start = 16 if head.startswith(b"OM SYSTEM") else 12
    order = "<" if head[start - 4 : start - 2] == b"II" else ">"
    inner = TiffReader.without_header(reader.source, base=reader.base + note.offset, order=order)
    equipment = inner.directory(start).get(OLYMPUS_EQUIPMENT)
    if equipment is None:
        return MakerNotes()
    offset = inner.integer(equipment) if equipment.count == 1 else equipment.offset
    tags = inner.directory(offset)
    return MakerNotes(
        serial=inner.text(tags.get(OLYMPUS_SERIAL)), lens=inner.text(tags.get(OLYMPUS_LENS))
    )


def _pentax(reader: TiffReader, note: Entry, head: bytes) -> MakerNotes:
    is_own_base = head.startswith(b"PENTAX")
    start = 10 if is_own_base else 6
    mark = head[start - 2 : start]
    order = {b"II": "<", b"MM": ">"}.get(mark, reader.order)
    place = reader.base + note.offset
    base, offset = (place, start) if is_own_base else (reader.base, note.offset + start)
    inner = TiffReader.without_header(reader.source, base=base, order=order)
    return MakerNotes(serial=inner.text(inner.directory(offset).get(PENTAX_SERIAL)))


def _sony(reader: TiffReader, note: Entry, head: bytes) -> MakerNotes:
    start = 12 if head.startswith(b"SONY ") else 0
    serial = reader.text(reader.directory(note.offset + start).get(SONY_SERIAL))
    if re.fullmatch(r"\d{8}", serial) is None:
        return MakerNotes()
    # Its pairs of digits stand in reverse.
    return MakerNotes(serial="".join(serial[place : place + 2] for place in (6, 4, 2, 0)))


_READERS = (
    (b"Nikon\0\x02", _nikon),
    (b"FUJIFILM", _fujifilm),
    (b"Panasonic\0", _panasonic),
    (b"OLYMPUS\0", _olympus),
    (b"OM SYSTEM\0", _olympus),
    (b"AOC\0", _pentax),
    (b"PENTAX \0", _pentax),
    (b"SONY ", _sony),
)
_READERS_WITHOUT_HEAD = {"CANON": _canon, "NIKON": _nikon_without_head, "SONY": _sony}
