"""A part of a wall: what hangs on one page of it, for templates and for the page's JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.core.paginator import Page
from django.utils.translation import gettext as _

from .finished_sections import SectionDownload
from .pictures import Picture
from .skeleton import Skeleton
from .wall import Tile


class Show(StrEnum):
    """What hangs on the wall."""

    ALL = "all"
    FAVOURITES = "favourites"
    NOTES = "notes"
    NEW = "new"
    SENT = "sent"
    READY = "ready"
    # What an album designer's link was made for.
    LIST = "list"


# A tile as the page's JavaScript copies it: it writes what it knows in place of the braces.
PATTERN = {"number": "{number}", "name": "{name}", "proportion": 150}


@dataclass(frozen=True, kw_only=True)
class Part:
    """What hangs in a part of a wall, and the skeleton of the whole."""

    show: Show
    skeleton: Skeleton
    page: Page
    tiles: list[Tile]
    # At the heads of finished sections, by their primary keys.
    downloads: Mapping[int, SectionDownload] = field(default_factory=dict)
    # The places of films, from 0: who counts photographs leaves them out.
    films: tuple[int, ...] = ()

    @property
    def empty_words(self) -> str:
        """What stands there when nothing hangs."""
        if self.show == Show.FAVOURITES:
            return _("No favourites yet. Tap the heart on a photo, and it waits for you here.")
        if self.show == Show.NOTES:
            return _("No notes yet. Open a photo and write what you would like.")
        if self.show == Show.LIST:
            return _("Nothing has been chosen for it yet. Look in again soon.")
        if self.show == Show.NEW:
            return _("There is nothing new.")
        return _("The photos are on their way. Look in again soon.")

    @property
    def pattern(self) -> dict:
        return PATTERN

    def as_json(self, *, with_skeleton: bool = True) -> dict:
        """As the JavaScript reads it, in the page and from the feed; ``start`` counts from 0."""
        answer = {
            "show": self.show,
            "version": self.skeleton.version,
            "start": max(0, self.page.start_index() - 1),
            "photos": [tile_as_json(tile) for tile in self.tiles],
        }
        if with_skeleton:
            answer |= {
                "skeleton": self.skeleton.as_json(self.downloads),
                "films": self.films,
                "empty": self.empty_words,
            }
        return answer


def tile_as_json(tile: Tile) -> dict:
    """What the browser knows of one photo."""
    pictures, film = tile.pictures, tile.film
    return {
        "uuid": str(tile.uuid),
        "number": tile.number,
        "name": tile.name,
        "alt": alt_of(tile),
        "colour": tile.colour,
        "isNew": tile.is_new,
        "isFavourite": tile.is_favourite,
        # A film may have no picture.
        "grid": _picture(pictures.grid) if pictures else None,
        "view": _picture(pictures.view) if pictures else None,
        "display": _picture(pictures.display) if pictures else None,
        "film": {"provider": film.provider, "play": film.play_url} if film else None,
        "proportion": tile.proportion,
        "download": tile.download_url,
        "web": tile.web_url,
        "ask": tile.ask_url,
        "compare": tile.compare_url,
        "consent": tile.consent,
        "isAllowed": tile.is_allowed,
        "size": tile.size,
    }


def alt_of(tile: Tile) -> str:
    """What a tile is called for who does not see it."""
    if tile.film is None:
        return _("Photo %(number)d") % {"number": tile.number}
    return _("Film: %(title)s") % {"title": tile.name} if tile.name else _("Film")


def _picture(picture: Picture) -> dict:
    return {
        "url": picture.url,
        "width": picture.width,
        "height": picture.height,
        "sources": [{"url": source.url, "type": source.type} for source in picture.sources],
    }
