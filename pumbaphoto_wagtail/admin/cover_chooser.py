"""The dialog in which a page's cover is chosen: the photographs of its gallery as a grid."""

from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Page as ResultsPage
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.models import Page

from ..models import Gallery, Photo, base_page_model
from ..models.photo import gallery_order
from ..permissions import galleries_for
from .cover_widget import BELOW, NAMESPACE, AdminCoverChooser, picture_address
from .gallery_chooser import valid_uuids
from .thumbnails import give_pictures

PAGE_KEY = re.compile(r"[0-9]{1,18}")


class CoverFilterForm(BaseFilterForm):
    q = forms.CharField(
        label=gettext_lazy("File name"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Search")}),
    )

    def filter(self, objects: QuerySet[Photo]) -> QuerySet[Photo]:
        if query := self.cleaned_data["q"]:
            self.is_searching, self.search_query = True, query
            objects = objects.filter(name__icontains=query)
        return super().filter(objects)


class Offered:
    """The photographs of the gallery that the address names, or of the galleries below the page
    that it names, as far as this user may see them.
    """

    def get_object_list(self) -> QuerySet[Photo]:
        photos = Photo.objects.kept().with_picture().filter(is_hidden=False)
        return photos.filter(gallery__in=self._galleries().values("pk"))

    def _galleries(self) -> QuerySet[Gallery]:
        galleries = galleries_for(self.request.user)
        page = self._page()
        if page is not None:
            return galleries.filter(main_page__path__startswith=page.path)
        return galleries.filter(uuid__in=valid_uuids([self.request.GET.get("gallery", "")]))

    def _page(self) -> Page | None:
        named = self.request.GET.get(BELOW, "")
        if not PAGE_KEY.fullmatch(named):
            return None
        return base_page_model().objects.filter(pk=named).first()


class Grid(Offered):
    filter_form_class = CoverFilterForm
    per_page = 24
    results_template_name = "pumbaphoto_wagtail/admin/cover_results.html"

    def apply_object_list_ordering(self, objects: QuerySet[Photo]) -> QuerySet[Photo]:
        newest_first = F("gallery__shoot_date").desc(nulls_last=True), "-gallery"
        return objects.order_by(*newest_first, *gallery_order())

    def get_results_page(self, request: HttpRequest) -> ResultsPage:
        page = super().get_results_page(request)
        page.object_list = [*page.object_list.select_related("picture")]
        give_pictures(page.object_list)
        for photo in page.object_list:
            address = reverse(self.chosen_url_name, args=[photo.uuid])
            photo.chosen_url = self.append_preserved_url_parameters(address)
        return page

    def can_create(self) -> bool:
        """Photographs are uploaded in the gallery."""
        return False


class ChooseCoverView(Grid, chooser.ChooseView):
    pass


class ChooseCoverResultsView(Grid, chooser.ChooseResultsView):
    pass


class CoverChosenView(Offered, chooser.ChosenView):
    def get_object(self, pk: str) -> Photo:
        found = self.get_object_list().filter(uuid__in=valid_uuids([pk])).first()
        if found is None:
            raise ObjectDoesNotExist
        return found

    def get_chosen_response_data(self, item: Photo) -> dict:
        return {"id": str(item.uuid), "title": str(item), "picture": picture_address(item)}


class CoverChooserViewSet(ChooserViewSet):
    model = Photo
    icon = "image"
    page_title = gettext_lazy("Choose a cover")
    preserve_url_parameters = ["gallery", BELOW]
    choose_view_class = ChooseCoverView
    choose_results_view_class = ChooseCoverResultsView
    chosen_view_class = CoverChosenView
    register_widget = False
    base_widget_class = AdminCoverChooser

    def get_urlpatterns(self) -> list:
        """A cover is one photograph, and is not made here."""
        wanted = {"choose", "choose_results", "chosen"}
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in wanted]


cover_chooser = CoverChooserViewSet(NAMESPACE, url_prefix="pumbaphoto/choose-cover")
