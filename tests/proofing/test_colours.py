"""The stylesheet with the studio's accent."""

import pytest
from django.test import Client

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import StudioSettings
from pumbaphoto_wagtail.proofing.colours import colours_address
from pumbaphoto_wagtail.proofing.links import address


def test_it_says_the_accent_for_both_grounds(client):
    response = client.get(colours_address("#8a4b2d"))

    assert response.status_code == 200
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    text = response.content.decode()
    assert "--pumba-light-accent:#8a4b2d" in text
    assert "--pumba-light-on-accent:#ffffff" in text
    assert "--pumba-dark-accent:#" in text


def test_another_accent_has_another_address():
    assert colours_address("#8a4b2d") != colours_address("#8a4b2e")


@pytest.mark.parametrize("accent", ["", "red", "#8a4b2", "#8a4b2d;}", "#8a4b2d\n"])
def test_what_is_no_colour_has_no_address(accent):
    assert colours_address(accent) == ""


@pytest.mark.parametrize("name", ["8a4b2d-000000000000", "8a4b2g-aaaaaaaaaaaa", "x-y"])
def test_what_says_something_else_is_not_there(client, name):
    good = colours_address("#8a4b2d")
    response = client.get(f"{good.rpartition('/')[0]}/{name}.css")

    assert response.status_code == 404
    assert "immutable" not in response.get("Cache-Control", "")


@pytest.mark.django_db
def test_a_gallerys_page_and_the_door_carry_name_and_accent():
    gallery = testing.make_gallery()
    StudioSettings.objects.create(site=gallery.site, studio_name="Maria & Co", accent="#8a4b2d")
    link = testing.make_link(gallery)
    visitor = Client()
    page = visitor.get(visitor.get(address(link))["Location"]).content.decode()
    closed = Client().get("/galleries/s/nonsense").content.decode()

    for shown in (page, closed):
        assert colours_address("#8a4b2d") in shown
        assert "Maria &amp; Co" in shown
        assert "Test studio" not in shown
