"""Receiving one file in pieces: what each request of the upload protocol does to rows and bytes.

An offset is told to a client only after its bytes were synchronised to the storage and the row
was committed. One writer at a time holds an upload (``lease``), and no transaction is open while
bytes flow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import BytesDiffer, NameTaken, PumbaphotoError
from pumbaphoto_wagtail.models import (
    Gallery,
    Photo,
    StoredFile,
    Upload,
    UploadState,
)
from pumbaphoto_wagtail.storage import (
    BLOCK_BYTES,
    INCOMING,
    FileDigest,
    digest_of,
    open_file,
    remove,
    sidecar_name,
    storage_for,
    write_sidecar,
)

from . import batches
from .conflicts import retried
from .deleting import bring_back_sent_again, words_of_bringing_back
from .formats import format_by_extension
from .known import USELESS_STAGES
from .lease import WRITER_LEASE_SECONDS, UploadBusy, UploadLease
from .remembering import sidecar_of_upload
from .slots import storage_slot

__all__ = [
    "WRITER_LEASE_SECONDS",
    "ChecksumDiffers",
    "OffsetDiffers",
    "UploadBusy",
    "UploadGone",
    "Writer",
    "abandon",
    "abandon_expired",
    "has_expired",
    "is_complete",
    "known_offset",
    "open_upload_count",
    "part_name",
    "remove_part",
    "start",
]

UNFINISHED_STATES = (UploadState.ANNOUNCED, UploadState.UPLOADING)


class OffsetDiffers(PumbaphotoError):
    """The upload is at another offset."""


class ChecksumDiffers(PumbaphotoError):
    """The bytes that arrived are not the ones that were sent."""


class UploadGone(PumbaphotoError):
    """This upload has ended."""


def part_name(upload: Upload) -> str:
    """Where an upload's bytes grow, in the incoming storage."""
    return f"{upload.uuid}.part"


def remove_part(name: str) -> None:
    """Remove a part and what was written beside it, in this order: words alone mean nothing."""
    remove(INCOMING, name)
    remove(INCOMING, sidecar_name(name))


def is_complete(upload: Upload) -> bool:
    """Whether every byte is here, or was before this upload was announced."""
    return upload.finished_at is not None or upload.state == UploadState.DUPLICATE


def known_offset(upload: Upload) -> int:
    """The offset a client may be told: that many bytes will not be asked for again."""
    return upload.length if is_complete(upload) else upload.durable_offset


def start(upload: Upload) -> Upload:
    """Make room for an announced upload's bytes. Asked for twice, it happens once."""
    if upload.state == UploadState.ANNOUNCED:
        with suppress(NameTaken), storage_slot():
            storage_for(INCOMING).create_empty(part_name(upload))
        Upload.objects.filter(pk=upload.pk, state=UploadState.ANNOUNCED).update(
            state=UploadState.UPLOADING, expires_at=_expiry()
        )
        upload.refresh_from_db()
    return upload


def _expiry() -> datetime:
    return timezone.now() + timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS)


