"""Pages that present galleries, in Wagtail's own places: header, userbar, and when published."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail.admin.userbar import BaseItem
from wagtail.admin.widgets.button import Button

from .. import published
from ..intake.gallery_pages import gallery_page_model
from ..models import Gallery
from ..permissions import gallery_policy, may
from .addresses import galleries_url, gallery_url
from .panels import presents_a_gallery


def page_header_buttons(page, user, view_name: str) -> Iterator[Button]:
    """On the edit view of a gallery's page the ways to its rooms; above an index, a new gallery."""
    if view_name == "index" and _holds_galleries(page):
        if gallery_policy.user_has_permission(user, "add"):
            url = f"{galleries_url('add')}?index_page={page.pk}"
            yield Button(_("New gallery"), url=url, icon_name="plus", priority=15)
        return
    gallery = gallery_on(page) if view_name == "edit" else None
    if gallery is None or not may(user, "view", gallery):
        return
    yield Button(_("Photos"), url=gallery_url(gallery), icon_name="pumbaphoto-gallery", priority=15)
    if may(user, "share", gallery):
        url = gallery_url(gallery, "sharing")
        yield Button(_("Share"), url=url, icon_name="link", priority=16)


def gallery_on(page) -> Gallery | None:
    """The gallery that a page presents, as it is published or drafted; None for other pages."""
    if page is None or not page.pk or not presents_a_gallery(page.specific_class):
        return None
    return page.specific.gallery


def _holds_galleries(page) -> bool:
    return page.specific_class in gallery_page_model().allowed_parent_page_models()


class GalleryItem(BaseItem):
    """In the userbar on a gallery's page: from what visitors see to where one works."""

    template_name = "pumbaphoto_wagtail/admin/userbar_gallery.html"

    def __init__(self, gallery: Gallery) -> None:
        super().__init__()
        self.gallery = gallery


def add_userbar_item(request: HttpRequest, items: list, page) -> None:
    """Offer a gallery's photos to those who may see it in the admin."""
    if getattr(request, "in_preview_panel", False) or page is None:
        return
    gallery = gallery_on(page)
    if gallery is not None and may(request.user, "view", gallery):
        # Behind the way into the admin.
        items.insert(1, GalleryItem(gallery))


@transaction.atomic
def keep_main_page(page, user) -> None:
    """Let share links lead to a gallery's first published page, and to no page that has begun to
    present another one.
    """
    gallery = gallery_on(page)
    stale = Gallery.objects.filter(main_page=page.pk)
    stale.exclude(pk=gallery.pk if gallery else None).update(main_page=None)
    if gallery is not None and gallery.main_page_id is None and may(user, "change", gallery):
        Gallery.objects.filter(pk=gallery.pk, main_page=None).update(main_page=page.pk)
    published.changed()
