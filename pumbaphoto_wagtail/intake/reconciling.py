"""Putting right what a crash, a lost queue or an absent machine has left half done.

The database is the truth: whatever is not at an end and not in anybody's hands is woken again.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import DAY, settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import (
    SETTLED_STAGES,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from pumbaphoto_wagtail.storage import INCOMING, NASStorage, remove, storage_for

from . import arrival, batches, receiving
from .claims import free
from .scanning import QUARANTINE, SCANNABLE, quarantine

logger = logging.getLogger(__name__)

# A part that no row knows is given this long: its row may not be committed yet.
GRACE_SECONDS = DAY


def scannable_ids() -> list[int]:
    """Files that wait for a scan now, the oldest first."""
    now = timezone.now()
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    files = StoredFile.objects.filter(due, free(), stage__in=SCANNABLE)
    return list(files.order_by("pk").values_list("pk", flat=True))


def reconcile() -> dict[str, int]:
    """Wake, end and sweep; returns what was done, by name."""
    return {
        "scans woken": _wake("scan_file", SCANNABLE),
        "renderings woken": _wake("render_file", (Stage.CLEAN, Stage.RENDERING)),
        "quarantined": _quarantine_the_condemned(),
        "uploads ended": _end_uploads(),
        "uploads given up": receiving.abandon_expired(),
        "batches settled": _settle_batches(),
        "parts swept": sweep_parts(),
    }


def _wake(task_name: str, stages: tuple[Stage, ...]) -> int:
    """Wake work on files that have stood still for longer than anybody may hold them."""
    now = timezone.now()
    still_since = now - timedelta(seconds=settings.LEASE_SECONDS)
    due = Q(retry_at__lte=now) | Q(retry_at__isnull=True, stage_changed_at__lte=still_since)
    keys = list(
        StoredFile.objects.filter(due, free(), stage__in=stages).values_list("pk", flat=True)
    )
    for key in keys:
        tasks.wake(task_name, key)
    return len(keys)


def _quarantine_the_condemned() -> int:
    loose = StoredFile.objects.filter(stage=Stage.INFECTED, is_owned=True).exclude(
        storage=INCOMING, name__startswith=f"{QUARANTINE}/"
    )
    for file in loose:
        quarantine(file)
    return len(loose)


def _end_uploads() -> int:
    """End uploads whose file came to its end while nobody could write that down."""
    pending = Upload.objects.filter(
        state=UploadState.RECEIVED, stored_file__stage__in=SETTLED_STAGES
    ).select_related("stored_file")
    for upload in pending:
        arrival.end_upload(upload.stored_file, UploadState.ACCEPTED, upload.stored_file.reason)
    return len(pending)


def _settle_batches() -> int:
    return batches.settle_all(
        UploadBatch.objects.filter(settled_at=None).select_related("gallery", "uploader")
    )


def sweep_parts() -> int:
    """Remove parts of uploads that nobody knows any more, after a day; returns how many."""
    storage = storage_for(INCOMING)
    if not isinstance(storage, NASStorage):
        return 0
    try:
        parts = [name for name in storage.listdir("")[1] if name.endswith(".part")]
        known = set(StoredFile.objects.filter(storage=INCOMING).values_list("name", flat=True))
        unfinished = Upload.objects.filter(state__in=(UploadState.ANNOUNCED, UploadState.UPLOADING))
        known |= {f"{identity}.part" for identity in unfinished.values_list("uuid", flat=True)}
        before = timezone.now() - timedelta(seconds=GRACE_SECONDS)
        orphans = [
            name for name in parts if name not in known and storage.get_modified_time(name) < before
        ]
        for name in orphans:
            remove(INCOMING, name)
    except (PumbaphotoError, OSError) as error:
        logger.warning("parts were not swept: %r", error)
        return 0
    return len(orphans) + storage.remove_abandoned(GRACE_SECONDS)
