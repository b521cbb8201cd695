from __future__ import annotations

from django.core.management.base import BaseCommand
from django.utils.translation import gettext_lazy as _

from pumbaphoto_wagtail import tasks


class Command(BaseCommand):
    help = _("Put right what a crash or a lost queue has left half done; safe to run at any time.")

    def handle(self, **options: object) -> None:
        for name, count in tasks.reconcile().items():
            self.stdout.write(f"{name}: {count}")
