"""What a delivery froze must be what its files are: every offset of a ZIP follows from it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q

from ..models import DeliveryItem, Stage
from .findings import Finding, Inspection, Severity, one_by_one, place_of


def check(inspection: Inspection) -> Iterator[Finding]:
    items = inspection.of_gallery(DeliveryItem.objects.all(), "delivery__gallery")
    inspection.looked_at["delivered files"] += items.count()
    items = items.select_related("stored_file")
    differing = items.exclude(
        size=F("stored_file__size"),
        crc32=F("stored_file__crc32"),
        sha256=F("stored_file__sha256"),
    )
    for item in one_by_one(differing):
        yield _finding(item, "delivered with another size, CRC-32 or SHA-256 than its file has")
    gone = items.filter(Q(stored_file__stage=Stage.MISSING))
    for item in one_by_one(gone):
        yield _finding(item, "delivered, and marked as missing")


def _finding(item: DeliveryItem, words: str) -> Finding:
    return Finding(
        invariant="I4",
        severity=Severity.ERROR,
        what=words,
        where=f"{place_of(item.stored_file)}, delivered item {item.uuid}",
        hint="Its ZIP cannot be downloaded: restore the file, or deliver a new version.",
    )
