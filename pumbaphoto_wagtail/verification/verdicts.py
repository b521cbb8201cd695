"""I2 and I3: whatever was opened, shown or sent had a trusted verdict first."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from ..intake.quarantine import in_quarantine
from ..models import (
    TRUSTED_VERDICTS,
    DeliveryItem,
    Rendition,
    Stage,
    StoredFile,
    Verdict,
)
from ..models.file import OPENED_STAGES
from .findings import Finding, Inspection, Severity, long_ago, one_by_one, place_of

# What must not exist of a file without a trusted verdict.
_OPENED_BY = (
    (Rendition, "renditions were made of a file that was not found clean"),
    (DeliveryItem, "delivered, and not found clean"),
)


def check(inspection: Inspection) -> Iterator[Finding]:
    files = inspection.files()
    inspection.looked_at["verdicts"] += files.count()
    untrusted = files.exclude(verdict__in=TRUSTED_VERDICTS)
    yield from _tell(
        inspection,
        untrusted.filter(stage__in=OPENED_STAGES),
        "went on without having been found clean",
    )
    for model, words in _OPENED_BY:
        opened = model.objects.order_by().values("stored_file")
        yield from _tell(inspection, untrusted.filter(pk__in=opened), words)
    yield from _tell(
        inspection,
        files.filter(verdict=Verdict.CLEAN, scanner_version=""),
        "found clean by nobody knows which scanner",
        severity=Severity.WARNING,
    )
    yield from _check_demo(files)
    yield from _check_quarantine(inspection, files)


def _tell(
    inspection: Inspection,
    files: QuerySet[StoredFile],
    words: str,
    severity: Severity = Severity.ERROR,
) -> Iterator[Finding]:
    for file in one_by_one(files):
        yield Finding(
            invariant="I2",
            severity=severity,
            what=words,
            where=place_of(file),
            hint="Find out which program or person has changed the row.",
        )


def _check_demo(files: QuerySet[StoredFile]) -> Iterator[Finding]:
    unscanned = files.filter(verdict=Verdict.NOT_SCANNED_DEMO).count()
    if unscanned:
        yield Finding(
            invariant="I2",
            severity=Severity.WARNING,
            what=f"{unscanned} files were not scanned, as in a demonstration",
            where="DEMO_WITHOUT_SCANNER",
            hint="Never for clients: set up clamd and upload these files again.",
        )


def _check_quarantine(inspection: Inspection, files: QuerySet[StoredFile]) -> Iterator[Finding]:
    loose = files.filter(
        stage=Stage.INFECTED, is_owned=True, stage_changed_at__lt=long_ago()
    ).exclude(in_quarantine())
    for file in one_by_one(loose):
        yield Finding(
            invariant="I2",
            severity=Severity.ERROR,
            what="infected, and not in quarantine",
            where=place_of(file),
            hint="Does the reconciler run, and is there room in the incoming storage?",
        )
