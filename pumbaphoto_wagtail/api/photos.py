"""Photographs, as gallery pages show them, with where their pictures are."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from wagtail.api import APIField
from wagtail.api.v2.serializers import TypeField

from .. import access
from ..models import Gallery, Photo
from ..models.photo import gallery_order
from ..proofing.pictures import photo_pictures, with_renditions
from ..proofing.walls import presentable
from .asking import known_galleries, named_galleries
from .endpoint import PumbaphotoEndpoint
from .fields import DetailURL, Identity, OnPageURL, Renditions, SectionField
from .galleries import NAMED_WITH
from .parameters import read_moment, read_site, read_uuid, read_year


def read_from(name: str, text: str) -> Q:
    return Q(ordered_at__gte=read_moment(name, text))


def read_before(name: str, text: str) -> Q:
    return Q(ordered_at__lt=read_moment(name, text))


def read_year_taken(name: str, text: str) -> Q:
    return Q(ordered_at__year=read_year(name, text))


def read_section(name: str, text: str) -> Q:
    return Q(section__uuid=read_uuid(name, text))


def read_site_of_gallery(name: str, text: str) -> Q:
    return read_site(name, text, prefix="gallery__")


class PhotosEndpoint(PumbaphotoEndpoint):
    """``/photos/`` and ``/photos/<uuid>/``.

    ``taken_at`` is the moment with the camera's clock put right, by which galleries are ordered.
    """

    name = "photos"
    model = Photo
    fields_here = (
        APIField("id", Identity()),
        APIField("gallery"),
        APIField("section", SectionField()),
        APIField("name"),
        APIField("taken_at", serializers.DateTimeField(source="ordered_at", read_only=True)),
        APIField("width"),
        APIField("height"),
        APIField("average_colour"),
        APIField("renditions", Renditions()),
    )
    meta_fields_here = (
        APIField("type", TypeField()),
        APIField("detail_url", DetailURL()),
        APIField("html_url", OnPageURL()),
    )
    listing_default_fields = [
        *("id", "type", "detail_url", "html_url"),
        *("gallery", "section", "name", "taken_at", "width", "height", "renditions"),
    ]
    nested_default_fields = ["id", "type", "detail_url", "html_url"]
    filters = {
        "site": read_site_of_gallery,
        "gallery": read_uuid,
        "section": read_section,
        "year": read_year_taken,
        "taken_from": read_from,
        "taken_before": read_before,
    }
    orders = {
        "taken_at": (
            [F("ordered_at").asc(nulls_last=True)],
            [F("ordered_at").desc(nulls_last=True)],
        ),
        "name": (["name_key"], ["-name_key"]),
    }
    default_order = (
        F("gallery__shoot_date").desc(nulls_last=True),
        "-gallery",
        *gallery_order(),
    )
    searched_field = "name"

    def find(self) -> QuerySet[Photo]:
        # A gallery that no list names shows its photographs to whoever asks for it by its UUID.
        of_viewer = known_galleries if "gallery" in self.request.GET else named_galleries
        galleries = of_viewer(self.viewer, self.site)
        return _within(galleries, access.photos_visible_to(self.viewer, "view"))

    def get_object(self) -> Photo:
        """One by its UUID, which may be one that no wall has."""
        if not hasattr(self, "_cached_object"):
            galleries = known_galleries(self.viewer, self.site)
            photos = _within(galleries, Photo.objects.kept())
            photo = get_object_or_404(
                photos.select_related("policy", "gallery__policy"), uuid=self.kwargs["uuid"]
            )
            if not access.may_see_photo(self.viewer, photo, "view"):
                # In the words of what is not there.
                get_object_or_404(photos.none(), uuid=photo.uuid)
            self._cached_object = photo
        return self._cached_object

    def narrow(self, queryset: QuerySet, name: str, value: object) -> QuerySet:
        if name == "gallery":
            return queryset.filter(gallery__uuid=value)
        return super().narrow(queryset, name, value)

    def prepare(self, found: list[Photo]) -> None:
        for photo in found:
            photo.shown_pictures = photo_pictures(photo)


def _within(galleries: QuerySet[Gallery], photos: QuerySet[Photo]) -> QuerySet[Photo]:
    """Of photographs those of some galleries that a page shows, with what is said of them."""
    return (
        presentable(photos)
        .filter(gallery__in=galleries.order_by().values("pk"))
        .select_related("picture", "section", *NAMED_WITH)
        .prefetch_related(with_renditions("picture"))
    )
