"""Where gallery pages live."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from pumbaphoto_wagtail.index_mixin import TEMPLATE, GalleryIndexPageMixin


class GalleryIndexPage(GalleryIndexPageMixin, Page):
    """Where gallery pages live: a client area that lists nothing, or a portfolio."""

    content_panels = [*Page.content_panels, *GalleryIndexPageMixin.index_panels]
    subpage_types = [
        "pumbaphoto_pages.GalleryIndexPage",
        "pumbaphoto_pages.GalleryPage",
        "pumbaphoto_pages.SlideshowPage",
    ]
    template = TEMPLATE

    class Meta:
        verbose_name = _("gallery index")
        verbose_name_plural = _("gallery indexes")
