"""What the wall's JavaScript is told: the same as the page, to the same viewers, and no more."""

import json

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import (
    Gallery,
    MessageKind,
    Photo,
    Rendition,
    Stage,
    State,
    StoredFile,
    Visibility,
)
from pumbaphoto_wagtail.proofing import links, picks
from pumbaphoto_wagtail.proofing.skeleton import PAGE_SIZE

pytestmark = pytest.mark.django_db


def feed(browser, gallery, **query):
    return browser.get(f"{gallery.main_page.url}photos/", query)


def uuids(browser, gallery, **query):
    return [photo["uuid"] for photo in feed(browser, gallery, **query).json()["photos"]]


def skeleton(browser, gallery, **query):
    return feed(browser, gallery, skeleton="", **query).json()["skeleton"]


def embedded(browser, gallery, **query):
    """The JSON that stands in the page."""
    text = browser.get(gallery.main_page.url, query).content.decode()
    return json.loads(text.split('<script type="application/json">')[1].split("</script>")[0])


@pytest.fixture
def photos(gallery):
    return [testing.make_photo(gallery, f"IMG_{number}.jpg") for number in range(3)]


# --- Who is told ---------------------------------------------------------------------------------


def test_a_recipient_is_told(recipient, gallery, photos):
    assert uuids(recipient, gallery) == [str(photo.uuid) for photo in photos]


def test_nobody_keeps_what_they_are_told(recipient, gallery, photos):
    response = feed(recipient, gallery)
    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response["X-Robots-Tag"]


def test_a_stranger_is_told_nothing(client, gallery, photos):
    for query in ({}, {"skeleton": ""}, {"photo": photos[0].uuid}):
        assert feed(client, gallery, **query).status_code == 404


def test_a_revoked_link_is_told_nothing_any_more(recipient, gallery, link, photos):
    links.revoke(link, gallery.owner)
    assert feed(recipient, gallery).status_code == 404


def test_an_archived_gallery_tells_nothing(recipient, gallery, photos):
    Gallery.objects.update(state=State.ARCHIVED)
    assert feed(recipient, gallery).status_code == 404


def test_everybody_is_told_of_a_public_gallery(client, gallery, photos):
    testing.make_policy(Visibility.PUBLIC, gallery=gallery)
    assert len(uuids(client, gallery)) == 3


def test_a_page_without_a_gallery_tells_nothing(recipient, gallery, photos):
    address = gallery.main_page.url
    gallery.main_page.specific.__class__.objects.update(gallery=None)
    assert recipient.get(f"{address}photos/").status_code == 404


# --- What they are told of -----------------------------------------------------------------------

HIDING = {
    "hidden": {"is_hidden": True},
    "not shown yet": {"is_shown": False},
}


@pytest.mark.parametrize("fields", HIDING.values(), ids=HIDING)
def test_what_is_not_shown_has_neither_a_place_nor_a_number(recipient, gallery, photos, fields):
    Photo.objects.filter(pk=photos[1].pk).update(**fields)
    assert uuids(recipient, gallery) == [str(photos[0].uuid), str(photos[2].uuid)]
    assert len(skeleton(recipient, gallery)["proportions"]) == 2
    assert feed(recipient, gallery, photo=photos[1].uuid).status_code == 404
    assert feed(recipient, gallery, photo=photos[2].uuid).json() == {"index": 1}


@pytest.mark.parametrize("stage", [Stage.SCANNING, Stage.RENDERING])
def test_a_photo_that_is_not_ready_is_not_there(recipient, gallery, photos, stage):
    StoredFile.objects.filter(pk=photos[0].picture_id).update(stage=stage)
    assert str(photos[0].uuid) not in uuids(recipient, gallery)
    assert len(skeleton(recipient, gallery)["proportions"]) == 2


def test_a_link_for_one_section_is_told_of_no_other(client, enter, gallery):
    ceremony = testing.make_section(gallery, "Ceremony", position=1)
    party = testing.make_section(gallery, "Party", position=2)
    seen = testing.make_photo(gallery, section=ceremony)
    unseen = testing.make_photo(gallery, section=party)
    enter(testing.make_link(gallery, sections=[ceremony]))
    assert uuids(client, gallery) == [str(seen.uuid)]
    assert [section["title"] for section in skeleton(client, gallery)["sections"]] == ["Ceremony"]
    assert feed(client, gallery, photo=unseen.uuid).status_code == 404


@pytest.mark.parametrize("wrong", ["", "no-uuid", "b3f1c2de-0000-4000-8000-000000000000"])
def test_an_unknown_photo_has_no_place(recipient, gallery, photos, wrong):
    assert feed(recipient, gallery, photo=wrong).status_code == 404


@pytest.mark.parametrize("wrong", ["0", "-1", "99", "x", "²"])
def test_a_page_that_is_not_there_is_one_that_is(recipient, gallery, photos, wrong):
    assert len(uuids(recipient, gallery, page=wrong)) == 3


# --- Parts and the whole -------------------------------------------------------------------------


def test_the_skeleton_knows_every_place_by_section(recipient, gallery):
    testing.make_photo(gallery, width=400, height=600)
    section = testing.make_section(gallery, "Party")
    testing.make_photo(gallery, width=600, height=400, section=section)
    testing.make_photo(gallery, width=9000, height=100, section=section)
    assert skeleton(recipient, gallery) == {
        "version": feed(recipient, gallery).json()["version"],
        "proportions": [67, 150, 400],
        "sections": [
            {"uuid": None, "title": "", "amount": 1},
            {"uuid": str(section.uuid), "title": "Party", "amount": 2},
        ],
    }


