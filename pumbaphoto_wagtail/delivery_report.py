"""What an e-mail about a delivery says: how many, whether all or a part, and what is newer."""

from __future__ import annotations

from django.db.models import Q
from django.template.defaultfilters import filesizeformat

from . import access
from .models import DeliveryItem, Message, State


def delivery_context(message: Message) -> dict:
    """What the templates about a delivery need, counted as the message's recipient sees it.

    ``kind`` is "all" for the delivery that finishes a gallery, "part" while others are still to
    come, "rest" for the last part, and "more" for what comes after that. ``newer`` of the ``count``
    files take the place of earlier ones. ``total`` is all that the recipient has by now.
    """
    delivery, link = message.delivery, message.share_link
    items = delivery.items.all()
    has_now = access.newest_items(delivery.gallery)
    if link is not None:
        items = access.shown_by(link, items)
        has_now = access.shown_by(link, has_now)
    rows = [*items.values_list("photo", "edit__variant", "size")]
    before = _known_before(message)
    return {
        "delivery": delivery,
        "count": len(rows),
        "size": filesizeformat(sum(size for _photo, _variant, size in rows)),
        "newer": sum((photo, variant) in before for photo, variant, _size in rows),
        "total": has_now.count(),
        "kind": _kind(message),
        "has_release": delivery.print_release is not None,
    }


def _known_before(message: Message) -> set[tuple]:
    """Which variants of which photographs had been delivered before."""
    delivery = message.delivery
    earlier = DeliveryItem.objects.filter(
        Q(photo__isnull=False),
        delivery__gallery=delivery.gallery_id,
        delivery__number__lt=delivery.number,
    )
    return {*earlier.values_list("photo", "edit__variant")}


def _kind(message: Message) -> str:
    delivery = message.delivery
    steps = delivery.gallery.transitions.filter(at__lt=delivery.sent_at)
    if message.transition is None:
        last = steps.order_by("-pk").first()
        is_open = last is None or last.to_state != State.DELIVERED
        return "part" if is_open else "more"
    if steps.filter(to_state=State.DELIVERED).exists():
        return "more"
    return "rest" if delivery.number > 1 else "all"
