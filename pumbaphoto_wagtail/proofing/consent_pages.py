"""What may be shown: one page with all that somebody allows, and the address of the ticks.

The ticks stand at the photographs on the gallery's page. Without JavaScript each of them is a
button of one form, and this is where it leads.
"""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from .. import access
from ..models import Gallery, Photo, ShareLink, State
from . import consent, links
from .consent import NO, YES
from .headers import own_page
from .words import photographer_name, studio_name

TEMPLATE = "pumbaphoto_wagtail/proofing/consent.html"


@own_page
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def may_be_shown(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """``POST`` with ``photo`` as ``<uuid>:yes`` or ``:no``, or with ``all`` to take all back.

    Asked for JSON it answers ``{"allowed": true}`` with what stands now, else it leads back to the
    photograph or to the page of all.
    """
    link = _link_of(request, gallery_uuid)
    if request.method != "POST":
        return _page(request, link)
    try:
        return _act(request, link)
    except (ShareLink.DoesNotExist, Photo.DoesNotExist) as error:
        raise Http404 from error


def _act(request: HttpRequest, link: ShareLink) -> HttpResponse:
    if "all" in request.POST:
        consent.withdraw(link)
        return _lead(request.path)
    uuid, wish = _read(request.POST.get("photo", ""))
    if wish == YES:
        consent.give(link, uuid)
    else:
        consent.withdraw(link, [uuid])
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"allowed": wish == YES})
    return _lead(_place_on_page(request, link, uuid) or request.path)


def _read(text: str) -> tuple[UUID, str]:
    uuid, _colon, wish = text.partition(":")
    if wish not in (YES, NO):
        raise Http404
    try:
        return UUID(uuid), wish
    except ValueError as error:
        raise Http404 from error


def _page(request: HttpRequest, link: ShareLink) -> HttpResponse:
    is_asked = consent.is_asked(links.viewer(request).link_for(link.gallery), link.gallery)
    # Who has just taken the last one back is led here, whether anybody still asks or not.
    if not is_asked and not link.consents.exists():
        raise Http404
    return TemplateResponse(
        request,
        TEMPLATE,
        {
            "studio": studio_name(link.gallery.site),
            "photographer": photographer_name(link.gallery),
            "given": [*consent.given_by(link)],
            "can_tick": is_asked and link.gallery.state != State.ARCHIVED,
            "can_change": not link.is_lent,
            "page_url": _page_url(request, link),
        },
    )


def _link_of(request: HttpRequest, gallery_uuid: UUID) -> ShareLink:
    # Asked first, so that the answer for an unknown gallery is the same to the last header.
    viewer = links.viewer(request)
    galleries = Gallery.objects.select_related("owner", "site", "main_page")
    gallery = galleries.filter(uuid=gallery_uuid).first()
    link = viewer.known_link_for(gallery) if gallery else None
    if link is None or not consent.may_decide(link):
        raise Http404
    if request.method == "POST" and link.is_lent:
        raise PermissionDenied
    link.gallery = gallery
    return link


def _page_url(request: HttpRequest, link: ShareLink) -> str:
    page = link.gallery.main_page
    return f"{page.get_url(request)}?show=ready" if page is not None and page.live else ""


def _place_on_page(request: HttpRequest, link: ShareLink, photo: UUID) -> str:
    """Where the tick stands that was pressed, if that was on the gallery's page."""
    came_from = iri_to_uri(request.POST.get("from", ""))
    page = urlsplit(_page_url(request, link)).path
    if not page or not came_from.startswith(page):
        return ""
    seen = access.items_visible_to(links.viewer(request), link.gallery)
    item = seen.filter(photo__uuid=photo).order_by("-delivery__number", "position").first()
    return f"{came_from}#photo-{item.uuid}" if item else came_from


def _lead(address: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": address})
