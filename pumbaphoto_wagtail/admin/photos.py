"""The Photos tab: where photos are dropped, and the grid of those that are there."""

from __future__ import annotations

from django.core.paginator import Page
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.paginator import WagtailPaginator

from ..delivery.selected import counting_picks
from ..intake.clocks import has_several_cameras
from ..models import Photo, Pick, Purpose, State, Upload
from .figures import troubled_uploads
from .rooms import GalleryView
from .showing import waiting_to_be_shown
from .thumbnails import give_pictures
from .uploading import uploader_context

PHOTOS_PER_PAGE = 200

# The filters of the grid: name in the address, words.
FILTERS = (
    ("all", _("All")),
    ("selected", _("Selected")),
    ("noted", _("With notes")),
    ("refused", _("Refused")),
)


class PhotosView(GalleryView):
    """Upload, and look at what is there."""

    tab = "photos"
    template_name = "pumbaphoto_wagtail/admin/photos.html"

    @cached_property
    def filter_name(self) -> str:
        asked = self.request.GET.get("show", "all")
        return asked if asked in dict(FILTERS) else "all"

    def get_photos(self) -> QuerySet[Photo]:
        """The photos of the chosen filter in the gallery's order, with this round's picks."""
        picks = counting_picks(self.gallery)
        photos = self.gallery.photos.kept().in_order().select_related("picture", "section")
        if self.filter_name == "selected":
            photos = photos.filter(Exists(picks.filter(photo=OuterRef("pk"), is_favourite=True)))
        elif self.filter_name == "noted":
            photos = photos.filter(Exists(picks.filter(photo=OuterRef("pk")).exclude(note="")))
        return photos.prefetch_related(
            Prefetch(
                "picks", picks.select_related("selection__share_link"), to_attr="current_picks"
            )
        )

    def get_troubled(self) -> QuerySet[Upload]:
        return troubled_uploads(self.gallery).select_related("stored_file").order_by("-pk")

    def get_page(self) -> Page:
        rows = self.get_troubled() if self.filter_name == "refused" else self.get_photos()
        page = WagtailPaginator(rows, PHOTOS_PER_PAGE).get_page(self.request.GET.get("p"))
        if self.filter_name != "refused":
            page.object_list = [*page.object_list]
            give_pictures(page.object_list)
            for photo in page.object_list:
                photo.hearts, photo.notes = _sort_picks(photo.current_picks)
        return page

    def get_context_data(self, **kwargs) -> dict:
        page = self.get_page()
        may_upload = self.may("change") and self.gallery.state != State.ARCHIVED
        return super().get_context_data(
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            filters=self.get_filters(),
            shows_refused=self.filter_name == "refused",
            is_filtering=self.filter_name != "all",
            has_clocks=self.may("change") and has_several_cameras(self.gallery),
            uploader=uploader_context(self.gallery, Purpose.ORIGINAL, self.request.user)
            if may_upload
            else None,
            waiting=self.get_waiting(),
            **kwargs,
        )

    def get_waiting(self) -> dict | None:
        can_show = self.may("share") and self.gallery.state != State.ARCHIVED
        count = self.figures.photos["waiting"]
        return waiting_to_be_shown(self.gallery, count) if can_show and count else None

    def get_filters(self) -> list[dict]:
        counts = {
            "all": self.figures.photos["all"],
            "selected": self.figures.picks["selected"],
            "noted": self.figures.picks["noted"],
            "refused": self.figures.troubles,
        }
        return [
            {
                "name": name,
                "label": label,
                "count": counts[name],
                "is_current": name == self.filter_name,
            }
            for name, label in FILTERS
        ]


def _sort_picks(picks: list[Pick]) -> tuple[list[Pick], list[Pick]]:
    return [pick for pick in picks if pick.is_favourite], [pick for pick in picks if pick.note]
