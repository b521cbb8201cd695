"""What every answer of the upload addresses has in common: who may ask, and how errors read.

They answer for themselves: 401 without a session (Wagtail's admin would send a login page), 404
for what is not this user's, 403 without the token against forged requests; each carries the
protocol's version, which clients of the protocol look for. They try 409, 423 and 5xx again and
give up on other 4xx, so trouble that passes is never answered with 408 or 429.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from functools import wraps

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import FileRefused, StorageFull, StorageOffline
from pumbaphoto_wagtail.models import Gallery
from pumbaphoto_wagtail.permissions import galleries_for

from . import receiving
from .protocol import CHECKSUM_ALGORITHMS, EXTENSIONS, VERSION, ProtocolError
from .slots import StorageBusy

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2
OFFLINE_RETRY_AFTER_SECONDS = 30


class TooManyUploads(StorageBusy):
    """Too many uploads are open at the same time."""


# The one place where errors become answers: (status, seconds to wait before trying again).
STATUS: dict[type[Exception], tuple[int, int | None]] = {
    receiving.UploadBusy: (423, RETRY_AFTER_SECONDS),
    receiving.OffsetDiffers: (409, None),
    receiving.ChecksumDiffers: (460, None),
    receiving.UploadGone: (410, None),
    FileRefused: (415, None),
    StorageFull: (507, OFFLINE_RETRY_AFTER_SECONDS),
    StorageOffline: (503, OFFLINE_RETRY_AFTER_SECONDS),
    StorageBusy: (503, RETRY_AFTER_SECONDS),
    TooManyUploads: (503, OFFLINE_RETRY_AFTER_SECONDS),
    OperationalError: (503, RETRY_AFTER_SECONDS),
    InterfaceError: (503, RETRY_AFTER_SECONDS),
}


def upload_endpoint(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view of (request, gallery, ...): the gallery is checked, the errors are answered."""

    @csrf_exempt
    # Each step of an upload commits by itself; one transaction around all would hold the row, and
    # the database's connection, for as long as the bytes take.
    @transaction.non_atomic_requests
    @wraps(view)
    def wrapped(request: HttpRequest, gallery_uuid: uuid.UUID, **keys: uuid.UUID) -> HttpResponse:
        if request.method == "OPTIONS":
            response = _capabilities()
        else:
            response = _answer_of(view, request, gallery_uuid, keys)
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    return wrapped


def _answer_of(
    view: Callable[..., HttpResponse],
    request: HttpRequest,
    gallery_uuid: uuid.UUID,
    keys: dict[str, uuid.UUID],
) -> HttpResponse:
    try:
        _require_session(request)
        _require_token(request, view)
        return view(request, _gallery(request, gallery_uuid), **keys)
    except ProtocolError as error:
        response = error_answer(error.status, str(error))
        for name, value in error.headers.items():
            response[name] = value
        return response
    except Http404:
        return error_answer(404, _("There is no such upload."))
    except tuple(STATUS) as error:
        status, wait = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
        response = error_answer(status, _words_for(error))
        if wait is not None:
            response["Retry-After"] = str(wait)
        return response


def error_answer(status: int, message: str) -> HttpResponse:
    return JsonResponse({"error": message}, status=status)


def _words_for(error: Exception) -> str:
    """One sentence for the photographer; the machine's own words go to the operator's log."""
    if isinstance(error, DatabaseError | InterfaceError):
        logger.warning("The database failed a request of an upload: %s", error)
        return _("The studio’s database is not reachable. The upload goes on when it is back.")
    if isinstance(error.__cause__, OSError) or type(error) is StorageOffline:
        logger.warning("The storage failed a request of an upload: %s", error)
        if isinstance(error, StorageFull):
            return _("The photo storage is full. The upload goes on when there is room again.")
        return _("The photo storage is not reachable. The upload goes on when it is back.")
    return str(error)


def _capabilities() -> HttpResponse:
    """What this server can do; the same for everybody and every address, so it tells nothing."""
    return HttpResponse(
        status=204,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(settings.MAX_FILE_BYTES),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUM_ALGORITHMS),
        },
    )


def _require_session(request: HttpRequest) -> None:
    if not (request.user.is_authenticated and request.user.is_active):
        raise ProtocolError(401, _("Please log in again."))


class _TokenCheck(CsrfViewMiddleware):
    """Django's check, asked from here, so that its refusal is an answer like any other of ours."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def _require_token(request: HttpRequest, view: Callable[..., HttpResponse]) -> None:
    check = _TokenCheck(lambda request: HttpResponse())
    check.process_request(request)
    if check.process_view(request, view, (), {}):
        raise ProtocolError(403, _("This page is out of date. Please load it again."))


def _gallery(request: HttpRequest, gallery_uuid: uuid.UUID) -> Gallery:
    gallery = galleries_for(request.user, "change").filter(uuid=gallery_uuid).first()
    if gallery is None:
        raise Http404
    return gallery
