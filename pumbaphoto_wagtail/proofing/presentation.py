"""What a gallery page shows to this visitor, now: the words, the photos, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse

from .. import access
from ..conf import settings
from ..models import (
    DeliveryItem,
    Downloads,
    Gallery,
    Kind,
    Photo,
    Pick,
    Selection,
    ShareLink,
    State,
)
from ..permissions import may
from . import links, picks, submission, wall
from .limits import Tally
from .pictures import Pictures
from .words import Greeting, greeting, photographer_name

# Width in per cent of the height, from which on a picture can be a cover.
LANDSCAPE = 120
FEW = 3


class Show(StrEnum):
    """What hangs on the wall."""

    ALL = "all"
    FAVOURITES = "favourites"
    NOTES = "notes"
    SENT = "sent"
    READY = "ready"


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """A gallery as one visitor may see it. Everything a template needs, and no more."""

    gallery: Gallery
    link: ShareLink | None
    is_staff: bool
    greeting: Greeting
    photographer: str
    can_choose: bool = False
    can_take_back: bool = False
    selection: Selection | None = None
    tally: Tally | None = None
    picks: list[Pick] = field(default_factory=list)
    show: Show = Show.ALL
    choices: tuple[Show, ...] = ()
    page: Page | None = None
    hangings: list[wall.Hanging] = field(default_factory=list)
    anchors: list[wall.SectionAnchor] = field(default_factory=list)
    may_download_all: bool = False
    download_bytes: int = 0
    # What the photographer wrote with the newest delivery.
    letter: str = ""

    @property
    def is_closed(self) -> bool:
        return self.gallery.state == State.ARCHIVED

    @property
    def is_preview(self) -> bool:
        """Whether a photographer looks at their own gallery, without anybody's link."""
        return self.is_staff and self.link is None

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
        state = {"favourites": [], "notes": {}, "can_choose": self.can_choose}
        if not self.can_choose:
            return state
        return {
            **state,
            "favourites": [str(pick.photo.uuid) for pick in self.picks if pick.is_favourite],
            "notes": {str(pick.photo.uuid): pick.note for pick in self.picks if pick.note},
            "note_max_length": settings.NOTE_MAX_LENGTH,
            "addresses": {
                name: reverse(f"pumbaphoto_wagtail:{name}", args=[self.gallery.uuid])
                for name in ("favourite", "note")
            },
            **self.tally.as_json(),
        }

    @property
    def tiles(self) -> list[wall.Tile]:
        return [tile for hanging in self.hangings for tile in hanging.tiles]


