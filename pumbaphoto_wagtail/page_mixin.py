"""What makes a page present a gallery; a site with its own base page builds on this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.fields import RichTextField

from . import secret_addresses
from .admin.cover_widget import AdminCoverChooser
from .admin.gallery_widget import AdminGalleryChooser
from .admin.page_panel import GalleryPanel
from .models import Gallery, Photo
from .proofing import pages, reviewing, slideshow
from .proofing.feed import serve_feed
from .proofing.film_page import serve_film
from .proofing.photo_page import serve_photo
from .proofing.social_cards import is_in_sitemap


class Layout(models.TextChoices):
    JUSTIFIED = "justified", _("rows, every photo whole")
    SQUARE = "square", _("squares")


class Theme(models.TextChoices):
    DEVICE = "device", _("as the visitor's device")
    LIGHT = "light", _("light")
    DARK = "dark", _("dark")


TEMPLATE = "pumbaphoto_wagtail/pages/gallery_page.html"
# Ways of the page that its own JavaScript asks, and nobody looks at.
FOR_SCRIPTS = ("photos_view", "slides_view")


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

    layout = models.CharField(
        _("layout"), max_length=10, choices=Layout.choices, default=Layout.JUSTIFIED
    )
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.DEVICE)

    gallery_panels = [
        MultiFieldPanel(
            [
                FieldPanel("gallery", widget=AdminGalleryChooser(makes_page=False)),
                GalleryPanel(),
                FieldPanel("cover", widget=AdminCoverChooser),
            ],
            heading=_("Gallery"),
            icon="pumbaphoto-gallery",
        ),
        FieldPanel("intro"),
        FieldPanel("layout"),
        FieldPanel("theme"),
    ]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """An unlisted gallery's page keeps an address that nobody can guess."""
        secret_addresses.keep_secret(self)
        return super().save(*args, **kwargs)

    def serve(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        """Whatever is asked for: who may not see the gallery gets one answer, and nobody else's."""
        if pages.is_unseen(self, request):
            is_for_script = getattr(view, "__name__", "") in FOR_SCRIPTS
            return pages.refuse_unseen(self, request, is_for_script=is_for_script)
        return super().serve(request, view, *args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if self.cover is not None and self.cover.gallery_id != self.gallery_id:
            raise ValidationError({"cover": _("This photo is not in the page’s gallery.")})

    @path("")
    def gallery_view(self, request: HttpRequest) -> HttpResponse:
        """The wall of photographs."""
        return pages.serve_gallery(self, request)

    @path("review/")
    def review_view(self, request: HttpRequest) -> HttpResponse:
        """What was picked, before it is sent."""
        return reviewing.serve_review(self, request)

    @path("photo/<uuid:uuid>/")
    def photo_view(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        """One photo, large."""
        return serve_photo(self, request, uuid)

    @path("videos/<uuid:video_uuid>/")
    def film_view(self, request: HttpRequest, video_uuid: UUID) -> HttpResponse:
        """One film, and nothing of its provider's before it is played."""
        return serve_film(self, request, video_uuid)

    @path("photos/")
    def photos_view(self, request: HttpRequest) -> HttpResponse:
        """What hangs on a part of the wall, for the page's JavaScript."""
        return serve_feed(request, self.gallery)

    @path("slideshow/")
    def slideshow_view(self, request: HttpRequest) -> HttpResponse:
        """All photographs, one after the other, with nothing else to be seen."""
        return slideshow.serve_gallery_show(self, request)

    @path("slideshow/slides/")
    def slides_view(self, request: HttpRequest) -> HttpResponse:
        """What the slideshow's JavaScript asks for."""
        return slideshow.serve_gallery_slides(self, request)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """The editor's preview: words and photos, and nobody's picks."""
        return pages.serve_preview(self, request)

    def get_template(self, request: HttpRequest, *args: Any, **kwargs: Any) -> list[str]:
        """The page type's own template, where the site has one, or else the package's."""
        return [super().get_template(request, *args, **kwargs), TEMPLATE]

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        """Only what everybody may see and index pages name."""
        return super().get_sitemap_urls(request) if is_in_sitemap(self, request) else []
