"""Deliveries: what was sent when, and who has fetched it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import django_filters
from django import forms
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, NumberColumn, UserColumn

from ...models import Delivery, DeliveryItem, ShareLink
from ...permissions import galleries_for
from ..day_range import DayRangeWidget
from .base import GalleryReport
from .columns import BytesColumn, MomentColumn, gallery_column, moment


def _fetched() -> Exists:
    """Whether somebody has downloaded from the delivery's gallery since it was sent."""
    return Exists(
        ShareLink.objects.filter(
            gallery=OuterRef("gallery"), downloaded_at__gte=OuterRef("sent_at")
        )
    )


class DeliveryFilterSet(WagtailFilterSet):
    sent_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Sent"), widget=DayRangeWidget
    )
    fetched = django_filters.ChoiceFilter(
        label=gettext_lazy("Downloaded"),
        method="filter_fetched",
        empty_label=gettext_lazy("All"),
        choices=[("yes", gettext_lazy("by somebody")), ("no", gettext_lazy("by nobody yet"))],
        widget=forms.RadioSelect,
    )

    def filter_fetched(
        self, deliveries: QuerySet[Delivery], name: str, value: str
    ) -> QuerySet[Delivery]:
        return deliveries.filter(_fetched() if value == "yes" else ~_fetched())

    class Meta:
        model = Delivery
        fields = ["sent_at", "fetched"]


class DeliveryReport(GalleryReport):
    """Every delivery with its files, and the recipients who have downloaded since."""

    name = "deliveries"
    model = Delivery
    page_title = gettext_lazy("Deliveries")
    header_icon = "mail"
    filterset_class = DeliveryFilterSet
    is_searchable = True
    search_fields = ["gallery__title", "gallery__share_links__recipient"]
    default_ordering = "-sent_at"
    columns = [
        gallery_column("gallery", sort_key="gallery__title"),
        NumberColumn("number", label=gettext_lazy("Number"), classname="pumba-number"),
        MomentColumn("sent_at", label=gettext_lazy("Sent"), sort_key="sent_at"),
        UserColumn("actor", label=gettext_lazy("By")),
        NumberColumn("file_count", label=gettext_lazy("Files"), classname="pumba-number"),
        BytesColumn("bytes", label=gettext_lazy("Size")),
        Column("fetched_by", label=gettext_lazy("Downloaded by")),
    ]
    list_export = [
        "gallery.title",
        "number",
        "sent_at",
        "actor",
        "file_count",
        "bytes",
        "fetched_by",
    ]
    export_headings = {
        "gallery.title": gettext_lazy("Gallery"),
        "number": gettext_lazy("Number"),
        "sent_at": gettext_lazy("Sent"),
        "actor": gettext_lazy("By"),
        "file_count": gettext_lazy("Files"),
        "bytes": gettext_lazy("Size in bytes"),
        "fetched_by": gettext_lazy("Downloaded by"),
    }

    def get_base_queryset(self) -> QuerySet[Delivery]:
        deliveries = Delivery.objects.filter(gallery__in=galleries_for(self.request.user))
        related = deliveries.select_related("gallery", "actor__wagtail_userprofile")
        return related.defer("print_release")

    def search_queryset(self, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        if not self.is_searching:
            return queryset
        titled = queryset.filter(gallery__title__icontains=self.search_query)
        to = ShareLink.objects.filter(recipient__icontains=self.search_query)
        return titled | queryset.filter(gallery__in=to.order_by().values("gallery"))

    def count(self, rows: list[Delivery]) -> None:
        amounts = _amounts(rows)
        fetched = _downloads(rows)
        for delivery in rows:
            delivery.file_count, delivery.bytes = amounts.get(delivery.pk, (0, 0))
            delivery.fetched_by = ", ".join(
                f"{recipient} ({moment(at)})"
                for recipient, at in fetched[delivery.gallery_id]
                if at >= delivery.sent_at
            )


def _amounts(deliveries: list[Delivery]) -> dict[int, tuple[int, int]]:
    """By delivery, how many files it has and of how many bytes."""
    items = DeliveryItem.objects.filter(delivery__in=[row.pk for row in deliveries]).order_by()
    rows = items.values_list("delivery").annotate(Count("pk"), Sum("size"))
    return {key: (count, size) for key, count, size in rows}


def _downloads(deliveries: list[Delivery]) -> dict[int, list[tuple[str, datetime]]]:
    """By gallery, who has downloaded and when the last time."""
    links = ShareLink.objects.filter(
        gallery__in={row.gallery_id for row in deliveries}, downloaded_at__isnull=False
    )
    found = defaultdict(list)
    for gallery, recipient, at in links.order_by("downloaded_at").values_list(
        "gallery", "recipient", "downloaded_at"
    ):
        found[gallery].append((recipient, at))
    return found
