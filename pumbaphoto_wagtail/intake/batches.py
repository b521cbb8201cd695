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

from pumbaphoto_wagtail import notifications, tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import FileRefused
from pumbaphoto_wagtail.models import (
    UNFINISHED_UPLOAD_STATES,
    Edit,
    Gallery,
    MessageKind,
    Photo,
    Purpose,
    Stage,
    Upload,
    UploadBatch,
    UploadState,
)

from .deleting import bring_back, words_of_bringing_back
from .formats import check_extension
from .known import KnownFiles, known_files
from .names import clean_text, display_folder, display_name, is_nameless, split_extension
from .space import require_space

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
    already has are marked as duplicates, and those that have the name of a photo that is there as
    such. Of the rest ``MAX_BATCH_FILES`` may be sent, and the others are refused, each by its
    name. Raises StorageFull if what is to be sent does not fit.
    """
    batch = UploadBatch.objects.create(gallery=gallery, uploader=uploader, purpose=purpose)
    known = known_files(gallery, purpose)
    names = _display_names(gallery, announcements)
    uploads = [
        _upload_for(batch, announcement, name, known)
        for announcement, name in zip(announcements, names, strict=True)
    ]
    to_send = [upload for upload in uploads if upload.state == UploadState.ANNOUNCED]
    _refuse_surplus(to_send[settings.MAX_BATCH_FILES :])
    require_space(gallery, to_send[: settings.MAX_BATCH_FILES])
    _bring_back(gallery, uploads, known, uploader)
    Upload.objects.bulk_create(uploads, batch_size=500)
    settle(batch)
    return batch


def _bring_back(gallery: Gallery, uploads: Iterable[Upload], known: KnownFiles, uploader) -> None:
    """Whoever sends a deleted photo's file again wants the photo back."""
    again = [upload for upload in uploads if upload.stored_file_id in known.deleted_photos]
    for upload in again:
        upload.reason = words_of_bringing_back()
    if again:
        keys = {known.deleted_photos[upload.stored_file_id] for upload in again}
        bring_back(gallery, Photo.objects.filter(pk__in=keys), actor=uploader)


def _display_names(gallery: Gallery, announcements: list[Announcement]) -> list[str]:
    """What the files are called; one without a name gets a number that no other has had."""
    first = 1
    if any(is_nameless(announcement.name) for announcement in announcements):
        first += Upload.objects.filter(batch__gallery=gallery).count()
    return [
        display_name(announcement.name, if_nameless=f"photo-{number}")
        for number, announcement in enumerate(announcements, start=first)
    ]


def _upload_for(
    batch: UploadBatch, announcement: Announcement, file_name: str, known: KnownFiles
) -> Upload:
    upload = Upload(
        batch=batch,
        client_key=announcement.client_key or uuid.uuid4(),
        file_name=file_name,
        announced_name=clean_text(announcement.name)[:MAX_ANNOUNCED_NAME_LENGTH],
        relative_path=display_folder(announcement.relative_path),
        last_modified=announcement.last_modified,
        length=announcement.size,
        claimed_sha256=announcement.sha256,
        metadata=announcement.metadata,
    )
    try:
        check_announced(announcement.name, announcement.size)
    except FileRefused as refusal:
        upload.state, upload.reason = UploadState.REFUSED, str(refusal)
        upload.length = max(upload.length, 0)
        return upload
    stored_file_id = known.stored_file_id(upload)
    if stored_file_id is not None:
        upload.state, upload.stored_file_id = UploadState.DUPLICATE, stored_file_id
        upload.reason = _("This file is in the gallery already.")
    elif not is_nameless(announcement.name):
        upload.is_same_name = known.has_photo_named(upload)
    return upload


def check_announced(announced_name: str, length_bytes: int) -> None:
    """What can be said of a file by its name and size. Raises FileRefused.

    A file whose name says nothing at all is judged by its content, once that is there.
    """
    if not is_nameless(announced_name) or split_extension(display_name(announced_name))[1]:
        check_extension(announced_name, settings.ALLOWED_FORMATS)
    if length_bytes <= 0:
        raise FileRefused(_("This file is empty."))
    if length_bytes > settings.MAX_FILE_BYTES:
        raise FileRefused(
            _("This file is larger than %(limit)d MiB.")
            % {"limit": settings.MAX_FILE_BYTES // 2**20}
        )


def _refuse_surplus(uploads: Iterable[Upload]) -> None:
    for upload in uploads:
        upload.state = UploadState.REFUSED
        upload.reason = _(
            "At most %(count)d files are sent at once. Drop this one again when the others are in."
        ) % {"count": settings.MAX_BATCH_FILES}
        upload.is_same_name = False


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
    # Not "all but the final ones": that would look at every finished upload, at each file's end.
    if batch.uploads.filter(state__in=UNFINISHED_UPLOAD_STATES).exists():
        return False
    now = timezone.now()
    if not UploadBatch.objects.filter(pk=batch.pk, settled_at=None).update(settled_at=now):
        return False
    batch.settled_at = now
    _match_edits_again(batch)
    arrived = batch.uploads.exclude(state=UploadState.DUPLICATE).exists()
    is_of_photos = batch.purpose != Purpose.WATERMARK
    if is_of_photos and arrived and batch.uploader is not None and batch.uploader.email:
        notifications.owe(
            MessageKind.UPLOAD_SETTLED,
            key=f"upload-settled:{batch.uuid}",
            gallery=batch.gallery,
            recipient=batch.uploader,
            batch=batch,
        )
    return True


def _match_edits_again(batch: UploadBatch) -> None:
    """Edits that came before their originals find them now, and others perhaps a better one."""
    is_of_originals = batch.purpose == Purpose.ORIGINAL
    if is_of_originals and Edit.objects.filter(gallery=batch.gallery_id).exists():
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


def to_milliseconds(moment: datetime | None) -> int | None:
    """The same time as a browser tells it."""
    return None if moment is None else round(moment.timestamp() * 1000)
