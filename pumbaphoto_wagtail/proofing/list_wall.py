"""The wall of one list, for whom a link was made to take it: the album designer.

A photograph hangs there as it was delivered, colour and black and white beside each other, and as
a proof as long as it was not. Places on this wall are named by the primary key of a photograph, or
by that of a delivered file with a minus before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from uuid import UUID

from django.urls import reverse

from ..access import gives
from ..delivery.list_contents import ListEntry, list_contents
from ..models import DeliveryItem, Downloads, FileRole, LinkPurpose, ShareLink
from . import wall
from .pictures import proportion_of
from .skeleton import Skeleton, item_proportions, skeleton_of


def is_for_one_list(link: ShareLink | None) -> bool:
    """Whether a link was made to take one list, rather than to choose for it."""
    return link is not None and link.purpose == LinkPurpose.ALBUM_DESIGNER and bool(link.list)


class ListWall:
    """The list of a valid link that comes with its gallery."""

    def __init__(self, link: ShareLink) -> None:
        self.link = link

    @cached_property
    def entries(self) -> list[ListEntry]:
        return list_contents(self.link)

    def rows(self) -> list[tuple[int, UUID]]:
        """All that hangs, in its order: the place's name, and the UUID of what hangs there."""
        return [
            row
            for entry in self.entries
            for row in (
                [(-item.pk, item.uuid) for item in entry.items]
                or [(entry.photo.pk, entry.photo.uuid)]
            )
        ]

    def skeleton(self) -> Skeleton:
        proportions = {
            entry.photo.pk: proportion_of(entry.photo.width, entry.photo.height)
            for entry in self.entries
        }
        keys = [item.pk for entry in self.entries for item in entry.items]
        found = item_proportions(DeliveryItem.objects.filter(pk__in=keys)) if keys else {}
        proportions |= {-key: proportion for key, proportion in found.items()}
        return skeleton_of([(key, proportions[key]) for key, _uuid in self.rows()])

    def tiles(self, keys: Sequence[int], *, start: int) -> list[wall.Tile]:
        """The tiles of these places, in their order, with what may be downloaded of them."""
        items = wall.items_with([-key for key in keys if key < 0])
        of_items = wall.item_tiles(
            items, full=gives(self.link, Downloads.FULL), web=gives(self.link, Downloads.WEB)
        )
        hung = {tile.uuid: tile for tile in of_items}
        photos = wall.photos_with([key for key in keys if key > 0])
        hung |= {tile.uuid: self._with_original(tile) for tile in wall.photo_tiles(photos)}
        uuids = dict(self.rows())
        tiles = (hung.get(uuids.get(key)) for key in keys)
        return [
            replace(tile, number=number, section=None)
            for number, tile in enumerate(tiles, start=start)
            if tile is not None
        ]

    def _with_original(self, tile: wall.Tile) -> wall.Tile:
        entry = self._with_originals.get(tile.uuid)
        if entry is None:
            return tile
        name = "raw" if entry.role == FileRole.RAW else "original"
        url = reverse(f"pumbaphoto_wagtail:{name}", args=[tile.uuid])
        return replace(tile, download_url=url, size=entry.original.size)

    @cached_property
    def _with_originals(self) -> dict[UUID, ListEntry]:
        return {entry.photo.uuid: entry for entry in self.entries if entry.original is not None}
