"""The photographer chooses and sends for a client who telephoned, wrote an e-mail or came by.

The selection is the client's own, in their link; who sent it stands beside it. The gallery's limits
bind clients only: here they are spoken of, and the photographer decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import access, notifications
from ..delivery.selected import refresh_selected
from ..exceptions import SelectionClosed, TransitionNotAllowed
from ..models import (
    Client,
    Gallery,
    MessageKind,
    Pick,
    Selection,
    SelectionList,
    ShareLink,
    State,
)
from ..workflow import lock_gallery, take_step
from . import links, lists
from .picks import clean_note, selection_to_change
from .sheet import offered_photos
from .submission import links_waited_for


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How many picks became other than they were.

    ``left_out`` are photos that were to be taken and that the link does not show.
    """

    added: int = 0
    removed: int = 0
    noted: int = 0
    left_out: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.noted)


@transaction.atomic
def link_for(gallery: Gallery, *, actor, recipient: str, client: Client | None = None) -> ShareLink:
    """The open link with which somebody chooses; made, and sent to nobody, if there is none.

    They are known by ``client``, or by name. Asked for twice there is one.
    """
    gallery = lock_gallery(gallery)
    choosing = access.valid_links().filter(gallery=gallery, may_choose=True)
    known = {"client": client} if client else {"recipient__iexact": recipient}
    link = choosing.filter(**known).order_by("-decides", "pk").first()
    return link or links.create_link(gallery, actor=actor, recipient=recipient, client=client)


@transaction.atomic
def change_picks(
    link: ShareLink,
    *,
    actor,
    list_name: str = SelectionList.TO_EDIT,
    take: Collection[UUID] = (),
    remove: Collection[UUID] = (),
    notes: Mapping[UUID, str] | None = None,
) -> Changes:
    """Give hearts, take hearts away and write notes in somebody's selection of this round.

    Photos are named by their UUIDs. Only those the link shows can be taken. Repeated, it changes
    nothing. Raises SelectionClosed after the selection was sent, TransitionNotAllowed with the
    reason while nothing can be chosen with this link, ValidationError for a note that is too long.
    """
    cleaned = {uuid: clean_note(words) for uuid, words in (notes or {}).items()}
    gallery = lock_gallery(link.gallery)
    _require_unsent(link, gallery, list_name)
    link = _require_open(link, gallery, list_name)
    selection = selection_to_change(link, gallery, list_name)
    found = offered_photos(link).filter(uuid__in={*take, *cleaned})
    shown = {photo.uuid: photo for photo in found.only("uuid")}
    picked = {pick.photo.uuid: pick for pick in selection.picks.select_related("photo")}
    before = {uuid: Said(pick.is_favourite, pick.note) for uuid, pick in picked.items()}
    after = _said_then(before, shown, take, remove, cleaned)
    _write(selection, picked, shown, after)
    changes = _count(before, after, left_out=len({*take} - shown.keys()))
    if not changes.is_empty:
        log(gallery, "pumbaphoto.choose_for", user=actor, data=_log_data(selection))
    return changes


@transaction.atomic
def submit_for(
    link: ShareLink,
    *,
    actor,
    list_name: str = SelectionList.TO_EDIT,
    is_receipt_mailed: bool = False,
) -> Selection:
    """Send what was chosen in the client's name; the gallery moves on as if they had sent it.

    Sent already, nothing happens and that selection is returned. Beyond the limits it is sent all
    the same. The receipt goes to the client only if asked for. Raises TransitionNotAllowed with
    the reason while it cannot be sent.
    """
    gallery = lock_gallery(link.gallery)
    sent = lists.selection_of(link, gallery, list_name)
    if sent is not None and sent.is_submitted:
        return sent
    link = _require_open(link, gallery, list_name)
    selection = selection_to_change(link, gallery, list_name)
    if not selection.picks.exists():
        raise TransitionNotAllowed(_("Nothing is chosen yet."))
    selection.submitted_at = timezone.now()
    selection.submitted_by = actor
    selection.save(update_fields=["submitted_at", "submitted_by"])
    log(gallery, "pumbaphoto.send_selection_for", user=actor, data=_log_data(selection))
    step = None
    if lists.is_for_editing(list_name):
        if link.decides and not links_waited_for(gallery).exists():
            step = take_step(gallery, State.SUBMITTED, actor=actor, share_link=link)
        refresh_selected(gallery)
    if is_receipt_mailed and link.email:
        notifications.owe(
            MessageKind.RECEIPT,
            key=f"receipt-{selection.pk}-{selection.submitted_at.isoformat()}",
            gallery=gallery,
            share_link=link,
            selection=selection,
            transition=step,
        )
    return selection


