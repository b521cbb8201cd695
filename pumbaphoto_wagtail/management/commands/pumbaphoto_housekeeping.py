from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pumbaphoto_wagtail.housekeeping import keep_house


class Command(BaseCommand):
    help = gettext_lazy(
        "Take away what piles up over the years, as is done every night. Exits with 1 if something "
        "could not be looked at."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help=gettext_lazy("Only say how much would go.")
        )

    def handle(self, *, dry_run: bool, **options: object) -> None:
        failed = False
        for done in keep_house(is_dry_run=dry_run):
            failed |= bool(done.error)
            self.stdout.write(f"{done.name}: {done.error or done.amount}")
        if failed:
            raise CommandError(_("Not everything could be looked at."))
