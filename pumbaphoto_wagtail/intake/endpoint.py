"""What every answer of the upload addresses has in common: who may ask, and how errors read.

They answer for themselves: 401 without a session (Wagtail's admin would send a login page), 404
for what is not this user's. Clients of the protocol retry 409, 423 and 5xx and give up on other
4xx, so trouble that passes is never answered with 408 or 429.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import FileRefused, StorageFull, StorageOffline
from pumbaphoto_wagtail.models import Gallery
from pumbaphoto_wagtail.permissions import galleries_for

from . import receiving
from .protocol import VERSION, ProtocolError

RETRY_AFTER_SECONDS = 2
OFFLINE_RETRY_AFTER_SECONDS = 30

# The one place where errors become answers: (status, seconds to wait before trying again).
STATUS: dict[type[Exception], tuple[int, int | None]] = {
    receiving.UploadBusy: (423, RETRY_AFTER_SECONDS),
    receiving.OffsetDiffers: (409, None),
    receiving.ChecksumDiffers: (460, None),
    receiving.UploadGone: (410, None),
    FileRefused: (415, None),
    StorageFull: (507, OFFLINE_RETRY_AFTER_SECONDS),
    StorageOffline: (503, OFFLINE_RETRY_AFTER_SECONDS),
}


def upload_endpoint(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view of (request, gallery, ...): the gallery is checked, the errors are answered."""

    @wraps(view)
    def wrapped(request: HttpRequest, gallery_uuid: uuid.UUID, **keys: uuid.UUID) -> HttpResponse:
        try:
            gallery = _gallery(request, gallery_uuid)
            response = view(request, gallery, **keys)
        except ProtocolError as error:
            response = error_answer(error.status, str(error))
        except tuple(STATUS) as error:
            status, wait = STATUS[type(error)]
            response = error_answer(status, str(error))
            if wait is not None:
                response["Retry-After"] = str(wait)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    return wrapped


def error_answer(status: int, message: str) -> HttpResponse:
    response = JsonResponse({"error": message}, status=status)
    response["Tus-Resumable"] = VERSION
    return response


def _gallery(request: HttpRequest, gallery_uuid: uuid.UUID) -> Gallery:
    if not (request.user.is_authenticated and request.user.is_active):
        raise ProtocolError(401, _("Please log in again."))
    gallery = galleries_for(request.user, "change").filter(uuid=gallery_uuid).first()
    if gallery is None:
        raise Http404
    return gallery
