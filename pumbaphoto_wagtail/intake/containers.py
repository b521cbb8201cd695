"""Where each container keeps its Exif, and the picture's size where the header says it.

Every walk is bounded in steps and compares the sizes it is told with the bytes that are there.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from pumbaphoto_wagtail.intake.formats import Format
from pumbaphoto_wagtail.intake.tiff import NotTiff, TiffReader

MAX_STEPS = 4096
MAX_BLOCK_BYTES = 1024 * 1024

IMAGE_WIDTH, IMAGE_LENGTH = 256, 257
XMP = 700
PANASONIC_JPEG = 0x2E

# Start-of-frame markers: all of C0 to CF that are not tables (C4, C8, CC).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_END_OF_IMAGE, _START_OF_SCAN, _APP1 = 0xD9, 0xDA, 0xE1
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})

_XMP_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_KEYWORD = b"XML:com.adobe.xmp\0"
_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


def exif_blocks(source: BinaryIO, format: Format) -> Iterator[tuple[BinaryIO, int]]:
    """Files and offsets at which TIFF structures with a photograph's tags begin."""
    if format.name == "jpeg":
        yield from _jpeg_exif(source, 0)
    elif format.name == "png":
        yield from _png_exif(source)
    elif format.name == "cr3":
        yield from _canon_boxes(source)
    elif format.name == "raf":
        offset = _read(source, 84, 4)
        if len(offset) == 4:
            yield from _jpeg_exif(source, int.from_bytes(offset, "big"))
    else:
        yield source, 0
        if format.name == "rw2":
            yield from _panasonic_exif(source)


def xmp_packet(source: BinaryIO, format: Format) -> bytes:
    """The beginning of the XMP of a JPEG, PNG, TIFF or DNG; empty for what has none."""
    if format.name == "jpeg":
        return _jpeg_xmp(source)
    if format.name == "png":
        return _png_xmp(source)
    return _tiff_xmp(source) if format.name in {"tiff", "dng"} else b""


def pixel_size(source: BinaryIO, format: Format) -> tuple[int, int] | None:
    """Width and height as stored, before any rotation; None for RAW and for broken headers."""
    size = None
    if format.name == "jpeg":
        size = jpeg_frame(source)
    elif format.name == "png":
        size = _png_size(source)
    elif format.name == "tiff":
        size = _tiff_size(source)
    return size if size and size[0] and size[1] else None


def jpeg_frame(source: BinaryIO) -> tuple[int, int] | None:
    """Width and height from a JPEG's frame header."""
    for marker, start, length in _jpeg_segments(source, 0):
        if marker in _FRAMES and length >= 6:
            height, width = struct.unpack(">HH", _read(source, start + 1, 4))
            return width, height
    return None


def count_scans(source: BinaryIO, limit: int) -> int:
    """How often a progressive JPEG starts a scan, counted up to ``limit``; 1 for the others.

    In picture data the byte FF is always followed by 00, so the marker is found by searching.
    """
    if not any(marker in _PROGRESSIVE for marker, _, _ in _jpeg_segments(source, 0)):
        return 1
    source.seek(0)
    count, last = 0, b""
    while count < limit and (chunk := source.read(1024 * 1024)):
        count += (last + chunk).count(b"\xff\xda")
        last = chunk[-1:]
    return count


def _jpeg_segments(source: BinaryIO, base: int) -> Iterator[tuple[int, int, int]]:
    """Marker, start of content and its length, up to the first scan."""
    position = base + 2
    for _ in range(MAX_STEPS):
        head = _read(source, position, 4)
        if len(head) < 4 or head[0] != 0xFF:
            return
        marker = head[1]
        if marker == 0xFF or marker in _STANDALONE:
            position += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(head[2:], "big")
        if marker in {_END_OF_IMAGE, _START_OF_SCAN} or length < 2:
            return
        yield marker, position + 4, length - 2
        position += 2 + length


def _jpeg_exif(source: BinaryIO, base: int) -> Iterator[tuple[BinaryIO, int]]:
    if _read(source, base, 2) != b"\xff\xd8":
        return
    for marker, start, length in _jpeg_segments(source, base):
        if marker == _APP1 and _read(source, start, 6) == b"Exif\0\0":
            yield io.BytesIO(_read(source, start + 6, length - 6)), 0
            return


