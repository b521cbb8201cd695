"""F36: while the NAS hangs, pages that need none of its bytes answer as ever."""

import time

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.doctor import volumes
from pumbaphoto_wagtail.proofing import links

from .fuse_that_hangs import hanging_file_system

pytestmark = [pytest.mark.django_db, pytest.mark.faults]


@pytest.fixture
def shoot():
    """A gallery with a photograph and a link, made while the NAS was there."""
    gallery = testing.make_gallery("A wedding", owner=testing.make_photographer("maria"))
    testing.make_photo(gallery)
    return gallery, testing.make_link(gallery)


@pytest.fixture
def hung(shoot, tmp_path, settings):
    """Every volume of the photographs, away and not saying so."""
    with hanging_file_system(tmp_path / "nas") as nas:
        settings.STORAGES = settings.STORAGES | {
            alias: {
                "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
                "OPTIONS": {"location": str(nas / alias)},
            }
            for alias in settings.STORAGES
            if alias.startswith("pumbaphoto_")
        }
        cache.clear()
        yield
    cache.clear()


def test_a_client_sees_the_gallery(shoot, hung):
    gallery, link = shoot
    browser = Client()
    started = time.monotonic()
    browser.get(f"/galleries/s/{links.token(link)}")
    page = browser.get(gallery.main_page.url)

    assert page.status_code == 200
    assert "A wedding" in page.content.decode()
    assert time.monotonic() - started < 20


def test_the_photographer_is_told_on_the_dashboard(shoot, hung, monkeypatch):
    monkeypatch.setattr(volumes, "PATIENCE_SECONDS", 0.2)
    browser = Client()
    browser.force_login(testing.make_photographer("chief", is_superuser=True))
    started = time.monotonic()
    page = browser.get(reverse("pumbaphoto_dashboard:index"))

    assert "The photo storage does not answer" in page.content.decode()
    assert time.monotonic() - started < 20
