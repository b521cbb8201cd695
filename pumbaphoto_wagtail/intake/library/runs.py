"""Scans as rows: asked for, run by one worker at a time, and taken up again where one has died."""

from __future__ import annotations

from collections.abc import Sequence

from pumbaphoto_wagtail.models import Library, LibraryScan


def ask_scan(
    library: Library,
    actor,
    *,
    is_full: bool = False,
    is_dry_run: bool = False,
    tiers: Sequence[str] = (),
) -> LibraryScan:
    """Ask for a scan of a library, and wake a worker for it.

    Raises ScanUnderWay if one is waiting or running, PatternsRefused where the library's patterns
    cannot be used, and PumbaphotoError for a tier that is not configured.
    """
    raise NotImplementedError


def run_scan(scan_id: int) -> bool:
    """Run a scan to its end; False if there is nothing to do, or another worker is at it."""
    raise NotImplementedError
