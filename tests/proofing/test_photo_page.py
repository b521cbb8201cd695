"""The page of one photo, as everybody without JavaScript has it."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, Pick, Stage, State, StoredFile, Verdict
from pumbaphoto_wagtail.proofing import links, picks

pytestmark = pytest.mark.django_db


@pytest.fixture
def photos(gallery):
    return [testing.make_photo(gallery) for _ in range(3)]


def url(gallery, uuid, query=""):
    return f"{gallery.main_page.url}photo/{uuid}/{query}"


def html(browser, gallery, uuid, query=""):
    response = browser.get(url(gallery, uuid, query))
    assert response.status_code == 200
    return response.content.decode()


def way(text, direction):
    found = re.search(rf'rel="{direction}" href="([^"]+)"', text)
    return found and found[1].replace("&amp;", "&")


def deliver(gallery):
    photo = testing.make_photo(gallery)
    edit = testing.make_edit(gallery, photo)
    Gallery.objects.update(state=State.DELIVERED)
    return testing.make_delivery(gallery, [edit]).items.get()


# --- What is shown -------------------------------------------------------------------------------


def test_a_photo_is_shown_large_with_its_number_and_both_neighbours(recipient, gallery, photos):
    text = html(recipient, gallery, photos[1].uuid)
    assert "Photo 2 of 3" in text
    assert "/display/" in text
    assert way(text, "prev") == url(gallery, photos[0].uuid)
    assert way(text, "next") == url(gallery, photos[2].uuid)


def test_the_ends_have_one_neighbour_only(recipient, gallery, photos):
    assert way(html(recipient, gallery, photos[0].uuid), "prev") is None
    assert way(html(recipient, gallery, photos[2].uuid), "next") is None


def test_the_way_back_leads_to_the_tile_on_its_page(recipient, gallery):
    testing.make_many_photos(gallery, 70)
    last = gallery.photos.in_order().last()
    back = f"{gallery.main_page.url}?page=2#photo-{last.uuid}"
    assert f'href="{back}"' in html(recipient, gallery, last.uuid)


def test_a_filter_survives_the_way_through_photos_and_back(recipient, gallery, link, photos):
    for photo in (photos[0], photos[2]):
        picks.set_favourite(link, photo, True)
    text = html(recipient, gallery, photos[0].uuid, "?show=favourites&page=4")
    assert "Photo 1 of 2" in text
    assert way(text, "next") == url(gallery, photos[2].uuid, "?show=favourites")
    assert f'data-wall="{gallery.main_page.url}?show=favourites"' in text


def test_a_photo_outside_of_the_filter_is_shown_among_all(recipient, gallery, photos):
    text = html(recipient, gallery, photos[1].uuid, "?show=favourites")
    assert "Photo 2 of 3" in text
    assert f'data-wall="{gallery.main_page.url}"' in text


def test_a_delivered_file_has_a_page_with_its_download(client, gallery, enter):
    item = deliver(gallery)
    enter(testing.make_link(gallery, downloads="full"))
    text = html(client, gallery, item.uuid, "?show=ready")
    assert f"/download/item/{item.uuid}" in text
    assert "-heart" not in text.replace("pumba-heart", "")


def test_the_page_is_private_and_left_to_no_search_engine(client, gallery, photos):
    testing.make_policy(gallery=gallery)
    Gallery.objects.update(is_listed=True)
    response = client.get(url(gallery, photos[0].uuid))
    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response["X-Robots-Tag"]


def test_queries_do_not_grow_with_the_gallery(
    recipient, gallery, photos, django_assert_max_num_queries
):
    testing.make_many_photos(gallery, 200)
    html(recipient, gallery, photos[0].uuid)
    with django_assert_max_num_queries(18):
        html(recipient, gallery, photos[0].uuid)


# --- Who may see it ------------------------------------------------------------------------------


def test_a_stranger_finds_nothing(client, gallery, photos):
    assert client.get(url(gallery, photos[0].uuid)).status_code == 404


def make_hidden(gallery):
    return testing.make_photo(gallery, is_hidden=True)


def make_unshown(gallery):
    return testing.make_photo(gallery, is_shown=False)


def make_unscanned(gallery):
    photo = testing.make_photo(gallery)
    StoredFile.objects.filter(pk=photo.picture_id).update(stage=Stage.WAITING, verdict=Verdict.NONE)
    return photo


def make_foreign(gallery):
    return testing.make_photo(testing.make_gallery("Another wedding"))


@pytest.mark.parametrize("make", [make_hidden, make_unshown, make_unscanned, make_foreign])
def test_what_may_not_be_seen_is_answered_as_what_does_not_exist(recipient, gallery, photos, make):
    unseen = recipient.get(url(gallery, make(gallery).uuid))
    unknown = recipient.get(url(gallery, uuid4()))
    assert unseen.status_code == unknown.status_code == 404
    assert unseen.headers == unknown.headers
    assert unseen.content == unknown.content


def test_a_link_to_one_section_does_not_open_another(client, gallery, enter):
    ceremony, party = (testing.make_section(gallery, title) for title in ("Ceremony", "Party"))
    link = testing.make_link(gallery)
    link.sections.add(ceremony)
    enter(link)
    inside = testing.make_photo(gallery, section=ceremony)
    outside = testing.make_photo(gallery, section=party)
    assert client.get(url(gallery, inside.uuid)).status_code == 200
    assert client.get(url(gallery, outside.uuid)).status_code == 404


def test_a_revoked_link_meets_the_friendly_page(recipient, gallery, link, photos):
    links.revoke(link, None)
    response = recipient.get(url(gallery, photos[0].uuid))
    assert response.status_code == 404
    assert "does not open anything" in response.content.decode()


def test_in_an_archived_gallery_every_address_leads_to_the_closed_page(recipient, gallery, photos):
    Gallery.objects.update(state=State.ARCHIVED)
    for uuid in (photos[0].uuid, uuid4()):
        response = recipient.get(url(gallery, uuid))
        assert (response.status_code, response.url) == (303, gallery.main_page.url)


# --- Choosing by plain forms ---------------------------------------------------------------------


def test_a_heart_can_be_given_and_taken(recipient, gallery, photos):
    address = url(gallery, photos[0].uuid, "?show=all")
    assert 'name="give-heart"' in html(recipient, gallery, photos[0].uuid)
    response = recipient.post(address, {"give-heart": "1", "note": ""})
    assert (response.status_code, response.url) == (303, address)
    assert Pick.objects.get().is_favourite
    assert 'name="take-heart"' in html(recipient, gallery, photos[0].uuid)
    recipient.post(address, {"take-heart": "1", "note": ""})
    assert not Pick.objects.exists()


def test_a_note_can_be_written_and_goes_with_a_heart_that_is_given(recipient, gallery, photos):
    recipient.post(url(gallery, photos[0].uuid), {"note": "Warmer"})
    recipient.post(url(gallery, photos[0].uuid), {"note": "Much warmer", "give-heart": "1"})
    pick = Pick.objects.get()
    assert (pick.note, pick.is_favourite) == ("Much warmer", True)
    assert "Much warmer" in html(recipient, gallery, photos[0].uuid)


def test_a_note_that_is_too_long_stays_in_the_form(recipient, gallery, photos):
    words = "x" * 5000
    response = recipient.post(url(gallery, photos[0].uuid), {"note": words})
    assert response.status_code == 400
    assert words in response.content.decode()
    assert not Pick.objects.exists()


def test_a_heart_beyond_the_maximum_is_refused_with_a_word(recipient, gallery, photos):
    Gallery.objects.update(maximum=1)
    recipient.post(url(gallery, photos[0].uuid), {"give-heart": "1"})
    response = recipient.post(url(gallery, photos[1].uuid), {"give-heart": "1"})
    assert response.status_code == 409
    assert "You can choose 1 photo at most" in response.content.decode()


def test_who_only_looks_has_no_form_and_cannot_send_one(client, gallery, photos, enter):
    enter(testing.make_link(gallery, may_choose=False))
    assert "<form" not in html(client, gallery, photos[0].uuid)
    response = client.post(url(gallery, photos[0].uuid), {"give-heart": "1"})
    assert response.status_code == 403
    assert not Pick.objects.exists()


def test_a_visitor_by_policy_cannot_send_a_form(client, gallery, photos):
    testing.make_policy(gallery=gallery)
    response = client.post(url(gallery, photos[0].uuid), {"give-heart": "1"})
    assert response.status_code == 403


def test_a_form_from_elsewhere_is_refused(gallery, link, photos, enter):
    browser = Client(enforce_csrf_checks=True)
    enter(link, browser)
    response = browser.post(url(gallery, photos[0].uuid), {"give-heart": "1"})
    assert response.status_code == 403
    assert not Pick.objects.exists()
