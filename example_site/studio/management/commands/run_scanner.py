"""A clamd for the demo, kept running in the foreground."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.intake.clamd_process import running_clamd

# Where freshclam keeps the signatures of a machine that has them.
SIGNATURES = Path("/var/lib/clamav")


class Command(BaseCommand):
    help = "Run a private clamd at CLAMD_ADDRESS until it is stopped."

    def handle(self, **options: Any) -> None:
        directory = Path(settings.CLAMD_ADDRESS.removeprefix("unix:")).parent
        directory.mkdir(parents=True, exist_ok=True)
        directories = {"DatabaseDirectory": SIGNATURES} if any(SIGNATURES.glob("main.c?d")) else {}
        with running_clamd(
            directory, max_file_bytes=settings.MAX_FILE_BYTES, **directories
        ) as running:
            self.stdout.write(f"clamd answers at {running.address}")
            running.process.wait()
