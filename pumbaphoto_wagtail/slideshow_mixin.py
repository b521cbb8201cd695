"""What makes a page a slideshow over galleries and whatever lies below index pages.

A site with its own base page builds two models on this: a page type, and the rows that say what it
shows, which hang on it under the name ``sources``.
"""

from __future__ import annotations

from typing import Any

import swapper
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    PageChooserPanel,
)
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField
from wagtail.models import AbstractPage, Orderable

from .page_mixin import GalleryPageMixin
from .proofing import slideshow


class PhotoOrder(models.TextChoices):
    IN_ORDER = "in_order", _("in their order")
    SHUFFLED = "shuffled", _("shuffled")


class PhotoShare(models.TextChoices):
    ALL = "all", _("every photo")
    HALF_FIRST = "half_first", _("half of each gallery first, then the rest")


def is_source(page_type: type[AbstractPage]) -> bool:
    """Whether pages of this type have photos to show, or galleries below them."""
    return issubclass(page_type, GalleryPageMixin) or getattr(page_type, "holds_galleries", False)


class SourcePanel(PageChooserPanel):
    """Chooses among the pages that have photos to show, those of a site's own types included."""

    def get_form_options(self) -> dict[str, Any]:
        # Asked for when a form is made, and so when the models of all apps are there.
        self.page_type = [model for model in apps.get_models() if _is_source_model(model)]
        return super().get_form_options()


def _is_source_model(model: type[models.Model]) -> bool:
    return issubclass(model, AbstractPage) and is_source(model)


class SlideshowPageMixin(RoutablePageMixin, models.Model):
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

    slideshow_panels = [
        FieldPanel("intro"),
        InlinePanel(
            "sources",
            heading=_("What it shows"),
            label=_("gallery or index page"),
            help_text=_(
                "An index page stands for every gallery below it. Each visitor sees what they "
                "would find listed there, and nothing that is not theirs to see."
            ),
            min_num=1,
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("photo_order"), FieldPanel("seconds")]),
                FieldPanel("photo_share"),
            ],
            heading=_("How it goes"),
        ),
    ]

    class Meta:
        abstract = True

    @path("")
    def show_view(self, request: HttpRequest) -> HttpResponse:
        """The picture frame."""
        return slideshow.serve_show(self, self._source_pages, request, self._manner)

    @path("slides/")
    def slides_view(self, request: HttpRequest) -> HttpResponse:
        """What the frame's JavaScript asks for."""
        return slideshow.serve_slides(self, self._source_pages, request, self._manner)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """The frame as it is being edited."""
        return slideshow.serve_show(
            self, self._source_pages, request, self._manner, is_preview=True
        )

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        """Only where everybody sees something."""
        if not slideshow.shows_anything(self._source_pages):
            return []
        return super().get_sitemap_urls(request)

    @property
    def _source_pages(self) -> list[AbstractPage]:
        # Those of a preview are not saved, so that they cannot be asked for by a query.
        sources = self.sources.select_related("page")
        return [source.page for source in sources if source.page_id]

    @property
    def _manner(self) -> slideshow.Manner:
        return slideshow.Manner(
            seconds=self.seconds or slideshow.SECONDS,
            is_shuffled=self.photo_order == PhotoOrder.SHUFFLED,
            is_half_first=self.photo_share == PhotoShare.HALF_FIRST,
            is_opened_by_hand=True,
        )


class SlideshowSourceMixin(Orderable):
    """A gallery's page or an index page whose photos a slideshow shows.

    What is built on it has a ``ParentalKey`` to the page, with the ``related_name`` "sources".
    """

    page = models.ForeignKey(
        swapper.get_model_name("wagtailcore", "Page"),
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("gallery or index page"),
    )

    panels = [SourcePanel("page")]

    class Meta(Orderable.Meta):
        abstract = True
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return str(self.page)

    def clean(self) -> None:
        super().clean()
        if self.page_id and not is_source(self.page.specific_class):
            raise ValidationError(
                {"page": _("Only galleries and index pages have photos to show.")}
            )
