"""On Wagtail's own home page: the short version of the dashboard, and figures beside its own."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.site_summary import SummaryItem
from wagtail.admin.ui.components import Component

from ..conf import MINUTE
from ..doctor.volumes import volumes
from ..models import Photo
from ..permissions import galleries_for, gallery_policy
from .addresses import galleries_url
from .waiting import groups_waiting

ROWS_SHOWN = 8
SHOWN_OF_EACH = 3
PHOTOS_KEPT_SECONDS = 5 * MINUTE


class WaitingPanel(Component):
    """What waits for the photographer, the first of each kind."""

    name = "pumbaphoto_waiting"
    template_name = "pumbaphoto_wagtail/admin/home_panel.html"
    order = 90

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: dict) -> dict:
        user = self.request.user
        groups = groups_waiting(user, at_most=SHOWN_OF_EACH)
        rows = [row for group in groups for row in group.rows][:ROWS_SHOWN]
        return {
            "rows": rows,
            "more": sum(group.count for group in groups) - len(rows),
            "has_galleries": bool(rows) or galleries_for(user).exists(),
            "may_add": gallery_policy.user_has_permission(user, "add"),
        }


def add_waiting_panel(request: HttpRequest, panels: list) -> None:
    """Put the panel on the home page of those who have to do with galleries."""
    if gallery_policy.user_has_any_permission(request.user, ["add", "change"]):
        panels.append(WaitingPanel(request))


class OfGalleries(SummaryItem):
    """A figure for those who have to do with galleries."""

    template_name = "pumbaphoto_wagtail/admin/summary_item.html"
    icon = ""

    def is_shown(self) -> bool:
        actions = ["add", "change", "delete", "view", "share", "deliver"]
        return gallery_policy.user_has_any_permission(self.request.user, actions)

    def words(self) -> str:
        """The figure, and what it counts."""
        raise NotImplementedError

    def url(self) -> str:
        return galleries_url()

    def get_context_data(self, parent_context: dict) -> dict:
        return {"icon": self.icon, "words": self.words(), "url": self.url()}


class GalleriesItem(OfGalleries):
    order = 50
    icon = "pumbaphoto-gallery"

    def words(self) -> str:
        count = galleries_for(self.request.user).count()
        return ngettext("%(count)s Gallery", "%(count)s Galleries", count) % {"count": count}


class PhotosItem(OfGalleries):
    """Photos of many galleries are many rows: counted once in a while."""

    order = 60
    icon = "grid"

    def words(self) -> str:
        key = f"pumbaphoto.photos.{self.request.user.pk}"
        count = cache.get_or_set(key, self._count, PHOTOS_KEPT_SECONDS)
        return ngettext("%(count)s Photo", "%(count)s Photos", count) % {"count": f"{count:,}"}

    def _count(self) -> int:
        mine = galleries_for(self.request.user).order_by().values("pk")
        return Photo.objects.kept().filter(gallery__in=mine).count()


class RoomItem(OfGalleries):
    """How much the photo storage still takes; nothing where it has no end or does not answer."""

    order = 70
    icon = "folder-inverse"

    def url(self) -> str:
        return reverse("pumbaphoto_dashboard:index")

    def is_shown(self) -> bool:
        return super().is_shown() and self._room is not None

    @property
    def _room(self) -> int | None:
        left = [volume.left for volume in volumes() if volume.takes_uploads]
        known = [amount for amount in left if amount is not None]
        return max(0, min(known)) if known else None

    def words(self) -> str:
        return _("%(size)s free for photos") % {"size": filesizeformat(self._room)}


def add_summary_items(request: HttpRequest, items: list) -> None:
    """Put our figures beside those of Wagtail."""
    items.extend([GalleriesItem(request), PhotosItem(request), RoomItem(request)])
