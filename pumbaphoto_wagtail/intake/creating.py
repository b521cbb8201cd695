"""Which upload a create request of the protocol speaks of: an announced one, or a new one."""

from __future__ import annotations

from django.db import transaction

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import FileRefused
from pumbaphoto_wagtail.models import Gallery, Purpose, Upload, UploadState

from . import batches, receiving
from .conflicts import retried
from .endpoint import TooManyUploads
from .names import display_name
from .protocol import ProtocolError, UploadMetadata


def find_or_announce(gallery: Gallery, user, metadata: UploadMetadata, length: int) -> Upload:
    """The upload that the client's key names, or else one in a batch of its own.

    Asked for twice with the same key, length and name it is the same upload, also when both
    requests come at once. Raises ProtocolError for a key that named another file, UploadGone for
    an announced file that was given up, FileRefused and TooManyUploads.
    """
    known = _announced(gallery, user, metadata)
    if known is None:
        _require_room_for_one_more(user)
        batches.check_announced(metadata.file_name, length)
        return _announce_once(gallery, user, metadata, length)
    if known.state == UploadState.ANNOUNCED:
        _require_room_for_one_more(user)
    return _same_file(known, metadata, length)


def _require_room_for_one_more(user) -> None:
    if receiving.open_upload_count(user) >= settings.MAX_OPEN_UPLOADS:
        raise TooManyUploads


@retried
@transaction.atomic
def _announce_once(gallery: Gallery, user, metadata: UploadMetadata, length: int) -> Upload:
    if metadata.client_key is not None:
        # One after the other, so that the second one finds what the first one made.
        Gallery.with_deleted.select_for_update(no_key=True).get(pk=gallery.pk)
        known = _announced(gallery, user, metadata)
        if known is not None:
            return _same_file(known, metadata, length)
    batch = batches.announce(
        gallery,
        uploader=user,
        purpose=Purpose.EDIT if metadata.purpose == Purpose.EDIT else Purpose.ORIGINAL,
        announcements=[
            batches.Announcement(
                name=metadata.file_name,
                size=length,
                relative_path=metadata.relative_path,
                # Without a time nothing is taken for known: the bytes decide when they are here.
                client_key=metadata.client_key,
                sha256=metadata.sha256,
                metadata=metadata.raw,
            )
        ],
    )
    return batch.uploads.select_related("batch__gallery").get()


def _announced(gallery: Gallery, user, metadata: UploadMetadata) -> Upload | None:
    if metadata.client_key is None:
        return None
    uploads = Upload.objects.filter(
        batch__gallery=gallery, batch__uploader=user, client_key=metadata.client_key
    )
    if metadata.batch is not None:
        uploads = uploads.filter(batch__uuid=metadata.batch)
    else:
        # A client that ended an upload and begins it again means a new one.
        uploads = uploads.exclude(state=UploadState.ABANDONED)
    return uploads.select_related("batch__gallery").order_by("-pk").first()


def _same_file(known: Upload, metadata: UploadMetadata, length: int) -> Upload:
    if known.length != length:
        raise ProtocolError(400, "another length was announced")
    # Its own name for the file, or the one that the manifest's answer gave it.
    if display_name(metadata.file_name) not in (
        display_name(known.announced_name),
        known.file_name,
    ):
        raise ProtocolError(400, "another name was announced")
    if known.state == UploadState.ABANDONED:
        raise receiving.UploadGone
    if known.state == UploadState.REFUSED:
        raise FileRefused(known.reason)
    if not known.metadata:
        Upload.objects.filter(pk=known.pk).update(
            metadata=metadata.raw, claimed_sha256=metadata.sha256
        )
        known.metadata, known.claimed_sha256 = metadata.raw, metadata.sha256
    return known
