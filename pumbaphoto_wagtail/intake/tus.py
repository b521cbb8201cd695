"""The views of the upload protocol, tus 1.0.0: creation, offset, bytes, termination."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.models import Gallery, State, Upload, UploadState

from . import receiving
from .creating import find_or_announce
from .endpoint import error_answer, upload_endpoint
from .protocol import (
    ProtocolError,
    parse_checksum,
    parse_metadata,
    parse_number,
    require_version,
)

BLOCK_BYTES = 256 * 1024


def _method(request: HttpRequest) -> str:
    if request.method == "POST":
        return request.headers.get("X-HTTP-Method-Override", "POST").upper()
    return request.method or ""


def _answer(status: int, **headers: str) -> HttpResponse:
    response = HttpResponse(status=status)
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


# --- Creation


@upload_endpoint
def uploads(request: HttpRequest, gallery: Gallery) -> HttpResponse:
    """``POST`` creates an upload."""
    if _method(request) != "POST":
        raise ProtocolError(405, "POST creates an upload", Allow="POST, OPTIONS")
    require_version(request.headers.get("Tus-Resumable"))
    if request.headers.get("Upload-Defer-Length") is not None:
        raise ProtocolError(400, "the length must be known")
    if request.headers.get("Upload-Concat") is not None:
        # Taken for a whole file, each part would become a photograph.
        raise ProtocolError(400, "files are sent in one piece after the other")
    length = parse_number(request.headers.get("Upload-Length"), "Upload-Length")
    if length > settings.MAX_FILE_BYTES:
        raise ProtocolError(413, _("This file is too large."))
    metadata = parse_metadata(request.headers.get("Upload-Metadata"))
    if gallery.state == State.ARCHIVED:
        raise ProtocolError(409, _("This gallery is archived."))
    if length == 0:
        raise ProtocolError(400, _("This file is empty."))
    upload = receiving.start(find_or_announce(gallery, request.user, metadata, length))
    return _answer(
        201,
        Location=_location(gallery, upload),
        Upload_Offset=str(receiving.known_offset(upload)),
        **_expires(upload),
    )


def _location(gallery: Gallery, upload: Upload) -> str:
    # A path only: the Host header is the client's word.
    return reverse("pumbaphoto_wagtail:upload", args=[gallery.uuid, upload.uuid])


def _expires(upload: Upload) -> dict[str, str]:
    if upload.expires_at is None or upload.state != UploadState.UPLOADING:
        return {}
    return {"Upload_Expires": http_date(upload.expires_at.timestamp())}


# --- One upload


@upload_endpoint
def upload(request: HttpRequest, gallery: Gallery, upload_uuid: uuid.UUID) -> HttpResponse:
    """``HEAD`` tells the durable offset, ``PATCH`` appends, ``DELETE`` gives up."""
    found = (
        Upload.objects.filter(batch__gallery=gallery, uuid=upload_uuid)
        .select_related("batch__gallery", "stored_file")
        .first()
    )
    if found is None:
        raise Http404
    answer = {"HEAD": _head, "PATCH": _patch, "DELETE": _delete}.get(_method(request))
    if answer is None:
        raise ProtocolError(405, "HEAD, PATCH or DELETE", Allow="HEAD, PATCH, DELETE, OPTIONS")
    require_version(request.headers.get("Tus-Resumable"))
    if receiving.has_expired(found):
        receiving.abandon(found)
        raise receiving.UploadGone
    return answer(request, found)


def _head(request: HttpRequest, upload: Upload) -> HttpResponse:
    if upload.state != UploadState.UPLOADING and not receiving.is_complete(upload):
        raise receiving.UploadGone
    headers = {
        "Upload_Offset": str(receiving.known_offset(upload)),
        "Upload_Length": str(upload.length),
    }
    if upload.metadata:
        headers["Upload_Metadata"] = upload.metadata
    return _answer(200, **headers, **_expires(upload))


def _patch(request: HttpRequest, upload: Upload) -> HttpResponse:
    if request.content_type != "application/offset+octet-stream":
        raise ProtocolError(415, "Content-Type must be application/offset+octet-stream")
    offset = parse_number(request.headers.get("Upload-Offset"), "Upload-Offset")
    length = _body_length(request)
    algorithm, expected = parse_checksum(request.headers.get("Upload-Checksum"))
    if offset + length > upload.length:
        raise ProtocolError(413, "more bytes than announced")
    if offset == upload.length and receiving.is_complete(upload):
        # The answer to the last bytes may have been lost.
        return _received(upload)
    try:
        with receiving.Writer(upload) as writer:
            writer.append(offset, _body(request), algorithm=algorithm, expected=expected)
    except receiving.OffsetDiffers as error:
        response = error_answer(409, str(error))
        response["Upload-Offset"] = str(receiving.known_offset(upload))
        return response
    return _received(upload)


def _body_length(request: HttpRequest) -> int:
    # WSGI gives no bytes of a body whose length nobody told.
    if request.headers.get("Transfer-Encoding"):
        raise ProtocolError(411, "the body's length must be known")
    return parse_number(request.headers.get("Content-Length") or "0", "Content-Length")


def _received(upload: Upload) -> HttpResponse:
    headers = {"Upload_Offset": str(receiving.known_offset(upload))}
    if upload.stored_file is not None:
        headers["X_StoredFile"] = str(upload.stored_file.uuid)
        headers["X_Sha256"] = upload.stored_file.sha256
    return _answer(204, **headers, **_expires(upload))


def _body(request: HttpRequest) -> Iterator[bytes]:
    """The request's bytes as they come; a client that breaks off leaves a shorter prefix."""
    while True:
        try:
            block = request.read(BLOCK_BYTES)
        except UnreadablePostError:
            return
        if not block:
            return
        yield block


def _delete(request: HttpRequest, upload: Upload) -> HttpResponse:
    if not receiving.abandon(upload):
        raise receiving.UploadGone
    return _answer(204)
