"""Where gallery pages live: a client area that lists nothing, or a portfolio."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.query import PageQuerySet
from wagtail.url_routing import RouteResult

from pumbaphoto_wagtail.admin.index_visibility import IndexVisibilityPanel
from pumbaphoto_wagtail.models import Photo
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.proofing.portfolio import IndexKind, Order, listed_below
from pumbaphoto_wagtail.studio import WITH_STUDIO

from .gallery import GalleryPage


class GalleryIndexPage(Page):
    """Where gallery pages live: a client area that lists nothing, or a portfolio."""

    kind = models.CharField(
        _("kind"), max_length=10, choices=IndexKind.choices, default=IndexKind.CLIENT_AREA
    )
    intro = RichTextField(
        _("words to the visitor"), blank=True, features=["bold", "italic", "link"]
    )

    order = models.CharField(
        _("order of galleries"), max_length=8, choices=Order.choices, default=Order.NEWEST
    )
    sample_size = models.PositiveSmallIntegerField(
        _("photos shown of each gallery"),
        default=5,
        validators=[MaxValueValidator(12)],
        help_text=_("0: its cover alone."),
    )
    cover = models.ForeignKey(
        Photo,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cover"),
    )

    # Galleries below it may be shown as it says: see ``admin.index_visibility``.
    holds_galleries = True
    content_panels = [
        *Page.content_panels,
        FieldPanel("kind"),
        FieldPanel("intro"),
        IndexVisibilityPanel(heading=_("Who can see the galleries on this page?")),
    ]
    subpage_types = ["pumbaphoto_pages.GalleryIndexPage", "pumbaphoto_pages.GalleryPage"]
    template = "pumbaphoto_wagtail/pages/gallery_index_page.html"

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """A page that was never here is refused with the same headers as one that is private."""
        try:
            return self._route(request, path_components)
        except Http404:
            # A refusal depends on who asks, and its "Vary" header tells so.
            links.viewer(request)
            raise

    def _route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """A gallery's page is found together with its gallery; everything else as always."""
        slug = path_components[0] if path_components else ""
        page = _gallery_pages().child_of(self).filter(slug=slug).first() if slug else None
        if page is None:
            return super().route(request, path_components)
        return page.route(request, path_components[1:])

    def get_context(self, request: HttpRequest, *args, **kwargs) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        if self.kind == IndexKind.PORTFOLIO:
            context["listing"] = listed_below(self, request)
        return context

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        return super().get_sitemap_urls(request) if self.kind == IndexKind.PORTFOLIO else []

    class Meta:
        verbose_name = _("gallery index")
        verbose_name_plural = _("gallery indexes")


def _gallery_pages() -> PageQuerySet:
    return GalleryPage.objects.select_related(
        "gallery__owner", *(f"gallery__{path}" for path in WITH_STUDIO)
    )
