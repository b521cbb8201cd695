"""Who may see what was delivered: a part of ``access``, which everybody asks in its place."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.lookups import IsNull

from .models import (
    TRUSTED_VERDICTS,
    Delivery,
    DeliveryItem,
    Downloads,
    Gallery,
    LinkPurpose,
    ShareLink,
    State,
)
from .permissions import may
from .viewers import Viewer


def items_visible_to(viewer: Viewer, gallery: Gallery) -> QuerySet[DeliveryItem]:
    """The delivered files of a gallery that this viewer may look at: the newest of each."""
    trusted = Q(stored_file__verdict__in=TRUSTED_VERDICTS)
    if may(viewer.user, "view", gallery):
        return DeliveryItem.objects.filter(trusted, delivery__gallery=gallery)
    link = viewer.link_for(gallery)
    if link is None or not shows_delivered(gallery):
        return DeliveryItem.objects.none()
    return shown_by(link, newest_items(gallery).filter(trusted))


def shown_by(link: ShareLink, items: QuerySet[DeliveryItem]) -> QuerySet[DeliveryItem]:
    """Of a gallery's delivered files those that a link is about: its sections, nothing hidden."""
    sections = [section.pk for section in link.sections.all()]
    if sections:
        items = items.filter(photo__section__in=sections)
    if link.purpose != LinkPurpose.CLIENT:
        items = items.exclude(photo__is_couple_only=True)
    return items.filter(Q(photo__isnull=True) | Q(photo__is_hidden=False))


def shows_delivered(gallery: Gallery) -> bool:
    """Whether the holders of links get what was delivered: always but in the archive, and there
    where the photographer keeps it online.
    """
    return gallery.state != State.ARCHIVED or gallery.keeps_delivered_online


def deliveries_visible_to(viewer: Viewer, gallery: Gallery) -> QuerySet[Delivery]:
    """The deliveries that this viewer may know of: those that held something for them, also where
    newer versions have taken its place.
    """
    if may(viewer.user, "view", gallery):
        return Delivery.objects.filter(gallery=gallery)
    link = viewer.link_for(gallery)
    if link is None or not shows_delivered(gallery):
        return Delivery.objects.none()
    shown = shown_by(link, DeliveryItem.objects.filter(delivery__gallery=gallery))
    return Delivery.objects.filter(gallery=gallery, pk__in=shown.values("delivery"))


def newest_items(gallery: Gallery) -> QuerySet[DeliveryItem]:
    """What was delivered of a gallery, of each variant of each photograph what was sent last."""
    items = DeliveryItem.objects.filter(delivery__gallery=gallery)
    return items.filter(~_superseded())


def _superseded() -> Exists:
    newer = DeliveryItem.objects.filter(
        # A finished photo is delivered without an edit; NULL equals nothing in SQL.
        Q(edit__variant=OuterRef("edit__variant"))
        | Q(edit__isnull=True) & IsNull(OuterRef("edit"), True),
        photo=OuterRef("photo"),
        delivery__number__gt=OuterRef("delivery__number"),
        delivery__gallery=OuterRef("delivery__gallery"),
    )
    return Exists(newer)


def may_see_item(viewer: Viewer, item: DeliveryItem) -> bool:
    """Whether this viewer may look at one delivered file."""
    return items_visible_to(viewer, item.delivery.gallery).filter(pk=item.pk).exists()


def may_download(viewer: Viewer, gallery: Gallery, size: str) -> bool:
    """Whether this viewer may download delivered files of a gallery in ``size`` (web or full)."""
    if may(viewer.user, "view", gallery):
        return True
    link = viewer.link_for(gallery)
    if link is None or not shows_delivered(gallery):
        return False
    return gives(link, size)


def gives(link: ShareLink, size: str) -> bool:
    """Whether a valid link lets its holder download in ``size`` (web or full)."""
    return link.downloads == Downloads.FULL or link.downloads == size == Downloads.WEB
