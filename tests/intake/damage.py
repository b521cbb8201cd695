"""Damaged photographs, as many as wanted: whole files of every format, and ways to break them.

File number N of a seed is always the same bytes, so that a number is all that a report needs.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from pumbaphoto_wagtail.intake.formats import FORMATS
from tests.intake.whole_files import Whole, made_files, sample_files

SAMPLE_SHARE = 0.75

HEAD_BYTES = 4096
NUMBERS = (0, 1, 2, 7, 8, 127, 128, 255, 256, 32767, 32768, 65000, 65535)
LARGE_NUMBERS = (*NUMBERS, 2**24, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)


@dataclass(frozen=True)
class Damaged:
    """A file under a photograph's name, and what was done to it."""

    file_name: str
    content: bytes
    story: str


def damaged(number: int, seed: int) -> Damaged:
    """The file with this number."""
    dice = random.Random(f"{seed} {number}")
    whole = _choose(dice)
    content, story = whole.content, []
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        way = dice.choice(WAYS)
        content = way(content, dice)
        story.append(way.__name__)
    if whole.format == "png" and dice.random() < 0.7:
        content = _with_right_checksums(content)
    return Damaged(f"{number}.{whole.format}", content, f"{whole.name}: {', '.join(story)}")


def _choose(dice: random.Random) -> Whole:
    # Every format in turn as often as any other, however many files of it there are.
    format = dice.choice(list(FORMATS))
    of_samples = [whole for whole in sample_files() if whole.format == format]
    if of_samples and dice.random() < SAMPLE_SHARE:
        return dice.choice(of_samples)
    return dice.choice([whole for whole in made_files() if whole.format == format])


# --- Ways to break a file ------------------------------------------------------------------------


def flipped_bits(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 4, 16, 64))):
        place = _place(changed, dice)
        if place < len(changed):
            changed[place] ^= 1 << dice.randrange(8)
    return bytes(changed)


def overwritten(content: bytes, dice: random.Random) -> bytes:
    start, length = _place(content, dice), dice.choice((1, 2, 4, 16, 200, 2000))
    filling = dice.choice((bytes(length), b"\xff" * length, dice.randbytes(length)))
    return content[:start] + filling + content[start + length :]


def cut_short(content: bytes, dice: random.Random) -> bytes:
    return content[: _place(content, dice)]


def cut_out(content: bytes, dice: random.Random) -> bytes:
    start = _place(content, dice)
    return content[:start] + content[start + dice.choice((1, 2, 12, 100, 5000)) :]


def said_twice(content: bytes, dice: random.Random) -> bytes:
    start, length = _place(content, dice), dice.choice((1, 12, 64, 1024))
    return content[: start + length] + content[start:]


def spliced(content: bytes, dice: random.Random) -> bytes:
    other = _choose(dice).content
    start, length = _place(content, dice), dice.choice((16, 256, 4096))
    piece = other[(begin := _place(other, dice)) : begin + length]
    return content[:start] + piece + content[start + dice.choice((0, length)) :]


def head_of_another(content: bytes, dice: random.Random) -> bytes:
    length = dice.choice((4, 8, 16, 64, 512))
    return _choose(dice).content[:length] + content[length:]


def tail_of_another(content: bytes, dice: random.Random) -> bytes:
    other = _choose(dice).content
    return content[: _place(content, dice)] + other[_place(other, dice) :]


def wrong_number(content: bytes, dice: random.Random) -> bytes:
    """A length, count or offset that is not true, where such numbers stand in most formats."""
    start = _place(content, dice) & ~1
    code = dice.choice(("<H", ">H", "<I", ">I"))
    numbers = NUMBERS if code[1] == "H" else (*LARGE_NUMBERS, len(content), len(content) - 1)
    size = struct.calcsize(code)
    number = dice.choice(numbers) % 2 ** (8 * size)
    return content[:start] + struct.pack(code, number) + content[start + size :]


def wrong_segment(content: bytes, dice: random.Random) -> bytes:
    """A lie in a JPEG's own structure, wherever in the file a JPEG stands."""
    marker = bytes((0xFF, dice.choice((0xC0, 0xC2, 0xC4, 0xDB, 0xDA, 0xDD, 0xE1, 0xE2))))
    start = content.find(marker)
    if start < 0:
        return wrong_number(content, dice)
    place = start + 2 + dice.choice((0, 0, 2, 3, 5, 7, 9, 11))
    number = struct.pack(">H", dice.choice(NUMBERS))
    return content[:place] + number + content[place + 2 :]


def wrong_entry(content: bytes, dice: random.Random) -> bytes:
    """A lie in a TIFF directory: of Exif, of a TIFF, or of a RAW."""
    starts = [content.find(magic) for magic in (b"II*\0", b"MM\0*", b"IIRO", b"IIU\0")]
    base = min((start for start in starts if start >= 0), default=-1)
    if base < 0 or len(content) < base + 8:
        return wrong_number(content, dice)
    order = "<" if content[base : base + 1] == b"I" else ">"
    (first,) = struct.unpack_from(order + "I", content, base + 4)
    # How many there are; or tag, type, count or value of one of the first.
    entry = 2 + 12 * dice.randrange(20)
    place = base + first + dice.choice((0, entry, entry + 2, entry + 4, entry + 8))
    number = struct.pack(order + "I", dice.choice((*LARGE_NUMBERS, first, len(content))))
    if place + 4 > len(content):
        return wrong_number(content, dice)
    if dice.random() < 0.5:
        number = number[:2] if order == "<" else number[2:]
    return content[:place] + number + content[place + len(number) :]


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flipped_bits,
    flipped_bits,
    overwritten,
    cut_short,
    cut_out,
    said_twice,
    spliced,
    head_of_another,
    tail_of_another,
    wrong_number,
    wrong_number,
    wrong_segment,
    wrong_segment,
    wrong_entry,
    wrong_entry,
    wrong_entry,
)


def _place(content: bytes, dice: random.Random) -> int:
    """Somewhere in a file, mostly near its beginning, where its structure is."""
    end = min(len(content), dice.choice((64, 512, HEAD_BYTES, len(content))))
    return dice.randrange(end) if end else 0


def _with_right_checksums(content: bytes) -> bytes:
    """A PNG whose chunks are believed although they were changed."""
    mended, position = bytearray(content), 8
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            break
        mended[end : end + 4] = struct.pack(">I", zlib.crc32(mended[position + 4 : end]))
        position = end + 4
    return bytes(mended)
