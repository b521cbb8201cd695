"""What messengers, social networks and search engines are told of a page, in its head.

Only of what everybody may see, and only to those of whom nothing is known, as robots come: whoever
holds a link or is signed in looks at the page itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from wagtail.models import AbstractPage, Page

from .. import access
from ..models import Gallery
from ..studio import studio_of_request
from . import links
from .addresses import absolute
from .atom_feed import feed_url
from .pictures import Picture, Pictures
from .portfolio import IndexKind


@dataclass(frozen=True, kw_only=True)
class Head:
    """``card`` is None where a page is not for everybody; ``feed_url`` may be empty."""

    keeps_robots_out: bool
    card: Card | None = None
    feed_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """``url`` is the page's one address; ``image`` and ``image_url``, whole, its picture."""

    title: str
    description: str
    url: str
    site_name: str
    image: Picture | None
    image_url: str


def may_be_found(page: Page, request: HttpRequest) -> bool:
    """Whether search engines may have what this request is answered with."""
    viewer = links.viewer(request)
    if not viewer.is_anybody or studio_of_request(request).keeps_robots_out:
        return False
    return access.may_name_page(viewer, page)


def is_in_sitemap(page: Page, request: HttpRequest | None) -> bool:
    """Whether a site's sitemap names a page: what everybody may find, unless robots stay out."""
    everybody = access.Viewer()
    if request is not None:
        # Of a sitemap's thousand pages only the first one asks who may see what.
        everybody = vars(request).setdefault("_pumbaphoto_everybody", everybody)
    if studio_of_request(request).keeps_robots_out:
        return False
    return access.may_name_page(everybody, page)


def head_of(context: Mapping[str, Any]) -> Head | None:
    """What belongs into the head of a page of ours that is rendered with this context."""
    page, request = context.get("page"), context.get("request")
    if request is None or not isinstance(page, AbstractPage):
        return None
    keeps_out = studio_of_request(request).keeps_robots_out
    viewer = links.viewer(request)
    is_preview = getattr(request, "is_preview", False)
    if is_preview or not viewer.is_anybody or not access.may_see_page(viewer, page):
        return Head(keeps_robots_out=keeps_out)
    is_portfolio = getattr(page, "kind", "") == IndexKind.PORTFOLIO
    return Head(
        keeps_robots_out=keeps_out,
        card=_card(page, request, context),
        feed_url=feed_url(page, request) if is_portfolio else "",
    )


def _card(page: Page, request: HttpRequest, context: Mapping[str, Any]) -> Card:
    pictures = _pictures(context)
    image = pictures.display if pictures else None
    return Card(
        # A site's own base page need not have either.
        title=getattr(page, "seo_title", "") or page.title,
        description=getattr(page, "search_description", ""),
        url=_one_address(page, request, context),
        site_name=studio_of_request(request).name,
        image=image,
        image_url=absolute(image.url, request) if image else "",
    )


def _pictures(context: Mapping[str, Any]) -> Pictures | None:
    """What the page shows first: the photograph it is about, or else its cover."""
    if spot := context.get("spot"):
        return spot.tile.pictures
    if cover := context.get("cover"):
        return cover
    portfolio = context.get("portfolio")
    if portfolio is None:
        return None
    cards = [*portfolio.albums, *(card for group in portfolio.groups for card in group.galleries)]
    shown = filter(None, (portfolio.cover, *(card.lead for card in cards)))
    first = next(shown, None)
    return first.pictures if first else None


def _one_address(page: Page, request: HttpRequest, context: Mapping[str, Any]) -> str:
    gallery = getattr(page, "gallery", None)
    if isinstance(gallery, Gallery):
        own = _main_page(page, gallery).get_full_url(request)
        spot = context.get("spot")
        return f"{own}photo/{spot.tile.uuid}/" if spot else own
    portfolio = context.get("portfolio")
    own = page.get_full_url(request)
    if portfolio is None:
        return own
    if portfolio.year is not None:
        own = absolute(portfolio.year_url(portfolio.year), request)
    number = portfolio.listing.number
    return f"{own}?page={number}" if number > 1 else own


def _main_page(page: Page, gallery: Gallery) -> Page:
    """Of several pages that present a gallery the one that counts; a translation counts itself."""
    main = gallery.main_page
    if main is None or not main.live or main.locale_id != page.locale_id:
        return page
    return main
