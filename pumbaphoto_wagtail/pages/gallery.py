"""A page that presents one gallery."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from pumbaphoto_wagtail.page_mixin import TEMPLATE, GalleryPageMixin


class GalleryPage(GalleryPageMixin, Page):
    """A page that presents one gallery."""

    content_panels = [*Page.content_panels, *GalleryPageMixin.gallery_panels]
    parent_page_types = ["pumbaphoto_pages.GalleryIndexPage"]
    subpage_types: list[str] = []
    template = TEMPLATE

    class Meta:
        verbose_name = _("gallery page")
        verbose_name_plural = _("gallery pages")
