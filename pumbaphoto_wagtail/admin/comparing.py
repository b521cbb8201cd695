"""Selections of several recipients beside each other: what they share, and where they differ.

Everything is asked once, as rows of a photo, a heart and a note; the rest is sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Pick, Selection
from ..proofing import rounds
from ..proofing.lists import is_for_editing

# The filters that compare with the round before: name in the address, words, and the part of
# ``rounds.Difference`` that they show.
CHANGES = (
    ("added", gettext_lazy("New in this round"), "added"),
    ("removed", gettext_lazy("Not chosen any more"), "removed"),
    ("renoted", gettext_lazy("Note changed"), "noted"),
)
PERSON = "of-"
ONLY = "only-"


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One way to look at what was picked; ``photos`` are primary keys."""

    name: str
    label: str
    photos: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Voice:
    """What one recipient says of one photo, and what of it is new in this round."""

    recipient: str
    decides: bool
    is_favourite: bool
    note: str = ""
    is_new: bool = False
    was_removed: bool = False
    is_renoted: bool = False
    note_before: str = ""


class Comparison:
    """The selections of one list in one round; ``earlier`` holds what each began with."""

    def __init__(self, selections: Iterable[Selection], earlier: Iterable[Selection] = ()) -> None:
        self.selections = [*selections]
        self.earlier = {selection.share_link_id: selection for selection in earlier}
        self._picks = _picks_by_selection([*self.selections, *self.earlier.values()])

    def picks_of(self, selection: Selection) -> dict[int, Pick]:
        """By the photo's primary key."""
        return self._picks[selection.pk]

    def hearts_of(self, selection: Selection) -> frozenset[int]:
        picks = self.picks_of(selection).values()
        return frozenset(pick.photo_id for pick in picks if pick.is_favourite)

    @cached_property
    def deciders(self) -> list[Selection]:
        """The selections that count and say something: sent, or with a heart at least."""
        return [
            selection
            for selection in self.selections
            if selection.share_link.decides
            and (selection.is_submitted or self.hearts_of(selection))
        ]

    @cached_property
    def differences(self) -> dict[int, rounds.Difference]:
        """What changed since the round before, by the primary key of the selection."""
        return {
            selection.pk: rounds.difference(
                rounds.choices(self.picks_of(self.earlier[selection.share_link_id]).values()),
                rounds.choices(self.picks_of(selection).values()),
            )
            for selection in self.selections
            if selection.share_link_id in self.earlier
        }

    @cached_property
    def chosen(self) -> frozenset[int]:
        return _union(self.hearts_of(selection) for selection in self.deciders)

    @cached_property
    def noted(self) -> frozenset[int]:
        return frozenset(
            pick.photo_id
            for selection in self.selections
            for pick in self.picks_of(selection).values()
            if pick.note
        )

    @cached_property
    def filters(self) -> list[Filter]:
        """Those that make a difference here, with what they leave."""
        return [
            Filter(name="chosen", label=_("Chosen"), photos=self.chosen),
            *self._between_deciders(),
            *self._suggestions(),
            Filter(name="noted", label=_("With notes"), photos=self.noted),
            *self._since_last_round(),
            Filter(name="all", label=_("All"), photos=self._everything),
        ]

    def find_filter(self, name: str) -> Filter:
        """The filter of that name, of one person (``of-`` and the link's key), or the default."""
        for selection in self.selections:
            if name == f"{PERSON}{selection.share_link_id}":
                return Filter(
                    name=name,
                    label=selection.share_link.recipient,
                    photos=frozenset(self.picks_of(selection)),
                )
        by_name = {one.name: one for one in self.filters}
        default = by_name["chosen"] if self.chosen else by_name["all"]
        return by_name.get(name, default)

    def voices(self, photo_id: int, *, of: Selection | None = None) -> list[Voice]:
        """What each recipient says of a photo, those who decide first; or only one of them."""
        asked = self.selections if of is None else [of]
        said = (self._voice(selection, photo_id) for selection in asked)
        return sorted(filter(None, said), key=lambda voice: not voice.decides)

    def _voice(self, selection: Selection, photo_id: int) -> Voice | None:
        pick = self.picks_of(selection).get(photo_id)
        found = self.differences.get(selection.pk, rounds.Difference())
        was_removed, is_renoted = photo_id in found.removed, photo_id in found.noted
        if pick is None and not (was_removed or is_renoted):
            return None
        return Voice(
            recipient=selection.share_link.recipient,
            decides=selection.share_link.decides,
            is_favourite=pick is not None and pick.is_favourite,
            note=pick.note if pick else "",
            is_new=photo_id in found.added,
            was_removed=was_removed,
            is_renoted=is_renoted,
            note_before=self._note_before(selection, photo_id) if is_renoted else "",
        )

    def _note_before(self, selection: Selection, photo_id: int) -> str:
        before = self.picks_of(self.earlier[selection.share_link_id]).get(photo_id)
        return before.note if before else ""

    @property
    def _everything(self) -> frozenset[int]:
        return _union(self.picks_of(selection) for selection in self.selections)

    def _between_deciders(self) -> list[Filter]:
        if len(self.deciders) < 2:
            return []
        hearts = {selection: self.hearts_of(selection) for selection in self.deciders}
        common = frozenset.intersection(*hearts.values())
        label = _("Both") if len(hearts) == 2 else _("All of them")
        only = [
            Filter(
                name=f"{ONLY}{selection.share_link_id}",
                label=_("Only %(name)s") % {"name": selection.share_link.recipient},
                photos=own - _union(of for other, of in hearts.items() if other != selection),
            )
            for selection, own in hearts.items()
        ]
        return [Filter(name="common", label=label, photos=common), *only]

    def _suggestions(self) -> list[Filter]:
        suggesting = [one for one in self.selections if not one.share_link.decides]
        if not suggesting:
            return []
        photos = _union(self.hearts_of(one) for one in suggesting) - self.chosen
        return [Filter(name="suggested", label=_("Only suggested"), photos=photos)]

    def _since_last_round(self) -> list[Filter]:
        if not self.differences:
            return []
        return [
            Filter(
                name=name,
                label=str(label),
                photos=_union(getattr(found, part) for found in self.differences.values()),
            )
            for name, label, part in CHANGES
        ]


