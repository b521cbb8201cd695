"""Serving a slideshow: a page like a picture frame, and what its JavaScript asks for.

Without JavaScript the same page shows one photograph after the other by links, or by itself.
The order stands in the address, as a seed: nothing is kept of anybody who looks.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from functools import cached_property

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from wagtail.models import Page

from .. import access
from ..models import Gallery, LinkPurpose, ShareLink, State
from ..studio import remember_studio
from . import links, slide_order
from .headers import make_private, secure_gallery_page, secure_own_page
from .pages import SeeOther, refuse
from .portfolio import Order, galleries_below, ordered
from .slides import Slides, show_address

TEMPLATE = "pumbaphoto_wagtail/proofing/slideshow.html"
SECONDS = 6
# What one may choose in an address.
SHORTEST, LONGEST = 2, 120
SHUFFLED, IN_ORDER = "shuffled", "in_order"
FEED = "slides/"


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a slideshow goes, unless its address says otherwise.

    ``is_endless``: it begins again with another seed, and takes in what comes meanwhile.
    ``is_opened_by_hand``: it waits for a touch, without which no browser gives it the whole screen.
    """

    seconds: int = SECONDS
    is_shuffled: bool = False
    is_half_first: bool = False
    is_endless: bool = False
    is_opened_by_hand: bool = False


class Show:
    """A slideshow as one request asks for it."""

    def __init__(
        self,
        request: HttpRequest,
        viewer: access.Viewer,
        galleries: QuerySet[Gallery] | list[Gallery],
        *,
        address: str,
        manner: Manner,
    ) -> None:
        self.request = request
        self.viewer = viewer
        self.galleries = galleries
        self.address = address
        self.manner = _as_asked(manner, request)

    @cached_property
    def seed(self) -> str:
        seed = self.request.GET.get("seed", "")
        return seed if slide_order.SEED.fullmatch(seed) else secrets.token_hex(4)

    @cached_property
    def slides(self) -> Slides:
        return Slides(
            self.viewer,
            self.galleries,
            seed=self.seed,
            is_shuffled=self.manner.is_shuffled,
            is_half_first=self.manner.is_half_first,
        )

    @property
    def is_over_several(self) -> bool:
        return not isinstance(self.galleries, list)

    # --- Its page --------------------------------------------------------------------------------

    @cached_property
    def place(self) -> int:
        """Which photograph is meant, from 0; beyond the last it is the last."""
        number = self.request.GET.get("at", "")
        place = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 9 else 0
        return max(0, min(place, self.count - 1))

    @property
    def count(self) -> int:
        return len(self.slides.turn)

    @property
    def number(self) -> int:
        return self.place + 1

    @cached_property
    def slide(self) -> dict | None:
        """The photograph that is meant; the browser shows it while the rest arrives."""
        return self.slides.at(self.place)

    @property
    def previous_url(self) -> str:
        return self._at(self.place) if self.place > 0 else ""

    @property
    def next_url(self) -> str:
        if self.number < self.count:
            return self._at(self.number + 1)
        return self._query(seed=secrets.token_hex(4), at=None) if self.manner.is_endless else ""

    @property
    def runs_by_itself(self) -> bool:
        """Without JavaScript, whether the next photograph comes without a click."""
        return "run" in self.request.GET or self.manner.is_endless

    @property
    def refresh(self) -> str:
        """What the page says to a browser without JavaScript: after how long, what."""
        if not self.runs_by_itself:
            return ""
        # One that is empty or at its end may have more in a while.
        address = self.next_url or (self._query() if self.manner.is_endless else "")
        return f"{self.manner.seconds};url={address}" if address else ""

    @property
    def run_url(self) -> str:
        return self._at(self.number, run="1")

    @property
    def stop_url(self) -> str:
        return self._at(self.number, run=None)

    def for_browser(self, *, is_preview: bool = False) -> dict:
        """What the page's JavaScript starts from. A preview has nobody to ask, and gets it all."""
        manner = self.manner
        start = {
            "feed": "" if is_preview else f"{self.address}{FEED}",
            "seed": self.seed,
            "order": SHUFFLED if manner.is_shuffled else IN_ORDER,
            "seconds": manner.seconds,
            "shortest": SHORTEST,
            "longest": LONGEST,
            "is_endless": manner.is_endless,
            "is_opened_by_hand": manner.is_opened_by_hand,
            "first": self.slide,
            "place": self.place,
        }
        if is_preview:
            plan = self.slides.plan
            start |= {"plan": plan, "slides": self.slides.with_names(plan["names"])}
        return start

    def _at(self, number: int, **changes: str | None) -> str:
        return self._query(seed=self.seed, at=str(number), **changes)

    def _query(self, **changes: str | None) -> str:
        query = self.request.GET.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        return f"{self.address}?{query.urlencode()}" if query else self.address

    # --- What it asks for ------------------------------------------------------------------------

    @property
    def answer(self) -> dict:
        """One of two: the slides that ``names`` lists, with points between them; or all names,
        unless ``version`` is theirs already.
        """
        query = self.request.GET
        if "names" in query:
            return {"slides": self.slides.with_names(query["names"].split("."))}
        if query.get("version") == self.slides.version:
            return {"version": self.slides.version}
        return self.slides.plan


