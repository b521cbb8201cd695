from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pumbaphoto_wagtail.conf import MEBIBYTE, settings
from pumbaphoto_wagtail.exceptions import ScannerUnavailable
from pumbaphoto_wagtail.intake.clamd_client import clamd_configuration, eicar_signature
from pumbaphoto_wagtail.intake.scanning import scanner

SIGNATURE_FILE = "pumbaphoto.ndb"


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

    def handle(self, *, self_test: bool, **options: object) -> None:
        if self_test:
            self.test_running_clamd()
        else:
            self.stdout.write(_configuration())

    def test_running_clamd(self) -> None:
        """One line about the scanner; CommandError, saying which line is wrong, if it fails."""
        client = scanner()
        try:
            version = client.version()
            test = client.self_test(settings.MAX_FILE_BYTES)
        except ScannerUnavailable as error:
            raise CommandError(
                _("clamd does not answer at %(address)s: %(error)s")
                % {"address": client.address, "error": error}
            ) from error
        if not test.is_passed:
            raise CommandError(test.explanation)
        self.stdout.write(
            _("%(engine)s scans files of %(size)d MiB to their last byte.")
            % {"engine": version.engine, "size": settings.MAX_FILE_BYTES // MEBIBYTE}
        )


def _configuration() -> str:
    """Comments and lines for clamd.conf; English, as everything in that file is."""
    return (
        f"# For PumbaPhoto: uploads of {settings.MAX_FILE_BYTES} bytes are scanned to their end.\n"
        "# Put these lines in place of the ones of the same names, restart clamd, and prove it\n"
        "# with: manage.py pumbaphoto_clamd_conf --self-test\n"
        f"{clamd_configuration(settings.MAX_FILE_BYTES)}"
        "#\n"
        "# The self-test looks for EICAR at the end of a large file, where official signatures\n"
        f"# need not find it. Write this line, without the hash, into {SIGNATURE_FILE} in clamd's\n"
        "# DatabaseDirectory (on Debian /var/lib/clamav) and restart clamd:\n"
        f"# {eicar_signature()}"
    )
