"""The orders in which photos can be looked at."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from ..models import Photo
from ..models.photo import gallery_order

BY_GALLERY, BY_TIME, BY_NAME, BY_ARRIVAL = "gallery", "time", "name", "upload"
ORDERS = {
    BY_GALLERY: _("As your client sees them"),
    BY_TIME: _("Time taken"),
    BY_NAME: _("File name"),
    BY_ARRIVAL: _("Last uploaded first"),
}


def in_order(photos: QuerySet[Photo], order: str) -> QuerySet[Photo]:
    """Photos in one of :data:`ORDERS`; the primary key makes each of them total."""
    by = {
        BY_GALLERY: gallery_order(),
        BY_TIME: (F("ordered_at").asc(nulls_last=True), "name_key", "pk"),
        BY_NAME: ("name_key", F("ordered_at").asc(nulls_last=True), "pk"),
        BY_ARRIVAL: ("-created_at", "-pk"),
    }
    return photos.order_by(*by[order])
