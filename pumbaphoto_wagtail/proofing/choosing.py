"""Choosing as a page presents it to one recipient: which list, what is picked, what is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..models import Gallery, Pick, Selection, SelectionList, ShareLink, State
from . import browser_state, lists, rounds, submission
from .sheet import Picked, Sheet, offered_picks, withdrawn_picks
from .words import (
    Greeting,
    Onlooker,
    archived_greeting,
    due_words,
    greeting,
    photographer_name,
)

# How many names of photos that are not offered any more are said.
NAMES_SAID = 10

INVITATIONS = {
    SelectionList.ALBUM: (
        gettext_lazy("Choose for the album"),
        gettext_lazy("Tap the heart on every photo that should be in it."),
    ),
    SelectionList.PRINTS: (
        gettext_lazy("Choose for prints"),
        gettext_lazy("Tap the heart on every photo you would like to have printed."),
    ),
}
THANKS = {
    SelectionList.ALBUM: gettext_lazy("Thank you, %(name)s has your %(count)d for the album"),
    SelectionList.PRINTS: gettext_lazy("Thank you, %(name)s has your %(count)d for prints"),
}


@dataclass(frozen=True, kw_only=True)
class ListChoice:
    """One list of the switch."""

    name: str
    label: str
    is_present: bool


class Choosing:
    """What the holder of ``link`` chooses, for the list that was asked for, or their first."""

    def __init__(self, link: ShareLink, gallery: Gallery, wanted: str = "") -> None:
        link.gallery = gallery
        self.link = link
        self.gallery = gallery
        self.list_name = lists.wanted_list(link, gallery, wanted)
        self.selection = lists.selection_of(link, gallery, self.list_name)
        if self.selection is not None:
            self.selection.share_link = link

    @cached_property
    def round_number(self) -> int:
        return lists.round_of(self.gallery, self.selection, self.list_name)

    @cached_property
    def before(self) -> Selection | None:
        """What was chosen in the round before, if there was one."""
        if self.round_number == 1:
            return None
        found = lists.selection_before(self.link, self.list_name, self.round_number)
        if found is not None:
            found.share_link = self.link
        return found

    @property
    def is_sent(self) -> bool:
        return self.selection is not None and self.selection.is_submitted

    @cached_property
    def can_choose(self) -> bool:
        return (
            self.link.may_choose
            and not self.link.is_lent
            and self.list_name in lists.lists_of(self.link, self.gallery)
            and not self.is_sent
            and not lists.refusal(self.gallery, self.list_name)
        )

    @property
    def can_take_back(self) -> bool:
        if self.link.is_lent:
            return False
        return self.is_sent and submission.may_be_taken_back(self.selection, self.gallery)

    @property
    def switch(self) -> list[ListChoice]:
        """The lists to choose among; empty with one, of which the client never hears."""
        names = lists.lists_of(self.link, self.gallery) if self.link.may_choose else []
        if len(names) < 2 or self.gallery.state == State.ARCHIVED:
            return []
        return [
            ListChoice(name=name, label=str(lists.LABELS[name]), is_present=name == self.list_name)
            for name in names
        ]

    @cached_property
    def basis(self) -> Selection | None:
        """The present selection, or what it starts from while nobody has touched it."""
        return self.selection or self.before

    @cached_property
    def picks(self) -> list[Pick]:
        """The picks that are offered, in the order in which they were made."""
        if self.basis is None or self.gallery.state == State.ARCHIVED:
            return []
        return [*offered_picks(self.basis).select_related("photo").order_by("pk")]

    @cached_property
    def withdrawn(self) -> list[Pick]:
        """The picks whose photo is not offered any more."""
        if self.basis is None or not self.can_choose:
            return []
        found = withdrawn_picks(self.basis).select_related("photo")
        return [*found.order_by("photo__name_key", "pk")]

    @cached_property
    def sheet(self) -> Sheet:
        return Sheet(
            link=self.link,
            list_name=self.list_name,
            round_number=self.round_number,
            selection=self.selection,
            rows={
                pick.photo.uuid: Picked(
                    photo_id=pick.photo_id,
                    key=pick.pk,
                    is_favourite=pick.is_favourite,
                    note=pick.note,
                )
                for pick in self.picks
            },
        )

    @cached_property
    def difference(self) -> rounds.Difference[int]:
        """What is not as in the round before, by the photos' primary keys."""
        if self.before is None:
            return rounds.Difference()
        return rounds.difference(
            rounds.choices(offered_picks(self.before)), rounds.choices(self.picks)
        )

    @property
    def for_browser(self) -> dict[str, Any]:
        """What the page's JavaScript starts from; the same shape as the answers it gets later."""
        state = {"favourites": [], "notes": {}, "can_choose": self.can_choose}
        if self.link.may_choose:
            state |= browser_state.page_addresses(self.link, self.gallery, self.list_name)
        return {**state, **browser_state.page_state(self.sheet)} if self.can_choose else state

    # --- In words --------------------------------------------------------------------------------

    @property
    def query(self) -> str:
        """What an address needs to stay with this list; empty for the first."""
        first = lists.wanted_list(self.link, self.gallery, "")
        return "" if self.list_name == first else f"?list={self.list_name}"

    @property
    def receipt_url(self) -> str:
        """Where the receipt of the last selection that was sent is; empty before that."""
        sent = self.selection if self.is_sent else self.before
        if sent is None or not sent.is_submitted:
            return ""
        return reverse(
            "pumbaphoto_wagtail:receipt", args=[self.gallery.uuid, sent.list, sent.round]
        )

    def greeting(self, *, has_delivered: bool) -> Greeting:
        """The words at the head of the page, for the list that is shown."""
        chosen = self._sent_count if self.is_sent else len(self.sheet.favourites)
        if not lists.is_for_editing(self.list_name) and self.link.may_choose:
            return self._list_greeting(chosen)
        onlooker = Onlooker(
            link=self.link, selection=self.selection, chosen=chosen, has_delivered=has_delivered
        )
        words = greeting(self.gallery, onlooker)
        if self.before is None or not self.can_choose:
            return words
        return replace(words, sentences=(self.round_words, *words.sentences))

    @property
    def _sent_count(self) -> int:
        """What was sent stays sent, whatever is hidden afterwards."""
        return self.selection.picks.filter(is_favourite=True).count()

    @property
    def due_words(self) -> str:
        """Until when the photos to edit are wished for; empty without a date."""
        is_due = lists.is_for_editing(self.list_name) and self.gallery.due_date
        return due_words(self.gallery) if is_due else ""

    @property
    def round_words(self) -> str:
        return _(
            "Round %(number)d: add or change what you like. The photos you chose before are marked."
        ) % {"number": self.round_number}

    @property
    def withdrawn_words(self) -> str:
        """What is said of photos that are not offered any more; empty where there are none."""
        if not self.withdrawn:
            return ""
        names = ", ".join(pick.photo.name for pick in self.withdrawn[:NAMES_SAID])
        more = len(self.withdrawn) - NAMES_SAID
        if more > 0:
            names = ngettext(
                "%(names)s and %(count)d more", "%(names)s and %(count)d more", more
            ) % {"names": names, "count": more}
        return ngettext(
            "%(count)d of your photos is no longer offered and will not be sent: %(names)s.",
            "%(count)d of your photos are no longer offered and will not be sent: %(names)s.",
            len(self.withdrawn),
        ) % {"count": len(self.withdrawn), "names": names}

    @property
    def difference_words(self) -> str:
        """What has changed since the round before: "3 added, 1 taken out, 2 notes changed"."""
        return in_words(self.difference)

    def _list_greeting(self, chosen: int) -> Greeting:
        if self.gallery.state == State.ARCHIVED:
            return archived_greeting(self.gallery)
        if self.is_sent:
            about = {"name": photographer_name(self.gallery), "count": chosen}
            moment = date_format(localtime(self.selection.submitted_at), "j F, H:i")
            return Greeting(
                headline=str(THANKS[SelectionList(self.list_name)]) % about,
                sentences=(_("You sent them on %(moment)s.") % {"moment": moment},),
            )
        headline, sentence = INVITATIONS[SelectionList(self.list_name)]
        return Greeting(headline=str(headline), sentences=(str(sentence),))


def in_words(changed: rounds.Difference) -> str:
    """ "3 added, 1 taken out, 2 notes changed"; empty where nothing has."""
    added, removed, noted = len(changed.added), len(changed.removed), len(changed.noted)
    parts = (
        (added, ngettext("%(count)d added", "%(count)d added", added)),
        (removed, ngettext("%(count)d taken out", "%(count)d taken out", removed)),
        (noted, ngettext("%(count)d note changed", "%(count)d notes changed", noted)),
    )
    return ", ".join(words % {"count": count} for count, words in parts if count)
