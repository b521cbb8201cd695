"""Carry out a repair plan that ``pumbaphoto_verify --repair-plan`` has made."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError

from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.verification.repair_plan import Plan
from pumbaphoto_wagtail.verification.repairing import repair


class Command(BaseCommand):
    help = (
        "Carry out a plan of pumbaphoto_verify --repair-plan: rows that a database restored from "
        "a backup lacks are made again, and scanned and rendered as every upload. Nothing is "
        "deleted. It can be cut off and run again. Exit code 1 if a step could not be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("plan", type=Path, metavar="PLAN", help="The file that holds the plan.")
        parser.add_argument(
            "--owner",
            metavar="USERNAME",
            help="Who gets galleries that are made anew and whose photographer nobody knows.",
        )

    def handle(self, *, plan: Path, owner: str | None, **options: object) -> None:
        amounts: Counter[str] = Counter()
        try:
            steps = Plan.parse(plan.open(encoding="utf-8").read())
            for outcome in repair(steps, owner=_user(owner) if owner else None):
                amounts["done" if outcome.is_done else _why(outcome.words)] += 1
                if outcome.words and outcome.words != "done before":
                    step = outcome.step
                    self.stdout.write(f"left: {step.storage}/{step.name}: {outcome.words}")
        except (PumbaphotoError, OSError) as error:
            raise CommandError(str(error)) from error
        told = ", ".join(f"{count} {words}" for words, count in sorted(amounts.items()))
        self.stdout.write(f"Steps: {told or 'none'}.")
        if amounts["left"]:
            raise CommandError(f"{amounts['left']} steps were not done.")


def _why(words: str) -> str:
    return words if words == "done before" else "left"


def _user(name: str) -> AbstractBaseUser:
    model = get_user_model()
    user = model.objects.filter(**{model.USERNAME_FIELD: name}).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user
