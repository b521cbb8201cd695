"""Addresses of pictures are those of the URL configuration, wherever the package is mounted."""

from uuid import UUID

import pytest
from django.urls import include, path, reverse, set_script_prefix

from pumbaphoto_wagtail.models import Rendition
from pumbaphoto_wagtail.proofing.pictures import picture_url

PHOTO = UUID("6b7f8a52-1f3e-4a51-9d0a-3f1f2b9d4c11")
GALLERY = UUID("0f0e7a1c-4d0e-4f57-8e24-70d8cf6e1a10")
RENDITION = Rendition(tier="grid", format="avif", digest="ab" * 32)

urlpatterns = [path("galerie-é/display/", include("pumbaphoto_wagtail.urls"))]


def assert_reversed(name: str, *uuids: UUID) -> str:
    subject = uuids if len(uuids) > 1 else uuids[0]
    address = picture_url(name, subject, RENDITION)
    parts = [*uuids, "grid", "ab" * 8, "avif"]
    assert address == reverse(f"pumbaphoto_wagtail:{name}", args=parts)
    return address


@pytest.mark.parametrize(
    ("name", "uuids"),
    [
        ("photo_picture", [PHOTO]),
        ("item_picture", [PHOTO]),
        ("file_picture", [PHOTO]),
        ("video_picture", [PHOTO]),
        ("published_picture", [GALLERY, PHOTO]),
    ],
)
def test_an_address_is_what_the_url_configuration_says(name, uuids, settings):
    here = assert_reversed(name, *uuids)

    settings.ROOT_URLCONF = __name__

    assert "/galerie-%C3%A9/display/" in assert_reversed(name, *uuids)
    assert here != assert_reversed(name, *uuids)


def test_an_address_begins_where_the_site_does():
    set_script_prefix("/studio/")
    try:
        assert assert_reversed("photo_picture", PHOTO).startswith("/studio/galleries/")
    finally:
        set_script_prefix("/")
