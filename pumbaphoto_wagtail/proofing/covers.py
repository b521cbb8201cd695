"""The one photograph that stands for a gallery where there is room for one: in feeds, in APIs."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import OuterRef, Subquery

from .. import access
from ..models import Gallery, Photo
from .pictures import with_renditions
from .portfolio_cards import with_covers
from .walls import presentable


def covers_of(galleries: Iterable[Gallery], viewer: access.Viewer) -> dict[int, Photo]:
    """Of each gallery, by its primary key, the cover of its page if this viewer may see it, or
    else the first photograph that they may; with what its pictures are made of. Five queries.
    """
    keys = [gallery.pk for gallery in galleries]
    photos = presentable(access.photos_visible_to(viewer, "view")).filter(gallery__in=keys)
    first = photos.filter(gallery=OuterRef("pk")).in_order().values("pk")[:1]
    rows = with_covers(Gallery.objects.filter(pk__in=keys)).order_by()
    found = [*rows.annotate(first=Subquery(first)).values_list("pk", "page_cover", "first")]
    covers = [cover for _key, cover, _first in found if cover]
    seen = {*photos.filter(pk__in=covers).order_by().values_list("pk", flat=True)}
    chosen = {key: cover if cover in seen else first for key, cover, first in found}
    shown = Photo.objects.select_related("picture", "gallery")
    shown = shown.prefetch_related(with_renditions("picture")).in_bulk(
        [key for key in chosen.values() if key]
    )
    return {gallery: shown[key] for gallery, key in chosen.items() if key in shown}
