"""What a scan did, line by line: kept, narrowed by kind, searched by path, and exported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets.button import HeaderButton

from ..intake.library.galleries import path_key
from ..models import LibraryFile, LibraryFolder, LibraryScan, ScanNote
from ..permissions import galleries_for
from .addresses import gallery_url
from .safe_exports import SafeExport, in_chunks
from .scan_words import KINDS, kind_label, kind_tag
from .scanning_library import LibraryView, describe, library_url

LINES_PER_PAGE = 100


class KindColumn(Column):
    """What happened, as a tag."""

    cell_template_name = "pumbaphoto_wagtail/admin/cells/state.html"

    def get_value(self, note: ScanNote) -> dict[str, str]:
        return kind_tag(note.kind)


class GalleryOfNoteColumn(Column):
    """The gallery to which a line's path belongs, for those who may see it."""

    cell_template_name = "pumbaphoto_wagtail/admin/library/note_gallery.html"


class NoteFilterSet(WagtailFilterSet):
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("What happened"),
        empty_label=gettext_lazy("Everything"),
        choices=[(kind, known.label) for kind, known in KINDS.items()],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = ScanNote
        fields = ["kind"]


class ScanReportView(SafeExport, LibraryView, ReportView):
    """One scan's report."""

    model = ScanNote
    template_name = "pumbaphoto_wagtail/admin/library/report.html"
    results_template_name = "pumbaphoto_wagtail/admin/library/report_results.html"
    page_title = gettext_lazy("Report")
    filterset_class = NoteFilterSet
    is_searchable = True
    search_fields = ["path", "words"]
    paginate_by = LINES_PER_PAGE
    # Judged by the library alone.
    permission_policy = None
    columns = [
        KindColumn("kind", label=gettext_lazy("What happened"), width="14%"),
        Column("path", label=gettext_lazy("Path"), classname="title pumba-path"),
        Column("words", label=gettext_lazy("More about it")),
        GalleryOfNoteColumn("gallery", label=gettext_lazy("Gallery"), width="20%"),
    ]
    list_export = ["kind", "path", "words"]
    export_headings = {
        "kind": gettext_lazy("What happened"),
        "path": gettext_lazy("Path"),
        "words": gettext_lazy("More about it"),
    }

    @cached_property
    def scan(self) -> LibraryScan:
        scans = self.library.scans.select_related("started_by")
        scan = scans.filter(uuid=self.kwargs["scan_uuid"]).first()
        if scan is None:
            raise Http404
        scan.library = self.library
        return describe(scan)

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not self.may("view"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.is_export:
            rows = self.exported(self.get_filtered_queryset())
            return self.as_spreadsheet(rows, request.GET["export"])
        return super().get(request, *args, **kwargs)

    def get_base_queryset(self) -> QuerySet[ScanNote]:
        return self.scan.notes.all()

    def order_queryset(self, notes: QuerySet[ScanNote]) -> QuerySet[ScanNote]:
        """What somebody should look at comes first."""
        places = [When(kind=kind, then=place) for place, kind in enumerate(KINDS)]
        return notes.order_by(Case(*places, default=len(places)), "pk")

    def exported(self, notes: QuerySet[ScanNote]) -> Iterator[ScanNote]:
        for chunk in in_chunks(notes):
            for note in chunk:
                note.kind = kind_label(note.kind)
                yield note

    def get_filename(self) -> str:
        return f"scan-{self.scan.created_at:%Y-%m-%d}"

    def decorate_paginated_queryset(self, object_list: Sequence[ScanNote]) -> Sequence[ScanNote]:
        give_galleries(object_list, self.scan, self.request.user)
        return object_list

    def get_index_url(self) -> str:
        return library_url(self.library, "scan_report", self.scan.uuid)

    def get_index_results_url(self) -> str:
        return library_url(self.library, "scan_report_results", self.scan.uuid)

    def get_header_buttons(self) -> list[HeaderButton]:
        if not self.may("scan"):
            return []
        url = library_url(self.library, "scan")
        return [HeaderButton(gettext("Scan"), url=url, icon_name="rotate")]

    def get_page_subtitle(self) -> str:
        return self.library.title

    def get_context_data(self, *args, **kwargs) -> dict:
        return super().get_context_data(*args, **kwargs) | {
            "library": self.library,
            "scan": self.scan,
            "kind": self.request.GET.get("kind", ""),
            "report_url": self.get_index_url(),
        }


def give_galleries(notes: Iterable[ScanNote], scan: LibraryScan, user) -> None:
    """Set ``gallery`` and ``gallery_url`` on the lines whose path is a folder or a file of a
    gallery that this user may see, in three queries.
    """
    notes = [*notes]
    keys = {note.path: path_key(note.path) for note in notes}
    here = {"library": scan.library, "path_key__in": [*keys.values()]}
    found: dict[str, int] = {}
    for model in (LibraryFile, LibraryFolder):
        found |= dict(model.objects.filter(**here).values_list("path_key", "gallery"))
    galleries = galleries_for(user).in_bulk([*found.values()])
    for note in notes:
        note.gallery = galleries.get(found.get(keys[note.path]))
        note.gallery_url = gallery_url(note.gallery) if note.gallery else ""
