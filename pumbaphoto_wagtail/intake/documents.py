"""A batch as JSON, for the page that shows its progress."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from pumbaphoto_wagtail.models import Gallery, Stage, Upload, UploadBatch, UploadState

from . import batches, changes
from .same_name import question

_STATES = list(UploadState.values)
_STAGES = ["", *Stage.values]


def batch_document(batch: UploadBatch, gallery: Gallery, *, with_files: bool = True) -> dict:
    """Counts by state, files by stage, bytes, what is asked, and each file unless left out."""
    document = _figures(batch, gallery)
    if with_files:
        return document | _files(batch, cursor="")
    return document


def changes_document(batch: UploadBatch, gallery: Gallery, cursor: str) -> dict:
    """The same, with only those files that are not as they were at ``cursor``, and a new one."""
    return _figures(batch, gallery) | _files(batch, cursor)


def _figures(batch: UploadBatch, gallery: Gallery) -> dict:
    received, announced = batches.received_bytes(batch)
    asked = question(batch)
    keys = [gallery.uuid, batch.uuid]
    return {
        "uuid": str(batch.uuid),
        "purpose": batch.purpose,
        "settled": batch.settled_at is not None,
        "counts": batches.counts(batch),
        "stages": batches.progress(batch),
        "receivedBytes": received,
        "announcedBytes": announced,
        "question": {
            "count": asked.count,
            "names": asked.names,
            "answer": asked.answer.value,
            "isOpen": asked.is_open,
        },
        "address": reverse("pumbaphoto_wagtail:batch", args=keys),
        "answerAddress": reverse("pumbaphoto_wagtail:batch_answer", args=keys),
        "createAddress": reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]),
    }


def _files(batch: UploadBatch, cursor: str) -> dict:
    rows = list(
        batch.uploads.order_by("pk").values_list("pk", "state", "stored_file__stage").iterator()
    )
    codes = bytes(_code(state, stage) for _key, state, stage in rows)
    keys = [rows[number][0] for number in changes.changed(cursor, codes)]
    return {
        "files": [_file_document(upload) for upload in _uploads(batch, keys, len(rows))],
        "cursor": changes.encode(codes),
    }


def _code(state: str, stage: str | None) -> int:
    return _STATES.index(state) * len(_STAGES) + _STAGES.index(stage or "")


def _uploads(batch: UploadBatch, keys: list[int], amount: int) -> Iterable[Upload]:
    uploads = batch.uploads.select_related("stored_file").order_by("pk")
    return uploads if len(keys) == amount else uploads.filter(pk__in=keys)


def _file_document(upload: Upload) -> dict:
    stored = upload.stored_file
    return {
        "uuid": str(upload.uuid),
        "clientKey": str(upload.client_key),
        "name": upload.file_name,
        "relativePath": upload.relative_path,
        "size": upload.length,
        # By name, size and time a browser knows the file again, and goes on where it stopped.
        "lastModified": batches.to_milliseconds(upload.last_modified),
        "offset": upload.durable_offset,
        "state": upload.state,
        "sameName": upload.is_same_name,
        "alreadyStored": upload.state == UploadState.DUPLICATE,
        "stage": stored.stage if stored else "",
        "stageLabel": str(stored.get_stage_display()) if stored else "",
        "reason": upload.reason or (stored.reason if stored else ""),
    }
