"""The wall: photographs as tiles, a part of them at a time, hung by section."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse

from ..access import Viewer
from ..models import DeliveryItem, Photo, Pick, Section, for_matching_only
from .pictures import (
    Pictures,
    SourceSet,
    item_pictures,
    photo_pictures,
    proportion_of,
    with_renditions,
)

if TYPE_CHECKING:
    from .finished_sections import SectionDownload

REVIEW_PAGE_SIZE = 200
# What is drawn of a photograph; a page has sixty of them, and reading a row is most of their cost.
OF_A_TILE = (
    *("uuid", "name", "width", "height", "average_colour", "taken_at", "perceptual_hash"),
    *("picture__uuid", "picture__stage", "gallery__uuid", "gallery__watermark_key"),
    "gallery__published_at",
    *("section__uuid", "section__title", "section__is_finished"),
)


@dataclass(frozen=True, kw_only=True)
class Film:
    """What a tile knows more of a film: what its provider is called, and where it plays.

    ``play_url`` is a page of ours; ``url`` is the film's own, at its provider.
    """

    provider: str
    play_url: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One photograph on the wall, or one film. ``number`` is its place on this wall, from 1.

    Every photograph has ``pictures``; a film without a thumbnail has none.
    """

    uuid: UUID
    number: int
    name: str
    pictures: Pictures | None
    proportion: int
    colour: str = ""
    section: Section | None = None
    is_favourite: bool = False
    is_new: bool = False
    note: str = ""
    download_url: str = ""
    web_url: str = ""
    # Where to ask for a change, and to see before and after, of what was delivered.
    ask_url: str = ""
    compare_url: str = ""
    # What the tick for the portfolio says when it is pressed, whether it is there, and where to.
    consent: str = ""
    is_allowed: bool = False
    consent_url: str = ""
    size: int = 0
    film: Film | None = None

    @property
    def sources(self) -> list[SourceSet]:
        """The other formats in which this tile can be shown in either size, the best first."""
        if self.pictures is None:
            return []
        return self.pictures.small_sources

    @property
    def sizes(self) -> str:
        """About how wide the tile will be, for choosing a size before anything is laid out.

        Of rows that are a third of the screen high on phones and 15 rem elsewhere, filled up.
        """
        return f"(max-width: 48rem) {min(100, self.proportion * 36 // 100)}vw, " + (
            f"{max(1, self.proportion * 15 // 100)}rem"
        )


@dataclass(frozen=True, kw_only=True)
class Hanging:
    """The tiles of one section that follow each other on a page."""

    section: Section | None
    tiles: list[Tile] = field(default_factory=list)
    # At its head, where it is finished.
    download: SectionDownload | None = None


def photos_with(keys: Sequence[int]) -> list[Photo]:
    """The photographs with these primary keys, in this order, with what a tile needs of them.

    The keys must come from the resolver. A photo that is gone since then is left out.
    """
    photos = (
        Photo.objects.select_related("picture", "section", "gallery")
        .only(*OF_A_TILE)
        .prefetch_related(with_renditions("picture"))
        .in_bulk(keys)
    )
    return [photos[key] for key in keys if key in photos]


def items_with(keys: Sequence[int]) -> list[DeliveryItem]:
    """As :func:`photos_with`, for delivered files."""
    items = (
        DeliveryItem.objects.select_related("photo", "stored_file")
        .defer(*for_matching_only("stored_file"))
        .prefetch_related(with_renditions("stored_file"))
        .in_bulk(keys)
    )
    return [items[key] for key in keys if key in items]


def photo_page(photos: QuerySet[Photo], number: int | str) -> Page:
    """One page of photographs in their order, for the review; beyond the last it is the last."""
    ordered = (
        photos.in_order()
        .select_related("picture", "section", "gallery")
        .defer(*for_matching_only("picture"))
        .prefetch_related(with_renditions("picture"))
    )
    return Paginator(ordered, REVIEW_PAGE_SIZE).get_page(number)


def first_tiles(photos: QuerySet[Photo], amount: int, viewer: Viewer) -> list[Tile]:
    """The tiles of the first photographs, as many as are wanted, as ``viewer`` sees them."""
    keys = [*photos.in_order().values_list("pk", flat=True)[:amount]]
    return photo_tiles(photos_with(keys), viewer=viewer)


def photo_tiles(
    photos: Iterable[Photo],
    picks: Iterable[Pick] = (),
    *,
    start: int = 1,
    new: Collection[int] = (),
    viewer: Viewer | None = None,
) -> list[Tile]:
    """The tiles of photographs with what was picked; ``start`` is the number of the first.

    Those with a primary key in ``new`` are marked as new. A ``viewer`` who is anybody gets
    published addresses of pictures, where there are such.
    """
    picked = {pick.photo_id: pick for pick in picks}
    tiles = (
        _photo_tile(
            photo, photo_pictures(photo, viewer), number, picked.get(photo.pk), photo.pk in new
        )
        for number, photo in enumerate(photos, start=start)
    )
    return [tile for tile in tiles if tile is not None]


def _photo_tile(
    photo: Photo, pictures: Pictures | None, number: int, pick: Pick | None, is_new: bool
) -> Tile | None:
    if pictures is None:
        return None
    return Tile(
        uuid=photo.uuid,
        number=number,
        name=photo.name,
        pictures=pictures,
        # As in the skeleton, so that a tile has one shape wherever it is drawn.
        proportion=proportion_of(photo.width, photo.height),
        colour=photo.average_colour,
        section=photo.section,
        is_favourite=bool(pick and pick.is_favourite),
        is_new=is_new,
        note=pick.note if pick else "",
    )


def item_tiles(
    items: Iterable[DeliveryItem], *, full: bool, web: bool, start: int = 1
) -> list[Tile]:
    """The tiles of delivered files, with the downloads that the viewer may have."""
    return [*_item_tiles(items, full, web, start)]


def _item_tiles(items: Iterable[DeliveryItem], full: bool, web: bool, start: int) -> Iterator[Tile]:
    for number, item in enumerate(items, start=start):
        pictures = item_pictures(item.uuid, item.stored_file)
        if pictures is None:
            continue
        yield Tile(
            uuid=item.uuid,
            number=number,
            name=item.member_name,
            pictures=pictures,
            proportion=pictures.proportion,
            colour=item.photo.average_colour if item.photo else "",
            download_url=_url("download_item", item) if full else "",
            web_url=_url("download_web", item) if web else "",
            size=item.size,
        )


def _url(name: str, item: DeliveryItem) -> str:
    return reverse(f"pumbaphoto_wagtail:{name}", args=[item.uuid])


def hang(
    tiles: Iterable[Tile], downloads: Mapping[int, SectionDownload] | None = None
) -> list[Hanging]:
    """Tiles in their order, put together by section; ``downloads`` by its primary key."""
    found = downloads or {}
    return [
        Hanging(
            section=section, tiles=[*group], download=found.get(section.pk) if section else None
        )
        for section, group in groupby(tiles, key=lambda tile: tile.section)
    ]
