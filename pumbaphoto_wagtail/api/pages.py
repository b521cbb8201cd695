"""What a site says of its pages to everybody: searches, menus and Wagtail's pages API.

A client area is closed by a page restriction, which Wagtail's own listings respect. This is for
gallery pages elsewhere: those that everybody may open who knows the address, and nobody may find.
"""

from __future__ import annotations

from django.db.models import Model
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.models import get_page_models
from wagtail.query import PageQuerySet

from .. import access
from ..models import Gallery


def only_listed(pages: PageQuerySet) -> PageQuerySet:
    """Of these pages all that are no gallery's, and those of galleries that index pages name.

    For a site's own search, ``only_listed(Page.objects.live().public()).search(words)``, its menus
    and its feeds.
    """
    listed = access.listed_galleries(access.Viewer()).values("pk")
    for model in get_page_models():
        if _presents_a_gallery(model):
            hidden = model.objects.exclude(gallery__in=listed)
            pages = pages.exclude(pk__in=hidden.values("pk"))
    return pages


def _presents_a_gallery(model: type[Model]) -> bool:
    fields = {field.name: field for field in model._meta.get_fields()}
    return "gallery" in fields and fields["gallery"].related_model is Gallery


class ListedPagesAPIViewSet(PagesAPIViewSet):
    """Wagtail's pages API, without galleries that are not listed: register this in its place."""

    def get_base_queryset(self) -> PageQuerySet:
        return only_listed(super().get_base_queryset())
