"""The photographer's word on edits: whose they are, what they are, and which version goes.

It is final: matching never undoes it. Every act happens under the gallery's lock, and done twice it
happens once.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from ..exceptions import TransitionNotAllowed
from ..intake.names import clean_text
from ..models import Edit, EditStatus, Gallery, MatchMethod, Photo, State
from ..workflow import REFUSALS, lock_gallery
from .edit_markers import MAIN, OWN, VARIANTS
from .evidence import candidates
from .known import variant_of
from .matching_rules import MAX_VARIANT_LENGTH
from .names import name_key
from .numbering import number, read_names
from .originals import names_of
from .selected import STANDING_STATUSES, refresh_selected


@transaction.atomic
def link_by_hand(edit: Edit, photo: Photo, *, actor) -> Edit:
    """The photographer says which photograph an edit belongs to.

    Raises ValidationError for a photograph of another gallery, TransitionNotAllowed for an edit
    that was delivered or whose gallery is archived.
    """
    locked = _lock(edit)
    if photo.gallery_id != locked.gallery_id:
        raise ValidationError(_("An edit can only belong to a photo of its own gallery."))
    _link(locked, photo, "pumbaphoto.link_edit", actor)
    return _updated(edit)


@transaction.atomic
def accept(edit: Edit, *, actor) -> Edit:
    """The photographer agrees: the photograph it is matched with, or else its best candidate.

    Raises ValidationError where there is no candidate, and otherwise as :func:`link_by_hand`.
    """
    locked = _lock(edit)
    photo = locked.photo or _best_candidate(locked)
    if photo is None:
        raise ValidationError(_("Nothing was found that this edit could belong to."))
    _link(locked, photo, "pumbaphoto.accept_edit", actor)
    return _updated(edit)


@transaction.atomic
def unlink(edit: Edit, *, actor) -> Edit:
    """Make an edit undecided again, also one that was ignored; it is not matched by itself any
    more.

    Raises as :func:`link_by_hand`.
    """
    locked = _lock(edit)
    if not (locked.status == EditStatus.UNMATCHED and locked.method == MatchMethod.BY_HAND):
        locked.photo, locked.variant, locked.version = None, MAIN, 1
        locked.method, locked.confidence = MatchMethod.BY_HAND, 0.0
        locked.status, locked.is_chosen = EditStatus.UNMATCHED, False
        locked.save()
        _log(locked, "pumbaphoto.unlink_edit", actor)
    return _updated(edit)


@transaction.atomic
def ignore(edit: Edit, *, actor) -> Edit:
    """Leave an edit out of every delivery; the file stays. Raises as :func:`link_by_hand`."""
    return _decide(edit, EditStatus.IGNORED, "pumbaphoto.ignore_edit", actor)


@transaction.atomic
def deliver_as_it_is(edit: Edit, *, actor) -> Edit:
    """Deliver an edit although no original was found (a collage, a gift) or none was selected.

    Raises as :func:`link_by_hand`.
    """
    return _decide(edit, EditStatus.AS_IT_IS, "pumbaphoto.deliver_edit_as_it_is", actor)


@transaction.atomic
def set_variant(edit: Edit, variant: str, *, actor) -> Edit:
    """The photographer says which variant of its photograph an edit is.

    ``variant`` is one of ``VARIANTS`` ("main", "black_and_white", "social_crop", "web", "own"),
    alone or followed by what tells it from others of its kind ("social_crop 4x5"), or any words of
    the photographer's own ("Anna's favourite"). It becomes the newest version of that variant,
    unless its name says otherwise. Raises ValidationError for no words at all and for an edit
    without a photograph, and otherwise as :func:`link_by_hand`.
    """
    locked = _lock(edit)
    if locked.photo_id is None:
        raise ValidationError(_("Say first which photo this edit belongs to."))
    wanted = variant_named(variant)
    if not wanted:
        raise ValidationError(_("A variant needs a name."))
    if locked.variant != wanted:
        locked.variant, locked.is_chosen = wanted, False
        locked.method, locked.confidence = MatchMethod.BY_HAND, 1.0
        number([locked])
        refresh_selected(locked.gallery)
        _log(locked, "pumbaphoto.set_edit_variant", actor)
    return _updated(edit)


@transaction.atomic
def choose_version(edit: Edit, *, actor) -> Edit:
    """This version goes to the client, whatever newer ones of its variant there are or come.

    Also one that was delivered. Raises ValidationError for an edit that stands for no photograph,
    TransitionNotAllowed in an archived gallery.
    """
    locked = _lock(edit, even_delivered=True)
    if locked.photo_id is None or locked.status not in STANDING_STATUSES:
        raise ValidationError(_("Only an edit that belongs to a photo can be chosen."))
    if not locked.is_chosen:
        _versions_of(locked).filter(is_chosen=True).update(is_chosen=False)
        locked.is_chosen = True
        locked.save(update_fields=["is_chosen"])
        _log(locked, "pumbaphoto.choose_edit_version", actor)
    return _updated(edit)


@transaction.atomic
def choose_newest(edit: Edit, *, actor) -> Edit:
    """Of this edit's variant the newest version goes again. Raises as :func:`choose_version`."""
    locked = _lock(edit, even_delivered=True)
    if locked.photo_id is None:
        raise ValidationError(_("Only an edit that belongs to a photo can be chosen."))
    if _versions_of(locked).filter(is_chosen=True).update(is_chosen=False):
        _log(locked, "pumbaphoto.choose_newest_edit", actor)
    return _updated(edit)


