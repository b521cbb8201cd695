import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, State
from pumbaphoto_wagtail.proofing import picks, submission
from pumbaphoto_wagtail.proofing.alike import Look, are_alike, sets_to_compare

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DAY = "ffffffff00000000"
DAY_AGAIN = "ffffffff00000fff"
NIGHT = "00ff00ff00ff00ff"


def look(seconds=None, perceptual_hash=""):
    taken_at = None if seconds is None else NOON + timedelta(seconds=seconds)
    return Look(uuid=uuid4(), taken_at=taken_at, perceptual_hash=perceptual_hash)


# --- What is alike -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (look(0, DAY), look(90, DAY_AGAIN), True),
        (look(0, DAY), look(90, NIGHT), False),
        (look(0, DAY), look(2, NIGHT), True),
        (look(2, DAY), look(0, NIGHT), True),
        (look(0), look(1), True),
        (look(0), look(3), False),
        (look(), look(), False),
        (look(None, DAY), look(None, DAY), True),
        (look(None, DAY), look(0, ""), False),
    ],
)
def test_what_shows_the_same_moment_is_alike(one, other, expected):
    assert are_alike(one, other) is expected


def test_neighbours_that_are_alike_come_first_and_the_others_as_one_set():
    alone, first, second, third, last = (
        look(0, NIGHT),
        look(100, DAY),
        look(200, DAY_AGAIN),
        look(201, NIGHT),
        look(900, "0f0f0f0f0f0f0f0f"),
    )
    assert sets_to_compare([alone, first, second, third, last]) == [
        [first.uuid, second.uuid, third.uuid],
        [alone.uuid, last.uuid],
    ]


def test_what_hangs_apart_is_not_put_together():
    first, between, last = look(0, DAY), look(100, NIGHT), look(200, DAY)
    assert sets_to_compare([first, between, last]) == [[first.uuid, between.uuid, last.uuid]]


def test_nothing_chosen_is_nothing_to_compare():
    assert sets_to_compare([]) == []


# --- Who is answered -----------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


@pytest.fixture
def chosen(gallery, link):
    moments = ((0, DAY), (90, NIGHT), (180, NIGHT))
    photos = [
        testing.make_photo(
            gallery, taken_at=NOON + timedelta(seconds=seconds), perceptual_hash=value
        )
        for seconds, value in moments
    ]
    testing.make_photo(gallery)
    for photo in reversed(photos):
        picks.set_favourite(link, photo, True)
    return photos


def url(gallery):
    return f"/galleries/picks/{gallery.uuid}/side-by-side/"


def test_favourites_come_in_the_gallerys_order_with_their_pictures(recipient, gallery, chosen):
    response = recipient.get(url(gallery))
    answer = json.loads(response.content)
    uuids = [str(photo.uuid) for photo in chosen]
    assert [photo["uuid"] for photo in answer["photos"]] == uuids
    assert "/view/" in answer["photos"][0]["view"]["url"]
    assert answer["sets"] == [uuids[1:], uuids[:1]]
    assert response["Cache-Control"] == "private, no-store"


def test_a_favourite_that_is_not_offered_any_more_is_left_out(recipient, gallery, chosen):
    gallery.photos.filter(pk=chosen[0].pk).update(is_hidden=True)
    answer = json.loads(recipient.get(url(gallery)).content)
    assert [photo["uuid"] for photo in answer["photos"]] == [str(one.uuid) for one in chosen[1:]]


def test_who_may_not_choose_is_answered_as_of_an_unknown_gallery(client, gallery, chosen, enter):
    testing.make_policy(gallery=gallery)
    unknown = client.get(f"/galleries/picks/{uuid4()}/side-by-side/")
    stranger = client.get(url(gallery))
    enter(testing.make_link(gallery, may_choose=False))
    looking = client.get(url(gallery))
    assert unknown.status_code == stranger.status_code == looking.status_code == 404
    assert stranger.headers == unknown.headers


def test_what_was_sent_is_compared_no_more(recipient, gallery, link, chosen):
    submission.submit_selection(link)
    assert recipient.get(url(gallery)).status_code == 404


def test_an_archived_gallery_answers_nothing(recipient, gallery, chosen):
    Gallery.objects.update(state=State.ARCHIVED)
    assert recipient.get(url(gallery)).status_code == 404


def test_queries_do_not_grow_with_what_was_chosen(
    recipient, gallery, link, chosen, django_assert_max_num_queries
):
    for photo in testing.make_many_photos(gallery, 30):
        picks.set_favourite(link, photo, True)
    with django_assert_max_num_queries(12):
        recipient.get(url(gallery))
