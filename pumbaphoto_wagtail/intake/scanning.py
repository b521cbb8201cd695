"""The virus scan: nothing is opened, served or moved on without a verdict for exactly its bytes.

Three things can come of a scan. Clean: the file goes on. Infected: it is quarantined and shown.
No verdict: it stays where it is and waits, or is blocked after several attempts; it is never
clean by default and never deleted.
"""

from __future__ import annotations

import logging
import time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import ScannerUnavailable, StorageFull, StorageOffline
from pumbaphoto_wagtail.models import UNREAD, Stage, UploadState, Verdict
from pumbaphoto_wagtail.storage import BLOCK_BYTES, Digester, open_file, storage_for

from . import waiting
from .arrival import end_upload
from .claims import LOOK_AGAIN_SECONDS, Claim, claim, in_seconds, may_still_appear
from .clamd_client import ClamdClient, ScanAnswer
from .quarantine import log_condemned, quarantine
from .scanner_trust import is_demo_without_scanner, scanner, takes_descriptors, trusted_version

logger = logging.getLogger(__name__)

SCANNABLE = (Stage.RECEIVED, Stage.WAITING, Stage.SCANNING)
# A worker that scans renews its lease; the file of one that has died is free again soon.
SCAN_LEASE_SECONDS = 60
RENEWALS_PER_LEASE = 4
MIN_RETRY_SECONDS = 5
MAX_RETRY_SECONDS = 300


class _Beat:
    """Renews the lease of a file for as long as its scan makes progress."""

    def __init__(self, work: Claim) -> None:
        self.work = work
        self.lease_seconds = min(SCAN_LEASE_SECONDS, settings.LEASE_SECONDS)
        self.renew()

    def __call__(self) -> None:
        if time.monotonic() - self.renewed > self.lease_seconds / RENEWALS_PER_LEASE:
            self.renew()

    def renew(self) -> None:
        self.renewed = time.monotonic()
        self.work.update(lease_until=in_seconds(self.lease_seconds))


def scan_file(stored_file_id: int, *, wakes_rendering: bool = True) -> Stage | None:
    """Scan one received file and record what came of it; None if there was nothing to do.

    A clean file is left to the queue, or to a caller who renders it without ``wakes_rendering``.
    """
    work = claim(
        stored_file_id, from_stages=SCANNABLE, to_stage=Stage.SCANNING, counter="scan_attempts"
    )
    if work is None:
        return None
    if work.file.sha256 == UNREAD and not _know_bytes(work):
        return work.file.stage
    if is_demo_without_scanner():
        _pass(work, Verdict.NOT_SCANNED_DEMO, "", wakes_rendering)
    elif work.file.scan_attempts > settings.MAX_SCAN_ATTEMPTS:
        # Its last attempts did not come to any end: it has killed or outlived its workers.
        _block(work, _("The virus scan of this file was never finished."))
    else:
        _attempt(work, wakes_rendering)
    return work.file.stage


def _know_bytes(work: Claim) -> bool:
    """Read a library's file for the digests that its verdict will be about; False if it cannot be.

    An upload's are known from its arrival.
    """
    beat, digester = _Beat(work), Digester()
    try:
        with open_file(work.file.storage, work.file.name) as source:
            while block := source.read(BLOCK_BYTES):
                digester.update(block)
                beat()
    except FileNotFoundError:
        _lose(work)
        return False
    except (StorageOffline, OSError) as error:
        logger.warning("file %s could not be read: %r", work.file.pk, error)
        _wait(work, str(StorageOffline()), is_counted=isinstance(error, PermissionError))
        return False
    found = digester.result()
    return work.update(size=found.size, sha256=found.sha256, crc32=found.crc32)


def _attempt(work: Claim, wakes_rendering: bool) -> None:
    client, beat, is_counted = scanner(), _Beat(work), False
    try:
        version = trusted_version(client, work.file.storage, beat)
        is_counted = True
        began = time.monotonic()
        answer = _scan(client, work, beat)
        _record(work, answer, version, wakes_rendering, time.monotonic() - began)
    except ScannerUnavailable as error:
        _wait(work, str(error), is_counted=is_counted)
    except FileNotFoundError:
        _lose(work)
    # Full, since the scanner's proof writes a file.
    except (StorageOffline, StorageFull, OSError) as error:
        logger.warning("file %s could not be read for its scan: %r", work.file.pk, error)
        _wait(work, str(StorageOffline()), is_counted=False)


