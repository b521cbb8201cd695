"""The ways a selection leaves the house: names for search fields, sheets, sidecars.

Everything here is of one look at the selections (list, round, whose), which is in the address; so
that each file holds exactly what the page speaks of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    QueryDict,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..conf import settings
from ..delivery import (
    contact_sheet,
    handoff,
    pdf_document,
    sidecar_files,
    small_pictures,
    spreadsheets,
    summary,
    workbook,
)
from ..delivery.camera_names import SearchWarnings, search_warnings
from ..delivery.sidecars import LABELS, Marks
from ..delivery.zip_names import safe_member_names
from ..models import Pick, Selection
from ..proofing import lists
from .addresses import gallery_url
from .comparing import PERSON
from .export_words import FILES, LABEL_WORDS, PROGRAMS, warned
from .selections import ComparingView

MEGABYTE = 10**6
# How much may be sent at once to be merged: a ZIP of some thousand sidecars.
LIMIT_BYTES = 32 * MEGABYTE

RATINGS = (5, 4, 3, 2, 1)


class ExportingView(ComparingView):
    """What the page and the files share: the picks of one look, as rows."""

    @cached_property
    def picks(self) -> QuerySet[Pick]:
        selections = [self.chosen] if self.chosen else self.comparison.selections
        return Pick.objects.filter(
            selection__in=[one.pk for one in selections], photo__in=self.filter.photos
        )

    @cached_property
    def info_and_rows(self) -> tuple:
        return summary.pick_rows(self.gallery, self.picks)

    @property
    def rows(self) -> list[spreadsheets.SelectionRow]:
        return self.info_and_rows[1]

    @cached_property
    def cameras(self) -> dict[int, str]:
        return summary.camera_names(self.gallery)

    @cached_property
    def hearts(self) -> list[int]:
        """The photographs to look for, in the gallery's order; those with notes if asked for."""
        is_about_notes = self.filter.name in ("noted", "renoted")
        keys = {row.photo for row in self.rows if row.picked or is_about_notes}
        return [key for key in self.cameras if key in keys]

    def known_photos(self) -> list[sidecar_files.KnownPhoto]:
        """Every photograph of the gallery by the camera's name, in order."""
        folders = dict(self.gallery.photos.values_list("pk", "folder"))
        return [
            sidecar_files.KnownPhoto(key=key, name=name, folder=folders[key])
            for key, name in self.cameras.items()
        ]

    def marks(self, form: QueryDict) -> dict[int, Marks]:
        """What the picks say, with the rating and the label that a form asks for."""
        rating, label = form.get("rating", ""), form.get("label", "")
        return sidecar_files.marks_of(
            self.rows,
            rating=int(rating) if rating in map(str, RATINGS) else 0,
            label=label if label in LABELS else "",
        )

    @property
    def names(self) -> list[str]:
        return [self.cameras[key] for key in self.hearts]

    @property
    def whose(self) -> str:
        return self.filter.label

    @property
    def file_name(self) -> str:
        list_label = str(lists.LABELS[self.list_name])
        return " ".join(filter(None, [self.gallery.title, self.whose, list_label]))


class ExportsView(ExportingView):
    """The page that offers all of them."""

    template_name = "pumbaphoto_wagtail/admin/exports.html"

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            list_choices=self._choices("list", self._lists(), self.list_name),
            round_choices=self._choices("round", self._rounds(), self.round_number),
            people=self._choices("show", self._people(), self.filter.name),
            has_rows=bool(self.rows),
            counted=self._counted(),
            searches=self._searches() if self.hearts else [],
            warnings=[*warned(self._warnings())],
            renamed=self._renamed(),
            files=self._files(),
            sidecars_action=gallery_url(self.gallery, "export", kind="sidecars"),
            look=[
                ("list", self.list_name),
                ("round", self.round_number),
                ("show", self.filter.name),
            ],
            merge_url=self.address("merge_sidecars"),
            merge_limit=LIMIT_BYTES // MEGABYTE,
            ratings=RATINGS,
            labels=LABEL_WORDS.items(),
            selections_url=self.address("selections"),
            **kwargs,
        )

    def _choices(self, key: str, choices: Iterable[tuple], current: object) -> list[dict]:
        # Another list or round has other people and other rounds.
        reset = {"list": {"round": "", "show": ""}, "round": {"show": ""}, "show": {}}[key]
        return [
            {
                "label": label,
                "url": self.address("exports", **{**reset, key: value}),
                "is_current": value == current,
            }
            for value, label in choices
        ]

    def _lists(self) -> list[tuple[str, str]]:
        return [(name, lists.LABELS[name]) for name in self.list_names]

    def _rounds(self) -> list[tuple[int, str]]:
        return [(number, _("Round %d") % number) for number in self.rounds]

    def _people(self) -> list[tuple[str, str]]:
        """The filters of the selections' page, and each person."""
        found = [(one.name, one.label) for one in self.comparison.filters]
        people = [
            (f"{PERSON}{one.share_link_id}", one.share_link.recipient)
            for one in self.comparison.selections
        ]
        return found + people

    def _counted(self) -> str:
        notes = sum(bool(row.note) for row in self.rows)
        hearts = len({row.photo for row in self.rows if row.picked})
        chosen = ngettext("%d photo", "%d photos", hearts) % hearts
        noted = ngettext("%d note", "%d notes", notes) % notes
        return f"{chosen}, {noted}"

    def _searches(self) -> list[dict]:
        return [
            {
                "name": program.name,
                "label": program.label,
                "hint": program.hint,
                "text": handoff.search_text(self.names, program.name),
            }
            for program in PROGRAMS
        ]

    def _warnings(self) -> SearchWarnings:
        chosen = {*self.hearts}
        others = [name for key, name in self.cameras.items() if key not in chosen]
        return search_warnings(self.names, others)

    def _renamed(self) -> int:
        return len({row.photo for row in self.rows if row.camera_name})

    def _files(self) -> list[dict]:
        return [
            {"label": label, "words": words, "url": self.address("export", kind=kind)}
            for kind, label, words in FILES
        ]


