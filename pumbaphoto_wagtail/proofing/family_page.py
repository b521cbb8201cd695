"""The page on which a client shares with family: plain forms, with copying and sending on top.

It is the package's own page, always under the strict policy: what stands on it opens the gallery,
and no script of anybody else has to read that.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from ..exceptions import LimitExceeded
from ..models import Gallery, ShareLink, State
from . import family as acts
from . import links
from .headers import own_page
from .pages import refuse
from .words import studio_name

TEMPLATE = "pumbaphoto_wagtail/proofing/family.html"


@dataclass(frozen=True, kw_only=True)
class SharedWith:
    """One open link: for whom, and its address, empty where its key is not known any more."""

    uuid: UUID
    name: str
    address: str
    is_new: bool


@own_page
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def family(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """The links that this client has made for others; a POST makes one, or closes one."""
    # Asked first, so that the answer for an unknown gallery is the same to the last header.
    viewer = links.viewer(request)
    gallery = Gallery.objects.select_related("site", "main_page").filter(uuid=gallery_uuid).first()
    link = viewer.link_for(gallery) if gallery else None
    if link is None:
        return refuse(request, gallery)
    if not acts.may_share(link):
        raise Http404
    link.gallery = gallery
    if request.method != "POST":
        return _page(request, link)
    try:
        if "close" in request.POST:
            acts.close(link, _uuid(request.POST["close"]))
            return _again(link.gallery)
        made = acts.share(link, request.POST.get("name", ""))
    except ShareLink.DoesNotExist as error:
        raise Http404 from error
    except (ValidationError, LimitExceeded) as error:
        words = error.messages[0] if isinstance(error, ValidationError) else str(error)
        status = 400 if isinstance(error, ValidationError) else 409
        return _page(request, link, error=words, status=status)
    return _again(link.gallery, f"?made={made.uuid}")


def _page(
    request: HttpRequest, link: ShareLink, *, error: str = "", status: int = 200
) -> HttpResponse:
    gallery = link.gallery
    page = gallery.main_page
    made = request.GET.get("made", "")
    context = {
        "studio": studio_name(gallery.site),
        "page_url": page.get_url(request) if page is not None and page.live else "",
        "can_share": gallery.state != State.ARCHIVED,
        "has_pin": bool(link.pin_hash),
        "longest_name": acts.LONGEST_NAME,
        "name": request.POST.get("name", ""),
        "error": error,
        "shared": [_shared_with(one, made) for one in acts.shared_links(link)],
    }
    return TemplateResponse(request, TEMPLATE, context, status=status)


def _shared_with(link: ShareLink, made: str) -> SharedWith:
    try:
        address = links.address(link)
    except KeyError:
        address = ""
    return SharedWith(
        uuid=link.uuid, name=link.recipient, address=address, is_new=str(link.uuid) == made
    )


def _again(gallery: Gallery, query: str = "") -> HttpResponse:
    response = redirect("pumbaphoto_wagtail:family", gallery.uuid)
    response["Location"] += query
    response.status_code = 303
    return response


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
