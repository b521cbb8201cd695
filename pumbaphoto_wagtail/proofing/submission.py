"""Sending a selection, taking it back, and closing the round without waiting for more.

Whatever happens here happens under the gallery's lock: of twenty requests at once one is the
submission, and the others learn that there is one.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import access, notifications
from ..delivery.selected import refresh_selected
from ..exceptions import SelectionClosed, StaleState, TransitionNotAllowed
from ..models import (
    Gallery,
    MessageKind,
    Selection,
    SelectionList,
    ShareLink,
    State,
    Transition,
)
from ..workflow import lock_gallery, take_step
from . import lists
from .picks import lock_for_choosing, selection_to_change
from .sheet import counts, sheet_of, withdrawn_picks


@transaction.atomic
def submit_selection(link: ShareLink, list_name: str = "") -> Selection:
    """Send what was chosen: it is frozen, and both sides get a mail.

    What is not offered any more is not sent. The gallery moves on when every deciding link that is
    open has sent its photos to edit; other lists move nothing. Raises SelectionClosed if it was
    sent already, TransitionNotAllowed with the reason while it cannot be sent, and what
    :func:`picks.do_acts` raises for links.
    """
    list_name = list_name or lists.own_list(link)
    try:
        link, gallery = lock_for_choosing(link, list_name)
    except SelectionClosed as error:
        raise SelectionClosed(_when_sent(link, list_name)) from error
    selection = selection_to_change(link, gallery, list_name)
    _require_complete(selection)
    left_out = _leave_out_withdrawn(selection)
    selection.submitted_at = timezone.now()
    selection.save(update_fields=["submitted_at"])
    log(gallery, "pumbaphoto.send_selection", data={**_log_data(selection), **left_out})
    if not lists.is_for_editing(list_name):
        _owe_mails(selection, gallery, None)
        return selection
    step = None
    if link.decides and not links_waited_for(gallery).exists():
        step = take_step(gallery, State.SUBMITTED, share_link=link)
    refresh_selected(gallery)
    _owe_mails(selection, gallery, step)
    return selection


@transaction.atomic
def require_unchanged(link: ShareLink, list_name: str, *, seen: str) -> None:
    """Raise StaleState unless what is picked is what somebody has seen.

    ``seen`` is the mark that stood on their page; empty, nothing is asked. Keeps the gallery's lock
    until the transaction ends, so that what follows in it is about the same picks.
    """
    gallery = lock_gallery(link.gallery)
    if seen and seen != sheet_of(link, gallery, list_name).mark:
        raise StaleState(_("Your selection has changed since. Please look once more."))


@transaction.atomic
def take_back(link: ShareLink, list_name: str = "") -> Selection:
    """Open a sent selection again, as long as the photographer has not opened it.

    If it had moved the gallery on, the gallery goes back. Raises TransitionNotAllowed when it is
    too late or was not sent.
    """
    gallery = lock_gallery(link.gallery)
    link = access.valid_links().get(pk=link.pk)
    selection = lists.selection_of(link, gallery, list_name)
    if selection is None or not selection.is_submitted:
        raise TransitionNotAllowed(_("Nothing has been sent yet."))
    if not may_be_taken_back(selection, gallery):
        raise TransitionNotAllowed(_("It is too late to take this back: work on it has begun."))
    selection.submitted_at = None
    selection.save(update_fields=["submitted_at"])
    # A mail that has not left yet would report what is no longer so.
    selection.messages.filter(sent_at__isnull=True).delete()
    log(gallery, "pumbaphoto.take_back_selection", data=_log_data(selection))
    if not lists.is_for_editing(selection.list):
        return selection
    if gallery.state == State.SUBMITTED:
        take_step(gallery, State.ACTIVE, share_link=link)
    refresh_selected(gallery)
    return selection


def links_waited_for(gallery: Gallery) -> QuerySet[ShareLink]:
    """The open links that decide and have not sent anything in this round yet."""
    sent = Selection.objects.filter(
        list=SelectionList.TO_EDIT, round=gallery.round, submitted_at__isnull=False
    )
    deciding = access.valid_links().filter(
        gallery=gallery, decides=True, may_choose=True, list__in=("", SelectionList.TO_EDIT)
    )
    return deciding.exclude(selections__in=sent)


def may_be_taken_back(selection: Selection, gallery: Gallery) -> bool:
    """Whether a client may still open their sent selection again."""
    if not selection.is_submitted or selection.opened_at or selection.submitted_by_id:
        return False
    if not lists.is_for_editing(selection.list):
        return not lists.refusal(gallery, selection.list)
    if gallery.state == State.ACTIVE:
        return True
    return (
        gallery.state == State.SUBMITTED
        and selection.share_link.decides
        and _was_moved_by_a_client(gallery)
    )


@transaction.atomic
def close_round(gallery: Gallery, actor) -> Transition:
    """The photographer waits for no more: what the deciding links have picked so far is taken.

    Selections that were not sent are frozen as they are, in the photographer's name. Raises what
    ``workflow.take_step`` raises.
    """
    locked = lock_gallery(gallery)
    step = take_step(locked, State.SUBMITTED, actor=actor)
    open_selections = Selection.objects.select_for_update(of=("self",)).filter(
        share_link__gallery=locked,
        share_link__decides=True,
        list=SelectionList.TO_EDIT,
        round=locked.round,
        submitted_at__isnull=True,
        picks__isnull=False,
    )
    Selection.objects.filter(pk__in=[selection.pk for selection in open_selections]).update(
        submitted_at=timezone.now(), submitted_by=actor
    )
    refresh_selected(locked)
    gallery.state = locked.state
    return step


def _require_complete(selection: Selection) -> None:
    tally = counts(selection)
    if tally.is_empty:
        raise TransitionNotAllowed(_("Please choose at least one photo first."))
    if not tally.can_be_sent:
        raise TransitionNotAllowed(f"{tally.count_words}: {tally.hint_words}")


def _was_moved_by_a_client(gallery: Gallery) -> bool:
    last = gallery.transitions.order_by("-pk").first()
    return last is not None and last.to_state == State.SUBMITTED and last.actor_id is None


def _owe_mails(selection: Selection, gallery: Gallery, step: Transition | None) -> None:
    # Taken back and sent again is another submission, and reported again.
    occasion = f"{selection.pk}-{selection.submitted_at.isoformat()}"
    notifications.owe(
        MessageKind.SELECTION_SUBMITTED,
        key=f"submitted-{occasion}",
        gallery=gallery,
        recipient=gallery.owner,
        selection=selection,
        transition=step,
    )
    if selection.share_link.email:
        notifications.owe(
            MessageKind.RECEIPT,
            key=f"receipt-{occasion}",
            gallery=gallery,
            share_link=selection.share_link,
            selection=selection,
            transition=step,
        )


def _leave_out_withdrawn(selection: Selection) -> dict[str, list[str]]:
    """Take out what is not offered any more, so that what is frozen is what was sent.

    Its names go into the log: nothing that was picked is forgotten in silence.
    """
    withdrawn = withdrawn_picks(selection)
    names = [*withdrawn.order_by("photo__name_key", "pk").values_list("photo__name", flat=True)]
    if not names:
        return {}
    withdrawn.delete()
    return {"left_out": names}


def _when_sent(link: ShareLink, list_name: str) -> str:
    sent = lists.selection_of(link, Gallery.objects.get(pk=link.gallery_id), list_name)
    moment = date_format(timezone.localtime(sent.submitted_at), "j F, H:i")
    return _("Your selection was sent already, on %(moment)s.") % {"moment": moment}


def _log_data(selection: Selection) -> dict:
    return {
        "link": selection.share_link_id,
        "recipient": selection.share_link.recipient,
        "round": selection.round,
        "favourites": selection.picks.filter(is_favourite=True).count(),
    }
