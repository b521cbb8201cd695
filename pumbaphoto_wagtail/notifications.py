"""The outbox: e-mails are owed in the transaction that makes them due, and sent by the queue.

A row holds whom and about what; subject and text are made when it is sent, in the recipient's
language. SMTP trouble never fails the work it reports on: it is tried again, and shown when given
up. The Message-ID belongs to the row, so that a repeat after a crash between the server's "250"
and our own mark can be recognised as the same message.
"""

from __future__ import annotations

import logging
import uuid
from datetime import date, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Site

from . import tasks
from .conf import settings
from .exceptions import NothingToSay
from .mail.composing import compose
from .models import Gallery, Message, MessageKind, ShareLink

logger = logging.getLogger(__name__)


def owe(kind: MessageKind, *, key: str, gallery: Gallery | None, **about) -> Message:
    """Put a message into the outbox, once for each ``key``, and wake the sender.

    What is not about one gallery is about a ``site``. Call it inside the transaction that makes the
    message due. What it takes and what that means is told by :func:`owe_once`.
    """
    message, _is_new = owe_once(kind, key=key, gallery=gallery, **about)
    return message


def owe_once(
    kind: MessageKind,
    *,
    key: str,
    gallery: Gallery | None,
    recipient=None,
    share_link: ShareLink | None = None,
    wait: timedelta | None = None,
    **about,
) -> tuple[Message, bool]:
    """As :func:`owe`; also whether it was not owed before, which of many at once one is told.

    ``about`` names what it speaks of (transition, selection, delivery, batch, access request). With
    ``wait`` it stays in the outbox for so long, until :func:`reconcile` wakes the sender.
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
    return message, is_new


def owe_files_missing(
    site: Site, recipient: AbstractBaseUser, day: date, *, found: str = "missing"
) -> Message:
    """Owe one mail a day about files that were ``found`` "missing" or "damaged" in a site's
    galleries.

    Which they are is looked up when it is sent; if none are missing then, nobody is written to.
    ``missing_files.told_of_missing`` says to whom.
    """
    return owe(
        MessageKind.FILES_MISSING,
        key=f"files-{found}-{site.pk}-{recipient.pk}-{day.isoformat()}",
        gallery=None,
        site=site,
        recipient=recipient,
    )


def due_messages() -> QuerySet[Message]:
    """Messages that could be sent now and that nobody is sending."""
    return _due().filter(gallery__deleted_at__isnull=True)


def _due() -> QuerySet[Message]:
    """The same by the messages' own rows alone. A lease is taken by these: of an UPDATE that looks
    into other tables, PostgreSQL does not ask again what a row it has waited for has become.
    """
    now = timezone.now()
    return Message.objects.filter(
        Q(retry_at__isnull=True) | Q(retry_at__lte=now),
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        sent_at__isnull=True,
        failed_at__isnull=True,
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
    if not _due().take_lease(message_id, holder=holder, now=now, until=until):
        return False
    message = Message.objects.select_related("gallery", "site", "share_link", "recipient").get(
        pk=message_id
    )
    if message.gallery is not None and message.gallery.deleted_at is not None:
        # Its row goes with the gallery.
        Message.objects.release_lease(message.pk, holder=holder)
        return False
    message.attempts += 1
    message.save(update_fields=["attempts"])
    if message.attempts > _allowed_attempts():
        _put_off(message, holder, RuntimeError("every attempt was cut off"))
        return False
    try:
        compose(message).send()
    except NothingToSay as reason:
        _let_go(message, holder, reason)
        return False
    except Exception as error:  # a site's own template or mail backend may raise anything
        _put_off(message, holder, error)
        return False
    Message.objects.filter(pk=message.pk).update(
        sent_at=timezone.now(), error="", lease_holder=None, lease_until=None
    )
    return True


def try_again(message: Message, actor) -> bool:
    """Let a message that was given up, or waits for its next attempt, be tried anew at once, with
    all its attempts. False if it has left or is being sent.
    """
    now = timezone.now()
    with transaction.atomic():
        again = Message.objects.filter(
            Q(lease_until__isnull=True) | Q(lease_until__lte=now),
            pk=message.pk,
            sent_at__isnull=True,
        ).update(attempts=0, retry_at=None, failed_at=None)
        if again:
            data = {"kind": message.kind, "message": message.pk}
            about = message.gallery or message.site
            log(about, "pumbaphoto.retry_message", user=actor, data=data)
            tasks.wake("send_message", message.pk)
    message.refresh_from_db()
    return bool(again)


def _allowed_attempts() -> int:
    return len(settings.MAIL_RETRY_SECONDS) + 1


def _let_go(message: Message, holder: uuid.UUID, reason: NothingToSay) -> None:
    # Nobody has to hear of it, and a failure it is not: what it would have said is not true now.
    Message.objects.filter(pk=message.pk, lease_holder=holder).delete()
    logger.info("message %s (%s) has nothing to say: %s", message.pk, message.kind, reason)


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
