"""What a site says of its pages to everybody: searches, menus and Wagtail's pages API.

A client area is closed by a page restriction, which Wagtail's own listings respect. This is for
gallery pages elsewhere: those that everybody may open who knows the address, and nobody may find.
"""

from __future__ import annotations

from django.db.models import Q
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.models import get_page_models
from wagtail.query import PageQuerySet

from .. import access
from ..access_tree import is_quiet_q, may_be_named_q
from ..secret_addresses import presents_a_gallery


def only_listed(pages: PageQuerySet) -> PageQuerySet:
    """Of these pages those that may be named to everybody: of galleries that index pages name, and
    others unless an index page on the way to them is for some, or for who knows its address.

    For a site's own search, ``only_listed(Page.objects.live().public()).search(words)``, its menus
    and its feeds.
    """
    everybody = access.Viewer()
    listed = access.listed_galleries(everybody).values("pk")
    named = may_be_named_q(everybody, None)
    for model in get_page_models():
        if presents_a_gallery(model):
            pages = pages.exclude(pk__in=model.objects.exclude(gallery__in=listed).values("pk"))
            named |= Q(pk__in=model.objects.values("pk"))
    return pages.filter(named & ~is_quiet_q(everybody, "", None))


class ListedPagesAPIViewSet(PagesAPIViewSet):
    """Wagtail's pages API, without galleries that are not listed: register this in its place."""

    def get_base_queryset(self) -> PageQuerySet:
        return only_listed(super().get_base_queryset())
