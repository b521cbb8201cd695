"""Photographs whose time to be brought back is over go for good: rows and bytes.

In one transaction the photographs' rows go and the rows of files that nobody else uses say that
they are deleted; then the bytes go, and those rows last (see ``intake.dropping``). A worker that
dies in between leaves rows that know what is left to do.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from wagtail.log_actions import log

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import FileInHands
from pumbaphoto_wagtail.models import (
    Gallery,
    LibraryFile,
    Photo,
    PhotoFile,
    Pick,
    StoredFile,
    Upload,
)
from pumbaphoto_wagtail.workflow import lock_gallery

from . import dropping
from .deleting import has_edit, is_delivered

logger = logging.getLogger(__name__)

PURGE = "pumbaphoto.purge_photos"
# So many in one transaction, and so many in one turn of the reconciler, which comes every minute.
CHUNK_PHOTOS, PHOTOS_AT_ONCE = 50, 500


def purge_due() -> int:
    """Take away photographs that were deleted ``DELETED_PHOTO_SECONDS`` ago; how many went."""
    before = timezone.now() - timedelta(seconds=settings.DELETED_PHOTO_SECONDS)
    due = Photo.objects.filter(deleted_at__lte=before).order_by("pk")
    by_gallery: dict[int, list[int]] = defaultdict(list)
    for key, gallery in due.values_list("pk", "gallery")[:PHOTOS_AT_ONCE]:
        by_gallery[gallery].append(key)
    return sum(
        purge_photos(Gallery(pk=gallery), Photo.objects.filter(pk__in=keys), before=before)
        for gallery, keys in by_gallery.items()
    )


def purge_photos(
    gallery: Gallery, photos: QuerySet[Photo], *, before: datetime | None = None, actor=None
) -> int:
    """Take away deleted photographs of a gallery for good; how many went.

    Those that were brought back meanwhile, or deleted after ``before``, stay, and so do those with
    a file that a worker has in its hands.
    """
    keys = [*photos.filter(gallery=gallery).order_by("pk").values_list("pk", flat=True)]
    count = 0
    for start in range(0, len(keys), CHUNK_PHOTOS):
        try:
            gone, files = _let_go(gallery, keys[start : start + CHUNK_PHOTOS], before)
        except FileInHands as error:
            logger.info("photos of gallery %s go later: %s", gallery.pk, error)
            continue
        count += gone
        dropping.forget(files)
    if count:
        log(Gallery.with_deleted.get(pk=gallery.pk), PURGE, user=actor, data={"count": count})
    return count


@transaction.atomic
def _let_go(
    gallery: Gallery, keys: list[int], before: datetime | None
) -> tuple[int, list[StoredFile]]:
    gallery = lock_gallery(gallery)
    deleted = Photo.objects.filter(gallery=gallery, pk__in=keys, deleted_at__isnull=False)
    if before is not None:
        deleted = deleted.filter(deleted_at__lte=before)
    deleted = deleted.exclude(has_edit()).exclude(is_delivered())
    busy = PhotoFile.objects.filter(photo__in=deleted).exclude(dropping.can_be_dropped())
    going = [*deleted.exclude(pk__in=busy.values("photo")).values_list("pk", flat=True)]
    mine = PhotoFile.objects.filter(photo__in=going).values_list("stored_file", flat=True)
    files = [*mine.distinct()]
    Pick.objects.filter(photo__in=going).delete()
    # No scan takes it in again: of no bytes is what is known of it, see comparing.Row.is_unwanted.
    LibraryFile.objects.filter(photo__in=going).update(size=0)
    Photo.objects.filter(pk__in=going).delete()
    # Also of files that another gallery keeps: this one does not know them any more.
    Upload.objects.filter(batch__gallery=gallery, stored_file__in=files).delete()
    return len(going), dropping.condemn(files)
