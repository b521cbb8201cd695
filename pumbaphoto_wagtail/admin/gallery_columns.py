"""What lists say of a gallery: their own list, and wherever else one stands in a table."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from wagtail.admin.ui.tables import Column, TitleColumn

from ..models import Gallery
from ..permissions import galleries_for
from .steps import presentable_state
from .thumbnails import cover_pictures


def give_covers(galleries: Iterable[Gallery]) -> None:
    """Set ``cover``, the pictures that stand for it, on each gallery of ``with_counts``."""
    galleries = [*galleries]
    pictures = cover_pictures(galleries)
    for gallery in galleries:
        gallery.cover = pictures.get(gallery.cover_photo)


class CoverColumn(Column):
    """The picture that stands for a gallery."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/cover.html"


class GalleryTitleColumn(TitleColumn):
    """The title, with the clients below it."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/gallery_title.html"


class StateColumn(Column):
    """The gallery's state as a tag."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/state.html"

    def get_value(self, instance: Gallery) -> dict[str, str]:
        return presentable_state(instance)


class DayColumn(Column):
    """A day as it stands in the calendar: a shoot is not "5 months ago"."""

    def get_value(self, instance: Gallery) -> str:
        day = super().get_value(instance)
        return date_format(day, "DATE_FORMAT") if day else ""


def owners_for(request: HttpRequest) -> QuerySet:
    """The photographers whose galleries this user may see."""
    owners = galleries_for(request.user).order_by().values("owner")
    return get_user_model().objects.filter(pk__in=owners)
