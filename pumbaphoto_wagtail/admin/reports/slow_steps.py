"""Slow steps: how long the virus scan and the pictures of each file took."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Avg, Count, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn

from ...intake.formats import FORMATS
from ...models import StoredFile
from ..addresses import gallery_url
from ..day_range import DayRangeWidget
from ..operators import files_for, give_galleries
from .base import GalleryReport
from .columns import BytesColumn, MomentColumn, SecondsColumn, in_seconds


class SlowStepFilterSet(WagtailFilterSet):
    slower = django_filters.ChoiceFilter(
        label=gettext_lazy("Longer than"),
        method="filter_slower",
        empty_label=gettext_lazy("Any time"),
        choices=[
            ("1", gettext_lazy("a second")),
            ("10", gettext_lazy("10 seconds")),
            ("60", gettext_lazy("a minute")),
        ],
        widget=forms.RadioSelect,
    )
    format = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Format"),
        choices=[(kind.name, kind.label) for kind in FORMATS.values()],
        widget=forms.CheckboxSelectMultiple,
    )
    scanned_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Scanned"), widget=DayRangeWidget
    )

    def filter_slower(
        self, files: QuerySet[StoredFile], name: str, seconds: str
    ) -> QuerySet[StoredFile]:
        return files.filter(seconds__gt=int(seconds))

    class Meta:
        model = StoredFile
        fields = ["slower", "format", "scanned_at"]


def _label(name: str) -> str:
    return FORMATS[name].label if name in FORMATS else name


class SlowStepReport(GalleryReport):
    """Measured files, the slowest first, with the average of each format above them."""

    name = "slow-steps"
    model = StoredFile
    for_operators_of = StoredFile
    page_title = gettext_lazy("Slow steps")
    header_icon = "time"
    filterset_class = SlowStepFilterSet
    is_searchable = True
    search_fields = ["original_name"]
    default_ordering = "-seconds"
    columns = [
        TitleColumn("original_name", label=gettext_lazy("File")),
        TitleColumn(
            "gallery",
            label=gettext_lazy("Gallery"),
            accessor=lambda file: file.gallery.title if file.gallery else "",
            get_url=lambda file: gallery_url(file.gallery) if file.gallery else None,
        ),
        Column("format", label=gettext_lazy("Format"), accessor=lambda file: _label(file.format)),
        BytesColumn("size", label=gettext_lazy("Size"), sort_key="size"),
        SecondsColumn("scan_seconds", label=gettext_lazy("Virus scan"), sort_key="scan_seconds"),
        SecondsColumn("render_seconds", label=gettext_lazy("Pictures"), sort_key="render_seconds"),
        SecondsColumn("seconds", label=gettext_lazy("Together"), sort_key="seconds"),
        MomentColumn("scanned_at", label=gettext_lazy("Scanned"), sort_key="scanned_at"),
    ]
    list_export = [
        "original_name",
        "gallery.title",
        "format",
        "size",
        "scan_seconds",
        "render_seconds",
        "seconds",
        "scanned_at",
    ]
    export_headings = {
        "original_name": gettext_lazy("File"),
        "gallery.title": gettext_lazy("Gallery"),
        "format": gettext_lazy("Format"),
        "size": gettext_lazy("Size in bytes"),
        "scan_seconds": gettext_lazy("Seconds of the virus scan"),
        "render_seconds": gettext_lazy("Seconds of making pictures"),
        "seconds": gettext_lazy("Seconds together"),
        "scanned_at": gettext_lazy("Scanned"),
    }

    def get_base_queryset(self) -> QuerySet[StoredFile]:
        measured = Q(scan_seconds__isnull=False) | Q(render_seconds__isnull=False)
        seconds = Coalesce("scan_seconds", 0.0) + Coalesce("render_seconds", 0.0)
        files = files_for(self.request.user).filter(measured)
        return files.defer("identity", "visual_key").annotate(seconds=seconds)

    def order_queryset(self, queryset: QuerySet[StoredFile]) -> QuerySet[StoredFile]:
        # What was not measured is last, whichever way.
        name = self.ordering.lstrip("-")
        is_descending = self.ordering.startswith("-")
        order = F(name).desc(nulls_last=True) if is_descending else F(name).asc(nulls_last=True)
        return queryset.order_by(order, "-pk")

    def count(self, rows: list[StoredFile]) -> None:
        give_galleries(rows, self.request.user)

    def get_summary(self) -> list[tuple[str, object]]:
        found = self.get_filtered_queryset().order_by().values("format")
        averages = found.annotate(
            files=Count("pk"), scan=Avg("scan_seconds"), render=Avg("render_seconds")
        )
        words = _("%(scan)s scan, %(render)s pictures, on average of %(files)d")
        return [
            (
                _label(row["format"]) or _("unknown"),
                words
                % {
                    "scan": in_seconds(row["scan"]) or "–",
                    "render": in_seconds(row["render"]) or "–",
                    "files": row["files"],
                },
            )
            for row in averages.order_by("format")
        ]
