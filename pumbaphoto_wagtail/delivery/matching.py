"""Edits find their originals by themselves, as far as nothing has to be guessed.

First everything is read and weighed without a lock, files too; then what was decided is saved
under the gallery's lock, for edits that still wait for it. Done twice, it happens once. The
photographer's word is never undone.

Each edit keeps in what state it saw the originals (``Finding`` "looked"). It is looked at again
when that has changed and nothing of it was delivered, so that it makes no difference which file
arrives first: an edit matched by a worse name, or by its looks, goes where a later original leads
it, and back to the photographer where that one leaves it in doubt.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone

from .. import tasks
from ..conf import DAY, settings
from ..models import (
    UNDECIDED_STATUSES,
    DeliveryItem,
    Edit,
    EditStatus,
    Gallery,
    MatchMethod,
    Photo,
    Purpose,
    State,
    UploadBatch,
)
from ..workflow import lock_gallery, start_editing
from .edit_markers import MAIN
from .findings import Finding
from .known import Arrived, Known
from .looks import ensure_visual_keys
from .matching_rules import (
    AMBIGUOUS,
    EXACT_NAME,
    MATCHED,
    NAME_AND_FOLDER,
    STRIPPED_NAME,
    UNMATCHED,
)
from .numbering import number, save_places
from .originals import known_originals, looks_of, pictures_of, state_of, visual_keys
from .pictures import KnownPictures
from .selected import FOLLOWING_STATUSES, refresh_selected
from .visual import Looks
from .weighing import DOUBTFUL, IDENTITY, VISUAL, Decision, decide

METHODS = {
    EXACT_NAME: MatchMethod.EXACT_NAME,
    STRIPPED_NAME: MatchMethod.STRIPPED_NAME,
    NAME_AND_FOLDER: MatchMethod.FOLDER,
    IDENTITY: MatchMethod.IDENTITY,
    VISUAL: MatchMethod.VISUAL,
}
UNDECIDED = {
    AMBIGUOUS: EditStatus.AMBIGUOUS,
    UNMATCHED: EditStatus.UNMATCHED,
    DOUBTFUL: EditStatus.DOUBTFUL,
}
LOOKED = "looked"


def match_edits(gallery_id: int) -> int:
    """Match a gallery's edits that wait for it; returns how many found an original, or another.

    The first edit of a submitted selection moves the gallery to Editing.
    """
    gallery = Gallery.objects.filter(pk=gallery_id).first()
    if gallery is None:
        return 0
    state = state_of(gallery)
    edits = [*_waiting(gallery, state).select_related("stored_file").order_by("pk")]
    if not edits:
        return 0
    known = known_originals(gallery.pk, state)
    decisions = _decide(gallery, state, known, edits)
    return _save(gallery, state, len(known), decisions)


def reconcile() -> dict[str, int]:
    """Wake the matching of edits that nobody was woken for, or whose worker has died: those that
    were never looked at, and those whose originals have all come within the last day.
    """
    now = timezone.now()
    since = now - timedelta(seconds=settings.LEASE_SECONDS)
    undecided = Edit.objects.filter(status__in=UNDECIDED_STATUSES).exclude(
        method=MatchMethod.BY_HAND
    )
    have_come = UploadBatch.objects.filter(
        purpose=Purpose.ORIGINAL, settled_at__range=(now - timedelta(seconds=DAY), since)
    )
    forgotten = undecided.filter(
        Q(evidence=[], created_at__lte=since) | Q(gallery__in=have_come.values("gallery"))
    )
    woken = 0
    for gallery in Gallery.objects.filter(pk__in=forgotten.values("gallery")).order_by("pk"):
        if _waiting(gallery, state_of(gallery)).filter(pk__in=forgotten.values("pk")).exists():
            tasks.wake("match_edits", gallery.pk)
            woken += 1
    return {"matchings woken": woken}


def _waiting(gallery: Gallery, state: str) -> QuerySet[Edit]:
    """The edits that nobody has decided on and that have not seen the originals as they are."""
    edits = gallery.edits.exclude(method=MatchMethod.BY_HAND).exclude(is_chosen=True)
    edits = edits.filter(~Exists(DeliveryItem.objects.filter(edit=OuterRef("pk"))))
    seen = Coalesce(KT("evidence__0__data__originals"), Value(""), output_field=TextField())
    edits = edits.annotate(seen=seen).exclude(seen=state)
    undecided = Q(status__in=UNDECIDED_STATUSES)
    if _originals_are_coming(gallery):
        # Once they are all there, their batch asks for the others.
        return edits.filter(undecided)
    return edits.filter(undecided | Q(status__in=FOLLOWING_STATUSES) & ~Q(seen=""))


def _originals_are_coming(gallery: Gallery) -> bool:
    batches = UploadBatch.objects.filter(gallery=gallery, purpose=Purpose.ORIGINAL)
    return batches.filter(settled_at=None).exists()


# --- Deciding, without a lock --------------------------------------------------------------------


def _decide(gallery: Gallery, state: str, known: Known, edits: list[Edit]) -> dict[int, Decision]:
    arrived = [_arrived(edit) for edit in edits]
    named = {
        original
        for edit in arrived
        for original in known.candidates(known.match_name(edit), known.pointers(edit))
    }
    ensure_visual_keys([edit.stored_file for edit in edits])
    pictures = KnownPictures(
        {edit.pk: edit.stored_file.visual_key for edit in edits},
        _looks(gallery.photos.kept().filter(pk__in=named)),
        all_keys=lambda: visual_keys(gallery.photos.kept()),
        all_looks=lambda: _all_looks(gallery, state),
    )
    return {edit.key: decide(edit, known, pictures) for edit in arrived}


def _looks(photos: QuerySet[Photo]) -> dict[int, str]:
    ensure_visual_keys(pictures_of(photos).filter(visual_key=""))
    return visual_keys(photos)


def _all_looks(gallery: Gallery, state: str) -> Looks:
    _looks(gallery.photos.kept())
    return looks_of(gallery.pk, state)


def _arrived(edit: Edit) -> Arrived:
    file = edit.stored_file
    return Arrived(
        key=edit.pk,
        name=file.original_name,
        folder=file.relative_path,
        identity=file.identity,
        is_grey=file.identity.get("is_grey"),
    )


# --- Saving, under the lock ----------------------------------------------------------------------


@transaction.atomic
def _save(gallery: Gallery, state: str, looked_at: int, decisions: dict[int, Decision]) -> int:
    gallery = lock_gallery(gallery)
    waiting = _waiting(gallery, state).filter(pk__in=decisions).select_related("stored_file")
    edits = _leave_out_twins(gallery, [*waiting.order_by("pk")])
    if not edits:
        return 0
    if gallery.state == State.SUBMITTED:
        start_editing(gallery)
    present = set(gallery.photos.kept().values_list("pk", flat=True))
    looked = Finding(
        photo=None, kind="name", words_key=LOOKED, data={"count": looked_at, "originals": state}
    )
    placed, stayed = [], []
    for edit in edits:
        decision = decisions[edit.pk]
        edit.evidence = [finding.as_row() for finding in (looked, *decision.findings)]
        moves = _follow(edit, decision, present)
        (placed if moves else stayed).append(edit)
    save_places(stayed)
    if placed:
        number(placed)
    refresh_selected(gallery)
    return len(placed)


def _follow(edit: Edit, decision: Decision, present: set[int]) -> bool:
    """Do to an edit what was decided; True where it has found a place that needs a number."""
    if decision.status != MATCHED or decision.original not in present:
        edit.photo_id, edit.variant, edit.version = None, MAIN, 1
        edit.method, edit.confidence = MatchMethod.NONE, 0.0
        edit.status = UNDECIDED.get(decision.status, EditStatus.UNMATCHED)
        return False
    place = decision.original, decision.variant
    is_there = edit.status in FOLLOWING_STATUSES and (edit.photo_id, edit.variant) == place
    edit.method, edit.confidence = METHODS[decision.method], decision.confidence
    if not is_there:
        edit.photo_id, edit.variant = place
        edit.status = EditStatus.MATCHED
    return not is_there


def _leave_out_twins(gallery: Gallery, edits: list[Edit]) -> list[Edit]:
    """The edits without those whose bytes came a second time, which are ignored from now on.

    Intake refuses a second copy as long as it is not uploaded in the same moment.
    """
    digests = {edit.stored_file.sha256 for edit in edits}
    same = Edit.objects.filter(gallery=gallery, stored_file__sha256__in=digests)
    first = dict(same.order_by().values_list("stored_file__sha256").annotate(Min("pk")))
    twins = {edit.pk for edit in edits if edit.pk != first[edit.stored_file.sha256]}
    if twins:
        Edit.objects.filter(pk__in=twins).update(status=EditStatus.IGNORED)
    return [edit for edit in edits if edit.pk not in twins]
