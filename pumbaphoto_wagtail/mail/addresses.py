"""The addresses that e-mails lead to."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urljoin

from django.conf import settings as django_settings
from django.urls import NoReverseMatch, reverse
from wagtail.admin.admin_url_finder import AdminURLFinder

from .. import tokens
from ..models import Gallery, Message, MessageKind, ShareLink

# The tab of the workspace on which a photographer answers; the others are read on the first.
TABS = {
    MessageKind.SELECTION_SUBMITTED: "selections",
    MessageKind.CHANGE_ASKED: "delivery",
    MessageKind.PHOTOS_ASKED: "keeping",
    MessageKind.ARCHIVE_SUGGESTED: "keeping",
}


def share_address(link: ShareLink) -> str:
    """The whole address that a link's recipient opens; KeyError if its key is no longer known."""
    token = tokens.compute(link.uuid, link.epoch, link.key_id)
    return link.gallery.site.root_url + reverse("pumbaphoto_wagtail:door", args=[token])


def workspace_address(gallery: Gallery) -> str:
    """The whole address of a gallery's workspace in the Wagtail admin."""
    base = getattr(django_settings, "WAGTAILADMIN_BASE_URL", "") or gallery.site.root_url
    return base.rstrip("/") + (AdminURLFinder().get_edit_url(gallery) or "")


def photographers_address(message: Message) -> str:
    """Where a photographer answers a message."""
    address = workspace_address(message.gallery)
    if message.kind not in TABS:
        return address
    with suppress(NoReverseMatch):
        name = f"pumbaphoto_galleries:{TABS[message.kind]}"
        return urljoin(address, reverse(name, args=[message.gallery.uuid]))
    return address
