"""The views of the batch manifest: announce what comes, ask how far it is, give up the rest."""

from __future__ import annotations

import json
import uuid

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.models import Gallery, Purpose, State, Upload, UploadBatch, UploadState

from . import batches, receiving
from .endpoint import upload_endpoint
from .protocol import ProtocolError, parse_number

MAX_MANIFEST_BYTES = 8 * 1024 * 1024


@upload_endpoint
def manifest(request: HttpRequest, gallery: Gallery) -> HttpResponse:
    """``POST`` announces a batch and answers what to send, what is there and what is refused."""
    if request.method != "POST":
        raise ProtocolError(405, "POST announces a batch")
    if gallery.state == State.ARCHIVED:
        raise ProtocolError(409, _("This gallery is archived."))
    document = _read_json(request)
    purpose = Purpose.EDIT if document.get("purpose") == Purpose.EDIT else Purpose.ORIGINAL
    try:
        announcements = [_announcement(row) for row in document["files"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ProtocolError(400, "each file needs a name and a size") from None
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
        raise ProtocolError(413, "the manifest is too long")
    try:
        document = json.loads(request.read(MAX_MANIFEST_BYTES))
    except ValueError:
        raise ProtocolError(400, "the manifest is not JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("files"), list):
        raise ProtocolError(400, "the manifest lists files")
    return document


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
    )


@upload_endpoint
def batch(request: HttpRequest, gallery: Gallery, batch_uuid: uuid.UUID) -> HttpResponse:
    """``GET`` tells how far a batch is; ``DELETE`` gives up what has not arrived."""
    found = UploadBatch.objects.filter(gallery=gallery, uuid=batch_uuid).first()
    if found is None:
        raise Http404
    if request.method == "DELETE":
        unfinished = (UploadState.ANNOUNCED, UploadState.UPLOADING)
        for one in found.uploads.filter(state__in=unfinished).select_related("batch"):
            receiving.abandon(one)
        found.refresh_from_db()
    elif request.method != "GET":
        raise ProtocolError(405, "GET or DELETE")
    with_files = request.GET.get("files") != "0"
    return JsonResponse(batch_document(found, gallery, with_files=with_files))


def batch_document(batch: UploadBatch, gallery: Gallery, *, with_files: bool = True) -> dict:
    """A batch as JSON: counts by state, files by stage, bytes, and each file unless left out."""
    received, announced = batches.received_bytes(batch)
    document = {
        "uuid": str(batch.uuid),
        "purpose": batch.purpose,
        "settled": batch.settled_at is not None,
        "counts": batches.counts(batch),
        "stages": batches.progress(batch),
        "receivedBytes": received,
        "announcedBytes": announced,
        "address": reverse("pumbaphoto_wagtail:batch", args=[gallery.uuid, batch.uuid]),
        "createAddress": reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]),
    }
    if with_files:
        rows = batch.uploads.select_related("stored_file")
        document["files"] = [_file_document(row) for row in rows]
    return document


def _file_document(upload: Upload) -> dict:
    stored = upload.stored_file
    return {
        "uuid": str(upload.uuid),
        "clientKey": str(upload.client_key),
        "name": upload.file_name,
        "relativePath": upload.relative_path,
        "size": upload.length,
        "offset": upload.durable_offset,
        "state": upload.state,
        "alreadyStored": upload.state == UploadState.DUPLICATE,
        "stage": stored.stage if stored else "",
        "stageLabel": str(stored.get_stage_display()) if stored else "",
        "reason": upload.reason or (stored.reason if stored else ""),
    }