class ExportView(ExportingView):
    """One of the files."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        make = {
            "workbook": self.workbook,
            "pictures": self.workbook_with_pictures,
            "csv": self.csv,
            "contact-sheet": self.contact_sheet,
            "smart-collection": self.smart_collection,
            "sidecars": self.sidecars,
        }.get(kwargs["kind"])
        if make is None:
            raise Http404
        return make()

    def workbook(self, find_picture: workbook.FindPicture | None = None) -> HttpResponse:
        data = workbook.selection_workbook(
            *self.info_and_rows,
            deliveries=summary.delivery_rows(self.gallery),
            find_picture=find_picture,
        )
        return as_file(data, f"{self.file_name}.xlsx", spreadsheets.CONTENT_TYPE)

    def workbook_with_pictures(self) -> HttpResponse:
        found = small_pictures.grid_pictures(self.gallery)

        def find_picture(row: spreadsheets.SelectionRow) -> tuple[bytes, int, int] | None:
            picture = found.get(row.photo)
            return small_pictures.thumbnail(picture, workbook.PICTURE_BOX) if picture else None

        return self.workbook(find_picture)

    def csv(self) -> HttpResponse:
        info, rows = self.info_and_rows
        data = handoff.selection_csv(rows, info.time_zone).encode("utf-8-sig")
        return as_file(data, f"{self.file_name}.csv", "text/csv; charset=utf-8")

    def contact_sheet(self) -> StreamingHttpResponse:
        about = [self.whose, str(lists.LABELS[self.list_name]), _("Round %d") % self.round_number]
        info, _rows = self.info_and_rows
        heading = contact_sheet.Heading(
            title=self.gallery.title,
            studio=info.studio,
            paper=settings.PAPER,
            made_at=timezone.localtime(timezone.now(), info.time_zone),
            about=[" · ".join(about)],
        )
        parts = contact_sheet.contact_sheet(heading, self._entries())
        return as_file(parts, f"{self.file_name}.pdf", pdf_document.CONTENT_TYPE)

    def _entries(self) -> Iterable[contact_sheet.Entry]:
        found = small_pictures.grid_pictures(self.gallery)
        by_photo: dict[int, list[spreadsheets.SelectionRow]] = {}
        for row in self.rows:
            by_photo.setdefault(row.photo, []).append(row)
        names_writer = len(self.comparison.selections) > 1 and not self.chosen
        for key, rows in by_photo.items():
            yield contact_sheet.Entry(
                name=rows[0].file_name,
                hearts=sum(row.picked for row in rows),
                notes=[
                    (row.recipient if names_writer else "", row.note) for row in rows if row.note
                ],
                section=rows[0].section,
                picture=found.get(key),
            )

    def smart_collection(self) -> HttpResponse:
        text = handoff.smart_collection(self.names, f"{self.gallery.title}: {self.whose}")
        return as_file(text.encode(), f"{self.file_name}.lrsmcol", "application/octet-stream")

    def sidecars(self) -> HttpResponse:
        data = sidecar_files.sidecar_archive(
            self.known_photos(), self.marks(self.request.GET), now=timezone.localtime()
        )
        return as_file(data, f"{self.file_name} XMP.zip", sidecar_files.CONTENT_TYPE)


class SelectionWorkbookView(ExportView):
    """As XLSX: one recipient's selection, what a filter shows, or all of this round that counts."""

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return self.workbook()

    @property
    def selection(self) -> Selection | None:
        key = self.kwargs.get("selection_pk")
        if key is None:
            return None
        found = Selection.objects.select_related("share_link")
        return get_object_or_404(found, pk=key, share_link__gallery=self.gallery)

    @cached_property
    def info_and_rows(self) -> tuple:
        if self.selection or "show" not in self.request.GET:
            return summary.selection_rows(self.gallery, self.selection)
        return summary.pick_rows(self.gallery, self.picks)

    @property
    def file_name(self) -> str:
        if self.selection:
            return f"{self.gallery.title} {self.selection.share_link.recipient}"
        is_filtered = "show" in self.request.GET
        return f"{self.gallery.title} {self.whose}" if is_filtered else self.gallery.title


def as_file(content: bytes | Iterable[bytes], name: str, content_type: str) -> HttpResponseBase:
    """A download that nobody keeps and no browser opens as anything else."""
    kind: Callable = HttpResponse if isinstance(content, bytes) else StreamingHttpResponse
    return kind(
        content,
        content_type=content_type,
        headers={
            # Titles and names are words of people: no header and no system may stumble over them.
            "Content-Disposition": content_disposition_header(True, *safe_member_names([name])),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )
