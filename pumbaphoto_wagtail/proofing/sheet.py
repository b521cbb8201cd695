"""What one recipient has picked for a list, as it stands: read once, and counted in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from .. import access
from ..models import Gallery, Photo, Pick, Selection, SelectionList, ShareLink
from . import lists
from .limits import Tally


@dataclass(frozen=True, kw_only=True)
class Picked:
    """One photo in a selection; ``key`` is its row's, None as long as there is none."""

    photo_id: int
    key: int | None = None
    is_favourite: bool = False
    note: str = ""

    @property
    def says_something(self) -> bool:
        return self.is_favourite or bool(self.note)


@dataclass(kw_only=True)
class Sheet:
    """What one recipient has picked for a list in its present round, as far as it is offered."""

    link: ShareLink
    list_name: str
    round_number: int
    selection: Selection | None
    rows: dict[UUID, Picked] = field(default_factory=dict)

    @property
    def is_sent(self) -> bool:
        return self.selection is not None and self.selection.is_submitted

    @property
    def favourites(self) -> list[UUID]:
        return [uuid for uuid, row in self.rows.items() if row.is_favourite]

    @property
    def notes(self) -> dict[UUID, str]:
        return {uuid: row.note for uuid, row in self.rows.items() if row.note}

    @property
    def tally(self) -> Tally:
        counted = {"chosen": len(self.favourites), "notes": len(self.notes)}
        return tally(self.link.gallery, self.list_name, **counted)

    @property
    def mark(self) -> str:
        """A short name of exactly this state: who knows it need not be told the whole again."""
        digest = hashlib.sha256(f"{self.list_name} {self.round_number} {self.is_sent}".encode())
        for uuid, row in sorted(self.rows.items()):
            digest.update(uuid.bytes + bytes([row.is_favourite]) + row.note.encode() + b"\0")
        return digest.hexdigest()[:16]


def sheet_of(link: ShareLink, gallery: Gallery, list_name: str = "") -> Sheet:
    """What is picked now. A further round that nobody has touched shows what it starts from."""
    list_name = list_name or lists.own_list(link)
    link.gallery = gallery
    selection = lists.selection_of(link, gallery, list_name)
    basis = selection or selection_or_basis(link, gallery, list_name)
    return Sheet(
        link=link,
        list_name=list_name,
        round_number=lists.round_of(gallery, selection, list_name),
        selection=selection,
        rows=_rows(basis, link) if basis else {},
    )


def selection_or_basis(link: ShareLink, gallery: Gallery, list_name: str = "") -> Selection | None:
    """The present selection, or that of the round before, which it will start from."""
    list_name = list_name or lists.own_list(link)
    present = lists.selection_of(link, gallery, list_name)
    if present is not None or not lists.is_for_editing(list_name):
        return present
    return lists.selection_before(link, list_name, gallery.round)


def offered_photos(link: ShareLink) -> QuerySet[Photo]:
    """The photos that a link shows, whoever else its holder may be."""
    return access.photos_through_links(access.Viewer(links=(link,)), "grid").filter(
        gallery=link.gallery_id
    )


def offered_picks(selection: Selection) -> QuerySet[Pick]:
    """The picks whose photo is still offered: what the client sees, counts and sends."""
    return selection.picks.filter(photo__in=offered_photos(selection.share_link))


def withdrawn_picks(selection: Selection) -> QuerySet[Pick]:
    """The picks whose photo is not offered any more: they are told of, and not sent."""
    return selection.picks.exclude(photo__in=offered_photos(selection.share_link))


def counts(selection: Selection) -> Tally:
    """How many are chosen, held against the gallery's limits."""
    found = offered_picks(selection).aggregate(
        chosen=Count("pk", filter=Q(is_favourite=True)), notes=Count("pk", filter=~Q(note=""))
    )
    return tally(selection.share_link.gallery, selection.list, **found)


def tally(
    gallery: Gallery, list_name: str = SelectionList.TO_EDIT, *, chosen: int = 0, notes: int = 0
) -> Tally:
    """How many are chosen for a list; only the photos to edit have limits."""
    if not lists.is_for_editing(list_name):
        return Tally(chosen=chosen, notes=notes)
    return Tally(
        chosen=chosen,
        notes=notes,
        minimum=gallery.minimum,
        included=gallery.included,
        maximum=gallery.maximum,
        extras_words=gallery.extras_words,
    )


def _rows(selection: Selection, link: ShareLink) -> dict[UUID, Picked]:
    found = selection.picks.filter(photo__in=offered_photos(link)).order_by("pk")
    return {
        uuid: Picked(photo_id=photo_id, key=key, is_favourite=is_favourite, note=note)
        for uuid, photo_id, key, is_favourite, note in found.values_list(
            "photo__uuid", "photo_id", "pk", "is_favourite", "note"
        )
    }
