"""The friendly page of an archived gallery, behind the same link, and asking for its photos there.

It needs no page of the site: also who comes after the main page was taken down finds it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods
from wagtail.log_actions import log

from .. import access, notifications
from ..exceptions import TransitionNotAllowed
from ..models import Downloads, Gallery, Message, MessageKind, ShareLink, State
from ..workflow import REFUSALS, lock_gallery
from . import links
from .headers import own_page
from .words import archived_greeting, photographer_name, studio_name

TEMPLATE = "pumbaphoto_wagtail/proofing/archived.html"
# Asked again within this time, the photographer knows already.
REMIND_AFTER = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Since when the photographer knows, in words, and whether asking would do anything."""

    words: str
    is_possible: bool


@transaction.atomic
def ask_for_photos(link: ShareLink) -> datetime:
    """Ask the photographer for the photos of an archived gallery; since when they know.

    Asked again within a day it is the same wish. Also who comes with a link that has expired may
    ask. Raises ShareLink.DoesNotExist for one that was taken back, and TransitionNotAllowed when
    the gallery is open.
    """
    gallery = lock_gallery(link.gallery)
    link = access.known_links().get(pk=link.pk)
    if gallery.state != State.ARCHIVED:
        raise TransitionNotAllowed(str(REFUSALS[State(gallery.state)]))
    last = asked_at(link, gallery)
    if last is not None and timezone.now() - last < REMIND_AFTER:
        return last
    message = notifications.owe(
        MessageKind.PHOTOS_ASKED,
        key=f"photos-asked-{link.uuid}-{timezone.now().isoformat()}",
        gallery=gallery,
        recipient=gallery.owner,
        share_link=link,
    )
    log(gallery, "pumbaphoto.ask_photos", data={"link": link.pk, "recipient": link.recipient})
    return message.created_at


def asked_at(link: ShareLink, gallery: Gallery) -> datetime | None:
    """When the holder of a link last asked for the photos, since the gallery was archived."""
    asked = Message.objects.filter(kind=MessageKind.PHOTOS_ASKED, share_link=link)
    archived = gallery.transitions.filter(to_state=State.ARCHIVED).order_by("-pk").first()
    if archived is not None:
        asked = asked.filter(created_at__gte=archived.at)
    return asked.order_by("-pk").values_list("created_at", flat=True).first()


def asking(link: ShareLink, gallery: Gallery) -> Asking:
    """What stands where one asks for the photos of an archived gallery."""
    since = asked_at(link, gallery)
    if since is None:
        return Asking(words="", is_possible=True)
    words = _("%(name)s knows since %(day)s that you would like to have them.") % {
        "name": photographer_name(gallery),
        "day": date_format(timezone.localtime(since), "j F, H:i"),
    }
    return Asking(words=words, is_possible=timezone.now() - since >= REMIND_AFTER)


@own_page
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def closed_gallery(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """The closed page for who holds a link; a POST asks for the photos."""
    # Asked first, so that the answer for an unknown gallery is the same to the last header.
    viewer = links.viewer(request)
    gallery = Gallery.objects.select_related("owner", "site").filter(uuid=gallery_uuid).first()
    link = viewer.known_link_for(gallery) if gallery else None
    if link is None:
        raise Http404
    if gallery.state != State.ARCHIVED:
        return _open_again(request, gallery)
    if request.method == "POST":
        link.gallery = gallery
        # Closed or opened meanwhile: the same address says which.
        with suppress(ShareLink.DoesNotExist, TransitionNotAllowed):
            ask_for_photos(link)
        address = _page_address(request, gallery) if viewer.link_for(gallery) else ""
        address = address or request.path
        return HttpResponse(status=303, headers={"Location": address})
    return page(request, gallery, link)


def page(request: HttpRequest, gallery: Gallery, link: ShareLink) -> TemplateResponse:
    """The closed page of an archived gallery."""
    kept = _kept_online(links.viewer(request), gallery)
    context = {
        "studio": studio_name(gallery.site),
        "gallery": gallery,
        "greeting": archived_greeting(gallery, has_delivered=bool(kept["items"])),
        "asking": asking(link, gallery),
        **kept,
    }
    return TemplateResponse(request, TEMPLATE, context)


def _kept_online(viewer: access.Viewer, gallery: Gallery) -> dict:
    """What was delivered and stays online, with the downloads that the link gives."""
    is_full = access.may_download(viewer, gallery, Downloads.FULL)
    items = access.items_visible_to(viewer, gallery)
    return {
        "items": [*items.order_by("delivery__number", "position")],
        "size": items.aggregate(total=Sum("size"))["total"] or 0,
        "is_full": is_full,
        "is_web": not is_full and access.may_download(viewer, gallery, Downloads.WEB),
    }


def _open_again(request: HttpRequest, gallery: Gallery) -> HttpResponse:
    address = _page_address(request, gallery)
    if address:
        return HttpResponse(status=303, headers={"Location": address})
    context = {"studio": studio_name(gallery.site), "photographer": photographer_name(gallery)}
    return TemplateResponse(request, "pumbaphoto_wagtail/proofing/no_page.html", context)


def _page_address(request: HttpRequest, gallery: Gallery) -> str | None:
    main_page = gallery.main_page
    return main_page.get_url(request) if main_page is not None and main_page.live else None
