"""Receiving one file in pieces: what each request of the upload protocol does to rows and bytes.

An offset is told to a client only after its bytes were synchronised to the storage and the row
was committed. One writer at a time holds an upload, by compare-and-set on its lease; the lease's
generation fences a writer that was overtaken, and no transaction is open while bytes flow.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import (
    FINAL_UPLOAD_STATES,
    Stage,
    StoredFile,
    Upload,
    UploadState,
)
from pumbaphoto_wagtail.storage import INCOMING, FileDigest, digest, remove, storage_for

from . import batches
from .formats import format_by_extension

# A writer that has died is overtaken after this long; a living one renews well before.
WRITER_LEASE_SECONDS = 10
RENEW_SECONDS = 3


class UploadBusy(PumbaphotoError):
    """Another request is writing to this upload."""


class OffsetDiffers(PumbaphotoError):
    """The upload is at another offset."""


class ChecksumDiffers(PumbaphotoError):
    """The bytes that arrived are not the ones that were sent."""


class UploadGone(PumbaphotoError):
    """This upload has ended."""


def part_name(upload: Upload) -> str:
    """Where an upload's bytes grow, in the incoming storage."""
    return f"{upload.uuid}.part"


def start(upload: Upload) -> Upload:
    """Make room for an announced upload's bytes. Asked for twice, it happens once."""
    if upload.state == UploadState.ANNOUNCED:
        storage = storage_for(INCOMING)
        if not storage.exists(part_name(upload)):
            storage.create_empty(part_name(upload))
        Upload.objects.filter(pk=upload.pk, state=UploadState.ANNOUNCED).update(
            state=UploadState.UPLOADING, expires_at=_expiry()
        )
        upload.refresh_from_db()
    return upload


def _expiry() -> datetime:
    return timezone.now() + timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS)


class Writer:
    """The one request that may write to an upload at a time.

    Used as a context manager; raises UploadBusy if another request holds the upload.
    """

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.holder = uuid.uuid4()
        self.renewed = 0.0

    def __enter__(self) -> Writer:
        now = timezone.now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        taken = Upload.objects.filter(free, pk=self.upload.pk).update(
            lease_holder=self.holder,
            lease_until=now + timedelta(seconds=WRITER_LEASE_SECONDS),
            lease_generation=F("lease_generation") + 1,
        )
        if not taken:
            raise UploadBusy
        self.renewed = time.monotonic()
        self.upload.refresh_from_db()
        return self

    def __exit__(self, *error: object) -> None:
        Upload.objects.release_lease(self.upload.pk, holder=self.holder)

    @property
    def _mine(self) -> QuerySet[Upload]:
        return Upload.objects.filter(
            pk=self.upload.pk, lease_generation=self.upload.lease_generation
        )

    def _renewing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if time.monotonic() - self.renewed > RENEW_SECONDS:
                self._renew()
            yield chunk

    def _renew(self) -> None:
        until = timezone.now() + timedelta(seconds=WRITER_LEASE_SECONDS)
        if not self._mine.update(lease_until=until):
            raise UploadBusy
        self.renewed = time.monotonic()

    def append(
        self, offset: int, chunks: Iterable[bytes], *, algorithm: str = "", expected: bytes = b""
    ) -> Upload:
        """Write chunks at ``offset`` and record the new durable offset.

        With ``algorithm`` (a hashlib name) and the digest ``expected`` of these chunks, others
        raise ChecksumDiffers and nothing is kept. Raises OffsetDiffers when the upload is
        elsewhere, StorageOffline and StorageFull as the storage does.
        """
        upload = self.upload
        if upload.state != UploadState.UPLOADING:
            raise UploadGone
        if offset != upload.durable_offset:
            raise OffsetDiffers
        hasher = hashlib.new(algorithm) if algorithm else None
        try:
            reached = storage_for(INCOMING).append(
                part_name(upload), offset, _hashing(self._renewing(chunks), hasher)
            )
        except FileNotFoundError:
            raise UploadGone from None
        if hasher is not None and hasher.digest() != expected:
            raise ChecksumDiffers
        if reached == upload.length:
            self._renew()
            self._finish()
        elif not self._mine.update(durable_offset=reached, expires_at=_expiry()):
            raise UploadBusy
        upload.refresh_from_db()
        return upload

    def _finish(self) -> None:
        # The last offset is recorded together with the stored file, never before it: a client
        # that asks after a crash must not be told that a file is complete which nobody knows.
        upload = self.upload
        found = digest(INCOMING, part_name(upload))
        if upload.claimed_sha256 and upload.claimed_sha256 != found.sha256:
            self._mine.update(durable_offset=0)
            raise ChecksumDiffers
        duplicate = _same_bytes(upload, found)
        if duplicate is not None and _is_there(duplicate):
            self._finish_as_duplicate(duplicate)
            remove(INCOMING, part_name(upload))
        else:
            self._finish_as_new(found)

    @transaction.atomic
    def _finish_as_duplicate(self, stored: StoredFile) -> None:
        self._end(
            state=UploadState.DUPLICATE,
            reason=_("This file is in the gallery already."),
            stored_file=stored,
        )
        batches.settle(self.upload.batch)

    @transaction.atomic
    def _finish_as_new(self, found: FileDigest) -> None:
        upload = self.upload
        kind = format_by_extension(upload.file_name)
        stored = StoredFile.objects.create(
            collection_id=upload.batch.gallery.collection_id,
            storage=INCOMING,
            name=part_name(upload),
            original_name=upload.file_name,
            relative_path=upload.relative_path,
            format=kind.name if kind else "",
            size=found.size,
            sha256=found.sha256,
            crc32=found.crc32,
        )
        self._end(state=UploadState.RECEIVED, stored_file=stored)
        tasks.wake("scan_file", stored.pk)

    def _end(self, **changes: object) -> None:
        ended = self._mine.update(
            durable_offset=self.upload.length, finished_at=timezone.now(), **changes
        )
        if not ended:
            raise UploadBusy


