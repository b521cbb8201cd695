"""Addresses of what comes after choosing: wishes, before and after, finished sections, closing."""

from __future__ import annotations

from django.urls import path

from . import closed_gallery, consent_pages, delivered_pages, downloads, print_releases, zips

urlpatterns = [
    path(
        "delivered/<uuid:item_uuid>/change/",
        delivered_pages.ask_for_change,
        name="ask_for_change",
    ),
    path("delivered/<uuid:item_uuid>/before/", delivered_pages.before_after, name="before_after"),
    path("may-be-shown/<uuid:gallery_uuid>/", consent_pages.may_be_shown, name="may_be_shown"),
    path(
        "download/delivery/<uuid:delivery_uuid>/print-release",
        print_releases.print_release,
        name="print_release",
    ),
    path("closed/<uuid:gallery_uuid>/", closed_gallery.closed_gallery, name="closed_gallery"),
    path("download/photo/<uuid:photo_uuid>", downloads.photo, name="download_photo"),
    path(
        "download/photo/<uuid:photo_uuid>/web",
        downloads.photo_in_web_size,
        name="download_photo_web",
    ),
    path("download/section/<uuid:section_uuid>", zips.section, name="download_section"),
    path("download/gallery/<uuid:gallery_uuid>", zips.everything, name="download_all"),
    path("download/gallery/<uuid:gallery_uuid>/web", zips.web_sizes, name="web_zip"),
    path("download/gallery/<uuid:gallery_uuid>/originals", zips.originals, name="originals_zip"),
    path("download/gallery/<uuid:gallery_uuid>/list", zips.of_list, name="list_zip"),
    path("download/gallery/<uuid:gallery_uuid>/album", zips.album, name="album_zip"),
    path("download/delivery/<uuid:delivery_uuid>", zips.delivery, name="delivery_zip"),
]
