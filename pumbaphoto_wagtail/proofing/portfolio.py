"""What a portfolio lists: the galleries below its index pages, in their order, for one viewer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import (
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Window,
)
from django.db.models.functions import Lag, Lead, Lower
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from .. import access
from ..access_tree import index_models
from ..models import Gallery

# How many galleries a page of a listing has.
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


# Those in which galleries of one year follow each other.
BY_DATE = (Order.NEWEST, Order.OLDEST)
# Total, so that every gallery has one before and one after it and no page of a listing repeats any.
_ORDERS = {
    Order.NEWEST: (F("shoot_date").desc(nulls_last=True), F("pk").desc()),
    Order.OLDEST: (F("shoot_date").asc(nulls_last=True), F("pk").asc()),
    Order.TITLE: (Lower("main_page__title").asc(), F("pk").asc()),
    Order.BY_HAND: (F("main_page__path").asc(), F("pk").asc()),
}


def ordered(galleries: QuerySet[Gallery], order: str) -> QuerySet[Gallery]:
    """Galleries in one of :class:`Order`: whatever has no date comes last, and none ties."""
    return galleries.order_by(*_ORDERS[Order(order)])


# --- Which galleries -----------------------------------------------------------------------------


def galleries_below(pages: Iterable[Page], viewer: access.Viewer) -> QuerySet[Gallery]:
    """The galleries that this viewer may find listed on these pages and below, in no order.

    Those are the ones that may be named there (:func:`access.listed_galleries`) and whose page is
    live. A client area lists nothing, nor does anything below one or below an unpublished index.
    """
    pages = [*pages]
    if len(pages) == 1:
        return _listed_below(pages[0], viewer)
    found = Q(pk__in=[])
    for page in pages:
        found |= Q(pk__in=_listed_below(page, viewer).values("pk"))
    return Gallery.objects.filter(found)


def directly_on(
    index: Page, galleries: QuerySet[Gallery], viewer: access.Viewer
) -> QuerySet[Gallery]:
    """Of galleries below an index page those that are on none of its :func:`albums_below`."""
    return galleries.filter(~_is_under(_named_albums(index, viewer)))


def albums_below(index: Page, viewer: access.Viewer) -> list[Page]:
    """The portfolios below an index page, at any depth, that it may name to this viewer, as their
    own type and in the order of the tree. Whether there is anything on them is not asked.
    """
    albums = [album for pages in _named_albums(index, viewer) for album in pages]
    return sorted(albums, key=lambda album: album.path)


def nearest(albums: Iterable[Page]) -> list[Page]:
    """Of pages in the order of the tree those that are below none of the others."""
    found: list[Page] = []
    for album in albums:
        if not (found and album.path.startswith(found[-1].path)):
            found.append(album)
    return found


def _listed_below(page: Page, viewer: access.Viewer) -> QuerySet[Gallery]:
    return access.listed_galleries(viewer, on=page).filter(
        ~_is_under(_closed_to_listing(page)),
        main_page__path__startswith=page.path,
        main_page__live=True,
    )


def _closed_to_listing(page: Page) -> list[QuerySet[Page]]:
    # A page that nobody has published yet is being looked at by whoever works on it.
    is_closed = Q(kind=IndexKind.CLIENT_AREA) | (Q(live=False) & ~Q(pk=page.pk))
    return [model.objects.filter(is_closed) for model in _models()]


def _named_albums(index: Page, viewer: access.Viewer) -> list[QuerySet[Page]]:
    named = access.listed_pages(viewer, index).values("pk")
    return [model.objects.filter(pk__in=named, kind=IndexKind.PORTFOLIO) for model in _models()]


def _models() -> list[type[Page]]:
    """The index pages of this site that say what they list."""
    models = index_models()
    return [one for one in models if any(field.name == "kind" for field in one._meta.fields)]


def _is_under(pages: list[QuerySet[Page]]) -> Q:
    """Whether a gallery's page lies below one of these pages."""
    place = ExpressionWrapper(OuterRef("main_page__path"), output_field=CharField())
    is_under = Q(pk__in=[])
    for some in pages:
        above = some.annotate(of_gallery=place).filter(of_gallery__startswith=F("path"))
        is_under |= Exists(above)
    return is_under


# --- What stands where ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The galleries before and after one in a listing, each with its ``main_page``."""

    previous: Gallery | None
    next: Gallery | None


def beside(galleries: QuerySet[Gallery], order: str, gallery: Gallery) -> Beside:
    """What stands beside a gallery among ``galleries``; nothing if it is not one of them."""
    by = _ORDERS[Order(order)]
    places = galleries.annotate(
        before=Window(Lag("pk"), order_by=by), after=Window(Lead("pk"), order_by=by)
    )
    near = places.filter(Q(pk=gallery.pk) | Q(before=gallery.pk) | Q(after=gallery.pk))
    found = {row.pk: row for row in near.select_related("main_page")}
    place = found.get(gallery.pk)
    if place is None:
        return Beside(previous=None, next=None)
    return Beside(previous=found.get(place.before), next=found.get(place.after))


def years_of(galleries: QuerySet[Gallery]) -> dict[int, int]:
    """How many of the galleries each year has, the latest year first; undated ones in none."""
    counted = (
        galleries.filter(shoot_date__isnull=False)
        .order_by()
        .values_list("shoot_date__year")
        .annotate(amount=Count("pk"))
    )
    return dict(sorted(counted, reverse=True))


def newest(galleries: QuerySet[Gallery]) -> Gallery | None:
    """The latest shoot of the galleries, with its ``main_page``; None of none."""
    return ordered(galleries, Order.NEWEST).select_related("main_page").first()
