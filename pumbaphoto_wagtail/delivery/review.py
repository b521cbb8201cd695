"""How the edits stand against the selection: in numbers, and photograph by photograph.

The number of queries does not depend on the number of edits.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q

from ..models import UNDECIDED_STATUSES, Edit, EditStatus, Gallery, Photo, Pick
from .edit_markers import MAIN
from .selected import STANDING_STATUSES, counting_picks, refresh_selected, selected_photos


@dataclass(frozen=True, kw_only=True)
class MatchSummary:
    """``matched`` of ``total_selected`` photographs have an edit; the rest counts edits."""

    total_selected: int
    matched: int
    edits: int
    undecided: int
    unselected: int
    ignored: int
    as_they_are: int

    @property
    def selected_without_edit(self) -> int:
        return self.total_selected - self.matched


def match_summary(gallery: Gallery) -> MatchSummary:
    """The figures of a gallery's edits."""
    refresh_selected(gallery)
    standing = Q(edits__status__in=STANDING_STATUSES)
    photos = selected_photos(gallery).aggregate(
        selected=Count("pk", distinct=True), edited=Count("pk", filter=standing, distinct=True)
    )
    edits = Edit.objects.filter(gallery=gallery).aggregate(
        edits=Count("pk"),
        undecided=Count("pk", filter=Q(status__in=UNDECIDED_STATUSES)),
        unselected=Count("pk", filter=Q(status=EditStatus.UNSELECTED)),
        ignored=Count("pk", filter=Q(status=EditStatus.IGNORED)),
        as_they_are=Count("pk", filter=Q(status=EditStatus.AS_IT_IS)),
    )
    return MatchSummary(total_selected=photos["selected"], matched=photos["edited"], **edits)


@dataclass(frozen=True, kw_only=True)
class ReviewRow:
    """A photograph with its edits, each variant's newest version first; or an edit without one."""

    photo: Photo | None
    edits: tuple[Edit, ...]
    is_selected: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether a selected photograph has no edit that could be delivered."""
        return self.is_selected and not any(edit.status in STANDING_STATUSES for edit in self.edits)


def review_rows(gallery: Gallery) -> list[ReviewRow]:
    """What needs a decision first; then, in the gallery's order, every photograph that was
    selected or has edits; then the other edits without one.
    """
    refresh_selected(gallery)
    edits = _edits_by_photo(gallery)
    picks = _picks_by_photo(gallery)
    loose = [ReviewRow(photo=None, edits=(edit,)) for edit in edits.pop(None, [])]
    waiting = [row for row in loose if row.edits[0].status in UNDECIDED_STATUSES]
    hearts = {photo for photo, found in picks.items() if any(pick.is_favourite for pick in found)}
    photos = gallery.photos.filter(pk__in=hearts | edits.keys())
    rows = [
        ReviewRow(
            photo=photo,
            edits=tuple(edits.get(photo.pk, ())),
            is_selected=photo.pk in hearts,
            notes=tuple(pick.note for pick in picks.get(photo.pk, ()) if pick.note),
        )
        for photo in photos.select_related("picture", "section").in_order()
    ]
    return [*waiting, *rows, *(row for row in loose if row not in waiting)]


def _edits_by_photo(gallery: Gallery) -> dict[int | None, list[Edit]]:
    found: dict[int | None, list[Edit]] = defaultdict(list)
    for edit in gallery.edits.select_related("stored_file"):
        found[edit.photo_id].append(edit)
    for edits in found.values():
        edits.sort(key=lambda edit: (edit.variant != MAIN, edit.variant, -edit.version, edit.pk))
    return found


def _picks_by_photo(gallery: Gallery) -> dict[int, list[Pick]]:
    found: dict[int, list[Pick]] = defaultdict(list)
    for pick in counting_picks(gallery).order_by("pk"):
        found[pick.photo_id].append(pick)
    return found
