"""What a viewer may keep of what was delivered, and what is offered with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.urls import reverse

from .. import access
from ..models import ChangeRequest, DeliveryItem, Downloads, Gallery, Photo, ShareLink
from . import changes, consent, offers, wall
from .before_after import comparable_items
from .list_wall import ListWall
from .offers import Offers
from .parts import Part, Show


@dataclass(frozen=True, kw_only=True)
class ToKeep:
    """What stands above the wall about downloads, and about what was asked to be changed."""

    offers: Offers = field(default_factory=Offers)
    wishes: list[ChangeRequest] = field(default_factory=list)
    # What the photographer wrote with the newest delivery.
    letter: str = ""
    # Where one says what may be shown to everybody; empty if one is not asked and allows nothing.
    consent_url: str = ""
    asks_consent: bool = False


def to_keep(viewer: access.Viewer, link: ShareLink | None, gallery: Gallery, part: Part) -> ToKeep:
    """What this viewer may keep of a gallery, for the wall that is shown."""
    if part.show == Show.ALL:
        return _beside_all(viewer, link, gallery)
    if part.show != Show.READY:
        return ToKeep()
    newest_first = access.items_visible_to(viewer, gallery).order_by("-delivery__number")
    asks = link is not None and changes.is_for_changes(link)
    return ToKeep(
        offers=offers.of_delivered(viewer, gallery),
        wishes=[*changes.requests_of(link)] if asks else [],
        letter=newest_first.values_list("delivery__words", flat=True).first() or "",
        **_about_consent(link, gallery),
    )


def _about_consent(link: ShareLink | None, gallery: Gallery) -> dict:
    asks = consent.is_asked(link, gallery)
    if not asks and (link is None or not consent.has_allowed(link)):
        return {}
    return {"asks_consent": asks, "consent_url": _consent_url(gallery)}


def for_list(wall: ListWall) -> ToKeep:
    """What the holder of a link may keep of the list that it was made for."""
    return ToKeep(offers=offers.of_list(wall.link, wall.entries))


def _beside_all(viewer: access.Viewer, link: ShareLink | None, gallery: Gallery) -> ToKeep:
    if link is None:
        return ToKeep(offers=offers.of_album(viewer, gallery))
    if link.may_choose:
        return ToKeep()
    return ToKeep(offers=offers.of_originals(viewer, gallery))


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
    link = viewer.link_for(gallery)
    asks = changes.may_ask(link, gallery)
    compares = comparable_items(viewer, gallery, items)
    by_uuid = {item.uuid: item for item in items}
    tiles = [_offering(tile, by_uuid[tile.uuid], asks, compares) for tile in tiles]
    if not consent.is_asked(link, gallery):
        return tiles
    allowed, url = consent.allowed_keys(link), _consent_url(gallery)
    return [_ticked(tile, by_uuid[tile.uuid].photo, allowed, url) for tile in tiles]


def _offering(tile: wall.Tile, item: DeliveryItem, asks: bool, compares: set[int]) -> wall.Tile:
    return replace(
        tile,
        ask_url=_url("ask_for_change", item) if asks else "",
        compare_url=_url("before_after", item) if item.pk in compares else "",
    )


def _ticked(tile: wall.Tile, photo: Photo | None, allowed: set[int], url: str) -> wall.Tile:
    """The tile with its tick, which says the contrary of what stands when it is pressed."""
    if photo is None or photo.is_couple_only:
        return tile
    is_allowed = photo.pk in allowed
    wish = consent.NO if is_allowed else consent.YES
    return replace(tile, consent=f"{photo.uuid}:{wish}", is_allowed=is_allowed, consent_url=url)


def _consent_url(gallery: Gallery) -> str:
    return reverse("pumbaphoto_wagtail:may_be_shown", args=[gallery.uuid])


def _url(name: str, item: DeliveryItem) -> str:
    return reverse(f"pumbaphoto_wagtail:{name}", args=[item.uuid])
