"""Hearts and notes: what one recipient picks in the present round.

Every act can be repeated without doing more, and takes its locks in the order gallery, selection.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import access
from ..conf import settings
from ..exceptions import LimitExceeded, SelectionClosed, TransitionNotAllowed
from ..models import (
    Gallery,
    Kind,
    Photo,
    Pick,
    Selection,
    SelectionList,
    ShareLink,
    State,
)
from ..workflow import REFUSALS, lock_gallery
from .limits import Tally


@transaction.atomic
def set_favourite(link: ShareLink, photo: Photo, on: bool) -> Selection:
    """Give a photo a heart, or take it away; its note stays either way.

    Raises Photo.DoesNotExist for a photo that this link does not show, SelectionClosed after the
    selection was sent, TransitionNotAllowed in another state, LimitExceeded beyond the hard
    maximum, PermissionDenied for a link that only looks, ShareLink.DoesNotExist for a closed one.
    """
    selection = _open_for_change(link, photo)
    pick = selection.picks.filter(photo=photo).first()
    if on and not (pick and pick.is_favourite):
        _require_room(selection)
        Pick.objects.update_or_create(
            selection=selection,
            photo=photo,
            defaults={"is_favourite": True, "picked_at": timezone.now()},
        )
    elif not on and pick and pick.is_favourite:
        if pick.note:
            pick.is_favourite = False
            pick.save(update_fields=["is_favourite"])
        else:
            pick.delete()
    return selection


@transaction.atomic
def set_note(link: ShareLink, photo: Photo, words: str) -> Selection:
    """Write a note to a photo, or remove it with an empty one; it may stand without a heart.

    Raises ValidationError for more than ``NOTE_MAX_LENGTH`` characters, otherwise as
    :func:`set_favourite`.
    """
    note = clean_note(words)
    selection = _open_for_change(link, photo)
    pick = selection.picks.filter(photo=photo).first()
    if pick is None and note:
        selection.picks.create(photo=photo, note=note, picked_at=timezone.now())
    elif pick is not None and not note and not pick.is_favourite:
        pick.delete()
    elif pick is not None and pick.note != note:
        pick.note = note
        pick.save(update_fields=["note"])
    return selection


@transaction.atomic
def set_notes(link: ShareLink, notes: Mapping[UUID, str]) -> Selection:
    """Write many notes at once, by the photos' UUIDs; those that have not changed cost nothing.

    Raises as :func:`set_note`; either all are written or none.
    """
    cleaned = {uuid: clean_note(words) for uuid, words in notes.items()}
    link, gallery = lock_for_choosing(link)
    selection = selection_to_change(link, gallery)
    written = dict(selection.picks.values_list("photo__uuid", "note"))
    changed = {uuid for uuid, note in cleaned.items() if written.get(uuid, "") != note}
    photos = {photo.uuid: photo for photo in offered_photos(link).filter(uuid__in=changed)}
    for uuid in changed:
        if uuid not in photos:
            raise Photo.DoesNotExist
        set_note(link, photos[uuid], cleaned[uuid])
    return selection


def clean_note(words: str) -> str:
    """A note as it is stored: one kind of line break, nothing a database cannot hold."""
    # Lone surrogates and NUL cannot be stored everywhere, and say nothing.
    text = words.encode("utf-8", "ignore").decode().replace("\0", "")
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > settings.NOTE_MAX_LENGTH:
        raise ValidationError(
            _("A note can have %(count)d characters at most.") % {"count": settings.NOTE_MAX_LENGTH}
        )
    return text


@transaction.atomic
def open_selection(link: ShareLink) -> Selection:
    """The link's selection of the present round, made if there is none.

    A later round starts as a copy of the one before.
    """
    gallery = lock_gallery(link.gallery)
    return selection_to_change(link, gallery)


def selection_to_change(link: ShareLink, gallery: Gallery) -> Selection:
    """As :func:`open_selection`, for a gallery that the caller has locked; locked itself."""
    selection, is_new = Selection.objects.select_for_update().get_or_create(
        share_link=link, list=_list_of(link), round=gallery.round
    )
    if is_new:
        _copy_last_round(selection)
    return selection


def selection_of(link: ShareLink, gallery: Gallery) -> Selection | None:
    """The link's selection of the present round, if it has begun one."""
    return link.selections.filter(list=_list_of(link), round=gallery.round).first()


def offered_photos(link: ShareLink) -> QuerySet[Photo]:
    """The photos that a link shows, whoever else its holder may be."""
    return access.photos_visible_to(access.Viewer(links=(link,)), "grid").filter(
        gallery=link.gallery_id
    )


def offered_picks(selection: Selection) -> QuerySet[Pick]:
    """The picks whose photo is still offered: what the client sees, counts and sends."""
    return selection.picks.filter(photo__in=offered_photos(selection.share_link))


def counts(selection: Selection) -> Tally:
    """How many are chosen, held against the gallery's limits."""
    found = offered_picks(selection).aggregate(
        chosen=Count("pk", filter=Q(is_favourite=True)), notes=Count("pk", filter=~Q(note=""))
    )
    return tally(selection.share_link.gallery, **found)


def tally(gallery: Gallery, *, chosen: int = 0, notes: int = 0) -> Tally:
    return Tally(
        chosen=chosen,
        notes=notes,
        minimum=gallery.minimum,
        included=gallery.included,
        maximum=gallery.maximum,
        extras_words=gallery.extras_words,
    )


def lock_for_choosing(link: ShareLink) -> tuple[ShareLink, Gallery]:
    """The present rows of a link and its gallery, the gallery locked; or the reason why not."""
    gallery = lock_gallery(link.gallery)
    link = access.valid_links().prefetch_related("sections").get(pk=link.pk)
    link.gallery = gallery
    if not link.may_choose or gallery.kind != Kind.CHOOSE:
        raise PermissionDenied
    selection = selection_of(link, gallery)
    if selection is not None and selection.is_submitted:
        raise SelectionClosed(_("This selection has been sent already."))
    if gallery.state != State.ACTIVE:
        raise TransitionNotAllowed(str(REFUSALS[State(gallery.state)]))
    return link, gallery


def _open_for_change(link: ShareLink, photo: Photo) -> Selection:
    link, gallery = lock_for_choosing(link)
    # Asked before anything is made, so that a refused request leaves no trace.
    offered_photos(link).get(pk=photo.pk)
    selection = selection_to_change(link, gallery)
    selection.share_link = link
    return selection


def _require_room(selection: Selection) -> None:
    maximum = selection.share_link.gallery.maximum
    if maximum is not None and counts(selection).chosen >= maximum:
        raise LimitExceeded(
            ngettext(
                "You can choose %(count)d photo at most.",
                "You can choose %(count)d photos at most.",
                maximum,
            )
            % {"count": maximum}
        )


def _copy_last_round(selection: Selection) -> None:
    before = (
        Selection.objects.filter(
            share_link=selection.share_link, list=selection.list, round__lt=selection.round
        )
        .order_by("-round")
        .first()
    )
    if before is not None:
        Pick.objects.bulk_create(
            Pick(
                selection=selection,
                photo_id=pick.photo_id,
                is_favourite=pick.is_favourite,
                note=pick.note,
                picked_at=pick.picked_at,
            )
            for pick in before.picks.all()
        )


def _list_of(link: ShareLink) -> str:
    return link.list or SelectionList.TO_EDIT
