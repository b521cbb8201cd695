"""What the templates of each kind of e-mail are given, read from the rows a message speaks of.

Every context has ``client``, ``gallery``, ``photographer``, ``studio`` and ``address``; many have
``count``, ``date`` and ``size``, which a studio's own words may name as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..delivery_report import delivery_context
from ..exceptions import NothingToSay
from ..missing_files import GALLERIES_NAMED, keeper_of, missing_in
from ..models import (
    Message,
    MessageKind,
    Pick,
    RequestState,
    Selection,
    SelectionList,
    ShareLink,
    State,
)
from ..studio import Studio
from ..upload_report import batch_report
from ..viewers import is_valid
from .addresses import (
    page_address,
    photographers_address,
    share_address,
    welcome_address,
    workspace_address,
)
from .gathering import gathered_changes

# Kinds whose button leads the client to the gallery; the others lead the photographer to it.
CLIENT_KINDS = frozenset(
    {
        MessageKind.LINK,
        MessageKind.RECEIPT,
        MessageKind.DELIVERED,
        MessageKind.NEW_PHOTOS,
        MessageKind.ARCHIVE_ANNOUNCED,
        MessageKind.RESTORED,
        MessageKind.DUE_SOON,
        MessageKind.LINK_EXPIRING,
        MessageKind.ACCESS_GRANTED,
    }
)

# What a message of each kind speaks of: a field of Message.
SUBJECT_MATTER = {
    MessageKind.UPLOAD_SETTLED: "batch",
    MessageKind.SELECTION_SUBMITTED: "selection",
    MessageKind.RECEIPT: "selection",
    MessageKind.DELIVERED: "delivery",
    MessageKind.ACCESS_ASKED: "access_request",
    MessageKind.ACCESS_GRANTED: "access_request",
}

# How many wishes an e-mail repeats.
WISHES_REPEATED = 50


def context_of(message: Message, studio: Studio) -> dict:
    """The context of a message, in the language that is active.

    Raises NothingToSay if there is no reason for it any more, LookupError if what it speaks of is
    gone, KeyError if a link's key is.
    """
    gallery, link = message.gallery, message.share_link
    to_client = message.kind in CLIENT_KINDS and link is not None
    if gallery is not None and gallery.deleted_at is not None:
        raise NothingToSay(_("the gallery was deleted"))
    subject_matter = SUBJECT_MATTER.get(message.kind)
    if subject_matter and getattr(message, subject_matter) is None:
        raise LookupError(f"the {subject_matter} is gone")
    writer = writer_of(message)
    context = {
        "message": message,
        "gallery": gallery or Titled(studio.name),
        "link": link,
        "client": link.recipient if link else (gallery.client_names if gallery else ""),
        "studio": studio.name,
        "photographer": full_name(writer) if writer else studio.name,
        "address": share_address(link) if to_client else photographers_address(message),
    }
    more = CONTEXTS.get(message.kind)
    return context | more(message) if more else context


@dataclass(frozen=True)
class Titled:
    """Stands for a gallery where an e-mail is not about one."""

    title: str

    def __str__(self) -> str:
        return self.title


def writer_of(message: Message) -> AbstractBaseUser | None:
    """The photographer for whom an e-mail speaks: the gallery's, or else who decided a request, or
    keeps the site.
    """
    if message.gallery is not None:
        return message.gallery.owner
    asked = message.access_request
    return (asked.decided_by if asked else None) or keeper_of(message.site)


def full_name(user: AbstractBaseUser) -> str:
    return user.get_full_name() or user.get_username()


def day(at: datetime) -> str:
    return date_format(timezone.localtime(at))


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _selection(message: Message) -> dict:
    selection = message.selection
    picks = [*selection.picks.select_related("photo").order_by("photo__name_key", "pk")]
    chosen = [pick for pick in picks if pick.is_favourite]
    # Taken back before the mail left: the message was owed at the moment of the submission.
    submitted_at = moment(selection.submitted_at or message.created_at)
    is_further = selection.list != SelectionList.TO_EDIT
    return {
        "client": selection.share_link.recipient,
        "count": len(chosen),
        "date": submitted_at,
        "chosen": chosen,
        "only_noted": [pick for pick in picks if not pick.is_favourite],
        # With one list a client never sees the word.
        "list_label": selection.get_list_display() if is_further else "",
        "round": selection.round if selection.round > 1 else None,
    }


def _batch(message: Message) -> dict:
    return batch_report(message.batch)


def _delivery(message: Message) -> dict:
    return delivery_context(message)


def _changes(message: Message) -> dict:
    requests = gathered_changes(message).order_by("pk")
    requests = requests.select_related("photo", "edit__stored_file", "share_link")
    count = requests.count()
    if not count:
        raise NothingToSay(_("the wishes were withdrawn"))
    names = list(dict.fromkeys(request.share_link.recipient for request in requests))
    return {
        "client": ", ".join(names),
        "count": count,
        "requests": requests[:WISHES_REPEATED],
        "more": max(0, count - WISHES_REPEATED),
    }


def _photos_asked(message: Message) -> dict:
    return {"date": moment(message.created_at)}


def _keeping(message: Message) -> dict:
    """The days that messages about the archive speak of, and why it is suggested."""
    gallery, link = message.gallery, message.share_link
    announced = gallery.archive_on
    if message.kind == MessageKind.ARCHIVE_ANNOUNCED and announced is None:
        raise NothingToSay(_("the day was withdrawn"))
    if message.kind == MessageKind.RESTORED:
        return {"date": moment(link.expires_at) if link and link.expires_at else ""}
    opened = gallery.transitions.filter(to_state=State.DELIVERED).order_by("-pk").first()
    return {
        "date": date_format(announced) if announced else "",
        "is_announced_day": announced is not None and announced <= timezone.localdate(),
        "was_restored": opened is not None and opened.from_state == State.ARCHIVED,
        "delivered_on": day(opened.at) if opened else "",
    }


def _due_soon(message: Message) -> dict:
    gallery = message.gallery
    _require_open(message.share_link)
    if gallery.due_date is None or gallery.state != State.ACTIVE:
        raise NothingToSay(_("nothing is to be chosen by a date"))
    own = Selection.objects.filter(
        share_link=message.share_link, list=SelectionList.TO_EDIT, round=gallery.round
    )
    if own.filter(submitted_at__isnull=False).exists():
        raise NothingToSay(_("the selection was sent meanwhile"))
    chosen = Pick.objects.filter(selection__in=own, is_favourite=True)
    return {
        "date": date_format(gallery.due_date),
        "count": chosen.count(),
        # Who is reminded by hand may be late already.
        "is_late": gallery.due_date < timezone.localdate(),
    }


def _link_expiring(message: Message) -> dict:
    link = message.share_link
    _require_open(link)
    if link.expires_at is None:
        raise NothingToSay(_("the link does not end"))
    delivered_at = message.gallery.deliveries.aggregate(last=Max("sent_at"))["last"]
    if delivered_at is None:
        raise NothingToSay(_("there is nothing to download"))
    if link.downloaded_at is not None and link.downloaded_at >= delivered_at:
        raise NothingToSay(_("the photos were downloaded meanwhile"))
    return {"date": day(link.expires_at)}


def _files_missing(message: Message) -> dict:
    found = missing_in(message.site, message.recipient)
    if not found:
        raise NothingToSay(_("nothing is missing any more"))
    named = found[:GALLERIES_NAMED]
    return {
        "count": sum(one.count for one in found),
        "damaged": sum(one.damaged for one in found),
        "missing": [{"in": one, "address": workspace_address(one.gallery)} for one in named],
        "more": len(found) - len(named),
    }


def _access_asked(message: Message) -> dict:
    asked = message.access_request
    if asked.state != RequestState.OPEN:
        raise NothingToSay(_("the request was answered meanwhile"))
    about = message.gallery or asked.page
    return {
        "gallery": about,
        "client": asked.name,
        "date": moment(asked.created_at),
        "access_request": asked,
    }


def _access_granted(message: Message) -> dict:
    asked, link = message.access_request, message.share_link
    if asked.state != RequestState.GRANTED:
        raise NothingToSay(_("access was not granted"))
    if link is not None:
        _require_open(link)
    context = {"gallery": message.gallery or asked.page, "client": asked.name}
    if link is None:
        is_new = not message.recipient.has_usable_password()
        address = welcome_address(message) if is_new else page_address(asked.page)
        context |= {"address": address, "is_new": is_new, "username": message.recipient}
    return context


def _require_open(link: ShareLink) -> None:
    if not is_valid(link, timezone.now()):
        raise NothingToSay(_("the link is closed"))


CONTEXTS = {
    MessageKind.UPLOAD_SETTLED: _batch,
    MessageKind.SELECTION_SUBMITTED: _selection,
    MessageKind.RECEIPT: _selection,
    MessageKind.DELIVERED: _delivery,
    MessageKind.CHANGE_ASKED: _changes,
    MessageKind.PHOTOS_ASKED: _photos_asked,
    MessageKind.ARCHIVE_SUGGESTED: _keeping,
    MessageKind.ARCHIVE_ANNOUNCED: _keeping,
    MessageKind.RESTORED: _keeping,
    MessageKind.DUE_SOON: _due_soon,
    MessageKind.LINK_EXPIRING: _link_expiring,
    MessageKind.FILES_MISSING: _files_missing,
    MessageKind.ACCESS_ASKED: _access_asked,
    MessageKind.ACCESS_GRANTED: _access_granted,
}