def present(request: HttpRequest, gallery: Gallery) -> Presentation | None:
    """What this request's viewer sees of a gallery; None if there is nothing for them here.

    The query string chooses among what they may see: ``show`` and ``page``.
    """
    viewer = links.viewer(request)
    if not access.may_see_gallery(viewer, gallery):
        return None
    return _Presenter(request, viewer, gallery).presentation()


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
        self.selection = picks.selection_of(self.link, gallery) if self.link else None
        if self.selection is not None:
            self.selection.share_link = self.link

    def presentation(self) -> Presentation:
        shared = self._shared()
        if self.gallery.state == State.ARCHIVED:
            return Presentation(**shared)
        choices = self._choices()
        show = self._show(choices)
        shared |= {"show": show, "choices": choices}
        if show == Show.READY:
            return Presentation(**shared, **self._delivered())
        return Presentation(**shared, **self._photographs(show))

    def _shared(self) -> dict:
        chosen = [pick for pick in self.picks if pick.is_favourite]
        has_words = self.link is not None or self.is_staff
        words = greeting(
            self.gallery,
            self.selection,
            chosen=len(chosen),
            may_choose=self.link is None or self.link.may_choose,
        )
        return {
            "gallery": self.gallery,
            "link": self.link,
            "is_staff": self.is_staff,
            "greeting": words if has_words else Greeting(),
            "photographer": photographer_name(self.gallery),
            "can_choose": self.can_choose,
            "can_take_back": self._can_take_back(),
            "selection": self.selection,
            "tally": self._tally(len(chosen)),
            "picks": self.picks,
        }

    @property
    def is_sent(self) -> bool:
        return self.selection is not None and self.selection.is_submitted

    @property
    def can_choose(self) -> bool:
        return (
            self.link is not None
            and self.link.may_choose
            and self.gallery.kind == Kind.CHOOSE
            and self.gallery.state == State.ACTIVE
            and not self.is_sent
        )

    def _can_take_back(self) -> bool:
        return self.is_sent and submission.may_be_taken_back(self.selection, self.gallery)

    def _tally(self, chosen: int) -> Tally | None:
        if not self.can_choose:
            return None
        notes = sum(bool(pick.note) for pick in self.picks)
        return picks.tally(self.gallery, chosen=chosen, notes=notes)

    @property
    def picks(self) -> list[Pick]:
        if not hasattr(self, "_picks"):
            is_open = self.selection is not None and self.gallery.state != State.ARCHIVED
            offered = picks.offered_picks(self.selection) if is_open else Pick.objects.none()
            self._picks = [*offered.select_related("photo").order_by("pk")]
        return self._picks

    # --- What hangs on the wall ------------------------------------------------------------------

    @property
    def items(self) -> QuerySet[DeliveryItem]:
        return access.items_visible_to(self.viewer, self.gallery)

    def _choices(self) -> tuple[Show, ...]:
        if self.can_choose:
            first = (Show.ALL, Show.FAVOURITES, Show.NOTES)
            return (*first, Show.READY) if self.items.exists() else first
        ready = (Show.READY,) if self.items.exists() else ()
        sent = (Show.SENT,) if self.is_sent else ()
        # A delivery of finished photos is all there is.
        everything = () if ready and self.gallery.kind == Kind.FINISHED else (Show.ALL,)
        return (*ready, *sent, *everything)

    def _show(self, choices: tuple[Show, ...]) -> Show:
        wanted = self.request.GET.get("show", "")
        return next((choice for choice in choices if choice == wanted), choices[0])

    def _delivered(self) -> dict:
        page = wall.item_page(self.items, self.request.GET.get("page", 1))
        full = access.may_download(self.viewer, self.gallery, Downloads.FULL)
        web = access.may_download(self.viewer, self.gallery, Downloads.WEB)
        newest_first = self.items.order_by("-delivery__number")
        return {
            "page": page,
            "letter": newest_first.values_list("delivery__words", flat=True).first() or "",
            "hangings": wall.hang(wall.item_tiles(page, full=full, web=web)),
            "may_download_all": full,
            "download_bytes": self.items.aggregate(total=Sum("size"))["total"] or 0,
        }

    def _photographs(self, show: Show) -> dict:
        photos = presentable(access.photos_visible_to(self.viewer, "grid")).filter(
            gallery=self.gallery
        )
        if show != Show.ALL:
            photos = photos.filter(pk__in=self._picked(show).values("photo"))
        page = wall.photo_page(photos, self.request.GET.get("page", 1))
        return {
            "page": page,
            "hangings": wall.hang(wall.photo_tiles(page, self.picks)),
            "anchors": wall.section_anchors(photos) if show == Show.ALL else [],
        }

    def _picked(self, show: Show) -> QuerySet[Pick]:
        chosen = self.selection.picks.all() if self.selection else Pick.objects.none()
        if show == Show.FAVOURITES:
            return chosen.filter(is_favourite=True)
        return chosen.exclude(note="") if show == Show.NOTES else chosen


def chosen_tiles(presentation: Presentation, number: int | str) -> tuple[Page, list[wall.Tile]]:
    """A page of what is picked, hearts and notes alike, for the review."""
    photos = picks.offered_photos(presentation.link).filter(
        pk__in=[pick.photo_id for pick in presentation.picks]
    )
    page = wall.photo_page(photos, number)
    return page, wall.photo_tiles(page, presentation.picks)
