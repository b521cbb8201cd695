"""Films among the photographs: where each is played, and never at its provider's own address."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from wagtail.api import APIField
from wagtail.api.v2.serializers import TypeField

from .. import access, video_access
from ..models import State, Video
from ..proofing.videos import in_order, play_url, thumbnail_pictures
from .asking import known_galleries, named_galleries
from .endpoint import PumbaphotoEndpoint
from .fields import DetailURL, Identity, Renditions, SectionField, Whole, named, page_address
from .galleries import NAMED_WITH
from .parameters import read_uuid
from .photos import read_site_of_gallery


class PlayURL(Whole):
    def of(self, video: Video) -> str:
        return self.absolute(play_url(video.uuid))


class OfGalleryURL(Whole):
    def of(self, video: Video) -> str | None:
        return page_address(video.gallery, self.request)


class After(Whole):
    """The photograph a film follows; None at the beginning, or for whom it is not there."""

    def of(self, video: Video) -> dict | None:
        return named(video.after, self) if video.is_after_shown else None


def read_section(name: str, text: str) -> Q:
    """Films hang in the section of the photograph they follow, or else in their own."""
    uuid = read_uuid(name, text)
    return Q(after__section__uuid=uuid) | Q(after__isnull=True, section__uuid=uuid)


class VideosEndpoint(PumbaphotoEndpoint):
    """``/videos/`` and ``/videos/<uuid>/``."""

    name = "videos"
    model = Video
    fields_here = (
        APIField("id", Identity()),
        APIField("gallery"),
        APIField("section", SectionField()),
        APIField("after", After()),
        APIField("title"),
        APIField("provider"),
        APIField("width"),
        APIField("height"),
        APIField("renditions", Renditions()),
    )
    meta_fields_here = (
        APIField("type", TypeField()),
        APIField("detail_url", DetailURL()),
        APIField("html_url", OfGalleryURL()),
        APIField("play_url", PlayURL()),
    )
    listing_default_fields = [
        *("id", "type", "detail_url", "html_url", "play_url"),
        *("gallery", "section", "after", "title", "provider", "width", "height", "renditions"),
    ]
    nested_default_fields = ["id", "type", "detail_url", "html_url", "title"]
    filters = {
        "site": read_site_of_gallery,
        "gallery": read_uuid,
        "section": read_section,
    }
    orders = {"title": (["title"], ["-title"])}
    default_order = (
        F("gallery__shoot_date").desc(nulls_last=True),
        "-gallery",
        "position",
        "pk",
    )

    def find(self) -> QuerySet[Video]:
        is_asked_for = self.action != "listing_view" or "gallery" in self.request.GET
        of_viewer = known_galleries if is_asked_for else named_galleries
        galleries = of_viewer(self.viewer, self.site).order_by().values("pk")
        videos = video_access.videos_visible_to(self.viewer).filter(is_hidden=False)
        shown = in_order(videos.filter(gallery__in=galleries))
        return shown.exclude(gallery__state=State.ARCHIVED).select_related(*NAMED_WITH)

    def narrow(self, queryset: QuerySet, name: str, value: object) -> QuerySet:
        if name == "gallery":
            return queryset.filter(gallery__uuid=value)
        return super().narrow(queryset, name, value)

    def prepare(self, found: list[Video]) -> None:
        followed = [video.after_id for video in found if video.after_id]
        seen = access.photos_visible_to(self.viewer, "view").filter(pk__in=followed)
        shown = {*seen.order_by().values_list("pk", flat=True)} if followed else set()
        for video in found:
            video.shown_pictures = thumbnail_pictures(video)
            video.is_after_shown = video.after_id in shown
            if video.after_id:
                video.section = video.after.section if video.is_after_shown else None
