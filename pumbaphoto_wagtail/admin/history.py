"""The History tab: every step and every act, newest first, by kind, person and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.paginator import WagtailPaginator
from wagtail.log_actions import registry

from ..models import Gallery, Transition
from .gallery_forms import BrowserDateInput
from .history_kinds import LABELS, actions_of
from .rooms import GalleryView
from .safe_exports import SafeExport, in_chunks

ENTRIES_PER_PAGE = 50
USER, CLIENT = "user-", "client-"


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    at: datetime
    words: str
    who: str


class HistoryFilterForm(forms.Form):
    """What of the history is shown; nothing chosen is all of it."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=BrowserDateInput)
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=BrowserDateInput)

    def __init__(self, *args, people: list[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Everything")), *LABELS.items()]
        self.fields["who"].choices = [("", _("Everybody")), *people]

    def narrow(self, entries: QuerySet, gallery: Gallery) -> QuerySet:
        """The entries that are asked for. What was not understood narrows nothing."""
        self.is_valid()
        data = self.cleaned_data
        if data.get("kind"):
            entries = entries.filter(action__in=actions_of(data["kind"]))
        if data.get("who"):
            entries = entries.filter(_by(data["who"], gallery))
        if data.get("since"):
            entries = entries.filter(timestamp__date__gte=data["since"])
        if data.get("until"):
            entries = entries.filter(timestamp__date__lte=data["until"])
        return entries


class HistoryView(SafeExport, GalleryView):
    """The gallery's log entries, and the steps that a recipient's link set off."""

    tab = "history"
    template_name = "pumbaphoto_wagtail/admin/history.html"
    list_export = ("at", "words", "who")
    export_headings = {
        "at": gettext_lazy("When"),
        "words": gettext_lazy("What"),
        "who": gettext_lazy("Who"),
    }

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if self.is_export:
            return self.as_spreadsheet(self._exported(), request.GET["export"])
        return super().get(request, *args, **kwargs)

    def get_filename(self) -> str:
        return f"{self.gallery.title} {_('History')}"

    @cached_property
    def log(self) -> QuerySet:
        return registry.get_logs_for_instance(self.gallery)

    @cached_property
    def form(self) -> HistoryFilterForm:
        return HistoryFilterForm(self.request.GET, people=people_of(self.gallery, self.log))

    @cached_property
    def entries(self) -> QuerySet:
        return self.form.narrow(self.log, self.gallery).select_related("user")

    def get_context_data(self, **kwargs) -> dict:
        page = WagtailPaginator(self.entries, ENTRIES_PER_PAGE).get_page(self.request.GET.get("p"))
        page.object_list = as_lines(page.object_list)
        asked = {
            name: value for name, value in self.request.GET.items() if name in self.form.fields
        }
        return super().get_context_data(
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            form=self.form,
            is_narrowed=any(asked.values()),
            exports=[(name, f"?{urlencode(asked | {'export': name})}") for name in self.FORMATS],
            **kwargs,
        )

    def _exported(self) -> Iterator[Entry]:
        for chunk in in_chunks(self.entries):
            yield from as_lines(chunk)


def people_of(gallery: Gallery, log: QuerySet) -> list[tuple[str, str]]:
    """Whoever did something with a gallery, colleagues before clients, as choices."""
    users = get_user_model().objects.filter(pk__in=log.order_by().values("user"))
    named = sorted((user.get_full_name() or user.get_username(), user.pk) for user in users)
    clients = log.order_by().filter(user=None).values_list("data__recipient", flat=True).distinct()
    steps = gallery.transitions.exclude(share_link=None)
    names = {*clients, *steps.values_list("share_link__recipient", flat=True)}
    return [
        *((f"{USER}{key}", name) for name, key in named),
        *((f"{CLIENT}{name}", name) for name in sorted(filter(None, names))),
    ]


def _by(who: str, gallery: Gallery) -> Q:
    if who.startswith(USER):
        return Q(user=who.removeprefix(USER))
    name = who.removeprefix(CLIENT)
    steps = gallery.transitions.filter(share_link__recipient=name).values_list("pk", flat=True)
    return Q(user=None) & (Q(data__recipient=name) | Q(data__step__in=[*steps]))


def as_lines(entries: Iterable) -> list[Entry]:
    """Log entries as they are read; their steps are found for all of them at once."""
    entries = [*entries]
    keys = {entry.data.get("step") for entry in entries} - {None}
    steps = Transition.objects.select_related("share_link").in_bulk(keys)
    return [_as_line(entry, steps.get(entry.data.get("step"))) for entry in entries]


def _as_line(entry, step: Transition | None) -> Entry:
    who = str(entry.user_display_name)
    if entry.user_id is None:
        who = _by_link(entry, step) or who
    words = str(entry.message)
    if step:
        words = f"{words}: {step.get_from_state_display()} → {step.get_to_state_display()}"
    return Entry(at=entry.timestamp, words=words, who=who)


def _by_link(entry, step: Transition | None) -> str:
    """Whose link set it off, if one did."""
    recipient = entry.data.get("recipient", "")
    if step and step.share_link:
        recipient = step.share_link.recipient
    return _("%(recipient)s, by their link") % {"recipient": recipient} if recipient else ""
