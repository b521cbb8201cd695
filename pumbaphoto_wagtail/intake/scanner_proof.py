"""Proving that a clamd looks at the whole of the largest file, and naming the line that is wrong.

Each of clamd's limits, left at its default, answers "OK" for a large file that it has not read.
Three questions find that out: does it know the test virus at all, does it say so where it stops
early, and does it find the virus in the last bytes of the largest accepted file?
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .clamd_client import MEBIBYTE, ClamdClient, ScanAnswer, ZerosThenEicar, eicar
from .clamd_configuration import (
    MAX_SCANNABLE_BYTES,
    SIGNATURE_FILE,
    clamd_lines,
    eicar_signature,
)

SMALL_BYTES = 64 * 1024
# More than clamd follows, however it is configured: MaxRecursion is 100 at most.
NESTED_ARCHIVES = 120


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Whether files of the configured size are really scanned to their end, and if not, why."""

    is_passed: bool
    explanation: str = ""


def speaks_of_its_limits(client: ClamdClient) -> bool:
    """Whether clamd says so where it stops early, instead of "OK".

    It is sent archives within archives, deeper than any limit; a few kilobytes, a millisecond.
    """
    content = _nested_archives()
    return client.scan_stream(io.BytesIO(content), len(content)).outcome == "limits"


def prove(
    client: ClamdClient,
    max_file_bytes: int,
    *,
    descriptor: int | None = None,
    beat: Callable[[], None] | None = None,
) -> Proof:
    """Whether a virus in the last bytes of the largest accepted file is found.

    ``descriptor`` is that of a file of ``max_file_bytes`` that ends with :func:`eicar`, for a
    clamd that is handed descriptors; without it such a file is made while it is sent. Raises
    ScannerUnavailable as the client does.
    """
    if max_file_bytes > MAX_SCANNABLE_BYTES:
        return Proof(is_passed=False, explanation=_too_large_for_clamd())
    small = client.scan_stream(ZerosThenEicar(SMALL_BYTES), SMALL_BYTES)
    if small.outcome == "clean":
        return Proof(is_passed=False, explanation=_unknown_virus())
    if small.outcome != "infected":
        return Proof(is_passed=False, explanation=_explain(small, max_file_bytes))
    if not speaks_of_its_limits(client):
        return Proof(is_passed=False, explanation=_silent_limits(max_file_bytes))
    if descriptor is None:
        large = client.scan_stream(ZerosThenEicar(max_file_bytes), max_file_bytes, beat)
    else:
        large = client.scan_descriptor(descriptor, max_file_bytes, beat)
    if large.outcome == "infected":
        return Proof(is_passed=True)
    return Proof(is_passed=False, explanation=_explain(large, max_file_bytes))


def _nested_archives() -> bytes:
    content = eicar()[:16] * 4
    for _level in range(NESTED_ARCHIVES):
        content = gzip.compress(content, mtime=0)
    return content


def _explain(answer: ScanAnswer, max_file_bytes: int) -> str:
    """Which line of ``clamd.conf`` is wrong, and what it must be."""
    if answer.outcome == "limits":
        return _("clamd stops before the end of the largest file. Set in clamd.conf: %(lines)s") % {
            "lines": _lines(max_file_bytes, answer.signature.rpartition(".")[2])
        }
    if answer.outcome == "clean":
        # Bytes alone would have been found: the limits were spoken of.
        return _(
            "clamd does not look for patterns in the largest file. Set in clamd.conf: %(lines)s"
        ) % {"lines": _lines(max_file_bytes, "PCREMaxFileSize")}
    return _("clamd gave no clear answer to the test file: %(answer)s") % {
        "answer": answer.raw_answer[:200]
    }


def _silent_limits(max_file_bytes: int) -> str:
    return _(
        "clamd calls files clean that it has not scanned to their end. Set in clamd.conf: %(lines)s"
    ) % {"lines": _lines(max_file_bytes, "AlertExceedsMax", "ScanArchive")}


def _unknown_virus() -> str:
    return _(
        "clamd does not find the test virus: write this line into %(file)s in its"
        " DatabaseDirectory and restart it: %(line)s"
    ) % {"file": SIGNATURE_FILE, "line": eicar_signature()}


def _too_large_for_clamd() -> str:
    return _("clamd cannot scan files of more than %(limit)d MiB: set MAX_FILE_BYTES to less.") % {
        "limit": MAX_SCANNABLE_BYTES // MEBIBYTE
    }


def _lines(max_file_bytes: int, *names: str) -> str:
    right = {line.name: line.value for line in clamd_lines(max_file_bytes)}
    return ", ".join(f"{name} {right.get(name, '')}".strip() for name in names)
