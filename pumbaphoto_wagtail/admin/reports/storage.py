"""Storage by gallery: what lies where, since when, and what has long been delivered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import django_filters
from django import forms
from django.db.models import BigIntegerField, Count, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import NumberColumn

from ...conf import DAY
from ...delivery.places import files_of
from ...models import (
    Delivery,
    Edit,
    Gallery,
    Photo,
    PhotoFile,
    Rendition,
    Stage,
    State,
)
from ...permissions import galleries_for
from ...storage import INCOMING, ORIGINALS
from ..gallery_columns import StateColumn
from .base import GalleryReport
from .columns import BytesColumn, MomentColumn, gallery_column

# Of these there are no bytes any more.
GONE = (Stage.MISSING, Stage.DELETED)
MONTH = 30 * DAY


def _kept(prefix: str = "") -> Q:
    """What takes room here: not what only lies in a library."""
    return ~Q(**{f"{prefix}stage__in": GONE}) & Q(**{f"{prefix}is_owned": True})


def _cold(prefix: str = "") -> Q:
    return ~Q(**{f"{prefix}storage__in": (ORIGINALS, INCOMING)})


class StorageFilterSet(WagtailFilterSet):
    age = django_filters.ChoiceFilter(
        label=gettext_lazy("Older than"),
        method="older_than",
        empty_label=gettext_lazy("Any age"),
        choices=[
            ("3", gettext_lazy("3 months")),
            ("6", gettext_lazy("6 months")),
            ("12", gettext_lazy("a year")),
            ("24", gettext_lazy("two years")),
        ],
        widget=forms.RadioSelect,
    )
    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, widget=forms.CheckboxSelectMultiple
    )

    def older_than(self, galleries: QuerySet[Gallery], name: str, months: str) -> QuerySet[Gallery]:
        """Galleries to which nothing was delivered for so long, nor have they been made since."""
        before = timezone.now() - timedelta(seconds=int(months) * MONTH)
        since = Delivery.objects.filter(sent_at__gt=before).order_by().values("gallery")
        return galleries.filter(created_at__lte=before).exclude(pk__in=since)

    class Meta:
        model = Gallery
        fields = ["age", "state"]


class StorageReport(GalleryReport):
    """Each gallery with the bytes of its originals, edits and pictures, and what of it is cold."""

    name = "storage"
    model = Gallery
    page_title = gettext_lazy("Photo storage")
    header_icon = "pumbaphoto-gallery"
    filterset_class = StorageFilterSet
    is_searchable = True
    search_fields = ["title"]
    search_backend_name = None
    default_ordering = "-created_at"
    columns = [
        gallery_column(sort_key="title"),
        StateColumn("state", label=gettext_lazy("State"), sort_key="state"),
        MomentColumn("created_at", label=gettext_lazy("Created"), sort_key="created_at"),
        NumberColumn("photo_count", label=gettext_lazy("Photos"), classname="pumba-number"),
        BytesColumn("original_bytes", label=gettext_lazy("Originals"), sort_key="original_bytes"),
        BytesColumn("edit_bytes", label=gettext_lazy("Edits")),
        BytesColumn("rendition_bytes", label=gettext_lazy("Pictures")),
        BytesColumn("cold_bytes", label=gettext_lazy("In the archive")),
        MomentColumn("delivered_at", label=gettext_lazy("Last delivery")),
    ]
    list_export = [
        "title",
        "get_state_display",
        "shoot_date",
        "created_at",
        "photo_count",
        "original_bytes",
        "edit_bytes",
        "rendition_bytes",
        "cold_bytes",
        "delivered_at",
    ]
    export_headings = {
        "title": gettext_lazy("Gallery"),
        "get_state_display": gettext_lazy("State"),
        "shoot_date": gettext_lazy("Shoot date"),
        "created_at": gettext_lazy("Created"),
        "photo_count": gettext_lazy("Photos"),
        "original_bytes": gettext_lazy("Originals in bytes"),
        "edit_bytes": gettext_lazy("Edits in bytes"),
        "rendition_bytes": gettext_lazy("Pictures in bytes"),
        "cold_bytes": gettext_lazy("Of these in the archive, in bytes"),
        "delivered_at": gettext_lazy("Last delivery"),
    }

    def get_base_queryset(self) -> QuerySet[Gallery]:
        return galleries_for(self.request.user)

    def order_queryset(self, queryset: QuerySet[Gallery]) -> QuerySet[Gallery]:
        # Counted for every gallery only where it decides which come first.
        if self.ordering.lstrip("-") == "original_bytes":
            queryset = queryset.annotate(original_bytes=_sum_of_originals())
        return super().order_queryset(queryset)

    def count(self, rows: list[Gallery]) -> None:
        count(rows)

    def get_summary(self) -> list[tuple[str, object]]:
        found = self.get_filtered_queryset().order_by()
        return [(words, filesizeformat(size)) for words, size in sums(found)]


def _sum_of_originals() -> Coalesce:
    files = PhotoFile.objects.filter(_kept("stored_file__"), photo__gallery=OuterRef("pk"))
    by_gallery = files.order_by().values("photo__gallery").annotate(sum=Sum("stored_file__size"))
    return Coalesce(Subquery(by_gallery.values("sum"), output_field=BigIntegerField()), 0)


def count(galleries: list[Gallery]) -> None:
    """Set ``photo_count``, ``delivered_at`` and the bytes on each of these galleries. A file that
    serves several of them is counted with each.
    """
    keys = [gallery.pk for gallery in galleries]
    photos = Photo.objects.kept().filter(gallery__in=keys)
    originals = PhotoFile.objects.filter(photo__gallery__in=keys)
    edits = Edit.objects.filter(gallery__in=keys)
    of_originals = _bytes_by(originals, "photo__gallery")
    of_edits = _bytes_by(edits, "gallery")
    pictures = Rendition.objects.filter(cleared_at=None).order_by()
    found = (
        dict(photos.order_by().values_list("gallery").annotate(Count("pk"))),
        dict(_sums(pictures, "stored_file__photo_files__photo__gallery", keys)),
        dict(_sums(pictures, "stored_file__edits__gallery", keys)),
        dict(
            Delivery.objects.filter(gallery__in=keys)
            .order_by()
            .values_list("gallery")
            .annotate(Max("sent_at"))
        ),
    )
    counts, of_photos, of_edited, delivered = found
    nothing = (0, 0)
    for gallery in galleries:
        (original, cold), (edit, cold_edit) = (
            sizes.get(gallery.pk, nothing) for sizes in (of_originals, of_edits)
        )
        gallery.original_bytes, gallery.edit_bytes = original, edit
        gallery.cold_bytes = cold + cold_edit
        gallery.rendition_bytes = of_photos.get(gallery.pk, 0) + of_edited.get(gallery.pk, 0)
        gallery.photo_count = counts.get(gallery.pk, 0)
        gallery.delivered_at = delivered.get(gallery.pk)


def _bytes_by(rows: QuerySet, path: str) -> dict[int, tuple[int, int]]:
    """By gallery, the bytes of the files that rows point to, and of them those in the archive."""
    sums = (
        rows.filter(_kept("stored_file__"))
        .order_by()
        .values(path)
        .annotate(
            all=Sum("stored_file__size"),
            cold=Coalesce(Sum("stored_file__size", filter=_cold("stored_file__")), 0),
        )
    )
    return {row[path]: (row["all"], row["cold"]) for row in sums}


def _sums(pictures: QuerySet[Rendition], path: str, keys: list[int]) -> Iterable[tuple[int, int]]:
    return pictures.filter(**{f"{path}__in": keys}).values_list(path).annotate(Sum("size"))


def sums(galleries: QuerySet[Gallery]) -> list[tuple[str, int]]:
    """(words, bytes) of all these galleries together, each file counted once."""
    files = files_of(galleries).filter(_kept())
    edits = Edit.objects.filter(gallery__in=galleries).order_by().values("stored_file")
    of_files = files.aggregate(
        all=Coalesce(Sum("size"), 0),
        edits=Coalesce(Sum("size", filter=Q(pk__in=edits)), 0),
        cold=Coalesce(Sum("size", filter=_cold()), 0),
    )
    pictures = Rendition.objects.filter(stored_file__in=files.values("pk"), cleared_at=None)
    of_pictures = pictures.aggregate(all=Coalesce(Sum("size"), 0))["all"]
    return [
        (_("Originals"), of_files["all"] - of_files["edits"]),
        (_("Edits"), of_files["edits"]),
        (_("Pictures"), of_pictures),
        (_("Together"), of_files["all"] + of_pictures),
        (_("Of this in the archive"), of_files["cold"]),
    ]
