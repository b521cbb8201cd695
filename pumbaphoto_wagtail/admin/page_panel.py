"""Galleries on the edit view of the pages that show them.

All of it is read only: the page form saves itself all the time and takes whatever lies in it for
the page's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Model
from wagtail.admin.panels import Panel
from wagtail.admin.staticfiles import versioned_static
from wagtail.blocks.list_block import ListValue
from wagtail.blocks.stream_block import StreamValue
from wagtail.blocks.struct_block import StructValue
from wagtail.fields import StreamField

from ..models import Gallery
from ..permissions import galleries_for, may
from ..proofing.pictures import Pictures
from .addresses import gallery_url
from .figures import Figures, with_counts
from .gallery_columns import give_covers
from .steps import presentable_state, what_next
from .thumbnails import with_covers
from .who_sees import meaning


class GalleryPanel(Panel):
    """The gallery that a page presents: how it stands, what comes next, and the ways there."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "pumbaphoto_wagtail/admin/page_panel.html"

        def is_shown(self) -> bool:
            gallery = getattr(self.instance, "gallery", None)
            return gallery is not None and may(self.request.user, "view", gallery)

        @property
        def media(self) -> forms.Media:
            return panel_media()

        def get_context_data(self, parent_context: dict | None = None) -> dict:
            gallery = self.instance.gallery
            figures = Figures(gallery)
            return {
                **super().get_context_data(parent_context),
                "gallery": gallery,
                "figures": figures,
                "cover": _cover(gallery),
                "state": presentable_state(gallery),
                "what_next": what_next(gallery, figures),
                "meaning": meaning(gallery),
                "is_main_page": gallery.main_page_id == self.instance.pk,
                "may_share": may(self.request.user, "share", gallery),
            }


class GalleriesPanel(Panel):
    """The galleries that stand anywhere in a page's StreamFields, for pages of any type::

    content_panels = [*Page.content_panels, FieldPanel("body"), GalleriesPanel()]
    """

    class BoundPanel(Panel.BoundPanel):
        template_name = "pumbaphoto_wagtail/admin/galleries_panel.html"

        def __init__(self, **kwargs) -> None:
            super().__init__(**kwargs)
            shown = {gallery.pk for gallery in galleries_on(self.instance)}
            found = galleries_for(self.request.user).filter(pk__in=shown) if shown else ()
            self.galleries = [*with_counts(found).prefetch_related("clients")] if shown else []

        def is_shown(self) -> bool:
            return bool(self.galleries)

        @property
        def media(self) -> forms.Media:
            return panel_media()

        def get_context_data(self, parent_context: dict | None = None) -> dict:
            give_covers(self.galleries)
            rows = [
                {
                    "gallery": gallery,
                    "cover": gallery.cover,
                    "state": presentable_state(gallery),
                    "url": gallery_url(gallery),
                }
                for gallery in self.galleries
            ]
            return {**super().get_context_data(parent_context), "rows": rows}


def panel_media() -> forms.Media:
    return forms.Media(css={"all": [versioned_static("pumbaphoto_wagtail/around.css")]})


def galleries_on(page: Model) -> Iterator[Gallery]:
    """The galleries in a page's StreamFields, however deep, in order."""
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            yield from _galleries_in(getattr(page, field.name))


def _galleries_in(value: Any) -> Iterator[Gallery]:
    if isinstance(value, Gallery):
        yield value
    elif isinstance(value, StreamValue):
        for child in value:
            yield from _galleries_in(child.value)
    elif isinstance(value, StructValue):
        for part in value.values():
            yield from _galleries_in(part)
    elif isinstance(value, ListValue):
        for part in value:
            yield from _galleries_in(part)


def _cover(gallery: Gallery) -> Pictures | None:
    found = [*with_covers(Gallery.objects.filter(pk=gallery.pk))]
    give_covers(found)
    return found[0].cover if found else None
