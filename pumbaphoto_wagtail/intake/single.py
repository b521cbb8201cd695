"""One file from a plain form: announced, received and ended as any other, in one request."""

from __future__ import annotations

from collections.abc import Iterable

from pumbaphoto_wagtail.models import Gallery, Purpose, SameName, Upload, UploadState

from . import batches, receiving, same_name


def receive_single(
    gallery: Gallery,
    *,
    uploader,
    purpose: Purpose,
    name: str,
    size: int,
    chunks: Iterable[bytes],
    decision: SameName = SameName.UNDECIDED,
) -> Upload:
    """Take a whole file in; its upload as it is then: received, refused or already there.

    ``size`` is bytes. ``decision`` answers beforehand what is asked about a photo exported again.
    It returns when the bytes are on the disk. Raises StorageFull and StorageOffline; what did not
    arrive then is given up, since no form goes on where it stopped.
    """
    batch = batches.announce(
        gallery,
        uploader=uploader,
        purpose=purpose,
        announcements=[batches.Announcement(name=name, size=size)],
    )
    if decision:
        same_name.answer(batch, decision)
    upload = batch.uploads.select_related("batch__gallery").get()
    if upload.state == UploadState.ANNOUNCED:
        _receive(upload, chunks)
    return upload


def _receive(upload: Upload, chunks: Iterable[bytes]) -> None:
    try:
        receiving.start(upload)
        with receiving.Writer(upload) as writer:
            writer.append(0, chunks)
    except Exception:
        receiving.abandon(upload)
        raise
    upload.refresh_from_db()
