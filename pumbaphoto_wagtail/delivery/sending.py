"""Delivering: what goes is frozen, the gallery moves on, and everybody concerned is told once."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from wagtail.log_actions import log

from .. import access, notifications
from ..conf import settings
from ..exceptions import StaleState, TransitionNotAllowed
from ..models import (
    ChangeRequest,
    Delivery,
    DeliveryItem,
    Gallery,
    LinkPurpose,
    MessageKind,
    ShareLink,
    State,
    Transition,
)
from ..workflow import REFUSALS, lock_gallery, take_step
from .plan import DeliveryPlan, PlannedFile, what_would_go, why_not
from .zip_names import safe_member_names

__all__ = ["DeliveryPlan", "PlannedFile", "deliver", "what_would_go"]


@transaction.atomic
def deliver(
    gallery: Gallery,
    *,
    actor,
    words: str = "",
    include_unselected: bool = False,
    expected_state: str = "",
) -> Delivery:
    """Send what :func:`what_would_go` lists to the client; a delivered gallery gets one more.

    ``expected_state`` is the state in which the photographer saw the plan, by default the one that
    ``gallery`` carries. Raises StaleState if the gallery is in another one by now, and
    TransitionNotAllowed, in words, where nothing can be sent. On success ``gallery.state`` is the
    new state.
    """
    locked = lock_gallery(gallery)
    if locked.state != (expected_state or gallery.state):
        raise StaleState(str(REFUSALS[State(locked.state)]))
    plan = what_would_go(locked)
    planned = [*plan.items, *(plan.unselected if include_unselected else ())]
    if refusal := why_not(locked, planned):
        raise TransitionNotAllowed(refusal)
    delivery = _write_delivery(locked, planned, actor, words)
    step = _move_on(locked, delivery, actor)
    _answer_wishes(delivery)
    _keep_links_open(locked)
    _tell_clients(locked, delivery, step)
    gallery.state = locked.state
    return delivery


def _write_delivery(gallery: Gallery, planned: list[PlannedFile], actor, words: str) -> Delivery:
    last = gallery.deliveries.aggregate(last=Max("number"))["last"] or 0
    delivery = Delivery.objects.create(gallery=gallery, number=last + 1, actor=actor, words=words)
    names = safe_member_names(one.file.original_name for one in planned)
    DeliveryItem.objects.bulk_create(
        DeliveryItem(
            delivery=delivery,
            stored_file=one.file,
            edit=one.edit,
            photo=one.photo,
            member_name=name,
            size=one.file.size,
            crc32=one.file.crc32,
            sha256=one.file.sha256,
            position=position,
        )
        for position, (name, one) in enumerate(zip(names, planned, strict=True))
    )
    return delivery


def _move_on(gallery: Gallery, delivery: Delivery, actor) -> Transition | None:
    """The step to Delivered; a further delivery needs none, and is logged all the same."""
    data = {"delivery": delivery.pk, "number": delivery.number, "files": delivery.items.count()}
    if gallery.state == State.DELIVERED:
        log(gallery, "pumbaphoto.deliver", user=actor, data=data)
        return None
    return take_step(gallery, State.DELIVERED, actor=actor, data=data)


def _answer_wishes(delivery: Delivery) -> None:
    """A newer version of a photo is the answer to what was asked about it."""
    ChangeRequest.objects.filter(
        photo__in=delivery.items.values("photo"), answered_at__isnull=True
    ).update(answered_at=timezone.now())


def _keep_links_open(gallery: Gallery) -> None:
    """Clients come for their photographs over months: their links last longer from now on."""
    until = timezone.now() + timedelta(days=settings.LINK_DAYS_AFTER_DELIVERY)
    theirs = Q(purpose=LinkPurpose.CLIENT) | Q(shared_by__isnull=False)
    links = access.valid_links().filter(theirs, gallery=gallery)
    links.filter(expires_at__lt=until).update(expires_at=until)


def _tell_clients(gallery: Gallery, delivery: Delivery, step: Transition | None) -> None:
    links = access.valid_links().filter(gallery=gallery).exclude(email="")
    for link in links.prefetch_related("sections"):
        if _shows_something(link, delivery):
            notifications.owe(
                MessageKind.DELIVERED,
                key=f"delivered-{delivery.pk}-{link.pk}",
                gallery=gallery,
                share_link=link,
                delivery=delivery,
                transition=step,
            )


def _shows_something(link: ShareLink, delivery: Delivery) -> bool:
    """A link that is limited to a section may show nothing of this delivery."""
    viewer = access.Viewer(links=(link,))
    return access.items_visible_to(viewer, delivery.gallery).filter(delivery=delivery).exists()