def _scan(client: ClamdClient, work: Claim, beat: _Beat) -> ScanAnswer:
    file = work.file
    if takes_descriptors(client, file.storage):
        with storage_for(file.storage).descriptor(file.name) as descriptor:
            return client.scan_descriptor(descriptor, file.size, beat)
    with open_file(file.storage, file.name) as source:
        return client.scan_stream(source, file.size, beat)


def _record(
    work: Claim, answer: ScanAnswer, version: str, wakes_rendering: bool, seconds: float
) -> None:
    if (answer.sha256, answer.size) != (work.file.sha256, work.file.size):
        _wait(work, _("The scanner did not see the whole file."), is_counted=True)
    elif answer.outcome == "unclear":
        _wait(work, _("The virus scanner gave no clear answer."), is_counted=True)
    elif answer.outcome == "limits":
        _block(
            work,
            _("The virus scanner's limits are too low for this file (%(limit)s).")
            % {"limit": answer.signature or "?"},
        )
    elif answer.outcome == "infected":
        _condemn(work, answer.signature, version, seconds)
    else:
        _pass(work, Verdict.CLEAN, version, wakes_rendering, seconds)
    if answer.outcome in {"clean", "infected"}:
        waiting.wake_the_waiting()


@transaction.atomic
def _pass(
    work: Claim,
    verdict: Verdict,
    version: str,
    wakes_rendering: bool,
    seconds: float | None = None,
) -> None:
    passed = work.release(
        stage=Stage.CLEAN,
        verdict=verdict,
        scanner_version=version,
        scanned_at=timezone.now(),
        scan_seconds=seconds,
        reason="",
    )
    if passed and wakes_rendering:
        tasks.wake("render_file", work.file.pk)


def _condemn(work: Claim, virus: str, version: str, seconds: float) -> None:
    reason = _("A virus was found: %(virus)s.") % {"virus": virus}
    with transaction.atomic():
        condemned = work.release(
            stage=Stage.INFECTED,
            verdict=Verdict.INFECTED,
            virus_name=virus[:255],
            scanner_version=version,
            scanned_at=timezone.now(),
            scan_seconds=seconds,
            reason=reason,
        )
        if condemned:
            end_upload(work.file, UploadState.ACCEPTED, reason)
            log_condemned(work.file)
    if condemned:
        quarantine(work.file)


def _wait(work: Claim, reason: str, *, is_counted: bool) -> None:
    """Keep the file for another attempt; ``is_counted`` if this one says something about it.

    Waiting times double: after a counted attempt with their number, otherwise with the time that
    the file has waited. An answer of the scanner to any file ends the waiting of all.
    """
    attempts, since = work.file.scan_attempts, work.file.stage_changed_at
    if is_counted and attempts >= settings.MAX_SCAN_ATTEMPTS:
        _block(work, reason)
        return
    waited = (timezone.now() - since).total_seconds()
    seconds = MIN_RETRY_SECONDS * 2 ** (attempts - 1) if is_counted else waited
    work.release(
        stage=Stage.WAITING,
        stage_changed_at=since,
        reason=reason,
        retry_at=in_seconds(min(MAX_RETRY_SECONDS, max(MIN_RETRY_SECONDS, seconds))),
        scan_attempts=attempts if is_counted else attempts - 1,
    )
    waiting.probe_later()


@transaction.atomic
def _block(work: Claim, reason: str) -> None:
    if work.release(stage=Stage.BLOCKED, reason=reason):
        end_upload(work.file, UploadState.ACCEPTED, reason)


@transaction.atomic
def _lose(work: Claim) -> None:
    if may_still_appear(work.file):
        _look_again(work)
        return
    reason = _("The file is missing from the storage.")
    if work.release(stage=Stage.MISSING, reason=reason):
        logger.error("file %s is missing from %s", work.file.pk, work.file.storage)
        end_upload(work.file, UploadState.ACCEPTED, reason)


def _look_again(work: Claim) -> None:
    logger.warning("file %s is not seen on %s yet", work.file.pk, work.file.storage)
    work.release(
        stage=Stage.RECEIVED,
        retry_at=in_seconds(LOOK_AGAIN_SECONDS),
        scan_attempts=work.file.scan_attempts - 1,
    )


def scan_waiting() -> Stage | None:
    """Ask the scanner again with one of the files that wait for it; None if there is none.

    If it answers, that wakes the others; otherwise it is asked again a little later.
    """
    key = waiting.next_to_try()
    return None if key is None else scan_file(key)
