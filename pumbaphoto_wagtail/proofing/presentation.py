"""What a gallery page shows to this visitor, now: the words, the photos, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page
from django.http import HttpRequest
from django.urls import reverse

from .. import access
from ..models import Gallery, Pick, ShareLink, State, Visibility
from ..permissions import may
from . import family, links, to_keep, wall
from .choosing import Choosing
from .closed_gallery import Asking, asking
from .limits import Tally
from .lists import LABELS
from .parts import Part, Show
from .pictures import Pictures
from .skeleton import Stretch
from .spot import Spot
from .to_keep import ToKeep
from .walls import Walls
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
    to_keep: ToKeep | None = None
    # Whether nothing hangs here: the gallery is archived, and keeps nothing online.
    is_closed: bool = False
    # Where the photos of an archived gallery are asked for.
    asking: Asking | None = None

    @property
    def list_label(self) -> str:
        """What the list that the link is for is called."""
        return str(LABELS.get(self.link.list, "")) if self.link else ""

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
    def is_preview(self) -> bool:
        """Whether a photographer looks at their own gallery, without anybody's link."""
        return self.is_staff and self.link is None

    @property
    def family_url(self) -> str:
        """Where this visitor lets others look; empty if that is not theirs to do."""
        if self.gallery.state == State.ARCHIVED or not family.may_share(self.link):
            return ""
        return reverse("pumbaphoto_wagtail:family", args=[self.gallery.uuid])

    @property
    def cover(self) -> Pictures | None:
        """The first landscape on the first page, for pages that have no cover of their own."""
        if self.page is None or self.page.number > 1 or self.show not in (Show.ALL, Show.READY):
            return None
        photos = (tile.pictures for tile in self.tiles if tile.film is None)
        wide = (pictures for pictures in photos if pictures.proportion >= LANDSCAPE)
        return next(wide, None)

    @property
    def is_short(self) -> bool:
        """Whether there are so few photos that they can hang large."""
        return self.page is not None and self.page.paginator.count <= FEW

    @property
    def has_show(self) -> bool:
        """Whether the slideshow that fills the screen shows what hangs here."""
        is_all = self.show == Show.ALL and not self.can_choose
        return is_all and self.page is not None and self.page.paginator.count > 1

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
        return wall.hang(self.tiles, self.part.downloads if self.part else None)

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
    walls = _walls(request, gallery)
    return walls.part() if walls else None


def find_place(request: HttpRequest, gallery: Gallery, uuid: UUID) -> int | None:
    """Where a photo hangs on the wall that ``show`` names, from 0; None if it does not."""
    walls = _walls(request, gallery)
    return walls.place_of(uuid) if walls else None


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


def _walls(request: HttpRequest, gallery: Gallery) -> Walls | None:
    viewer = links.viewer(request)
    if not access.may_see_gallery(viewer, gallery):
        return None
    walls = _Presenter(request, viewer, gallery).walls
    return None if walls.is_closed else walls


class _Presenter:
    """Gathers a presentation, each fact once."""

    def __init__(self, request: HttpRequest, viewer: access.Viewer, gallery: Gallery) -> None:
        self.gallery = gallery
        self.link = viewer.link_for(gallery)
        self.is_staff = may(viewer.user, "view", gallery)
        # Who comes with a link sees what the link shows, even if they are the photographer.
        is_recipient = self.link is not None and self.is_staff
        if is_recipient:
            viewer = replace(viewer, user=AnonymousUser())
        if self.link is not None:
            self.link.gallery = gallery
        wanted = request.GET.get("list", "")
        self.choosing = Choosing(self.link, gallery, wanted) if self.link else None
        self.walls = Walls(viewer, gallery, self.choosing, request.GET)

    def presentation(self) -> Presentation:
        outline = self.outline()
        if outline.is_closed:
            return outline
        part = self.walls.part()
        if part.show == Show.LIST:
            kept = to_keep.for_list(self.walls.list_wall)
        else:
            kept = to_keep.to_keep(self.walls.viewer, self.link, self.gallery, part)
        return replace(outline, part=part, to_keep=kept)

    def outline(self) -> Presentation:
        """Everything but the wall."""
        shared = self._shared()
        if self.gallery.state == State.ARCHIVED and self.link is not None:
            shared["asking"] = asking(self.link, self.gallery)
        if self.walls.is_closed:
            return Presentation(**shared, is_closed=True)
        return Presentation(**shared, show=self.walls.show, choices=self.walls.choices)

    def spot(self, uuid: UUID) -> Spot | None:
        if self.walls.is_closed:
            return None
        return self.walls.spot(uuid) or self._lone_spot(uuid)

    def _lone_spot(self, uuid: UUID) -> Spot | None:
        """A photo that hangs on no wall, for whoever knows its address."""
        viewer = self.walls.viewer
        photos = self.gallery.photos.filter(uuid=uuid, policy__visibility=Visibility.UNLISTED)
        photo = wall.photos_with([*photos.values_list("pk", flat=True)])
        if not photo or not access.may_see_photo(viewer, photo[0], "view"):
            return None
        tiles = wall.photo_tiles(photo)
        if not tiles:
            return None
        return Spot(tile=tiles[0], show=Show.ALL, count=1, previous=None, next=None)

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
        has_delivered = self.walls.has_delivered
        if self.choosing is not None:
            return self.choosing.greeting(has_delivered=has_delivered)
        return greeting(self.gallery, Onlooker(is_staff=self.is_staff, has_delivered=has_delivered))
