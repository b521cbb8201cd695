"""What a slideshow shows to one viewer: the names of all photographs in turn, and a few at a time
with their pictures.

Nothing is kept between two questions. A browser has the names, asks for the pictures of the next
few, and hears a new version as soon as a photograph has come or gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from uuid import UUID

from django.db.models import Q, QuerySet

from .. import access
from ..delivery.edit_markers import MAIN
from ..models import DeliveryItem, Gallery, Photo
from ..models.photo import gallery_order
from . import slide_order, wall
from .pictures import AWAITED, Picture, Pictures, item_pictures, photo_pictures
from .walls import presentable

# Beyond it, the rest of a library is not shown: so much is known of a show by a browser.
MOST_PHOTOS = 50_000
MOST_AT_ONCE = 100


def show_address(page_address: str) -> str:
    """Where the slideshow of a gallery's page is."""
    return f"{page_address}slideshow/"


class Slides:
    """The photographs of galleries, in their order, that a viewer may see.

    ``seed`` decides wherever chance does: see :func:`slide_order.in_turn`.
    """

    def __init__(
        self,
        viewer: access.Viewer,
        galleries: QuerySet[Gallery] | list[Gallery],
        *,
        seed: str,
        is_shuffled: bool,
        is_half_first: bool = False,
    ) -> None:
        self.viewer = viewer
        self.galleries = galleries
        self.seed = seed
        self.is_shuffled = is_shuffled
        self.is_half_first = is_half_first

    @cached_property
    def turn(self) -> list[UUID]:
        """Every photograph once, in the order in which they are shown. Two queries at most."""
        return slide_order.in_turn(
            self._albums(),
            seed=self.seed,
            is_shuffled=self.is_shuffled,
            is_half_first=self.is_half_first,
        )

    @property
    def version(self) -> str:
        """Another one as soon as a photograph comes or goes."""
        return slide_order.version_of(self.turn)

    @property
    def plan(self) -> dict:
        """What a browser goes by: all names in turn, and the version they belong to."""
        return {"version": self.version, "names": [slide_order.name_of(uuid) for uuid in self.turn]}

    def with_names(self, names: Iterable[str]) -> list[dict]:
        """The slides with these names, in this order, at most :data:`MOST_AT_ONCE` of them.

        What has gone meanwhile, or is this viewer's to see no more, is left out.
        """
        wanted = [name for name in names if slide_order.NAME.fullmatch(name)][:MOST_AT_ONCE]
        meant = Q(pk__in=[])
        for name in wanted:
            meant |= Q(uuid__range=slide_order.range_of(name))
        found = self._photos.filter(meant).values_list("uuid", "pk")
        keys = {slide_order.name_of(uuid): key for uuid, key in found}
        return self._slides([keys[name] for name in dict.fromkeys(wanted) if name in keys])

    def at(self, place: int) -> dict | None:
        """The slide at a place of the turn, from 0."""
        if not 0 <= place < len(self.turn):
            return None
        keys = self._photos.filter(uuid=self.turn[place]).values_list("pk", flat=True)
        return next(iter(self._slides([*keys])), None)

    @property
    def _photos(self) -> QuerySet[Photo]:
        photos = presentable(access.photos_visible_to(self.viewer, "view"))
        return photos.filter(gallery__in=self.galleries)

    def _albums(self) -> Iterable[list[UUID]]:
        rows = self._photos.order_by("gallery_id", *gallery_order())
        albums: dict[int, list[UUID]] = {key: [] for key in self._gallery_keys}
        for gallery, uuid in rows.values_list("gallery_id", "uuid")[:MOST_PHOTOS]:
            albums.setdefault(gallery, []).append(uuid)
        return albums.values()

    @cached_property
    def _gallery_keys(self) -> list[int]:
        if isinstance(self.galleries, list):
            return [gallery.pk for gallery in self.galleries]
        return [*self.galleries.values_list("pk", flat=True)]

    # --- With pictures ---------------------------------------------------------------------------

    def _slides(self, keys: list[int]) -> list[dict]:
        photos = wall.photos_with(keys)
        edits, titles = self._edits(photos), self._titles(photos)
        slides = (self._slide(photo, edits.get(photo.pk), titles) for photo in photos)
        return [slide for slide in slides if slide is not None]

    def _slide(
        self, photo: Photo, edit: DeliveryItem | None, titles: dict[int, str]
    ) -> dict | None:
        pictures = photo_pictures(photo, self.viewer)
        if edit is not None:
            pictures = item_pictures(edit.uuid, edit.stored_file) or pictures
        if pictures is None:
            return None
        title = titles.get(photo.gallery_id, "")
        section = photo.section.title if photo.section else ""
        return {
            "name": slide_order.name_of(photo.uuid),
            "caption": " · ".join(filter(None, [title, section])),
            "view": _picture(pictures.view),
            "display": _picture(pictures.display),
            # Has still to be made: it is asked for, and shown later.
            "is_awaited": _is_awaited(pictures),
        }

    def _titles(self, photos: list[Photo]) -> dict[int, str]:
        """What the galleries are called, where photographs of several are shown."""
        if isinstance(self.galleries, list):
            return {}
        meant = Gallery.objects.filter(pk__in={photo.gallery_id for photo in photos})
        return dict(meant.values_list("pk", "title"))

    def _edits(self, photos: list[Photo]) -> dict[int, DeliveryItem]:
        """What was made of these photographs and delivered, where the viewer's links give it."""
        galleries = {photo.gallery_id for photo in photos}
        edits: dict[int, DeliveryItem] = {}
        for link in self.viewer.live_links:
            if link.gallery_id not in galleries:
                continue
            items = access.items_visible_to(self.viewer, self._gallery_of(link))
            items = items.filter(Q(edit__variant=MAIN) | Q(edit=None), photo__in=photos)
            for item in wall.items_with([*items.values_list("pk", flat=True)]):
                edits[item.photo_id] = item
        return edits

    def _gallery_of(self, link) -> Gallery:
        given = self.galleries if isinstance(self.galleries, list) else []
        known = {gallery.pk: gallery for gallery in given}
        return known.get(link.gallery_id) or link.gallery


def _picture(picture: Picture) -> dict:
    return {
        "url": picture.url,
        "width": picture.width,
        "height": picture.height,
        "sources": [{"type": source.type, "url": source.url} for source in picture.sources],
    }


def _is_awaited(pictures: Pictures) -> bool:
    return any(AWAITED in picture.url for picture in (pictures.view, pictures.display))
