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
from pumbaphoto_wagtail.exceptions import FileRefused, StorageOffline
from pumbaphoto_wagtail.models import (
    Gallery,
    Purpose,
    State,
    Upload,
    UploadState,
)

from . import batches, receiving
from .endpoint import error_answer, upload_endpoint
from .protocol import (
    CHECKSUM_ALGORITHMS,
    EXTENSIONS,
    VERSION,
    ProtocolError,
    UploadMetadata,
    parse_checksum,
    parse_metadata,
    parse_number,
)

BLOCK_BYTES = 256 * 1024


def _method(request: HttpRequest) -> str:
    if request.method == "POST":
        return request.headers.get("X-HTTP-Method-Override", "POST").upper()
    return request.method or ""


def _require_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise ProtocolError(412, f"this server speaks tus {VERSION}")


def _answer(status: int, **headers: str) -> HttpResponse:
    response = HttpResponse(status=status)
    response["Tus-Resumable"] = VERSION
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


def _options() -> HttpResponse:
    return _answer(
        204,
        Tus_Version=VERSION,
        Tus_Extension=EXTENSIONS,
        Tus_Max_Size=str(settings.MAX_FILE_BYTES),
        Tus_Checksum_Algorithm=",".join(CHECKSUM_ALGORITHMS),
    )


# --- Creation


@upload_endpoint
def uploads(request: HttpRequest, gallery: Gallery) -> HttpResponse:
    """``POST`` creates an upload; ``OPTIONS`` says what this server can do."""
    method = _method(request)
    if method == "OPTIONS":
        return _options()
    if method != "POST":
        raise ProtocolError(405, "POST creates an upload")
    try:
        _require_version(request)
    except ProtocolError as error:
        response = error_answer(error.status, str(error))
        response["Tus-Version"] = VERSION
        return response
    if request.headers.get("Upload-Defer-Length") is not None:
        raise ProtocolError(400, "the length must be known")
    length = parse_number(request.headers.get("Upload-Length"), "Upload-Length")
    if length > settings.MAX_FILE_BYTES:
        raise ProtocolError(413, _("This file is too large."))
    metadata = parse_metadata(request.headers.get("Upload-Metadata"))
    upload = receiving.start(_find_or_announce(request, gallery, metadata, length))
    return _answer(
        201,
        Location=_location(gallery, upload),
        Upload_Offset=str(upload.durable_offset),
        **_expires(upload),
    )


def _find_or_announce(
    request: HttpRequest, gallery: Gallery, metadata: UploadMetadata, length: int
) -> Upload:
    """The upload a create request speaks of: of its batch's manifest, or a batch of its own."""
    if gallery.state == State.ARCHIVED:
        raise ProtocolError(409, _("This gallery is archived."))
    if length == 0:
        raise ProtocolError(400, _("This file is empty."))
    if receiving.open_upload_count(request.user) >= settings.MAX_OPEN_UPLOADS:
        raise StorageOffline(_("Too many uploads are open at the same time."))
    known = _announced(request, gallery, metadata)
    if known is not None:
        if known.length != length:
            raise ProtocolError(400, "another length was announced")
        if known.state == UploadState.REFUSED:
            raise FileRefused(known.reason)
        if known.state == UploadState.ABANDONED:
            raise receiving.UploadGone
        return known
    batches.check_announced(metadata.file_name, length)
    batch = batches.announce(
        gallery,
        uploader=request.user,
        purpose=Purpose.EDIT if metadata.purpose == Purpose.EDIT else Purpose.ORIGINAL,
        announcements=[
            batches.Announcement(
                name=metadata.file_name,
                size=length,
                relative_path=metadata.relative_path,
                # Without a time nothing is taken for known: the bytes decide when they are here.
                client_key=metadata.client_key,
                sha256=metadata.sha256,
                metadata=metadata.raw,
            )
        ],
    )
    return batch.uploads.get()


def _announced(request: HttpRequest, gallery: Gallery, metadata: UploadMetadata) -> Upload | None:
    if metadata.client_key is None:
        return None
    uploads = Upload.objects.filter(
        batch__gallery=gallery, batch__uploader=request.user, client_key=metadata.client_key
    )
    if metadata.batch is not None:
        uploads = uploads.filter(batch__uuid=metadata.batch)
    upload = uploads.select_related("batch__gallery").order_by("-pk").first()
    if upload is not None and not upload.metadata:
        Upload.objects.filter(pk=upload.pk).update(
            metadata=metadata.raw, claimed_sha256=metadata.sha256
        )
        upload.metadata, upload.claimed_sha256 = metadata.raw, metadata.sha256
    return upload


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
    method = _method(request)
    if method == "OPTIONS":
        return _options()
    found = (
        Upload.objects.filter(batch__gallery=gallery, uuid=upload_uuid)
        .select_related("batch__gallery", "stored_file")
        .first()
    )
    if found is None:
        raise Http404
    answers = {"HEAD": _head, "PATCH": _patch, "DELETE": _delete}
    if method not in answers:
        raise ProtocolError(405, "HEAD, PATCH or DELETE")
    _require_version(request)
    return answers[method](request, found)


def _head(request: HttpRequest, upload: Upload) -> HttpResponse:
    if upload.state in (UploadState.ABANDONED, UploadState.REFUSED, UploadState.ANNOUNCED):
        raise receiving.UploadGone
    headers = {"Upload_Offset": str(upload.durable_offset), "Upload_Length": str(upload.length)}
    if upload.metadata:
        headers["Upload_Metadata"] = upload.metadata
    return _answer(200, **headers, **_expires(upload))


def _patch(request: HttpRequest, upload: Upload) -> HttpResponse:
    if request.content_type != "application/offset+octet-stream":
        raise ProtocolError(415, "Content-Type must be application/offset+octet-stream")
    offset = parse_number(request.headers.get("Upload-Offset"), "Upload-Offset")
    length = _body_length(request)
    algorithm, expected = parse_checksum(request.headers.get("Upload-Checksum"))
    if offset == upload.durable_offset == upload.length:
        return _received(upload)
    if offset + length > upload.length:
        raise ProtocolError(413, "more bytes than announced")
    try:
        with receiving.Writer(upload) as writer:
            writer.append(offset, _body(request), algorithm=algorithm, expected=expected)
    except receiving.OffsetDiffers as error:
        response = error_answer(409, str(error))
        response["Upload-Offset"] = str(upload.durable_offset)
        return response
    return _received(upload)


def _body_length(request: HttpRequest) -> int:
    # WSGI gives no bytes of a body whose length nobody told.
    if request.headers.get("Transfer-Encoding"):
        raise ProtocolError(411, "the body's length must be known")
    return parse_number(request.headers.get("Content-Length") or "0", "Content-Length")


def _received(upload: Upload) -> HttpResponse:
    headers = {"Upload_Offset": str(upload.durable_offset)}
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