def _require_unsent(link: ShareLink, gallery: Gallery, list_name: str) -> None:
    selection = lists.selection_of(link, gallery, list_name)
    if selection is not None and selection.is_submitted:
        raise SelectionClosed(
            _("The selection of %(name)s was sent already. Reopen it to change it.")
            % {"name": link.recipient}
        )


def _require_open(link: ShareLink, gallery: Gallery, list_name: str) -> ShareLink:
    """The link's present row; or why nothing can be chosen with it."""
    name = {"name": link.recipient}
    link = access.valid_links().prefetch_related("sections").filter(pk=link.pk).first()
    if link is None or not link.may_choose:
        raise TransitionNotAllowed(_("The link of %(name)s is closed, or only looks.") % name)
    if list_name not in lists.lists_of(link, gallery):
        raise TransitionNotAllowed(_("%(name)s does not choose for this list.") % name)
    if reason := lists.refusal(gallery, list_name):
        raise TransitionNotAllowed(reason)
    link.gallery = gallery
    return link


@dataclass(frozen=True)
class Said:
    """What is said of one photo."""

    is_favourite: bool = False
    note: str = ""


NOTHING = Said()


def _said_then(before, shown, take, remove, notes) -> dict[UUID, Said]:
    after = dict(before)
    for uuid in take:
        if uuid in shown:
            after[uuid] = Said(True, after.get(uuid, NOTHING).note)
    for uuid in remove:
        if uuid in after:
            after[uuid] = Said(False, after[uuid].note)
    for uuid, note in notes.items():
        if uuid in shown or uuid in after:
            after[uuid] = Said(after.get(uuid, NOTHING).is_favourite, note)
    return after


def _write(selection: Selection, picked, shown, after: dict[UUID, Said]) -> None:
    """Store what differs, in a few statements however many photos there are."""
    now = timezone.now()
    made, changed, gone = [], [], []
    for uuid, said in after.items():
        pick = picked.get(uuid)
        if said == NOTHING:
            gone += [pick.pk] if pick else []
        elif pick is None:
            made.append(Pick(selection=selection, photo=shown[uuid], picked_at=now, **vars(said)))
        elif (pick.is_favourite, pick.note) != (said.is_favourite, said.note):
            if said.is_favourite and not pick.is_favourite:
                pick.picked_at = now
            pick.is_favourite, pick.note = said.is_favourite, said.note
            changed.append(pick)
    Pick.objects.bulk_create(made)
    Pick.objects.bulk_update(changed, ["is_favourite", "note", "picked_at"], batch_size=200)
    selection.picks.filter(pk__in=gone).delete()


def _count(before: dict[UUID, Said], after: dict[UUID, Said], *, left_out: int) -> Changes:
    pairs = [(before.get(uuid, NOTHING), said) for uuid, said in after.items()]
    return Changes(
        added=sum(said.is_favourite > was.is_favourite for was, said in pairs),
        removed=sum(said.is_favourite < was.is_favourite for was, said in pairs),
        noted=sum(said.note != was.note for was, said in pairs),
        left_out=left_out,
    )


def _log_data(selection: Selection) -> dict:
    return {
        "link": selection.share_link_id,
        "recipient": selection.share_link.recipient,
        "list": selection.list,
        "round": selection.round,
        "count": selection.picks.filter(is_favourite=True).count(),
    }
