"""The walls of a gallery: which of them one viewer has, and what hangs on each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict

from .. import access
from ..models import DeliveryItem, Gallery, Kind, Photo, Pick, Section, State
from . import novelty, to_keep, wall
from .choosing import Choosing
from .finished_sections import Finished, finished, with_downloads
from .hung_videos import HungVideos, proportion
from .list_wall import ListWall, is_for_one_list
from .parts import Part, Show
from .skeleton import (
    IS_NEW,
    SECTION,
    Skeleton,
    item_proportions,
    item_rows,
    item_skeleton,
    photo_rows,
    photo_skeleton,
    skeleton_of,
)
from .spot import Place, Spot, place_among


def presentable(photos: QuerySet[Photo]) -> QuerySet[Photo]:
    """What a page shows of what a viewer may see; staff may see more than is presented."""
    return photos.with_picture().filter(is_shown=True, is_hidden=False)


class Walls:
    """What hangs for one viewer of a gallery that is open to them.

    ``query`` chooses among it: ``show`` the wall, ``page`` a part of it, ``list`` what is chosen
    for. ``choosing`` is None for a visitor without a link.
    """

    def __init__(
        self,
        viewer: access.Viewer,
        gallery: Gallery,
        choosing: Choosing | None,
        query: QueryDict,
    ) -> None:
        self.viewer = viewer
        self.gallery = gallery
        self.choosing = choosing
        self.query = query

    # --- Which walls there are -------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        """Whether nothing hangs any more: the gallery is archived, and keeps nothing online."""
        if self.gallery.state != State.ARCHIVED:
            return False
        return not (self.gallery.keeps_delivered_online and self.has_delivered)

    @cached_property
    def choices(self) -> tuple[Show, ...]:
        if self.gallery.state == State.ARCHIVED:
            return (Show.READY,)
        ready = (Show.READY,) if self.has_delivered else ()
        if self._can_choose:
            new = (Show.NEW,) if self._new else ()
            first = (Show.ALL, Show.FAVOURITES, Show.NOTES, *new)
            # What was delivered comes first, unless somebody has come to choose for a list.
            return (*first, *ready) if self._has_come_to_choose else (*ready, *first)
        if self.list_wall is not None:
            return (Show.LIST, *ready, Show.ALL)
        is_sent = self.choosing is not None and self.choosing.is_sent
        sent = (Show.SENT,) if is_sent else ()
        # A delivery of finished photos is all there is.
        everything = () if ready and self.gallery.kind == Kind.FINISHED else (Show.ALL,)
        return (*ready, *sent, *everything)

    @cached_property
    def show(self) -> Show:
        """The wall that is asked for, or else the first."""
        wanted = self.query.get("show", "")
        return next((choice for choice in self.choices if choice == wanted), self.choices[0])

    @property
    def _can_choose(self) -> bool:
        return self.choosing is not None and self.choosing.can_choose

    @property
    def _has_come_to_choose(self) -> bool:
        return self.gallery.state != State.DELIVERED or "list" in self.query

    @cached_property
    def has_delivered(self) -> bool:
        """Whether anything delivered hangs here for this viewer."""
        return self.items.exists()

    @cached_property
    def _new(self) -> set[int]:
        """The primary keys of what is new to the holder of this link."""
        return {row[0] for row in self._all if row[IS_NEW]}

    @cached_property
    def list_wall(self) -> ListWall | None:
        """The list that the link was made to take; None where it was made for something else."""
        link = self.choosing.link if self.choosing else None
        return ListWall(link) if is_for_one_list(link) else None

    # --- What hangs on them ----------------------------------------------------------------------

    @cached_property
    def items(self) -> QuerySet[DeliveryItem]:
        return access.items_visible_to(self.viewer, self.gallery)

    def part(self) -> Part:
        """The part of the wall that the query string names."""
        skeleton = self._skeleton()
        page = skeleton.page(self.query.get("page", 1))
        tiles = self._tiles(self.show, page.object_list, page.start_index())
        downloads = self._finished.sections if self.show == Show.ALL else {}
        films = self._videos.by_key if self.show in (Show.ALL, Show.READY) else {}
        return Part(
            show=self.show,
            skeleton=skeleton,
            page=page,
            tiles=tiles,
            downloads=downloads,
            films=tuple(place for place, key in enumerate(skeleton.keys) if key in films),
        )

    def place_of(self, uuid: UUID) -> int | None:
        """Where a photo hangs on this wall, from 0; None if it does not."""
        place = place_among(self._rows(self.show), uuid)
        return place.index if place else None

    def spot(self, uuid: UUID) -> Spot | None:
        """A photo on this wall, or else on the first that holds it."""
        for show in dict.fromkeys((self.show, *self.choices)):
            place = place_among(self._rows(show), uuid)
            if place is not None:
                return self._spot(show, place)
        return None

    def _spot(self, show: Show, place: Place) -> Spot | None:
        tile = next(iter(self._tiles(show, [place.key], place.index + 1)), None)
        if tile is None:
            return None
        return Spot(
            tile=tile,
            show=show,
            count=place.count,
            previous=place.previous,
            next=place.next,
            films=frozenset(video.uuid for video in self._videos.by_key.values()),
        )

    def _rows(self, show: Show) -> list[tuple[int, UUID]]:
        """All that hangs on a wall, in its order: primary key and UUID."""
        if show == Show.LIST:
            return self.list_wall.rows()
        shown = self.items if show == Show.READY else self._presented
        uuids = dict(shown.order_by().values_list("pk", "uuid"))
        uuids |= {key: video.uuid for key, video in self._videos.by_key.items()}
        hung = self._hung_items if show == Show.READY else self._hung(show)
        return [(key, uuids[key]) for key, *_rest in hung if key in uuids]

    def _skeleton(self) -> Skeleton:
        if self.show == Show.LIST:
            return self.list_wall.skeleton()
        if self.show == Show.READY:
            films = self._videos.by_key
            if not films:
                return item_skeleton(self.items)
            proportions = item_proportions(self.items)
            proportions |= {key: proportion(video) for key, video in films.items()}
            keys = (row[0] for row in self._hung_items)
            return skeleton_of([(key, proportions[key]) for key in keys if key in proportions])
        return photo_skeleton(self._hung(self.show), self._sections)

    def _hung(self, show: Show) -> list:
        """Of all photographs those that hang on a wall."""
        if show == Show.ALL:
            return self._videos.among_photos(self._all, self._sections)
        if show == Show.NEW:
            return [row for row in self._all if row[IS_NEW]]
        picks = self.choosing.picks if self.choosing else []
        picked = {pick.photo_id for pick in picks if _is_for(pick, show)}
        return [row for row in self._all if row[0] in picked]

    @cached_property
    def _hung_items(self) -> list[tuple]:
        """What was delivered, with films among it, and behind it what hangs apart."""
        among, apart = item_rows(self.items)
        return self._videos.among_items(among, self._all_sections) + apart

    @cached_property
    def _videos(self) -> HungVideos:
        return HungVideos(self.viewer, self.gallery)

    @property
    def _presented(self) -> QuerySet[Photo]:
        return presentable(self._visible()).filter(gallery=self.gallery)

    @cached_property
    def _all(self) -> list[tuple]:
        chooses = self._can_choose
        is_new = novelty.is_new(self.choosing.link, self.gallery) if chooses else None
        return photo_rows(self._presented, is_new)

    @property
    def _has_sections(self) -> bool:
        return any(row[SECTION] is not None for row in self._all)

    @cached_property
    def _sections(self) -> dict[int, Section]:
        return self._all_sections if self._has_sections or self._videos.sections else {}

    @cached_property
    def _all_sections(self) -> dict[int, Section]:
        return {section.pk: section for section in self.gallery.sections.all()}

    def _tiles(self, show: Show, keys: Sequence[int], start: int) -> list[wall.Tile]:
        if show == Show.LIST:
            return self.list_wall.tiles(keys, start=start)
        draw = self._item_tiles if show == Show.READY else self._photo_tiles
        return self._videos.tiles(keys, start, draw)

    def _photo_tiles(self, keys: Sequence[int], start: int) -> list[wall.Tile]:
        picks = self.choosing.picks if self.choosing else []
        photos = wall.photos_with(keys)
        tiles = wall.photo_tiles(photos, picks, start=start, new=self._new, viewer=self.viewer)
        return with_downloads(tiles, photos, self._finished)

    def _item_tiles(self, keys: Sequence[int], start: int) -> list[wall.Tile]:
        return to_keep.item_tiles(self.viewer, self.gallery, keys, start=start)

    @cached_property
    def _finished(self) -> Finished:
        return finished(self.viewer, self.gallery, self._sections)

    def _visible(self) -> QuerySet[Photo]:
        link = self.viewer.link_for(self.gallery)
        if link is not None and not link.sections.all():
            # Nothing that visitors may see is missing from it: no policy need be asked for.
            return access.photos_through_links(self.viewer, "grid")
        return access.photos_visible_to(self.viewer, "grid")


def _is_for(pick: Pick, show: Show) -> bool:
    if show == Show.FAVOURITES:
        return pick.is_favourite
    return bool(pick.note) if show == Show.NOTES else True
