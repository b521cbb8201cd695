"""What one e-mail gathers of several wishes."""

from __future__ import annotations

from django.db.models import QuerySet

from ..models import ChangeRequest, Message, MessageKind


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
