"""Scans as rows: asked for, run by one worker at a time, and taken up again where one has died."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import MINUTE, settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError, ScanUnderWay, StorageOffline
from pumbaphoto_wagtail.models import (
    Library,
    LibraryScan,
    Rendition,
    ScanState,
    Stage,
    StoredFile,
)

from ..rerendering import render_again
from . import folder_patterns
from .applying import Applying
from .comparing import Known, Work, compare, known_of
from .galleries import mark_folders, require_owner, why_without_page
from .reading import Reading
from .redating import find_redated
from .renaming import Moves, recognise
from .report import Report, forget_old
from .walking import Walk, walk

logger = logging.getLogger(__name__)

SCAN = "pumbaphoto.scan_library"
# A task that has worked this long asks for another, which goes on behind it.
WORK_SECONDS = 5 * MINUTE
RENEWALS_PER_LEASE = 4
UNDER_WAY = (ScanState.QUEUED, ScanState.RUNNING)


class _Overtaken(Exception):
    """Another worker has taken the scan over."""


class _Stopped(Exception):
    """The library is not as it should be, and nothing was changed."""


# --- Asking --------------------------------------------------------------------------------------


def ask_scan(
    library: Library,
    actor,
    *,
    is_full: bool = False,
    is_dry_run: bool = False,
    tiers: Sequence[str] = (),
    wakes: bool = True,
) -> LibraryScan:
    """Ask for a scan of a library, and wake a worker for it unless the caller runs it.

    Raises ScanUnderWay if one is waiting or running, PatternsRefused where the library's patterns
    cannot be used, and PumbaphotoError for a tier that is not configured.
    """
    folder_patterns.parse(library.patterns)
    folder_patterns.parse_ignores(library.ignores)
    unknown = sorted({*tiers} - {*settings.TIERS})
    if unknown:
        words = _("There is no size called “%(name)s”; there are %(names)s.")
        raise PumbaphotoError(words % {"name": unknown[0], "names": ", ".join(settings.TIERS)})
    try:
        with transaction.atomic():
            scan = LibraryScan.objects.create(
                library=library,
                started_by=actor,
                is_full=is_full,
                is_dry_run=is_dry_run,
                tiers=[*dict.fromkeys(tiers)],
            )
            data = {"full": is_full, "dry_run": is_dry_run}
            log(library, SCAN, user=actor, data=data)
            if wakes:
                tasks.wake("scan_library", scan.pk)
    except IntegrityError as error:
        raise ScanUnderWay(_("This library is being scanned already.")) from error
    return scan


def reconcile() -> int:
    """Wake a worker for scans that nobody works on any more; how many there were."""
    now = timezone.now()
    waits = Q(lease_until=None, created_at__lte=now - timedelta(seconds=settings.LEASE_SECONDS))
    left = LibraryScan.objects.filter(waits | Q(lease_until__lte=now), state__in=UNDER_WAY)
    keys = [*left.values_list("pk", flat=True)]
    for key in keys:
        tasks.wake("scan_library", key)
    return len(keys)


# --- Running -------------------------------------------------------------------------------------


def run_scan(scan_id: int, *, seconds: float | None = WORK_SECONDS) -> bool:
    """Run a scan to its end, or for so many seconds and then wake another worker for the rest.

    False if it is not at its end, there was nothing to do, or another worker is at it. May be cut
    off anywhere: whatever was done in a folder stands, and the next one goes on behind it.
    """
    run = _Run.take(scan_id)
    if run is None:
        return False
    try:
        is_done = run.work(seconds)
    except _Overtaken:
        return False
    except _Stopped as stop:
        run.end(ScanState.STOPPED, str(stop))
    except PumbaphotoError as error:
        run.end(ScanState.FAILED, str(error))
    except Exception as error:
        logger.exception("scan %s of library %s failed", scan_id, run.library.pk)
        run.end(ScanState.FAILED, str(error) or type(error).__name__)
    else:
        if not is_done:
            run.give_back()
            return False
        run.end(ScanState.DONE, "")
    return True


class _Run:
    """A scan that this worker, and no other, is working on until its lease ends."""

    def __init__(self, scan: LibraryScan, holder: uuid.UUID) -> None:
        self.scan, self.holder, self.library = scan, holder, scan.library
        self.report = Report(scan)
        self.reading = Reading(self.library, self.beat)
        self.done = 0
        self._renewed = time.monotonic()

    @classmethod
    def take(cls, scan_id: int) -> _Run | None:
        holder, now = uuid.uuid4(), timezone.now()
        scans = LibraryScan.objects
        if not scans.filter(pk=scan_id, state__in=UNDER_WAY).exists():
            return None
        if not scans.take_lease(scan_id, holder=holder, now=now, until=_lease_end()):
            return None
        mine = scans.filter(pk=scan_id, lease_holder=holder, state__in=UNDER_WAY)
        mine.update(state=ScanState.RUNNING, started_at=Coalesce("started_at", now))
        scan = mine.select_related("library__owner", "library__collection", "library__site").first()
        return cls(scan, holder) if scan else None

    def beat(self) -> None:
        """Say that this worker lives, now and then. Raises _Overtaken if another one has it."""
        if time.monotonic() - self._renewed > settings.LEASE_SECONDS / RENEWALS_PER_LEASE:
            self._update(lease_until=_lease_end())
            self._renewed = time.monotonic()

    def _update(self, **changes: object) -> None:
        mine = LibraryScan.objects.filter(pk=self.scan.pk, lease_holder=self.holder)
        if not mine.update(**changes):
            raise _Overtaken

    def work(self, seconds: float | None) -> bool:
        """Everything; False if time was up before the end."""
        until = None if seconds is None else time.monotonic() + seconds
        require_owner(self.library)
        found = self._walk()
        self._note_what_cannot_be_read(found)
        known = known_of(self.library)
        _require_files(found)
        works = compare(self.library, found, known, self.report)
        moves = recognise(self.library, found, known, works, self.reading)
        _require_few_losses(self.library, known, works)
        if self.scan.is_full:
            find_redated(self.library, found, known, works)
        works = {path: work for path, work in sorted(works.items()) if work}
        self.done = len(found.folders.keys() - works.keys())
        self._update(total=len({*found.folders, *works}), done=self.done)
        if self.scan.is_dry_run:
            _tell(works, known, moves, self.report)
            return True
        if not self._apply(works, known, moves, until):
            return False
        mark_folders(self.library)
        self._ask_for_renditions()
        return True

    def _walk(self) -> Walk:
        try:
            return walk(self.library, self.beat)
        except StorageOffline as error:
            raise _Stopped(_("%(why)s Nothing was changed.") % {"why": error}) from error

    def _note_what_cannot_be_read(self, found: Walk) -> None:
        for path, words in (*found.unreadable.items(), *found.unnamed.items()):
            if words:
                self.report.note("error", path, words)
        if words := why_without_page(self.library):
            self.report.note("error", "", words)

    def _apply(
        self, works: dict[str, Work], known: Known, moves: Moves, until: float | None
    ) -> bool:
        applying = Applying(
            library=self.library,
            report=self.report,
            reading=self.reading,
            folders=known.folders,
            moves=moves,
            has_pages=bool(self.library.index_page_id) and not why_without_page(self.library),
        )
        # A folder that was renamed comes before what may move to another gallery from it.
        renamed = {path for _category, path in moves.folders}
        for path in sorted(works, key=lambda path: (path not in renamed, path)):
            self.beat()
            applying.apply(works[path], self._save)
            if until is not None and time.monotonic() > until:
                return False
        return True

    def _save(self) -> None:
        """In the transaction of a folder: it is done, and what it told is written down."""
        # Whoever was overtaken does nothing more.
        self._update(lease_until=_lease_end())
        self.done += 1
        self.report.save(self.done)

    def _ask_for_renditions(self) -> None:
        """Have the sizes made that were asked for, of ready files which lack them."""
        for tier in self.scan.tiers:
            made = Rendition.objects.filter(
                stored_file=OuterRef("pk"), tier=tier, cleared_at__isnull=True
            )
            files = StoredFile.objects.filter(
                ~Exists(made), stage=Stage.READY, library_files__library=self.library
            )
            for file in files.distinct():
                self.beat()
                render_again(file)

    def give_back(self) -> None:
        """Let another worker go on."""
        with transaction.atomic():
            self._update(lease_holder=None, lease_until=None)
            tasks.wake("scan_library", self.scan.pk)

    def end(self, state: ScanState, reason: str) -> None:
        """Write down how it ended, and let go."""
        self.report.close()
        try:
            with transaction.atomic():
                self.report.save(self.done)
                self._update(
                    state=state,
                    reason=reason,
                    finished_at=timezone.now(),
                    lease_holder=None,
                    lease_until=None,
                )
        except _Overtaken:
            return
        forget_old(self.scan)


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


# --- What has to be so ---------------------------------------------------------------------------


def _require_files(found: Walk) -> None:
    if not found.folders:
        raise _Stopped(
            _("There is nothing in the library. Is its volume mounted? Nothing was changed.")
        )


def _require_few_losses(library: Library, known: Known, works: dict[str, Work]) -> None:
    lost = len({row.path for work in works.values() for row in work.missing})
    before = len(known.present)
    if lost * 100 > before * library.missing_percent:
        raise _Stopped(
            _(
                "%(lost)s of %(all)s files are gone, more than %(percent)s %%. Nothing was changed."
                " If they were taken away on purpose, allow more to be missing."
            )
            % {"lost": f"{lost:,}", "all": f"{before:,}", "percent": library.missing_percent}
        )


def _tell(works: dict[str, Work], known: Known, moves: Moves, report: Report) -> None:
    """Say what would be done."""
    for (_category, path), folder in moves.folders.items():
        report.note("renamed", path, _("It was “%(path)s”.") % {"path": folder.path})
    galleries = {*known.folders, *moves.folders}
    for work in works.values():
        for sighting in (*work.new, *(sighting for sighting, _rows in work.moved)):
            key = (sighting.found.category, work.folder)
            if key not in galleries:
                galleries.add(key)
                report.note("gallery", work.folder, sighting.found.title)
        for sighting, rows in work.moved:
            words = _("It was “%(path)s”.") % {"path": rows[0].path}
            report.note("renamed", sighting.file.path, words)
        for kind, paths in _paths_by_kind(work):
            for path in dict.fromkeys(paths):
                report.note(kind, path)


def _paths_by_kind(work: Work) -> tuple[tuple[str, list[str]], ...]:
    return (
        ("added", [sighting.file.path for sighting in work.new]),
        ("changed", [file.path for file, _rows in work.changed]),
        ("back", [file.path for file, _rows in work.back]),
        ("missing", [row.path for row in work.missing]),
        ("redated", [entry.file.path for entry in work.redated]),
    )
