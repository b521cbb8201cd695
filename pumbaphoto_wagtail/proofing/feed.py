"""What the wall's JavaScript asks for: the skeleton, and what hangs in a part of it, as JSON.

The same presentation and the same resolver as the page: who may not look gets nothing, and what is
not shown has neither a place nor a number.
"""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse

from ..models import Gallery
from .headers import make_private
from .presentation import find_place, present_part


def serve_feed(request: HttpRequest, gallery: Gallery | None) -> JsonResponse:
    """One of three answers, for the wall that ``show`` names.

    ``?page=3``: what hangs on that page, and the version of the skeleton it belongs to; with
    ``&skeleton`` the skeleton as well. ``?photo=uuid``: where that photo hangs.
    """
    uuid = request.GET.get("photo")
    if gallery is None:
        raise Http404
    answer = _part(request, gallery) if uuid is None else _place(request, gallery, uuid)
    return make_private(JsonResponse(answer))


def _part(request: HttpRequest, gallery: Gallery) -> dict:
    part = present_part(request, gallery)
    if part is None:
        raise Http404
    return part.as_json(with_skeleton="skeleton" in request.GET)


def _place(request: HttpRequest, gallery: Gallery, text: str) -> dict:
    try:
        place = find_place(request, gallery, UUID(text))
    except ValueError as error:
        raise Http404 from error
    if place is None:
        raise Http404
    return {"index": place}
