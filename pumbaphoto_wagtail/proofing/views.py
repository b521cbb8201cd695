"""What the gallery page's JavaScript talks to: hearts, notes, and sending them, as JSON.

Thin: each view finds the link, calls one act and answers with all that is picked, so that a
browser that missed something is right again afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from ..exceptions import LimitExceeded, SelectionClosed, TransitionNotAllowed
from ..models import Gallery, Photo, Selection, ShareLink
from . import links, picks, submission
from .headers import make_private

Act = Callable[[HttpRequest, ShareLink], Selection]


def _json(act: Act) -> Callable[[HttpRequest, UUID], JsonResponse]:
    """Make a view of an act: the request's link goes in, words and status codes come out."""

    @wraps(act)
    def view(request: HttpRequest, gallery_uuid: UUID) -> JsonResponse:
        return make_private(_answer(act, request, gallery_uuid))

    return view


def _answer(act: Act, request: HttpRequest, gallery_uuid: UUID) -> JsonResponse:
    link = _link_of(request, gallery_uuid)
    if link is None:
        return _error(_("This link does not open anything any more."), 404)
    try:
        return JsonResponse(_state(link, act(request, link)))
    except (Photo.DoesNotExist, ShareLink.DoesNotExist, Http404):
        return _error(_("This photo is not here any more."), 404)
    except ValidationError as error:
        return _error(" ".join(error.messages), 400)
    except PermissionDenied:
        return _error(_("With this link you can look, but not choose."), 403)
    except (SelectionClosed, TransitionNotAllowed, LimitExceeded) as error:
        link.gallery.refresh_from_db()
        return _error(str(error), 409, _state(link, picks.selection_of(link, link.gallery)))


@require_GET
@_json
def current(request: HttpRequest, link: ShareLink) -> Selection | None:
    """What is picked now."""
    return picks.selection_of(link, link.gallery)


@csrf_protect
@require_POST
@_json
def favourite(request: HttpRequest, link: ShareLink) -> Selection:
    """``{"photo": uuid, "on": true or false}``"""
    data = _read(request)
    if not isinstance(data.get("on"), bool):
        raise ValidationError(_("This request could not be understood."))
    return picks.set_favourite(link, _photo(data), data["on"])


@csrf_protect
@require_POST
@_json
def note(request: HttpRequest, link: ShareLink) -> Selection:
    """``{"photo": uuid, "words": text}``"""
    data = _read(request)
    if not isinstance(data.get("words"), str):
        raise ValidationError(_("This request could not be understood."))
    return picks.set_note(link, _photo(data), data["words"])


@csrf_protect
@require_POST
@_json
def send(request: HttpRequest, link: ShareLink) -> Selection:
    """Submit the selection."""
    return submission.submit_selection(link)


@csrf_protect
@require_POST
@_json
def take_back(request: HttpRequest, link: ShareLink) -> Selection:
    """Open a sent selection again."""
    return submission.take_back(link)


def _link_of(request: HttpRequest, gallery_uuid: UUID) -> ShareLink | None:
    # Asked first, so that the answer for an unknown gallery is the same to the last header.
    viewer = links.viewer(request)
    gallery = Gallery.objects.filter(uuid=gallery_uuid).first()
    link = viewer.link_for(gallery) if gallery else None
    if link is not None:
        link.gallery = gallery
    return link


def _read(request: HttpRequest) -> dict:
    try:
        data = json.loads(request.body)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise ValidationError(_("This request could not be understood."))
    return data


def _photo(data: dict) -> Photo:
    try:
        uuid = UUID(data["photo"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValidationError(_("This request could not be understood.")) from error
    return Photo.objects.get(uuid=uuid)


def _state(link: ShareLink, selection: Selection | None) -> dict:
    chosen = [] if selection is None else [*_picked(selection)]
    favourites = [uuid for uuid, is_favourite, _note in chosen if is_favourite]
    notes = {uuid: note for uuid, _favourite, note in chosen if note}
    tally = picks.tally(link.gallery, chosen=len(favourites), notes=len(notes))
    return {
        "favourites": favourites,
        "notes": notes,
        "is_sent": bool(selection and selection.is_submitted),
        **tally.as_json(),
    }


def _picked(selection: Selection) -> list[tuple[str, bool, str]]:
    rows = picks.offered_picks(selection).values_list("photo__uuid", "is_favourite", "note")
    return [(str(uuid), is_favourite, note) for uuid, is_favourite, note in rows.order_by("pk")]


def _error(sentence: str, status: int, state: dict | None = None) -> JsonResponse:
    return JsonResponse({"error": sentence, **(state or {})}, status=status)
