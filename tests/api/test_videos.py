"""B66: films through the read API."""

from uuid import uuid4

import pytest
from django.test import Client

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Photo, Video

from .test_galleries import asked, with_token

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v2/videos/"
PROVIDERS = "https://video.example/watch/4711"


def film(gallery, title, **fields):
    return Video.objects.create(gallery=gallery, title=title, url=PROVIDERS, **fields)


def titles(browser, **query):
    return [item["title"] for item in asked(browser, ADDRESS, **query)["items"]]


def test_b66_films_lead_to_their_gallery_photo_and_player(world):
    photo = Photo.objects.get(gallery=world.public)
    video = film(world.public, "Waves", after=photo, provider="YouTube", width=16, height=9)
    found = asked(Client(), f"{ADDRESS}{video.uuid}/")
    assert found["gallery"]["id"] == str(world.public.uuid)
    assert found["after"]["id"] == str(photo.uuid)
    assert found["meta"]["play_url"].startswith("http://localhost/galleries/")
    assert found["renditions"] == []
    assert PROVIDERS not in str(found)


def test_b67_films_are_those_of_galleries_one_may_see(world):
    for gallery in (world.public, world.unlisted, world.private):
        film(gallery, gallery.title)
    film(world.public, "Hidden", is_hidden=True)
    assert titles(Client()) == ["Coast"]
    assert titles(Client(), gallery=world.unlisted.uuid) == ["Unlisted"]
    assert titles(Client(), gallery=world.private.uuid) == []
    assert titles(with_token(world.maria)) == ["Coast", "Unlisted", "Private"]
    hidden, foreign = Video.objects.get(title="Hidden"), Video.objects.get(title="Private")
    never = Client().get(f"{ADDRESS}{uuid4()}/")
    for video in (hidden, foreign):
        unseen = Client().get(f"{ADDRESS}{video.uuid}/")
        assert (unseen.status_code, unseen.content) == (404, never.content)


def test_a_film_after_a_hidden_photo_does_not_name_it(world):
    secret = testing.make_section(world.public, "Secret")
    [photo] = testing.make_many_photos(world.public, 1, is_hidden=True, section=secret)
    film(world.public, "Waves", after=photo)
    [found] = asked(Client(), ADDRESS)["items"]
    assert (found["after"], found["section"]) == (None, None)
