"""What an index page names: listed galleries that this visitor may see, each with a picture."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page as ListingPage
from django.core.paginator import Paginator
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from .. import access
from ..models import Gallery, Photo
from . import links
from .pictures import Pictures, photo_pictures, with_renditions
from .walls import presentable

PAGE_SIZE = 20


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One gallery in a listing."""

    gallery: Gallery
    url: str
    cover: Pictures | None = None
    colour: str = ""


def listed_below(index_page, request: HttpRequest) -> ListingPage:
    """A page of :class:`Listed` for the galleries below an index page, the newest shoot first."""
    viewer = links.viewer(request)
    galleries = (
        access.listed_galleries(viewer)
        .filter(main_page__path__startswith=index_page.path, main_page__live=True)
        .select_related("main_page")
        .annotate(cover_photo=Subquery(_first_photo(viewer)))
        .order_by(F("shoot_date").desc(nulls_last=True), "-pk")
    )
    page = Paginator(galleries, PAGE_SIZE).get_page(request.GET.get("page", 1))
    covers = _covers(page.object_list)
    page.object_list = [_listed(gallery, covers, request) for gallery in page.object_list]
    return page


def _first_photo(viewer: access.Viewer) -> QuerySet:
    photos = presentable(access.photos_visible_to(viewer, "view"))
    return photos.filter(gallery=OuterRef("pk")).in_order().values("pk")[:1]


def _covers(galleries) -> dict[int, Photo]:
    photos = Photo.objects.select_related("picture", "gallery")
    photos = photos.prefetch_related(with_renditions("picture"))
    return photos.in_bulk([gallery.cover_photo for gallery in galleries if gallery.cover_photo])


def _listed(gallery: Gallery, covers: dict[int, Photo], request: HttpRequest) -> Listed:
    photo = covers.get(gallery.cover_photo)
    return Listed(
        gallery=gallery,
        url=gallery.main_page.get_url(request),
        cover=photo_pictures(photo) if photo else None,
        colour=photo.average_colour if photo else "",
    )
