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
from ..exceptions import SelectionClosed, TransitionNotAllowed
from ..models import (
    Gallery,
    MessageKind,
    Selection,
    ShareLink,
    State,
    Transition,
)
from ..workflow import lock_gallery, take_step
from .picks import counts, lock_for_choosing, selection_of, selection_to_change


@transaction.atomic
def submit_selection(link: ShareLink) -> Selection:
    """Send what was chosen: it is frozen, and both sides get a mail.

    The gallery moves on when every deciding link that is open has sent. Raises SelectionClosed if
    it was sent already, TransitionNotAllowed with the reason while it cannot be sent, and what
    :func:`picks.set_favourite` raises for links.
    """
    try:
        link, gallery = lock_for_choosing(link)
    except SelectionClosed as error:
        raise SelectionClosed(_when_sent(link)) from error
    selection = selection_to_change(link, gallery)
    selection.share_link = link
    _require_complete(selection)
    selection.submitted_at = timezone.now()
    selection.save(update_fields=["submitted_at"])
    log(gallery, "pumbaphoto.send_selection", data=_log_data(selection))
    step = None
    if link.decides and not links_waited_for(gallery).exists():
        step = take_step(gallery, State.SUBMITTED, share_link=link)
    refresh_selected(gallery)
    _owe_mails(selection, gallery, step)
    return selection


@transaction.atomic
def take_back(link: ShareLink) -> Selection:
    """Open a sent selection again, as long as the photographer has not opened it.

    If it had moved the gallery on, the gallery goes back. Raises TransitionNotAllowed when it is
    too late or was not sent.
    """
    gallery = lock_gallery(link.gallery)
    link = access.valid_links().get(pk=link.pk)
    selection = selection_of(link, gallery)
    if selection is None or not selection.is_submitted:
        raise TransitionNotAllowed(_("Nothing has been sent yet."))
    if not may_be_taken_back(selection, gallery):
        raise TransitionNotAllowed(_("It is too late to take this back: work on it has begun."))
    selection.submitted_at = None
    selection.save(update_fields=["submitted_at"])
    # A mail that has not left yet would report what is no longer so.
    selection.messages.filter(sent_at__isnull=True).delete()
    log(gallery, "pumbaphoto.take_back_selection", data=_log_data(selection))
    if gallery.state == State.SUBMITTED:
        take_step(gallery, State.ACTIVE, share_link=link)
    refresh_selected(gallery)
    return selection


def links_waited_for(gallery: Gallery) -> QuerySet[ShareLink]:
    """The open links that decide and have not sent anything in this round yet."""
    sent = Selection.objects.filter(round=gallery.round, submitted_at__isnull=False)
    deciding = access.valid_links().filter(gallery=gallery, decides=True, may_choose=True)
    return deciding.exclude(selections__in=sent)


def may_be_taken_back(selection: Selection, gallery: Gallery) -> bool:
    """Whether a client may still open their sent selection again."""
    if not selection.is_submitted or selection.opened_at or selection.submitted_by_id:
        return False
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


def _when_sent(link: ShareLink) -> str:
    sent = selection_of(link, Gallery.objects.get(pk=link.gallery_id))
    moment = date_format(timezone.localtime(sent.submitted_at), "j F, H:i")
    return _("Your selection was sent already, on %(moment)s.") % {"moment": moment}


def _log_data(selection: Selection) -> dict:
    return {
        "link": selection.share_link_id,
        "recipient": selection.share_link.recipient,
        "round": selection.round,
        "favourites": selection.picks.filter(is_favourite=True).count(),
    }
