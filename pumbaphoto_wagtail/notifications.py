"""The outbox: e-mails are owed in the transaction that makes them due, and sent by the queue.

A row holds whom and about what; subject and text are made when it is sent, in the recipient's
language. SMTP trouble never fails the work it reports on: it is tried again, and shown when given
up. The Message-ID belongs to the row, so that a repeat after a crash between the server's "250"
and our own mark can be recognised as the same message.
"""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from wagtail.admin.admin_url_finder import AdminURLFinder

from . import tasks, tokens
from .conf import settings
from .delivery_report import delivery_context
from .models import (
    ChangeRequest,
    Gallery,
    Message,
    MessageKind,
    Pick,
    SelectionList,
    ShareLink,
    State,
)
from .upload_report import batch_report

logger = logging.getLogger(__name__)

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
    }
)
KEEPING_KINDS = frozenset(
    {MessageKind.ARCHIVE_SUGGESTED, MessageKind.ARCHIVE_ANNOUNCED, MessageKind.RESTORED}
)

# What a message of each kind speaks of: a field of Message.
SUBJECT_MATTER = {
    MessageKind.UPLOAD_SETTLED: "batch",
    MessageKind.SELECTION_SUBMITTED: "selection",
    MessageKind.RECEIPT: "selection",
    MessageKind.DELIVERED: "delivery",
}

# How many wishes an e-mail repeats.
WISHES_REPEATED = 50


def owe(
    kind: MessageKind,
    *,
    key: str,
    gallery: Gallery,
    recipient=None,
    share_link: ShareLink | None = None,
    wait: timedelta | None = None,
    **about,
) -> Message:
    """Put a message into the outbox, once for each ``key``, and wake the sender.

    Call it inside the transaction that makes the message due. ``about`` names what it speaks of
    (transition, selection, delivery, batch). With ``wait`` it stays in the outbox for so long,
    until :func:`reconcile` wakes the sender.
    """
    message, is_new = Message.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "gallery": gallery,
            "recipient": recipient,
            "share_link": share_link,
            "retry_at": timezone.now() + wait if wait else None,
            **about,
        },
    )
    if is_new and not wait:
        tasks.wake("send_message", message.pk)
    return message


def due_messages() -> QuerySet[Message]:
    """Messages that could be sent now and that nobody is sending."""
    now = timezone.now()
    return Message.objects.filter(
        Q(retry_at__isnull=True) | Q(retry_at__lte=now),
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        sent_at__isnull=True,
        failed_at__isnull=True,
        gallery__deleted_at__isnull=True,
    )


def reconcile() -> dict[str, int]:
    """Wake the sender for what is due and that nobody was woken for."""
    now = timezone.now()
    forgotten_since = now - timedelta(seconds=settings.LEASE_SECONDS)
    forgotten = Q(retry_at__isnull=False) | Q(created_at__lte=forgotten_since)
    keys = list(due_messages().filter(forgotten).values_list("pk", flat=True))
    for key in keys:
        tasks.wake("send_message", key)
    return {"messages woken": len(keys)}


def send_message(message_id: int) -> bool:
    """Send one message if it is still due; True if the mail server took it.

    The attempt is counted before the mail server hears of it, so that a crash cannot repeat for
    ever.
    """
    holder = uuid.uuid4()
    now = timezone.now()
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    if not due_messages().take_lease(message_id, holder=holder, now=now, until=until):
        return False
    message = Message.objects.select_related("gallery", "share_link", "recipient").get(
        pk=message_id
    )
    message.attempts += 1
    message.save(update_fields=["attempts"])
    if message.attempts > _allowed_attempts():
        _put_off(message, holder, RuntimeError("every attempt was cut off"))
        return False
    try:
        compose(message).send()
    except Exception as error:  # a site's own template or mail backend may raise anything
        _put_off(message, holder, error)
        return False
    Message.objects.filter(pk=message.pk).update(
        sent_at=timezone.now(), error="", lease_holder=None, lease_until=None
    )
    return True


def _allowed_attempts() -> int:
    return len(settings.MAIL_RETRY_SECONDS) + 1


