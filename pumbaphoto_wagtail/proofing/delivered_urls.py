"""Addresses of what comes after choosing: finished sections, and a gallery that is closed."""

from __future__ import annotations

from django.urls import path

from . import closed_gallery, downloads

urlpatterns = [
    path("closed/<uuid:gallery_uuid>/", closed_gallery.closed_gallery, name="closed_gallery"),
    path("download/photo/<uuid:photo_uuid>", downloads.photo, name="download_photo"),
    path(
        "download/photo/<uuid:photo_uuid>/web",
        downloads.photo_in_web_size,
        name="download_photo_web",
    ),
    path("download/section/<uuid:section_uuid>", downloads.section, name="download_section"),
]
