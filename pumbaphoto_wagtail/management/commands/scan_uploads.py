from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from collections import Counter

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pumbaphoto_wagtail.intake.reconciling import scannable_ids
from pumbaphoto_wagtail.intake.scanner_trust import is_away, scanner
from pumbaphoto_wagtail.intake.scanning import scan_file, scan_waiting
from pumbaphoto_wagtail.models import Stage
from pumbaphoto_wagtail.wrong_clocks import mend_schedules

logger = logging.getLogger(__name__)

# Files asked for at once: of a long queue, newer files need not wait for the whole.
FILES_AT_ONCE = 100


class Command(BaseCommand):
    help = gettext_lazy(
        "Scan uploaded files for viruses, here and now, and queue the clean ones for rendering."
        " Exits with 1 if the scanner is away or a file could not be scanned."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--watch",
            action="store_true",
            help=gettext_lazy("Go on until stopped (SIGTERM or Ctrl-C), after the present file."),
        )
        parser.add_argument(
            "--interval",
            type=float,
            default=5,
            help=gettext_lazy("Seconds between two passes."),
        )

    def handle(self, *, watch: bool, interval: float, **options: object) -> None:
        self.is_stopped = threading.Event()
        if not watch:
            if not self.scan_once():
                raise CommandError(_("Not every file could be scanned."))
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_arguments: self.is_stopped.set())
        while not self.is_stopped.is_set():
            self.scan_once()
            self._mind_schedules()
            self.is_stopped.wait(interval)

    def scan_once(self) -> bool:
        """One pass over what waits now; False if something could not be scanned.

        It ends early when the scanner itself is away, which one file finds out for all.
        """
        stages: Counter[Stage] = Counter()
        failed: set[int] = set()
        try:
            close_old_connections()
            while self._scan_some(stages, failed):
                pass
            if not self.is_stopped.is_set() and (stage := scan_waiting()):
                stages[stage] += 1
        except Exception:
            # The database, for instance: one bad pass must not end the watch.
            logger.exception("a scanning pass failed")
            return False
        finally:
            self._tell(stages)
            close_old_connections()
        return not failed and not stages[Stage.WAITING]

    def _mind_schedules(self) -> None:
        """A clock that was ahead for a moment may have put them off, reconciling among them: who
        looks after clocks then is whoever is not called by a schedule.
        """
        try:
            mend_schedules()
        except DatabaseError as error:
            # The next pass begins with a new connection.
            logger.warning("schedules were not looked at: %r", error)

    def _scan_some(self, stages: Counter[Stage], failed: set[int]) -> bool:
        """Scan the next files; False if there is none, none could be taken, or it has to end."""
        before = stages.total()
        for key in scannable_ids(FILES_AT_ONCE + len(failed)):
            if self.is_stopped.is_set() or is_away(scanner()):
                return False
            if key in failed:
                continue
            try:
                if stage := scan_file(key):
                    stages[stage] += 1
            except (OperationalError, InterfaceError):
                # No file of this pass would fare better; the next has a connection of its own.
                raise
            except Exception:
                # One bad file must not keep the others from being scanned.
                logger.exception("file %s could not be scanned", key)
                failed.add(key)
        return stages.total() > before

    def _tell(self, stages: Counter[Stage]) -> None:
        counts = [f"{Stage(stage).label}: {count}" for stage, count in stages.items()]
        if counts:
            self.stdout.write(", ".join(counts))