def _hashing(chunks: Iterable[bytes], hasher) -> Iterator[bytes]:
    for chunk in chunks:
        if hasher is not None:
            hasher.update(chunk)
        yield chunk


def _same_bytes(upload: Upload, found: FileDigest) -> StoredFile | None:
    """A file with the same bytes that came to the same gallery for the same purpose."""
    return (
        StoredFile.objects.filter(
            sha256=found.sha256,
            size=found.size,
            uploads__batch__gallery=upload.batch.gallery_id,
            uploads__batch__purpose=upload.batch.purpose,
            uploads__state__in=(UploadState.ACCEPTED, UploadState.RECEIVED),
        )
        .exclude(stage=Stage.MISSING)
        .first()
    )


def _is_there(stored: StoredFile) -> bool:
    """Whether the first copy is whole; the second is dropped only then."""
    try:
        return digest(stored.storage, stored.name).sha256 == stored.sha256
    except FileNotFoundError:
        return False


def abandon(upload: Upload) -> bool:
    """Give an unfinished upload up: its part is deleted, its row stays."""
    with transaction.atomic():
        ended = Upload.objects.filter(
            pk=upload.pk, state__in=(UploadState.ANNOUNCED, UploadState.UPLOADING)
        ).update(
            state=UploadState.ABANDONED,
            reason=_("This file did not arrive."),
            lease_generation=F("lease_generation") + 1,
        )
        if ended:
            batches.settle(upload.batch)
    if ended:
        remove(INCOMING, part_name(upload))
    return bool(ended)


def abandon_expired() -> int:
    """Give up what made no progress for ``UPLOAD_EXPIRY_SECONDS``; returns how many."""
    now = timezone.now()
    silent = Q(expires_at__lte=now) | Q(
        expires_at__isnull=True,
        created_at__lte=now - timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS),
    )
    unfinished = Upload.objects.exclude(state__in=FINAL_UPLOAD_STATES).exclude(
        state=UploadState.RECEIVED
    )
    return sum(abandon(upload) for upload in unfinished.filter(silent).select_related("batch"))


def open_upload_count(user) -> int:
    """How many uploads of this user have begun and not ended."""
    return Upload.objects.filter(batch__uploader=user, state=UploadState.UPLOADING).count()
