"""Serving a gallery page: looking, and choosing with plain forms where JavaScript is off.

A page type gives itself in; what it needs is a ``gallery``, ``render()`` and an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from .. import access
from ..exceptions import LimitExceeded, SelectionClosed, TransitionNotAllowed
from ..models import Gallery, Photo, ShareLink
from ..permissions import may
from . import links, picks, submission
from .door import closed
from .headers import secure_gallery_page, secure_own_page
from .pictures import Pictures, photo_pictures
from .presentation import Presentation, chosen_tiles, present

REVIEW_TEMPLATE = "pumbaphoto_wagtail/pages/review.html"
NOTE_FIELD = "note-"
REFUSALS = (SelectionClosed, TransitionNotAllowed, LimitExceeded)


class SeeOther(HttpResponseRedirect):
    """After a form: get the page anew, so that going back sends nothing twice."""

    status_code = 303


def serve_gallery(page, request: HttpRequest) -> HttpResponse:
    """The wall; a POST gives or takes one heart, or takes a sent selection back."""
    presentation = _presentation(page, request)
    if presentation is None:
        return refuse(request, page.gallery)
    if request.method == "POST":
        return _after_form(page, request, presentation)
    return _page(
        page, request, presentation, cover=cover_pictures(page, request) or presentation.cover
    )


def serve_review(page, request: HttpRequest) -> HttpResponse:
    """The picks before they are sent; a POST keeps the notes, and removes or sends."""
    presentation = _presentation(page, request)
    if presentation is None:
        return refuse(request, page.gallery)
    if not presentation.can_choose:
        return secure_gallery_page(SeeOther(page.get_url(request)))
    if request.method == "POST":
        return _after_review_form(page, request, presentation)
    return _review(page, request, presentation)


def serve_preview(page, request: HttpRequest) -> HttpResponse:
    """The page as it is being edited, also before it has a gallery that this editor may see."""
    presentation = _presentation(page, request)
    context = {"presentation": presentation, "page_url": ""}
    if presentation is not None:
        context["cover"] = cover_pictures(page, request) or presentation.cover
    return page.render(request, context_overrides=context)


def refuse(request: HttpRequest, gallery: Gallery | None) -> HttpResponse:
    """Who has come with a link before is told that it is closed; nobody else learns anything."""
    if gallery is not None and links.is_remembered(request, gallery):
        return secure_own_page(closed(request))
    raise Http404


def let_holders_through(next_step: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wagtail's page restrictions narrow who comes without a link, and nobody else.

    An ``on_serve_page`` hook that wraps all others.
    """

    def serve(page, request: HttpRequest, args: list, kwargs: dict) -> HttpResponse:
        gallery = getattr(page, "gallery", None)
        if isinstance(gallery, Gallery) and _has_own_way_in(request, gallery):
            return page.serve(request, *args, **kwargs)
        return next_step(page, request, args, kwargs)

    return serve


def _has_own_way_in(request: HttpRequest, gallery: Gallery) -> bool:
    viewer = links.viewer(request)
    if viewer.link_for(gallery) or may(viewer.user, "view", gallery):
        return True
    # The page itself tells a former holder that the link is closed, rather than asking to log in.
    return links.is_remembered(request, gallery)


def _presentation(page, request: HttpRequest) -> Presentation | None:
    return present(request, page.gallery) if page.gallery is not None else None


def _page(
    page, request: HttpRequest, presentation: Presentation, *, status: int = 200, **context
) -> HttpResponse:
    template = context.pop("template", None)
    context |= {"presentation": presentation, "page_url": page.get_url(request)}
    response = page.render(request, template=template, context_overrides=context)
    response.status_code = status
    is_public = not (presentation.link or presentation.is_staff) and page.gallery.is_listed
    return secure_gallery_page(response, is_public=is_public)


def cover_pictures(page, request: HttpRequest) -> Pictures | None:
    """The pictures of the photo chosen as the page's cover, if this viewer may see it."""
    photo = page.cover
    if photo is None or page.gallery is None or photo.gallery_id != page.gallery.pk:
        return None
    if not access.may_see_photo(links.viewer(request), photo, "display"):
        return None
    return photo_pictures(photo)


# --- Plain forms ---------------------------------------------------------------------------------


def _after_form(page, request: HttpRequest, presentation: Presentation) -> HttpResponse:
    link = presentation.link
    if link is None:
        raise PermissionDenied
    try:
        anchor = _act(link, request.POST)
    except (Photo.DoesNotExist, ShareLink.DoesNotExist):
        return refuse(request, page.gallery)
    except REFUSALS as error:
        return _page(page, request, present(request, page.gallery), status=409, error=str(error))
    query = request.META.get("QUERY_STRING", "")
    return secure_gallery_page(
        SeeOther(page.get_url(request) + (f"?{query}" if query else "") + anchor)
    )


def _act(link: ShareLink, data: QueryDict) -> str:
    """Do what the button says; the anchor to come back to."""
    if "take-back" in data:
        submission.take_back(link)
        return ""
    photo = _photo(data.get("give-heart") or data.get("take-heart") or "")
    picks.set_favourite(link, photo, "give-heart" in data)
    return f"#photo-{photo.uuid}"


def _after_review_form(page, request: HttpRequest, presentation: Presentation) -> HttpResponse:
    link, data = presentation.link, request.POST
    notes = _posted_notes(data)
    address = page.get_url(request)
    try:
        # Everything or nothing: what is sent is what stood on the page.
        with transaction.atomic():
            picks.set_notes(link, notes)
            if "take-heart" in data:
                picks.set_favourite(link, _photo(data["take-heart"]), False)
            elif "send" in data:
                submission.submit_selection(link)
                return secure_gallery_page(SeeOther(address))
    except ValidationError as error:
        return _review(
            page, request, presentation, status=400, notes=notes, error=" ".join(error.messages)
        )
    except ShareLink.DoesNotExist:
        return refuse(request, page.gallery)
    except Photo.DoesNotExist:
        error = _("One of these photos is not offered any more. Please look once more.")
        return _review(page, request, presentation, status=409, notes=notes, error=error)
    except REFUSALS as error:
        fresh = present(request, page.gallery)
        if fresh is None or not fresh.can_choose:
            return secure_gallery_page(SeeOther(address))
        return _review(page, request, fresh, status=409, notes=notes, error=str(error))
    return secure_gallery_page(SeeOther(f"{address}review/?page={data.get('page', '1')}"))


def _review(
    page,
    request: HttpRequest,
    presentation: Presentation,
    *,
    notes: Mapping[UUID, str] | None = None,
    **context,
) -> HttpResponse:
    listing, tiles = chosen_tiles(presentation, request.GET.get("page", 1))
    if notes:
        # What was typed stays in the form, whatever became of it.
        tiles = [replace(tile, note=notes.get(tile.uuid, tile.note)) for tile in tiles]
    return _page(
        page,
        request,
        presentation,
        template=REVIEW_TEMPLATE,
        listing=listing,
        tiles=tiles,
        **context,
    )


def _posted_notes(data: QueryDict) -> dict[UUID, str]:
    return {
        _uuid(name.removeprefix(NOTE_FIELD)): words
        for name, words in data.items()
        if name.startswith(NOTE_FIELD)
    }


def _photo(text: str) -> Photo:
    return get_object_or_404(Photo, uuid=_uuid(text))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
