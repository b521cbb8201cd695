"""Which part of a file a request asks for: RFC 9110, section 14."""

from __future__ import annotations

import enum
import re
from typing import Literal

# Eighteen digits are an exabyte; more is no honest position, and costs time to convert.
_RANGE = re.compile(r"([0-9]{0,18})-([0-9]{0,18})")


class RangeAnswer(enum.Enum):
    """What a Range header can mean besides a part of the file."""

    UNSATISFIABLE = "416 Range Not Satisfiable"


UNSATISFIABLE = RangeAnswer.UNSATISFIABLE


def parse_range(
    header: str | None, size: int
) -> tuple[int, int] | Literal[RangeAnswer.UNSATISFIABLE] | None:
    """The bytes (start, stop) of a ``size`` bytes long file that a Range header asks for.

    ``stop`` is exclusive. None: answer with the whole file, because there is no header, it is
    malformed, in another unit, or names several ranges (14.2 allows a server to ignore it).
    ``UNSATISFIABLE``: answer 416 with ``Content-Range: bytes */size``.
    """
    unit, equals, specifiers = (header or "").strip().partition("=")
    if not equals or unit.lower() != "bytes":
        return None
    # Empty list elements are to be accepted and ignored (5.6.1.2).
    named = [part for part in (part.strip(" \t") for part in specifiers.split(",")) if part]
    found = _RANGE.fullmatch(named[0]) if len(named) == 1 else None
    if found is None or found[0] == "-":
        return None
    return _interval(found[1], found[2], size)


def _interval(
    first: str, last: str, size: int
) -> tuple[int, int] | Literal[RangeAnswer.UNSATISFIABLE] | None:
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    return (start, stop) if start < stop else UNSATISFIABLE


def range_still_applies(if_range: str | None, etag: str) -> bool:
    """Whether a part may be sent although the client holds parts already.

    ``if_range`` is the If-Range header. Only this very strong ``etag`` proves that both are parts
    of the same bytes (13.1.5); a date does not.
    """
    return if_range is None or (if_range.strip() == etag and not etag.startswith("W/"))
