"""A ZIP that is computed rather than built.

Members are stored without compression, and their sizes and CRC-32 are known beforehand, so the
offset of every byte is known before one of them is read: an exact length, a strong ETag and any
range, without a temporary file. The format is PKWARE's APPNOTE.TXT 6.3.10; the numbers of its
sections stand at the records.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from typing import Any, Protocol

from pumbaphoto_wagtail.exceptions import BytesDiffer

# Values from here on stand in a ZIP64 field, and this one in the old field (4.4.1.4).
MAX_32 = 0xFFFFFFFF
MAX_16 = 0xFFFF

# Part of every ETag: to be changed with any change to the bytes of the records below.
_RECORDS_EDITION = b"2\n"

_UTF8_FLAG = 0x800
_STORED = 0
_VERSION, _VERSION_ZIP64 = 20, 45
# "Made on Unix": the upper half of the attributes holds the mode of a regular file, rw-r--r--.
_MADE_ON_UNIX = 3 << 8
_REGULAR_FILE = 0o100644 << 16

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_CENTRAL_HEADER = struct.Struct("<4s6H3I5H2I")
_ZIP64_END = struct.Struct("<4sQ2H2I4Q")
_ZIP64_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_TIMESTAMP = struct.Struct("<2HBi")

Bytes = bytes | memoryview
Read = Callable[[Any, int, int], Iterable[Bytes]]


class Proven(Protocol):
    """Sources whose bytes are known to be right; a set is one."""

    def __contains__(self, source: Any) -> bool: ...

    def add(self, source: Any) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ZipMember:
    """One file in the ZIP.

    ``name`` uses "/" between folders; ``size`` is in bytes, ``modified`` an aware time whose own
    clock is what unpacked files show. ``source`` means something to the caller only.
    """

    name: str
    size: int
    crc32: int
    modified: datetime
    source: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of a member's bytes."""

    member: ZipMember
    offset: int
    length: int

    @property
    def is_end(self) -> bool:
        """Whether the member's last byte is among these."""
        return self.offset + self.length == self.member.size


class ZipLayout:
    """Where every byte of the ZIP of ``members`` comes from.

    Raises ValueError for members that no correct archive can hold: a name twice, a name that
    leaves the folder it is unpacked in, a size or a checksum out of bounds, a naive time.
    """

    def __init__(self, members: Iterable[ZipMember]) -> None:
        self.members: Sequence[ZipMember] = tuple(members)
        _check(self.members)
        lengths = (len(_local_header(member)) + member.size for member in self.members)
        *self._offsets, self._directory_offset = accumulate(lengths, initial=0)

    @cached_property
    def size(self) -> int:
        """The length of the whole ZIP, in bytes."""
        return self._directory_offset + len(self._ending)

    @cached_property
    def etag(self) -> str:
        """A strong entity tag, in its quotes: it changes with any byte of the ZIP."""
        # The directory says all that the rest consists of: each name, size, CRC-32 and time.
        return f'"{hashlib.sha256(_RECORDS_EDITION + self._ending).hexdigest()}"'

    def segments(self, start: int = 0, stop: int | None = None) -> Iterator[bytes | Piece]:
        """The bytes from ``start`` up to ``stop``, in order: headers as bytes, files as pieces."""
        stop = self.size if stop is None else min(stop, self.size)
        first = max(0, bisect_right(self._offsets, start) - 1)
        for index in range(first, len(self.members)):
            if self._offsets[index] >= stop:
                return
            yield from self._member_segments(index, start, stop)
        ending = _part(self._ending, self._directory_offset, start, stop)
        if ending:
            yield ending

    def _member_segments(self, index: int, start: int, stop: int) -> Iterator[bytes | Piece]:
        member, offset = self.members[index], self._offsets[index]
        header = _local_header(member)
        if part := _part(header, offset, start, stop):
            yield part
        data = offset + len(header)
        begin, end = max(start, data), min(stop, data + member.size)
        if begin < end:
            yield Piece(member=member, offset=begin - data, length=end - begin)

    @cached_property
    def _ending(self) -> bytes:
        """The central directory and the records after it (4.3.12 to 4.3.16)."""
        directory = b"".join(map(_central_header, self.members, self._offsets))
        count, size, offset = len(self.members), len(directory), self._directory_offset
        records = b""
        if count >= MAX_16 or size >= MAX_32 or offset >= MAX_32:
            records = _zip64_records(count, size, offset)
        end = _END.pack(
            b"PK\5\6",
            *(0, 0),
            *(min(count, MAX_16), min(count, MAX_16)),
            *(min(size, MAX_32), min(offset, MAX_32)),
            0,
        )
        return directory + records + end


def send(
    segments: Iterable[bytes | Piece], read: Read, proven: Proven | None = None
) -> Iterator[Bytes]:
    """The bytes of these segments, the files' own through ``read``.

    ``read(source, offset, length)`` gives the bytes of one file in chunks of its own choosing.
    Wherever a member's end is sent, the CRC-32 of the whole member is checked, and its last chunk
    is held back until it is right, so that a wrong archive never looks finished; what was sent of
    it before, with another request, is read once more for that. ``proven`` are sources of which
    the caller knows that they are right; those found right are added. Raises BytesDiffer when a
    file is shorter, longer or other than the ZIP promised: the connection has to be cut then.
    """
    proven = set() if proven is None else proven
    for segment in segments:
        if isinstance(segment, Piece):
            yield from _checked(segment, read, proven)
        else:
            yield segment


