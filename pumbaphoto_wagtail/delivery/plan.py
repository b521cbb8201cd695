"""What a delivery would hold if it were sent now, and what it would lack.

Of each variant of each photograph the version goes that the photographer has chosen, or else the
newest; and nothing goes that the client has already. The number of queries does not depend on the
number of photographs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from .. import access
from ..models import (
    UNDECIDED_STATUSES,
    Edit,
    EditStatus,
    FileRole,
    Gallery,
    Kind,
    Photo,
    PhotoFile,
    Stage,
    State,
    StoredFile,
    for_matching_only,
)
from ..workflow import REFUSALS
from .edit_markers import MAIN
from .selected import STANDING_STATUSES, refresh_selected, selected_photos

# The states in which a gallery of each kind may be delivered.
DELIVERABLE_STATES = {
    Kind.CHOOSE: (State.EDITING, State.DELIVERED),
    Kind.FINISHED: (State.ACTIVE, State.DELIVERED),
}


@dataclass(frozen=True, kw_only=True)
class PlannedFile:
    """One file to send: an edit, or the picture of a finished photograph."""

    file: StoredFile
    photo: Photo | None
    edit: Edit | None = None

    @property
    def key(self) -> int:
        """What tells it apart in a form: a file goes once."""
        return self.file.pk

    @property
    def variant(self) -> str:
        return self.edit.variant if self.edit else MAIN

    @property
    def is_unselected(self) -> bool:
        return self.edit is not None and self.edit.status == EditStatus.UNSELECTED

    @property
    def can_be_seen(self) -> bool:
        """Whether the client could open it: scanned, ready, and of no hidden photograph."""
        is_ready = self.file.is_trusted and self.file.stage == Stage.READY
        return is_ready and not (self.photo and self.photo.is_hidden)


@dataclass(frozen=True, kw_only=True)
class DeliveryPlan:
    """What would go, and what would not.

    ``items`` go; ``unselected`` go only where the photographer says so; ``held_back`` cannot be
    seen by the client (not ready, or of a hidden photograph); ``missing`` are selected photographs
    without an edit; ``undecided`` are edits without a decision; ``superseded`` counts older
    versions, ``delivered`` files that the client has already. ``refusal`` says why nothing can be
    sent now, without those unselected; empty otherwise.
    """

    items: tuple[PlannedFile, ...]
    unselected: tuple[PlannedFile, ...]
    held_back: tuple[PlannedFile, ...]
    missing: tuple[Photo, ...]
    undecided: tuple[Edit, ...]
    superseded: int
    delivered: int
    refusal: str

    @property
    def size(self) -> int:
        """Bytes of what would go."""
        return sum(planned.file.size for planned in self.items)

    @property
    def digest(self) -> str:
        """Another one as soon as anything else would go: what a photographer has looked at."""
        keys = [[one.key for one in group] for group in (self.items, self.unselected)]
        return hashlib.sha256(repr(keys).encode()).hexdigest()[:32]


def what_would_go(gallery: Gallery) -> DeliveryPlan:
    """The plan of a gallery's next delivery."""
    refresh_selected(gallery)
    current, superseded = _current_edits(gallery)
    finished = _finished_photos(gallery) if gallery.kind == Kind.FINISHED else []
    planned = _in_order(gallery, [*finished, *current])
    files, photos = _delivered(gallery)
    fresh = [one for one in planned if one.file.pk not in files]
    ready = [one for one in fresh if one.can_be_seen]
    # What a client has once got, selected or not, they get in its newer versions as well.
    items = tuple(one for one in ready if not one.is_unselected or one.photo.pk in photos)
    going = {one.key for one in items}
    return DeliveryPlan(
        items=items,
        unselected=tuple(one for one in ready if one.key not in going),
        held_back=tuple(one for one in fresh if not one.can_be_seen),
        missing=_missing(gallery),
        undecided=_undecided(gallery),
        superseded=superseded,
        delivered=len(planned) - len(fresh),
        refusal=why_not(gallery, items),
    )


def why_not(gallery: Gallery, items: Iterable[PlannedFile]) -> str:
    """Why these files cannot be delivered now, in words; empty if they can."""
    if gallery.state not in DELIVERABLE_STATES[Kind(gallery.kind)]:
        if gallery.state == State.SUBMITTED:
            return _("Start editing before you deliver.")
        return str(REFUSALS[State(gallery.state)])
    if [*items]:
        return ""
    if gallery.state == State.DELIVERED:
        return _("Everything has been delivered already.")
    return _("There is nothing to deliver yet.")


def _current_edits(gallery: Gallery) -> tuple[list[PlannedFile], int]:
    """One version of each variant and every gift, and how many other versions stay behind."""
    edits = gallery.edits.filter(status__in=STANDING_STATUSES)
    current: dict[object, Edit] = {}
    count = 0
    # What was chosen comes last and so wins, and without it the newest.
    in_order = edits.order_by("is_chosen", "version", "pk").defer(*for_matching_only("stored_file"))
    for edit in in_order.select_related("stored_file", "photo__section"):
        count += 1
        current[(edit.photo_id, edit.variant) if edit.photo_id else edit.pk] = edit
    planned = [
        PlannedFile(file=edit.stored_file, photo=edit.photo, edit=edit) for edit in current.values()
    ]
    return planned, count - len(current)


def _finished_photos(gallery: Gallery) -> list[PlannedFile]:
    """The shown photographs of a gallery that needs no editing; a RAW is nothing to send."""
    pictures = PhotoFile.objects.filter(
        photo__in=gallery.photos.kept().filter(is_shown=True),
        role=FileRole.PICTURE,
        is_current=True,
    )
    return [
        PlannedFile(file=picture.stored_file, photo=picture.photo)
        for picture in pictures.select_related("stored_file", "photo__section").defer(
            *for_matching_only("stored_file")
        )
    ]


def _in_order(gallery: Gallery, planned: Iterable[PlannedFile]) -> list[PlannedFile]:
    """As the gallery shows the photographs, each with its main variant first; gifts at the end."""
    keys = gallery.photos.in_order().values_list("pk", flat=True)
    places = {key: place for place, key in enumerate(keys)}

    def place(one: PlannedFile) -> tuple:
        where = places[one.photo.pk] if one.photo else len(places)
        return where, one.variant != MAIN, one.variant, one.edit is not None, one.key

    return sorted(planned, key=place)


def _delivered(gallery: Gallery) -> tuple[set[int], set[int]]:
    """The files that clients have, and the photographs these are of.

    A version that a later one has replaced is not among them and may go once more.
    """
    rows = [*access.newest_items(gallery).values_list("stored_file", "photo")]
    return {file for file, _photo in rows}, {photo for _file, photo in rows if photo}


def _missing(gallery: Gallery) -> tuple[Photo, ...]:
    if gallery.kind == Kind.FINISHED:
        pictures = PhotoFile.objects.filter(role=FileRole.PICTURE, is_current=True)
        wanted = gallery.photos.filter(is_shown=True, is_hidden=False)
        photos = wanted.filter(~Exists(pictures.filter(photo=OuterRef("pk"))))
    else:
        standing = Edit.objects.filter(photo=OuterRef("pk"), status__in=STANDING_STATUSES)
        photos = selected_photos(gallery).filter(~Exists(standing))
    return tuple(photos.select_related("picture").defer(*for_matching_only("picture")).in_order())


def _undecided(gallery: Gallery) -> tuple[Edit, ...]:
    edits = gallery.edits.filter(status__in=UNDECIDED_STATUSES)
    return tuple(edits.select_related("stored_file").defer(*for_matching_only("stored_file")))
