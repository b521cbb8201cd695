"""Versions get their numbers: saved for edits that have found their photograph and variant.

To be called under the gallery's lock, so that two workers cannot give one number twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef

from ..conf import settings
from ..models import DeliveryItem, Edit, Photo
from .matching_rules import MATCHED, EditName, NameMatch, OriginalName, match_by_name
from .originals import names_of
from .versions import Version, numbered

# Numbers wait up here while those of a variant change, since no two may be the same meanwhile.
PARKED = 1_000_000_000

# What an edit's place is made of: what is its own, and what many edits have in common.
OWN_FIELDS = ("photo", "evidence")
COMMON_FIELDS = ("variant", "version", "method", "confidence", "status", "is_chosen")


def number(edits: list[Edit]) -> None:
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


def read_names(edits: Iterable[Edit], originals: Iterable[OriginalName]) -> dict[object, NameMatch]:
    """What the names of these edits say, by the edits' primary keys."""
    names = [edit_name(edit) for edit in edits]
    matches = match_by_name(names, originals, settings.EDIT_SUFFIXES)
    return {match.edit: match for match in matches}


def edit_name(edit: Edit) -> EditName:
    """An edit as the rules of names take it."""
    file = edit.stored_file
    return EditName(key=edit.pk, name=file.original_name, folder=file.relative_path)


def _version_orders(edits: list[Edit], photos: set[int]) -> dict[int, tuple[int, int]]:
    """What the names of edits say of their versions; nothing for a name that says nothing."""
    by_photo: dict[int, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_photo[edit.photo_id].append(edit)
    originals = {row.key: row for row in names_of(Photo.objects.filter(pk__in=photos))}
    orders = {}
    for photo, group in by_photo.items():
        for key, reading in read_names(group, [originals[photo]]).items():
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
    parked = Edit.objects.filter(pk__in=[edit.pk for edit in (*moved, *arrived)])
    parked.update(version=F("pk") + PARKED)
    save_places(arrived)
    for version, edits in _grouped(moved, ("version",)):
        Edit.objects.filter(pk__in=edits).update(**version)


def save_places(edits: list[Edit]) -> None:
    """Save where edits belong and why, thousands of them in a second or so.

    What they have in common is written at once, which spares the database long lists of cases.
    """
    # At no moment is one matched without a photograph, which the database would not have.
    away = [edit for edit in edits if edit.photo_id is None]
    for values, keys in _grouped(away, ("photo_id", *COMMON_FIELDS)):
        Edit.objects.filter(pk__in=keys).update(**values)
    Edit.objects.bulk_update(edits, OWN_FIELDS, batch_size=500)
    for values, keys in _grouped(edits, COMMON_FIELDS):
        Edit.objects.filter(pk__in=keys).update(**values)


def _grouped(edits: Iterable[Edit], fields: tuple[str, ...]) -> list[tuple[dict, list[int]]]:
    """The edits' primary keys by the values that they share."""
    groups: dict[tuple, list[int]] = defaultdict(list)
    for edit in edits:
        groups[tuple(getattr(edit, field) for field in fields)].append(edit.pk)
    return [(dict(zip(fields, values, strict=True)), keys) for values, keys in groups.items()]
