"""Photos exported again: the photographer is asked once for each batch what is to become of them.

A manifest can tell only that a photo of that folder and name is there. Whether a file is the same
frame is known when its bytes were scanned and its capture time read; one that is another frame
goes on without a question, and one that is the same waits for the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.exceptions import AnsweredOtherwise
from pumbaphoto_wagtail.models import (
    FINAL_UPLOAD_STATES,
    SameName,
    Stage,
    Upload,
    UploadBatch,
    UploadState,
)

from . import batches
from .arrival import end_unsent, upload_of
from .claims import Claim

NAMES_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a batch asks: how many files it concerns, the first names, and whether it is open."""

    count: int
    names: list[str]
    answer: SameName
    is_open: bool


def question(batch: UploadBatch) -> Question:
    """What is to be asked about a batch, or was. In two queries."""
    concerned = _concerned(batch)
    is_unended = ~Q(state__in=FINAL_UPLOAD_STATES)
    amounts = concerned.aggregate(all=Count("pk"), open=Count("pk", filter=is_unended))
    return Question(
        count=amounts["all"],
        names=list(concerned.order_by("pk").values_list("file_name", flat=True)[:NAMES_SHOWN]),
        answer=SameName(batch.same_name),
        is_open=not batch.same_name and amounts["open"] > 0,
    )


def _concerned(batch: UploadBatch) -> QuerySet[Upload]:
    return batch.uploads.filter(Q(is_same_name=True) | Q(state=UploadState.ASKED))


@transaction.atomic
def answer(batch: UploadBatch, decision: SameName) -> None:
    """Record what the photographer decided, once, and let what waits for it go on.

    Raises AnsweredOtherwise if another answer was given before. To skip ends what has not
    arrived; what has is looked at first, since it may be another frame after all.
    """
    # Uploads are locked before their batch, as by whoever ends one and settles its batch then.
    list(
        _concerned(batch).exclude(state__in=FINAL_UPLOAD_STATES).order_by("pk").select_for_update()
    )
    undecided = UploadBatch.objects.filter(pk=batch.pk, same_name=SameName.UNDECIDED)
    is_first = undecided.update(same_name=decision)
    batch.refresh_from_db()
    if batch.same_name != decision:
        raise AnsweredOtherwise
    if not is_first:
        return
    _wake_held(batch)
    if decision == SameName.SKIP:
        unwanted = batch.uploads.filter(is_same_name=True)
        end_unsent(unwanted, UploadState.DUPLICATE, words_of_skipping())
        batches.settle(batch)


def words_of_skipping() -> str:
    return _("Skipped: a photo with this name is here already.")


def _wake_held(batch: UploadBatch) -> None:
    held = batch.uploads.filter(state=UploadState.ASKED)
    for stored_file_id in list(held.values_list("stored_file", flat=True)):
        tasks.wake("render_file", stored_file_id)
    held.update(state=UploadState.RECEIVED)


@transaction.atomic
def hold(work: Claim) -> None:
    """Keep a scanned file as it is until somebody has answered its batch's question.

    A batch that was settled before, because the file could not be scanned then, is open again;
    its e-mail is not sent a second time.
    """
    if not work.release(stage=Stage.CLEAN, render_attempts=work.file.render_attempts - 1):
        return
    upload = upload_of(work.file)
    uploads = Upload.objects.filter(pk=upload.pk)
    uploads.update(state=UploadState.ASKED, is_same_name=True)
    batch = UploadBatch.objects.select_for_update().get(pk=upload.batch_id)
    if batch.same_name:
        # The answer came while the file was being read, and did not find it waiting.
        uploads.update(state=UploadState.RECEIVED)
        tasks.wake("render_file", work.file.pk)
    UploadBatch.objects.filter(pk=batch.pk).update(settled_at=None)
