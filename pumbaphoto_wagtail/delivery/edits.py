"""Edits find their originals: by name when they arrive, by the photographer's hand otherwise.

Everything here happens under the gallery's lock, so that two workers cannot give one number twice,
and done twice it happens once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, QuerySet
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from ..conf import settings
from ..exceptions import TransitionNotAllowed
from ..models import (
    UNDECIDED_STATUSES,
    DeliveryItem,
    Edit,
    EditStatus,
    Gallery,
    MatchMethod,
    Photo,
    PhotoFile,
    State,
)
from ..workflow import REFUSALS, lock_gallery, start_editing
from .edit_markers import MAIN
from .matching_rules import (
    AMBIGUOUS,
    EXACT_NAME,
    MATCHED,
    NAME_AND_FOLDER,
    STRIPPED_NAME,
    UNMATCHED,
    EditName,
    NameMatch,
    OriginalName,
    match_by_name,
)
from .selected import STANDING_STATUSES, refresh_selected
from .versions import Version, numbered

METHODS = {
    EXACT_NAME: MatchMethod.EXACT_NAME,
    STRIPPED_NAME: MatchMethod.STRIPPED_NAME,
    NAME_AND_FOLDER: MatchMethod.FOLDER,
}
UNDECIDED = {AMBIGUOUS: EditStatus.AMBIGUOUS, UNMATCHED: EditStatus.UNMATCHED}
# Numbers wait up here while those of a variant change, since no two may be the same meanwhile.
PARKED = 1_000_000_000


# --- By name -------------------------------------------------------------------------------------


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
    readings = _read_names(edits, _originals(gallery.photos.all()))
    found = [edit for edit in edits if readings[edit.pk].status == MATCHED]
    for edit in found:
        reading = readings[edit.pk]
        edit.photo_id, edit.variant = reading.original, reading.variant
        edit.method, edit.confidence = METHODS[reading.method], reading.confidence
        edit.status = EditStatus.MATCHED
    _number(found)
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


def _originals(photos: QuerySet[Photo]) -> list[OriginalName]:
    """Photographs under all names they have: a RAW and its JPEG are one."""
    names: dict[int, list[str]] = defaultdict(list)
    current = PhotoFile.objects.filter(photo__in=photos, is_current=True).order_by("pk")
    for photo, name in current.values_list("photo", "stored_file__original_name"):
        names[photo].append(name)
    return [
        OriginalName(key=photo, names=(name, *names[photo]), folder=folder)
        for photo, name, folder in photos.order_by("pk").values_list("pk", "name", "folder")
    ]


def _read_names(
    edits: Iterable[Edit], originals: Iterable[OriginalName]
) -> dict[object, NameMatch]:
    names = [
        EditName(
            key=edit.pk,
            name=edit.stored_file.original_name,
            folder=edit.stored_file.relative_path,
        )
        for edit in edits
    ]
    matches = match_by_name(names, originals, settings.EDIT_SUFFIXES)
    return {match.edit: match for match in matches}


def _save_undecided(edits: list[Edit], readings: dict[object, NameMatch]) -> None:
    for reading, status in UNDECIDED.items():
        keys = [edit.pk for edit in edits if readings[edit.pk].status == reading]
        Edit.objects.filter(pk__in=keys).exclude(status=status).update(status=status)


# --- Numbers -------------------------------------------------------------------------------------


def _number(edits: list[Edit]) -> None:
    """Save edits that have found their photograph and variant, each with its version."""
    photos = {edit.photo_id for edit in edits}
    arrived = {edit.pk for edit in edits}
    present = [
        *Edit.objects.filter(photo__in=photos)
        .exclude(pk__in=arrived)
        .select_related("stored_file")
        .annotate(is_delivered=Exists(DeliveryItem.objects.filter(edit=OuterRef("pk"))))
    ]
    orders = _version_orders([*present, *edits], photos)
    variants: dict[tuple[int, str], list[Edit]] = defaultdict(list)
    for edit in (*present, *edits):
        variants[edit.photo_id, edit.variant].append(edit)
    changed = []
    for group in variants.values():
        if arrived & {edit.pk for edit in group}:
            changed += _renumbered(group, arrived, orders)
    _save_numbers(changed, edits)


def _version_orders(edits: list[Edit], photos: set[int]) -> dict[int, tuple[int, int]]:
    """What the names of edits say of their versions; nothing for a name that says nothing."""
    by_photo: dict[int, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_photo[edit.photo_id].append(edit)
    rows = _originals(Photo.objects.filter(pk__in=photos))
    originals = {original.key: original for original in rows}
    orders = {}
    for photo, group in by_photo.items():
        for key, reading in _read_names(group, [originals[photo]]).items():
            if reading.status == MATCHED:
                orders[key] = reading.version_order
    return orders


def _renumbered(
    group: list[Edit], arrived: set[int], orders: dict[int, tuple[int, int]]
) -> list[Edit]:
    """Give the edits of one variant their numbers; the ones whose number has changed."""
    versions = [_version(edit, arrived, orders) for edit in group]
    coming = [version for version in versions if version.key in arrived]
    coming.sort(key=lambda version: (version.order, version.key))
    numbers = numbered([version for version in versions if version.key not in arrived], coming)
    changed = [edit for edit in group if edit.pk in arrived or edit.version != numbers[edit.pk]]
    for edit in changed:
        edit.version = numbers[edit.pk]
    return changed


def _version(edit: Edit, arrived: set[int], orders: dict[int, tuple[int, int]]) -> Version:
    is_new = edit.pk in arrived
    return Version(
        key=edit.pk,
        number=0 if is_new else edit.version,
        order=orders.get(edit.pk, (0, 1)),
        is_fixed=edit.pk not in orders or (not is_new and edit.is_delivered),
    )


def _save_numbers(changed: list[Edit], arrived: list[Edit]) -> None:
    keys = {edit.pk for edit in arrived}
    moved = [edit for edit in changed if edit.pk not in keys]
    if moved:
        parked = Edit.objects.filter(pk__in=[edit.pk for edit in moved])
        parked.update(version=F("version") + PARKED)
        Edit.objects.bulk_update(moved, ["version"])
    if arrived:
        fields = ["photo", "variant", "version", "method", "confidence", "status"]
        Edit.objects.bulk_update(arrived, fields)


# --- By hand -------------------------------------------------------------------------------------


@transaction.atomic
def link_by_hand(edit: Edit, photo: Photo, *, actor) -> Edit:
    """The photographer says which photograph an edit belongs to.

    Raises ValidationError for a photograph of another gallery, TransitionNotAllowed for an edit
    that was delivered or whose gallery is archived.
    """
    locked = _lock(edit)
    if photo.gallery_id != locked.gallery_id:
        raise ValidationError(_("An edit can only belong to a photo of its own gallery."))
    is_done = locked.photo_id == photo.pk and locked.method == MatchMethod.BY_HAND
    if not (is_done and locked.status in STANDING_STATUSES):
        (original,) = _originals(Photo.objects.filter(pk=photo.pk))
        reading = _read_names([locked], [original])[locked.pk]
        locked.photo, locked.variant = photo, reading.variant
        locked.method, locked.confidence = MatchMethod.BY_HAND, 1.0
        locked.status = EditStatus.MATCHED
        _number([locked])
        refresh_selected(locked.gallery)
        _log(locked, "pumbaphoto.link_edit", actor)
    return _updated(edit)


@transaction.atomic
def unlink(edit: Edit, *, actor) -> Edit:
    """Make an edit undecided again, also one that was ignored; it is not matched by name any more.

    Raises as :func:`link_by_hand`.
    """
    locked = _lock(edit)
    if not (locked.status == EditStatus.UNMATCHED and locked.method == MatchMethod.BY_HAND):
        locked.photo, locked.variant, locked.version = None, MAIN, 1
        locked.method, locked.confidence = MatchMethod.BY_HAND, 0.0
        locked.status = EditStatus.UNMATCHED
        locked.save()
        _log(locked, "pumbaphoto.unlink_edit", actor)
    return _updated(edit)


@transaction.atomic
def ignore(edit: Edit, *, actor) -> Edit:
    """Leave an edit out of every delivery; the file stays. Raises as :func:`link_by_hand`."""
    return _decide(edit, EditStatus.IGNORED, "pumbaphoto.ignore_edit", actor)


@transaction.atomic
def deliver_as_it_is(edit: Edit, *, actor) -> Edit:
    """Deliver an edit although no original was found (a collage, a gift) or none was selected.

    Raises as :func:`link_by_hand`.
    """
    return _decide(edit, EditStatus.AS_IT_IS, "pumbaphoto.deliver_edit_as_it_is", actor)


def _decide(edit: Edit, status: EditStatus, action: str, actor) -> Edit:
    locked = _lock(edit)
    if locked.status != status:
        locked.status = status
        locked.save(update_fields=["status"])
        _log(locked, action, actor)
    return _updated(edit)


def _lock(edit: Edit) -> Edit:
    """The edit's present row under its gallery's lock, if it may still be changed."""
    gallery = lock_gallery(Gallery(pk=edit.gallery_id))
    if gallery.state == State.ARCHIVED:
        raise TransitionNotAllowed(str(REFUSALS[State.ARCHIVED]))
    locked = Edit.objects.select_related("stored_file").get(pk=edit.pk)
    locked.gallery = gallery
    if locked.delivery_items.exists():
        raise TransitionNotAllowed(
            _("This edit was delivered already. Upload a new version instead.")
        )
    return locked


def _updated(edit: Edit) -> Edit:
    edit.refresh_from_db()
    return edit


def _log(edit: Edit, action: str, actor) -> None:
    log(edit.gallery, action, user=actor, data={"edit": edit.pk, "photo": edit.photo_id})