def _as_asked(manner: Manner, request: HttpRequest) -> Manner:
    query = request.GET
    order, seconds = query.get("order"), query.get("seconds", "")
    if order in (SHUFFLED, IN_ORDER):
        manner = replace(manner, is_shuffled=order == SHUFFLED)
    if seconds.isascii() and seconds.isdigit() and len(seconds) < 4:
        manner = replace(manner, seconds=max(SHORTEST, min(LONGEST, int(seconds))))
    if "endless" in query:
        manner = replace(manner, is_endless=True, is_opened_by_hand=True)
    return manner


# --- Of one gallery ------------------------------------------------------------------------------


def serve_gallery_show(page, request: HttpRequest) -> HttpResponse:
    """The slideshow of a gallery, for whoever may see it; a party's goes on for ever."""
    show = _gallery_show(page, request)
    if show is None:
        return refuse(request, page.gallery)
    if page.gallery.state == State.ARCHIVED:
        return secure_gallery_page(SeeOther(page.get_url(request)))
    remember_studio(request, page.gallery)
    return secure_own_page(_page(request, show, page, back_url=page.get_url(request)))


def serve_gallery_slides(page, request: HttpRequest) -> JsonResponse:
    """What the slideshow of a gallery asks for. Each time the resolver is asked anew."""
    show = _gallery_show(page, request)
    if show is None or page.gallery.state == State.ARCHIVED:
        raise Http404
    return make_private(JsonResponse(show.answer))


def _gallery_show(page, request: HttpRequest) -> Show | None:
    gallery, viewer = page.gallery, links.viewer(request)
    if gallery is None or not access.may_see_gallery(viewer, gallery):
        return None
    link = viewer.link_for(gallery)
    return Show(
        request,
        _as_holder(viewer, link, gallery),
        [gallery],
        address=show_address(page.get_url(request)),
        manner=_manner_of(link),
    )


def _as_holder(viewer: access.Viewer, link: ShareLink | None, gallery: Gallery) -> access.Viewer:
    """Who comes with a link sees what the link shows, even if they are the photographer."""
    if link is None:
        return viewer
    link.gallery = gallery
    return replace(viewer, user=AnonymousUser())


def _manner_of(link: ShareLink | None) -> Manner:
    if link is None or link.purpose != LinkPurpose.PARTY:
        return Manner()
    return Manner(is_shuffled=True, is_endless=True, is_opened_by_hand=True)


# --- Over several --------------------------------------------------------------------------------


def serve_show(
    page, sources: list[Page], request: HttpRequest, manner: Manner, *, is_preview: bool = False
) -> HttpResponse:
    """The slideshow over all galleries on and below ``sources`` that the visitor finds listed."""
    show = _show(page, sources, request, manner)
    response = secure_own_page(_page(request, show, page, is_preview=is_preview))
    if links.viewer(request).is_anybody:
        del response["X-Robots-Tag"]
    return response


def serve_slides(page, sources: list[Page], request: HttpRequest, manner: Manner) -> JsonResponse:
    """What the slideshow over several galleries asks for."""
    return make_private(JsonResponse(_show(page, sources, request, manner).answer))


def shows_anything(sources: list[Page]) -> bool:
    """Whether everybody sees something in a slideshow over these pages."""
    everybody = access.Viewer()
    galleries = galleries_below(sources, everybody)
    return access.photos_visible_to(everybody, "view").filter(gallery__in=galleries).exists()


def _show(page, sources: list[Page], request: HttpRequest, manner: Manner) -> Show:
    viewer = links.viewer(request)
    galleries = _as_arranged(galleries_below(sources, viewer), sources)
    address = page.get_url(request) or ""
    return Show(request, viewer, galleries, address=address, manner=manner)


def _as_arranged(galleries: QuerySet[Gallery], sources: list[Page]) -> QuerySet[Gallery]:
    """In the order of the sources, and below each of them the newest first."""
    newest = ordered(galleries, Order.NEWEST).query.order_by
    if not sources:
        return galleries
    places = [
        When(main_page__path__startswith=source.path, then=place)
        for place, source in enumerate(sources)
    ]
    return galleries.order_by(Case(*places), *newest)


def _page(
    request: HttpRequest, show: Show, page, *, back_url: str = "", is_preview: bool = False
) -> HttpResponse:
    context = {
        "page": page,
        "show": show,
        "back_url": back_url,
        "for_browser": show.for_browser(is_preview=is_preview),
    }
    return TemplateResponse(request, TEMPLATE, context)