def _checked(piece: Piece, read: Read, proven: Proven) -> Iterator[Bytes]:
    source, expected = piece.member.source, piece.member.crc32
    is_in_question = piece.is_end and source not in proven
    held: Bytes = b""
    left, crc = piece.length, 0
    if is_in_question and piece.offset:
        for chunk in read(source, 0, piece.offset):
            crc = zlib.crc32(chunk, crc)
    for chunk in read(source, piece.offset, piece.length):
        if held:
            yield held
        held, left = chunk, left - len(chunk)
        if left < 0:
            raise BytesDiffer
        if is_in_question:
            crc = zlib.crc32(chunk, crc)
    if left or (is_in_question and crc != expected):
        raise BytesDiffer
    if is_in_question:
        proven.add(source)
    yield held


def _check(members: Sequence[ZipMember]) -> None:
    if len({member.name for member in members}) != len(members):
        raise ValueError("Two members of a ZIP have the same name.")
    for member in members:
        _check_name(member.name)
        if member.size < 0 or not 0 <= member.crc32 <= MAX_32:
            raise ValueError("A member of a ZIP needs its size and its CRC-32.")
        if member.size == 0 and member.crc32 != 0:
            raise ValueError("The CRC-32 of no bytes is 0.")
        if member.modified.utcoffset() is None:
            raise ValueError("The time of a member of a ZIP needs a time zone.")


def _check_name(name: str) -> None:
    parts = name.split("/")
    if "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts):
        raise ValueError("A member of a ZIP needs a plain relative name.")
    if len(name.encode()) > MAX_16:
        raise ValueError("The name of a member of a ZIP is too long.")


def _local_header(member: ZipMember) -> bytes:
    """4.3.7"""
    name, zip64 = member.name.encode(), b""
    if member.size >= MAX_32:
        zip64 = struct.pack("<2H2Q", 1, 16, member.size, member.size)
    extra = zip64 + _timestamp(member)
    return (
        _LOCAL_HEADER.pack(
            b"PK\3\4",
            _VERSION_ZIP64 if zip64 else _VERSION,
            *_facts(member),
            *(len(name), len(extra)),
        )
        + name
        + extra
    )


def _central_header(member: ZipMember, offset: int) -> bytes:
    """4.3.12"""
    name = member.name.encode()
    zip64 = _central_zip64(member.size, offset)
    extra = zip64 + _timestamp(member)
    version = _VERSION_ZIP64 if zip64 else _VERSION
    return (
        _CENTRAL_HEADER.pack(
            b"PK\1\2",
            *(_MADE_ON_UNIX | version, version),
            *_facts(member),
            *(len(name), len(extra)),
            *(0, 0, 0),
            *(_REGULAR_FILE, min(offset, MAX_32)),
        )
        + name
        + extra
    )


def _facts(member: ZipMember) -> tuple[int, ...]:
    """The fields that both headers share: flags, method, time, date, CRC-32, sizes."""
    # Only names that need it are marked, since some old programs know no flags at all.
    flags = 0 if member.name.isascii() else _UTF8_FLAG
    size = min(member.size, MAX_32)
    return (flags, _STORED, *_dos_time(member.modified), member.crc32, size, size)


def _central_zip64(size: int, offset: int) -> bytes:
    """4.5.3: only the values that do not fit their old field, in this order."""
    values = [size, size] if size >= MAX_32 else []
    values += [offset] if offset >= MAX_32 else []
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values) if values else b""


def _zip64_records(count: int, size: int, offset: int) -> bytes:
    """4.3.14 and 4.3.15"""
    end = _ZIP64_END.pack(
        b"PK\6\6",
        _ZIP64_END.size - 12,
        *(_MADE_ON_UNIX | _VERSION_ZIP64, _VERSION_ZIP64),
        *(0, 0),
        *(count, count, size, offset),
    )
    return end + _ZIP64_LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)


def _dos_time(moment: datetime) -> tuple[int, int]:
    """4.4.6: local time in steps of two seconds, for the years 1980 to 2107."""
    if moment.year < 1980:
        return (0, 1 << 5 | 1)
    if moment.year > 2107:
        return (23 << 11 | 59 << 5 | 29, 127 << 9 | 12 << 5 | 31)
    return (
        moment.hour << 11 | moment.minute << 5 | moment.second // 2,
        (moment.year - 1980) << 9 | moment.month << 5 | moment.day,
    )


def _timestamp(member: ZipMember) -> bytes:
    """Info-ZIP's extra field 0x5455: the moment itself, whatever zone it is unpacked in."""
    seconds = int(member.modified.timestamp())
    if not -(2**31) <= seconds < 2**31:
        return b""
    return _TIMESTAMP.pack(0x5455, 5, 1, seconds)


def _part(data: bytes, offset: int, start: int, stop: int) -> bytes:
    """What of ``data``, which begins at ``offset``, lies between ``start`` and ``stop``."""
    return data[max(0, start - offset) : max(0, stop - offset)]