def variant_named(words: str) -> str:
    """The variant that these words name, as it is stored; "" for no words."""
    kind, _blank, detail = " ".join(words.split()).partition(" ")
    if kind in VARIANTS:
        return f"{kind} {detail}".strip()[:MAX_VARIANT_LENGTH].strip()
    own = " ".join(clean_text(words).split()) if name_key(words) else ""
    return f"{OWN} {own}"[:MAX_VARIANT_LENGTH].strip() if own else ""


def _link(locked: Edit, photo: Photo, action: str, actor) -> None:
    is_same_photo = locked.photo_id == photo.pk
    is_decided = locked.method == MatchMethod.BY_HAND and locked.status in STANDING_STATUSES
    if is_same_photo and is_decided:
        return
    if not is_same_photo:
        locked.variant = _variant(locked, photo)
        locked.photo, locked.is_chosen = photo, False
    locked.method, locked.confidence = MatchMethod.BY_HAND, 1.0
    locked.status = EditStatus.MATCHED
    number([locked])
    refresh_selected(locked.gallery)
    _log(locked, action, actor)


def _variant(edit: Edit, photo: Photo) -> str:
    """What the edit's name and its colours say it is, as an edit of this photograph."""
    (original,) = names_of(Photo.objects.filter(pk=photo.pk))
    picture = photo.picture.identity if photo.picture else {}
    return variant_of(
        read_names([edit], [original])[edit.pk],
        is_grey=edit.stored_file.identity.get("is_grey"),
        original_is_grey=picture.get("is_grey"),
    )


def _best_candidate(edit: Edit) -> Photo | None:
    present = edit.gallery.photos.kept().in_bulk([one.photo for one in candidates(edit)])
    return next((present[c.photo] for c in candidates(edit) if c.photo in present), None)


def _versions_of(edit: Edit) -> QuerySet[Edit]:
    return Edit.objects.filter(photo=edit.photo_id, variant=edit.variant)


def _decide(edit: Edit, status: EditStatus, action: str, actor) -> Edit:
    locked = _lock(edit)
    if locked.status != status:
        locked.status = status
        # What is left out cannot be what goes.
        locked.is_chosen = locked.is_chosen and status != EditStatus.IGNORED
        locked.save(update_fields=["status", "is_chosen"])
        _log(locked, action, actor)
    return _updated(edit)


def _lock(edit: Edit, *, even_delivered: bool = False) -> Edit:
    """The edit's present row under its gallery's lock, if it may still be changed."""
    gallery = lock_gallery(Gallery(pk=edit.gallery_id))
    if gallery.state == State.ARCHIVED:
        raise TransitionNotAllowed(str(REFUSALS[State.ARCHIVED]))
    locked = Edit.objects.select_related("stored_file", "photo").get(pk=edit.pk)
    locked.gallery = gallery
    if not even_delivered and locked.delivery_items.exists():
        raise TransitionNotAllowed(
            _("This edit was delivered already. Upload a new version instead.")
        )
    return locked


def _updated(edit: Edit) -> Edit:
    edit.refresh_from_db()
    return edit


def _log(edit: Edit, action: str, actor) -> None:
    log(edit.gallery, action, user=actor, data={"edit": edit.pk, "photo": edit.photo_id})
