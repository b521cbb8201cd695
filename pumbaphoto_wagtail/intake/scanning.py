"""The virus scan: nothing is opened, served or moved on without a verdict for exactly its bytes.

Three things can come of a scan. Clean: the file goes on. Infected: it is quarantined and shown.
No verdict: it stays where it is and waits, or is blocked after several attempts; it is never
clean by default and never deleted.
"""

from __future__ import annotations

import hashlib
import logging

from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError, ScannerUnavailable, StorageOffline
from pumbaphoto_wagtail.models import Stage, StoredFile, UploadState, Verdict
from pumbaphoto_wagtail.storage import (
    INCOMING,
    FileDigest,
    NASStorage,
    link_or_copy,
    open_file,
    remove,
    sidecar_name,
    storage_for,
)

from .arrival import end_upload
from .claims import Claim, claim, in_seconds
from .clamd_client import ClamdClient, ScanAnswer

logger = logging.getLogger(__name__)

SCANNABLE = (Stage.RECEIVED, Stage.WAITING, Stage.SCANNING)
QUARANTINE = "quarantine"
# How long a passed self-test vouches for the scanner.
PROOF_SECONDS = 3600
OFFLINE_RETRY_SECONDS = 15
MAX_RETRY_SECONDS = 300


def scanner() -> ClamdClient:
    """The configured clamd."""
    return ClamdClient(
        settings.CLAMD_ADDRESS,
        connect_timeout_seconds=settings.CLAMD_CONNECT_TIMEOUT_SECONDS,
        scan_timeout_seconds=settings.CLAMD_SCAN_TIMEOUT_SECONDS,
        scan_timeout_seconds_per_mebibyte=settings.CLAMD_SCAN_TIMEOUT_SECONDS_PER_MEBIBYTE,
    )


def is_demo_without_scanner() -> bool:
    """Whether files pass unscanned: only in a demonstration, and only with DEBUG."""
    return bool(django_settings.DEBUG and settings.DEMO_WITHOUT_SCANNER)


def scan_file(stored_file_id: int) -> Stage | None:
    """Scan one received file and record what came of it; None if there was nothing to do."""
    work = claim(
        stored_file_id, from_stages=SCANNABLE, to_stage=Stage.SCANNING, counter="scan_attempts"
    )
    if work is None:
        return None
    if is_demo_without_scanner():
        _pass(work, Verdict.NOT_SCANNED_DEMO, "")
        return work.file.stage
    client = scanner()
    try:
        version = _proved_version(client)
    except ScannerUnavailable as error:
        _wait(work, str(error), is_counted=False)
        return work.file.stage
    try:
        _record(work, _scan(client, work), version)
    except ScannerUnavailable as error:
        _wait(work, str(error), is_counted=True)
    except FileNotFoundError:
        _lose(work)
    except (StorageOffline, OSError) as error:
        logger.warning("file %s could not be read for its scan: %r", stored_file_id, error)
        _wait(work, str(StorageOffline()), is_counted=False)
    return work.file.stage


def _proved_version(client: ClamdClient) -> str:
    """The scanner's version, once it has shown that it finds a virus in the largest file.

    Raises ScannerUnavailable, saying which limit is wrong, if it does not.
    """
    version = client.version()
    name = f"{version.engine} {version.signatures}".strip()
    key = _proof_key(client.address, name)
    if not cache.get(key):
        test = client.self_test(settings.MAX_FILE_BYTES)
        if not test.is_passed:
            raise ScannerUnavailable(test.explanation)
        cache.set(key, True, PROOF_SECONDS)
    return name


def _proof_key(address: str, version: str) -> str:
    # Not hash(): that differs from one process to the next, and each would prove it again.
    identity = hashlib.sha256(f"{address} {version}".encode()).hexdigest()
    return f"pumbaphoto.scanner-proof.{settings.MAX_FILE_BYTES}.{identity}"


def _scan(client: ClamdClient, work: Claim) -> ScanAnswer:
    file = work.file
    seconds = settings.CLAMD_SCAN_TIMEOUT_SECONDS + file.size / 2**20 * (
        settings.CLAMD_SCAN_TIMEOUT_SECONDS_PER_MEBIBYTE
    )
    work.update(lease_until=in_seconds(seconds + settings.LEASE_SECONDS))
    storage = storage_for(file.storage)
    if client.is_local and isinstance(storage, NASStorage):
        with storage.descriptor(file.name) as descriptor:
            return client.scan_descriptor(descriptor, file.size)
    with open_file(file.storage, file.name) as source:
        return client.scan_stream(source, file.size)


