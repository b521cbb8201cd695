"""Print what ``verification`` finds; findings are printed as they come, however many they are."""

from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from pumbaphoto_wagtail import models
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.models import Gallery
from pumbaphoto_wagtail.verification import (
    INVARIANTS,
    Finding,
    Inspection,
    Severity,
    recorded,
    verify,
)
from pumbaphoto_wagtail.verification.repair_plan import lines_of, make_plan
from pumbaphoto_wagtail.verification.scrub import progress
from pumbaphoto_wagtail.verification.scrub import scrub as run_scrub

ROW = "{:<8} {:<4} {:<60} {}"


class Command(BaseCommand):
    help = (
        "Prove that every file is there and whole, scanned and known, and every gallery's history "
        "legal. Changes nothing but when each file was proved whole, and leaves a record of its "
        "run for the report in the admin. "
        "Exit code 1 if something is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--scrub",
            action="store_true",
            help="Only the night's share of the rolling scrub (SCRUB_DAYS), at once.",
        )
        parser.add_argument(
            "--repair-plan",
            nargs="?",
            const="",
            metavar="FILE",
            help="Say what a database that was restored from a backup lacks, and write a plan for "
            "pumbaphoto_repair into FILE.",
        )
        parser.add_argument("--strict", action="store_true", help="Warnings fail as well.")
        reading = parser.add_mutually_exclusive_group()
        reading.add_argument(
            "--hash",
            action="store_true",
            default=True,
            dest="is_hashing",
            help="Read every file and compare its SHA-256 (the default).",
        )
        reading.add_argument(
            "--quick",
            action="store_false",
            dest="is_hashing",
            help="Compare the sizes of files, without reading them.",
        )
        parser.add_argument(
            "--gallery",
            type=uuid.UUID,
            metavar="UUID",
            help="Only what belongs to this gallery; files of nobody are not looked for.",
        )
        parser.add_argument(
            "--json", action="store_true", dest="is_json", help="Print one JSON document."
        )

    def handle(
        self,
        *,
        strict: bool,
        is_hashing: bool,
        gallery: uuid.UUID | None,
        is_json: bool,
        scrub: bool,
        repair_plan: str | None,
        **options: object,
    ) -> None:
        if scrub:
            self._scrub()
            return
        if repair_plan is not None:
            self._plan_repair(repair_plan)
            return
        inspection = Inspection(gallery=_gallery(gallery), is_hashing=is_hashing)
        show = _print_json if is_json else _print_table
        findings = recorded(inspection, verify(inspection))
        amounts = show(self.stdout, findings, inspection)
        errors, warnings = amounts[Severity.ERROR], amounts[Severity.WARNING]
        if errors or (strict and warnings):
            raise CommandError(f"{errors} errors, {warnings} warnings.")

    def _plan_repair(self, path: str) -> None:
        plan = make_plan()
        for line in lines_of(plan):
            self.stdout.write(line)
        if path:
            with Path(path).open("w", encoding="utf-8") as file:
                file.write(plan.as_json())
            self.stdout.write(f"The plan is in {path}: manage.py pumbaphoto_repair {path}")

    def _scrub(self) -> None:
        night = run_scrub(seconds=None, reading_share=1)
        if night is None:
            self.stdout.write("SCRUB_DAYS is 0: nothing is read again.")
            return
        for line in _lines_of(night):
            self.stdout.write(line)
        if night.finding_count:
            raise CommandError(f"{night.finding_count} errors.")


def _lines_of(night: models.Inspection) -> list[str]:
    """What a night of the scrub found, and how much it has read."""
    lines = [
        ROW.format(one["severity"], one["invariant"], one["words"], one["subject"])
        for one in night.findings
    ]
    far = progress()
    oldest = f", the oldest on {far.oldest:%Y-%m-%d}" if far.oldest else ""
    read = f"{far.files - far.unread} of {far.files} files read within {settings.SCRUB_DAYS} days"
    return [*lines, f"Read: {night.counts['files']} files. {read}{oldest}."]


def _gallery(identity: uuid.UUID | None) -> Gallery | None:
    if identity is None:
        return None
    gallery = Gallery.objects.filter(uuid=identity).first()
    if gallery is None:
        raise CommandError("There is no such gallery.")
    return gallery


def _print_table(
    output: OutputWrapper, findings: Iterable[Finding], inspection: Inspection
) -> Counter[str]:
    amounts: Counter[str] = Counter()
    hints: dict[str, str] = {}
    for finding in findings:
        if not amounts:
            output.write(ROW.format("", "", "what", "where"))
        amounts[finding.severity] += 1
        hints.setdefault(finding.hint, finding.invariant)
        output.write(ROW.format(finding.severity, finding.invariant, finding.what, finding.where))
    for hint, invariant in hints.items():
        output.write(f"{invariant}: {INVARIANTS[invariant]} {hint}".rstrip())
    looked_at = ", ".join(f"{count} {name}" for name, count in inspection.looked_at.items())
    output.write(f"Looked at: {looked_at}.")
    if not amounts:
        output.write("Everything is as it should be.")
    return amounts


def _print_json(
    output: OutputWrapper, findings: Iterable[Finding], inspection: Inspection
) -> Counter[str]:
    amounts: Counter[str] = Counter()
    output.write('{"findings": [', ending="")
    for finding in findings:
        output.write(", " if amounts else "", ending="")
        output.write(json.dumps(asdict(finding)), ending="")
        amounts[finding.severity] += 1
    summary = {
        "errors": amounts[Severity.ERROR],
        "warnings": amounts[Severity.WARNING],
        "looked_at": inspection.looked_at,
    }
    output.write(f"], {json.dumps(summary)[1:]}")
    return amounts
