"""What a viewer may keep: delivered files and finished sections, and what is offered with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Count, Sum
from django.urls import reverse

from .. import access
from ..finished import photos_downloadable_by
from ..models import ChangeRequest, DeliveryItem, Downloads, Gallery, Section, ShareLink
from . import changes, offers, wall
from .before_after import comparable_items
from .list_wall import ListWall
from .offers import Offers
from .parts import Part, Show


@dataclass(frozen=True, kw_only=True)
class FinishedSection:
    """A section that may be downloaded while the rest is being chosen."""

    section: Section
    url: str
    count: int
    size: int


@dataclass(frozen=True, kw_only=True)
class ToKeep:
    """What stands above the wall about downloads, and about what was asked to be changed."""

    offers: Offers = field(default_factory=Offers)
    finished: list[FinishedSection] = field(default_factory=list)
    wishes: list[ChangeRequest] = field(default_factory=list)
    # What the photographer wrote with the newest delivery.
    letter: str = ""


def to_keep(viewer: access.Viewer, link: ShareLink | None, gallery: Gallery, part: Part) -> ToKeep:
    """What this viewer may keep of a gallery, for the wall that is shown."""
    if part.show == Show.ALL:
        return _beside_all(viewer, link, gallery, part)
    if part.show != Show.READY:
        return ToKeep()
    newest_first = access.items_visible_to(viewer, gallery).order_by("-delivery__number")
    asks = link is not None and changes.is_for_changes(link)
    return ToKeep(
        offers=offers.of_delivered(viewer, gallery),
        wishes=[*changes.requests_of(link)] if asks else [],
        letter=newest_first.values_list("delivery__words", flat=True).first() or "",
    )


def for_list(wall: ListWall) -> ToKeep:
    """What the holder of a link may keep of the list that it was made for."""
    return ToKeep(offers=offers.of_list(wall.link, wall.entries))


def _beside_all(
    viewer: access.Viewer, link: ShareLink | None, gallery: Gallery, part: Part
) -> ToKeep:
    hung = [stretch.section for stretch in part.skeleton.stretches if stretch.section]
    is_finished = any(section.is_finished for section in hung)
    finished = _finished_sections(viewer, gallery) if is_finished else []
    if link is None:
        return ToKeep(finished=finished, offers=offers.of_album(viewer, gallery))
    if link.may_choose:
        return ToKeep(finished=finished)
    return ToKeep(finished=finished, offers=offers.of_originals(viewer, gallery))


def _finished_sections(viewer: access.Viewer, gallery: Gallery) -> list[FinishedSection]:
    photos = photos_downloadable_by(viewer, Downloads.FULL).filter(gallery=gallery)
    rows = (
        photos.order_by().values("section").annotate(count=Count("pk"), size=Sum("picture__size"))
    )
    found = {row["section"]: row for row in rows}
    return [
        FinishedSection(
            section=section,
            url=_url("download_section", section),
            count=found[section.pk]["count"],
            size=found[section.pk]["size"],
        )
        for section in gallery.sections.filter(pk__in=found)
    ]


def item_tiles(
    viewer: access.Viewer, gallery: Gallery, keys: Sequence[int], *, start: int
) -> list[wall.Tile]:
    """The tiles of delivered files, with everything this viewer may do with them."""
    items = wall.items_with(keys)
    tiles = wall.item_tiles(
        items,
        full=access.may_download(viewer, gallery, Downloads.FULL),
        web=access.may_download(viewer, gallery, Downloads.WEB),
        start=start,
    )
    asks = changes.may_ask(viewer.link_for(gallery), gallery)
    compares = comparable_items(viewer, gallery, items)
    by_uuid = {item.uuid: item for item in items}
    return [_offering(tile, by_uuid[tile.uuid], asks, compares) for tile in tiles]


def _offering(tile: wall.Tile, item: DeliveryItem, asks: bool, compares: set[int]) -> wall.Tile:
    return replace(
        tile,
        ask_url=_url("ask_for_change", item) if asks else "",
        compare_url=_url("before_after", item) if item.pk in compares else "",
    )


def with_downloads(
    tiles: Iterable[wall.Tile], viewer: access.Viewer, gallery: Gallery
) -> list[wall.Tile]:
    """Tiles of photographs with the downloads of those whose section is finished."""
    tiles = [*tiles]
    if not any(tile.section and tile.section.is_finished for tile in tiles):
        return tiles
    uuids = [tile.uuid for tile in tiles]
    allowed = {
        size: set(
            photos_downloadable_by(viewer, size)
            .filter(gallery=gallery, uuid__in=uuids)
            .values_list("uuid", flat=True)
        )
        for size in (Downloads.FULL, Downloads.WEB)
    }
    return [
        replace(
            tile,
            download_url=_url("download_photo", tile)
            if tile.uuid in allowed[Downloads.FULL]
            else "",
            web_url=_url("download_photo_web", tile) if tile.uuid in allowed[Downloads.WEB] else "",
        )
        for tile in tiles
    ]


def _url(name: str, thing: DeliveryItem | Section | wall.Tile) -> str:
    return reverse(f"pumbaphoto_wagtail:{name}", args=[thing.uuid])
