"""The list of galleries, and the form that makes one."""

from __future__ import annotations

import django_filters
from django import forms
from django.contrib.admin.utils import quote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, NumberColumn, Table
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.models import Site

from ..models import Gallery, State
from ..permissions import galleries_for, gallery_policy
from .addresses import NAMESPACE, galleries_url, gallery_url
from .client_fields import choosable_clients
from .figures import with_counts
from .gallery_bulk_acts import bulk_buttons
from .gallery_columns import (
    CoverColumn,
    DayColumn,
    GalleryTitleColumn,
    StateColumn,
    give_covers,
    owners_for,
)
from .gallery_forms import CreateGalleryForm
from .security import protect

# With any of these on some gallery one may see the list.
ANY_PERMISSION = ["add", "change", "delete", "view", "share", "deliver"]


def named_like(galleries: QuerySet[Gallery], query: str) -> QuerySet[Gallery]:
    """Those with these words in their title or in a client's name."""
    named = Gallery.objects.filter(clients__name__icontains=query)
    return galleries.filter(Q(title__icontains=query) | Q(pk__in=named.values("pk")))


class GalleryFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, widget=forms.CheckboxSelectMultiple
    )
    owner = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Photographer"),
        queryset=owners_for,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Gallery
        fields = ["state", "owner"]


class GalleryIndexView(generic.IndexView):
    """All galleries this user may see."""

    model = Gallery
    page_title = gettext_lazy("Galleries")
    header_icon = "pumbaphoto-gallery"
    any_permission_required = ANY_PERMISSION
    index_url_name = f"{NAMESPACE}:index"
    index_results_url_name = f"{NAMESPACE}:index_results"
    add_url_name = f"{NAMESPACE}:add"
    add_item_label = gettext_lazy("Add a gallery")
    template_name = "pumbaphoto_wagtail/admin/gallery_index.html"
    results_template_name = "pumbaphoto_wagtail/admin/gallery_index_results.html"
    filterset_class = GalleryFilterSet
    search_fields = ["title", "clients__name"]
    table_classname = "listing pumba-galleries"
    paginate_by = 25
    columns = [
        BulkActionsCheckboxColumn("bulk_actions", obj_type="gallery"),
        CoverColumn("cover", label="", width="6%"),
        GalleryTitleColumn(
            "title",
            label=gettext_lazy("Gallery"),
            sort_key="title",
            get_url=gallery_url,
            get_title_id=lambda gallery: f"gallery_{quote(gallery.pk)}_title",
        ),
        StateColumn("state", label=gettext_lazy("State"), sort_key="state", width="14%"),
        DayColumn(
            "shoot_date", label=gettext_lazy("Shoot date"), sort_key="shoot_date", width="12%"
        ),
        NumberColumn("photo_count", label=gettext_lazy("Photos"), width="8%"),
        NumberColumn("selected_count", label=gettext_lazy("Selected"), width="8%"),
        NumberColumn("edit_count", label=gettext_lazy("Edited"), width="8%"),
    ]

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return protect(super().dispatch(request, *args, **kwargs))

    def get_base_queryset(self) -> QuerySet[Gallery]:
        return with_counts(galleries_for(self.request.user)).prefetch_related("clients")

    def search_queryset(self, queryset: QuerySet[Gallery]) -> QuerySet[Gallery]:
        return named_like(queryset, self.search_query) if self.is_searching else queryset

    def get_table(self, object_list) -> Table:
        give_covers(object_list)
        return super().get_table(object_list)

    def get_breadcrumbs_items(self) -> list[dict]:
        return [*self.breadcrumbs_items, {"url": "", "label": _("Galleries")}]

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(bulk_buttons=bulk_buttons(self.request), **kwargs)


class CreateGalleryView(PermissionCheckedMixin, WagtailAdminTemplateMixin, FormView):
    """A new gallery: title, client, date, preset."""

    permission_policy = gallery_policy
    permission_required = "add"
    form_class = CreateGalleryForm
    page_title = gettext_lazy("New gallery")
    header_icon = "pumbaphoto-gallery"
    template_name = "pumbaphoto_wagtail/admin/gallery_create.html"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return protect(super().dispatch(request, *args, **kwargs))

    @cached_property
    def site(self) -> Site:
        return Site.find_for_request(self.request) or Site.objects.order_by("-is_default_site")[0]

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "user": self.request.user, "site": self.site}

    def get_initial(self) -> dict:
        """What the way here said already: for whom, and where."""
        initial = {"index_page": self.request.GET.get("index_page", "")}
        asked = self.request.GET.get("client", "")
        client = asked.isdecimal() and choosable_clients(self.request.user).filter(pk=asked).first()
        if client:
            initial |= {
                "client": client.pk,
                "client_name": client.name,
                "client_email": client.email,
            }
        return initial

    def get_breadcrumbs_items(self) -> list[dict]:
        return [
            *self.breadcrumbs_items,
            {"url": galleries_url(), "label": _("Galleries")},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            submit_button_label=_("Create gallery"),
            submit_button_active_label=_("Creating…"),
            action_url=galleries_url("add"),
            **kwargs,
        )

    def form_valid(self, form: CreateGalleryForm) -> HttpResponse:
        gallery = form.save()
        self._announce(gallery)
        return redirect(gallery_url(gallery))

    def form_invalid(self, form: CreateGalleryForm) -> HttpResponse:
        messages.validation_error(
            self.request, _("The gallery could not be created due to errors."), form
        )
        return super().form_invalid(form)

    def _announce(self, gallery: Gallery) -> None:
        page = gallery.main_page
        if page is None:
            messages.warning(
                self.request,
                _(
                    "The gallery is there, but has no page on the site yet: ask an editor for a "
                    "place where you may add one. Links cannot be opened until then."
                ),
            )
        elif not page.live:
            messages.warning(
                self.request,
                format_html(
                    _("The gallery is there. Its page {} is a draft until somebody publishes it."),
                    page.title,
                ),
            )
        else:
            messages.success(self.request, _("The gallery is there. Now drop its photos."))
