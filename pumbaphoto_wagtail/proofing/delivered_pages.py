"""Pages about one delivered photograph: asking for a change, and seeing it before and after.

They stand alone without JavaScript; with it the gallery's page shows their middle in a dialog.
"""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from .. import access
from ..conf import settings
from ..exceptions import LimitExceeded, TransitionNotAllowed
from ..models import DeliveryItem, ShareLink
from . import changes, links
from .before_after import pair_of
from .headers import own_page
from .pictures import item_pictures
from .words import photographer_name, studio_name

CHANGE_TEMPLATE = "pumbaphoto_wagtail/proofing/ask_for_change.html"
COMPARE_TEMPLATE = "pumbaphoto_wagtail/proofing/before_after.html"


@own_page
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_change(request: HttpRequest, item_uuid: UUID) -> HttpResponse:
    """What was asked about a delivered photo; a POST asks for more, or withdraws a wish."""
    item = _seen_item(request, item_uuid)
    link = links.viewer(request).link_for(item.delivery.gallery)
    if link is None or not changes.is_for_changes(link):
        raise Http404
    link.gallery = item.delivery.gallery
    if request.method != "POST":
        return _change_page(request, item, link)
    words = request.POST.get("words", "")
    try:
        _act(link, item, request.POST.get("withdraw", ""), words)
    except ValidationError as error:
        return _change_page(request, item, link, status=400, words=words, error=error.messages[0])
    except (TransitionNotAllowed, LimitExceeded) as error:
        link.gallery.refresh_from_db(fields=["state"])
        return _change_page(request, item, link, status=409, words=words, error=str(error))
    except (DeliveryItem.DoesNotExist, ShareLink.DoesNotExist, PermissionDenied) as error:
        raise Http404 from error
    return HttpResponse(status=303, headers={"Location": request.path})


@own_page
@require_safe
def before_after(request: HttpRequest, item_uuid: UUID) -> HttpResponse:
    """A delivered photo beside what it was made of."""
    item = _seen_item(request, item_uuid)
    pair = pair_of(links.viewer(request), item)
    if pair is None:
        raise Http404
    return TemplateResponse(request, COMPARE_TEMPLATE, {**_context(request, item), "pair": pair})


def _act(link: ShareLink, item: DeliveryItem, withdrawn: str, words: str) -> None:
    if not withdrawn:
        changes.ask_for_change(link, item, words)
    elif withdrawn.isascii() and withdrawn.isdigit() and len(withdrawn) < 19:
        changes.withdraw(link, int(withdrawn))


def _seen_item(request: HttpRequest, item_uuid: UUID) -> DeliveryItem:
    # Asked first, so that the answer for an unknown item is the same to the last header.
    viewer = links.viewer(request)
    items = DeliveryItem.objects.select_related(
        "delivery__gallery__owner", "delivery__gallery__site", "stored_file", "photo", "edit"
    )
    item = get_object_or_404(items, uuid=item_uuid)
    if not access.may_see_item(viewer, item):
        raise Http404
    return item


def _change_page(
    request: HttpRequest, item: DeliveryItem, link: ShareLink, *, status: int = 200, **context
) -> HttpResponse:
    context |= {
        **_context(request, item),
        "may_ask": changes.may_ask(link, link.gallery),
        "wishes": changes.wishes_about(link, item),
        "longest": settings.NOTE_MAX_LENGTH,
    }
    return TemplateResponse(request, CHANGE_TEMPLATE, context, status=status)


def _context(request: HttpRequest, item: DeliveryItem) -> dict:
    gallery = item.delivery.gallery
    page = gallery.main_page
    has_page = page is not None and page.live
    return {
        "studio": studio_name(gallery.site),
        "photographer": photographer_name(gallery),
        "item": item,
        "pictures": item_pictures(item.uuid, item.stored_file),
        "page_url": f"{page.get_url(request)}?show=ready#photo-{item.uuid}" if has_page else "",
    }
