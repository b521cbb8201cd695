"""The page explorer below index pages of galleries: what stands behind each page, at a glance."""

from __future__ import annotations

from collections.abc import Iterable

import django_filters
from django import forms
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import BaseColumn, Column, Table
from wagtail.admin.ui.tables.pages import PageTitleColumn
from wagtail.admin.views.pages.listing import ExplorableIndexView, GenericPageFilterSet
from wagtail.admin.viewsets.pages import PageViewSet

from ..intake.gallery_pages import gallery_page_model
from ..models import State, base_page_model
from ..permissions import galleries_for
from .audience import audiences
from .figures import with_counts
from .gallery_columns import CoverColumn, DayColumn, StateColumn, give_covers
from .panels import presents_a_gallery

# Wagtail's columns that say nothing of a shoot give way, and its title gets a width.
REPLACED = ("title", "type", "latest_revision_created_at")


class OfGallery:
    """A column about the gallery of a page; empty for pages without one."""

    def get_value(self, page) -> object:
        gallery = getattr(page, "shown_gallery", None)
        return super().get_value(gallery) if gallery is not None else ""


class PageCoverColumn(OfGallery, CoverColumn):
    pass


class PageStateColumn(OfGallery, StateColumn):
    cell_template_name = "pumbaphoto_wagtail/admin/cells/page_state.html"


class PageShootColumn(OfGallery, DayColumn):
    pass


class PageGalleryColumn(OfGallery, Column):
    pass


class GalleryPageFilterSet(GenericPageFilterSet):
    gallery_state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State of the gallery"),
        choices=State.choices,
        widget=forms.CheckboxSelectMultiple,
        method="filter_state",
    )

    def filter_state(self, pages: QuerySet, name: str, states: list[str]) -> QuerySet:
        if not states:
            return pages
        mine = galleries_for(self.request.user).filter(state__in=states)
        presenting = gallery_page_model().objects.filter(gallery__in=mine.values("pk"))
        return pages.filter(pk__in=presenting.values("pk"))


class GalleryPagesIndexView(ExplorableIndexView):
    template_name = "pumbaphoto_wagtail/admin/gallery_pages.html"
    base_filterset_class = GalleryPageFilterSet
    table_classname = "listing full-width pumba-pages"

    @cached_property
    def columns(self) -> list[BaseColumn]:
        first, *others = (
            column for column in ExplorableIndexView.base_columns if column.name not in REPLACED
        )
        return [
            first,
            PageCoverColumn("cover", label="", width="6%"),
            PageTitleColumn(
                "title",
                label=gettext_lazy("Title"),
                sort_key="title",
                classname="title",
                width="28%",
            ),
            PageStateColumn(
                "gallery_state",
                label=gettext_lazy("Gallery"),
                sort_key="gallery_state",
                width="11%",
            ),
            PageGalleryColumn("photo_count", label=gettext_lazy("Photos"), width="6%"),
            PageGalleryColumn("client_names", label=gettext_lazy("Clients"), width="12%"),
            PageShootColumn(
                "shoot_date", label=gettext_lazy("Shoot date"), sort_key="shoot_date", width="10%"
            ),
            PageGalleryColumn("audience", label=gettext_lazy("Who sees it"), width="12%"),
            *others,
        ]

    def get_valid_orderings(self) -> list[str]:
        found = super().get_valid_orderings()
        # A search knows only the fields of its index.
        ours = {"gallery_state", "shoot_date"} if self.is_searching else set()
        return [ordering for ordering in found if ordering.lstrip("-") not in ours]

    def annotate_queryset(self, pages: QuerySet) -> QuerySet:
        if self.ordering and self.ordering.lstrip("-") in ("gallery_state", "shoot_date"):
            mine = galleries_for(self.request.user).values("pk")
            presenting = gallery_page_model().objects.filter(pk=OuterRef("pk"), gallery__in=mine)
            pages = pages.annotate(
                gallery_state=Subquery(presenting.values("gallery__state")[:1]),
                shoot_date=Subquery(presenting.values("gallery__shoot_date")[:1]),
            )
        return super().annotate_queryset(pages)

    def get_table(self, object_list: Iterable) -> Table:
        self._give_galleries([page for page in object_list if presents_a_gallery(type(page))])
        return super().get_table(object_list)

    def _give_galleries(self, pages: list) -> None:
        """Set ``shown_gallery`` on pages whose gallery this user may see."""
        keys = {page.gallery_id for page in pages} - {None}
        mine = galleries_for(self.request.user).filter(pk__in=keys)
        galleries = {one.pk: one for one in with_counts(mine).prefetch_related("clients")}
        give_covers(galleries.values())
        words = audiences(galleries.values())
        for page in pages:
            page.shown_gallery = galleries.get(page.gallery_id)
            if page.shown_gallery is not None:
                page.shown_gallery.audience = words[page.gallery_id]


class GalleryPageViewSet(PageViewSet):
    """Wagtail's views of gallery pages; in the explorer with what their galleries say."""

    index_view_class = GalleryPagesIndexView
    # Nothing for the views to build columns from: each has its own. Unset, Wagtail's list of all
    # pages of a type falls back to columns made for other models, and fails when sorted by them.
    list_display = ()

    @cached_property
    def model(self) -> type:
        return gallery_page_model()

    @cached_property
    def parent_models(self) -> list[type]:
        """Index pages, and not whatever page a site's own gallery pages may lie under."""
        base = base_page_model()
        found = self.model.allowed_parent_page_models()
        return [one for one in found if one is not base and getattr(one, "holds_galleries", False)]

    def get_index_view_kwargs(self, **kwargs) -> dict:
        kwargs = super().get_index_view_kwargs(**kwargs)
        # Below an index there are others, too.
        page = base_page_model()
        ours = {"filterset_class", "template_name"}
        kept = {name: value for name, value in kwargs.items() if name not in ours}
        return {**kept, "model": page}
