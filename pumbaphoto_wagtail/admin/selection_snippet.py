"""All selections of all galleries: who has sent what, who is late, who chose more than is included.

They are looked at and answered in their gallery's workspace; here they are found, and taken along.
"""

from __future__ import annotations

from datetime import date

import django_filters
from django import forms
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn, Table
from wagtail.admin.widgets.button import HeaderButton

from ..access import valid_links
from ..delivery import spreadsheets, summary
from ..delivery.selections_workbook import SelectionSheet, selections_workbook
from ..models import Selection, SelectionList, State
from ..proofing.limits import Tally
from .addresses import gallery_url
from .day_range import DayRangeWidget
from .exports import as_file
from .gallery_columns import owners_for
from .judged_snippets import (
    JudgedBulkAction,
    JudgedIndexView,
    JudgedInspectView,
    JudgedSnippetViewSet,
)
from .link_snippet import GalleryColumn, TagColumn

CHOOSING, LATE, SENT, OPENED = "choosing", "late", "sent", "opened"
STATES = (
    (SENT, gettext_lazy("sent, not looked at yet")),
    (OPENED, gettext_lazy("sent")),
    (LATE, gettext_lazy("late")),
    (CHOOSING, gettext_lazy("being chosen")),
)
TONES = {CHOOSING: "open", LATE: "attention", SENT: "attention", OPENED: "done"}
# Each is a sheet of its own, and Excel becomes slow with more.
LARGEST_WORKBOOK = 200


def is_late(today: date) -> Q:
    """Selections that somebody who decides has not sent by the day they were asked to."""
    return Q(
        submitted_at=None,
        list=SelectionList.TO_EDIT,
        round=F("share_link__gallery__round"),
        share_link__gallery__state=State.ACTIVE,
        share_link__gallery__due_date__lt=today,
        share_link__decides=True,
        share_link__may_choose=True,
        share_link__in=valid_links().values("pk"),
    )


def selection_url(selection: Selection) -> str:
    """Where a selection is looked at."""
    return f"{gallery_url(selection.share_link.gallery, 'selections')}?selection={selection.pk}"


class SelectionFilterSet(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("State"),
        choices=STATES,
        widget=forms.CheckboxSelectMultiple,
        method="filter_state",
    )
    list = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("List"),
        choices=SelectionList.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    submitted_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Sent"), widget=DayRangeWidget
    )
    owner = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Photographer"),
        field_name="share_link__gallery__owner",
        queryset=owners_for,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Selection
        fields: list[str] = []

    def filter_state(self, found: QuerySet, name: str, states: list[str]) -> QuerySet:
        late = is_late(timezone.localdate())
        meant = {
            SENT: Q(submitted_at__isnull=False, opened_at=None),
            OPENED: Q(submitted_at__isnull=False, opened_at__isnull=False),
            LATE: late,
            CHOOSING: Q(submitted_at=None) & ~late,
        }
        wanted = Q()
        for state in states:
            wanted |= meant[state]
        return found.filter(wanted)


class SelectionIndexView(JudgedIndexView):
    title_label = gettext_lazy("Recipient")
    export_headings = {
        "share_link.gallery.title": gettext_lazy("Gallery"),
        "share_link.recipient": gettext_lazy("Recipient"),
        "share_link.email": gettext_lazy("E-mail"),
        "get_list_display": gettext_lazy("List"),
        "status": gettext_lazy("State"),
        "heart_count": gettext_lazy("Photos"),
        "note_count": gettext_lazy("Notes"),
        "extra": gettext_lazy("Extra"),
    }

    def get_base_queryset(self) -> QuerySet[Selection]:
        return with_choices(super().get_base_queryset())

    def get_title_url(self, instance: Selection) -> str:
        return selection_url(instance)

    @cached_property
    def late(self) -> set[int]:
        found = Selection.objects.filter(is_late(timezone.localdate()))
        return {*found.values_list("pk", flat=True)}

    def get_table(self, object_list: list[Selection]) -> Table:
        for selection in object_list:
            self._describe(selection)
        return super().get_table(object_list)

    def to_row_dict(self, item: Selection) -> dict:
        self._describe(item)
        item.status = item.state["label"]
        return super().to_row_dict(item)

    def _describe(self, selection: Selection) -> None:
        name = state_of(selection, is_late=selection.pk in self.late)
        selection.state = {"label": dict(STATES)[name], "tone": TONES[name]}
        selection.extra = extras_of(selection)


def with_choices(selections: QuerySet[Selection]) -> QuerySet[Selection]:
    """Selections with ``heart_count`` and ``note_count``, and what a row says of them."""
    return selections.select_related("share_link__gallery", "submitted_by").annotate(
        heart_count=Count("picks", filter=Q(picks__is_favourite=True)),
        note_count=Count("picks", filter=~Q(picks__note="")),
    )


def state_of(selection: Selection, *, is_late: bool) -> str:
    if selection.is_submitted:
        return OPENED if selection.opened_at else SENT
    return LATE if is_late else CHOOSING


