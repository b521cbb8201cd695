"""What a restored gallery owes to who asked for it: an open link, and word that it is back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from .. import notifications
from ..conf import settings
from ..models import (
    DeliveryItem,
    Gallery,
    Message,
    MessageKind,
    ShareLink,
    State,
    Transition,
)
from ..workflow import lock_gallery
from .places import is_due, misplaced


def open_until(step: Transition) -> datetime:
    """Until when links open a gallery that was restored, counted from that step."""
    return step.at + timedelta(days=settings.LINK_DAYS_AFTER_RESTORE)


def links_to_open(gallery: Gallery) -> QuerySet[ShareLink]:
    """The links of an archived gallery that restoring opens once more: those that were open when it
    was archived, and those whose holders have asked since.
    """
    links = ShareLink.objects.filter(gallery=gallery, revoked_at__isnull=True)
    archived = gallery.transitions.filter(to_state=State.ARCHIVED).order_by("-pk").first()
    if archived is None:
        return links
    asked = _unanswered(Message.objects.filter(gallery=gallery, created_at__gte=archived.at))
    was_open = Q(expires_at__isnull=True) | Q(expires_at__gt=archived.at)
    return links.filter(was_open | Q(pk__in=asked.values("share_link")))


def wishes_of(gallery: Gallery) -> list[Message]:
    """Who has asked for the photos of an archived gallery since it was, the newest first."""
    asked = gallery.messages.filter(kind=MessageKind.PHOTOS_ASKED, share_link__isnull=False)
    archived = gallery.transitions.filter(to_state=State.ARCHIVED).order_by("-pk").first()
    if archived is not None:
        asked = asked.filter(created_at__gte=archived.at)
    return [*asked.select_related("share_link").order_by("-pk")]


def open_wishes() -> QuerySet[Message]:
    """Who has asked for the photos of archived galleries since these were archived."""
    archivings = Transition.objects.filter(to_state=State.ARCHIVED, gallery=OuterRef("gallery"))
    since = Subquery(archivings.order_by("-pk").values("at")[:1])
    return Message.objects.filter(
        kind=MessageKind.PHOTOS_ASKED, gallery__state=State.ARCHIVED, created_at__gte=since
    )


def galleries_with_somebody_to_tell() -> list[int]:
    """Open galleries whose photos somebody has asked for and was not told of yet."""
    asked = _unanswered(Message.objects.exclude(gallery__state=State.ARCHIVED))
    asked = asked.exclude(share_link__email="")
    return [*asked.order_by().values_list("gallery", flat=True).distinct()]


@transaction.atomic
def tell_who_asked(gallery_id: int) -> int:
    """Once all files of a restored gallery are back, say so to those who have asked for them, each
    once, and let the links' time begin now; how many were told.

    A file whose bytes are not right holds nobody up, unless it was delivered.
    """
    if not Gallery.objects.filter(pk=gallery_id).exists():
        return 0
    gallery = lock_gallery(Gallery(pk=gallery_id))
    if gallery.state == State.ARCHIVED or _is_somewhere_else(gallery):
        return 0
    _begin_anew(gallery)
    asked = _unanswered(gallery.messages.all()).select_related("share_link")
    told = [message for message in asked if message.share_link.email]
    for message in told:
        notifications.owe(
            MessageKind.RESTORED,
            key=f"restored-{message.key}",
            gallery=gallery,
            share_link=message.share_link,
        )
    return len(told)


def _is_somewhere_else(gallery: Gallery) -> bool:
    delivered = DeliveryItem.objects.filter(delivery__gallery=gallery).values("stored_file")
    return misplaced(gallery).filter(is_due() | Q(pk__in=delivered)).exists()


def _begin_anew(gallery: Gallery) -> None:
    """Give the links that the last step has opened their whole time from now on, once."""
    step = gallery.transitions.order_by("-pk").first()
    if step is not None and step.from_state == State.ARCHIVED:
        until = timezone.now() + timedelta(days=settings.LINK_DAYS_AFTER_RESTORE)
        opened = gallery.share_links.filter(revoked_at__isnull=True, expires_at=open_until(step))
        opened.update(expires_at=until)


def _unanswered(messages: QuerySet[Message]) -> QuerySet[Message]:
    """The last wish for photos of each open link, that nobody was told of yet."""
    wishes = messages.filter(
        kind=MessageKind.PHOTOS_ASKED, share_link__isnull=False, share_link__revoked_at__isnull=True
    )
    later = Message.objects.filter(share_link=OuterRef("share_link"), pk__gt=OuterRef("pk"))
    later = later.filter(kind__in=(MessageKind.PHOTOS_ASKED, MessageKind.RESTORED))
    return wishes.filter(~Exists(later))
