"""The virus scanner: there, and really looking at the whole of every file."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from ..conf import settings
from ..exceptions import ScannerUnavailable, StorageOffline
from ..intake.clamd_configuration import MAX_SCANNABLE_BYTES
from ..intake.scanner_trust import scanner, self_test
from ..models import StoredFile, Verdict
from .options import TAG, is_positive


@register(TAG)
def check_demo_setting(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E015: the demo's way around the scanner is set on a real site."""
    if django_settings.DEBUG or not settings.DEMO_WITHOUT_SCANNER:
        return []
    return [
        Error(
            'PUMBAPHOTO["DEMO_WITHOUT_SCANNER"] is for demonstrations with DEBUG only.',
            hint='"DEMO_WITHOUT_SCANNER": False,',
            id="pumbaphoto.E015",
        )
    ]


@register(Tags.database)
def check_demo_verdicts(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """E016: files that a demonstration let pass unscanned are in a real site's database."""
    alias = StoredFile.objects.db
    if django_settings.DEBUG or alias not in (databases or ()):
        return []
    connection = connections[alias]
    if StoredFile._meta.db_table not in connection.introspection.table_names():
        return []
    unscanned = StoredFile.objects.filter(verdict=Verdict.NOT_SCANNED_DEMO).count()
    if not unscanned:
        return []
    return [
        Error(
            f"{unscanned} files were never scanned: a demonstration let them pass.",
            hint="Begin with an empty database, or delete their galleries with DEBUG = True.",
            id="pumbaphoto.E016",
        )
    ]


@register(TAG)
def check_largest_file(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E017: files are accepted that no clamd can scan."""
    largest = settings.MAX_FILE_BYTES
    if not is_positive(largest) or largest <= MAX_SCANNABLE_BYTES:
        return []
    return [
        Error(
            f'PUMBAPHOTO["MAX_FILE_BYTES"] is {largest}, but clamd cannot scan files of more than '
            f"{MAX_SCANNABLE_BYTES} bytes, whatever its configuration says.",
            hint=f'"MAX_FILE_BYTES": {MAX_SCANNABLE_BYTES},',
            id="pumbaphoto.E017",
        )
    ]


@register(TAG, deploy=True)
def check_scanner(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E004: clamd does not answer, or stops looking before the end of the largest file."""
    address = settings.CLAMD_ADDRESS
    try:
        scanner().version()
        proof = self_test(scanner())
    except ScannerUnavailable:
        return [
            Error(
                f"clamd does not answer at {address}; nothing uploaded will be shown.",
                hint="systemctl start clamav-daemon, or put its LocalSocket here: "
                '"CLAMD_ADDRESS": "unix:/run/clamav/clamd.ctl",',
                id="pumbaphoto.E004",
            )
        ]
    except StorageOffline as error:
        return [
            Error(
                f"clamd could not be tested with a file of the incoming storage: {error}",
                hint="Mount the volume, or declare it ours: manage.py pumbaphoto_init_storage",
                id="pumbaphoto.E004",
            )
        ]
    if proof.is_passed:
        return []
    return [
        Error(
            f"clamd at {address} does not scan files of MAX_FILE_BYTES to their end: "
            f"{proof.explanation}",
            hint="Put the lines of manage.py pumbaphoto_clamd_conf into clamd.conf and restart it.",
            id="pumbaphoto.E004",
        )
    ]
