"""Deleting a gallery for good: at once for everybody, and then piece by piece from the storages.

The act itself is short. The gallery is met by nobody any more, its links look like links that never
were, mails that were owed are not sent; and a worker is asked for the rest. Each of its pieces is
one transaction in which rows go and the files that nobody else uses are condemned (see
``intake.dropping``), so that one that dies leaves nothing which the next does not find. What other
galleries use, and what lies in the photographer's own library, stays.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, ProtectedError, QuerySet, RestrictedError, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from .. import published, tasks
from ..conf import MINUTE, settings
from ..exceptions import FileInHands
from ..intake import arrival, dropping
from ..models import (
    Delivery,
    DeliveryItem,
    Edit,
    Gallery,
    LibraryFile,
    Message,
    Photo,
    PhotoFile,
    Pick,
    Selection,
    ShareLink,
    Upload,
    UploadState,
    Video,
)
from ..workflow import lock_gallery
from . import publishing
from .losses import what_goes

logger = logging.getLogger(__name__)

DELETE = "pumbaphoto.delete_gallery"
# Rows of one transaction; a task that has worked this long asks for another.
CHUNK_ROWS, WORK_SECONDS = 50, 5 * MINUTE


@transaction.atomic
def delete_gallery(gallery: Gallery, *, actor) -> bool:
    """Delete a gallery with all that hangs on it; False if that was done already."""
    locked = lock_gallery(gallery)
    if locked.deleted_at is not None:
        return False
    losses = what_goes(locked)
    now = timezone.now()
    Gallery.objects.filter(pk=locked.pk).update(deleted_at=now, is_listed=False)
    locked.deleted_at = gallery.deleted_at = now
    published.changed()
    ShareLink.objects.filter(gallery=locked).update(
        # Without a token a link is not one that was closed: it is none at all.
        token_sha256=None,
        revoked_at=Coalesce("revoked_at", Value(now)),
        epoch=F("epoch") + 1,
    )
    Message.objects.filter(gallery=locked, sent_at__isnull=True).delete()
    uploads = Upload.objects.filter(batch__gallery=locked)
    # Nobody could take their consent back any more: their links are gone.
    publishing.remove(publishing.standing(locked))
    arrival.end_unsent(uploads, UploadState.ABANDONED, _("The gallery was deleted."))
    log(locked, DELETE, user=actor, data=losses.as_data(), deleted=True)
    tasks.wake("erase_gallery", locked.pk)
    return True


def erase_gallery(gallery_id: int, *, seconds: float = WORK_SECONDS) -> bool:
    """Take away what belonged to a deleted gallery; True once all of it is gone.

    Done again, or by two at once, it goes on where it was.
    """
    gallery = Gallery.with_deleted.filter(pk=gallery_id, deleted_at__isnull=False).first()
    if gallery is None:
        return True
    until = time.monotonic() + seconds
    for piece in PIECES:
        while (files := _take(piece, gallery)) is not None:
            dropping.forget(files)
            if time.monotonic() > until:
                tasks.wake("erase_gallery", gallery_id)
                return False
    return _take_last(gallery)


def reconcile() -> dict[str, int]:
    """Go on with galleries whose worker has died, or waited for a file in somebody's hands."""
    before = timezone.now() - timedelta(seconds=settings.LEASE_SECONDS)
    left = Gallery.with_deleted.filter(deleted_at__lte=before).values_list("pk", flat=True)
    return {"galleries erased": sum(erase_gallery(key, seconds=MINUTE / 2) for key in left)}


# --- Piece by piece ------------------------------------------------------------------------------


@transaction.atomic
def _take_rows(piece: Callable[[Gallery], list[int] | None], gallery: Gallery) -> list | None:
    keys = piece(lock_gallery(gallery))
    return None if keys is None else dropping.condemn(keys)


def _take(piece: Callable[[Gallery], list[int] | None], gallery: Gallery) -> list | None:
    """The files that have to go now, after the next rows of one kind; None where there are none
    left, or a worker has one of their files in its hands.
    """
    try:
        return _take_rows(piece, gallery)
    except FileInHands:
        logger.info("gallery %s waits for a file that a worker has in its hands", gallery.pk)
    except Gallery.DoesNotExist:
        # Another worker was quicker.
        pass
    return None


