"""What an index page names: listed galleries that this visitor may see, each with a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.core.paginator import Page as ListingPage
from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from .. import access
from ..models import Gallery, Photo
from . import links
from .pictures import Pictures, photo_pictures, with_renditions
from .walls import presentable

PAGE_SIZE = 20


class IndexKind(TextChoices):
    CLIENT_AREA = "clients", _("Client area: lists nothing")
    PORTFOLIO = "portfolio", _("Portfolio: lists what visitors may see")


class Order(TextChoices):
    """In which order an index names what is on it. Whatever has no date comes last."""

    NEWEST = "newest", _("the newest first")
    OLDEST = "oldest", _("the oldest first")
    TITLE = "title", _("by title")
    BY_HAND = "by_hand", _("as the pages are arranged")


# Total, so that every gallery has one before and one after it and no page of a listing repeats any.
_ORDERS = {
    Order.NEWEST: (F("shoot_date").desc(nulls_last=True), "-pk"),
    Order.OLDEST: (F("shoot_date").asc(nulls_last=True), "pk"),
    Order.TITLE: (Lower("main_page__title"), F("shoot_date").desc(nulls_last=True), "-pk"),
    Order.BY_HAND: ("main_page__path", "pk"),
}


def ordered(galleries: QuerySet[Gallery], order: str) -> QuerySet[Gallery]:
    """Galleries in one of :class:`Order`: whatever has no date comes last, and none ties."""
    return galleries.order_by(*_ORDERS[Order(order)])


def galleries_below(pages: Iterable[Page], viewer: access.Viewer) -> QuerySet[Gallery]:
    """The galleries that this viewer may find listed on these pages and below, in no order.

    Those are the listed galleries that the viewer may see and whose page is live. A client area
    lists nothing, and neither does anything below one.
    """
    below = Q(pk__in=[])
    for page in pages:
        below |= Q(main_page__path__startswith=page.path)
    for path in _client_areas():
        below &= ~Q(main_page__path__startswith=path)
    return access.listed_galleries(viewer).filter(below, main_page__live=True)


def _client_areas() -> list[str]:
    """The tree paths of the index pages that list nothing."""
    paths: list[str] = []
    for model in index_models():
        areas = model.objects.filter(kind=IndexKind.CLIENT_AREA)
        paths += areas.values_list("path", flat=True)
    return paths


@cache
def index_models() -> tuple[type[Page], ...]:
    """The page types below which galleries live, and which say of themselves what they list."""
    return tuple(model for model in apps.get_models() if _is_index(model))


def _is_index(model: type) -> bool:
    names = {field.name for field in model._meta.get_fields()}
    return getattr(model, "holds_galleries", False) and "kind" in names


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
    galleries = ordered(galleries_below([index_page], viewer), index_page.order)
    galleries = galleries.select_related("main_page")
    galleries = galleries.annotate(cover_photo=Subquery(_first_photo(viewer)))
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
