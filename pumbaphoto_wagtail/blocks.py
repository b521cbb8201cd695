"""A StreamField block that lets any page present a gallery's photographs."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.models import Page, Site

from . import access
from .admin.gallery_widget import AdminGalleryChooser, UnguessableChoiceField
from .models import Gallery
from .proofing import links, portfolio, wall
from .proofing.parts import tile_as_json
from .proofing.portfolio_cards import Listed, gallery_cards, with_covers
from .proofing.walls import presentable

LARGEST_AMOUNT = 100


class GalleryChooserBlock(blocks.ChooserBlock):
    """One gallery, chosen in a dialog or made there; its value is a ``Gallery`` or None."""

    target_model = Gallery

    @cached_property
    def widget(self) -> AdminGalleryChooser:
        return AdminGalleryChooser()

    @cached_property
    def field(self) -> UnguessableChoiceField:
        return UnguessableChoiceField(
            queryset=Gallery.objects.all(),
            widget=self.widget,
            required=self._required,
            validators=self._validators,
            help_text=self._help_text,
        )

    def value_from_form(self, value: Gallery | str | None) -> Gallery | None:
        return self.widget.get_instance(value)

    def clean(self, value: Gallery | None) -> Gallery | None:
        # The field takes what a browser sends, and gives the gallery back.
        return super().clean(value and str(value.uuid))

    class Meta:
        icon = "pumbaphoto-gallery"
        label = _("Gallery")


class GalleryBlock(blocks.StructBlock):
    """Photographs of one gallery, for whoever may see them there as well; nobody picks here.

    Who may not see the gallery gets nothing at all, not even the heading.
    """

    gallery = GalleryChooserBlock(label=_("Gallery"))
    heading = blocks.CharBlock(required=False, label=_("Heading"))
    amount = blocks.IntegerBlock(
        default=12, min_value=1, max_value=LARGEST_AMOUNT, label=_("Number of photos")
    )

    class Meta:
        icon = "pumbaphoto-gallery"
        label = _("Gallery")
        template = "pumbaphoto_wagtail/blocks/gallery_block.html"

    def get_context(self, value: Any, parent_context: dict | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        request = (parent_context or {}).get("request")
        gallery = value.get("gallery")
        if request is None or gallery is None:
            return context
        page = gallery.main_page
        tiles = visible_tiles(request, gallery, value.get("amount") or LARGEST_AMOUNT)
        return {
            **context,
            "tiles": tiles,
            "hangings": [wall.Hanging(section=None, tiles=tiles)],
            "details": {"photos": [tile_as_json(tile) for tile in tiles]},
            "page_url": page.get_url(request) if page is not None and page.live else "",
        }


class LatestGalleriesBlock(blocks.StructBlock):
    """The newest galleries of a portfolio, or of the whole site: what everybody may see.

    Nobody gets anything else here, so that a site may keep a page with this block for everybody.
    """

    heading = blocks.CharBlock(required=False, label=_("Heading"))
    page = blocks.PageChooserBlock(
        required=False, label=_("Portfolio"), help_text=_("None chosen: the whole site.")
    )
    amount = blocks.IntegerBlock(
        default=4, min_value=1, max_value=portfolio.PAGE_SIZE, label=_("Number of galleries")
    )
    link_text = blocks.CharBlock(required=False, label=_("Words of the link to all of them"))

    class Meta:
        icon = "pumbaphoto-gallery"
        label = _("Latest galleries")
        template = "pumbaphoto_wagtail/blocks/latest_galleries_block.html"

    def get_context(self, value: Any, parent_context: dict | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        request = (parent_context or {}).get("request")
        if request is None:
            return context
        page = value.get("page")
        index = page or first_portfolio(request)
        return {
            **context,
            "cards": latest_galleries(request, value.get("amount") or 1, below=page),
            "portfolio_url": index.get_url(request) if index is not None and index.live else "",
        }


def latest_galleries(request: Any, amount: int, below: Page | None = None) -> list[Listed]:
    """The newest galleries that everybody finds listed below a page, or on the visited site."""
    below = below or _root_page(request)
    if below is None:
        return []
    everybody = access.Viewer()
    galleries = portfolio.galleries_below([below], everybody)
    newest = portfolio.ordered(with_covers(galleries), portfolio.Order.NEWEST)[:amount]
    return gallery_cards(newest, everybody, request, sample_size=1, on=below)


def first_portfolio(request: Any) -> Page | None:
    """The first portfolio of the visited site that everybody may see; None if there is none."""
    root = _root_page(request)
    portfolios = portfolio.albums_below(root, access.Viewer()) if root else []
    return next(iter(portfolios), None)


def _root_page(request: Any) -> Page | None:
    site = Site.find_for_request(request)
    return site.root_page if site else None


def visible_tiles(request: Any, gallery: Gallery, amount: int) -> list[wall.Tile]:
    """The first photographs of a gallery that this request's viewer may see."""
    viewer = links.viewer(request)
    photos = presentable(access.photos_visible_to(viewer, "view"))
    return wall.first_tiles(photos.filter(gallery=gallery), amount, viewer)
