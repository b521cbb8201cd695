"""Edits find their originals by themselves.

Everything here happens under the gallery's lock, and done twice it happens once.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Min

from ..models import (
    UNDECIDED_STATUSES,
    Edit,
    EditStatus,
    Gallery,
    MatchMethod,
    State,
)
from ..workflow import lock_gallery, start_editing
from .matching_rules import (
    AMBIGUOUS,
    EXACT_NAME,
    MATCHED,
    NAME_AND_FOLDER,
    STRIPPED_NAME,
    UNMATCHED,
    NameMatch,
)
from .numbering import number, read_names
from .originals import names_of
from .selected import refresh_selected

METHODS = {
    EXACT_NAME: MatchMethod.EXACT_NAME,
    STRIPPED_NAME: MatchMethod.STRIPPED_NAME,
    NAME_AND_FOLDER: MatchMethod.FOLDER,
}
UNDECIDED = {AMBIGUOUS: EditStatus.AMBIGUOUS, UNMATCHED: EditStatus.UNMATCHED}


@transaction.atomic
def match_edits(gallery_id: int) -> int:
    """Match a gallery's undecided edits by their names; returns how many found their original.

    What the photographer has decided is left alone. The first edit of a submitted selection moves
    the gallery to Editing.
    """
    try:
        gallery = lock_gallery(Gallery(pk=gallery_id))
    except Gallery.DoesNotExist:
        return 0
    edits = _leave_out_twins(gallery, _edits_to_match(gallery))
    if not edits:
        return 0
    if gallery.state == State.SUBMITTED:
        start_editing(gallery)
    readings = read_names(edits, names_of(gallery.photos.all()))
    found = [edit for edit in edits if readings[edit.pk].status == MATCHED]
    for edit in found:
        reading = readings[edit.pk]
        edit.photo_id, edit.variant = reading.original, reading.variant
        edit.method, edit.confidence = METHODS[reading.method], reading.confidence
        edit.status = EditStatus.MATCHED
    number(found)
    _save_undecided(edits, readings)
    refresh_selected(gallery)
    return len(found)


def _edits_to_match(gallery: Gallery) -> list[Edit]:
    """What no name has decided yet. An edit unlinked by hand must not be linked again."""
    undecided = gallery.edits.filter(status__in=UNDECIDED_STATUSES)
    return [
        *undecided.exclude(method=MatchMethod.BY_HAND).select_related("stored_file").order_by("pk")
    ]


def _leave_out_twins(gallery: Gallery, edits: list[Edit]) -> list[Edit]:
    """The edits without those whose bytes came a second time, which are ignored from now on.

    Intake refuses a second copy as long as it is not uploaded in the same moment.
    """
    digests = {edit.stored_file.sha256 for edit in edits}
    same = Edit.objects.filter(gallery=gallery, stored_file__sha256__in=digests)
    first = dict(same.order_by().values_list("stored_file__sha256").annotate(Min("pk")))
    twins = {edit.pk for edit in edits if edit.pk != first[edit.stored_file.sha256]}
    if twins:
        Edit.objects.filter(pk__in=twins).update(status=EditStatus.IGNORED)
    return [edit for edit in edits if edit.pk not in twins]


def _save_undecided(edits: list[Edit], readings: dict[object, NameMatch]) -> None:
    for reading, status in UNDECIDED.items():
        keys = [edit.pk for edit in edits if readings[edit.pk].status == reading]
        Edit.objects.filter(pk__in=keys).exclude(status=status).update(status=status)