def extras_of(selection: Selection) -> int:
    """How many photographs were chosen beyond what is included; limits are for editing alone."""
    if selection.list != SelectionList.TO_EDIT:
        return 0
    gallery = selection.share_link.gallery
    return Tally(chosen=selection.heart_count, included=gallery.included).extra


class InspectSelectionView(JudgedInspectView):
    """The facts of one selection; its photographs are in the gallery's workspace."""

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        gallery = self.object.share_link.gallery
        workbook = gallery_url(gallery, "selection_workbook", selection_pk=self.object.pk)
        return [
            HeaderButton(_("See the photos"), url=selection_url(self.object), icon_name="view"),
            HeaderButton(_("Download XLSX"), url=workbook, icon_name="download"),
        ]

    def get_fields_context(self) -> list[dict]:
        selection = with_choices(Selection.objects.filter(pk=self.object.pk)).get()
        late = Selection.objects.filter(is_late(timezone.localdate()), pk=selection.pk).exists()
        facts = [
            (_("Gallery"), selection.share_link.gallery.title),
            (_("Recipient"), selection.share_link.recipient),
            (_("List"), selection.get_list_display()),
            (_("Round"), selection.round),
            (_("State"), dict(STATES)[state_of(selection, is_late=late)]),
            (_("Sent"), selection.submitted_at),
            (_("Sent by"), selection.submitted_by or selection.share_link.recipient),
            (_("Photos"), selection.heart_count),
            (_("Notes"), selection.note_count),
            (_("Extra"), extras_of(selection)),
        ]
        return [
            {"label": label, "value": value, "component": None}
            for label, value in facts
            if value is not None
        ]


class SelectionViewSet(JudgedSnippetViewSet):
    """What clients have chosen, over all galleries. Nobody changes it here."""

    model = Selection
    icon = "pumbaphoto-heart"
    menu_label = gettext_lazy("Selections")
    menu_name = "pumbaphoto-selections"
    menu_order = 220
    index_view_class = SelectionIndexView
    inspect_view_class = InspectSelectionView
    filterset_class = SelectionFilterSet
    list_display = [
        "share_link__recipient",
        GalleryColumn(
            "gallery",
            accessor="share_link.gallery",
            label=gettext_lazy("Gallery"),
            sort_key="share_link__gallery__title",
            tab="selections",
        ),
        TagColumn("state", label=gettext_lazy("State"), width="14%"),
        Column("get_list_display", label=gettext_lazy("List"), sort_key="list"),
        NumberColumn("round", label=gettext_lazy("Round"), sort_key="round"),
        DateColumn("submitted_at", label=gettext_lazy("Sent"), sort_key="submitted_at"),
        NumberColumn("heart_count", label=gettext_lazy("Photos"), sort_key="heart_count"),
        NumberColumn("extra", label=gettext_lazy("Extra")),
        NumberColumn("note_count", label=gettext_lazy("Notes"), sort_key="note_count"),
    ]
    ordering = [F("submitted_at").desc(nulls_first=True), "-pk"]
    list_export = [
        *("share_link.gallery.title", "share_link.recipient", "share_link.email"),
        *("get_list_display", "round", "status", "submitted_at"),
        *("heart_count", "extra", "note_count"),
    ]
    export_filename = "selections"
    search_fields = ["share_link__recipient", "share_link__email", "share_link__gallery__title"]
    exclude_form_fields = ["share_link"]


class ExportSelectionsBulkAction(JudgedBulkAction):
    """``GET`` gives the chosen selections as one workbook: a list of them, and a sheet for each."""

    models = [Selection]
    display_name = gettext_lazy("Download as one XLSX")
    action_type = "export"
    aria_label = gettext_lazy("Download the chosen selections as one XLSX")
    needed_permission = "view"

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        found, _others = self.get_actionable_objects()
        if len(found) > LARGEST_WORKBOOK:
            words = ngettext(
                "A workbook may hold %(count)d selection. Choose fewer.",
                "A workbook may hold %(count)d selections. Choose fewer.",
                LARGEST_WORKBOOK,
            )
            messages.error(request, words % {"count": LARGEST_WORKBOOK})
            return redirect(self.next_url)
        data = selections_workbook([_as_part(selection) for selection in found])
        name = get_text_list(sorted({part.share_link.gallery.title for part in found})[:2], "+")
        return as_file(data, f"{name} {_('Selections')}.xlsx", spreadsheets.CONTENT_TYPE)

    def get_queryset(self, model: type[Selection], object_ids) -> list[Selection]:
        found = super().get_queryset(model, object_ids)
        return [*with_choices(found).order_by("share_link__gallery__title", "pk")]


def _as_part(selection: Selection) -> SelectionSheet:
    info, rows = summary.selection_rows(selection.share_link.gallery, selection)
    return SelectionSheet(
        info=info,
        recipient=selection.share_link.recipient,
        list=selection.get_list_display(),
        round=selection.round,
        submitted_at=selection.submitted_at,
        extra=extras_of(selection),
        rows=rows,
    )
