"""Which acts the bar at the lower edge offers."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Gallery
from ..permissions import may
from .photo_acts import ACTS, PhotoAct
from .photo_filters import DELETED, REFUSED, Wanted

# Those with a button of their own; all others stand behind "More". What is wanted most depends on
# what is looked at.
FIRST = frozenset({"section", "policy", "delete", "bring_back"})
FIRST_UNDER = {"hidden": "unhide", "waiting": "show"}


@dataclass(frozen=True)
class Offer:
    """The acts for what is shown: those that have a button, and the others."""

    first: list[PhotoAct]
    more: list[PhotoAct]

    def __bool__(self) -> bool:
        return bool(self.first or self.more)


def acts_offered(gallery: Gallery, user, wanted: Wanted) -> Offer:
    """What this member of staff may do with photos under a filter."""
    if wanted.show == REFUSED:
        return Offer([], [])
    may_do = {needs: may(user, needs, gallery) for needs in {act.needs for act in ACTS.values()}}
    possible = [
        act
        for act in ACTS.values()
        if may_do[act.needs] and act.is_for_deleted == (wanted.show == DELETED)
    ]
    first = {*FIRST, FIRST_UNDER.get(wanted.show, "hide")}
    return Offer(
        [act for act in possible if act.name in first],
        [act for act in possible if act.name not in first],
    )
