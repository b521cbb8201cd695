"""Galleries, as an index page names them; and any that one may see, by its UUID."""

from __future__ import annotations

from django.db.models import Count as CountOf
from django.db.models import F, QuerySet
from wagtail.api import APIField
from wagtail.api.v2.serializers import TypeField
from wagtail.api.v2.utils import BadRequestError

from .. import access
from ..models import Gallery, Photo, State, Video
from ..permissions import galleries_for
from ..proofing.covers import covers_of
from ..proofing.pictures import photo_pictures
from ..proofing.walls import presentable
from .asking import known_galleries, named_galleries
from .endpoint import PumbaphotoEndpoint
from .fields import (
    Count,
    Cover,
    DetailURL,
    GalleryPageURL,
    Identity,
    ListURL,
    OfStaff,
    Whole,
)
from .parameters import read_site, read_year

# What is read of a gallery to be named within another thing.
NAMED_WITH = ("gallery", "gallery__main_page")


class Sections(Whole):
    def of(self, gallery: Gallery) -> list[dict]:
        return [{"id": str(each.uuid), "title": each.title} for each in gallery.shown_sections]


def read_state(name: str, text: str) -> str:
    if text not in State.values:
        raise BadRequestError(f"{name} must be one of {', '.join(State.values)}")
    return text


class GalleriesEndpoint(PumbaphotoEndpoint):
    """``/galleries/`` and ``/galleries/<uuid>/``."""

    name = "galleries"
    model = Gallery
    fields_here = (
        APIField("id", Identity()),
        APIField("title"),
        APIField("shoot_date"),
        APIField("photo_count", Count()),
        APIField("cover", Cover()),
        APIField("sections", Sections()),
        APIField("state", OfStaff()),
        APIField("is_listed", OfStaff()),
    )
    meta_fields_here = (
        APIField("type", TypeField()),
        APIField("detail_url", DetailURL()),
        APIField("html_url", GalleryPageURL()),
        APIField("photos_url", ListURL(model=Photo)),
        APIField("videos_url", ListURL(model=Video)),
    )
    listing_default_fields = [
        *("id", "type", "detail_url", "html_url", "photos_url", "videos_url"),
        *("title", "shoot_date", "photo_count", "cover"),
    ]
    nested_default_fields = ["id", "type", "detail_url", "html_url", "title"]
    detail_only_fields = ["sections"]
    filters = {
        "site": read_site,
        "year": read_year,
        "state": read_state,
    }
    orders = {
        "title": (["title"], ["-title"]),
        "shoot_date": (
            [F("shoot_date").asc(nulls_last=True)],
            [F("shoot_date").desc(nulls_last=True)],
        ),
    }
    default_order = (F("shoot_date").desc(nulls_last=True), "-pk")

    def find(self) -> QuerySet[Gallery]:
        of_viewer = named_galleries if self.action == "listing_view" else known_galleries
        return of_viewer(self.viewer, self.site).select_related("main_page")

    def check_query_parameters(self, queryset: QuerySet) -> None:
        super().check_query_parameters(queryset)
        if "state" in self.request.GET and not galleries_for(self.viewer.user).exists():
            raise BadRequestError(
                "query parameter is not an operation or a recognised field: state"
            )

    def narrow(self, queryset: QuerySet, name: str, value: object) -> QuerySet:
        if name == "year":
            return queryset.filter(shoot_date__year=value)
        if name == "state":
            kept = galleries_for(self.viewer.user).order_by().values("pk")
            return queryset.filter(state=value, pk__in=kept)
        return super().narrow(queryset, name, value)

    def prepare(self, found: list[Gallery]) -> None:
        keys = [gallery.pk for gallery in found]
        photos = presentable(access.photos_visible_to(self.viewer, "view"))
        photos = photos.filter(gallery__in=keys)
        counts = dict(photos.order_by().values_list("gallery").annotate(CountOf("pk")))
        covers = covers_of(found, self.viewer)
        for cover in covers.values():
            cover.shown_pictures = photo_pictures(cover)
        kept = galleries_for(self.viewer.user).filter(pk__in=keys).values_list("pk", flat=True)
        kept = {*kept.order_by()} if self.viewer.is_known else set()
        for gallery in found:
            gallery.shown_count = counts.get(gallery.pk, 0)
            gallery.shown_cover = covers.get(gallery.pk)
            gallery.is_kept_by_viewer = gallery.pk in kept
        if self.action == "detail_view":
            for gallery in found:
                gallery.shown_sections = _sections(gallery, photos)


def _sections(gallery: Gallery, photos: QuerySet[Photo]) -> list:
    """The sections in which this viewer sees something, in their order."""
    seen = photos.filter(gallery=gallery, section__isnull=False).order_by().values("section")
    return [*gallery.sections.filter(pk__in=seen)]
