"""A slideshow over galleries and whatever lies below index pages."""

from __future__ import annotations

import swapper
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page


class PhotoOrder(models.TextChoices):
    IN_ORDER = "in_order", _("in their order")
    SHUFFLED = "shuffled", _("shuffled")


class PhotoShare(models.TextChoices):
    ALL = "all", _("every photo")
    HALF_FIRST = "half_first", _("half of each gallery first, then the rest")


class SlideshowPage(Page):
    """A slideshow over galleries and whatever lies below index pages: each photo once."""

    intro = RichTextField(
        _("words to the visitor"), blank=True, features=["bold", "italic", "link"]
    )
    photo_order = models.CharField(
        _("order"), max_length=8, choices=PhotoOrder.choices, default=PhotoOrder.SHUFFLED
    )
    photo_share = models.CharField(
        _("which photos"), max_length=10, choices=PhotoShare.choices, default=PhotoShare.ALL
    )
    seconds = models.PositiveSmallIntegerField(
        _("seconds for each photo"),
        default=6,
        validators=[MinValueValidator(2), MaxValueValidator(120)],
    )

    class Meta:
        verbose_name = _("slideshow")
        verbose_name_plural = _("slideshows")


class SlideshowSource(Orderable):
    """A gallery's page or an index page whose photos a slideshow shows."""

    slideshow = ParentalKey(SlideshowPage, on_delete=models.CASCADE, related_name="sources")
    page = models.ForeignKey(
        swapper.get_model_name("wagtailcore", "Page"),
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("gallery or index page"),
    )

    class Meta(Orderable.Meta):
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return str(self.page)
