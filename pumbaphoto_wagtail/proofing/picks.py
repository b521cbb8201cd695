"""Hearts and notes: what one recipient picks in the present round of a list.

Every act can be repeated without doing more, and takes its locks in the order gallery, selection.
What is picked is read once for each request, and held in memory while its acts are done: one query
gives the count that a limit is held against, the values before, and the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import access
from ..conf import settings
from ..exceptions import LimitExceeded, SelectionClosed, StaleState, TransitionNotAllowed
from ..models import Gallery, Photo, Pick, Selection, ShareLink
from ..workflow import lock_gallery
from . import lists
from .acts import Act
from .sheet import (
    Picked,
    Sheet,
    offered_photos,
    selection_or_basis,
    sheet_of,
)

REFUSED_ALONE = (Photo.DoesNotExist, ValidationError, LimitExceeded)


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of acts: refusals in words by the act's id, and the state before and after."""

    sheet: Sheet
    refusals: dict[str, str]
    mark_before: str
    touched: tuple[UUID, ...]


def do_acts(link: ShareLink, acts: Iterable[Act], *, list_name: str, round_number: int) -> Done:
    """Do acts in their order, in one transaction. One that cannot be done harms no other.

    Raises SelectionClosed after the selection was sent, StaleState for another round than the
    present, TransitionNotAllowed in another state or for a list that is not open, PermissionDenied
    for a link that only looks, ShareLink.DoesNotExist for a closed one.
    """
    with _choosing(link, list_name, round_number) as choosing:
        refusals = {}
        for act, photo in choosing.with_photos(acts):
            try:
                choosing.do(act, photo)
            except REFUSED_ALONE as error:
                refusals[act.id] = words_of(error)
        return choosing.done(refusals)


@transaction.atomic
def set_favourite(link: ShareLink, photo: Photo, on: bool, list_name: str = "") -> Selection | None:
    """Give a photo a heart, or take it away; its note stays either way.

    Raises Photo.DoesNotExist for a photo that this link does not show, LimitExceeded beyond the
    hard maximum, otherwise as :func:`do_acts`.
    """
    return _do_or_raise(link, [Act(id="", photo=photo.uuid, on=on)], list_name)


@transaction.atomic
def set_note(link: ShareLink, photo: Photo, words: str, list_name: str = "") -> Selection | None:
    """Write a note to a photo, or remove it with an empty one; it may stand without a heart.

    Raises ValidationError for more than ``NOTE_MAX_LENGTH`` characters, otherwise as
    :func:`set_favourite`.
    """
    return _do_or_raise(link, [Act(id="", photo=photo.uuid, words=words)], list_name)


@transaction.atomic
def set_notes(link: ShareLink, notes: Mapping[UUID, str], list_name: str = "") -> Selection | None:
    """Write many notes at once, by the photos' UUIDs; those that have not changed cost nothing.

    Raises as :func:`set_note`; either all are written or none.
    """
    cleaned = {uuid: clean_note(words) for uuid, words in notes.items()}
    link, gallery = lock_for_choosing(link, list_name)
    basis = selection_or_basis(link, gallery, list_name)
    # Of all that was picked: what is not offered any more stands on a page that was opened before.
    written = dict(basis.picks.values_list("photo__uuid", "note")) if basis else {}
    changed = [
        Act(id=str(uuid), photo=uuid, words=note)
        for uuid, note in cleaned.items()
        if written.get(uuid, "") != note
    ]
    return _do_or_raise(link, changed, list_name)


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


def words_of(error: Exception) -> str:
    """What is said of an act that was refused for itself."""
    if isinstance(error, Photo.DoesNotExist):
        return _("This photo is not offered any more.")
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return str(error)


# --- Under the locks -----------------------------------------------------------------------------


def lock_for_choosing(link: ShareLink, list_name: str = "") -> tuple[ShareLink, Gallery]:
    """The present rows of a link and its gallery, the gallery locked; or the reason why not."""
    gallery = lock_gallery(link.gallery)
    link = access.valid_links().prefetch_related("sections").get(pk=link.pk)
    link.gallery = gallery
    list_name = list_name or lists.own_list(link)
    may_choose_at_all = lists.lists_of(link, gallery)
    if not link.may_choose or not may_choose_at_all:
        raise PermissionDenied
    if list_name not in may_choose_at_all:
        raise TransitionNotAllowed(_("This list is not open any more."))
    selection = lists.selection_of(link, gallery, list_name)
    if selection is not None and selection.is_submitted:
        raise SelectionClosed(_("This selection has been sent already."))
    if reason := lists.refusal(gallery, list_name):
        raise TransitionNotAllowed(reason)
    return link, gallery


