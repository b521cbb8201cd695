"""B66, B67: galleries through the read API; what each viewer finds, and in which form."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import APIToken, Site

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.proofing import links

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v2/galleries/"


def asked(browser, address=ADDRESS, /, **query):
    response = browser.get(address, query)
    assert response.status_code == 200, response.content
    return response.json()


def titles(browser, **query):
    return [item["title"] for item in asked(browser, **query)["items"]]


def with_token(user):
    _row, token = APIToken.create_token(user=user, name="Lightroom")
    return Client(headers={"Authorization": f"Bearer {token}"})


def with_link(gallery):
    browser = Client()
    browser.get(f"/galleries/s/{links.token(testing.make_link(gallery))}")
    return browser


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def test_b66_a_list_has_wagtails_shape_and_no_primary_keys(world):
    found = asked(Client())
    assert found["meta"] == {"total_count": 2}
    coast = found["items"][0]
    assert coast["id"] == str(world.public.uuid)
    assert (coast["title"], coast["shoot_date"]) == ("Coast", "2026-07-12")
    assert coast["photo_count"] == 1
    meta = coast["meta"]
    assert meta["type"] == "pumbaphoto_wagtail.Gallery"
    assert meta["detail_url"] == f"http://localhost{ADDRESS}{world.public.uuid}/"
    assert meta["html_url"] == world.public.main_page.full_url
    assert meta["photos_url"].endswith(f"/api/v2/photos/?gallery={world.public.uuid}")


def test_b67_each_viewer_is_named_what_the_resolver_lists_for_them(world):
    assert titles(Client()) == ["Coast", "Winter"]
    assert titles(signed_in(world.member)) == ["Coast", "Members", "Winter"]
    assert titles(with_link(world.private)) == ["Coast", "Private", "Winter"]
    everything = ["Coast", "Unlisted", "Members", "Private", "Winter"]
    assert titles(signed_in(world.maria)) == everything
    assert titles(with_token(world.maria)) == everything


def test_b67_an_unlisted_gallery_is_found_by_its_uuid_alone(world):
    assert asked(Client(), f"{ADDRESS}{world.unlisted.uuid}/")["title"] == "Unlisted"


def test_x51_what_may_not_be_seen_is_as_what_never_was(world):
    never = Client().get(f"{ADDRESS}{uuid4()}/")
    for gallery in (world.members, world.private):
        unseen = Client().get(f"{ADDRESS}{gallery.uuid}/")
        assert unseen.status_code == never.status_code == 404
        assert unseen.content == never.content
        assert dict(unseen.items()) == dict(never.items())


def test_x67_nothing_can_be_written_by_anybody(world):
    for browser in (Client(), signed_in(world.maria), with_token(world.maria)):
        for method in ("post", "put", "patch", "delete"):
            answers = [getattr(browser, method)(address) for address in addresses(world)]
            assert {answer.status_code for answer in answers} == {405}


def addresses(world):
    return [ADDRESS, f"{ADDRESS}{world.public.uuid}/", "/api/v2/photos/"]


def test_a_token_that_is_no_good_is_refused_and_not_taken_for_nobodys(world):
    row, token = APIToken.create_token(user=world.maria, name="Old")
    row.revoke()
    for said in (f"Bearer {token}", "Bearer", "Bearer nonsense"):
        response = Client().get(ADDRESS, headers={"Authorization": said})
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert response["Cache-Control"] == "private, no-store"


def test_a_token_of_somebody_who_was_locked_out_opens_nothing(world):
    browser = with_token(world.maria)
    world.maria.is_active = False
    world.maria.save()
    assert browser.get(ADDRESS).status_code == 401


def test_a_token_leaves_aside_the_links_of_a_browser(world):
    stranger = testing.make_user()
    _row, token = APIToken.create_token(user=stranger, name="x")
    browser = with_link(world.private)
    response = browser.get(ADDRESS, headers={"Authorization": f"Bearer {token}"})
    assert [item["title"] for item in response.json()["items"]] == ["Coast", "Winter"]


def test_states_are_for_those_who_keep_the_gallery(world):
    detail = f"{ADDRESS}{world.public.uuid}/"
    assert asked(signed_in(world.maria), detail)["state"] == "active"
    for browser in (Client(), signed_in(world.member), with_link(world.public)):
        assert not {"state", "is_listed"} & set(asked(browser, detail, fields="*"))
        refused = browser.get(ADDRESS, {"state": "active"})
        assert refused.status_code == 400
    assert len(titles(with_token(world.maria), state="active")) == 5
    assert titles(with_token(world.maria), state="editing") == []


def test_galleries_can_be_narrowed_ordered_and_searched(world):
    assert titles(Client(), year="2025") == ["Winter"]
    assert titles(Client(), order="title") == ["Coast", "Winter"]
    assert titles(Client(), order="-title") == ["Winter", "Coast"]
    assert titles(Client(), order="shoot_date") == ["Winter", "Coast"]
    assert sorted(titles(Client(), order="random")) == ["Coast", "Winter"]
    assert titles(Client(), search="oast") == ["Coast"]
    assert titles(Client(), search="coast winter") == []
    assert titles(Client(), search="coast winter", search_operator="or") == ["Coast", "Winter"]
    assert titles(Client(), limit=1, offset=1) == ["Winter"]


def test_x69_a_search_knows_titles_and_not_the_names_of_clients(world):
    world.public.clients.add(testing.make_client("Annika Bergqvist"))
    assert titles(Client(), search="Bergqvist") == []
    assert titles(with_token(world.maria), search="Bergqvist") == []


@pytest.fixture
def other(world):
    """A second site, which Wagtail's memory of sites forgets again."""
    yield Site.objects.create(hostname="other.example", port=80, root_page=world.index)
    Site.clear_site_root_paths_cache()