def _items(gallery: Gallery) -> list[int] | None:
    return _delete(DeliveryItem.objects.filter(delivery__gallery=gallery), "stored_file")


def _edits(gallery: Gallery) -> list[int] | None:
    return _delete(Edit.objects.filter(gallery=gallery), "stored_file")


def _selections(gallery: Gallery) -> list[int] | None:
    keys = _some(Selection.objects.filter(share_link__gallery=gallery))
    Pick.objects.filter(selection__in=keys).delete()
    Selection.objects.filter(pk__in=keys).delete()
    return [] if keys else None


def _photos(gallery: Gallery) -> list[int] | None:
    photos = _some(Photo.objects.filter(gallery=gallery))
    if not photos:
        return None
    rows = PhotoFile.objects.filter(photo__in=photos).values_list("stored_file", flat=True)
    files = {*rows}
    files |= {*Photo.objects.filter(pk__in=photos).values_list("picture", flat=True)} - {None}
    Pick.objects.filter(photo__in=photos).delete()
    LibraryFile.objects.filter(photo__in=photos).delete()
    Photo.objects.filter(pk__in=photos).delete()
    Upload.objects.filter(batch__gallery=gallery, stored_file__in=files).delete()
    return [*files]


def _uploads(gallery: Gallery) -> list[int] | None:
    return _delete(Upload.objects.filter(batch__gallery=gallery), "stored_file")


def _library_files(gallery: Gallery) -> list[int] | None:
    return _delete(LibraryFile.objects.filter(gallery=gallery), "stored_file")


def _watermark(gallery: Gallery) -> list[int] | None:
    if gallery.watermark_image_id is None:
        return None
    Gallery.with_deleted.filter(pk=gallery.pk).update(watermark_image=None)
    return [gallery.watermark_image_id]


def _videos(gallery: Gallery) -> list[int] | None:
    return _delete(Video.objects.filter(gallery=gallery), "thumbnail")


# In this order, since rows that others point to protect themselves.
PIECES = (_items, _edits, _selections, _photos, _uploads, _videos, _library_files, _watermark)


def _delete(rows: QuerySet, file: str) -> list[int] | None:
    """Delete the next rows; the files they told of, None where there are no rows."""
    keys = _some(rows)
    if not keys:
        return None
    chunk = rows.model.objects.filter(pk__in=keys)
    files = [*chunk.exclude(**{file: None}).values_list(file, flat=True)]
    chunk.delete()
    return files


def _some(rows: QuerySet) -> list[int]:
    return [*rows.order_by("pk").values_list("pk", flat=True)[:CHUNK_ROWS]]


def _take_last(gallery: Gallery) -> bool:
    """Delete the row itself and what little still hangs on it; False if something came since."""
    if _is_left(gallery):
        return False
    try:
        with transaction.atomic():
            locked = lock_gallery(gallery)
            Delivery.objects.filter(gallery=locked).delete()
            ShareLink.objects.filter(gallery=locked).delete()
            locked.delete()
            _forget_history(gallery.pk)
    except Gallery.DoesNotExist:
        return True
    except (ProtectedError, RestrictedError):
        return False
    return True


def _is_left(gallery: Gallery) -> bool:
    waiting: Iterable[QuerySet] = (
        Upload.objects.filter(batch__gallery=gallery),
        Photo.objects.filter(gallery=gallery),
        Edit.objects.filter(gallery=gallery),
        Video.objects.filter(gallery=gallery),
    )
    return any(rows.exists() for rows in waiting)


def _forget_history(gallery_id: int) -> None:
    """Of all its log only the entry of deleting it stays: the others tell who did what with whose
    photographs.
    """
    kind = ContentType.objects.get_for_model(Gallery)
    entries = ModelLogEntry.objects.filter(content_type=kind, object_id=str(gallery_id))
    entries.exclude(action=DELETE).delete()
