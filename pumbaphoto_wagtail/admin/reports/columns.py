"""Cells of reports: sizes, moments, durations, and the gallery that a row belongs to."""

from __future__ import annotations

from datetime import datetime

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, TitleColumn

from ..addresses import gallery_url

FIGURES = "pumba-number"


class BytesColumn(Column):
    """A size, as people say it."""

    def __init__(self, name: str, **kwargs) -> None:
        super().__init__(name, classname=FIGURES, **kwargs)

    def get_value(self, instance: object) -> str:
        size = super().get_value(instance)
        return filesizeformat(size) if size else ""


class SecondsColumn(Column):
    """A duration in seconds."""

    def __init__(self, name: str, **kwargs) -> None:
        super().__init__(name, classname=FIGURES, **kwargs)

    def get_value(self, instance: object) -> str:
        return in_seconds(super().get_value(instance))


class MomentColumn(Column):
    """A moment, to the minute: in a report "3 months ago" says too little."""

    def get_value(self, instance: object) -> str:
        return moment(super().get_value(instance))


def moment(at: datetime | None) -> str:
    """A moment as the user's clock showed it."""
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""


def in_seconds(seconds: float | None) -> str:
    """A measured duration; empty where nothing was measured."""
    if seconds is None:
        return ""
    digits = 0 if seconds >= 100 else 1 if seconds >= 10 else 2
    return _("%(seconds)s s") % {"seconds": number_format(seconds, decimal_pos=digits)}


def gallery_column(path: str = "", **kwargs) -> TitleColumn:
    """The gallery's title, leading to its workspace; ``path`` is where a row has its gallery."""

    def gallery_of(row: object) -> object:
        for name in filter(None, path.split(".")):
            row = getattr(row, name)
        return row

    return TitleColumn(
        "gallery",
        label=gettext_lazy("Gallery"),
        accessor=lambda row: gallery_of(row).title,
        get_url=lambda row: gallery_url(gallery_of(row)),
        **kwargs,
    )
