"""The page types for sites that keep Wagtail's own base page."""

from __future__ import annotations

from .gallery import GalleryPage
from .index import GalleryIndexPage, IndexKind, Order
from .slideshow import PhotoOrder, PhotoShare, SlideshowPage, SlideshowSource

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
