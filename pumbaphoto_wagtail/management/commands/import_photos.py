from __future__ import annotations

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.intake.library import ask_scan, run_scan
from pumbaphoto_wagtail.models import Library, LibraryScan, ScanState

# What is told at each level of --verbosity, and all below it.
TOLD_AT = {
    1: ("gallery", "renamed", "unknown", "refused", "error", "date"),
    2: ("missing", "back", "changed", "redated"),
    3: ("added",),
}
# What asks for attention goes where errors go.
TO_ERRORS = ("unknown", "refused", "error", "date", "missing")


class Command(BaseCommand):
    help = gettext_lazy(
        "Scan libraries, here and now: new folders become galleries, and what has changed or is"
        " gone is noted. Nothing is ever written into a library. New files are then scanned for"
        " viruses and rendered by the queue, or by scan_uploads. Exits with 1 if a scan was stopped"
        " or failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "libraries",
            nargs="*",
            metavar="LIBRARY",
            help=gettext_lazy("Titles or UUIDs; all libraries without any."),
        )
        parser.add_argument(
            "--full",
            action="store_true",
            help=gettext_lazy("Look at every date again, also of what has not changed."),
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help=gettext_lazy("Only say what would be done."),
        )
        parser.add_argument(
            "--renditions",
            nargs="+",
            default=[],
            metavar="TIER",
            choices=sorted(settings.TIERS),
            help=gettext_lazy("Make pictures of these sizes that ready photos lack."),
        )

    def handle(self, *libraries: str, **options: object) -> None:
        self.verbosity = options["verbosity"]
        scans = [self._scan(library, options) for library in _chosen(options["libraries"])]
        if not scans:
            raise CommandError(_("There is no library."))
        if any(scan is None or scan.state != ScanState.DONE for scan in scans):
            raise CommandError(_("Not every library was scanned to its end."))

    def _scan(self, library: Library, options: dict) -> LibraryScan | None:
        self._say(1, _("Scanning %(library)s...") % {"library": library})
        began = time.monotonic()
        try:
            scan = ask_scan(
                library,
                None,
                is_full=options["full"],
                is_dry_run=options["dry_run"],
                tiers=options["renditions"],
                wakes=False,
            )
        except PumbaphotoError as error:
            self.stderr.write(f"{library}: {error}")
            return None
        run_scan(scan.pk, seconds=None)
        scan.refresh_from_db()
        self._tell(scan)
        self._say(1, _("Done (%(seconds).2fs)") % {"seconds": time.monotonic() - began})
        return scan

    def _tell(self, scan: LibraryScan) -> None:
        levels = (kinds for level, kinds in TOLD_AT.items() if level <= self.verbosity)
        told = {kind for kinds in levels for kind in kinds}
        for note in scan.notes.filter(kind__in=told).iterator():
            line = " ".join(filter(None, (f"{note.kind}:", note.path, note.words)))
            (self.stderr if note.kind in TO_ERRORS else self.stdout).write(line)
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(scan.counts.items()))
        self._say(1, counts or _("nothing"))
        if scan.reason:
            self.stderr.write(scan.reason)

    def _say(self, level: int, line: str) -> None:
        if self.verbosity >= level:
            self.stdout.write(line)


def _chosen(names: list[str]) -> list[Library]:
    libraries = [*Library.objects.select_related("owner", "collection", "site")]
    if not names:
        return libraries
    found = []
    for name in names:
        named = [one for one in libraries if name in (one.title, str(one.uuid))]
        if len(named) != 1:
            words = _("There is no one library called “%(name)s”.")
            raise CommandError(words % {"name": name})
        found += named
    return found
