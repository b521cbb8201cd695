from __future__ import annotations

import os
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pumbaphoto_wagtail.conf import MEBIBYTE, settings
from pumbaphoto_wagtail.exceptions import ScannerUnavailable, StorageOffline
from pumbaphoto_wagtail.intake.clamd_configuration import (
    MAX_SCANNABLE_BYTES,
    SIGNATURE_FILE,
    clamd_configuration,
    eicar_signature,
)
from pumbaphoto_wagtail.intake.scanner_trust import scanner, self_test


class Command(BaseCommand):
    help = gettext_lazy(
        "Print the lines of clamd.conf that the largest accepted file needs, or prove that the"
        " running clamd has them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--self-test",
            action="store_true",
            help=gettext_lazy("Have clamd find a test virus at the end of the largest file."),
        )
        parser.add_argument(
            "--threads",
            type=int,
            default=os.cpu_count() or 1,
            help=gettext_lazy("Files to scan at once; by default one for each core."),
        )

    def handle(self, *, self_test: bool, threads: int, **options: object) -> None:
        if settings.MAX_FILE_BYTES > MAX_SCANNABLE_BYTES:
            raise CommandError(
                _("clamd cannot scan files of more than %(limit)d MiB: set MAX_FILE_BYTES to less.")
                % {"limit": MAX_SCANNABLE_BYTES // MEBIBYTE}
            )
        if self_test:
            self.test_running_clamd()
        else:
            self.stdout.write(_configuration(threads))

    def test_running_clamd(self) -> None:
        """One line about the scanner; CommandError, saying which line is wrong, if it fails."""
        client = scanner()
        try:
            version = client.version()
            proof = self_test(client)
        except (ScannerUnavailable, StorageOffline) as error:
            raise CommandError(
                _("clamd does not answer at %(address)s: %(error)s")
                % {"address": client.address, "error": error}
            ) from error
        if not proof.is_passed:
            raise CommandError(proof.explanation)
        self.stdout.write(
            _("%(engine)s scans files of %(size)d MiB to their last byte.")
            % {"engine": version.engine, "size": settings.MAX_FILE_BYTES // MEBIBYTE}
        )


def _configuration(threads: int) -> str:
    """Comments and lines for clamd.conf; English, as everything in that file is."""
    return (
        f"# For PumbaPhoto: uploads of {settings.MAX_FILE_BYTES} bytes are scanned to their end.\n"
        "# Put these lines in place of the ones of the same names, restart clamd, and prove it\n"
        "# with: manage.py pumbaphoto_clamd_conf --self-test\n"
        f"{clamd_configuration(settings.MAX_FILE_BYTES, threads)}"
        "#\n"
        "# The self-test looks for EICAR at the end of a large file, where official signatures\n"
        f"# need not find it. Write this line, without the hash, into {SIGNATURE_FILE} in clamd's\n"
        "# DatabaseDirectory (on Debian /var/lib/clamav) and restart clamd:\n"
        f"# {eicar_signature()}"
    )
