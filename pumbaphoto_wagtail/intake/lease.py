"""One writer at a time for each upload, by compare-and-set on the row, across any number of hosts.

A writer that dies leaves a lease that ends within seconds. One that hangs is waited for, then
overtaken: the generation counter says so, and it finds out before it writes or records anything
more. File locks would not do, since a network file system may keep them to one host.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from pumbaphoto_wagtail.exceptions import PumbaphotoError
from pumbaphoto_wagtail.models import Upload, UploadState

# A writer that has died is overtaken after this long; a living one renews well before.
WRITER_LEASE_SECONDS = 5
# A writer proves that it was not overtaken before a write if it has not for this long.
RENEW_SECONDS = 1
# How long a request waits for the one before it, which may have lost its client half-way.
WAIT_SECONDS = 10
POLL_SECONDS = 0.1
# Each one that waits holds a thread of the web server; further ones are told to come back.
_waiting = threading.BoundedSemaphore(2)


class UploadBusy(PumbaphotoError):
    """Another request is writing to this upload."""


class UploadLease:
    """The right to write to an upload. A context manager; entering it waits up to ten seconds.

    Raises UploadBusy when too many wait already, or when another one was faster.
    """

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.holder = uuid.uuid4()
        self.is_released = False
        self._proven_at = 0.0

    def __enter__(self) -> UploadLease:
        if not self._take(_free()):
            self._wait()
        self._proven_at = time.monotonic()
        self.upload.refresh_from_db()
        return self

    def __exit__(self, *error: object) -> None:
        if any(error) or not self.is_released:
            Upload.objects.release_lease(self.upload.pk, holder=self.holder)

    def _take(self, condition: Q) -> bool:
        taken = Upload.objects.filter(condition, pk=self.upload.pk).update(
            lease_holder=self.holder,
            lease_until=_lease_end(),
            lease_generation=F("lease_generation") + 1,
        )
        return bool(taken)

    def _wait(self) -> None:
        if not _waiting.acquire(blocking=False):
            raise UploadBusy
        try:
            deadline = time.monotonic() + WAIT_SECONDS
            while not self._take(_free()):
                if time.monotonic() >= deadline:
                    self._overtake()
                    return
                time.sleep(POLL_SECONDS)
        finally:
            _waiting.release()

    def _overtake(self) -> None:
        self.upload.refresh_from_db()
        if not self._take(Q(lease_generation=self.upload.lease_generation)):
            raise UploadBusy
        # The other one may be in the middle of a block; it looks before it begins the next.
        time.sleep(2 * RENEW_SECONDS)

    @property
    def row(self) -> QuerySet[Upload]:
        """The upload, until another writer overtakes this one or it ends; empty afterwards."""
        return Upload.objects.filter(
            pk=self.upload.pk,
            state=UploadState.UPLOADING,
            lease_generation=self.upload.lease_generation,
        )

    def prove(self) -> None:
        """Make the lease last longer. Raises UploadBusy if another writer has taken over."""
        if not self.row.update(lease_until=_lease_end()):
            raise UploadBusy
        self._proven_at = time.monotonic()

    def holds(self) -> bool:
        """Whether this writer may still change the file; no answer of the database means no."""
        try:
            self.prove()
        except (UploadBusy, DatabaseError):
            return False
        return True

    def proving(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The blocks, each handed on only while the lease holds, however slowly they come."""
        for block in blocks:
            if time.monotonic() - self._proven_at > RENEW_SECONDS:
                self.prove()
            yield block

    def record(self, **changes: object) -> bool:
        """Make the last change and give the upload back; False if another writer has it."""
        changed = self.row.update(lease_holder=None, lease_until=None, **changes)
        self.is_released = bool(changed)
        return self.is_released


def _free() -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lte=timezone.now())


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=WRITER_LEASE_SECONDS)
