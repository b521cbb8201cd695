"""Every stored file with its scan verdict and its stage: the operators' view of all photographs."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.log_actions import log

from ..intake.formats import FORMATS
from ..intake.quarantine import scan_again
from ..intake.rerendering import render_again
from ..models import Edit, PhotoFile, Stage, StoredFile, Upload, Verdict
from .addresses import gallery_url
from .day_range import DayRangeWidget
from .log_views import LogAct, LogAdmin
from .operators import files_for, give_galleries
from .rendering_photos import RENDER
from .reports.columns import BytesColumn, MomentColumn, in_seconds, moment

TONES = {
    Stage.READY: "done",
    Stage.INFECTED: "bad",
    Stage.FAILED: "bad",
    Stage.MISSING: "bad",
    Stage.BLOCKED: "attention",
    Stage.WAITING: "attention",
    Stage.DELETED: "stored",
}


def _scan(file: StoredFile, user) -> bool:
    return scan_again(file, actor=user)


def _render(file: StoredFile, user) -> bool:
    if not render_again(file):
        return False
    give_galleries([file], user)
    if file.gallery is not None:
        log(file.gallery, RENDER, user=user, data={"count": 1})
    return True


def _scanned(count: int) -> str:
    return ngettext("%(count)d file is scanned again.", "%(count)d files are scanned again.", count)


def _rendered(count: int) -> str:
    return ngettext(
        "New pictures are made of %(count)d file.",
        "New pictures are made of %(count)d files.",
        count,
    )


class StageColumn(Column):
    """How far a file has come, as a tag, and why not further."""

    cell_template_name = "pumbaphoto_wagtail/admin/log/stage_cell.html"

    def get_cell_context_data(self, instance: StoredFile, parent_context: dict) -> dict:
        context = super().get_cell_context_data(instance, parent_context)
        return context | {"tone": TONES.get(instance.stage, "working")}


class FileFilterSet(WagtailFilterSet):
    stage = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Stage"), choices=Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    verdict = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Virus scan"),
        method="filter_verdict",
        choices=[(choice.value or "none", choice.label) for choice in Verdict],
        widget=forms.CheckboxSelectMultiple,
    )
    format = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Format"),
        choices=[(kind.name, kind.label) for kind in FORMATS.values()],
        widget=forms.CheckboxSelectMultiple,
    )
    created_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Stored"), widget=DayRangeWidget
    )

    def filter_verdict(
        self, files: QuerySet[StoredFile], name: str, values: list[str]
    ) -> QuerySet[StoredFile]:
        wanted = ["" if value == "none" else value for value in values]
        return files.filter(verdict__in=wanted) if wanted else files

    class Meta:
        model = StoredFile
        fields = ["stage", "verdict", "format", "created_at"]


class FileAdmin(LogAdmin):
    """Photographs and edits as files: verdict, scanner, attempts, times, reason."""

    model = StoredFile
    base_url_path = "pumbaphoto/files"
    menu_label = gettext_lazy("Photos and scans")
    menu_item_name = "pumbaphoto-files"
    menu_icon = "image"
    export_filename = "photos-and-scans"
    inspect_view_fields = [
        *("original_name", "relative_path", "gallery", "kind", "how_large", "stage", "reason"),
        *("verdict", "virus_name", "scanner_version", "scanned", "attempts", "took"),
        *("created", "changed", "next_attempt", "sha256"),
    ]
    list_display = (
        *("original_name", "gallery", "stage", "verdict", "scanner_version", "attempts", "took"),
        *("size", "created_at"),
    )
    list_export = (
        *("original_name", "relative_path", "gallery", "format", "size", "stage", "verdict"),
        *("virus_name", "scanner_version", "scanned_at", "scan_attempts", "render_attempts"),
        *("scan_seconds", "render_seconds", "reason", "created_at"),
    )
    columns = {
        "gallery": TitleColumn(
            "gallery",
            label=gettext_lazy("Gallery"),
            accessor=lambda file: file.gallery.title if file.gallery else "",
            get_url=lambda file: gallery_url(file.gallery) if file.gallery else None,
        ),
        "stage": StageColumn("stage", label=gettext_lazy("Stage"), accessor="get_stage_display"),
        "size": BytesColumn("size", label=gettext_lazy("Size")),
        "created_at": MomentColumn("created_at", label=gettext_lazy("Stored")),
    }
    filterset_class = FileFilterSet
    # As they were stored, by the primary key: 100,000 rows have no other order for nothing.
    ordering = ("-pk",)
    acts = (
        LogAct(
            name="scan",
            label=gettext_lazy("Scan again"),
            question=gettext_lazy(
                "Scan these files again? Only those without a trusted verdict are; what is found"
                " clean becomes a photo."
            ),
            done=_scanned,
            do=_scan,
        ),
        LogAct(
            name="render",
            label=gettext_lazy("Make pictures again"),
            question=gettext_lazy(
                "Make new pictures of these files? The present ones are shown until then."
            ),
            done=_rendered,
            do=_render,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoredFile]:
        return files_for(request.user).defer("identity", "visual_key")

    def complete(self, rows: list[StoredFile], user) -> None:
        give_galleries(rows, user)

    def search(self, queryset: QuerySet[StoredFile], words: str) -> QuerySet[StoredFile]:
        ways = (
            (Upload, "batch__gallery__title__icontains"),
            (PhotoFile, "photo__gallery__title__icontains"),
            (Edit, "gallery__title__icontains"),
        )
        found = Q(original_name__icontains=words) | Q(virus_name__icontains=words)
        for model, path in ways:
            rows = model.objects.filter(**{path: words}).order_by()
            found |= Q(pk__in=rows.exclude(stored_file=None).values("stored_file"))
        return queryset.filter(found)

    def actable(self, user, act: LogAct) -> QuerySet[StoredFile]:
        return files_for(user, act.needs)

    def gallery(self, file: StoredFile) -> str:
        return file.gallery.title if file.gallery else ""

    gallery.short_description = gettext_lazy("Gallery")

    def kind(self, file: StoredFile) -> str:
        return FORMATS[file.format].label if file.format in FORMATS else file.format

    kind.short_description = gettext_lazy("Format")

    def how_large(self, file: StoredFile) -> str:
        return BytesColumn("size").get_value(file)

    how_large.short_description = gettext_lazy("Size")

    def attempts(self, file: StoredFile) -> str:
        """Only where it took more than one."""
        told = []
        if file.scan_attempts > 1:
            told.append(_("%(count)d scans") % {"count": file.scan_attempts})
        if file.render_attempts > 1:
            told.append(_("%(count)d renderings") % {"count": file.render_attempts})
        return ", ".join(told)

    attempts.short_description = gettext_lazy("Attempts")

    def took(self, file: StoredFile) -> str:
        """Scanning and making pictures."""
        times = (in_seconds(file.scan_seconds), in_seconds(file.render_seconds))
        return " + ".join(time or "–" for time in times) if any(times) else ""

    took.short_description = gettext_lazy("Scan + pictures")

    def scanned(self, file: StoredFile) -> str:
        return moment(file.scanned_at)

    scanned.short_description = gettext_lazy("Scanned")

    def created(self, file: StoredFile) -> str:
        return moment(file.created_at)

    created.short_description = gettext_lazy("Stored")

    def changed(self, file: StoredFile) -> str:
        return moment(file.stage_changed_at)

    changed.short_description = gettext_lazy("At this stage since")

    def next_attempt(self, file: StoredFile) -> str:
        return moment(file.retry_at)

    next_attempt.short_description = gettext_lazy("Next attempt")
