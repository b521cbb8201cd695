"""What the grid's script asks for: the places of all photos, and what hangs in some of them.

With the keys of all photos and their sections a browser can lay out thousands at once, and fetch
what hangs in a place when somebody comes near it.
"""

from __future__ import annotations

import hashlib
from itertools import groupby

from django.core.paginator import Paginator
from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest, JsonResponse

from ..access import DECIDING
from ..delivery.selected import counting_picks
from ..models import SETTLED_STAGES, AccessPolicy, Gallery
from ..proofing.headers import make_private
from .photo_filters import PhotoList, Wanted
from .photo_orders import BY_GALLERY
from .photo_tiles import Tile, tiles_of
from .rooms import GalleryView

# Photos of one answer, and of one page where there is no script; as in gallery/wall_feed.js.
PAGE_SIZE = 60
# What a photo's own row says of how it is shown.
FLAGS = ("is_shown", "is_hidden", "is_couple_only")


class PhotoFeedView(GalleryView):
    """``?page=3``: what hangs on that page; with ``&skeleton`` the places of all as well.

    ``?mark=…``: only whether anything has changed since the mark was given out.
    """

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest, *args, **kwargs) -> JsonResponse:
        if "mark" in request.GET:
            return make_private(JsonResponse(news(self.gallery)))
        places = Places(PhotoList(self.gallery, Wanted.read(request.GET.dict())))
        answer = places.page_as_json(request.GET.get("page", "1"))
        if "skeleton" in request.GET:
            answer |= places.as_json() | news(self.gallery)
        return make_private(JsonResponse(answer))


class Places:
    """The places of all photos that were asked for. One query."""

    def __init__(self, photo_list: PhotoList) -> None:
        self.photo_list = photo_list
        rows = [*photo_list.photos().values_list("pk", "section")]
        self.keys = [key for key, _section in rows]
        self.stretches = self._stretches(rows)
        content = repr((self.keys, self.stretches))
        self.version = hashlib.sha256(content.encode()).hexdigest()[:16]

    def _stretches(self, rows: list[tuple]) -> list[dict]:
        """The sections that follow each other; one without a name where the order knows none."""
        if self.photo_list.wanted.sort != BY_GALLERY:
            return [{"title": "", "amount": len(rows)}]
        titles = {section.pk: section.title for section in self.photo_list.sections}
        return [
            {"title": titles.get(key, ""), "amount": sum(1 for _row in group)}
            for key, group in groupby(rows, key=lambda row: row[1])
        ]

    def as_json(self) -> dict:
        """Keys as steps from the one before, since most of them follow each other."""
        before = [0, *self.keys]
        return {
            "steps": [key - last for key, last in zip(self.keys, before, strict=False)],
            "sections": self.stretches,
        }

    def tiles(self, number: int | str) -> tuple[int, list[Tile]]:
        """The place of the first tile of a page, and its tiles; beyond the last it is the last."""
        page = Paginator(self.keys, PAGE_SIZE).get_page(number)
        start = max(page.start_index() - 1, 0)
        return start, tiles_of(self.photo_list.gallery, [*page.object_list])

    def page_as_json(self, number: int | str) -> dict:
        start, tiles = self.tiles(number)
        return {"version": self.version, "start": start, "tiles": [t.as_json() for t in tiles]}


def news(gallery: Gallery) -> dict:
    """``mark``: another one as soon as the grid would look different. ``isMoving``: whether it
    will by itself, since files are on their way. Queries that add up, whatever the size.
    """
    moving = ~Q(picture__stage__in=SETTLED_STAGES) | Q(picture__render_requested_at__isnull=False)
    of_rows = ("pk", "picture", "section", "position", "picture__turned")
    seen = gallery.photos.aggregate(
        photos=Count("pk"),
        stages=Max("picture__stage_changed_at"),
        deleted=Max("deleted_at"),
        **{f"sum_{name}": Sum(name, default=0) for name in of_rows},
        **{f"of_{name}": Sum("pk", filter=Q(**{name: True}), default=0) for name in FLAGS},
        moving=Count("pk", filter=moving),
    )
    rules = AccessPolicy.objects.filter(photo__gallery=gallery, visibility__in=DECIDING)
    told = counting_picks(gallery).aggregate(Count("pk"), Max("pk"), Max("picked_at"))
    told |= rules.aggregate(rules=Count("pk"))
    content = repr((sorted(seen.items()), sorted(told.items())))
    mark = hashlib.sha256(content.encode()).hexdigest()[:16]
    return {"mark": mark, "isMoving": bool(seen["moving"])}
