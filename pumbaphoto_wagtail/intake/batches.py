"""The announced batch: what is coming, what is there already, and whether it adds up.

accepted + refused + duplicate + abandoned = announced, always; a batch is settled, and mailed
about once, when every announced file has come to one of these ends.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pumbaphoto_wagtail import notifications, tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import FileRefused, StorageFull
from pumbaphoto_wagtail.models import (
    FINAL_UPLOAD_STATES,
    UNDECIDED_STATUSES,
    Edit,
    Gallery,
    MessageKind,
    Purpose,
    Stage,
    Upload,
    UploadBatch,
    UploadState,
)
from pumbaphoto_wagtail.storage import INCOMING, NASStorage, storage_for

from .formats import check_extension
from .names import clean_text, display_folder, display_name

MAX_ANNOUNCED_NAME_LENGTH = 1024


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """One row of a manifest, as the client sent it. ``size`` is bytes."""

    name: str
    size: int
    relative_path: str = ""
    last_modified: datetime | None = None
    client_key: uuid.UUID | None = None
    sha256: str = ""
    metadata: str = ""


@transaction.atomic
def announce(
    gallery: Gallery, *, uploader, purpose: Purpose, announcements: list[Announcement]
) -> UploadBatch:
    """Begin a batch: one upload row for each announced file, with what can be said at once.

    Files of the wrong type or size are refused here, before a byte flows; files that the gallery
    already has (same folder, name, size and time) are marked as duplicates. Raises FileRefused if
    there are more than ``MAX_BATCH_FILES`` and StorageFull if the rest does not fit.
    """
    if len(announcements) > settings.MAX_BATCH_FILES:
        raise FileRefused(
            ngettext(
                "At most %(count)d file can be sent in one batch.",
                "At most %(count)d files can be sent in one batch.",
                settings.MAX_BATCH_FILES,
            )
            % {"count": settings.MAX_BATCH_FILES}
        )
    batch = UploadBatch.objects.create(gallery=gallery, uploader=uploader, purpose=purpose)
    known = _known_files(gallery, purpose)
    uploads = [_upload_for(batch, announcement, known) for announcement in announcements]
    _require_space(
        sum(upload.length for upload in uploads if upload.state == UploadState.ANNOUNCED)
    )
    Upload.objects.bulk_create(uploads, batch_size=500)
    settle(batch)
    return batch


def _known_files(gallery: Gallery, purpose: Purpose) -> dict[tuple, int]:
    """Stored files of a gallery by what a browser can tell of a file without reading it."""
    arrived = Upload.objects.filter(
        batch__gallery=gallery,
        batch__purpose=purpose,
        state__in=(UploadState.ACCEPTED, UploadState.RECEIVED),
        stored_file__isnull=False,
        last_modified__isnull=False,
    ).exclude(stored_file__stage=Stage.MISSING)
    rows = arrived.values_list(
        "relative_path", "file_name", "length", "last_modified", "stored_file"
    )
    return {row[:4]: row[4] for row in rows.iterator()}


def _upload_for(batch: UploadBatch, announcement: Announcement, known: dict) -> Upload:
    upload = Upload(
        batch=batch,
        client_key=announcement.client_key or uuid.uuid4(),
        file_name=display_name(announcement.name),
        announced_name=clean_text(announcement.name)[:MAX_ANNOUNCED_NAME_LENGTH],
        relative_path=display_folder(announcement.relative_path),
        last_modified=announcement.last_modified,
        length=announcement.size,
        claimed_sha256=announcement.sha256,
        metadata=announcement.metadata,
    )
    try:
        check_announced(upload.file_name, upload.length)
    except FileRefused as refusal:
        upload.state, upload.reason = UploadState.REFUSED, str(refusal)
        upload.length = max(upload.length, 0)
        return upload
    identity = (upload.relative_path, upload.file_name, upload.length, upload.last_modified)
    if identity in known:
        upload.state, upload.stored_file_id = UploadState.DUPLICATE, known[identity]
        upload.reason = _("This file is in the gallery already.")
    return upload


def check_announced(file_name: str, length_bytes: int) -> None:
    """What can be said of a file by its name and size. Raises FileRefused."""
    check_extension(file_name, settings.ALLOWED_FORMATS)
    if length_bytes <= 0:
        raise FileRefused(_("This file is empty."))
    if length_bytes > settings.MAX_FILE_BYTES:
        raise FileRefused(
            _("This file is larger than %(limit)d MiB.")
            % {"limit": settings.MAX_FILE_BYTES // 2**20}
        )


def _require_space(planned_bytes: int) -> None:
    storage = storage_for(INCOMING)
    if isinstance(storage, NASStorage) and storage.reserve_left(planned_bytes) < 0:
        raise StorageFull


def counts(batch: UploadBatch) -> dict[str, int]:
    """How many files of the batch are in each state, with ``announced`` as their sum."""
    rows = batch.uploads.order_by().values("state").annotate(amount=Count("pk"))
    by_state = dict.fromkeys(UploadState.values, 0)
    by_state |= {row["state"]: row["amount"] for row in rows}
    by_state["waiting"] = by_state.pop(UploadState.ANNOUNCED)
    by_state["announced"] = sum(by_state.values())
    return by_state


def progress(batch: UploadBatch) -> dict[str, int]:
    """How many received files of the batch are at each stage of scanning and rendering."""
    rows = (
        batch.uploads.filter(stored_file__isnull=False)
        .exclude(state=UploadState.DUPLICATE)
        .order_by()
        .values("stored_file__stage")
        .annotate(amount=Count("pk"))
    )
    by_stage = dict.fromkeys(Stage.values, 0)
    return by_stage | {row["stored_file__stage"]: row["amount"] for row in rows}


def received_bytes(batch: UploadBatch) -> tuple[int, int]:
    """(bytes received, bytes announced) of what was not refused and is not there already."""
    wanted = batch.uploads.exclude(state__in=(UploadState.REFUSED, UploadState.DUPLICATE))
    sums = wanted.aggregate(received=Sum("durable_offset"), announced=Sum("length"))
    return sums["received"] or 0, sums["announced"] or 0


@transaction.atomic
def settle(batch: UploadBatch) -> bool:
    """Mark the batch as settled, once, if every announced file has come to an end.

    True if this call settled it; the uploader is then owed one message, unless nothing arrived
    that they do not know already.
    """
    if batch.uploads.exclude(state__in=FINAL_UPLOAD_STATES).exists():
        return False
    now = timezone.now()
    if not UploadBatch.objects.filter(pk=batch.pk, settled_at=None).update(settled_at=now):
        return False
    batch.settled_at = now
    _match_waiting_edits(batch)
    arrived = batch.uploads.exclude(state=UploadState.DUPLICATE).exists()
    if arrived and batch.uploader is not None and batch.uploader.email:
        notifications.owe(
            MessageKind.UPLOAD_SETTLED,
            key=f"upload-settled:{batch.uuid}",
            gallery=batch.gallery,
            recipient=batch.uploader,
            batch=batch,
        )
    return True


def _match_waiting_edits(batch: UploadBatch) -> None:
    """Edits that came before their originals find them now."""
    waiting = Edit.objects.filter(gallery=batch.gallery_id, status__in=UNDECIDED_STATUSES)
    if batch.purpose == Purpose.ORIGINAL and waiting.exists():
        tasks.wake("match_edits", batch.gallery_id)


def settle_all(batches: Iterable[UploadBatch]) -> int:
    """Settle those that can be; returns how many were."""
    return sum(settle(batch) for batch in batches)


def from_milliseconds(milliseconds: int | None) -> datetime | None:
    """A browser's ``lastModified`` as an aware time; None for what is no time at all."""
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
