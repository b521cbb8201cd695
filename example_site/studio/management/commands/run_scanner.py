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
        lend_signatures(directory / "signatures")
        with running_clamd(directory, max_file_bytes=settings.MAX_FILE_BYTES) as running:
            self.stdout.write(f"clamd answers at {running.address}")
            running.process.wait()


def lend_signatures(directory: Path, machine: Path = SIGNATURES) -> None:
    """Put the machine's signatures beside the test one, which the self-test asks for.

    Links, so that freshclam's next ones are read as well.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for link in directory.iterdir():
        if link.is_symlink():
            link.unlink()
    if any(machine.glob("main.c?d")):
        for signatures in machine.glob("*.c?d"):
            (directory / signatures.name).symlink_to(signatures)
