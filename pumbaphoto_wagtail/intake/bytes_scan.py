"""Scanning what is only passing through: read, answered, and never stored."""

from __future__ import annotations

import hashlib
import io

from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import FileRefused, ScannerUnavailable
from pumbaphoto_wagtail.storage import INCOMING

from .scanner_trust import is_demo_without_scanner, scanner, trusted_version


def require_clean(data: bytes) -> None:
    """Have exactly these bytes scanned before anybody opens them.

    Raises FileRefused where a virus was found or the scanner could not look at all of it, and
    ScannerUnavailable where there is no answer: both are sentences for who sent the file.
    """
    if is_demo_without_scanner():
        return
    client = scanner()
    trusted_version(client, INCOMING)
    answer = client.scan_stream(io.BytesIO(data), len(data))
    if answer.outcome == "infected":
        raise FileRefused(_("A virus was found: %(virus)s.") % {"virus": answer.signature})
    if answer.outcome == "limits":
        raise FileRefused(_("The virus scanner's limits are too low for this file."))
    is_about_these = (answer.sha256, answer.size) == (hashlib.sha256(data).hexdigest(), len(data))
    if answer.outcome != "clean" or not is_about_these:
        raise ScannerUnavailable(_("The virus scanner gave no clear answer."))