def compare(selections: Iterable[Selection], *, list_name: str, round_number: int) -> Comparison:
    """The comparison of one list and round, from all selections of a gallery.

    The photos to edit have their rounds together. For other lists everybody is in a round of their
    own, so that the last one up to ``round_number`` speaks for each.
    """
    until = [one for one in selections if one.list == list_name and one.round <= round_number]
    by_link: dict[int, list[Selection]] = defaultdict(list)
    for selection in sorted(until, key=lambda one: one.round):
        by_link[selection.share_link_id].append(selection)
    present = {
        key: found[-1]
        for key, found in by_link.items()
        if found[-1].round == round_number or not is_for_editing(list_name)
    }
    return Comparison(
        [one for one in until if one == present.get(one.share_link_id)],
        [by_link[key][-2] for key in present if len(by_link[key]) > 1],
    )


def last_of(selections: Iterable[Selection], of: Selection) -> Selection:
    """The selection of the last round of the same recipient and list."""
    same = [
        one for one in selections if (one.share_link_id, one.list) == (of.share_link_id, of.list)
    ]
    return max(same, key=lambda one: one.round)


def _picks_by_selection(selections: list[Selection]) -> dict[int, dict[int, Pick]]:
    found: dict[int, dict[int, Pick]] = defaultdict(dict)
    keys = [selection.pk for selection in selections]
    for pick in Pick.objects.filter(selection__in=keys).order_by("pk"):
        found[pick.selection_id][pick.photo_id] = pick
    return found


def _union(sets: Iterable[Iterable[int]]) -> frozenset[int]:
    return frozenset().union(*sets)
