"""Sending stored bytes to a browser: by the web server where there is one, by Django otherwise.

Who may have them was asked before. Content types come from our own list, never from a name. Where
Django itself sends them, a file that is not there raises FileNotFoundError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from ..conf import settings
from ..delivery.byte_ranges import UNSATISFIABLE, parse_range, range_still_applies
from ..exceptions import BytesDiffer, StorageOffline
from ..models import Rendition, StoredFile
from ..storage import LibraryStorage, NASStorage, accelerated_path, opened, storage_for
from .headers import FILE_POLICY

CONTENT_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "webp": "image/webp",
    "avif": "image/avif",
}
UNKNOWN_TYPE = "application/octet-stream"
KEPT = "private, max-age=31536000, immutable"
NOT_KEPT = "private, no-store"
RETRY_SECONDS = "30"
# Set by the web server where it did not find the file that it was told to send.
LOST_HEADER = "X-Pumbaphoto-Lost"

PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    '<rect width="100%" height="100%" fill="#dcdcdc"/></svg>'
)

# The bytes from one position up to another, exclusive.
Read = Callable[[int, int], Iterator[bytes]]


def send_picture(request: HttpRequest, rendition: Rendition) -> HttpResponse:
    """A rendition, shown in the page and kept by the browser: its address names its digest."""
    response = _send_stored(
        request, rendition.storage, rendition.name, rendition.size, f'"{rendition.digest}"'
    )
    return _finish(response, CONTENT_TYPES.get(rendition.format, UNKNOWN_TYPE), KEPT)


def send_placeholder(width: int, height: int) -> HttpResponse:
    """A grey area of this size in the place of a picture that is being made; kept by nobody.

    "Accepted" (202) rather than an error: browsers show it, and nobody is alarmed.
    """
    content = PLACEHOLDER.format(width=width, height=height)
    response = _finish(HttpResponse(content), "image/svg+xml", NOT_KEPT)
    response.status_code = 202
    response["Retry-After"] = RETRY_SECONDS
    return response


def send_rendition_as_download(
    request: HttpRequest, rendition: Rendition, file_name: str
) -> HttpResponse:
    """A rendition, saved under ``file_name``."""
    response = _send_stored(
        request, rendition.storage, rendition.name, rendition.size, f'"{rendition.digest}"'
    )
    response = _finish(response, CONTENT_TYPES.get(rendition.format, UNKNOWN_TYPE), NOT_KEPT)
    return _attach(response, file_name)


def send_file(request: HttpRequest, file: StoredFile, file_name: str) -> HttpResponse:
    """An original or an edit, saved under ``file_name`` and never shown in the page."""
    try:
        response = _send_whole(request, file)
    except FileNotFoundError:
        # It may have been moved to another storage since it was looked up.
        file.refresh_from_db(fields=["storage", "name"])
        response = _send_whole(request, file)
    response = _finish(response, CONTENT_TYPES.get(file.format, UNKNOWN_TYPE), NOT_KEPT)
    return _attach(response, file_name)


def _send_whole(request: HttpRequest, file: StoredFile) -> HttpResponse:
    # A web server that did not find it where it was said to be is not sent there twice.
    send = _stream_stored if LOST_HEADER in request.headers else _send_stored
    return send(request, file.storage, file.name, file.size, f'"{file.sha256}"')


def send_computed(
    request: HttpRequest,
    read: Read,
    *,
    size: int,
    etag: str,
    content_type: str,
    file_name: str,
    in_pieces: str | None = None,
) -> HttpResponse:
    """Bytes that exist nowhere as a file, with exact length and ranges, saved as ``file_name``.

    Where there is a web server, it is told to fetch them piece by piece at ``in_pieces``.
    """
    response = _send_ranges(request, read, size, etag, in_pieces)
    return _attach(_finish(response, content_type, NOT_KEPT), file_name)


def come_again(words: str) -> HttpResponse:
    """Why a file cannot be had just now, for people and for programs that try again."""
    response = HttpResponse(words, status=503, headers={"Retry-After": RETRY_SECONDS})
    return _finish(response, "text/plain", NOT_KEPT)


def _send_stored(request: HttpRequest, alias: str, name: str, size: int, etag: str) -> HttpResponse:
    if settings.X_ACCEL_PREFIX and isinstance(storage_for(alias), NASStorage | LibraryStorage):
        # The web server answers ranges and conditions itself.
        return HttpResponse(headers={"X-Accel-Redirect": accelerated_path(alias, name)})
    return _stream_stored(request, alias, name, size, etag)


def _stream_stored(
    request: HttpRequest, alias: str, name: str, size: int, etag: str
) -> HttpResponse:
    return _send_ranges(
        request, lambda start, stop: _file_bytes(alias, name, size, start, stop), size, etag
    )


def _file_bytes(alias: str, name: str, size: int, start: int, stop: int) -> Iterator[bytes]:
    with opened(alias, name) as file:
        if file.size != size:
            raise BytesDiffer
        yield from file.blocks(start, stop - start)


def _send_ranges(
    request: HttpRequest, read: Read, size: int, etag: str, in_pieces: str | None = None
) -> HttpResponse:
    # A host's GZipMiddleware would compress even a part, and lose the length of the whole.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    wanted = None
    if range_still_applies(request.headers.get("If-Range"), etag):
        wanted = parse_range(request.headers.get("Range"), size)
    if wanted is UNSATISFIABLE:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    if in_pieces and settings.X_ACCEL_PREFIX and request.method == "GET":
        path = f"{settings.X_ACCEL_PREFIX.rstrip('/')}/{in_pieces}"
        return HttpResponse(headers={"X-Accel-Redirect": path})
    start, stop = wanted or (0, size)
    response = _stream(request, read, start, stop)
    if wanted:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if response.status_code in (200, 206):
        response["Accept-Ranges"] = "bytes"
        response["ETag"] = etag
        response["Content-Length"] = str(stop - start)
    return response


def _stream(request: HttpRequest, read: Read, start: int, stop: int) -> HttpResponse:
    if request.method == "HEAD":
        return HttpResponse()
    blocks = read(start, stop)
    try:
        # The first block shows whether the file is there, while an answer can still say so.
        first = next(blocks, b"")
    except StorageOffline:
        return HttpResponse(status=503, headers={"Retry-After": RETRY_SECONDS})
    return StreamingHttpResponse(chain((first,), blocks))


def _finish(response: HttpResponse, content_type: str, cache: str) -> HttpResponse:
    is_file = response.status_code in (200, 206, 304)
    response["Content-Type"] = content_type if is_file else "text/plain"
    response["Cache-Control"] = cache if is_file else NOT_KEPT
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = FILE_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _attach(response: HttpResponse, file_name: str) -> HttpResponse:
    response["Content-Disposition"] = content_disposition_header(True, file_name)
    return response