def test_b4_a_domain_names_its_own_galleries_only(world, other):
    world.older.site = other
    world.older.save()
    assert titles(Client()) == ["Coast"]
    assert titles(Client(), site="other.example") == []
    assert titles(Client(headers={"host": "other.example"})) == ["Winter"]
    away = Client().get(f"{ADDRESS}{world.older.uuid}/")
    assert away.status_code == 404
    assert "Winter" in titles(with_token(world.maria), site="other.example:80")


REFUSED = (
    *("nonsense=1", "title=Coast", "owner=1", "folder=x", "id=1", "collection=1"),
    *("year=²²²²", "year=0000", "year=99999", "site=a/b", "order=owner", "order=pk"),
    *("limit=21", "limit=-1", "offset=-1", "offset=٣", "offset=" + "9" * 40, "limit="),
    *("fields=owner", "fields=collection", "fields=clients", "fields=(", "fields=cover(id)"),
    *("search=%00", "search=" + "x" * 300, "search=a&search_operator=xor"),
    *("state=nonsense", "order=random&offset=1"),
)


def test_x55_whatever_is_not_known_is_400_in_words(world):
    browser = Client()
    answers = {query: browser.get(f"{ADDRESS}?{query}") for query in REFUSED}
    assert {query for query, answer in answers.items() if answer.status_code != 400} == set()
    assert all(answer.json()["message"] for answer in answers.values())


def test_fields_are_chosen_as_wagtail_has_it(world):
    assert asked(Client(), fields="_,title")["items"][0] == {"title": "Coast"}
    detail = f"{ADDRESS}{world.public.uuid}/"
    assert "sections" in asked(Client(), detail)
    assert "photo_count" not in asked(Client(), fields="-photo_count")["items"][0]


def test_sections_are_those_in_which_one_sees_something(world):
    seen = testing.make_section(world.public, "Ceremony")
    testing.make_photo(world.public, section=seen)
    hidden = testing.make_section(world.public, "Secret")
    testing.make_photo(world.public, section=hidden, is_hidden=True)
    found = asked(Client(), f"{ADDRESS}{world.public.uuid}/")["sections"]
    assert found == [{"id": str(seen.uuid), "title": "Ceremony"}]


def test_a_list_asks_the_same_however_long_it_is(world, django_assert_num_queries):
    browser = with_token(world.maria)
    # Where sites begin is read once and kept.
    browser.get(ADDRESS, {"fields": "*"})
    with CaptureQueriesContext(connection) as before:
        browser.get(ADDRESS, {"fields": "*"})
    for _ in range(4):
        gallery = testing.make_gallery(has_page=False, owner=world.maria, is_listed=True)
        testing.make_page(gallery, index_page=world.index)
        testing.make_policy(gallery=gallery)
        testing.make_many_photos(gallery, 2)
    with django_assert_num_queries(len(before)):
        browser.get(ADDRESS, {"fields": "*"})


def test_i12_every_answer_is_for_one_viewer_and_kept_by_nobody(world):
    for address in (ADDRESS, f"{ADDRESS}{uuid4()}/", f"{ADDRESS}?nonsense=1"):
        answer = Client().get(address)
        assert answer["Cache-Control"] == "private, no-store"
        assert {"Cookie", "Authorization"} <= set(answer["Vary"].split(", "))
        assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert answer["X-Content-Type-Options"] == "nosniff"
