"""What a stored file arrived for, and how its upload ends."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, QuerySet

from pumbaphoto_wagtail.models import StoredFile, Upload, UploadState
from pumbaphoto_wagtail.storage import INCOMING, remove

from . import batches
from .receiving import part_name

# Its bytes are here, and it has not come to an end.
ARRIVED = (UploadState.RECEIVED, UploadState.ASKED)
UNSENT = (UploadState.ANNOUNCED, UploadState.UPLOADING)


def upload_of(file: StoredFile) -> Upload | None:
    """The upload that brought a file, with its batch and gallery."""
    return (
        file.uploads.exclude(state=UploadState.DUPLICATE)
        .select_related("batch__gallery")
        .order_by("pk")
        .first()
    )


@transaction.atomic
def end_upload(file: StoredFile, state: UploadState, reason: str = "") -> None:
    """Record how a received file ended, and settle its batch if it was the last.

    Quarantined and failed files are accepted ones: they are stored, and visible with their reason.
    """
    arrived = file.uploads.filter(state__in=ARRIVED).select_related(
        "batch__gallery", "batch__uploader"
    )
    for upload in arrived:
        Upload.objects.filter(pk=upload.pk).update(state=state, reason=reason)
        batches.settle(upload.batch)


@transaction.atomic
def end_as_duplicate(file: StoredFile, reason: str, *, is_skipped: bool) -> None:
    """Record that a file that arrived is not kept, also where it had been accepted before.

    It is ``is_skipped`` by the photographer's decision, or its bytes are in the gallery already.
    """
    kept = file.uploads.filter(state__in=(*ARRIVED, UploadState.ACCEPTED))
    uploads = list(kept.select_related("batch__gallery", "batch__uploader"))
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).update(
        state=UploadState.DUPLICATE, reason=reason, is_same_name=is_skipped, stored_file=None
    )
    batches.settle_all(upload.batch for upload in uploads)


@transaction.atomic
def end_unsent(uploads: QuerySet[Upload], state: UploadState, reason: str) -> int:
    """End those of ``uploads`` whose bytes have not all arrived; returns how many.

    A request that is writing to one of them is fenced off, and their parts are removed.
    """
    unsent = list(uploads.filter(state__in=UNSENT).order_by("pk").select_for_update())
    Upload.objects.filter(pk__in=[upload.pk for upload in unsent]).update(
        state=state, reason=reason, lease_generation=F("lease_generation") + 1
    )
    parts = [part_name(upload) for upload in unsent if upload.state == UploadState.UPLOADING]
    # Parts that a storage does not give up now are swept later.
    transaction.on_commit(lambda: _remove_parts(parts), robust=True)
    return len(unsent)


def _remove_parts(names: list[str]) -> None:
    for name in names:
        remove(INCOMING, name)
