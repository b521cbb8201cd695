from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils.translation import gettext_lazy as _

from pumbaphoto_wagtail import tasks


class Command(BaseCommand):
    help = _("Put right what a crash or a lost queue has left half done; safe to run at any time.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sweep",
            action="store_true",
            help=_("Remove unfinished files from every storage, too, as is done once a day."),
        )

    def handle(self, *, sweep: bool, **options: object) -> None:
        for name, count in tasks.reconcile().items():
            self.stdout.write(f"{name}: {count}")
        if sweep:
            self.stdout.write(f"unfinished files swept: {tasks.sweep_storages()}")
