"""The dialog in which a gallery is chosen, or made: for pages, StreamFields and forms."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.models import Site

from ..models import Gallery, State
from ..permissions import galleries_for
from .addresses import gallery_url
from .galleries import named_like
from .gallery_columns import CoverColumn, DayColumn, GalleryTitleColumn, StateColumn, give_covers
from .gallery_forms import CreateGalleryForm
from .gallery_widget import NAMESPACE, AdminGalleryChooser
from .thumbnails import with_covers

# What one may want to do with a gallery that is chosen.
ACTIONS = ("view", "change")


class GalleryFilterForm(BaseFilterForm):
    q = forms.CharField(
        label=gettext_lazy("Title or client"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Search")}),
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All states")), *State.choices],
        widget=forms.Select(attrs={"data-chooser-modal-search-filter": True}),
    )

    def filter(self, objects: QuerySet[Gallery]) -> QuerySet[Gallery]:
        if state := self.cleaned_data["state"]:
            objects = objects.filter(state=state)
        if query := self.cleaned_data["q"]:
            self.is_searching, self.search_query = True, query
            objects = named_like(objects, query)
        return super().filter(objects)


class ChooserCreationForm(CreateGalleryForm):
    """A new gallery in a few words; its preset can be given later, in its settings."""

    field_order = ["title", "client_name", "client_email", "shoot_date"]

    def __init__(self, *args, makes_page: bool, **kwargs) -> None:
        super().__init__(*args, prefix="pumbaphoto-gallery", **kwargs)
        del self.fields["preset"]
        self.fields.pop("watermark", None)
        if not makes_page:
            self.fields.pop("index_page", None)


class Choosable:
    """What all of the chooser's views share: which galleries this user may choose."""

    @cached_property
    def action(self) -> str:
        asked = self.request.GET.get("to", "")
        return asked if asked in ACTIONS else "view"

    def get_object_list(self) -> QuerySet[Gallery]:
        return galleries_for(self.request.user, self.action)


class Listing(Choosable):
    filter_form_class = GalleryFilterForm
    per_page = 12

    @property
    def columns(self) -> list[Column]:
        return [
            CoverColumn("cover", label="", width="12%"),
            self.title_column,
            StateColumn("state", label=gettext_lazy("State"), width="24%"),
            DayColumn("shoot_date", label=gettext_lazy("Shoot date"), width="20%"),
        ]

    @property
    def title_column(self) -> TitleColumn:
        made = super().title_column
        column = GalleryTitleColumn("title", label=gettext_lazy("Gallery"), accessor=str)
        column._get_url_func = made._get_url_func
        column.link_attrs, column.label_prefix = made.link_attrs, made.label_prefix
        column.id_accessor = "uuid"
        return column

    @property
    def checkbox_column(self) -> Column:
        return chooser.CheckboxSelectColumn(
            "select", label=_("Select"), width="1%", accessor="uuid"
        )

    def get_object_list(self) -> QuerySet[Gallery]:
        return with_covers(super().get_object_list()).prefetch_related("clients")

    def get_results_page(self, request: HttpRequest) -> Page:
        page = super().get_results_page(request)
        page.object_list = [*page.object_list]
        give_covers(page.object_list)
        return page


class Creating:
    """The tab for a new gallery."""

    create_action_label = gettext_lazy("Create gallery")
    create_action_clicked_label = gettext_lazy("Creating…")
    creation_tab_label = gettext_lazy("New gallery")
    creation_form_class = ChooserCreationForm

    def get_creation_form_kwargs(self) -> dict:
        return {
            **super().get_creation_form_kwargs(),
            "user": self.request.user,
            "site": site_for(self.request),
            "makes_page": self.request.GET.get("page") != "no",
        }


def site_for(request: HttpRequest) -> Site:
    return Site.find_for_request(request) or Site.objects.order_by("-is_default_site")[0]


class Chosen(Choosable):
    """The answer about what was chosen, by UUID."""

    def get_object_id(self, instance: Gallery) -> str:
        return str(instance.uuid)

    def get_edit_item_url(self, instance: Gallery) -> str:
        return gallery_url(instance)

    def get_display_title(self, instance: Gallery) -> str:
        if instance.photos.kept().exists():
            return str(instance)
        return _("%(title)s (no photos yet: open it and drop them)") % {"title": instance}


class ChooseGalleryView(Listing, Creating, chooser.ChooseView):
    pass


class ChooseGalleryResultsView(Listing, Creating, chooser.ChooseResultsView):
    pass


class GalleryChosenView(Chosen, chooser.ChosenView):
    def get_object(self, pk: str) -> Gallery:
        found = self.get_object_list().filter(uuid__in=valid_uuids([pk])).first()
        if found is None:
            raise ObjectDoesNotExist
        return found


class GalleriesChosenView(Chosen, chooser.ChosenMultipleView):
    def get_objects(self, pks: list[str]) -> QuerySet[Gallery]:
        return self.get_object_list().filter(uuid__in=valid_uuids(pks))


class CreateGalleryView(Creating, Chosen, chooser.CreateView):
    pass


def valid_uuids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(UUID(text))
    return found


class GalleryChooserViewSet(ChooserViewSet):
    model = Gallery
    icon = "pumbaphoto-gallery"
    choose_one_text = gettext_lazy("Choose a gallery")
    choose_another_text = gettext_lazy("Choose another gallery")
    page_title = gettext_lazy("Choose a gallery")
    preserve_url_parameters = ["multiple", "to", "page"]
    choose_view_class = ChooseGalleryView
    choose_results_view_class = ChooseGalleryResultsView
    chosen_view_class = GalleryChosenView
    chosen_multiple_view_class = GalleriesChosenView
    create_view_class = CreateGalleryView
    creation_form_class = ChooserCreationForm
    create_action_label = gettext_lazy("Create gallery")
    create_action_clicked_label = gettext_lazy("Creating…")
    creation_tab_label = gettext_lazy("New gallery")
    # The widget registers itself: pages need it before there are any views.
    register_widget = False
    base_widget_class = AdminGalleryChooser


gallery_chooser = GalleryChooserViewSet(NAMESPACE, url_prefix="pumbaphoto/choose-gallery")
