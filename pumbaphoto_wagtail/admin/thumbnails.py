"""Pictures for lists and grids, found for a whole page at once.

All of them are at the addresses that only a gallery's photographers can open, so that hidden and
not yet delivered files can be looked at, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import OuterRef, QuerySet, Subquery, prefetch_related_objects

from ..models import Edit, Gallery, Photo
from ..proofing.pictures import Pictures, file_pictures, with_renditions


def give_pictures(photos: Iterable[Photo]) -> None:
    """Set ``pictures`` on each photo, None where there are none yet."""
    photos = [*photos]
    prefetch_related_objects(photos, with_renditions("picture"))
    for photo in photos:
        photo.pictures = file_pictures(photo.picture) if photo.picture else None


def give_edit_pictures(edits: Iterable[Edit]) -> None:
    """Set ``pictures`` on each edit, and on the photo it belongs to."""
    edits = [*edits]
    prefetch_related_objects(edits, with_renditions("stored_file"))
    for edit in edits:
        edit.pictures = file_pictures(edit.stored_file)
    give_pictures(edit.photo for edit in edits if edit.photo)


def with_covers(galleries: QuerySet[Gallery]) -> QuerySet[Gallery]:
    """Galleries with ``cover_photo``, the primary key of the photo that stands for each."""
    presentable = Photo.objects.with_picture().filter(gallery=OuterRef("pk"), is_hidden=False)
    # In an order that has an index: by keys alone PostgreSQL walks through other galleries' photos.
    first = presentable.order_by("position", "ordered_at", "pk")
    cover = Subquery(first.values("pk")[:1])
    return galleries.annotate(cover_photo=cover)


def cover_pictures(galleries: Iterable[Gallery]) -> dict[int, Pictures]:
    """Pictures by the primary key of the photo that ``with_covers`` chose for each gallery."""
    keys = {gallery.cover_photo for gallery in galleries} - {None}
    covers = [*Photo.objects.filter(pk__in=keys).select_related("picture")]
    give_pictures(covers)
    return {cover.pk: cover.pictures for cover in covers if cover.pictures}
