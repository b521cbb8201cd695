"""Sites that galleries belong to are not deleted, and neither is a page that takes one with it.

The database would refuse as well, but without words.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.models import AbstractPage, Page, Site
from wagtail.sites.views import SiteViewSet

from ..models import Gallery


class DeleteSiteView(SiteViewSet.delete_view_class):
    """Wagtail's own, with a sentence for a site that has galleries."""

    def get_object(self, queryset: QuerySet[Site] | None = None) -> Site:
        # Wagtail looks for the site first, and so tells everybody in the admin which there are.
        if not self.user_has_permission(self.permission_required):
            raise PermissionDenied
        return super().get_object(queryset)

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if words := why_it_stays([self.object]):
            messages.error(request, words)
            return redirect("wagtailsites:index")
        return super().dispatch(request, *args, **kwargs)


def register() -> None:
    """Let Wagtail's settings use it."""
    SiteViewSet.delete_view_class = DeleteSiteView


def refuse_to_delete_page(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A way back with the reason, if a site with galleries begins at this page or below it."""
    words = why_it_stays(_sites_below([page]))
    if not words:
        return None
    messages.error(request, words)
    return redirect("wagtailadmin_explore", page.pk)


def refuse_bulk_deletion(request: HttpRequest, action_type: str, objects) -> HttpResponse | None:
    """The same for several pages at once."""
    pages = [found for found in objects if isinstance(found, AbstractPage)]
    if action_type != "delete" or not pages:
        return None
    words = why_it_stays(_sites_below(pages))
    if not words:
        return None
    messages.error(request, words)
    return redirect("wagtailadmin_explore_root")


def why_it_stays(sites: list[Site]) -> str:
    """Why sites cannot be deleted; empty if they can."""
    for site in sites:
        count = Gallery.with_deleted.filter(site=site).count()
        if count:
            words = ngettext(
                "%(count)d gallery belongs to the site “%(site)s”. Delete the gallery first, or"
                " keep the site.",
                "%(count)d galleries belong to the site “%(site)s”. Delete the galleries first, or"
                " keep the site.",
                count,
            )
            return words % {"count": count, "site": site.site_name or site.hostname}
    return ""


def _sites_below(pages: list[Page]) -> list[Site]:
    below = Q(pk__in=[])
    for page in pages:
        below |= Q(root_page__path__startswith=page.path)
    return [*Site.objects.filter(below)]
