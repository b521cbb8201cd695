"""Deleting photographs, and bringing them back while they are not gone.

A deleted photograph is hidden from everybody at once. For ``DELETED_PHOTO_SECONDS`` it can be
brought back as it was, with its hearts and notes, or by uploading its file once more; then
:mod:`~pumbaphoto_wagtail.intake.purging` takes it away. What was
delivered is a promise, and an edit stands for its original: photographs with either stay, since
without them the record of what clients got would not hold any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import published
from ..conf import settings
from ..models import DeliveryItem, Edit, Gallery, Photo, PhotoFile, Pick
from ..workflow import lock_gallery

DELETE, BRING_BACK = "pumbaphoto.delete_photos", "pumbaphoto.bring_back_photos"
# SQLite takes no more than 32,766 parameters in one statement.
CHUNK_KEYS = 5000


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """What became of photographs that were to be deleted.

    ``keys`` are deleted now, as of ``at``; of them ``picked`` have hearts or notes. ``delivered``
    and ``edited`` are the names of those that stay.
    """

    keys: list[int]
    at: datetime
    picked: int
    delivered: list[str]
    edited: list[str]


@transaction.atomic
def delete_photos(gallery: Gallery, photos: QuerySet[Photo], *, actor) -> Deleted:
    """Delete photographs of a gallery, but for those that were delivered or have an edit."""
    lock_gallery(gallery)
    wanted = Photo.objects.kept().filter(gallery=gallery, pk__in=photos.order_by().values("pk"))
    delivered = dict(wanted.filter(is_delivered()).in_order().values_list("pk", "name"))
    edited = dict(wanted.filter(has_edit()).in_order().values_list("pk", "name"))
    stay = {*delivered, *edited}
    keys = [key for key in wanted.order_by("pk").values_list("pk", flat=True) if key not in stay]
    now = timezone.now()
    for chunk in chunks(keys):
        Photo.objects.filter(pk__in=chunk).update(
            deleted_at=now, was_hidden=F("is_hidden"), is_hidden=True
        )
    if keys:
        log(gallery, DELETE, user=actor, data={"count": len(keys)})
        published.changed(gallery.pk)
    return Deleted(
        keys=keys,
        at=now,
        picked=count_picked(keys),
        delivered=[*delivered.values()],
        edited=[name for key, name in edited.items() if key not in delivered],
    )


@transaction.atomic
def bring_back(gallery: Gallery, photos: QuerySet[Photo], *, actor) -> int:
    """Bring deleted photographs of a gallery back as they were; how many there were."""
    lock_gallery(gallery)
    deleted = deleted_photos(gallery).filter(pk__in=photos.order_by().values("pk"))
    count = deleted.order_by().update(deleted_at=None, is_hidden=F("was_hidden"), was_hidden=False)
    if count:
        log(gallery, BRING_BACK, user=actor, data={"count": count})
        published.changed(gallery.pk)
    return count


def bring_back_sent_again(gallery: Gallery, photos: QuerySet[Photo], since: datetime) -> int:
    """Bring photographs back whose files are sent again: announced at ``since``, after they were
    deleted. How many there were.
    """
    again = Photo.objects.filter(gallery=gallery, deleted_at__lt=since)
    again = again.filter(pk__in=photos.order_by().values("pk"))
    return bring_back(gallery, again, actor=None) if again.exists() else 0


def words_of_bringing_back() -> str:
    """What the upload of a deleted photograph's file is told."""
    return _("This photo was deleted, and is back.")


def deleted_photos(gallery: Gallery) -> QuerySet[Photo]:
    """The photographs of a gallery that were deleted and can still be brought back."""
    return Photo.objects.filter(gallery=gallery, deleted_at__isnull=False)


def gone_at(deleted_at: datetime) -> datetime:
    """When a photograph that was deleted then can no longer be brought back."""
    return deleted_at + timedelta(seconds=settings.DELETED_PHOTO_SECONDS)


def is_delivered() -> Q:
    """Photographs that were delivered, or of which a file was."""
    files = PhotoFile.objects.filter(photo=OuterRef(OuterRef("pk"))).values("stored_file")
    as_file = DeliveryItem.objects.filter(
        stored_file__in=files, delivery__gallery=OuterRef("gallery")
    )
    return Q(Exists(DeliveryItem.objects.filter(photo=OuterRef("pk")))) | Q(Exists(as_file))


def has_edit() -> Q:
    """Photographs that an edit belongs to."""
    return Q(Exists(Edit.objects.filter(photo=OuterRef("pk"))))


def count_picked(keys: Collection[int]) -> int:
    """How many of these photographs have a heart or a note."""
    return sum(
        Pick.objects.filter(photo__in=chunk).order_by().values("photo").distinct().count()
        for chunk in chunks([*keys])
    )


def chunks(keys: list[int]) -> Iterator[list[int]]:
    """Keys in pieces that a database takes in one statement."""
    for start in range(0, len(keys), CHUNK_KEYS):
        yield keys[start : start + CHUNK_KEYS]
