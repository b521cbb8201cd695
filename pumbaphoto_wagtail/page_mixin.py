"""What makes a page present a gallery; a site with its own base page builds on this."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin
from wagtail.fields import RichTextField

from .models import Gallery, Photo


class GalleryPageMixin(RoutablePageMixin, models.Model):
    """A page that presents one gallery: words and looks, and no field that a worker writes.

    Several pages may present the same gallery (translations, aliases); share links lead to the
    gallery's main page.
    """

    gallery = models.ForeignKey(
        Gallery,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("gallery"),
    )
    intro = RichTextField(
        _("words to the visitor"), blank=True, features=["bold", "italic", "link"]
    )
    cover = models.ForeignKey(
        Photo,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cover"),
    )

    gallery_panels = [FieldPanel("intro")]

    class Meta:
        abstract = True
