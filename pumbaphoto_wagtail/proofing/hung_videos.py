"""Films on a wall: between the photographs, each at its place.

A place on a wall is named by the primary key of what hangs there, and that of a film has a minus
before it, so that the order, the skeleton and the pages of a wall need know nothing of films.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from .. import access, video_access
from ..models import Gallery, Photo, Section, Video
from .pictures import proportion_of
from .skeleton import SECTION
from .videos import in_order, play_url, thumbnail_pictures
from .wall import Film, Tile

# As most films are, where the provider does not tell.
USUAL_SIDES = (16, 9)
# Where a row of :func:`item_rows` has what.
PHOTO_OF_ITEM, SECTION_OF_ITEM = 1, 2


class HungVideos:
    """The films of a gallery that is open to a viewer, and where they hang. One query, or none
    where it is known that there are none.
    """

    def __init__(self, viewer: access.Viewer, gallery: Gallery) -> None:
        self.viewer = viewer
        self.gallery = gallery

    @cached_property
    def by_key(self) -> dict[int, Video]:
        """The films by their places' names, in their order."""
        if not self.gallery.has_films:
            return {}
        videos = in_order(video_access.videos_on_page(self.viewer, self.gallery))
        return {-video.pk: video for video in videos}

    @property
    def sections(self) -> dict[int, Section]:
        """The sections that films hang in."""
        found = map(video_access.section_of, self.by_key.values())
        return {section.pk: section for section in found if section}

    def among_photos(self, rows: list[tuple], sections: Mapping[int, Section]) -> list[tuple]:
        """Rows as of ``skeleton.photo_rows`` with those of films between them.

        ``sections`` holds all of the gallery's, unless nothing hangs in any.
        """
        if not self.by_key:
            return rows
        return [*self._merge(rows, sections, (0, SECTION), _photo_row)]

    def among_items(self, rows: list[tuple], sections: Mapping[int, Section]) -> list[tuple]:
        """As :func:`among_photos`, of delivered files: (primary key, photo, section)."""
        if not self.by_key:
            return rows
        return [*self._merge(rows, sections, (PHOTO_OF_ITEM, SECTION_OF_ITEM), _item_row)]

    def _merge(
        self,
        rows: list[tuple],
        sections: Mapping[int, Section],
        columns: tuple[int, int],
        row_of: Callable[[Video], tuple],
    ) -> Iterator[tuple]:
        photo_column, section_column = columns
        first, behind = self._places({row[photo_column] for row in rows})

        def rank(key: int | None) -> tuple[int, int]:
            return (sections[key].position, key) if key in sections else (-1, -1)

        in_sections = {
            key: [*group] for key, group in groupby(rows, key=lambda row: row[section_column])
        }
        for key in sorted({*in_sections, *first}, key=rank):
            yield from map(row_of, first.get(key, ()))
            by_photo = groupby(in_sections.get(key, ()), key=lambda row: row[photo_column])
            for photo, group in by_photo:
                yield from group
                yield from map(row_of, behind.get(photo, ()))

    def _places(
        self, hung: set[int]
    ) -> tuple[dict[int | None, list[Video]], dict[int, list[Video]]]:
        """The films that come first in a section, and those that come behind a photograph."""
        first, behind = defaultdict(list), defaultdict(list)
        stand_ins = self._stand_ins(hung)
        for video in self.by_key.values():
            photo = stand_ins.get(video.after_id, video.after_id)
            section = video_access.section_of(video)
            if photo is None:
                first[section.pk if section else None].append(video)
            else:
                behind[photo].append(video)
        return first, behind

    def _stand_ins(self, hung: set[int]) -> dict[int, int | None]:
        """For photographs that films follow and that do not hang here, the nearest before them in
        their section that does; None where there is none.
        """
        absent = {video.after_id for video in self.by_key.values()} - hung - {None}
        if not absent:
            return {}
        found: dict[int, int | None] = {}
        nearest, last_section = None, None
        rows = Photo.objects.filter(gallery=self.gallery).in_order()
        for photo, section in rows.values_list("pk", "section_id"):
            if section != last_section:
                nearest, last_section = None, section
            if photo in hung:
                nearest = photo
            elif photo in absent:
                found[photo] = nearest
        return {photo: found.get(photo) for photo in absent}

    def tiles(
        self, keys: Sequence[int], start: int, draw: Callable[[list[int], int], list[Tile]]
    ) -> list[Tile]:
        """The tiles of these places; ``draw`` makes those of what is no film.

        ``start`` is the number of the first place.
        """
        places = [place for place, key in enumerate(keys) if key not in self.by_key]
        stills = draw([keys[place] for place in places], start)
        if len(places) == len(keys):
            return stills
        # A still's number counts stills alone.
        numbered = [replace(tile, number=start + places[tile.number - start]) for tile in stills]
        films = [
            _tile(self.by_key[key], start + place)
            for place, key in enumerate(keys)
            if key in self.by_key
        ]
        return sorted([*numbered, *films], key=lambda tile: tile.number)


def _sides(video: Video) -> tuple[int, int]:
    if video.width and video.height:
        return video.width, video.height
    return USUAL_SIDES


def proportion(video: Video) -> int:
    """Width in per cent of the height of the place a film hangs in."""
    return proportion_of(*_sides(video))


def _section_key(video: Video) -> int | None:
    section = video_access.section_of(video)
    return section.pk if section else None


def _photo_row(video: Video) -> tuple:
    return (-video.pk, *_sides(video), _section_key(video), 0)


def _item_row(video: Video) -> tuple:
    return (-video.pk, None, _section_key(video))


def _tile(video: Video, number: int) -> Tile:
    return Tile(
        uuid=video.uuid,
        number=number,
        name=video.title,
        pictures=thumbnail_pictures(video),
        proportion=proportion(video),
        section=video_access.section_of(video),
        film=Film(provider=video.provider, play_url=play_url(video.uuid), url=video.url),
    )
