"""The "Galleries" menu."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet, ViewSetGroup

from ..permissions import gallery_policy
from . import dashboard_urls, urls
from .access_requests import AccessRequestViewSet
from .addresses import NAMESPACE
from .galleries import ANY_PERMISSION


class GalleriesMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return gallery_policy.user_has_any_permission(request.user, ANY_PERMISSION)


class DashboardViewSet(ViewSet):
    """What waits, how far is what runs, what went wrong."""

    name = "pumbaphoto_dashboard"
    url_prefix = "pumbaphoto"
    icon = "tasks"
    menu_label = _("Dashboard")
    menu_name = "pumbaphoto-dashboard"
    menu_item_class = GalleriesMenuItem

    def get_urlpatterns(self) -> list:
        return dashboard_urls.urlpatterns


class GalleryViewSet(ViewSet):
    """The list of galleries, and the workspace of each."""

    name = NAMESPACE
    url_prefix = "pumbaphoto/galleries"
    icon = "pumbaphoto-gallery"
    menu_label = _("All galleries")
    menu_name = "pumbaphoto-galleries"

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        return GalleriesMenuItem

    def get_urlpatterns(self) -> list:
        return urls.urlpatterns


class GalleriesGroup(ViewSetGroup):
    """Everything of ours in one place; more joins through ``register_pumbaphoto_submenu``."""

    menu_label = _("Galleries")
    menu_name = "pumbaphoto"
    menu_icon = "pumbaphoto-gallery"
    menu_order = 150
    items = (DashboardViewSet(), GalleryViewSet(), AccessRequestViewSet())
    submenu_hook = "register_pumbaphoto_submenu"
