"""What makes a page one where gallery pages live: a client area that lists nothing, or a portfolio.

A site with its own base page builds its index page on this, as it does with
:class:`.page_mixin.GalleryPageMixin`.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, path, re_path
from wagtail.fields import RichTextField
from wagtail.query import PageQuerySet
from wagtail.url_routing import RouteResult

from . import access, secret_addresses
from .admin.cover_widget import IndexCoverPanel
from .admin.index_visibility import IndexVisibilityPanel
from .intake.gallery_pages import gallery_page_model
from .models import Photo, Video
from .proofing import links
from .proofing.asking_access import offers_form
from .proofing.asking_access_page import unseen, unseen_below
from .proofing.atom_feed import serve_atom_feed
from .proofing.portfolio import IndexKind, Order
from .proofing.portfolio_views import (
    redirect_to_latest,
    serve_index,
    serve_year,
)
from .proofing.portfolio_ways import remember_way
from .proofing.social_cards import is_in_sitemap
from .studio import WITH_STUDIO

# Beginnings of addresses below an index page that are its own, where no page of that name is.
OWN_WAYS = ("year", "latest", "feed")
TEMPLATE = "pumbaphoto_wagtail/pages/gallery_index_page.html"


class GalleryIndexPageMixin(RoutablePageMixin, models.Model):
    """A page below which gallery pages live."""

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
    index_panels = [
        FieldPanel("kind"),
        FieldPanel("intro"),
        MultiFieldPanel(
            [FieldPanel("order"), FieldPanel("sample_size"), IndexCoverPanel()],
            heading=_("Listing"),
            help_text=_("How a portfolio shows its galleries. A client area lists nothing."),
        ),
        IndexVisibilityPanel(heading=_("Who can see the galleries on this page?")),
    ]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """An unlisted index page keeps an address that nobody can guess."""
        secret_addresses.keep_secret(self)
        return super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if self.cover is not None and not self._is_above(self.cover):
            raise ValidationError({"cover": _("This photo is in no gallery below this page.")})

    def _is_above(self, photo: Photo) -> bool:
        page = photo.gallery.main_page
        return page is not None and bool(self.path) and page.path.startswith(self.path)

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """A page that was never here is refused with the same headers as one that is private."""
        try:
            return self._route(request, path_components)
        except Http404:
            # A refusal depends on who asks, and its "Vary" header tells so.
            if not offers_form(links.viewer(request), self):
                raise
            return RouteResult(self, (unseen_below, (self,), {}))

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """An index page that is not for this visitor is answered as one that does not exist."""
        if not access.may_see_page(links.viewer(request), self):
            return unseen(request, self, target=self)
        return super().serve(request, *args, **kwargs)

    def _route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """A gallery's page is found together with its gallery; everything else as always."""
        remember_way(self, request)
        slug = path_components[0] if path_components else ""
        page = _gallery_pages().child_of(self).filter(slug=slug).first() if slug else None
        if page is not None:
            if page.gallery is not None:
                page.gallery.has_films = page.has_films
            return page.route(request, path_components[1:])
        if slug in OWN_WAYS and self.get_children().filter(slug=slug).exists():
            # As any page does, past the addresses of its own.
            return super(RoutablePageMixin, self).route(request, path_components)
        return super().route(request, path_components)

    @path("", name="index")
    def index_view(self, request: HttpRequest) -> HttpResponse:
        """The listing; ``?q=`` searches it."""
        return serve_index(self, request)

    # In the digits of addresses: other alphabets have some that Python takes for numbers as well.
    @re_path(r"^year/(?P<year>[1-9][0-9]{3})/$", name="year")
    def year_view(self, request: HttpRequest, year: str) -> HttpResponse:
        """The galleries of one year, on this page and below."""
        return serve_year(self, request, int(year))

    @path("latest/", name="latest")
    def latest_view(self, request: HttpRequest) -> HttpResponse:
        """The newest gallery, on this page or below."""
        return redirect_to_latest(self, request)

    @path("feed/", name="feed")
    def feed_view(self, request: HttpRequest) -> HttpResponse:
        """What everybody finds here, for feed readers."""
        return serve_atom_feed(self, request)

    def get_sitemap_urls(self, request: HttpRequest | None = None) -> list[dict[str, Any]]:
        """Only a portfolio that everybody may see, and whose address is no secret. Its years say
        the same once more, and are left out.
        """
        is_found = self.kind == IndexKind.PORTFOLIO and is_in_sitemap(self, request)
        return super().get_sitemap_urls(request) if is_found else []

    def get_template(self, request: HttpRequest, *args: Any, **kwargs: Any) -> list[str]:
        """The page type's own template, where the site has one, or else the package's."""
        return [super().get_template(request, *args, **kwargs), TEMPLATE]


def _gallery_pages() -> PageQuerySet:
    """With their galleries, and with whether films hang in those."""
    pages = gallery_page_model().objects.select_related(
        "gallery__owner", *(f"gallery__{path}" for path in WITH_STUDIO)
    )
    films = Video.objects.filter(gallery=OuterRef("gallery"))
    return pages.annotate(has_films=Exists(films))