def _put_off(message: Message, holder: uuid.UUID, error: Exception) -> None:
    changes = {"error": f"{type(error).__name__}: {error}"[:1000]}
    if message.attempts >= _allowed_attempts():
        changes["failed_at"] = timezone.now()
        logger.error("gave up message %s (%s)", message.pk, message.kind)
    else:
        wait = settings.MAIL_RETRY_SECONDS[message.attempts - 1]
        changes["retry_at"] = timezone.now() + timedelta(seconds=wait)
        logger.warning("message %s (%s) will be tried again", message.pk, message.kind)
    # Only while it is still ours: whoever took it over after our lease ran out decides now.
    Message.objects.filter(pk=message.pk, lease_holder=holder).update(
        lease_holder=None, lease_until=None, **changes
    )


def compose(message: Message) -> EmailMultiAlternatives:
    """The e-mail of an outbox row. LookupError if there is nobody to write to, or nothing to
    write about any more.
    """
    address = _address(message)
    if not address:
        raise LookupError("no e-mail address")
    subject_matter = SUBJECT_MATTER.get(message.kind)
    if subject_matter and getattr(message, subject_matter) is None:
        raise LookupError(f"the {subject_matter} is gone")
    with translation.override(_language(message)):
        context = _context(message)
        subject = render_to_string(f"pumbaphoto_wagtail/mail/{message.kind}_subject.txt", context)
        text = render_to_string(f"pumbaphoto_wagtail/mail/{message.kind}.txt", context)
        html = render_to_string(f"pumbaphoto_wagtail/mail/{message.kind}.html", context)
    owner = message.gallery.owner
    email = EmailMultiAlternatives(
        # One line, whatever a title or a recipient's name contains.
        subject=" ".join(subject.split()),
        body=text,
        from_email=django_settings.DEFAULT_FROM_EMAIL,
        to=[address],
        reply_to=[owner.email] if message.kind in CLIENT_KINDS and owner.email else None,
        headers={"Message-ID": f"<{message.uuid}@{_domain(message)}>"},
    )
    email.attach_alternative(html, "text/html")
    return email


def _address(message: Message) -> str:
    if message.recipient is not None:
        return message.recipient.email
    if message.share_link is not None:
        return message.share_link.email
    return ""


def _language(message: Message) -> str:
    if message.recipient is not None:
        profile = getattr(message.recipient, "wagtail_userprofile", None)
        return getattr(profile, "preferred_language", "") or django_settings.LANGUAGE_CODE
    client = message.share_link.client if message.share_link else None
    return (client.language if client else "") or django_settings.LANGUAGE_CODE


def _domain(message: Message) -> str:
    return urlsplit(message.gallery.site.root_url).hostname or "localhost"


def share_address(link: ShareLink) -> str:
    """The whole address that a link's recipient opens."""
    token = tokens.compute(link.uuid, link.epoch, link.key_id)
    return link.gallery.site.root_url + reverse("pumbaphoto_wagtail:door", args=[token])


def workspace_address(gallery: Gallery) -> str:
    """The whole address of a gallery's workspace in the Wagtail admin."""
    base = getattr(django_settings, "WAGTAILADMIN_BASE_URL", "") or gallery.site.root_url
    return base.rstrip("/") + (AdminURLFinder().get_edit_url(gallery) or "")


def _admin_address(message: Message) -> str:
    """Where the photographer answers a message: what is about the archive, on the gallery's tab."""
    address = workspace_address(message.gallery)
    if message.kind not in (MessageKind.PHOTOS_ASKED, MessageKind.ARCHIVE_SUGGESTED):
        return address
    with suppress(NoReverseMatch):
        path = reverse("pumbaphoto_galleries:keeping", args=[message.gallery.uuid])
        return urljoin(address, path)
    return address