def _jpeg_xmp(source: BinaryIO) -> bytes:
    for marker, start, length in _jpeg_segments(source, 0):
        if marker == _APP1 and _read(source, start, len(_XMP_NAME)) == _XMP_NAME:
            return _read(source, start + len(_XMP_NAME), length - len(_XMP_NAME))
    return b""


def _png_chunks(source: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    position = 8
    for _ in range(MAX_STEPS):
        head = _read(source, position, 8)
        if len(head) < 8:
            return
        length = int.from_bytes(head[:4], "big")
        yield head[4:], position + 8, length
        position += 12 + length


def _png_exif(source: BinaryIO) -> Iterator[tuple[BinaryIO, int]]:
    for name, start, length in _png_chunks(source):
        if name == b"eXIf":
            yield io.BytesIO(_read(source, start, min(length, MAX_BLOCK_BYTES))), 0
            return


def _png_xmp(source: BinaryIO) -> bytes:
    """XMP is an international text chunk, uncompressed by its own specification."""
    for name, start, length in _png_chunks(source):
        if name == b"iTXt" and _read(source, start, len(_XMP_KEYWORD)) == _XMP_KEYWORD:
            return _read(source, start, min(length, MAX_BLOCK_BYTES))[len(_XMP_KEYWORD) :]
    return b""


def _png_size(source: BinaryIO) -> tuple[int, int] | None:
    head = _read(source, 8, 16)
    if len(head) < 16 or head[4:8] != b"IHDR":
        return None
    return struct.unpack(">II", head[8:])


def _tiff_size(source: BinaryIO) -> tuple[int, int] | None:
    try:
        reader = TiffReader(source)
    except NotTiff:
        return None
    directory = reader.directory()
    width = reader.integer(directory.get(IMAGE_WIDTH))
    height = reader.integer(directory.get(IMAGE_LENGTH))
    return (width, height) if width and height else None


def _tiff_xmp(source: BinaryIO) -> bytes:
    try:
        reader = TiffReader(source)
    except NotTiff:
        return b""
    return reader.data(reader.directory().get(XMP), MAX_BLOCK_BYTES)


def _panasonic_exif(source: BinaryIO) -> Iterator[tuple[BinaryIO, int]]:
    """An RW2 keeps the capture time in the Exif of its preview."""
    try:
        reader = TiffReader(source)
    except NotTiff:
        return
    entry = reader.directory().get(PANASONIC_JPEG)
    if entry is not None:
        yield from _jpeg_exif(source, entry.offset)


def _canon_boxes(source: BinaryIO) -> Iterator[tuple[BinaryIO, int]]:
    """CMT1 (the camera) and CMT2 (the Exif directory) inside moov / Canon's uuid box."""
    for name, start, length in _boxes(source, 0, source.seek(0, io.SEEK_END)):
        if name != b"moov":
            continue
        for inner, inner_start, inner_length in _boxes(source, start, start + length):
            if inner == b"uuid" and _read(source, inner_start, 16) == _CANON_UUID:
                yield from _canon_metadata(source, inner_start + 16, inner_start + inner_length)
        return


def _canon_metadata(source: BinaryIO, start: int, end: int) -> Iterator[tuple[BinaryIO, int]]:
    for name, content, length in _boxes(source, start, end):
        if name in {b"CMT1", b"CMT2"}:
            yield io.BytesIO(_read(source, content, min(length, MAX_BLOCK_BYTES))), 0


def _boxes(source: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of content and its length of each box (ISO 14496-12) between two offsets."""
    position = start
    for _ in range(MAX_STEPS):
        head = _read(source, position, 16)
        if position >= end or len(head) < 8:
            return
        length, name, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = end - position
        if length < header:
            return
        yield name, position + header, min(length, end - position) - header
        position += length


def _read(source: BinaryIO, offset: int, length: int) -> bytes:
    # An offset beyond what a seek can take is as much beyond the end as any other.
    if offset > 2**62 or length <= 0:
        return b""
    source.seek(offset)
    return source.read(min(length, MAX_BLOCK_BYTES))
