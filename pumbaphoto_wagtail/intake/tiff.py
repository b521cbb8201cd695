"""A small, bounded reader of TIFF structure: what Exif, and most RAW files, are written in.

It reads directories (IFDs) and their values, never pictures. Every count and offset in a file is
somebody's claim: entries, values and directories are limited, offsets are compared with the real
size before a seek, and no pointer is followed that the caller did not ask for, so that a ring of
pointers has nothing to spin.

Sources: TIFF 6.0; BigTIFF as in libtiff; the magic words of ORF and RW2 as LibRaw reads them.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

from pumbaphoto_wagtail.intake.names import clean_text

# Cameras write some hundred entries; 65,535 are a test of patience.
MAX_ENTRIES = 1024
MAX_VALUE_BYTES = 64 * 1024
# What is read of a text, and what is kept of it, in bytes and characters.
MAX_TEXT_BYTES = 4096
MAX_TEXT_LENGTH = 255

# Bytes per value of each TIFF type; what is not here is passed over.
TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 13: 4, 16: 8, 18: 8}
INTEGER_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 18: "Q"}
RATIONAL_CODES = {5: "I", 10: "i"}

# The two bytes after "II" or "MM": plain TIFF, BigTIFF, Olympus "RO"/"RS"/"OR", Panasonic.
CLASSIC_MAGIC = {b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"MMOR", b"IIU\0"}
BIG_MAGIC = {b"II+\0", b"MM\0+"}


class NotTiff(Exception):
    """The bytes are no TIFF structure, or end before they say where it is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag of a directory: its type, how many values, and where they stand."""

    type: int
    count: int
    offset: int


class TiffReader:
    """Directories of the TIFF structure that begins at ``base`` of a seekable binary file.

    Raises NotTiff where the header is none. Everything after the header answers with None or an
    empty directory where the file does not hold what it promises.
    """

    def __init__(self, source: BinaryIO, *, base: int = 0) -> None:
        self.source = source
        self.base = base
        self.size = source.seek(0, io.SEEK_END)
        magic = self._read(0, 4)
        self.is_big = magic in BIG_MAGIC
        if not self.is_big and magic not in CLASSIC_MAGIC:
            raise NotTiff
        self.order = "<" if magic[:1] == b"I" else ">"
        header = self._read(8, 8) if self.is_big else self._read(4, 4)
        if len(header) < (8 if self.is_big else 4):
            raise NotTiff
        (self.first_offset,) = struct.unpack(self.order + ("Q" if self.is_big else "I"), header)

    @classmethod
    def without_header(cls, source: BinaryIO, *, base: int, order: str) -> TiffReader:
        """A reader for directories that no header precedes, as makers write them in their notes.

        ``order`` is "<" or ">", ``base`` the place that their offsets are counted from.
        """
        reader = cls.__new__(cls)
        reader.source, reader.base, reader.order = source, base, order
        reader.size = source.seek(0, io.SEEK_END)
        reader.is_big, reader.first_offset = False, 0
        return reader

    def directory(self, offset: int | None = None) -> dict[int, Entry]:
        """The entries of the directory at ``offset`` (the first one without), by tag number."""
        start = self.first_offset if offset is None else offset
        count_code, entry_code = ("Q", "HHQ8s") if self.is_big else ("H", "HHI4s")
        count_bytes = struct.calcsize(count_code)
        entry_bytes = struct.calcsize("<" + entry_code)
        head = self._read(start, count_bytes)
        if start < count_bytes or len(head) < count_bytes:
            return {}
        (count,) = struct.unpack(self.order + count_code, head)
        table_start = start + count_bytes
        table = self._read(table_start, min(count, MAX_ENTRIES) * entry_bytes)
        entries: dict[int, Entry] = {}
        for position in range(0, len(table) - entry_bytes + 1, entry_bytes):
            tag, type_, value_count, _ = struct.unpack_from(
                self.order + entry_code, table, position
            )
            place = table_start + position + entry_bytes - (8 if self.is_big else 4)
            entry = self._entry(type_, value_count, place)
            if entry is not None:
                entries.setdefault(tag, entry)
        return entries

    def integer(self, entry: Entry | None) -> int | None:
        """The first value, where it is a whole number."""
        if entry is None or entry.type not in INTEGER_CODES or entry.count < 1:
            return None
        data = self._read(entry.offset, TYPE_SIZES[entry.type])
        if len(data) < TYPE_SIZES[entry.type]:
            return None
        return struct.unpack(self.order + INTEGER_CODES[entry.type], data)[0]

    def rational(self, entry: Entry | None) -> tuple[int, int] | None:
        """The first value as numerator and denominator; a denominator of 0 is no value."""
        if entry is None or entry.type not in RATIONAL_CODES or entry.count < 1:
            return None
        data = self._read(entry.offset, 8)
        if len(data) < 8:
            return None
        numerator, denominator = struct.unpack(self.order + RATIONAL_CODES[entry.type] * 2, data)
        return (numerator, denominator) if denominator else None

    def rationals(self, entry: Entry | None, count: int) -> list[float]:
        """The first ``count`` values as numbers, or as many as are there with a denominator."""
        if entry is None or entry.type not in RATIONAL_CODES:
            return []
        code = self.order + RATIONAL_CODES[entry.type] * 2
        data = self._read(entry.offset, 8 * min(count, entry.count))
        pairs = struct.iter_unpack(code, data[: len(data) // 8 * 8])
        return [numerator / denominator for numerator, denominator in pairs if denominator]

    def data(self, entry: Entry | None, limit: int = MAX_VALUE_BYTES) -> bytes:
        """The raw bytes of a value, at most ``limit`` of them."""
        if entry is None:
            return b""
        return self._read(entry.offset, min(entry.count * TYPE_SIZES[entry.type], limit))

    def text(self, entry: Entry | None) -> str:
        """A text as it may be stored and shown: clean, at most 255 characters, "" for none."""
        return readable(self.data(entry, MAX_TEXT_BYTES))

    def _entry(self, type_: int, count: int, place: int) -> Entry | None:
        size = TYPE_SIZES.get(type_)
        if size is None:
            return None
        inline = 8 if self.is_big else 4
        if size * count <= inline:
            return Entry(type_, count, place)
        pointer = self._read(place, inline)
        if len(pointer) < inline:
            return None
        (offset,) = struct.unpack(self.order + ("Q" if self.is_big else "I"), pointer)
        return Entry(type_, count, offset)

    def _read(self, offset: int, length: int) -> bytes:
        position = self.base + offset
        if not 0 <= position < self.size:
            return b""
        self.source.seek(position)
        return self.source.read(length)


def readable(data: bytes) -> str:
    """The text that a camera wrote: up to its NUL, in whatever encoding, clean and bounded."""
    raw = data.split(b"\0", 1)[0]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        # Exif says ASCII; cameras and software write their own code page. Latin-1 never fails.
        text = raw.decode("latin-1")
    return clean_text(text).strip()[:MAX_TEXT_LENGTH].strip()
