"""Before and after: a delivered edit beside the photograph it was made of.

Only where the photographer has turned it on, where the viewer may see the photograph as well, and
where both have the same proportions: a crop laid over its original explains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .. import access
from ..models import DeliveryItem, Gallery
from .pictures import Picture, Pictures, item_pictures, photo_pictures
from .wall import photos_with

# By how much the proportions may differ: a pixel lost in an export, but no crop.
TOLERANCE = 0.01


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The two pictures of a comparison."""

    before: Picture
    after: Picture


def agree(one: Picture, other: Picture) -> bool:
    """Whether two pictures have the same proportions, within :data:`TOLERANCE`."""
    first, second = one.width * other.height, other.width * one.height
    return abs(first - second) <= TOLERANCE * max(first, second)


def comparable_items(
    viewer: access.Viewer, gallery: Gallery, items: Iterable[DeliveryItem]
) -> set[int]:
    """The primary keys of the items that may be laid over their photographs."""
    return {item.pk for item, _pair in _pairs(viewer, gallery, items)}


def pair_of(viewer: access.Viewer, item: DeliveryItem) -> Pair | None:
    """Before and after of one delivered file that the viewer may see; None if there is no such."""
    pairs = _pairs(viewer, item.delivery.gallery, [item])
    return next((pair for _item, pair in pairs), None)


def _pairs(
    viewer: access.Viewer, gallery: Gallery, items: Iterable[DeliveryItem]
) -> list[tuple[DeliveryItem, Pair]]:
    if not gallery.shows_before_after:
        return []
    # A finished photo is delivered without an edit, and is its own original.
    edited = [item for item in items if item.edit_id and item.photo_id]
    seen = access.photos_visible_to(viewer, "display").filter(
        gallery=gallery, pk__in=[item.photo_id for item in edited]
    )
    originals = {
        photo.pk: photo_pictures(photo)
        for photo in photos_with([*seen.values_list("pk", flat=True)])
    }
    found = (
        (item, _pair(originals.get(item.photo_id), item_pictures(item.uuid, item.stored_file)))
        for item in edited
    )
    return [(item, pair) for item, pair in found if pair is not None]


def _pair(before: Pictures | None, after: Pictures | None) -> Pair | None:
    if before is None or after is None or not agree(before.display, after.display):
        return None
    return Pair(before=before.display, after=after.display)
