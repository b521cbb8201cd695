"""What a gallery page shows to this visitor, now: the words, the photos, and what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse

from .. import access
from ..models import (
    DeliveryItem,
    Downloads,
    Gallery,
    Kind,
    Photo,
    Pick,
    ShareLink,
    State,
)
from ..permissions import may
from . import family, links, wall
from .choosing import Choosing
from .closed_gallery import Asking, asking
from .limits import Tally
from .novelty import new_since
from .parts import Part, Show
from .pictures import Pictures
from .skeleton import Stretch, item_skeleton, items_in_order, photo_skeleton
from .spot import Place, Spot, place_among
from .words import Greeting, Onlooker, greeting, photographer_name

# Width in per cent of the height, from which on a picture can be a cover.
LANDSCAPE = 120
FEW = 3


@dataclass(frozen=True, kw_only=True)
class SentNote:
    """What was written to a photo, as it was sent."""

    number: int
    uuid: UUID
    words: str


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """A gallery as one visitor may see it. Everything a template needs, and no more."""

    gallery: Gallery
    link: ShareLink | None
    is_staff: bool
    greeting: Greeting
    photographer: str
    # None for a visitor without a link.
    choosing: Choosing | None = None
    show: Show = Show.ALL
    choices: tuple[Show, ...] = ()
    part: Part | None = None
    may_download_all: bool = False
    download_bytes: int = 0
    # What the photographer wrote with the newest delivery.
    letter: str = ""
    # Where the photos of an archived gallery are asked for.
    asking: Asking | None = None

    @property
    def can_choose(self) -> bool:
        return self.choosing is not None and self.choosing.can_choose

    @property
    def can_take_back(self) -> bool:
        return self.choosing is not None and self.choosing.can_take_back

    @property
    def tally(self) -> Tally | None:
        """How many are chosen, where one may choose."""
        return self.choosing.sheet.tally if self.can_choose else None

    @property
    def picks(self) -> list[Pick]:
        return self.choosing.picks if self.choosing else []

    @property
    def is_closed(self) -> bool:
        return self.gallery.state == State.ARCHIVED

    @property
    def is_preview(self) -> bool:
        """Whether a photographer looks at their own gallery, without anybody's link."""
        return self.is_staff and self.link is None

    @property
    def family_url(self) -> str:
        """Where this visitor lets others look; empty if that is not theirs to do."""
        if self.is_closed or not family.may_share(self.link):
            return ""
        return reverse("pumbaphoto_wagtail:family", args=[self.gallery.uuid])

    @property
    def cover(self) -> Pictures | None:
        """The first landscape on the first page, for pages that have no cover of their own."""
        if self.page is None or self.page.number > 1 or self.show not in (Show.ALL, Show.READY):
            return None
        wide = (tile.pictures for tile in self.tiles if tile.pictures.proportion >= LANDSCAPE)
        return next(wide, None)

    @property
    def is_short(self) -> bool:
        """Whether there are so few photos that they can hang large."""
        return self.page is not None and self.page.paginator.count <= FEW

    @property
    def for_browser(self) -> dict:
        """What the page's JavaScript starts from; the same shape as the answers it gets later."""
        if self.choosing is None:
            return {"favourites": [], "notes": {}, "can_choose": False}
        return self.choosing.for_browser

    @property
    def page(self) -> Page | None:
        """The page of the plain pager."""
        return self.part.page if self.part else None

    @property
    def tiles(self) -> list[wall.Tile]:
        return self.part.tiles if self.part else []

    @property
    def hangings(self) -> list[wall.Hanging]:
        return wall.hang(self.tiles)

    @property
    def sent_notes(self) -> list[SentNote]:
        """The notes of a selection that was sent, by the photos' places on its wall."""
        if self.show != Show.SENT:
            return []
        numbers = {key: number for number, key in enumerate(self.part.skeleton.keys, start=1)}
        noted = [pick for pick in self.picks if pick.note and pick.photo_id in numbers]
        notes = [
            SentNote(number=numbers[pick.photo_id], uuid=pick.photo.uuid, words=pick.note)
            for pick in noted
        ]
        return sorted(notes, key=lambda note: note.number)

    @property
    def anchors(self) -> list[Stretch]:
        """The sections to jump to."""
        if self.part is None or self.show != Show.ALL:
            return []
        return [stretch for stretch in self.part.skeleton.stretches if stretch.section]


