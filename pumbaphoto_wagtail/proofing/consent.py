"""Consent: which of their delivered photographs clients allow the studio to show to everybody.

Nothing is allowed until somebody with a deciding link of their own ticks it, photograph by
photograph, and they can take their word back at any time: what was published goes in the same act.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from wagtail.log_actions import log

from .. import access
from ..delivery import publishing
from ..models import Consent, Gallery, LinkPurpose, Photo, ShareLink
from ..workflow import lock_gallery

GIVE, WITHDRAW = "pumbaphoto.give_consent", "pumbaphoto.withdraw_consent"
FOR_CLIENT = "pumbaphoto.withdraw_consent_for"
# What a tick says when it is pressed.
YES, NO = "yes", "no"


def is_asked(link: ShareLink | None, gallery: Gallery) -> bool:
    """Whether the holder of a valid link is asked which photographs may be shown."""
    return link is not None and gallery.asks_for_consent and may_decide(link)


def may_decide(link: ShareLink) -> bool:
    """Whether a link's holder is somebody whose photographs these are."""
    return link.decides and link.purpose == LinkPurpose.CLIENT


def askable_photos(link: ShareLink, gallery: Gallery) -> QuerySet[Photo]:
    """The photographs about which the holder of a link can be asked: delivered, and theirs."""
    seen = access.items_visible_to(access.Viewer(links=(link,)), gallery)
    return Photo.objects.kept().filter(
        gallery=gallery, is_couple_only=False, pk__in=seen.exclude(photo=None).values("photo")
    )


def given_by(link: ShareLink) -> QuerySet[Consent]:
    """What the holder of a link allows at present, the newest first."""
    given = link.consents.filter(withdrawn_at__isnull=True)
    return given.select_related("photo__picture").order_by("-pk")


def has_allowed(link: ShareLink) -> bool:
    """Whether the holder of a link allows any photograph; known already of a visitor's own."""
    known = getattr(link, "has_allowed", None)
    return given_by(link).exists() if known is None else bool(known)


def allowed_keys(link: ShareLink) -> set[int]:
    """The primary keys of the photographs that the holder of a link allows."""
    return {*given_by(link).values_list("photo", flat=True)}


@transaction.atomic
def give(link: ShareLink, photo_uuid: UUID) -> None:
    """Allow one photograph to be shown. Given twice it is given once.

    Raises ShareLink.DoesNotExist for a link that is closed, PermissionDenied for one whose holder
    does not decide, for a photographer's look through it, and where nobody is asked, and
    Photo.DoesNotExist for a photograph that was not delivered to them.
    """
    gallery = lock_gallery(link.gallery)
    _require_own(link)
    present = access.valid_links().prefetch_related("sections").get(pk=link.pk)
    present.gallery = gallery
    if not is_asked(present, gallery):
        raise PermissionDenied
    photo = askable_photos(present, gallery).get(uuid=photo_uuid)
    _consent, is_new = Consent.objects.get_or_create(
        photo=photo, share_link=present, withdrawn_at=None
    )
    if is_new:
        log(gallery, GIVE, data=_about(present, [photo]))


@transaction.atomic
def withdraw(link: ShareLink, photo_uuids: Iterable[UUID] | None = None) -> list[str]:
    """Take one's word back about some photographs, or about all; what was shown of them goes.

    Where images of them stood is returned, in words. Taken back twice it happens once. It is
    possible whatever state the gallery is in, with a link that is open, and with one that has
    expired as long as it leads to an archived gallery. Raises as :func:`give` for links.
    """
    gallery = lock_gallery(link.gallery)
    _require_own(link)
    present = access.known_links().get(pk=link.pk)
    given = given_by(present)
    if photo_uuids is not None:
        given = given.filter(photo__uuid__in=[*photo_uuids])
    consents = [*given]
    if not consents:
        return []
    photos, places = _take_back(gallery, consents)
    log(gallery, WITHDRAW, data=_about(present, photos) | {"places": places})
    return places


@transaction.atomic
def withdraw_for(gallery: Gallery, photo_keys: Iterable[int], *, actor) -> int:
    """The client took their word back by telephone: how many photographs that was about."""
    gallery = lock_gallery(gallery)
    given = Consent.objects.filter(
        photo__gallery=gallery, photo__in=[*photo_keys], withdrawn_at__isnull=True
    )
    consents = [*given.select_related("photo", "share_link")]
    if not consents:
        return 0
    photos, places = _take_back(gallery, consents)
    names = [*dict.fromkeys(consent.share_link.recipient for consent in consents)]
    data = {"recipient": ", ".join(names), "count": len(photos), "places": places}
    log(gallery, FOR_CLIENT, user=actor, data=data)
    return len(photos)


def _take_back(gallery: Gallery, consents: list[Consent]) -> tuple[list[Photo], list[str]]:
    keys = [consent.pk for consent in consents]
    Consent.objects.filter(pk__in=keys).update(withdrawn_at=timezone.now())
    photos = [*{consent.photo_id: consent.photo for consent in consents}.values()]
    shown = publishing.standing(gallery).filter(photo__in=photos)
    return photos, publishing.remove(shown.select_related("image", "shown_photo__gallery"))


def _require_own(link: ShareLink) -> None:
    if link.is_lent or not may_decide(link):
        raise PermissionDenied


def _about(link: ShareLink, photos: list[Photo]) -> dict:
    return {
        "link": link.pk,
        "recipient": link.recipient,
        "file": photos[0].name if len(photos) == 1 else "",
        "count": len(photos),
    }
