"""Changing what a link opens, while its address, hearts and notes stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from ..models import Downloads, LinkPurpose, Section, ShareLink
from ..workflow import lock_gallery
from .pins import hash_pin


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a link is for and what it opens. ``pin`` None keeps the PIN, "" takes it away."""

    recipient: str
    email: str = ""
    purpose: str = LinkPurpose.CLIENT
    decides: bool = True
    may_choose: bool = True
    downloads: str = Downloads.FULL
    may_download_originals: bool = False
    list: str = ""
    expires_at: datetime | None = None
    pin: str | None = None


SIMPLE = (
    "recipient",
    "email",
    "purpose",
    "decides",
    "may_choose",
    "downloads",
    "may_download_originals",
    "list",
    "expires_at",
)


@transaction.atomic
def change_link(link: ShareLink, terms: Terms, *, actor, sections: Iterable[Section] = ()) -> bool:
    """Give a link other terms; whether any were other. From the next request on they hold.

    What its holder shared on follows: its sections, its last day and its PIN. Raises
    ValidationError for a section of another gallery.
    """
    gallery = lock_gallery(link.gallery)
    link = ShareLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    sections = {section.pk: section for section in sections}
    if any(section.gallery_id != gallery.pk for section in sections.values()):
        raise ValidationError(_("A link can only show sections of its own gallery."))
    changed = [name for name in SIMPLE if getattr(link, name) != getattr(terms, name)]
    for name in changed:
        setattr(link, name, getattr(terms, name))
    if terms.pin is not None and (terms.pin or link.pin_hash):
        link.pin_hash = hash_pin(terms.pin) if terms.pin else ""
        changed.append("pin_hash")
    link.save(update_fields=changed)
    if sections.keys() != {*link.sections.values_list("pk", flat=True)}:
        link.sections.set(sections.values())
        changed.append("sections")
    if not changed:
        return False
    _pass_on(link, changed)
    # Names only: what a PIN or an address was is nobody's business in a log.
    data = {"link": link.pk, "recipient": link.recipient, "fields": changed}
    log(gallery, "pumbaphoto.change_link", user=actor, data=data)
    return True


def _pass_on(link: ShareLink, changed: list[str]) -> None:
    """Links that the holder made for others are never more than theirs."""
    followed = [name for name in ("expires_at", "pin_hash") if name in changed]
    for shared in link.shared_links.all():
        for name in followed:
            setattr(shared, name, getattr(link, name))
        shared.save(update_fields=followed)
        if "sections" in changed:
            shared.sections.set(link.sections.all())


@transaction.atomic
def extend_link(link: ShareLink, *, until: datetime, actor) -> bool:
    """Let a link be open until then at least; whether that is longer than before.

    What was revoked stays closed, and what a client shared on follows the client's own link.
    """
    gallery = lock_gallery(link.gallery)
    link = ShareLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    is_open_longer = link.expires_at is None or link.expires_at >= until
    if link.revoked_at is not None or link.shared_by_id is not None or is_open_longer:
        return False
    link.expires_at = until
    link.save(update_fields=["expires_at"])
    _pass_on(link, ["expires_at"])
    data = {"link": link.pk, "recipient": link.recipient, "fields": ["expires_at"]}
    log(gallery, "pumbaphoto.change_link", user=actor, data=data)
    return True