def present(request: HttpRequest, gallery: Gallery) -> Presentation | None:
    """What this request's viewer sees of a gallery; None if there is nothing for them here.

    The query string chooses among what they may see: ``show`` and ``page``.
    """
    viewer = links.viewer(request)
    if not access.may_see_gallery(viewer, gallery):
        return None
    return _Presenter(request, viewer, gallery).presentation()


def present_part(request: HttpRequest, gallery: Gallery) -> Part | None:
    """What hangs where ``show`` and ``page`` point to; None if there is nothing for this viewer."""
    presenter = _presenter(request, gallery)
    return presenter.part() if presenter else None


def find_place(request: HttpRequest, gallery: Gallery, uuid: UUID) -> int | None:
    """Where a photo hangs on the wall that ``show`` names, from 0; None if it does not."""
    presenter = _presenter(request, gallery)
    return presenter.place_of(uuid) if presenter else None


def present_photo(
    request: HttpRequest, gallery: Gallery, uuid: UUID
) -> tuple[Presentation, Spot | None] | None:
    """As :func:`present`, with a photo or delivered file in place of the wall.

    Its spot is on the wall that ``show`` names, or else on the first that holds it; None if it
    hangs nowhere for this viewer.
    """
    viewer = links.viewer(request)
    if not access.may_see_gallery(viewer, gallery):
        return None
    presenter = _Presenter(request, viewer, gallery)
    return presenter.outline(), presenter.spot(uuid)


def _presenter(request: HttpRequest, gallery: Gallery) -> _Presenter | None:
    viewer = links.viewer(request)
    if gallery.state == State.ARCHIVED or not access.may_see_gallery(viewer, gallery):
        return None
    return _Presenter(request, viewer, gallery)


def presentable(photos: QuerySet[Photo]) -> QuerySet[Photo]:
    """What a page shows of what a viewer may see; staff may see more than is presented."""
    return photos.with_picture().filter(is_shown=True, is_hidden=False)


