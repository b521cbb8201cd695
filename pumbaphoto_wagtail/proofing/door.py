"""The door: where a share link arrives.

Opening the address changes nothing but the browser's cookie, since mail scanners open it too.
What is unknown, expired or revoked gets one and the same page.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods
from wagtail.models import Site

from ..models import Gallery, ShareLink
from . import links, pins
from .headers import own_page
from .words import photographer_name, studio_name


@own_page
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, token: str) -> HttpResponse:
    """Let a link's holder in: 303 to the gallery's main page, after the PIN if there is one."""
    link = links.find(token)
    if link is None:
        return closed(request)
    if link.pin_hash and not links.is_opened_by(request, link):
        return _ask_pin(request, link)
    return _let_in(request, link)


def closed(request: HttpRequest) -> HttpResponse:
    """The friendly page for a link that opens nothing; the same for every reason."""
    context = {"studio": studio_name(Site.find_for_request(request))}
    return _unlogged(
        TemplateResponse(request, "pumbaphoto_wagtail/proofing/closed.html", context, status=404)
    )


def _ask_pin(request: HttpRequest, link: ShareLink) -> HttpResponse:
    error = ""
    if request.method == "POST":
        is_right, wait = pins.try_pin(link, request.POST.get("pin", ""), pins.network_of(request))
        if is_right:
            return _let_in(request, link)
        error = _wrong_pin_words(wait)
    context = {"studio": studio_name(link.gallery.site), "error": error}
    status = 403 if error else 200
    return _unlogged(
        TemplateResponse(request, "pumbaphoto_wagtail/proofing/pin.html", context, status=status)
    )


def _wrong_pin_words(wait: int) -> str:
    if not wait:
        return _("That was not the right PIN.")
    minutes = -(-wait // 60)
    if wait < 60:
        return ngettext(
            "Please wait %(count)d second before you try again.",
            "Please wait %(count)d seconds before you try again.",
            wait,
        ) % {"count": wait}
    return ngettext(
        "Please wait %(count)d minute before you try again.",
        "Please wait %(count)d minutes before you try again.",
        minutes,
    ) % {"count": minutes}


def _let_in(request: HttpRequest, link: ShareLink) -> HttpResponse:
    gallery = link.gallery
    location = _page_address(request, gallery)
    if location is None:
        response = _no_page_yet(request, gallery)
    elif _is_elsewhere(request, location) and _is_elsewhere(request, links.address(link)):
        # The cookie has to be set by the site that shows the page.
        return _see_other(links.address(link))
    else:
        response = _see_other(location)
    links.remember(request, response, link)
    return response


def _page_address(request: HttpRequest, gallery: Gallery) -> str | None:
    page = gallery.main_page
    return page.get_url(request) if page is not None and page.live else None


def _is_elsewhere(request: HttpRequest, address: str) -> bool:
    return urlsplit(address).netloc not in ("", request.get_host())


def _no_page_yet(request: HttpRequest, gallery: Gallery) -> HttpResponse:
    context = {
        "studio": studio_name(gallery.site),
        "photographer": photographer_name(gallery),
    }
    return TemplateResponse(request, "pumbaphoto_wagtail/proofing/no_page.html", context)


def _unlogged(response: HttpResponse) -> HttpResponse:
    """Django logs the path of every 4xx, and this path holds a token (it asks for this mark)."""
    response._has_been_logged = True
    return response


def _see_other(location: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": location})
