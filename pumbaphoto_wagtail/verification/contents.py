"""I4 and I7: each stored file is at its one place, whole, and as its sidecar remembers it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from django.db import DatabaseError, transaction
from django.utils import timezone

from ..models import UNREAD, FileMove, Stage, StoredFile
from ..storage import INCOMING, FileDigest, digest, read_sidecar, storage_for
from .findings import (
    CHUNK_ROWS,
    Finding,
    Inspection,
    Severity,
    long_ago,
    one_by_one,
    place_of,
    still,
)
from .volumes import look_at

logger = logging.getLogger(__name__)

MISSING = "missing"
UNDELETED = "deleted, but there"
_HINTS = {
    UNDELETED: "Nobody misses it; the reconciler removes it (manage.py reconcile).",
    MISSING: "Restore it from a backup or upload the same file again; no other copy is known.",
    "mismatch": "The bytes have changed on the storage: restore the file from a backup.",
    "unreadable": "Look at the storage's own log; the file may come back.",
}


def check(inspection: Inspection) -> Iterator[Finding]:
    proved: list[int] = []
    for file in inspection.counted("files", inspection.files()):
        yield from _check_file(inspection, file, proved)
        if len(proved) == CHUNK_ROWS:
            remember_proved(proved)
            proved = []
    remember_proved(proved)
    yield from _check_moves(inspection)


def remember_proved(keys: Sequence[int]) -> None:
    """Write down of files that every byte of theirs was read just now, and found right.

    Where the database takes no writing, they will be read again sooner, and that is all.
    """
    try:
        with transaction.atomic():
            StoredFile.objects.filter(pk__in=keys).update(proved_at=timezone.now())
    except DatabaseError as error:
        logger.warning("what was read was not written down: %r", error)


def trouble_with(
    storage: str,
    name: str,
    size: int,
    sha256: str,
    crc32: int | None,
    *,
    is_hashing: bool,
    read: Callable[[str, str], FileDigest] | None = None,
) -> str:
    """What is wrong with the bytes at a place: "missing", "mismatch: ...", "unreadable: ...".

    ``read`` gives the digest of the file of an alias and a name, if not ``storage.digest``.
    """
    try:
        if not is_hashing:
            found_size = storage_for(storage).size(name)
            return "" if found_size == size else _wrong_size(found_size, size)
        found = (read or digest)(storage, name)
    except FileNotFoundError:
        return MISSING
    except Exception as error:  # storages other than ours have errors of their own
        return f"unreadable: {type(error).__name__}: {error}"
    if found.size != size:
        return _wrong_size(found.size, size)
    if found.sha256 != sha256:
        return "mismatch: another SHA-256"
    if crc32 is not None and found.crc32 != crc32:
        return "mismatch: another CRC-32 than the row's, of the right bytes"
    return ""


def _wrong_size(found: int, expected: int) -> str:
    return f"mismatch: {found} bytes instead of {expected}"


def hint_for(trouble: str) -> str:
    """What an operator can do about the trouble with an original."""
    return _HINTS[trouble.partition(":")[0]]


def _check_file(inspection: Inspection, file: StoredFile, proved: list[int]) -> Iterator[Finding]:
    if file.storage in inspection.absent:
        return

    def look(row: StoredFile) -> str:
        if row.stage == Stage.DELETED:
            return _trouble_with_deleted(row) if row.is_owned else ""
        trouble = trouble_with(
            row.storage,
            row.name,
            row.size,
            row.sha256,
            row.crc32,
            is_hashing=inspection.is_hashing and row.sha256 != UNREAD,
        )
        # What is gone from a library is the photographer's affair, as long as everybody knows.
        is_known = not row.is_owned and row.stage == Stage.MISSING
        return "" if trouble == MISSING and is_known else trouble

    present, trouble = still(file, look)
    if present is None:
        return
    if trouble:
        yield from _tell(inspection, present, trouble)
        return
    if present.stage == Stage.DELETED or _is_known_to_be_gone(present):
        return
    inspection.looked_at["bytes"] += present.size
    if inspection.is_hashing and present.sha256 != UNREAD:
        proved.append(present.pk)
    if present.stage == Stage.MISSING:
        yield Finding(
            invariant="I4",
            severity=Severity.WARNING,
            what="marked as missing, but there",
            where=place_of(present),
            hint=(
                "Uploading the same file again brings the photo back."
                if present.is_owned
                else "The next scan of its library brings the photo back."
            ),
        )
    if present.is_owned and present.storage != INCOMING:
        yield from _check_sidecar(present)


def _is_known_to_be_gone(file: StoredFile) -> bool:
    if file.is_owned or file.stage != Stage.MISSING:
        return False
    found = trouble_with(
        file.storage, file.name, file.size, file.sha256, file.crc32, is_hashing=False
    )
    return found == MISSING


def _trouble_with_deleted(file: StoredFile) -> str:
    try:
        storage_for(file.storage).size(file.name)
    except FileNotFoundError:
        return ""
    except Exception as error:  # as above
        return f"unreadable: {type(error).__name__}: {error}"
    return UNDELETED


def _tell(inspection: Inspection, file: StoredFile, trouble: str) -> Iterator[Finding]:
    if trouble != MISSING:
        # One unreadable file, or the whole volume?
        absent = list(look_at(inspection, file.storage))
        if absent:
            yield from absent
            return
    yield Finding(
        invariant="I4",
        severity=Severity.ERROR,
        what=trouble,
        where=place_of(file),
        hint=hint_for(trouble),
        file=str(file.uuid),
    )


def _check_sidecar(file: StoredFile) -> Iterator[Finding]:
    present, trouble = still(file, _trouble_with_sidecar)
    if present is None or not trouble:
        return
    is_error = trouble.startswith("sidecar says")
    yield Finding(
        invariant="I7",
        severity=Severity.ERROR if is_error else Severity.WARNING,
        what=trouble,
        where=place_of(present),
        hint=(
            "The original, or its row, has been exchanged since it was promoted."
            if is_error
            else "A lost database could not be rebuilt for this file."
        ),
    )


def _trouble_with_sidecar(file: StoredFile) -> str:
    try:
        words = read_sidecar(file.storage, file.name)
    except FileNotFoundError:
        return "no sidecar"
    except Exception as error:  # as above; and it may hold anything but JSON
        return f"sidecar cannot be read: {type(error).__name__}"
    expected = {
        "file": str(file.uuid),
        "size": file.size,
        "sha256": file.sha256,
        "crc32": file.crc32,
    }
    differing = [
        key
        for key, value in expected.items()
        if not isinstance(words, dict) or words.get(key) != value
    ]
    return f"sidecar says otherwise: {', '.join(differing)}" if differing else ""


def _check_moves(inspection: Inspection) -> Iterator[Finding]:
    moves = FileMove.objects.filter(stored_file__in=inspection.files(), started_at__lt=long_ago())
    for move in one_by_one(moves.select_related("stored_file")):
        yield Finding(
            invariant="I4",
            severity=Severity.WARNING,
            what="on its way to another storage for more than a day",
            where=place_of(move.stored_file),
            hint="Is the other storage there, and does the reconciler run?",
        )
