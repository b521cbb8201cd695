"""The access log of share links: who used theirs on which day. No addresses, and no browsers."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, NumberColumn

from ...models import LinkPurpose, LinkVisit
from ...permissions import galleries_for
from ..day_range import DayRangeWidget
from .base import GalleryReport
from .columns import MomentColumn, gallery_column


class VisitFilterSet(WagtailFilterSet):
    day = django_filters.DateFromToRangeFilter(label=gettext_lazy("Day"), widget=DayRangeWidget)
    purpose = django_filters.MultipleChoiceFilter(
        field_name="share_link__purpose",
        label=gettext_lazy("Kind of link"),
        choices=LinkPurpose.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    downloads = django_filters.ChoiceFilter(
        label=gettext_lazy("Downloads"),
        method="filter_downloads",
        empty_label=gettext_lazy("All"),
        choices=[("yes", gettext_lazy("Only days with downloads"))],
        widget=forms.RadioSelect,
    )

    def filter_downloads(
        self, visits: QuerySet[LinkVisit], name: str, value: str
    ) -> QuerySet[LinkVisit]:
        return visits.filter(downloads__gt=0)

    class Meta:
        model = LinkVisit
        fields = ["day", "purpose", "downloads"]


class VisitReport(GalleryReport):
    """Each day on which a link was used: how often it was opened, and how much was downloaded."""

    name = "links"
    model = LinkVisit
    page_title = gettext_lazy("Use of share links")
    header_icon = "link"
    filterset_class = VisitFilterSet
    is_searchable = True
    search_fields = ["share_link__recipient", "share_link__gallery__title"]
    default_ordering = "-day"
    columns = [
        Column(
            "day",
            label=gettext_lazy("Day"),
            accessor=lambda visit: date_format(visit.day),
            sort_key="day",
        ),
        Column("recipient", label=gettext_lazy("Recipient"), accessor="share_link.recipient"),
        gallery_column("share_link.gallery"),
        NumberColumn(
            "opened", label=gettext_lazy("Opened"), sort_key="opened", classname="pumba-number"
        ),
        NumberColumn(
            "downloads",
            label=gettext_lazy("Downloads"),
            sort_key="downloads",
            classname="pumba-number",
        ),
        MomentColumn("first_at", label=gettext_lazy("First")),
        MomentColumn("last_at", label=gettext_lazy("Last")),
    ]
    list_export = [
        "day",
        "share_link.recipient",
        "share_link.get_purpose_display",
        "share_link.gallery.title",
        "opened",
        "downloads",
        "first_at",
        "last_at",
    ]
    export_headings = {
        "day": gettext_lazy("Day"),
        "share_link.recipient": gettext_lazy("Recipient"),
        "share_link.get_purpose_display": gettext_lazy("Kind of link"),
        "share_link.gallery.title": gettext_lazy("Gallery"),
        "opened": gettext_lazy("Opened"),
        "downloads": gettext_lazy("Downloads"),
        "first_at": gettext_lazy("First"),
        "last_at": gettext_lazy("Last"),
    }

    def get_base_queryset(self) -> QuerySet[LinkVisit]:
        galleries = galleries_for(self.request.user)
        visits = LinkVisit.objects.filter(share_link__gallery__in=galleries)
        return visits.select_related("share_link__gallery")

    def order_queryset(self, queryset: QuerySet[LinkVisit]) -> QuerySet[LinkVisit]:
        return queryset.order_by(self.ordering, "-last_at", "-pk")

    def get_summary(self) -> list[tuple[str, object]]:
        found = self.get_filtered_queryset().order_by()
        sums = found.aggregate(opened=Sum("opened"), downloads=Sum("downloads"))
        return [(_("Opened"), sums["opened"] or 0), (_("Downloads"), sums["downloads"] or 0)]