def _record(work: Claim, answer: ScanAnswer, version: str) -> None:
    if answer.outcome == "infected":
        _condemn(work, answer.signature, version)
    elif (answer.sha256, answer.size) != (work.file.sha256, work.file.size):
        _wait(work, _("The scanner did not see the whole file."), is_counted=True)
    elif answer.outcome == "clean":
        _pass(work, Verdict.CLEAN, version)
    elif answer.outcome == "limits":
        _block(
            work,
            _("The virus scanner's limits are too low for this file (%(limit)s).")
            % {"limit": answer.signature or "?"},
        )
    else:
        _wait(work, _("The virus scanner gave no clear answer."), is_counted=True)


@transaction.atomic
def _pass(work: Claim, verdict: Verdict, version: str) -> None:
    passed = work.release(
        stage=Stage.CLEAN,
        verdict=verdict,
        scanner_version=version,
        scanned_at=timezone.now(),
        reason="",
    )
    if passed:
        tasks.wake("render_file", work.file.pk)


def _condemn(work: Claim, virus: str, version: str) -> None:
    reason = _("A virus was found: %(virus)s.") % {"virus": virus}
    with transaction.atomic():
        condemned = work.release(
            stage=Stage.INFECTED,
            verdict=Verdict.INFECTED,
            virus_name=virus[:255],
            scanner_version=version,
            scanned_at=timezone.now(),
            reason=reason,
        )
        if condemned:
            end_upload(work.file, UploadState.ACCEPTED, reason)
    if condemned:
        quarantine(work.file)


def quarantine(file: StoredFile) -> None:
    """Put a file where nothing reads; its row says why. Done twice, it changes nothing."""
    name = f"{QUARANTINE}/{file.uuid}"
    if file.storage == INCOMING and file.name == name:
        return
    source_storage, source_name = file.storage, file.name
    expected = FileDigest(size=file.size, sha256=file.sha256, crc32=file.crc32)
    try:
        link_or_copy(source_storage, source_name, INCOMING, name, expected)
    except (PumbaphotoError, OSError) as error:
        # The row condemns it already; the reconciler will try the move again.
        logger.warning("file %s could not be quarantined yet: %r", file.pk, error)
        return
    StoredFile.objects.filter(pk=file.pk).update(storage=INCOMING, name=name)
    file.storage, file.name = INCOMING, name
    remove(source_storage, source_name)
    if source_storage != INCOMING:
        remove(source_storage, sidecar_name(source_name))


def _wait(work: Claim, reason: str, *, is_counted: bool) -> None:
    """Keep the file for another attempt; ``is_counted`` if this one says something about it."""
    attempts = work.file.scan_attempts
    if is_counted and attempts >= settings.MAX_SCAN_ATTEMPTS:
        _block(work, reason)
        return
    seconds = min(MAX_RETRY_SECONDS, 5 * 2**attempts) if is_counted else OFFLINE_RETRY_SECONDS
    work.release(
        stage=Stage.WAITING,
        reason=reason,
        retry_at=in_seconds(seconds),
        scan_attempts=attempts if is_counted else attempts - 1,
    )


@transaction.atomic
def _block(work: Claim, reason: str) -> None:
    if work.release(stage=Stage.BLOCKED, reason=reason):
        end_upload(work.file, UploadState.ACCEPTED, reason)


@transaction.atomic
def _lose(work: Claim) -> None:
    reason = _("The file is missing from the storage.")
    if work.release(stage=Stage.MISSING, reason=reason):
        logger.error("file %s is missing from %s", work.file.pk, work.file.storage)
        end_upload(work.file, UploadState.ACCEPTED, reason)


@transaction.atomic
def scan_again(file: StoredFile) -> bool:
    """Ask for another scan of a file without a trusted verdict, for instance with new signatures.

    False if the file is not waiting for one. A file that comes out clean goes on from there.
    """
    changed = StoredFile.objects.filter(
        pk=file.pk, stage__in=(Stage.BLOCKED, Stage.INFECTED, Stage.WAITING)
    ).update(
        stage=Stage.RECEIVED,
        verdict=Verdict.NONE,
        virus_name="",
        scan_attempts=0,
        retry_at=None,
        stage_changed_at=timezone.now(),
    )
    if changed:
        tasks.wake("scan_file", file.pk)
    return bool(changed)
