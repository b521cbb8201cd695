"""A StreamField block that lets any page present a gallery's photographs."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from . import access
from .admin.gallery_widget import AdminGalleryChooser, UnguessableChoiceField
from .models import Gallery
from .proofing import links, wall
from .proofing.parts import tile_as_json
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


def visible_tiles(request: Any, gallery: Gallery, amount: int) -> list[wall.Tile]:
    """The first photographs of a gallery that this request's viewer may see."""
    viewer = links.viewer(request)
    photos = presentable(access.photos_visible_to(viewer, "view"))
    return wall.first_tiles(photos.filter(gallery=gallery), amount, viewer)
