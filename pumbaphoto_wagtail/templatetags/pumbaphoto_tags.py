"""Photographs in a site's own templates."""

from __future__ import annotations

from typing import Any

from django import template
from wagtail.models import Page

from ..blocks import Listed, latest_galleries, visible_tiles
from ..models import Gallery
from ..proofing.colours import colours_address
from ..proofing.social_cards import Head, head_of
from ..proofing.wall import Tile
from ..studio import Studio, studio_of_request

register = template.Library()


@register.simple_tag(takes_context=True)
def gallery_tiles(context: dict[str, Any], gallery: Gallery, amount: int = 12) -> list[Tile]:
    """``{% gallery_tiles gallery 12 as tiles %}``: the first photos that the visitor may see.

    Each tile has ``pictures.grid``, ``.view`` and ``.display`` with ``url``, ``width``, ``height``.
    """
    return visible_tiles(context["request"], gallery, amount)


@register.simple_tag(takes_context=True)
def pumba_latest_galleries(
    context: dict[str, Any], amount: int = 4, below: Page | None = None
) -> list[Listed]:
    """``{% pumba_latest_galleries 4 as cards %}``: the newest galleries that everybody may see.

    Of the visited site, or of what lies below a page. Each has ``title``, ``url``, ``date``,
    ``photos`` (how many) and ``lead.pictures``, with the tiers of a tile.
    """
    return latest_galleries(context["request"], amount, below)


@register.simple_tag(takes_context=True)
def pumba_studio(context: dict[str, Any]) -> Studio:
    """``{% pumba_studio as studio %}``: the studio of the site that is visited, with its ``name``,
    ``accent``, ``logo`` and ``signature``.
    """
    return studio_of_request(context.get("request"))


@register.inclusion_tag("pumbaphoto_wagtail/includes/head.html", takes_context=True)
def pumba_head(context: dict[str, Any]) -> dict[str, Head | None]:
    """``{% pumba_head %}``: what search engines, messengers and feed readers are told of a page."""
    return {"head": head_of(context.flatten())}


@register.inclusion_tag("pumbaphoto_wagtail/includes/colours.html", takes_context=True)
def pumba_colours(context: dict[str, Any]) -> dict[str, str]:
    """``{% pumba_colours %}``: the stylesheet with the studio's accent, after ``gallery.css``."""
    return {"address": colours_address(studio_of_request(context.get("request")).accent)}
