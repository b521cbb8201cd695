"""clamd: there, of today, and looking at the whole of every file, however it is handed over."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from ..conf import settings
from ..exceptions import ScannerUnavailable, StorageOffline
from ..intake.scanner_proof import Proof, prove
from ..intake.scanner_trust import is_demo_without_scanner, scanner, self_test
from .diagnosis import Diagnosis, attention, bytes_in_words, seconds_in_words, trouble, well
from .facts import ScannerFacts, is_old, scanner_facts, signatures_of

START_IT = "systemctl start clamav-daemon; see CLAMD_ADDRESS in the settings"
LINES = "Put the lines of manage.py pumbaphoto_clamd_conf into clamd.conf and restart it."


def look_at_scanner() -> Iterator[Diagnosis]:
    """What clamd says of itself; nothing is sent to it."""
    if is_demo_without_scanner():
        yield attention("clamd", "files pass unscanned (demo)", "DEMO_WITHOUT_SCANNER = False")
        return
    found = scanner_facts()
    if found.version is None:
        words = f"does not answer at {settings.CLAMD_ADDRESS}; what is uploaded waits"
        yield trouble("clamd", words, START_IT)
        return
    yield well("clamd", f"{found.version.engine} at {settings.CLAMD_ADDRESS}")
    yield _signatures(found)
    if found.waiting:
        since = seconds_in_words((timezone.now() - found.waiting.since).total_seconds())
        words = f"{found.waiting.count} files have waited for it, for {since}"
        yield trouble("Waiting for clamd", words, "manage.py scan_uploads, and look at its log")


def _signatures(found: ScannerFacts) -> Diagnosis:
    name, signed_at = "Virus signatures", signatures_of(found.version)
    if signed_at is None:
        words = found.version.signatures or "local ones only: nothing but the test virus is found"
        return attention(name, words, "Install and start freshclam.")
    age = seconds_in_words(max(0, (timezone.now() - signed_at).total_seconds()))
    if is_old(signed_at):
        return attention(name, f"{age} old", "systemctl status clamav-freshclam")
    return well(name, f"{age} old")


def look_at_self_test() -> Iterator[Diagnosis]:
    """A virus at the end of the largest file is found, by both ways to hand a file over."""
    if is_demo_without_scanner():
        return
    size = bytes_in_words(settings.MAX_FILE_BYTES)
    client = scanner()
    try:
        client.version()
    except ScannerUnavailable:
        # Said once, by the look above.
        return
    ways = {"sent over the connection": lambda: prove(client, settings.MAX_FILE_BYTES)}
    if client.is_local:
        ways["handed over as descriptors"] = lambda: self_test(client)
    for way, ask in ways.items():
        try:
            yield judge_proof(f"clamd: files {way}", ask(), size)
        except (ScannerUnavailable, StorageOffline) as error:
            yield trouble(f"clamd: files {way}", str(error), START_IT)


def judge_proof(name: str, proof: Proof, size: str) -> Diagnosis:
    if not proof.is_passed:
        return trouble(name, proof.explanation, LINES)
    return well(name, f"a virus at the end of {size} is found")
