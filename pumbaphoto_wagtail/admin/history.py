"""The History tab: every step and every act, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from wagtail.admin.paginator import WagtailPaginator
from wagtail.log_actions import registry

from ..models import Transition
from .rooms import GalleryView

ENTRIES_PER_PAGE = 50


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    at: datetime
    words: str
    who: str


class HistoryView(GalleryView):
    """The gallery's log entries, and the steps that a recipient's link set off."""

    tab = "history"
    template_name = "pumbaphoto_wagtail/admin/history.html"

    def get_context_data(self, **kwargs) -> dict:
        entries = registry.get_logs_for_instance(self.gallery).select_related("user")
        page = WagtailPaginator(entries, ENTRIES_PER_PAGE).get_page(self.request.GET.get("p"))
        steps = self._steps_of(page.object_list)
        page.object_list = [self._as_entry(entry, steps) for entry in page.object_list]
        return super().get_context_data(
            page_obj=page,
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            **kwargs,
        )

    def _steps_of(self, entries) -> dict[int, Transition]:
        keys = {entry.data.get("step") for entry in entries} - {None}
        return Transition.objects.select_related("share_link").in_bulk(keys)

    @staticmethod
    def _by_link(entry, step: Transition | None) -> str:
        """Whose link set it off, if one did."""
        recipient = entry.data.get("recipient", "")
        if step and step.share_link:
            recipient = step.share_link.recipient
        return _("%(recipient)s, by their link") % {"recipient": recipient} if recipient else ""

    def _as_entry(self, entry, steps: dict[int, Transition]) -> Entry:
        step = steps.get(entry.data.get("step"))
        who = str(entry.user_display_name)
        if entry.user_id is None:
            who = self._by_link(entry, step) or who
        words = str(entry.message)
        if step:
            words = f"{words}: {step.get_from_state_display()} → {step.get_to_state_display()}"
        return Entry(at=entry.timestamp, words=words, who=who)
