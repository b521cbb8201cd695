"""What the photographer decides about an edit on the review board, and takes back.

Each decision says what its page showed. Where somebody else has decided otherwise meanwhile nothing
is overwritten; where they have decided the same, nothing is left to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry

from ..exceptions import DecidedMeanwhile
from ..models import UNDECIDED_STATUSES, Edit, EditStatus, Gallery, Photo
from ..workflow import lock_gallery
from . import edits
from .evidence import candidates
from .selected import FOLLOWING_STATUSES


class Decision(StrEnum):
    """What can be decided about an edit."""

    LINK = "link"
    AS_IT_IS = "as_it_is"
    IGNORE = "ignore"
    LATER = "unlink"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What was decided about an edit; None while nothing is. ``photo`` is a primary key."""

    decision: Decision | None = None
    photo: int | None = None

    def __str__(self) -> str:
        return f"{self.decision or ''}:{self.photo or ''}"

    @classmethod
    def of(cls, edit: Edit) -> Standing:
        if edit.status in UNDECIDED_STATUSES:
            return cls()
        if edit.status in FOLLOWING_STATUSES:
            return cls(decision=Decision.LINK, photo=edit.photo_id)
        is_ignored = edit.status == EditStatus.IGNORED
        decision = Decision.IGNORE if is_ignored else Decision.AS_IT_IS
        return cls(decision=decision, photo=edit.photo_id)

    @classmethod
    def read(cls, text: str) -> Standing:
        """What ``str`` made of one; of anything else, that nothing was decided."""
        decision, _colon, photo = text.partition(":")
        if decision not in {*Decision}:
            return cls()
        return cls(decision=Decision(decision), photo=int(photo) if photo.isdecimal() else None)


@transaction.atomic
def decide(
    edit: Edit, decision: Decision, *, photo: Photo | None = None, seen: Standing, actor
) -> Edit:
    """Decide about ``edit``; ``photo`` is the original of a LINK.

    ``seen`` is how the edit stood when the photographer looked at it. Raises DecidedMeanwhile, and
    what the acts of :mod:`~pumbaphoto_wagtail.delivery.edits` raise.
    """
    present = _present(edit)
    if _is_done(present, decision, photo):
        return edit
    if present not in (Standing(), seen):
        raise DecidedMeanwhile(_words_of(edit))
    return _do(edit, decision, photo, actor)


@transaction.atomic
def take_back(edit: Edit, *, before: Standing, after: Standing, actor) -> Edit:
    """Bring an edit back to how it stood ``before``, if it still stands as it did ``after``.

    Raises as :func:`decide`.
    """
    if _present(edit) != after:
        raise DecidedMeanwhile(_words_of(edit))
    photo = Photo.objects.kept().filter(gallery=edit.gallery_id, pk=before.photo).first()
    decision = before.decision or Decision.LATER
    if decision == Decision.LINK and photo is None:
        decision = Decision.LATER
    return _do(edit, decision, photo, actor)


def _present(edit: Edit) -> Standing:
    """How it stands, under its gallery's lock."""
    lock_gallery(Gallery(pk=edit.gallery_id))
    edit.refresh_from_db()
    return Standing.of(edit)


def _is_done(present: Standing, decision: Decision, photo: Photo | None) -> bool:
    if decision == Decision.LINK:
        return present == Standing(decision=decision, photo=photo.pk if photo else None)
    return present.decision == (None if decision == Decision.LATER else decision)


def _do(edit: Edit, decision: Decision, photo: Photo | None, actor) -> Edit:
    if decision == Decision.LINK:
        best = next(iter(candidates(edit)), None)
        if best and edit.photo_id in (None, photo.pk) and best.photo == photo.pk:
            return edits.accept(edit, actor=actor)
        return edits.link_by_hand(edit, photo, actor=actor)
    acts = {
        Decision.AS_IT_IS: edits.deliver_as_it_is,
        Decision.IGNORE: edits.ignore,
        Decision.LATER: edits.unlink,
    }
    return acts[decision](edit, actor=actor)


def _words_of(edit: Edit) -> str:
    """What was decided about an edit, and by whom where the log knows."""
    words = {"edit": edit, "photo": edit.photo}
    outcome = {
        Decision.LINK: _("“%(edit)s” belongs to “%(photo)s”."),
        Decision.AS_IT_IS: _("“%(edit)s” is to be delivered as it is."),
        Decision.IGNORE: _("“%(edit)s” is left out."),
        None: _("“%(edit)s” waits for a decision again."),
    }[Standing.of(edit).decision] % words
    person = _who_decided(edit)
    if person:
        return _("%(person)s has decided this meanwhile: %(outcome)s") % {
            "person": person,
            "outcome": outcome,
        }
    return _("This was decided meanwhile: %(outcome)s") % {"outcome": outcome}


def _who_decided(edit: Edit) -> str:
    log = ModelLogEntry.objects.for_instance(edit.gallery).filter(data__edit=edit.pk)
    entry = log.select_related("user").first()
    if entry is None or entry.user is None:
        return ""
    return entry.user.get_full_name() or entry.user.get_username()
