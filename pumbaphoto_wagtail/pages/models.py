"""The page types for sites that keep Wagtail's own base page."""

from __future__ import annotations

from pumbaphoto_wagtail.proofing.portfolio import IndexKind, Order
from pumbaphoto_wagtail.slideshow_mixin import PhotoOrder, PhotoShare

from .gallery import GalleryPage
from .index import GalleryIndexPage
from .slideshow import SlideshowPage, SlideshowSource

__all__ = [
    "GalleryIndexPage",
    "GalleryPage",
    "IndexKind",
    "Order",
    "PhotoOrder",
    "PhotoShare",
    "SlideshowPage",
    "SlideshowSource",
]
