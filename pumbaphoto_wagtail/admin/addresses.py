"""The admin addresses of galleries."""

from __future__ import annotations

from django.urls import reverse
from wagtail.admin.admin_url_finder import ModelAdminURLFinder

from ..models import Gallery
from ..permissions import may

NAMESPACE = "pumbaphoto_galleries"


def gallery_url(gallery: Gallery, name: str = "photos", **keys) -> str:
    """The admin address of one of a gallery's views."""
    return reverse(f"{NAMESPACE}:{name}", kwargs={"uuid": gallery.uuid, **keys})


def galleries_url(name: str = "index") -> str:
    """The admin address of the list of galleries, or of the form for a new one."""
    return reverse(f"{NAMESPACE}:{name}")


class GalleryURLFinder(ModelAdminURLFinder):
    """Where Wagtail leads to from a gallery's name: its workspace, for all who may see it."""

    def construct_edit_url(self, gallery: Gallery) -> str:
        return gallery_url(gallery)

    def get_edit_url(self, gallery: Gallery) -> str | None:
        if self.user and not may(self.user, "view", gallery):
            return None
        return self.construct_edit_url(gallery)
