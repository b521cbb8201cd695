"""What a stored file arrived for, and how its upload ends."""

from __future__ import annotations

from django.db import transaction

from pumbaphoto_wagtail.models import StoredFile, Upload, UploadState

from . import batches


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
    received = file.uploads.filter(state=UploadState.RECEIVED).select_related(
        "batch__gallery", "batch__uploader"
    )
    for upload in received:
        Upload.objects.filter(pk=upload.pk).update(state=state, reason=reason)
        batches.settle(upload.batch)
