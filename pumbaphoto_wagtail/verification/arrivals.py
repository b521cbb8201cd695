"""I1 and I15: what was acknowledged is stored, and every announced file comes to an end.

Also leases, since what somebody holds for ever comes to none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from ..conf import settings
from ..intake.receiving import WRITER_LEASE_SECONDS, part_name
from ..models import (
    FINAL_UPLOAD_STATES,
    SETTLED_STAGES,
    Message,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from ..storage import INCOMING, storage_for
from ..wrong_clocks import CLOCK_SECONDS, longest_lease
from .findings import Finding, Inspection, Severity, long_ago, one_by_one, place_of, still

RECONCILER = "Does the reconciler run? (manage.py reconcile)"


def check(inspection: Inspection) -> Iterator[Finding]:
    uploads = inspection.of_gallery(Upload.objects.all(), "batch__gallery")
    inspection.looked_at["uploads"] += uploads.count()
    yield from _check_acknowledged(inspection, uploads)
    yield from _check_growing(inspection, uploads)
    yield from _check_batches(inspection)
    yield from _check_idle(inspection)
    yield from _check_leases(inspection, uploads)


def _check_acknowledged(inspection: Inspection, uploads: QuerySet[Upload]) -> Iterator[Finding]:
    done = uploads.filter(state__in=(UploadState.RECEIVED, UploadState.ASKED, UploadState.ACCEPTED))
    for upload in one_by_one(done.filter(stored_file=None)):
        yield _finding(upload, "I1", f"{upload.state}, and no file is stored for it")
    cut = done.exclude(length=F("stored_file__size")).exclude(stored_file=None)
    for upload in one_by_one(cut.select_related("stored_file")):
        words = f"{upload.length} bytes were received, {upload.stored_file.size} are stored"
        yield _finding(upload, "I1", words)
    # What its client said of the file before it sent a byte.
    other = done.exclude(claimed_sha256="").exclude(claimed_sha256=F("stored_file__sha256"))
    for upload in one_by_one(other.exclude(stored_file=None)):
        yield _finding(upload, "I1", "another SHA-256 is stored than its client announced")


def _check_growing(inspection: Inspection, uploads: QuerySet[Upload]) -> Iterator[Finding]:
    if INCOMING in inspection.absent:
        return
    growing = uploads.filter(state=UploadState.UPLOADING)
    for upload in one_by_one(growing):
        present, trouble = still(upload, _trouble_with_part)
        if present is not None and trouble:
            yield _finding(present, "I1", trouble)
    expired = growing.filter(expires_at__lt=long_ago())
    for upload in one_by_one(expired):
        yield _finding(
            upload, "I15", "expired, and not given up", Severity.WARNING, hint=RECONCILER
        )


def _trouble_with_part(upload: Upload) -> str:
    if upload.state != UploadState.UPLOADING:
        return ""
    try:
        size = storage_for(INCOMING).size(part_name(upload))
    except FileNotFoundError:
        size = 0
    except Exception as error:  # storages other than ours have errors of their own
        return f"its part cannot be read: {type(error).__name__}: {error}"
    if size >= upload.durable_offset:
        return ""
    return f"{upload.durable_offset} bytes were acknowledged, {size} are stored"


def _check_batches(inspection: Inspection) -> Iterator[Finding]:
    batches = inspection.of_gallery(UploadBatch.objects.all(), "gallery")
    inspection.looked_at["batches"] += batches.count()
    open_uploads = Upload.objects.filter(batch=OuterRef("pk")).exclude(
        state__in=FINAL_UPLOAD_STATES
    )
    short = batches.filter(Exists(open_uploads), settled_at__isnull=False)
    for batch in one_by_one(short):
        yield _about_batch(batch, "settled, but not every announced file has come to an end")
    forgotten = batches.filter(~Exists(open_uploads), settled_at=None, created_at__lt=long_ago())
    for batch in one_by_one(forgotten):
        yield _about_batch(batch, "every file has come to an end, but nobody was told")


def _check_idle(inspection: Inspection) -> Iterator[Finding]:
    now = timezone.now()
    idle = (
        inspection.files()
        .filter(Q(lease_until=None) | Q(lease_until__lt=now), stage_changed_at__lt=long_ago())
        .exclude(stage__in=SETTLED_STAGES)
        .exclude(retry_at__gt=now)
        # Not forgotten: the photographer has not decided yet.
        .exclude(Exists(Upload.objects.filter(stored_file=OuterRef("pk"), state=UploadState.ASKED)))
    )
    for file in one_by_one(idle):
        yield Finding(
            invariant="I1",
            severity=Severity.WARNING,
            what=f"{file.stage} for more than a day, and nobody works on it",
            where=place_of(file),
            hint=f"Do the workers run? {RECONCILER}",
        )


def _check_leases(inspection: Inspection, uploads: QuerySet[Upload]) -> Iterator[Finding]:
    now = timezone.now()
    for file in one_by_one(inspection.files().filter(lease_until__gt=now)):
        if file.lease_until > now + longest_lease(file):
            yield _held_for_ever("file", file)
    for name, rows, seconds in (
        ("upload", uploads, WRITER_LEASE_SECONDS),
        (
            "message",
            inspection.of_gallery(Message.objects.all(), "gallery"),
            settings.LEASE_SECONDS,
        ),
    ):
        limit = now + timedelta(seconds=seconds + CLOCK_SECONDS)
        for row in one_by_one(rows.filter(lease_until__gt=limit)):
            yield _held_for_ever(name, row)


def _held_for_ever(name: str, row: StoredFile | Upload | Message) -> Finding:
    return Finding(
        invariant="I1",
        severity=Severity.ERROR,
        what=f"held until {row.lease_until:%Y-%m-%d %H:%M} UTC, longer than anybody may hold it",
        where=f"{name} {row.uuid}",
        hint=f"Was a clock wrong? {RECONCILER}",
    )


def _finding(
    upload: Upload,
    invariant: str,
    words: str,
    severity: Severity = Severity.ERROR,
    hint: str = "The photographer has to send this file again.",
) -> Finding:
    return Finding(
        invariant=invariant,
        severity=severity,
        what=words,
        where=f"upload {upload.uuid}",
        hint=hint,
    )


def _about_batch(batch: UploadBatch, words: str) -> Finding:
    return Finding(
        invariant="I15",
        severity=Severity.ERROR,
        what=words,
        where=f"batch {batch.uuid}",
        hint=RECONCILER,
    )
