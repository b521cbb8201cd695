"""A run of ``pumbaphoto_verify`` as a row: what was looked at, and the first of its findings.

The record is for the report in the admin. A run that cannot be recorded, since the database takes
no writing just now, tells what it found all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from django.db import DatabaseError
from django.utils import timezone

from .. import models
from .findings import Finding, Inspection

logger = logging.getLogger(__name__)

KEPT_FINDINGS = 1000
# A quarter of a year, verified every night.
KEPT_RUNS = 100


def recorded(inspection: Inspection, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, passed on as they come. The row is there from the beginning; one that was cut
    off has no end.
    """
    whole = models.InspectionScope.WHOLE
    run = models.Inspection(
        started_at=timezone.now(),
        scope=whole if inspection.is_hashing else models.InspectionScope.QUICK,
        reads_bytes=inspection.is_hashing,
    )
    _keep(run, inspection)
    try:
        for finding in findings:
            run.finding_count += 1
            if len(run.findings) < KEPT_FINDINGS:
                run.findings.append(told(finding))
            yield finding
        run.finished_at = timezone.now()
    finally:
        _keep(run, inspection)
        forget_old()


def told(finding: Finding) -> dict[str, str]:
    """A finding as ``models.Inspection.findings`` holds it."""
    return {
        "invariant": finding.invariant,
        "severity": finding.severity.value,
        "subject": finding.where,
        "words": finding.what,
        "hint": finding.hint,
        "file": finding.file,
    }


def _keep(run: models.Inspection, inspection: Inspection) -> None:
    run.counts = dict(inspection.looked_at)
    if inspection.gallery is not None:
        run.counts["gallery"] = str(inspection.gallery.uuid)
    try:
        run.save()
    except DatabaseError as error:
        logger.warning("this inspection was not recorded: %r", error)


def old_runs() -> list[int]:
    """The keys of more runs than a report is read for."""
    runs = models.Inspection.objects.order_by("-started_at", "-pk")
    return list(runs.values_list("pk", flat=True)[KEPT_RUNS:])


def forget_old() -> int:
    """Keep no more runs than a report is read for; how many are forgotten."""
    try:
        old = old_runs()
        return models.Inspection.objects.filter(pk__in=old).delete()[0] if old else 0
    except DatabaseError as error:
        logger.warning("old inspections were not forgotten: %r", error)
        return 0
