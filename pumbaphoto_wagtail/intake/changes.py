"""What has changed in a batch since somebody asked: a cursor that holds all they know.

The cursor is the state of every file of the batch, one byte each in the order of the manifest,
compressed. The server keeps nothing for it, and no clock decides: a change is found whoever made
it, and whenever its transaction was committed.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence

# A request line of more than 4,094 bytes is refused by gunicorn. 5,000 files stay below this even
# when eight states are mixed at random; beyond it everything is told again.
MAX_CURSOR_LENGTH = 3500


def encode(codes: bytes) -> str:
    """A cursor for a URL: one byte for each file, in the order of the manifest."""
    compressed = zlib.compress(codes, level=9)
    cursor = base64.urlsafe_b64encode(compressed).decode().rstrip("=")
    return cursor if len(cursor) <= MAX_CURSOR_LENGTH else ""


def changed(cursor: str, codes: bytes) -> Sequence[int]:
    """Which files, by their numbers from 0, are not as they were when ``cursor`` was made.

    A cursor that cannot be read knows nothing, so everything has changed.
    """
    known = _decode(cursor, len(codes))
    if len(known) != len(codes):
        return range(len(codes))
    return [number for number, code in enumerate(codes) if code != known[number]]


def _decode(cursor: str, length: int) -> bytes:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        # Never more than is wanted, whatever was packed into it.
        return zlib.decompressobj().decompress(base64.urlsafe_b64decode(padded), length + 1)
    except (binascii.Error, zlib.error, ValueError):
        return b""
