"""B66, B67, X55, X68, X69: photographs through the read API, with where their pictures are."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Photo, Visibility

from .test_galleries import asked, signed_in, with_link, with_token

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v2/photos/"


def galleries_named(browser, **query):
    return {item["gallery"]["title"] for item in asked(browser, ADDRESS, **query)["items"]}


def names(browser, **query):
    return [item["name"] for item in asked(browser, ADDRESS, **query)["items"]]


def test_b67_photos_are_those_of_the_galleries_one_may_see(world):
    assert galleries_named(Client()) == {"Coast", "Winter"}
    assert galleries_named(signed_in(world.member)) == {"Coast", "Members", "Winter"}
    assert galleries_named(with_link(world.private)) == {"Coast", "Private", "Winter"}
    assert len(galleries_named(with_token(world.maria))) == 5


def test_an_unlisted_gallery_shows_its_photos_to_whoever_names_it(world):
    assert galleries_named(Client(), gallery=world.unlisted.uuid) == {"Unlisted"}
    assert galleries_named(Client(), gallery=world.private.uuid) == set()
    assert galleries_named(Client(), gallery=uuid4()) == set()


def test_what_a_photo_says_and_where_it_leads(world):
    photo = testing.make_photo(
        world.public, "DSC_1.jpg", section=testing.make_section(world.public, "Harbour")
    )
    found = asked(Client(), f"{ADDRESS}{photo.uuid}/")
    assert found["id"] == str(photo.uuid)
    assert found["section"]["title"] == "Harbour"
    assert found["gallery"]["id"] == str(world.public.uuid)
    assert found["gallery"]["meta"]["detail_url"].endswith(f"/galleries/{world.public.uuid}/")
    assert found["meta"]["html_url"] == f"{world.public.main_page.full_url}photo/{photo.uuid}/"
    tiers = [each["tier"] for each in found["renditions"]]
    assert tiers == ["grid", "view", "display"]
    for each in found["renditions"]:
        picture = Client().get(each["url"].removeprefix("http://localhost"))
        assert picture.status_code == 200
        assert picture["Content-Type"] == each["type"]


def test_x68_no_path_token_key_address_or_place_is_ever_said(world):
    photo = testing.make_photo(
        world.public, "DSC_1.jpg", folder="Secret folder", serial="SN-4711", camera="Leica Q3"
    )
    world.public.clients.add(testing.make_client("Annika", email="annika@example.com"))
    for browser in (Client(), with_link(world.public), with_token(world.maria)):
        answers = [
            browser.get(address, {"fields": "*"}).content.decode()
            for address in (
                *("/api/v2/galleries/", ADDRESS, "/api/v2/videos/"),
                f"/api/v2/galleries/{world.public.uuid}/",
                f"{ADDRESS}{photo.uuid}/",
            )
        ]
        said = "".join(answers)
        secrets = ("Secret folder", "SN-4711", "Leica", "annika", "Annika", "token", "gps")
        assert not [secret for secret in secrets if secret in said]
        assert photo.picture.name not in said


def test_x51_photos_that_may_not_be_seen_are_as_those_that_never_were(world):
    hidden = testing.make_many_photos(world.public, 1, is_hidden=True)[0]
    foreign = Photo.objects.get(gallery=world.private)
    never = Client().get(f"{ADDRESS}{uuid4()}/")
    for photo in (hidden, foreign):
        unseen = Client().get(f"{ADDRESS}{photo.uuid}/")
        assert (unseen.status_code, unseen.content) == (404, never.content)
        assert dict(unseen.items()) == dict(never.items())


def test_an_unlisted_photo_is_found_by_its_uuid_alone(world):
    [photo] = testing.make_many_photos(world.public, 1)
    testing.make_policy(Visibility.UNLISTED, photo=photo)
    found = asked(Client(), ADDRESS, gallery=world.public.uuid)
    assert found["meta"]["total_count"] == 1
    assert asked(Client(), f"{ADDRESS}{photo.uuid}/")["id"] == str(photo.uuid)


def test_a_photo_of_the_public_in_a_private_gallery_does_not_tell_of_the_gallery(world):
    photo = Photo.objects.get(gallery=world.private)
    testing.make_policy(photo=photo)
    assert Client().get(f"{ADDRESS}{photo.uuid}/").status_code == 404


def test_photos_can_be_narrowed_by_section_and_time_and_ordered(world):
    section = testing.make_section(world.public, "Harbour")
    times = [datetime(2026, 7, 12, hour, tzinfo=UTC) for hour in (9, 11)]
    for moment in times:
        testing.make_many_photos(world.public, 1, ordered_at=moment, section=section)
    [undated] = testing.make_many_photos(world.public, 1, section=section)

    def count(**query):
        return asked(Client(), ADDRESS, gallery=world.public.uuid, **query)["meta"]["total_count"]

    assert count() == 4
    assert count(section=section.uuid) == 3
    assert count(taken_from="2026-07-12T10:00:00Z") == 1
    assert count(taken_from="2026-07-12T11:00:00+02:00", taken_before="2026-07-12T11:00:00Z") == 1
    assert count(taken_before="2026-07-13") == 3
    assert count(year="2026") == 3
    for order in ("taken_at", "-taken_at"):
        items = asked(Client(), ADDRESS, section=section.uuid, order=order)["items"]
        assert items[-1]["id"] == str(undated.uuid)


REFUSED = (
    *("folder=x", "path=x", "picture=1", "serial=x", "gallery=1", "section=x", "camera=x"),
    *("taken_from=yesterday", "taken_from=9999-12-31", "taken_before=2026-13-01", "year=x"),
    *("taken_from=2026-07-12T25:00:00Z", "fields=folder", "fields=picture", "fields=serial"),
    *("fields=gallery(cover)", "fields=gallery(owner)", "order=folder"),
)


def test_x69_there_is_no_filter_or_field_for_what_is_not_said(world):
    answers = {query: Client().get(f"{ADDRESS}?{query}").status_code for query in REFUSED}
    assert {query for query, status in answers.items() if status != 400} == set()


def test_many_photos_cost_as_many_queries_as_one(world, django_assert_num_queries):
    browser = with_link(world.private)
    with CaptureQueriesContext(connection) as before:
        browser.get(ADDRESS)
    testing.make_many_photos(world.public, 12)
    with django_assert_num_queries(len(before)):
        assert len(names(browser)) > 10
