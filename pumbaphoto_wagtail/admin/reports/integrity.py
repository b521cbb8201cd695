"""Integrity: what the last runs of ``pumbaphoto_verify`` and the nights of the scrub have found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from uuid import UUID

import django_filters
from django import forms
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column

from ...conf import settings
from ...models import Gallery, Inspection, InspectionScope
from ...permissions import galleries_for
from ...verification import INVARIANTS, nights, scrub
from ..addresses import gallery_url
from ..day_range import DayRangeWidget
from ..safe_exports import in_chunks
from .base import GalleryReport
from .columns import MomentColumn, SecondsColumn, moment

UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class FoundThing:
    """A finding as the report shows it; ``galleries`` are (title, address) of those it names."""

    invariant: str
    promise: str
    is_error: bool
    words: str
    subject: str
    hint: str
    galleries: tuple[tuple[str, str], ...]


class InspectionFilterSet(WagtailFilterSet):
    started_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Day"), widget=DayRangeWidget
    )
    outcome = django_filters.ChoiceFilter(
        label=gettext_lazy("Outcome"),
        method="filter_outcome",
        empty_label=gettext_lazy("All"),
        choices=[
            ("found", gettext_lazy("something is wrong")),
            ("whole", gettext_lazy("everything is as it should be")),
            ("cut", gettext_lazy("did not come to its end")),
        ],
        widget=forms.RadioSelect,
    )

    def filter_outcome(
        self, runs: QuerySet[Inspection], name: str, value: str
    ) -> QuerySet[Inspection]:
        if value == "cut":
            return runs.filter(finished_at=None)
        if value == "whole":
            return runs.filter(finding_count=0, finished_at__isnull=False)
        return runs.filter(finding_count__gt=0)

    class Meta:
        model = Inspection
        fields = ["started_at", "scope", "outcome"]


class FindingsColumn(Column):
    """What was found, each thing with its promise, its place and what to do."""

    cell_template_name = "pumbaphoto_wagtail/admin/reports/findings_cell.html"

    def get_value(self, instance: Inspection) -> str:
        return str(len(instance.found))


class IntegrityReport(GalleryReport):
    """One row for each run, the last one first.

    A finding names places in storages and galleries by their identity. Whoever runs the site for
    all studios reads all of them; others those of galleries they may see.
    """

    name = "integrity"
    model = Inspection
    for_operators_of = Inspection
    page_title = gettext_lazy("Integrity")
    header_icon = "check"
    filterset_class = InspectionFilterSet
    paginate_by = 10
    default_ordering = "-started_at"
    columns = [
        MomentColumn("started_at", label=gettext_lazy("Looked"), sort_key="started_at"),
        SecondsColumn("seconds", label=gettext_lazy("It took")),
        Column("how", label=gettext_lazy("How")),
        Column("looked_at", label=gettext_lazy("Looked at")),
        FindingsColumn("found", label=gettext_lazy("Found")),
    ]
    list_export = [
        "started_at",
        "finished_at",
        "how",
        "looked_at",
        "finding_count",
        "severity",
        "invariant",
        "promise",
        "words",
        "subject",
        "hint",
    ]
    export_headings = {
        "started_at": gettext_lazy("Looked"),
        "finished_at": gettext_lazy("Finished"),
        "how": gettext_lazy("How"),
        "looked_at": gettext_lazy("Looked at"),
        "finding_count": gettext_lazy("Number of findings"),
        "severity": gettext_lazy("Severity"),
        "invariant": gettext_lazy("Invariant"),
        "promise": gettext_lazy("What should be"),
        "words": gettext_lazy("What is"),
        "subject": gettext_lazy("Where"),
        "hint": gettext_lazy("What to do"),
    }

    def get_base_queryset(self) -> QuerySet[Inspection]:
        return Inspection.objects.all()

    def order_queryset(self, queryset: QuerySet[Inspection]) -> QuerySet[Inspection]:
        return queryset.order_by(self.ordering, "-pk")

    def count(self, rows: list[Inspection]) -> None:
        galleries = self._galleries_named(rows)
        for run in rows:
            run.found = [
                thing
                for finding in run.findings
                if (thing := self._thing(finding, galleries)) is not None
            ]
            if not self.request.user.is_superuser:
                run.finding_count = len(run.found)
            run.left_out = run.finding_count - len(run.found)
            run.is_finished = run.finished_at is not None
            run.seconds = (
                (run.finished_at - run.started_at).total_seconds() if run.is_finished else None
            )
            run.how = _how(run)
            run.looked_at = _looked_at(run.counts, galleries)

    def _galleries_named(self, rows: list[Inspection]) -> dict[str, Gallery]:
        named = {run.counts.get("gallery", "") for run in rows}
        for run in rows:
            for finding in run.findings:
                named.update(UUIDS.findall(finding["subject"]))
        wanted = [UUID(name) for name in named if UUIDS.fullmatch(name)]
        found = galleries_for(self.request.user).filter(uuid__in=wanted)
        return {str(gallery.uuid): gallery for gallery in found}

    def _thing(self, finding: dict, galleries: dict[str, Gallery]) -> FoundThing | None:
        """A finding in the words of the report; None if it is not for this reader."""
        named = [galleries[name] for name in UUIDS.findall(finding["subject"]) if name in galleries]
        if not named and not self.request.user.is_superuser:
            return None
        return FoundThing(
            invariant=finding["invariant"],
            promise=INVARIANTS.get(finding["invariant"], ""),
            is_error=finding.get("severity") != "warning",
            words=finding["words"],
            subject=finding["subject"],
            hint=finding.get("hint", ""),
            galleries=tuple((gallery.title, gallery_url(gallery)) for gallery in named),
        )

    def exported(self, rows: QuerySet[Inspection]) -> Iterator[SimpleNamespace]:
        """A row for each finding, and one for a run without any."""
        for chunk in in_chunks(rows):
            self.count(chunk)
            for run in chunk:
                of_run = {
                    name: getattr(run, name)
                    for name in ("started_at", "finished_at", "how", "looked_at", "finding_count")
                }
                for thing in run.found or [None]:
                    yield SimpleNamespace(**of_run, **_exported(thing))

    def get_summary(self) -> list[tuple[str, object]]:
        looks = Inspection.objects.filter(finished_at__isnull=False)
        last = looks.exclude(scope=InspectionScope.SCRUB).first()
        whole = [(_("Last whole look"), moment(last.finished_at))] if last else []
        return [*whole, *_progress_of_scrub()]


def _how(run: Inspection) -> str:
    if run.scope == InspectionScope.SCRUB:
        return run.get_scope_display()
    return _("every byte was read") if run.reads_bytes else _("sizes were compared")


def _progress_of_scrub() -> list[tuple[str, str]]:
    """How many files were read again in time, and since when the last one was not."""
    days, found = settings.SCRUB_DAYS, scrub.progress()
    if not days or not found.files:
        return []
    label = ngettext("Read within %(days)s day", "Read within %(days)s days", days)
    words = ngettext("%(read)s of %(count)s file", "%(read)s of %(count)s files", found.files) % {
        "read": number_format(found.files - found.unread, force_grouping=True),
        "count": number_format(found.files, force_grouping=True),
    }
    if found.oldest is not None:
        day = date_format(timezone.localtime(found.oldest), "DATE_FORMAT")
        words = _("%(words)s, the oldest on %(day)s") % {"words": words, "day": day}
    return [(label % {"days": days}, words)]


def _looked_at(counts: dict, galleries: dict[str, Gallery]) -> str:
    amounts = ", ".join(
        filesizeformat(count)
        if name == "bytes"
        else f"{number_format(count, force_grouping=True)} {name}"
        for name, count in counts.items()
        if name not in ("gallery", *nights.OF_THE_RUN)
    )
    if "gallery" not in counts:
        return amounts
    gallery = galleries.get(counts["gallery"])
    title = gallery.title if gallery else counts["gallery"]
    return _("%(amounts)s of %(gallery)s alone") % {"amounts": amounts, "gallery": title}


def _exported(thing: FoundThing | None) -> dict[str, str]:
    names = ("invariant", "promise", "words", "subject", "hint")
    if thing is None:
        return dict.fromkeys((*names, "severity"), "")
    severity = _("error") if thing.is_error else _("warning")
    return {"severity": severity, **{name: getattr(thing, name) for name in names}}
