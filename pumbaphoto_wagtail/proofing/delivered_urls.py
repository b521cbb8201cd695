"""Addresses of what comes after choosing: wishes, before and after, finished sections, closing."""

from __future__ import annotations

from django.urls import path

from . import closed_gallery, delivered_pages, downloads

urlpatterns = [
    path(
        "delivered/<uuid:item_uuid>/change/",
        delivered_pages.ask_for_change,
        name="ask_for_change",
    ),
    path("delivered/<uuid:item_uuid>/before/", delivered_pages.before_after, name="before_after"),
    path("closed/<uuid:gallery_uuid>/", closed_gallery.closed_gallery, name="closed_gallery"),
    path("download/photo/<uuid:photo_uuid>", downloads.photo, name="download_photo"),
    path(
        "download/photo/<uuid:photo_uuid>/web",
        downloads.photo_in_web_size,
        name="download_photo_web",
    ),
    path("download/section/<uuid:section_uuid>", downloads.section, name="download_section"),
]