class Writer(UploadLease):
    """The one request that may write to an upload at a time; a context manager."""

    def append(
        self, offset: int, chunks: Iterable[bytes], *, algorithm: str = "", expected: bytes = b""
    ) -> Upload:
        """Write chunks at ``offset`` and record the new durable offset.

        With ``algorithm`` (a hashlib name) and the digest ``expected`` of these chunks, others
        raise ChecksumDiffers and nothing is kept. Raises OffsetDiffers when the upload is
        elsewhere, UploadGone when it was given up, UploadBusy when another writer was let in,
        StorageOffline, StorageFull and StorageBusy as the storage does.
        """
        upload = self.upload
        if is_complete(upload):
            raise OffsetDiffers
        if upload.state != UploadState.UPLOADING:
            raise UploadGone
        if offset != upload.durable_offset:
            raise OffsetDiffers
        if algorithm:
            chunks = _checked(chunks, hashlib.new(algorithm), expected)
        with storage_slot():
            reached = self._write(offset, chunks)
            if reached == upload.length:
                self._finish()
            elif not self.record(durable_offset=reached, expires_at=_expiry()):
                raise UploadBusy
        upload.refresh_from_db()
        return upload

    def _write(self, offset: int, chunks: Iterable[bytes]) -> int:
        try:
            return storage_for(INCOMING).append(
                part_name(self.upload), offset, self.proving(chunks), self.holds
            )
        except (FileNotFoundError, BytesDiffer):
            self._begin_anew()
            raise OffsetDiffers from None

    def _begin_anew(self) -> None:
        """The storage has lost bytes that it had: the client, who still has them, is told so."""
        if not self.row.update(durable_offset=0):
            # Not lost: somebody else has ended this upload. Asking where it stands tells how.
            raise UploadBusy
        self.upload.durable_offset = 0
        with suppress(NameTaken):
            storage_for(INCOMING).create_empty(part_name(self.upload))

    def _finish(self) -> None:
        # The last offset is recorded together with the stored file, never before it: a client
        # that asks after a crash must not be told that a file is complete which nobody knows.
        upload = self.upload
        try:
            found = self._digest(INCOMING, part_name(upload))
        except FileNotFoundError:
            # Given up, part and all, while its last bytes came; or the storage has lost it.
            self._begin_anew()
            raise OffsetDiffers from None
        if upload.claimed_sha256 and upload.claimed_sha256 != found.sha256:
            self.row.update(durable_offset=0)
            raise ChecksumDiffers
        lost: list[int] = []
        identity = uuid4()
        while True:
            first = _same_bytes(upload, found, lost)
            if first is not None and not self._is_there(first):
                lost.append(first.pk)
            elif first is not None:
                self._finish_as_duplicate(first)
                remove_part(part_name(upload))
                return
            else:
                # Before the row, and so before anybody is told: a part with these words beside it
                # is a whole file, also for a database that was restored from yesterday.
                words = sidecar_of_upload(upload, identity, found)
                write_sidecar(INCOMING, part_name(upload), words)
                if self._finish_as_new(identity, found, lost):
                    return

    def _digest(self, alias: str, name: str) -> FileDigest:
        with open_file(alias, name) as stored:
            return digest_of(self.proving(iter(partial(stored.read, BLOCK_BYTES), b"")))

    def _is_there(self, stored: StoredFile) -> bool:
        """Whether the first copy is whole; the second is dropped only then."""
        try:
            return self._digest(stored.storage, stored.name).sha256 == stored.sha256
        except FileNotFoundError:
            return False

    @retried
    @transaction.atomic
    def _finish_as_duplicate(self, stored: StoredFile) -> None:
        upload, reason = self.upload, _("This file is in the gallery already.")
        photos = Photo.objects.filter(files__stored_file=stored)
        if bring_back_sent_again(upload.batch.gallery, photos, upload.created_at):
            reason = words_of_bringing_back()
        self._end(
            state=UploadState.DUPLICATE,
            # Of the same bytes, not exported again.
            is_same_name=False,
            reason=reason,
            stored_file=stored,
        )
        batches.settle(self.upload.batch)

    @retried
    @transaction.atomic
    def _finish_as_new(self, identity: UUID, found: FileDigest, lost: list[int]) -> bool:
        """False if the same bytes were stored by another upload meanwhile."""
        upload = self.upload
        # Two uploads of one photograph end one after the other, or there would be two of it.
        galleries = Gallery.with_deleted.select_for_update(no_key=True)
        if galleries.filter(pk=upload.batch.gallery_id).first() is None:
            raise UploadBusy
        if _same_bytes(upload, found, lost) is not None:
            return False
        kind = format_by_extension(upload.file_name)
        stored = StoredFile.objects.create(
            uuid=identity,
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
        return True

    def _end(self, **changes: object) -> None:
        length = self.upload.length
        if not self.record(durable_offset=length, finished_at=timezone.now(), **changes):
            raise UploadBusy


def _checked(chunks: Iterable[bytes], hasher, expected: bytes) -> Iterator[bytes]:
    """The chunks; raises ChecksumDiffers behind the last one if they are not the expected ones."""
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk
    if hasher.digest() != expected:
        raise ChecksumDiffers


def _same_bytes(upload: Upload, found: FileDigest, lost: list[int]) -> StoredFile | None:
    """A file with the same bytes that came to the same gallery for the same purpose."""
    return (
        StoredFile.objects.filter(
            sha256=found.sha256,
            size=found.size,
            uploads__batch__gallery=upload.batch.gallery_id,
            uploads__batch__purpose=upload.batch.purpose,
            uploads__state__in=(UploadState.ACCEPTED, UploadState.RECEIVED, UploadState.ASKED),
        )
        .exclude(stage__in=USELESS_STAGES)
        .exclude(pk__in=lost)
        .first()
    )


def abandon(upload: Upload) -> bool:
    """Give an unfinished upload up: its part is deleted, its row stays."""
    with transaction.atomic():
        ended = Upload.objects.filter(pk=upload.pk, state__in=UNFINISHED_STATES).update(
            state=UploadState.ABANDONED,
            reason=_("This file did not arrive."),
            # Whoever is writing to it finds out.
            lease_generation=F("lease_generation") + 1,
        )
        if ended:
            batches.settle(upload.batch)
    if ended:
        remove_part(part_name(upload))
    return bool(ended)


def silent_uploads() -> QuerySet[Upload]:
    """Unfinished ones that made no progress for ``UPLOAD_EXPIRY_SECONDS``."""
    now = timezone.now()
    silent = Q(expires_at__lte=now) | Q(
        expires_at__isnull=True,
        created_at__lte=now - timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS),
    )
    return Upload.objects.filter(silent, state__in=UNFINISHED_STATES)


def abandon_expired() -> int:
    """Give up what made no progress for so long; returns how many.

    A part with words beside it came whole, and only a database that was restored from a backup
    takes it for unfinished: it is left for ``pumbaphoto_verify --repair-plan``.
    """
    silent = silent_uploads().select_related("batch")
    return sum(abandon(upload) for upload in silent if not _came_whole(upload))


def _came_whole(upload: Upload) -> bool:
    try:
        return storage_for(INCOMING).exists(sidecar_name(part_name(upload)))
    except PumbaphotoError:
        # What cannot be asked for has none: its row ends, and its part is swept later.
        return False


def has_expired(upload: Upload) -> bool:
    """Whether an unfinished upload's time is over, also before anybody has given it up."""
    is_open = upload.state in UNFINISHED_STATES
    return is_open and upload.expires_at is not None and upload.expires_at <= timezone.now()


def open_upload_count(user) -> int:
    """How many uploads of this user have begun and not ended."""
    return Upload.objects.filter(batch__uploader=user, state=UploadState.UPLOADING).count()
