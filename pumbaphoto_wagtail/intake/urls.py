"""Addresses of the upload protocol."""

from __future__ import annotations

from django.urls import path

from . import manifest, tus

urlpatterns = [
    path("uploads/<uuid:gallery_uuid>/", tus.uploads, name="uploads"),
    path("uploads/<uuid:gallery_uuid>/batches/", manifest.manifest, name="manifest"),
    path(
        "uploads/<uuid:gallery_uuid>/batches/<uuid:batch_uuid>/",
        manifest.batch,
        name="batch",
    ),
    path(
        "uploads/<uuid:gallery_uuid>/batches/<uuid:batch_uuid>/answer/",
        manifest.answer,
        name="batch_answer",
    ),
    path("uploads/<uuid:gallery_uuid>/<uuid:upload_uuid>/", tus.upload, name="upload"),
]
