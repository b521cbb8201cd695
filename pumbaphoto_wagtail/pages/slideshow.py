"""A slideshow over galleries and whatever lies below index pages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.models import Page

from pumbaphoto_wagtail.slideshow_mixin import SlideshowPageMixin, SlideshowSourceMixin


class SlideshowPage(SlideshowPageMixin, Page):
    """A slideshow over galleries and whatever lies below index pages: each photo once."""

    content_panels = [*Page.content_panels, *SlideshowPageMixin.slideshow_panels]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("slideshow")
        verbose_name_plural = _("slideshows")


class SlideshowSource(SlideshowSourceMixin):
    """A gallery's page or an index page whose photos a slideshow shows."""

    slideshow = ParentalKey(SlideshowPage, on_delete=models.CASCADE, related_name="sources")