def _context(message: Message) -> dict:
    gallery = message.gallery
    to_client = message.kind in CLIENT_KINDS and message.share_link is not None
    context = {
        "message": message,
        "gallery": gallery,
        "link": message.share_link,
        "studio": gallery.site.site_name or django_settings.WAGTAIL_SITE_NAME,
        "photographer": gallery.owner.get_full_name() or gallery.owner.get_username(),
        "address": share_address(message.share_link) if to_client else _admin_address(message),
        "language": translation.get_language(),
    }
    if message.selection is not None:
        context |= _selection_context(message)
    if message.batch is not None:
        context |= batch_report(message.batch)
    if message.kind == MessageKind.CHANGE_ASKED:
        context |= _changes_context(message)
    if message.kind == MessageKind.PHOTOS_ASKED:
        context["asked_at"] = _moment(message.created_at)
    if message.kind in KEEPING_KINDS:
        context |= _keeping_context(message)
    if message.kind == MessageKind.DUE_SOON:
        context |= _due_context(message)
    if message.kind == MessageKind.LINK_EXPIRING:
        context["open_until"] = _day(message.share_link.expires_at)
    if message.delivery is not None:
        context |= delivery_context(message)
    return context


def _due_context(message: Message) -> dict:
    gallery = message.gallery
    chosen = Pick.objects.filter(
        selection__share_link=message.share_link,
        selection__list=SelectionList.TO_EDIT,
        selection__round=gallery.round,
        is_favourite=True,
    )
    return {"due_on": date_format(gallery.due_date), "chosen_count": chosen.count()}


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at))


def _selection_context(message: Message) -> dict:
    selection = message.selection
    picks = [*selection.picks.select_related("photo").order_by("photo__name_key", "pk")]
    chosen = [pick for pick in picks if pick.is_favourite]
    # Taken back before the mail left: the message was owed at the moment of the submission.
    submitted_at = selection.submitted_at or message.created_at
    is_further = selection.list != SelectionList.TO_EDIT
    return {
        "selection": selection,
        "count": len(chosen),
        "chosen": chosen,
        "only_noted": [pick for pick in picks if not pick.is_favourite],
        # With one list a client never sees the word.
        "list_label": selection.get_list_display() if is_further else "",
        "round": selection.round if selection.round > 1 else None,
        "submitted_at": _moment(submitted_at),
        "recipient": selection.share_link.recipient,
    }


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _keeping_context(message: Message) -> dict:
    """The days that messages about the archive speak of, and why it is suggested."""
    gallery, link = message.gallery, message.share_link
    day = gallery.archive_on
    if message.kind == MessageKind.ARCHIVE_ANNOUNCED and day is None:
        raise LookupError("the day was withdrawn")
    opened = gallery.transitions.filter(to_state=State.DELIVERED).order_by("-pk").first()
    return {
        "archive_on": date_format(day) if day else "",
        "is_announced_day": day is not None and day <= timezone.localdate(),
        "was_restored": opened is not None and opened.from_state == State.ARCHIVED,
        "delivered_on": date_format(timezone.localtime(opened.at)) if opened else "",
        "open_until": _moment(link.expires_at) if link and link.expires_at else "",
    }


def first_change_key(first: ChangeRequest) -> str:
    """The key of a mail that gathers what clients ask to be changed, beginning with ``first``."""
    return f"change-asked-{first.pk}"


def gathered_changes(message: Message) -> QuerySet[ChangeRequest]:
    """What a gathered mail speaks of: the request its key names, and those up to the next mail's.

    Nothing is added to a mail once it was tried, so that a repeat with the same Message-ID has the
    same words.
    """
    gathered = ChangeRequest.objects.filter(share_link__gallery=message.gallery_id)
    gathered = gathered.filter(pk__gte=_first_change(message))
    later = Message.objects.filter(
        gallery=message.gallery_id, kind=MessageKind.CHANGE_ASKED, pk__gt=message.pk
    )
    following = later.order_by("pk").first()
    return gathered.filter(pk__lt=_first_change(following)) if following else gathered


def _first_change(message: Message) -> int:
    return int(message.key.rpartition("-")[2])


def _changes_context(message: Message) -> dict:
    requests = gathered_changes(message).order_by("pk")
    requests = requests.select_related("photo", "edit__stored_file", "share_link")
    count = requests.count()
    if not count:
        raise LookupError("the wishes were withdrawn")
    names = list(dict.fromkeys(request.share_link.recipient for request in requests))
    return {
        "count": count,
        "recipient": ", ".join(names),
        "requests": requests[:WISHES_REPEATED],
        "more": max(0, count - WISHES_REPEATED),
    }
