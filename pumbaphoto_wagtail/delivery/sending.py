"""Delivering: what goes is frozen, the gallery moves on, and everybody concerned is told once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone, translation
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from .. import access, notifications
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
from ..studio import studio_for
from ..workflow import REFUSALS, lock_gallery, take_step
from .folders import file_time, folders_of, language_of, member_names
from .plan import DeliveryPlan, PlannedFile, what_would_go, why_not
from .print_release import print_release_pdf

__all__ = ["DeliveryPlan", "PlannedFile", "deliver", "what_would_go"]


@transaction.atomic
def deliver(
    gallery: Gallery,
    *,
    actor,
    words: str = "",
    include_unselected: bool = False,
    only: Collection[int] | None = None,
    print_release: str = "",
    expected_state: str = "",
    expected_plan: str = "",
) -> Delivery:
    """Send what :func:`what_would_go` lists to the client; a delivered gallery gets one more.

    ``only`` names files of the plan by their keys, unselected ones among them: those go now. As
    long as others stay for later the gallery stays in its state. ``print_release`` are the words of
    a release that goes along; empty for none. ``expected_state`` is the state in which the
    photographer saw the plan, by default the one that ``gallery`` carries, and ``expected_plan``
    the digest of what they saw. Raises StaleState if the gallery is in another state by now or
    another plan would go, and TransitionNotAllowed, in words, where nothing can be sent. On success
    ``gallery.state`` is the new state.
    """
    locked = lock_gallery(gallery)
    if locked.state != (expected_state or gallery.state):
        raise StaleState(str(REFUSALS[State(locked.state)]))
    plan = what_would_go(locked)
    if only is None:
        planned = [*plan.items, *(plan.unselected if include_unselected else ())]
    else:
        planned = [one for one in (*plan.items, *plan.unselected) if one.key in only]
    if refusal := why_not(locked, planned if only is None else plan.items or plan.unselected):
        raise TransitionNotAllowed(refusal)
    if only is not None and not only:
        raise TransitionNotAllowed(_("Tick the photos that you want to send now."))
    if (expected_plan and expected_plan != plan.digest) or (only and len(planned) < len({*only})):
        raise StaleState(_("What would go has changed meanwhile. Please look at it once more."))
    delivery = _write_delivery(locked, planned, actor, words, print_release)
    step = _move_on(locked, delivery, actor, leaves_some=_leaves_some(plan, planned))
    _answer_wishes(delivery)
    _keep_links_open(locked)
    _tell_clients(locked, delivery, step)
    gallery.state = locked.state
    return delivery


def _leaves_some(plan: DeliveryPlan, planned: list[PlannedFile]) -> bool:
    going = {one.key for one in planned}
    return any(one.key not in going for one in plan.items)


def _write_delivery(
    gallery: Gallery, planned: list[PlannedFile], actor, words: str, print_release: str
) -> Delivery:
    last = gallery.deliveries.aggregate(last=Max("number"))["last"] or 0
    delivery = Delivery.objects.create(
        gallery=gallery,
        number=last + 1,
        actor=actor,
        words=words,
        print_release=_release(gallery, print_release) if print_release.strip() else None,
    )
    folders = folders_of(gallery, planned)
    names = member_names(folders, planned)
    DeliveryItem.objects.bulk_create(
        DeliveryItem(
            delivery=delivery,
            stored_file=one.file,
            edit=one.edit,
            photo=one.photo,
            folder=folder,
            member_name=name,
            file_time=file_time(one),
            size=one.file.size,
            crc32=one.file.crc32,
            sha256=one.file.sha256,
            position=position,
        )
        for position, (folder, name, one) in enumerate(zip(folders, names, planned, strict=True))
    )
    return delivery


def _release(gallery: Gallery, words: str) -> bytes:
    """The release to print, as it is kept: later names and dates do not change it."""
    owner = gallery.owner
    names = [client.name for client in gallery.clients.order_by("pk")]
    with translation.override(language_of(gallery)):
        return print_release_pdf(
            studio=studio_for(gallery.site).own_name
            or owner.get_full_name()
            or owner.get_username(),
            client=get_text_list(names, _("and")),
            gallery_title=gallery.title,
            shoot_date=gallery.shoot_date,
            delivered_on=timezone.localdate(),
            words=words,
        )


def _move_on(
    gallery: Gallery, delivery: Delivery, actor, *, leaves_some: bool
) -> Transition | None:
    """The step to Delivered; a part and a further delivery need none, and are logged all the same.

    While some stay for later, the photographer still works on them.
    """
    data = {"delivery": delivery.pk, "number": delivery.number, "files": delivery.items.count()}
    if gallery.state == State.DELIVERED or leaves_some:
        log(gallery, "pumbaphoto.deliver", user=actor, data=data)
        return None
    return take_step(gallery, State.DELIVERED, actor=actor, data=data)


def _answer_wishes(delivery: Delivery) -> None:
    """A newer version of a photo is the answer to what was asked about it."""
    about = Q(photo__in=delivery.items.exclude(photo=None).values("photo"))
    ChangeRequest.objects.filter(about, answered_at__isnull=True).update(answered_at=timezone.now())


def _keep_links_open(gallery: Gallery) -> None:
    """Clients come for their photographs over months: their links last longer from now on."""
    days = studio_for(gallery.site).link_days_after_delivery
    until = timezone.now() + timedelta(days=days)
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
