"""Asking for changes: what a client would like to have different in a delivered photograph.

A wish moves nothing: what was delivered stays, and only the photographer takes the gallery back to
editing. The photographer gets one mail about all wishes of some minutes, made when it is sent.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import access, notifications
from ..exceptions import LimitExceeded, TransitionNotAllowed
from ..mail.gathering import first_change_key, gathered_changes
from ..models import (
    ChangeRequest,
    DeliveryItem,
    Gallery,
    Kind,
    LinkPurpose,
    Message,
    MessageKind,
    ShareLink,
    State,
)
from ..workflow import REFUSALS, lock_gallery
from .picks import clean_note

# States in which something is delivered and may still be worked on.
STATES = (State.EDITING, State.DELIVERED)
# For how long wishes are gathered before they are mailed.
GATHERING = timedelta(minutes=5)
# Nobody has more to say about one photo before the photographer has answered.
OPEN_AT_MOST = 10


@transaction.atomic
def ask_for_change(link: ShareLink, item: DeliveryItem, words: str) -> ChangeRequest:
    """Ask the photographer to change a delivered photograph, or a file that has no original.

    The same words about the same photo are one wish as long as it is open. Raises
    DeliveryItem.DoesNotExist for what this link does not show, PermissionDenied for a link that is
    not the client's own, ShareLink.DoesNotExist for a closed one, TransitionNotAllowed in another
    state, ValidationError without words or for too many of them, and LimitExceeded for one wish too
    many.
    """
    gallery = lock_gallery(link.gallery)
    link = _asking_link(link, gallery)
    subject = _subject(_seen_item(link, gallery, item))
    if not _is_open_for_wishes(gallery):
        raise TransitionNotAllowed(str(REFUSALS[State(gallery.state)]))
    words = clean_note(words)
    if not words:
        raise ValidationError(_("Please write what you would like to have changed."))
    waiting = link.change_requests.filter(**subject, answered_at__isnull=True)
    known = waiting.filter(words=words).first()
    if known is not None:
        return known
    if waiting.count() >= OPEN_AT_MOST:
        raise LimitExceeded(
            _("You have asked for a lot here. Please wait for an answer, or withdraw a wish.")
        )
    request = ChangeRequest.objects.create(**subject, share_link=link, words=words)
    log(gallery, "pumbaphoto.ask_change", data=_log_data(request))
    _owe_mail(gallery, request)
    return request


@transaction.atomic
def withdraw(link: ShareLink, request_id: int) -> None:
    """Take a wish back that was not answered yet; a mail that has not left forgets it.

    Withdrawn twice it happens once. Raises TransitionNotAllowed when it was answered, and as
    :func:`ask_for_change` for links.
    """
    gallery = lock_gallery(link.gallery)
    link = _asking_link(link, gallery)
    if gallery.state == State.ARCHIVED:
        raise TransitionNotAllowed(str(REFUSALS[State.ARCHIVED]))
    request = link.change_requests.filter(pk=request_id).first()
    if request is None:
        return
    if request.answered_at is not None:
        raise TransitionNotAllowed(_("This has been answered already."))
    log(gallery, "pumbaphoto.withdraw_change", data=_log_data(request))
    request.delete()
    _forget_empty_mails(gallery)


@transaction.atomic
def answer(gallery: Gallery, request_id: int, *, actor) -> None:
    """The photographer has dealt with a wish; it stays to be read. Done twice it happens once."""
    gallery = lock_gallery(gallery)
    open_requests = ChangeRequest.objects.filter(
        share_link__gallery=gallery, answered_at__isnull=True
    ).select_related("share_link", "photo", "edit__stored_file")
    request = open_requests.filter(pk=request_id).first()
    if request is None:
        return
    request.answered_at = timezone.now()
    request.save(update_fields=["answered_at"])
    log(gallery, "pumbaphoto.answer_change", user=actor, data=_log_data(request))


def may_ask(link: ShareLink | None, gallery: Gallery) -> bool:
    """Whether the holder of a valid link may ask for changes now."""
    return link is not None and is_for_changes(link) and _is_open_for_wishes(gallery)


def is_for_changes(link: ShareLink) -> bool:
    """Whether a link is the client's own, so that its holder's wishes are asked for."""
    return link.purpose == LinkPurpose.CLIENT


def requests_of(link: ShareLink) -> QuerySet[ChangeRequest]:
    """What was asked for through a link, the newest first."""
    return link.change_requests.select_related("photo", "edit__stored_file").order_by("-pk")


def wishes_about(link: ShareLink, item: DeliveryItem) -> QuerySet[ChangeRequest]:
    """What was asked for through a link about what this file is a version of."""
    return requests_of(link).filter(**_subject(item))


def requests_for(gallery: Gallery) -> QuerySet[ChangeRequest]:
    """What the photographer was asked for, the newest first."""
    requests = ChangeRequest.objects.filter(share_link__gallery=gallery)
    about = ("photo__picture", "edit__stored_file", "share_link")
    return requests.select_related(*about).order_by("-pk")


def _asking_link(link: ShareLink, gallery: Gallery) -> ShareLink:
    link = access.valid_links().prefetch_related("sections").get(pk=link.pk)
    link.gallery = gallery
    if not is_for_changes(link):
        raise PermissionDenied
    return link


def _is_open_for_wishes(gallery: Gallery) -> bool:
    """Whether what was delivered of a gallery may still be worked on.

    Finished photos of which a part was delivered are in their first state until the last have gone.
    """
    return gallery.state in STATES or (
        gallery.kind == Kind.FINISHED and gallery.state == State.ACTIVE
    )


def _seen_item(link: ShareLink, gallery: Gallery, item: DeliveryItem) -> DeliveryItem:
    seen = access.items_visible_to(access.Viewer(links=(link,)), gallery)
    return seen.select_related("photo", "edit").get(pk=item.pk)


def _subject(item: DeliveryItem) -> dict:
    """What a wish about a delivered file is about: its photograph, whatever version of it is sent
    next, or else the file itself.
    """
    return {"photo": item.photo} if item.photo_id else {"edit": item.edit}


def _owe_mail(gallery: Gallery, request: ChangeRequest) -> None:
    # Locked, so that a sender who takes it now waits until this wish is in it.
    newest = _mails(gallery).select_for_update().order_by("-pk").first()
    if newest is not None and not newest.attempts and newest.lease_until is None:
        return
    notifications.owe(
        MessageKind.CHANGE_ASKED,
        key=first_change_key(request),
        gallery=gallery,
        recipient=gallery.owner,
        wait=GATHERING,
    )


def _forget_empty_mails(gallery: Gallery) -> None:
    unsent = _mails(gallery).filter(sent_at__isnull=True, lease_until__isnull=True)
    for message in unsent.select_for_update():
        if not gathered_changes(message).exists():
            message.delete()


def _mails(gallery: Gallery) -> QuerySet[Message]:
    return Message.objects.filter(gallery=gallery, kind=MessageKind.CHANGE_ASKED)


def _log_data(request: ChangeRequest) -> dict:
    return {
        "link": request.share_link_id,
        "recipient": request.share_link.recipient,
        "file": str(request),
    }
