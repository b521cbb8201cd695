"""The addresses that e-mails lead to."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urljoin

from django.conf import settings as django_settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import NoReverseMatch, reverse
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page, Site

from .. import tokens
from ..models import Gallery, Message, MessageKind, ShareLink

# The tab of the workspace on which a photographer answers; the others are read on the first.
TABS = {
    MessageKind.SELECTION_SUBMITTED: "selections",
    MessageKind.CHANGE_ASKED: "delivery",
    MessageKind.PHOTOS_ASKED: "keeping",
    MessageKind.ARCHIVE_SUGGESTED: "keeping",
}

# What is answered on a page of its own.
LISTS = {MessageKind.ACCESS_ASKED: "pumbaphoto_access:index"}


def share_address(link: ShareLink) -> str:
    """The whole address that a link's recipient opens; KeyError if its key is no longer known."""
    token = tokens.compute(link.uuid, link.epoch, link.key_id)
    return link.gallery.site.root_url + reverse("pumbaphoto_wagtail:door", args=[token])


def page_address(page: Page) -> str:
    """The whole address of a page; "/" where no site has it."""
    return page.full_url or "/"


def welcome_address(message: Message) -> str:
    """Where somebody who was given an account chooses a password, and comes to what was granted."""
    user = message.recipient
    return message.about_site.root_url + reverse(
        "pumbaphoto_wagtail:welcome",
        args=[message.access_request.uuid, default_token_generator.make_token(user)],
    )


def workspace_address(gallery: Gallery) -> str:
    """The whole address of a gallery's workspace in the Wagtail admin."""
    return admin_address(gallery.site, AdminURLFinder().get_edit_url(gallery) or "")


def admin_address(site: Site, path: str) -> str:
    """The whole address of a path in the Wagtail admin."""
    base = getattr(django_settings, "WAGTAILADMIN_BASE_URL", "") or site.root_url
    return base.rstrip("/") + path


def photographers_address(message: Message) -> str:
    """Where a photographer answers a message."""
    if message.gallery is None or message.kind in LISTS:
        name, args = LISTS.get(message.kind, "pumbaphoto_galleries:index"), []
        address = admin_address(message.about_site, reverse("wagtailadmin_home"))
    else:
        tab, args = TABS.get(message.kind), [message.gallery.uuid]
        name = f"pumbaphoto_galleries:{tab}"
        address = workspace_address(message.gallery)
    with suppress(NoReverseMatch):
        return urljoin(address, reverse(name, args=args))
    return address
