"""Proving the invariants on a live site: is every file there, whole, known, scanned and alone?

This room ranks above ``delivery``: it reads ``models``, ``storage``, ``workflow``, ``intake`` and
``delivery``, and nothing but commands and the admin reads it. Looking changes nothing but when
each file was proved whole, opens no transaction while it reads files, and holds a thousand rows at
a time however many there are. What looks wrong is looked at once more before it is told, since
workers go on meanwhile. ``recording`` keeps what a run found, for the report.

Each module proves some of :data:`INVARIANTS`: ``volumes`` I6, ``contents`` I4
and I7, ``renditions`` I4, ``orphans`` and ``published`` I5, ``verdicts`` I2 and I3, ``histories``
I8 and I9, ``arrivals`` I1 and I15, ``watermarks`` I17, ``deliveries`` what was frozen.
Outside of that whole look stands ``scrub``, which reads the files longest not read, night by night.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import (
    arrivals,
    contents,
    deliveries,
    histories,
    orphans,
    published,
    renditions,
    verdicts,
    volumes,
    watermarks,
)
from .findings import INVARIANTS, Finding, Inspection, Severity
from .recording import recorded

__all__ = ["INVARIANTS", "Finding", "Inspection", "Severity", "recorded", "verify"]

# The volumes come first: files of one that is away are not looked for one by one.
CHECKS = (
    volumes.check,
    verdicts.check,
    histories.check,
    arrivals.check,
    deliveries.check,
    contents.check,
    renditions.check,
    watermarks.check,
    published.check,
    orphans.check,
)


def verify(inspection: Inspection) -> Iterator[Finding]:
    """Everything that is wrong, one by one as it is found.

    ``inspection`` says what to look at, and counts it.
    """
    for check in CHECKS:
        yield from check(inspection)
