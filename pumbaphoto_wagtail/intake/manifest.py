"""The views of the batch manifest: announce what comes, ask how far it is, give up the rest."""

from __future__ import annotations

import json
import uuid

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import AnsweredOtherwise
from pumbaphoto_wagtail.models import Gallery, Purpose, SameName, State, UploadBatch, UploadState

from . import arrival, batches, same_name
from .documents import batch_document, changes_document
from .endpoint import upload_endpoint
from .names import display_name
from .protocol import ProtocolError, parse_number, parse_sha256

MAX_MANIFEST_BYTES = 8 * 1024 * 1024
# A folder that is dropped again may hold what several batches have sent already; a list of more
# than this many batches is no shoot.
MAX_MANIFEST_BATCHES = 10
NAMES_SHOWN = 10


@upload_endpoint
def manifest(request: HttpRequest, gallery: Gallery) -> HttpResponse:
    """``POST`` announces a batch and answers what to send, what is there and what is refused."""
    if request.method != "POST":
        raise ProtocolError(405, "POST announces a batch")
    if gallery.state == State.ARCHIVED:
        raise ProtocolError(409, _("This gallery is archived."))
    document = _read_json(request)
    purpose = Purpose.EDIT if document.get("purpose") == Purpose.EDIT else Purpose.ORIGINAL
    announcements = _announcements(document.get("files"))
    keys = [row.client_key for row in announcements if row.client_key]
    if len(keys) != len(set(keys)):
        raise ProtocolError(400, "a client key is repeated")
    batch = batches.announce(
        gallery, uploader=request.user, purpose=purpose, announcements=announcements
    )
    return JsonResponse(batch_document(batch, gallery), status=201)


def _read_json(request: HttpRequest) -> dict:
    length = parse_number(request.headers.get("Content-Length"), "Content-Length")
    if length > MAX_MANIFEST_BYTES:
        raise ProtocolError(413, "the body is too long")
    try:
        document = json.loads(request.read(MAX_MANIFEST_BYTES))
    except ValueError:
        raise ProtocolError(400, "the body is not JSON") from None
    if not isinstance(document, dict):
        raise ProtocolError(400, "the body is no JSON object")
    return document


def _announcements(rows: object) -> list[batches.Announcement]:
    if not isinstance(rows, list):
        raise ProtocolError(400, "the manifest lists files")
    most = MAX_MANIFEST_BATCHES * settings.MAX_BATCH_FILES
    if len(rows) > most:
        raise ProtocolError(413, _too_many(rows, most))
    try:
        return [_announcement(row) for row in rows]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ProtocolError(400, "each file needs a name and a size") from None


def _too_many(rows: list, most: int) -> str:
    surplus = [str(row.get("name")) for row in rows[most:][:NAMES_SHOWN] if isinstance(row, dict)]
    return _(
        "These are %(count)d files, and a list of at most %(most)d can be looked through. Drop"
        " them folder by folder. The first ones beyond that: %(names)s"
    ) % {"count": len(rows), "most": most, "names": ", ".join(map(display_name, surplus))}


def _announcement(row: dict) -> batches.Announcement:
    size, modified = row["size"], row.get("lastModified")
    if isinstance(size, bool) or not isinstance(size, int) or not -1 < size < 2**63:
        raise ValueError(size)
    if modified is not None and not isinstance(modified, int):
        raise ValueError(modified)
    key = row.get("clientKey")
    return batches.Announcement(
        name=str(row["name"])[: batches.MAX_ANNOUNCED_NAME_LENGTH],
        size=size,
        relative_path=str(row.get("relativePath") or ""),
        last_modified=batches.from_milliseconds(modified),
        client_key=uuid.UUID(str(key)) if key else None,
        sha256=parse_sha256(row.get("sha256") or ""),
    )


@upload_endpoint
def batch(request: HttpRequest, gallery: Gallery, batch_uuid: uuid.UUID) -> HttpResponse:
    """``GET`` tells how far a batch is; ``DELETE`` gives up what has not arrived.

    ``?changed=<cursor>`` names only the files that are not as they were when the cursor was given
    out, ``?files=0`` none of them.
    """
    found = _find_batch(gallery, batch_uuid)
    if request.method == "DELETE":
        arrival.end_unsent(
            found.uploads.all(), UploadState.ABANDONED, _("This file did not arrive.")
        )
        batches.settle(found)
    elif request.method != "GET":
        raise ProtocolError(405, "GET or DELETE")
    cursor = request.GET.get("changed")
    if cursor is not None:
        return JsonResponse(changes_document(found, gallery, cursor))
    with_files = request.GET.get("files") != "0"
    return JsonResponse(batch_document(found, gallery, with_files=with_files))


@upload_endpoint
def answer(request: HttpRequest, gallery: Gallery, batch_uuid: uuid.UUID) -> HttpResponse:
    """``POST`` decides what becomes of photos that were exported again: replace, keep or skip."""
    if request.method != "POST":
        raise ProtocolError(405, "POST answers")
    found = _find_batch(gallery, batch_uuid)
    decision = _read_json(request).get("answer")
    if decision not in (SameName.REPLACE, SameName.KEEP_BOTH, SameName.SKIP):
        raise ProtocolError(400, "the answer is replace, keep or skip")
    try:
        same_name.answer(found, SameName(decision))
    except AnsweredOtherwise:
        return JsonResponse(batch_document(found, gallery, with_files=False), status=409)
    return JsonResponse(batch_document(found, gallery))


def _find_batch(gallery: Gallery, batch_uuid: uuid.UUID) -> UploadBatch:
    found = (
        UploadBatch.objects.filter(gallery=gallery, uuid=batch_uuid)
        .select_related("gallery", "uploader")
        .first()
    )
    if found is None:
        raise Http404
    return found