def selection_to_change(link: ShareLink, gallery: Gallery, list_name: str = "") -> Selection:
    """The present selection, locked, made if there is none; the caller has locked the gallery.

    A later round starts as a copy of the one before.
    """
    list_name = list_name or lists.own_list(link)
    present = lists.selection_of(link, gallery, list_name)
    if present is None:
        present = lists.begin_round(link, list_name, lists.round_of(gallery, None, list_name))
    selection = Selection.objects.select_for_update().get(pk=present.pk)
    selection.share_link = link
    return selection


def _do_or_raise(link: ShareLink, acts: list[Act], list_name: str) -> Selection | None:
    with _choosing(link, list_name) as choosing:
        for act, photo in choosing.with_photos(acts):
            choosing.do(act, photo)
        return choosing.done({}).sheet.selection


@contextmanager
def _choosing(
    link: ShareLink, list_name: str, round_number: int | None = None
) -> Iterator[_Choosing]:
    with transaction.atomic():
        choosing = _Choosing(link, list_name)
        if round_number not in (None, choosing.sheet.round_number):
            raise StaleState(_("A new round of choosing has begun. Please look once more."))
        yield choosing


class _Choosing:
    """Acts of one transaction: what is picked is read at its beginning and written at its end."""

    def __init__(self, link: ShareLink, list_name: str) -> None:
        self.link, gallery = lock_for_choosing(link, list_name)
        self.sheet = sheet_of(self.link, gallery, list_name)
        self.before = dict(self.sheet.rows)
        self.mark_before = self.sheet.mark

    def with_photos(self, acts: Iterable[Act]) -> list[tuple[Act, Photo | None]]:
        """Each act with its photo, or None for one that is not offered, foreign or unknown."""
        acts = [*acts]
        photos = offered_photos(self.link).filter(uuid__in={act.photo for act in acts})
        found = {photo.uuid: photo for photo in photos.only("uuid")}
        return [(act, found.get(act.photo)) for act in acts]

    def do(self, act: Act, photo: Photo | None) -> None:
        if photo is None:
            raise Photo.DoesNotExist
        row = self.sheet.rows.get(act.photo, Picked(photo_id=photo.pk))
        if act.on and not row.is_favourite:
            self._require_room()
        change = {"is_favourite": act.on} if act.words is None else {"note": clean_note(act.words)}
        self.sheet.rows[act.photo] = replace(row, **change)

    def done(self, refusals: dict[str, str]) -> Done:
        touched = [
            uuid for uuid, row in self.sheet.rows.items() if row != self.before.get(uuid, None)
        ]
        self._write({uuid: self.sheet.rows[uuid] for uuid in touched})
        for uuid in touched:
            if not self.sheet.rows[uuid].says_something:
                del self.sheet.rows[uuid]
        return Done(
            sheet=self.sheet,
            refusals=refusals,
            mark_before=self.mark_before,
            touched=tuple(touched),
        )

    def _require_room(self) -> None:
        if not self.sheet.tally.is_full:
            return
        maximum = self.sheet.tally.maximum
        raise LimitExceeded(
            ngettext(
                "You can choose %(count)d photo at most.",
                "You can choose %(count)d photos at most.",
                maximum,
            )
            % {"count": maximum}
        )

    def _write(self, rows: dict[UUID, Picked]) -> None:
        changed = {uuid: row for uuid, row in rows.items() if row.says_something or row.key}
        if not changed:
            return
        selection = selection_to_change(self.link, self.link.gallery, self.sheet.list_name)
        if self.sheet.selection is None:
            # What is written to is the copy of the round before, whose rows have keys of their own.
            keys = dict(selection.picks.values_list("photo_id", "pk"))
            changed = {
                uuid: replace(row, key=keys.get(row.photo_id)) for uuid, row in changed.items()
            }
            self.sheet.selection = selection
        self._store(selection, changed)

    def _store(self, selection: Selection, rows: dict[UUID, Picked]) -> None:
        now = timezone.now()
        for uuid, row in rows.items():
            values = {"is_favourite": row.is_favourite, "note": row.note}
            if row.key is None:
                selection.picks.create(photo_id=row.photo_id, picked_at=now, **values)
            elif not row.says_something:
                Pick.objects.filter(pk=row.key).delete()
            else:
                if row.is_favourite and not self.before[uuid].is_favourite:
                    values["picked_at"] = now
                Pick.objects.filter(pk=row.key).update(**values)
