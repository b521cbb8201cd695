"""The Selections tab: what each recipient picked, and the ways it leaves the house."""

from __future__ import annotations

from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from wagtail.admin.paginator import WagtailPaginator

from ..delivery import handoff, spreadsheets, summary
from ..models import Gallery, Selection
from .rooms import GalleryView
from .thumbnails import give_pictures

PICKS_PER_PAGE = 200
# Programs whose search field takes the names; the text of each is offered to be copied.
PROGRAMS = (("lightroom", "Lightroom"), ("capture_one", "Capture One"))

# Hearts first, then notes without one, each by the photo's place in the gallery.
PICK_ORDER = (
    "-is_favourite",
    F("photo__section__position").asc(nulls_first=True),
    F("photo__section_id").asc(nulls_first=True),
    "photo__position",
    F("photo__ordered_at").asc(nulls_last=True),
    "photo__name_key",
    "pk",
)


def selections_of(gallery: Gallery) -> QuerySet[Selection]:
    """All selections of a gallery with their counts, this round's first, those sent first."""
    return (
        Selection.objects.filter(share_link__gallery=gallery)
        .select_related("share_link", "submitted_by")
        .annotate(
            heart_count=Count("picks", filter=Q(picks__is_favourite=True)),
            note_count=Count("picks", filter=~Q(picks__note="")),
        )
        .order_by("-round", "-share_link__decides", "submitted_at", "pk")
    )


class SelectionsView(GalleryView):
    """Who picked what. Looking at a sent selection marks it as opened."""

    tab = "selections"
    template_name = "pumbaphoto_wagtail/admin/selections.html"

    @cached_property
    def selections(self) -> list[Selection]:
        return [*selections_of(self.gallery)]

    @cached_property
    def chosen(self) -> Selection | None:
        """The selection that is looked at: the one asked for, or the first that was sent."""
        asked = self.request.GET.get("selection", "")
        for selection in self.selections:
            if str(selection.pk) == asked:
                return selection
        sent = [selection for selection in self.selections if selection.is_submitted]
        return next(iter(sent or self.selections), None)

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self._mark_as_opened()
        return super().get(request, *args, **kwargs)

    def _mark_as_opened(self) -> None:
        """From now on the client cannot take it back: the photographer has begun."""
        chosen = self.chosen
        if chosen is None or not chosen.is_submitted or chosen.opened_at or not self.may("change"):
            return
        chosen.opened_at = timezone.now()
        Selection.objects.filter(pk=chosen.pk, opened_at=None, submitted_at__isnull=False).update(
            opened_at=chosen.opened_at
        )

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(
            selections=self.selections, chosen=self.chosen, search_texts=[], **kwargs
        )
        if self.chosen is None:
            return context
        picks = self.chosen.picks.select_related("photo__picture").order_by(*PICK_ORDER)
        page = WagtailPaginator(picks, PICKS_PER_PAGE).get_page(self.request.GET.get("p"))
        page.object_list = [*page.object_list]
        give_pictures(pick.photo for pick in page.object_list)
        return {
            **context,
            "page_obj": page,
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
            "search_texts": _search_texts(self.gallery, self.chosen),
        }


def _search_texts(gallery: Gallery, selection: Selection) -> list[dict[str, str]]:
    names = summary.selected_names(gallery, selection)
    return [
        {"program": label, "name": name, "text": handoff.search_text(names, name)}
        for name, label in PROGRAMS
        if names
    ]


class SelectionWorkbookView(GalleryView):
    """One recipient's selection as XLSX, or all of this round's that count."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        selection = self._selection()
        parts = [self.gallery.title, selection.share_link.recipient if selection else ""]
        file_name = " ".join(filter(None, parts))
        return HttpResponse(
            spreadsheets.selection_workbook(*summary.selection_rows(self.gallery, selection)),
            content_type=spreadsheets.CONTENT_TYPE,
            headers={
                "Content-Disposition": content_disposition_header(True, f"{file_name}.xlsx"),
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )

    def _selection(self) -> Selection | None:
        key = self.kwargs.get("selection_pk")
        if key is None:
            return None
        return get_object_or_404(
            Selection.objects.select_related("share_link"), pk=key, share_link__gallery=self.gallery
        )
