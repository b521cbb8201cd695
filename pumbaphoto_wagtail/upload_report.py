"""What became of a batch of uploads, as its e-mail tells the photographer."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import SameName, Stage, Upload, UploadBatch, UploadState

# Files that arrived and are no photos to look at, and what is said of them.
STAGES_OF_TROUBLE = (
    (Stage.INFECTED, gettext_lazy("Infected, and in quarantine")),
    (Stage.BLOCKED, gettext_lazy("Not scanned for viruses, and not shown")),
    (Stage.FAILED, gettext_lazy("Could not be processed")),
    (Stage.MISSING, gettext_lazy("Missing from the storage")),
    (Stage.DELETED, gettext_lazy("Infected, and deleted")),
)
# How many files of each kind of trouble an e-mail names.
FILES_NAMED = 50


def batch_report(batch: UploadBatch) -> dict:
    """What the e-mail about a settled batch says: its amounts, and ``problems`` by their kind, each
    a title, the first files with a reason, and how many more.
    """
    troubled = [stage for stage, title in STAGES_OF_TROUBLE]
    # Not excluded: that would leave out uploads without a file.
    is_in = Q(state=UploadState.ACCEPTED) & (
        Q(stored_file=None) | ~Q(stored_file__stage__in=troubled)
    )
    is_there = Q(state=UploadState.DUPLICATE)
    amounts = batch.uploads.aggregate(
        announced=Count("pk"),
        count=Count("pk", filter=is_in),
        duplicates=Count("pk", filter=is_there & Q(is_same_name=False)),
        skipped=Count("pk", filter=is_there & Q(is_same_name=True)),
        abandoned=Count("pk", filter=Q(state=UploadState.ABANDONED)),
        exported_again=Count("pk", filter=is_in & Q(is_same_name=True)),
    )
    was_replaced = batch.same_name == SameName.REPLACE
    exported_again = amounts.pop("exported_again")
    return {
        "batch": batch,
        **amounts,
        "replaced": exported_again if was_replaced else 0,
        "kept_both": 0 if was_replaced else exported_again,
        "problems": _problems(batch.uploads.select_related("stored_file")),
    }


def _problems(uploads: QuerySet[Upload]) -> list[dict]:
    """What is wrong with files of a batch: a title, the first files, and how many more."""
    groups = [
        (title, uploads.filter(state=UploadState.ACCEPTED, stored_file__stage=stage))
        for stage, title in STAGES_OF_TROUBLE
    ]
    groups.append((_("Not accepted"), uploads.filter(state=UploadState.REFUSED)))
    groups.append((_("Did not arrive"), uploads.filter(state=UploadState.ABANDONED)))
    return [problem for title, files in groups if (problem := _problem(title, files))]


def _problem(title: str, uploads: QuerySet[Upload]) -> dict | None:
    count = uploads.count()
    if not count:
        return None
    files = [
        {
            "name": "/".join(filter(None, (upload.relative_path, upload.file_name))),
            "reason": _reason(upload),
        }
        for upload in uploads.order_by("pk")[:FILES_NAMED]
    ]
    return {"title": title, "count": count, "files": files, "more": count - len(files)}


def _reason(upload: Upload) -> str:
    stored = upload.stored_file
    if stored is not None and stored.stage == Stage.INFECTED:
        return stored.virus_name
    return (stored.reason if stored is not None else "") or upload.reason
