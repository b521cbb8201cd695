"""The review: what was picked, before it is sent. Everything works by plain forms.

A page of a long selection keeps its notes whichever of its buttons is pressed: to another page, to
take a photo out, or to send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from ..conf import settings
from ..models import Photo, ShareLink
from . import pages, picks, submission, wall
from .choosing import Choosing
from .headers import secure_gallery_page
from .presentation import Presentation, present
from .sheet import offered_photos

TEMPLATE = "pumbaphoto_wagtail/pages/review.html"
NOTE_FIELD = "note-"
PAGE_SIZE = 100


@dataclass(frozen=True, kw_only=True)
class ReviewedPhoto:
    """One photo of the review."""

    tile: wall.Tile
    is_new_in_round: bool


def serve_review(page, request: HttpRequest) -> HttpResponse:
    """The picks before they are sent; a POST keeps the notes, and removes, turns over or sends."""
    presentation = present(request, page.gallery) if page.gallery is not None else None
    if presentation is None:
        return pages.refuse(request, page.gallery)
    if not presentation.can_choose:
        return _back_to_wall(page, request, presentation)
    if request.method == "POST":
        return _after_form(page, request, presentation)
    return _review(page, request, presentation)


def _after_form(page, request: HttpRequest, presentation: Presentation) -> HttpResponse:
    choosing, data = presentation.choosing, request.POST
    notes = _posted_notes(data)
    try:
        # Everything or nothing: what is sent is what stood on the page.
        with transaction.atomic():
            is_sent = _act(choosing, data, notes)
    except ValidationError as error:
        words = " ".join(error.messages)
        return _review(page, request, presentation, status=400, notes=notes, error=words)
    except ShareLink.DoesNotExist:
        return pages.refuse(request, page.gallery)
    except Photo.DoesNotExist:
        words = _("One of these photos is not offered any more. Please look once more.")
        fresh = present(request, page.gallery) or presentation
        return _review(page, request, fresh, status=409, notes=notes, error=words)
    except pages.REFUSALS as error:
        fresh = present(request, page.gallery)
        if fresh is None or not fresh.can_choose:
            return _back_to_wall(page, request, presentation)
        return _review(page, request, fresh, status=409, notes=notes, error=str(error))
    if is_sent:
        return _back_to_wall(page, request, presentation)
    query = {"page": data.get("to") or data.get("page", "1")}
    if choosing.query:
        query = {"list": choosing.list_name, **query}
    return secure_gallery_page(pages.SeeOther(f"{page.get_url(request)}review/?{urlencode(query)}"))


def _act(choosing: Choosing, data: QueryDict, notes: Mapping[UUID, str]) -> bool:
    """Do what the pressed button says; whether the selection was sent."""
    link, list_name = choosing.link, choosing.list_name
    if "send" in data:
        submission.require_unchanged(link, list_name, seen=data.get("seen", ""))
    picks.set_notes(link, notes, list_name)
    if "take-heart" in data:
        picks.set_favourite(link, pages.posted_photo(data["take-heart"]), False, list_name)
    if "send" in data:
        submission.submit_selection(link, list_name)
    return "send" in data


def _back_to_wall(page, request: HttpRequest, presentation: Presentation) -> HttpResponse:
    query = presentation.choosing.query if presentation.choosing else ""
    return secure_gallery_page(pages.SeeOther(page.get_url(request) + query))


def _review(
    page,
    request: HttpRequest,
    presentation: Presentation,
    *,
    notes: Mapping[UUID, str] | None = None,
    **context,
) -> HttpResponse:
    listing = reviewed_page(presentation.choosing, request.GET.get("page", 1))
    if notes:
        # What was typed stays in the form, whatever became of it.
        listing.object_list = [
            replace(each, tile=replace(each.tile, note=notes.get(each.tile.uuid, each.tile.note)))
            for each in listing.object_list
        ]
    context |= {"listing": listing, "note_max_length": settings.NOTE_MAX_LENGTH}
    return pages.render_page(page, request, presentation, template=TEMPLATE, **context)


def reviewed_page(choosing: Choosing, number: int | str) -> Page:
    """A page of what is picked, hearts and notes alike, in the gallery's order."""
    photos = offered_photos(choosing.link).filter(pk__in=[pick.photo_id for pick in choosing.picks])
    listing = Paginator([*photos.in_order().values_list("pk", flat=True)], PAGE_SIZE)
    page = listing.get_page(number)
    keys = [*page.object_list]
    shown = wall.photos_with(keys)
    key_of = {photo.uuid: photo.pk for photo in shown}
    added = set(choosing.difference.added)
    page.object_list = [
        ReviewedPhoto(tile=tile, is_new_in_round=key_of[tile.uuid] in added)
        for tile in wall.photo_tiles(shown, choosing.picks, start=page.start_index())
    ]
    return page


def _posted_notes(data: QueryDict) -> dict[UUID, str]:
    return {
        pages.posted_uuid(name.removeprefix(NOTE_FIELD)): words
        for name, words in data.items()
        if name.startswith(NOTE_FIELD)
    }
