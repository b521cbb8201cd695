from __future__ import annotations

import logging
import time
from argparse import ArgumentParser
from collections import Counter

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.translation import gettext_lazy as _

from pumbaphoto_wagtail.intake.reconciling import scannable_ids
from pumbaphoto_wagtail.intake.scanning import scan_file
from pumbaphoto_wagtail.models import Stage

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = _(
        "Scan uploaded files for viruses, here and now, and queue the clean ones for rendering."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", action="store_true", help=_("Go on until interrupted."))
        parser.add_argument(
            "--interval", type=float, default=5, help=_("Seconds between two passes.")
        )

    def handle(self, *, watch: bool, interval: float, **options: object) -> None:
        if not watch:
            self.scan_once()
            return
        while True:
            try:
                self.scan_once()
            except KeyboardInterrupt:
                return
            except Exception:
                # One bad pass, whatever its reason, must not end the watch.
                logger.exception("a scanning pass failed")
            try:
                time.sleep(interval)
            except KeyboardInterrupt:
                return

    def scan_once(self) -> None:
        """One pass over what waits now; it ends early when the scanner itself is away."""
        close_old_connections()
        stages: Counter[str] = Counter()
        for key in scannable_ids():
            stage = scan_file(key)
            if stage is None:
                continue
            stages[stage] += 1
            if stage == Stage.WAITING:
                break
        if stages:
            counts = ", ".join(f"{Stage(stage).label}: {count}" for stage, count in stages.items())
            self.stdout.write(counts)
