"""What the gallery page's JavaScript talks to: hearts, notes, and sending them, as JSON.

Thin: each view finds the link, calls one act and answers with what is picked, so that a browser
that missed something is right again afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from ..exceptions import SelectionClosed, StaleState, TransitionNotAllowed
from ..models import Gallery, ShareLink
from . import links, lists, picks, submission
from .acts import read_request
from .browser_state import answer_to, state_of
from .headers import make_private
from .sheet import sheet_of

Act = Callable[[HttpRequest, ShareLink, str], dict[str, Any]]
REFUSALS = (SelectionClosed, StaleState, TransitionNotAllowed)


def _json(act: Act) -> Callable[[HttpRequest, UUID], JsonResponse]:
    """Make a view of an act: the request's link and list go in, words and status codes come out."""

    @wraps(act)
    def view(request: HttpRequest, gallery_uuid: UUID) -> JsonResponse:
        return make_private(_answer(act, request, gallery_uuid))

    return view


def _answer(act: Act, request: HttpRequest, gallery_uuid: UUID) -> JsonResponse:
    link = _link_of(request, gallery_uuid)
    if link is None:
        return _closed()
    try:
        list_name = lists.read_list(_named_list(request), link)
        return JsonResponse(act(request, link, list_name))
    except ShareLink.DoesNotExist:
        return _closed()
    except ValidationError as error:
        return _error(" ".join(error.messages), 400)
    except PermissionDenied:
        return _error(_("With this link you can look, but not choose."), 403)
    except REFUSALS as error:
        link.gallery.refresh_from_db()
        return _error(str(error), 409, state_of(sheet_of(link, link.gallery, list_name)))


@require_GET
@_json
def current(request: HttpRequest, link: ShareLink, list_name: str) -> dict[str, Any]:
    """What is picked now, and a CSRF token for a page whose own has run out."""
    return {
        "csrf_token": get_token(request),
        **state_of(sheet_of(link, link.gallery, list_name)),
    }


@csrf_protect
@require_POST
@_json
def acts(request: HttpRequest, link: ShareLink, list_name: str) -> dict[str, Any]:
    """Hearts and notes in their order, as :func:`acts.read_request` takes them."""
    wanted = read_request(_read(request))
    done = picks.do_acts(link, wanted.acts, list_name=list_name, round_number=wanted.round)
    return answer_to(done, wanted.known)


@csrf_protect
@require_POST
@_json
def send(request: HttpRequest, link: ShareLink, list_name: str) -> dict[str, Any]:
    """Submit the selection."""
    submission.submit_selection(link, list_name)
    return _fresh_state(link, list_name)


@csrf_protect
@require_POST
@_json
def take_back(request: HttpRequest, link: ShareLink, list_name: str) -> dict[str, Any]:
    """Open a sent selection again."""
    submission.take_back(link, list_name)
    return _fresh_state(link, list_name)


def _fresh_state(link: ShareLink, list_name: str) -> dict[str, Any]:
    link.gallery.refresh_from_db()
    return state_of(sheet_of(link, link.gallery, list_name))


def _link_of(request: HttpRequest, gallery_uuid: UUID) -> ShareLink | None:
    # Asked first, so that the answer for an unknown gallery is the same to the last header.
    viewer = links.viewer(request)
    gallery = Gallery.objects.filter(uuid=gallery_uuid).first()
    link = viewer.link_for(gallery) if gallery else None
    if link is not None:
        link.gallery = gallery
    return link


def _named_list(request: HttpRequest) -> object:
    if request.method == "GET":
        return request.GET.get("list")
    return _read(request).get("list") if request.body else None


def _read(request: HttpRequest) -> dict:
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ValidationError(_("This request could not be understood."))
    return data


def _closed() -> JsonResponse:
    return _error(_("This link does not open anything any more."), 404)


def _error(sentence: str, status: int, state: dict | None = None) -> JsonResponse:
    return JsonResponse({"error": sentence, **(state or {})}, status=status)
