"""Choosing another original for an edit: by picture and by name."""

from __future__ import annotations

from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ..delivery.decisions import Standing
from ..delivery.nearby import Nearby, originals_for
from ..delivery.selected import selected_photos
from ..models import Photo
from .board import EditView
from .thumbnails import give_edit_pictures, give_pictures

PHOTOS_PER_PAGE = 60
ALL, SELECTED, MISSING = "all", "selected", "missing"
WHICH = ((ALL, _("All photos")), (SELECTED, _("Selected")), (MISSING, _("Without an edit")))
ALIKE, CLOSE, OTHERS = _("Looks like it"), _("Taken about that time"), _("All others")


class ChooseOriginalView(EditView):
    """A grid of photos, the likeliest first; choosing one is posted to the edit's own address."""

    template_name = "pumbaphoto_wagtail/admin/choose_original.html"
    http_method_names = ("get", "head")

    @cached_property
    def query(self) -> str:
        return self.request.GET.get("q", "").strip()

    @cached_property
    def which(self) -> str:
        asked = self.request.GET.get("of", ALL)
        return asked if asked in {name for name, _label in WHICH} else ALL

    def get_photos(self) -> QuerySet[Photo]:
        """The photos to choose from: those with all the words in their name."""
        photos = {
            ALL: self.gallery.photos.kept,
            SELECTED: lambda: selected_photos(self.gallery),
            MISSING: self.figures.photos_without_edit,
        }[self.which]()
        for word in self.query.split():
            photos = photos.filter(name__icontains=word)
        return photos

    def get_context_data(self, **kwargs) -> dict:
        nearby = originals_for(self.edit, self.get_photos())
        page = Paginator(nearby.photos, PHOTOS_PER_PAGE).get_page(self.request.GET.get("p"))
        give_edit_pictures([self.edit])
        return super().get_context_data(
            seen=Standing.of(self.edit),
            address=self.url_of(self.edit),
            groups=self._groups(nearby, page),
            page_obj=page,
            query=self.query,
            which=self.which,
            choices=WHICH,
            **kwargs,
        )

    def _groups(self, nearby: Nearby, page: Page) -> list[tuple[str, list[Photo]]]:
        """The photos of a page under the words for why they stand where they do."""
        found = self.gallery.photos.kept().select_related("picture").in_bulk([*page.object_list])
        photos = [found[pk] for pk in page.object_list if pk in found]
        give_pictures(photos)
        chosen = selected_photos(self.gallery).filter(pk__in=[*found])
        selected = {*chosen.values_list("pk", flat=True)}
        for photo in photos:
            photo.is_selected = photo.pk in selected
        titles = _titles(nearby)
        grouped = groupby(photos, key=lambda photo: titles.get(photo.pk, OTHERS))
        return [(title, [*members]) for title, members in grouped]


def _titles(nearby: Nearby) -> dict[int, str]:
    """The heading of each photo that does not stand among the others."""
    first = nearby.alike + nearby.close
    return {
        **dict.fromkeys(nearby.photos[: nearby.alike], ALIKE),
        **dict.fromkeys(nearby.photos[nearby.alike : first], CLOSE),
    }
