"""The wall: photographs as tiles, a page of them at a time, hung by section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.urls import reverse

from ..models import DeliveryItem, Photo, Pick, Section
from .pictures import Pictures, item_pictures, photo_pictures, with_renditions

PAGE_SIZE = 200


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One photograph on the wall. ``number`` is its place in the gallery, from 1."""

    uuid: UUID
    number: int
    name: str
    pictures: Pictures
    colour: str = ""
    section: Section | None = None
    is_favourite: bool = False
    note: str = ""
    download_url: str = ""
    web_url: str = ""
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Hanging:
    """The tiles of one section that follow each other on a page."""

    section: Section | None
    tiles: list[Tile] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class SectionAnchor:
    """A section to jump to, and the page it begins on."""

    section: Section
    page_number: int


def photo_page(photos: QuerySet[Photo], number: int | str) -> Page:
    """One page of photographs in their order; a number beyond the last gives the last."""
    ordered = (
        photos.in_order()
        .select_related("picture", "section", "gallery")
        .prefetch_related(with_renditions("picture"))
    )
    return Paginator(ordered, PAGE_SIZE).get_page(number)


def first_tiles(photos: QuerySet[Photo], amount: int) -> list[Tile]:
    """The tiles of the first photographs, as many as are wanted."""
    listing = photo_page(photos, 1)
    listing.object_list = listing.object_list[:amount]
    return photo_tiles(listing)


def photo_tiles(page: Page, picks: Iterable[Pick] = ()) -> list[Tile]:
    """The tiles of a page of photographs, with what was picked."""
    picked = {pick.photo_id: pick for pick in picks}
    return [*_photo_tiles(page, picked)]


def _photo_tiles(page: Page, picked: dict[int, Pick]) -> Iterator[Tile]:
    for number, photo in enumerate(page.object_list, start=page.start_index()):
        pictures = photo_pictures(photo)
        if pictures is None:
            continue
        pick = picked.get(photo.pk)
        yield Tile(
            uuid=photo.uuid,
            number=number,
            name=photo.name,
            pictures=pictures,
            colour=photo.average_colour,
            section=photo.section,
            is_favourite=bool(pick and pick.is_favourite),
            note=pick.note if pick else "",
        )


def item_page(items: QuerySet[DeliveryItem], number: int | str) -> Page:
    """One page of delivered files, in the order of the deliveries."""
    ordered = (
        items.order_by("delivery__number", "position")
        .select_related("photo", "stored_file")
        .prefetch_related(with_renditions("stored_file"))
    )
    return Paginator(ordered, PAGE_SIZE).get_page(number)


def item_tiles(page: Page, *, full: bool, web: bool) -> list[Tile]:
    """The tiles of a page of delivered files, with the downloads that the viewer may have."""
    return [*_item_tiles(page, full, web)]


def _item_tiles(page: Page, full: bool, web: bool) -> Iterator[Tile]:
    for number, item in enumerate(page.object_list, start=page.start_index()):
        pictures = item_pictures(item.uuid, item.stored_file)
        if pictures is None:
            continue
        yield Tile(
            uuid=item.uuid,
            number=number,
            name=item.member_name,
            pictures=pictures,
            colour=item.photo.average_colour if item.photo else "",
            download_url=_url("download_item", item) if full else "",
            web_url=_url("download_web", item) if web else "",
            size=item.size,
        )


def _url(name: str, item: DeliveryItem) -> str:
    return reverse(f"pumbaphoto_wagtail:{name}", args=[item.uuid])


def hang(tiles: Iterable[Tile]) -> list[Hanging]:
    """Tiles in their order, put together by section."""
    return [
        Hanging(section=section, tiles=[*group])
        for section, group in groupby(tiles, key=lambda tile: tile.section)
    ]


def section_anchors(photos: QuerySet[Photo]) -> list[SectionAnchor]:
    """The sections that have photographs here, in order, with the page each begins on."""
    amounts = dict(photos.order_by().values_list("section").annotate(amount=Count("pk")))
    sections = Section.objects.filter(pk__in=[key for key in amounts if key]).order_by(
        "position", "pk"
    )
    before = amounts.get(None, 0)
    anchors = []
    for section in sections:
        anchors.append(SectionAnchor(section=section, page_number=before // PAGE_SIZE + 1))
        before += amounts[section.pk]
    return anchors
