"""Reminders to clients: the due date is near, or a link ends and nothing was downloaded yet.

They are owed once for each link and date; a date that is changed is spoken of anew. Whether there
is still a reason is looked at once more when the e-mail is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Site

from . import access, notifications
from .models import (
    Delivery,
    Downloads,
    Message,
    MessageKind,
    Selection,
    SelectionList,
    ShareLink,
    State,
)
from .studio import studios

ACTIONS = {
    MessageKind.DUE_SOON: "pumbaphoto.remind_due",
    MessageKind.LINK_EXPIRING: "pumbaphoto.remind_expiring",
}


def reconcile() -> dict[str, int]:
    """Owe every reminder that is due; how many of each kind."""
    reminded = {"reminded of the due date": 0, "reminded of a link that ends": 0}
    for site, studio in studios().items():
        reminded["reminded of the due date"] += _remind(
            MessageKind.DUE_SOON, due_soon(site, studio.due_soon_days)
        )
        reminded["reminded of a link that ends"] += _remind(
            MessageKind.LINK_EXPIRING, expiring(site, studio.link_expiring_days)
        )
    return reminded


def due_soon(site: Site, days: int) -> QuerySet[ShareLink]:
    """Links of a site whose holders are to send their selection within so many days, and have not;
    with 0 days none.
    """
    today = timezone.localdate()
    sent = Selection.objects.filter(
        share_link=OuterRef("pk"),
        list=SelectionList.TO_EDIT,
        round=OuterRef("gallery__round"),
        submitted_at__isnull=False,
    )
    return _to_be_told(site, days).filter(
        ~Exists(sent),
        Q(list="") | Q(list=SelectionList.TO_EDIT),
        gallery__state=State.ACTIVE,
        gallery__due_date__gte=today,
        gallery__due_date__lte=today + timedelta(days=days),
        may_choose=True,
        decides=True,
    )


def expiring(site: Site, days: int) -> QuerySet[ShareLink]:
    """Links of a site that end within so many days, and whose holders have not downloaded what was
    delivered last; with 0 days none.
    """
    deliveries = Delivery.objects.filter(gallery=OuterRef("gallery")).order_by()
    last = deliveries.values("gallery").annotate(last=Max("sent_at")).values("last")
    return (
        _to_be_told(site, days)
        .exclude(downloads=Downloads.NONE)
        .exclude(gallery__state=State.ARCHIVED)
        .annotate(delivered_at=last)
        .filter(
            Q(downloaded_at__isnull=True) | Q(downloaded_at__lt=F("delivered_at")),
            delivered_at__isnull=False,
            expires_at__lte=timezone.now() + timedelta(days=days),
        )
    )


def _to_be_told(site: Site, days: int) -> QuerySet[ShareLink]:
    open_links = access.valid_links() if days else ShareLink.objects.none()
    return (
        open_links.filter(gallery__site=site, gallery__deleted_at__isnull=True)
        .exclude(email="")
        .select_related("gallery", "shared_by")
        .prefetch_related("sections")
    )


def _remind(kind: MessageKind, links: Iterable[ShareLink]) -> int:
    keys = {reminder_key(kind, link): link for link in links}
    known = {*Message.objects.filter(key__in=keys).values_list("key", flat=True)}
    return sum(_owe(kind, key, link) for key, link in keys.items() if key not in known)


def reminder_key(kind: MessageKind, link: ShareLink) -> str:
    """Names a reminder: of one link, about one date."""
    if kind == MessageKind.DUE_SOON:
        return f"due-soon-{link.uuid}-{link.gallery.due_date.isoformat()}"
    return f"link-expiring-{link.uuid}-{timezone.localdate(link.expires_at).isoformat()}"


@transaction.atomic
def _owe(kind: MessageKind, key: str, link: ShareLink) -> bool:
    if kind == MessageKind.LINK_EXPIRING and not _has_something(link):
        return False
    _message, is_new = notifications.owe_once(kind, key=key, gallery=link.gallery, share_link=link)
    if is_new:
        log(link.gallery, ACTIONS[kind], data={"link": link.pk, "recipient": link.recipient})
    return is_new


def _has_something(link: ShareLink) -> bool:
    """A link that is limited to a section may show nothing of what was delivered."""
    return access.items_visible_to(access.Viewer(links=(link,)), link.gallery).exists()
