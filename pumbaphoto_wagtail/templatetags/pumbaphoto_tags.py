"""Photographs in a site's own templates."""

from __future__ import annotations

from typing import Any

from django import template

from ..blocks import visible_tiles
from ..models import Gallery
from ..proofing.wall import Tile

register = template.Library()


@register.simple_tag(takes_context=True)
def gallery_tiles(context: dict[str, Any], gallery: Gallery, amount: int = 12) -> list[Tile]:
    """``{% gallery_tiles gallery 12 as tiles %}``: the first photos that the visitor may see.

    Each tile has ``pictures.grid``, ``.view`` and ``.display`` with ``url``, ``width``, ``height``.
    """
    return visible_tiles(context["request"], gallery, amount)
