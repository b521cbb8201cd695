"""Serving an index page: its listing, its years, its newest gallery.

What stands on it depends on who looks, down to the counts, and must be gone at once when a gallery
is made private. So nothing of it is kept by any cache, also of what everybody may see.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from wagtail.models import Page

from .. import access
from . import links, portfolio
from .headers import secure_gallery_page
from .portfolio import IndexKind
from .portfolio_page import PortfolioPage
from .shared_with_me import narrow, remember_choice
from .social_cards import may_be_found


def serve_index(page: Page, request: HttpRequest) -> HttpResponse:
    """The listing, or what a search found of it; a client area has its words alone."""
    _let_in(page, request)
    if page.kind == IndexKind.CLIENT_AREA:
        return _respond(page.render(request), page, request)
    remember_choice(request)
    shown = PortfolioPage(page, request)
    response = page.render(request, context_overrides={"portfolio": shown})
    # A search has as many addresses as there are words.
    return _respond(response, page, request, is_public=not shown.words)


def serve_year(page: Page, request: HttpRequest, year: int) -> HttpResponse:
    """The galleries of one year, wherever below they are; Http404 if the viewer may list none."""
    _let_in(page, request)
    remember_choice(request)
    shown = PortfolioPage(page, request, year)
    if not shown.listing.paginator.count and not _has_any(shown):
        raise Http404
    response = page.render(request, context_overrides={"portfolio": shown})
    return _respond(response, page, request, is_public=True)


def _has_any(shown: PortfolioPage) -> bool:
    return shown.all_galleries.filter(shoot_date__year=shown.year).exists()


def redirect_to_latest(page: Page, request: HttpRequest) -> HttpResponse:
    """To the newest gallery that the viewer may list, or back to the index where there is none."""
    _let_in(page, request)
    galleries = portfolio.galleries_below([page], links.viewer(request))
    newest = portfolio.newest(narrow(galleries, request).galleries)
    address = (newest.main_page if newest else page).get_url(request)
    return _respond(HttpResponseRedirect(address), page, request)


def _let_in(page: Page, request: HttpRequest) -> None:
    viewer = links.viewer(request)
    is_preview = getattr(request, "is_preview", False)
    if not is_preview and not access.may_see_page(viewer, page):
        raise Http404


def _respond(
    response: HttpResponse, page: Page, request: HttpRequest, *, is_public: bool = False
) -> HttpResponse:
    patch_vary_headers(response, ["Cookie"])
    return secure_gallery_page(response, is_public=is_public and may_be_found(page, request))
