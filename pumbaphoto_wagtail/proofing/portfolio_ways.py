"""The ways through a portfolio: up the tree of its index pages, and from gallery to gallery."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from wagtail.models import Page

from .. import access
from ..models import Gallery
from . import links, portfolio
from .portfolio import IndexKind
from .shared_with_me import narrow


@dataclass(frozen=True, kw_only=True)
class Way:
    """A page to go to."""

    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Where a visitor of a gallery can go: the index pages above it, the nearest last, and the
    galleries beside it in the listing of that one.
    """

    above: tuple[Way, ...]
    previous: Way | None
    next: Way | None

    @property
    def back(self) -> Way:
        """To all galleries of the index page that the gallery is on."""
        return self.above[-1]


def remember_way(index: Page, request: HttpRequest) -> None:
    """Note, while an address is being followed, that it leads over this index page."""
    request.__dict__.setdefault("_pumbaphoto_way", []).append(index)


def way_to(page: Page, request: HttpRequest) -> list[Page]:
    """The index pages on the way to a page, as the address was followed."""
    way = getattr(request, "_pumbaphoto_way", [])
    return [index for index in way if index.pk != page.pk and page.path.startswith(index.path)]


def ways_above(page: Page, request: HttpRequest) -> tuple[Way, ...]:
    """The portfolios above a page that this viewer may see, the nearest last."""
    viewer = links.viewer(request)
    return tuple(
        Way(title=index.title, url=index.get_url(request))
        for index in way_to(page, request)
        if index.kind == IndexKind.PORTFOLIO and access.may_see_page(viewer, index)
    )


def ways_from(page: Page, gallery: Gallery, request: HttpRequest) -> Ways | None:
    """Where to go from a gallery's page; None where it is on no portfolio that the viewer sees."""
    indexes = way_to(page, request)
    above = ways_above(page, request)
    if not above or indexes[-1].kind != IndexKind.PORTFOLIO:
        return None
    index, viewer = indexes[-1], links.viewer(request)
    if not access.may_see_page(viewer, index):
        return None
    listed = narrow(portfolio.galleries_below([index], viewer), request).galleries
    listed = portfolio.directly_on(index, listed, viewer)
    near = portfolio.beside(listed, index.order, gallery)
    return Ways(above=above, previous=_way(near.previous, request), next=_way(near.next, request))


def _way(gallery: Gallery | None, request: HttpRequest) -> Way | None:
    if gallery is None:
        return None
    return Way(title=gallery.main_page.title, url=gallery.main_page.get_url(request))
