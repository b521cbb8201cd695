"""Whether one stored file and what was made of it are whole, by reading every byte."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from ..models import Rendition, Stage, StoredFile
from ..storage import LibraryStorage, reread, storage_for
from . import renditions as rendition_check
from .contents import MISSING, hint_for, trouble_with
from .findings import Finding, Inspection, Severity, place_of, still
from .volumes import look_at

GONE_STAGES = (Stage.DELETED, Stage.MISSING)


@dataclass(kw_only=True)
class Proof:
    """What came of reading a file: how many renditions were read with it, what is wrong, and
    whether that is known at all.

    It is not known of a file whose volume is away, and of one that was changed or taken away while
    it was read, or by its photographer: ``is_known`` is False then, and nothing is wrong.
    """

    is_known: bool = True
    renditions: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return self.is_known and not self.findings


UNKNOWN = partial(Proof, is_known=False)


def prove(
    inspection: Inspection, file: StoredFile, renditions: Iterable[Rendition], *, share: float
) -> Proof:
    """Read a file and its renditions from their volumes, taking ``share`` of the time for it.

    A storage that turns out to be away is noted in ``inspection``.
    """
    read = partial(reread, share=share)

    def look(row: StoredFile) -> str:
        if row.stage in GONE_STAGES:
            return ""
        return trouble_with(
            row.storage, row.name, row.size, row.sha256, row.crc32, is_hashing=True, read=read
        )

    present, trouble = still(file, look)
    if present is None or present.stage in GONE_STAGES:
        return UNKNOWN()
    if trouble and _is_away(inspection, present.storage, trouble):
        return UNKNOWN()
    if trouble and not present.is_owned and _is_for_scan(present, trouble):
        return UNKNOWN()
    proof = Proof()
    if trouble:
        proof.findings.append(
            Finding(
                invariant="I4",
                severity=Severity.ERROR,
                what=trouble,
                where=place_of(present),
                hint=hint_for(trouble),
                file=str(present.uuid),
            )
        )
    for rendition in renditions:
        _prove_rendition(inspection, proof, present, rendition, read)
    return proof


def _is_away(inspection: Inspection, alias: str, trouble: str) -> bool:
    """Whether it is the whole volume that cannot be read; of one of ours a missing file says no."""
    if trouble == MISSING and not isinstance(storage_for(alias), LibraryStorage):
        return False
    return bool(list(look_at(inspection, alias)))


def _is_for_scan(file: StoredFile, trouble: str) -> bool:
    """Whether the next scan of a library finds out: the file is gone, or was written to."""
    if trouble == MISSING:
        return True
    known = file.library_files.values_list("size", "modified_at").first()
    if known is None:
        return False
    storage = storage_for(file.storage)
    try:
        now = (storage.size(file.name), storage.get_modified_time(file.name))
    except OSError:
        return False
    return now[0] != known[0] or (known[1] is not None and now[1] != known[1])


def _prove_rendition(
    inspection: Inspection, proof: Proof, file: StoredFile, rendition: Rendition, read
) -> None:
    if rendition.storage in inspection.absent:
        return

    def look(row: Rendition) -> str:
        if row.cleared_at is not None:
            return ""
        return trouble_with(
            row.storage, row.name, row.size, row.digest, None, is_hashing=True, read=read
        )

    present, trouble = still(rendition, look)
    if present is None:
        return
    proof.renditions += 1
    if not trouble or _is_away(inspection, present.storage, trouble):
        return
    proof.findings.append(
        Finding(
            invariant="I4",
            severity=Severity.ERROR,
            what=f"rendition {trouble}",
            where=place_of(file, f"{present.storage}/{present.name}"),
            hint=rendition_check.hint_for(trouble),
            file=str(file.uuid),
        )
    )
