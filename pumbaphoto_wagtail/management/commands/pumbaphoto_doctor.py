"""Print what ``doctor`` finds on this machine, as a table or as JSON."""

from __future__ import annotations

import json
import textwrap
from argparse import ArgumentParser
from functools import partial
from shutil import get_terminal_size
from typing import Any, Never

from django.core.management.base import BaseCommand, CommandError

from pumbaphoto_wagtail.doctor import examining, services, storages
from pumbaphoto_wagtail.doctor.diagnosis import Diagnosis
from pumbaphoto_wagtail.doctor.examining import Look, examine, exit_code
from pumbaphoto_wagtail.doctor.probe import probe_storage

MARKS = {"ok": "ok", "attention": "ATTENTION", "trouble": "TROUBLE"}
ROW = "{:<10} {:<34} {}"
ALL = "all"
# 5,000 files on a slow NAS.
PROBE_SECONDS = 300


class Command(BaseCommand):
    help = (
        "Look whether this machine, its database, volumes, virus scanner, queue and mail are set "
        "up right and run. Exit code 0: all is well, 1: something wants attention, 2: trouble. "
        "Run it as the service's user."
    )
    # They are a row of the table, and must not hold it up where a volume hangs.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="is_json", help="For monitoring.")
        parser.add_argument(
            "--probe",
            metavar="ALIAS",
            help="Try out the volume of a storage, or of all: in a directory of its own, which is "
            "removed again. Takes a minute.",
        )
        parser.add_argument(
            "--mail-to", metavar="ADDRESS", help="Also send a message to this address."
        )

    def handle(
        self, *, is_json: bool, probe: str | None, mail_to: str | None, **options: Any
    ) -> Never:
        looks = self._probes(probe) if probe else examining.looks()
        if mail_to:
            looks.append(Look(name="Message", ask=lambda: [services.send_mail_to(mail_to)]))
        found = []
        for diagnosis in examine(looks):
            found.append(diagnosis)
            if not is_json:
                self._print(diagnosis)
        code = exit_code(found)
        if is_json:
            rows = [diagnosis.as_dict() for diagnosis in found]
            self.stdout.write(json.dumps({"exit_code": code, "rows": rows}, indent=2))
        raise SystemExit(code)

    @staticmethod
    def _probes(asked: str) -> list[Look]:
        known = storages.looked_at()
        if asked != ALL and asked not in known:
            raise CommandError(f"There is no storage {asked!r}; there are {', '.join(known)}.")
        return [
            Look(name=alias, ask=partial(probe_storage, alias), seconds=PROBE_SECONDS)
            for alias in (known if asked == ALL else [asked])
        ]

    def _print(self, diagnosis: Diagnosis) -> None:
        style = {"ok": self.style.SUCCESS, "trouble": self.style.ERROR}
        paint = style.get(diagnosis.state, self.style.WARNING)
        self._print_folded(MARKS[diagnosis.state], diagnosis.name, diagnosis.words, paint)
        if diagnosis.to_do:
            self._print_folded("", "", f"→ {diagnosis.to_do}", str)

    def _print_folded(self, mark: str, name: str, words: str, paint) -> None:
        room = max(40, get_terminal_size().columns - 46)
        # A line to copy stays one line where nobody looks at it.
        lines = textwrap.wrap(words, room) if self.stdout.isatty() else [words]
        for line in lines:
            self.stdout.write(ROW.format(paint(f"{mark:<10}"), name, line).rstrip())
            mark = name = ""
