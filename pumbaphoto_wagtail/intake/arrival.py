"""What a stored file arrived for, by an upload or from a library, and how its upload ends."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, QuerySet

from pumbaphoto_wagtail.models import (
    Gallery,
    LibraryFile,
    Purpose,
    SameName,
    StoredFile,
    Upload,
    UploadState,
)

from . import batches
from .receiving import part_name, remove_part
from .remembering import Remembered, remembered

# Its bytes are here, and it has not come to an end.
ARRIVED = (UploadState.RECEIVED, UploadState.ASKED)
UNSENT = (UploadState.ANNOUNCED, UploadState.UPLOADING)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file that has come to a gallery: by an upload, or from a library.

    ``same_name`` is what becomes of a photo that is there with other bytes. In a library each path
    is a photograph of its own.
    """

    gallery: Gallery
    purpose: Purpose
    same_name: SameName
    upload: Upload | None = None
    library_file: LibraryFile | None = None

    @property
    def remembered(self) -> Remembered | None:
        """What a file was before its row was lost, for one that is taken in again."""
        return remembered(self.upload) if self.upload else None

    @property
    def is_referenced(self) -> bool:
        """Whether the file is to stay where it lies, and is only read there."""
        return self.library_file is not None and not self.library_file.library.takes_in


def arrivals_of(file: StoredFile) -> list[Arrival]:
    """Where a file has come to: one gallery for an upload, any number for a library's file."""
    upload = upload_of(file)
    if upload is not None:
        batch = upload.batch
        return [
            Arrival(
                gallery=batch.gallery,
                purpose=Purpose(batch.purpose),
                same_name=SameName(batch.same_name),
                upload=upload,
            )
        ]
    from_library = LibraryFile.objects.filter(stored_file=file, gallery__deleted_at__isnull=True)
    # Not where its photograph was deleted for good.
    from_library = from_library.exclude(size=0)
    return [
        Arrival(
            gallery=one.gallery,
            purpose=Purpose.ORIGINAL,
            same_name=SameName.KEEP_BOTH,
            library_file=one,
        )
        for one in from_library.select_related("gallery", "library", "photo").order_by("pk")
    ]


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
        remove_part(name)
