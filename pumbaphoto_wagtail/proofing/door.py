"""The door: where a share link arrives.

Opening the address changes nothing but the browser's cookie, since mail scanners open it too.
What is unknown, expired or revoked gets one and the same page.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods
from wagtail.models import Site

from ..access import is_valid
from ..client_address import network_of
from ..models import Gallery, LinkPurpose, ShareLink, State
from . import asking, links, pins
from .answering_first import AnswerFirst
from .headers import own_page
from .slides import show_address
from .words import photographer_name, studio_name

# What stands in the place of a token wherever a request's path is written down.
FORGOTTEN = "***"
# Messengers that fetch an address to show what is behind it. They get the studio's name: the
# gallery's page would show them its photographs, where they keep cookies.
PREVIEWERS = re.compile(
    r"facebookexternalhit|facebot|whatsapp|twitterbot|telegrambot|slackbot|slack-imgproxy|"
    r"discordbot|linkedinbot|skypeuripreview|viber|snapchat|mattermost|redditbot|pinterest|"
    r"googlemessages|bingpreview|embedly|vkshare",
    re.IGNORECASE,
)


@csrf_exempt
@sensitive_variables("token")
def door(request: HttpRequest, token: str) -> HttpResponse:
    """Let a link's holder in: 303 to the gallery's main page, after the PIN if there is one.

    Whatever goes wrong from here on, a forged form included, is logged and reported with the
    request's path. So the token is taken out of the request first, and the form is checked after.
    """
    _forget_path(request, token)
    return _door(request, token)


@own_page
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def _door(request: HttpRequest, token: str) -> HttpResponse:
    link = links.find(token)
    if link is None:
        return closed(request)
    if PREVIEWERS.search(request.headers.get("User-Agent", "")):
        return _preview(request, link)
    if link.pin_hash and not links.is_opened_by(request, link):
        return _ask_pin(request, link)
    return _let_in(request, link)


def _forget_path(request: HttpRequest, token: str) -> None:
    request.path = request.path.removesuffix(token) + FORGOTTEN
    request.path_info = request.path_info.removesuffix(token) + FORGOTTEN
    for name in ("PATH_INFO", "RAW_URI", "REQUEST_URI"):
        if name in request.META:
            request.META[name] = request.path


def closed(request: HttpRequest) -> HttpResponse:
    """The friendly page for a link that opens nothing; the same for every reason."""
    context = {"studio": studio_name(Site.find_for_request(request))}
    return TemplateResponse(request, "pumbaphoto_wagtail/proofing/closed.html", context, status=404)


@own_page
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def link_again(request: HttpRequest) -> HttpResponse:
    """Ask for one's link by e-mail. The answer is the same for every address."""
    site = Site.find_for_request(request)
    context = {"studio": studio_name(site)}
    template = "pumbaphoto_wagtail/proofing/link_again.html"
    if request.method != "POST":
        return TemplateResponse(request, template, context)
    context["is_answered"] = True
    if not asking.may_ask(network_of(request)):
        context["is_too_often"] = True
        response = TemplateResponse(request, template, context, status=429)
        response["Retry-After"] = str(asking.WINDOW_SECONDS)
        return response
    email = request.POST.get("email", "")
    return AnswerFirst(request, template, context).then(lambda: asking.send_links_of(email, site))


def _preview(request: HttpRequest, link: ShareLink) -> HttpResponse:
    context = {"studio": studio_name(link.gallery.site)}
    return TemplateResponse(request, "pumbaphoto_wagtail/proofing/preview.html", context)


def _ask_pin(request: HttpRequest, link: ShareLink) -> HttpResponse:
    error = ""
    if request.method == "POST":
        is_right, wait = pins.try_pin(link, request.POST.get("pin", ""), network_of(request))
        if is_right:
            return _let_in(request, link)
        error = _wrong_pin_words(wait)
    context = {"studio": studio_name(link.gallery.site), "error": error}
    status = 403 if error else 200
    return TemplateResponse(request, "pumbaphoto_wagtail/proofing/pin.html", context, status=status)


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
    location = _page_address(request, link)
    if gallery.state == State.ARCHIVED and (location is None or not is_valid(link, timezone.now())):
        location = reverse("pumbaphoto_wagtail:closed_gallery", args=[gallery.uuid])
    if location is None:
        response = _no_page_yet(request, gallery)
    elif _is_elsewhere(request, location) and _is_elsewhere(request, links.address(link)):
        # The cookie has to be set by the site that shows the page.
        return _see_other(links.address(link))
    else:
        response = _see_other(location)
    links.remember(request, response, link)
    return response


def _page_address(request: HttpRequest, link: ShareLink) -> str | None:
    """Where a link leads: to the gallery's page, or to its slideshow on the screen of a party."""
    page = link.gallery.main_page
    address = page.get_url(request) if page is not None and page.live else None
    if address and link.purpose == LinkPurpose.PARTY and link.gallery.state != State.ARCHIVED:
        return show_address(address)
    return address


def _is_elsewhere(request: HttpRequest, address: str) -> bool:
    return urlsplit(address).netloc not in ("", request.get_host())


def _no_page_yet(request: HttpRequest, gallery: Gallery) -> HttpResponse:
    context = {
        "studio": studio_name(gallery.site),
        "photographer": photographer_name(gallery),
    }
    return TemplateResponse(request, "pumbaphoto_wagtail/proofing/no_page.html", context)


def _see_other(location: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": location})