class _Presenter:
    """Gathers a presentation, each fact once."""

    def __init__(self, request: HttpRequest, viewer: access.Viewer, gallery: Gallery) -> None:
        self.request = request
        self.gallery = gallery
        self.link = viewer.link_for(gallery)
        self.is_staff = may(viewer.user, "view", gallery)
        # Who comes with a link sees what the link shows, even if they are the photographer.
        is_recipient = self.link is not None and self.is_staff
        self.viewer = replace(viewer, user=AnonymousUser()) if is_recipient else viewer
        if self.link is not None:
            self.link.gallery = gallery
        wanted = request.GET.get("list", "")
        self.choosing = Choosing(self.link, gallery, wanted) if self.link else None

    def presentation(self) -> Presentation:
        outline = self.outline()
        if outline.is_closed:
            return outline
        letter = self._letter() if self.show == Show.READY else {}
        return replace(outline, part=self.part(), **letter)

    def outline(self) -> Presentation:
        """Everything but the wall."""
        shared = self._shared()
        if self.gallery.state == State.ARCHIVED:
            return Presentation(**shared, asking=self.link and asking(self.link, self.gallery))
        return Presentation(**shared, show=self.show, choices=self.choices)

    def part(self) -> Part:
        """The part of the wall that the query string names."""
        number = self.request.GET.get("page", 1)
        return self._item_part(number) if self.show == Show.READY else self._photo_part(number)

    def place_of(self, uuid: UUID) -> int | None:
        place = place_among(self._rows(self.show), uuid)
        return place.index if place else None

    def spot(self, uuid: UUID) -> Spot | None:
        if self.gallery.state == State.ARCHIVED:
            return None
        for show in dict.fromkeys((self.show, *self.choices)):
            place = place_among(self._rows(show), uuid)
            if place is not None:
                return self._spot(show, place)
        return None

    def _spot(self, show: Show, place: Place) -> Spot | None:
        draw = self._item_tiles if show == Show.READY else self._photo_tiles
        tile = next(iter(draw([place.key], place.index + 1)), None)
        if tile is None:
            return None
        return Spot(
            tile=tile, show=show, count=place.count, previous=place.previous, next=place.next
        )

    def _rows(self, show: Show) -> list[tuple[int, UUID]]:
        """All that hangs on a wall, in its order: primary key and UUID."""
        is_delivered = show == Show.READY
        hung = items_in_order(self.items) if is_delivered else self._photographs(show).in_order()
        return [*hung.values_list("pk", "uuid")]

    def _shared(self) -> dict:
        return {
            "gallery": self.gallery,
            "link": self.link,
            "is_staff": self.is_staff,
            "greeting": self._greeting(),
            "photographer": photographer_name(self.gallery),
            "choosing": self.choosing,
        }

    def _greeting(self) -> Greeting:
        if self.choosing is not None:
            return self.choosing.greeting(has_delivered=self.has_delivered)
        return greeting(
            self.gallery, Onlooker(is_staff=self.is_staff, has_delivered=self.has_delivered)
        )

    @property
    def can_choose(self) -> bool:
        return self.choosing is not None and self.choosing.can_choose

    @property
    def is_sent(self) -> bool:
        return self.choosing is not None and self.choosing.is_sent

    @property
    def picks(self) -> list[Pick]:
        return self.choosing.picks if self.choosing else []

    # --- What hangs on the wall ------------------------------------------------------------------

    @cached_property
    def items(self) -> QuerySet[DeliveryItem]:
        return access.items_visible_to(self.viewer, self.gallery)

    @cached_property
    def has_delivered(self) -> bool:
        """Whether anything delivered hangs here for this viewer."""
        return self.items.exists()

    @cached_property
    def choices(self) -> tuple[Show, ...]:
        ready = (Show.READY,) if self.has_delivered else ()
        if self.can_choose:
            first = (Show.ALL, Show.FAVOURITES, Show.NOTES, *self._new())
            # What was delivered comes first, unless somebody has come to choose for a list.
            return (*first, *ready) if self._has_come_to_choose else (*ready, *first)
        sent = (Show.SENT,) if self.is_sent else ()
        # A delivery of finished photos is all there is.
        everything = () if ready and self.gallery.kind == Kind.FINISHED else (Show.ALL,)
        return (*ready, *sent, *everything)

    @property
    def _has_come_to_choose(self) -> bool:
        return self.gallery.state != State.DELIVERED or "list" in self.request.GET

    @cached_property
    def show(self) -> Show:
        wanted = self.request.GET.get("show", "")
        return next((choice for choice in self.choices if choice == wanted), self.choices[0])

    def _new(self) -> tuple[Show, ...]:
        since = self.new_since
        is_there = since and self._photographs(Show.ALL).filter(created_at__gt=since).exists()
        return (Show.NEW,) if is_there else ()

    @cached_property
    def new_since(self) -> datetime | None:
        """What was added later is new to the holder of this link; None: nothing is."""
        return new_since(self.link, self.gallery) if self.can_choose else None

    def _letter(self) -> dict:
        newest_first = self.items.order_by("-delivery__number")
        return {
            "letter": newest_first.values_list("delivery__words", flat=True).first() or "",
            "may_download_all": self._may_download(Downloads.FULL),
            "download_bytes": self.items.aggregate(total=Sum("size"))["total"] or 0,
        }

    def _may_download(self, size: str) -> bool:
        return access.may_download(self.viewer, self.gallery, size)

    def _item_part(self, number: int | str) -> Part:
        skeleton = item_skeleton(self.items)
        page = skeleton.page(number)
        tiles = self._item_tiles(page.object_list, page.start_index())
        return Part(show=self.show, skeleton=skeleton, page=page, tiles=tiles)

    def _photo_part(self, number: int | str) -> Part:
        skeleton = photo_skeleton(self._photographs())
        page = skeleton.page(number)
        tiles = self._photo_tiles(page.object_list, page.start_index())
        return Part(show=self.show, skeleton=skeleton, page=page, tiles=tiles)

    def _item_tiles(self, keys: Sequence[int], start: int) -> list[wall.Tile]:
        return wall.item_tiles(
            wall.items_with(keys),
            full=self._may_download(Downloads.FULL),
            web=self._may_download(Downloads.WEB),
            start=start,
        )

    def _photo_tiles(self, keys: Sequence[int], start: int) -> list[wall.Tile]:
        return wall.photo_tiles(
            wall.photos_with(keys), self.picks, start=start, new_since=self.new_since
        )

    def _photographs(self, show: Show | None = None) -> QuerySet[Photo]:
        """The photographs that hang on a wall, by default on the one that is shown."""
        show = show or self.show
        photos = presentable(access.photos_visible_to(self.viewer, "grid")).filter(
            gallery=self.gallery
        )
        if show == Show.NEW:
            return photos.filter(created_at__gt=self.new_since)
        if show == Show.ALL:
            return photos
        return photos.filter(pk__in=self._picked(show).values("photo"))

    def _picked(self, show: Show) -> QuerySet[Pick]:
        basis = self.choosing.basis if self.choosing else None
        chosen = basis.picks.all() if basis else Pick.objects.none()
        if show == Show.FAVOURITES:
            return chosen.filter(is_favourite=True)
        return chosen.exclude(note="") if show == Show.NOTES else chosen