def test_five_thousand_places_are_some_kilobytes(gallery, recipient):
    testing.make_many_photos(gallery, 1000)
    assert len(json.dumps(skeleton(recipient, gallery))) < 6000


def test_a_part_begins_where_its_page_begins(recipient, gallery):
    testing.make_many_photos(gallery, PAGE_SIZE + 2)
    answer = feed(recipient, gallery, page=2).json()
    assert answer["start"] == PAGE_SIZE
    assert [photo["number"] for photo in answer["photos"]] == [PAGE_SIZE + 1, PAGE_SIZE + 2]


def test_the_page_says_the_same_as_the_feed(recipient, gallery, photos):
    assert embedded(recipient, gallery) == feed(recipient, gallery, skeleton="").json()


CHANGES = {
    "one more": lambda photos: testing.make_photo(photos[0].gallery),
    "one less": lambda photos: Photo.objects.filter(pk=photos[0].pk).update(is_hidden=True),
    "another order": lambda photos: Photo.objects.filter(pk=photos[0].pk).update(position=9),
    "another shape": lambda photos: Photo.objects.filter(pk=photos[0].pk).update(width=9),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_wall_has_another_version(recipient, gallery, photos, change):
    before = feed(recipient, gallery).json()["version"]
    assert feed(recipient, gallery).json()["version"] == before
    change(photos)
    assert feed(recipient, gallery).json()["version"] != before


def test_formats_come_with_a_picture_the_best_first(recipient, gallery, photos):
    row = photos[0].picture.renditions.get(tier="view")
    for format in ("webp", "avif"):
        row.pk, row.format, row.digest = None, format, format * 10
        row.save()
    view = feed(recipient, gallery).json()["photos"][0]["view"]
    assert [source["type"] for source in view["sources"]] == ["image/avif", "image/webp"]
    assert view["sources"][0]["url"].endswith(".avif")


def test_a_tile_is_a_picture_where_both_its_sizes_have_a_format(recipient, gallery, photos):
    for row in photos[0].picture.renditions.filter(tier__in=["grid", "view"]):
        row.pk, row.format, row.digest = None, "avif", f"{row.tier}avif".ljust(64, "0")
        row.save()
    Rendition.objects.filter(stored_file=photos[1].picture, tier="grid").update(width=300)
    text = recipient.get(gallery.main_page.url).content.decode()
    assert text.count('<source type="image/avif"') == 1


# --- Filters -------------------------------------------------------------------------------------


def test_filters_narrow_the_feed_as_they_narrow_the_page(recipient, gallery, link, photos):
    picks.set_favourite(link, photos[2], True)
    picks.set_note(link, photos[1], "Warmer")
    assert uuids(recipient, gallery, show="favourites") == [str(photos[2].uuid)]
    assert uuids(recipient, gallery, show="notes") == [str(photos[1].uuid)]
    assert feed(recipient, gallery, show="favourites", photo=photos[2].uuid).json()["index"] == 0
    assert feed(recipient, gallery, show="favourites", photo=photos[0].uuid).status_code == 404


def test_an_empty_wall_says_why(recipient, gallery, photos):
    answer = feed(recipient, gallery, show="notes", skeleton="").json()
    assert answer["photos"] == []
    assert answer["empty"].startswith("No notes yet")


# --- What is new ---------------------------------------------------------------------------------


def choices(browser, gallery):
    text = browser.get(gallery.main_page.url).content.decode()
    return [part.split('"')[0] for part in text.split('data-show="')[1:]]


@pytest.fixture
def old(gallery):
    return testing.make_photo(gallery, "old.jpg")


@pytest.fixture
def late(old, link, gallery):
    return testing.make_photo(gallery, "late.jpg")


def test_nothing_is_new_of_what_was_there_at_the_first_share(old, recipient, gallery):
    assert "new" not in choices(recipient, gallery)


def test_what_came_after_the_share_is_new(recipient, gallery, old, late):
    Photo.objects.filter(pk=old.pk).update(created_at=gallery.first_shared_at)
    assert "new" in choices(recipient, gallery)
    assert uuids(recipient, gallery, show="new") == [str(late.uuid)]
    assert {
        photo["name"]: photo["isNew"] for photo in feed(recipient, gallery).json()["photos"]
    } == {
        "old.jpg": False,
        "late.jpg": True,
    }


def test_what_waits_to_be_shown_is_not_new_yet(recipient, gallery, late):
    Photo.objects.filter(pk=late.pk).update(is_shown=False)
    Photo.objects.exclude(pk=late.pk).delete()
    assert "new" not in choices(recipient, gallery)


def test_a_heart_makes_nothing_old(recipient, gallery, link, late):
    picks.set_favourite(link, late, True)
    assert str(late.uuid) in uuids(recipient, gallery, show="new")


def test_a_second_batch_makes_the_first_one_old(recipient, gallery, link, late):
    tell(link, "first")
    newest = testing.make_photo(gallery, "newest.jpg")
    assert {str(late.uuid), str(newest.uuid)} <= set(uuids(recipient, gallery, show="new"))
    tell(link, "second")
    assert uuids(recipient, gallery, show="new") == [str(newest.uuid)]


def tell(link, key):
    link.messages.create(kind=MessageKind.NEW_PHOTOS, gallery=link.gallery, key=key)


# --- What it costs -------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [10, 1000])
def test_the_feed_costs_the_same_queries_for_any_number_of_photos(
    recipient, gallery, link, amount, django_assert_max_num_queries
):
    photos = testing.make_many_photos(gallery, amount)
    picks.set_favourite(link, photos[0], True)
    with django_assert_max_num_queries(13):
        feed(recipient, gallery)
    with django_assert_max_num_queries(11):
        feed(recipient, gallery, photo=photos[-1].uuid)
