"""Hearts and notes as a browser sends them: a list of acts, kept without a network and repeated."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.models import Gallery, Photo, Pick, Selection, ShareLink, State
from pumbaphoto_wagtail.proofing import links, picks, submission
from pumbaphoto_wagtail.proofing.acts import MOST_ACTS

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery)


def heart(photo, on=True, id=""):
    return {"id": id or f"{uuid4()}", "photo": str(photo.uuid), "on": on}


def note(photo, words, id=""):
    return {"id": id or f"{uuid4()}", "photo": str(photo.uuid), "words": words}


def post(browser, gallery, *acts, **fields):
    data = {"round": gallery.round, "list": "to_edit", "acts": acts, **fields}
    return post_body(browser, gallery, json.dumps(data))


def post_body(browser, gallery, body):
    return browser.post(f"/galleries/picks/{gallery.uuid}/acts/", body, "application/json")


def state(browser, gallery, **query):
    answer = browser.get(f"/galleries/picks/{gallery.uuid}/", query).json()
    del answer["csrf_token"]
    return answer


def favourites():
    return Pick.objects.filter(is_favourite=True).count()


# --- What is done --------------------------------------------------------------------------------


def test_an_answer_holds_all_that_is_picked_and_its_words(recipient, gallery, photo):
    Gallery.objects.update(included=50)
    answer = post(recipient, gallery, note(photo, "Warmer"), heart(photo)).json()
    assert answer.pop("refused") == {}
    assert answer["favourites"] == [str(photo.uuid)]
    assert answer["notes"] == {str(photo.uuid): "Warmer"}
    assert answer["words"]["count"] == "1 of 50 chosen"
    assert state(recipient, gallery) == answer


def test_acts_are_done_in_their_order(recipient, gallery, photo):
    post(recipient, gallery, heart(photo), heart(photo, on=False), note(photo, "a"), heart(photo))
    pick = Pick.objects.get()
    assert (pick.is_favourite, pick.note) == (True, "a")


def test_hearts_keep_the_order_in_which_they_were_given(recipient, gallery):
    photos = [testing.make_photo(gallery) for _ in range(4)]
    wanted = [photos[2], photos[0], photos[3], photos[1]]
    answer = post(recipient, gallery, *(heart(photo) for photo in wanted)).json()
    assert answer["favourites"] == [str(photo.uuid) for photo in wanted]


def test_acts_sent_again_change_nothing(recipient, gallery, photo):
    acts = [heart(photo), note(photo, "Warmer"), heart(testing.make_photo(gallery))]
    first = post(recipient, gallery, *acts).json()
    rows = [*Pick.objects.order_by("pk").values()]
    assert post(recipient, gallery, *acts).json() == first
    assert [*Pick.objects.order_by("pk").values()] == rows


def test_a_browser_that_knows_the_state_is_told_the_difference(recipient, gallery, photo):
    other = testing.make_photo(gallery)
    known = post(recipient, gallery, heart(other), note(other, "Warmer")).json()["mark"]
    answer = post(recipient, gallery, heart(photo), heart(other, on=False), known=known).json()
    assert "favourites" not in answer
    assert answer["changed"] == {
        str(photo.uuid): {"on": True, "note": ""},
        str(other.uuid): {"on": False, "note": "Warmer"},
    }
    assert answer["limits"]["chosen"] == 1
    assert answer["mark"] == state(recipient, gallery)["mark"] != known


def test_what_somebody_else_did_meanwhile_is_told_as_a_whole(recipient, gallery, link, photo):
    known = state(recipient, gallery)["mark"]
    other = testing.make_photo(gallery)
    picks.set_favourite(link, other, True)
    answer = post(recipient, gallery, heart(photo), known=known).json()
    assert answer["favourites"] == [str(other.uuid), str(photo.uuid)]


def test_a_photo_hidden_meanwhile_makes_it_another_state(recipient, gallery, photo):
    known = post(recipient, gallery, heart(photo)).json()["mark"]
    Photo.objects.update(is_hidden=True)
    assert post(recipient, gallery, known=known).json()["favourites"] == []


# --- What is refused -----------------------------------------------------------------------------


def test_what_cannot_be_done_is_told_by_its_id_and_harms_no_other(recipient, gallery, photo):
    hidden = testing.make_photo(gallery, is_hidden=True)
    foreign = testing.make_photo(testing.make_gallery())
    answer = post(
        recipient,
        gallery,
        heart(hidden, id="hidden"),
        heart(foreign, id="foreign"),
        note(photo, "x" * 2001, id="long"),
        heart(photo, id="fine"),
    ).json()
    assert answer["refused"] == {
        "hidden": "This photo is not offered any more.",
        "foreign": "This photo is not offered any more.",
        "long": "A note can have 2000 characters at most.",
    }
    assert answer["favourites"] == [str(photo.uuid)]
    assert Pick.objects.count() == 1


def test_a_heart_beyond_the_maximum_is_refused_and_those_before_it_stay(recipient, gallery):
    Gallery.objects.update(maximum=2)
    photos = [testing.make_photo(gallery) for _ in range(3)]
    answer = post(recipient, gallery, *(heart(one, id=str(n)) for n, one in enumerate(photos)))
    assert answer.json()["refused"] == {"2": "You can choose 2 photos at most."}
    assert favourites() == 2


def test_a_heart_taken_away_makes_room_for_another(recipient, gallery, photo):
    Gallery.objects.update(maximum=1)
    other = testing.make_photo(gallery)
    post(recipient, gallery, heart(photo))
    answer = post(recipient, gallery, heart(photo, on=False), heart(other)).json()
    assert (answer["refused"], answer["favourites"]) == ({}, [str(other.uuid)])


def test_refused_acts_leave_no_trace(recipient, gallery):
    post(recipient, gallery, heart(testing.make_photo(testing.make_gallery())))
    assert not Selection.objects.exists()


def test_unknown_hidden_and_foreign_photos_look_the_same(recipient, gallery):
    hidden = testing.make_photo(gallery, is_hidden=True)
    foreign = testing.make_photo(testing.make_gallery())
    answers = [
        post(recipient, gallery, {"id": "1", "photo": str(uuid), "on": True}).content
        for uuid in (hidden.uuid, foreign.uuid, uuid4())
    ]
    assert answers[0] == answers[1] == answers[2]


ACT = {"id": "1", "photo": str(uuid4().__class__(int=7)), "on": True}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        "null",
        {},
        {"acts": "no"},
        {"acts": {}},
        {"acts": [7]},
        {"acts": [{**ACT, "id": 7}]},
        {"acts": [{**ACT, "id": ""}]},
        {"acts": [{**ACT, "id": "x" * 101}]},
        {"acts": [{**ACT, "photo": 7}]},
        {"acts": [{**ACT, "photo": "x"}]},
        {"acts": [{**ACT, "on": "yes"}]},
        {"acts": [{**ACT, "on": 1}]},
        {"acts": [{**ACT, "on": None}]},
        {"acts": [{**ACT, "words": "both"}]},
        {"acts": [{"id": "1", "photo": ACT["photo"], "words": 7}]},
        {"acts": [{"id": "1", "photo": ACT["photo"]}]},
        {"acts": [ACT, ACT]},
        {"round": "1"},
        {"round": True},
        {"round": None},
        {"list": 7},
        {"list": "unknown"},
        {"known": 7},
        {"acts": [{**ACT, "id": str(number)} for number in range(MOST_ACTS + 1)]},
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_a_malformed_request_is_refused_whole(recipient, gallery, body):
    if isinstance(body, dict):
        body = json.dumps({"round": 1, "list": "to_edit", "acts": [], **body} if body else {})
    assert post_body(recipient, gallery, body).status_code == 400
    assert not Selection.objects.exists()


def test_what_is_no_text_is_refused(recipient, gallery):
    assert post_body(recipient, gallery, b"\xff\xfe{").status_code == 400


def test_a_body_beyond_all_measure_is_refused(recipient, gallery, photo):
    assert post(recipient, gallery, note(photo, "x" * 5_000_000)).status_code == 400


# --- When it is too late -------------------------------------------------------------------------


def test_acts_after_sending_get_409_with_what_was_sent(recipient, gallery, link, photo):
    testing.make_link(gallery, "Tom")
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    response = post(recipient, gallery, heart(photo, on=False))
    assert response.status_code == 409
    answer = response.json()
    assert (answer["favourites"], answer["is_sent"]) == ([str(photo.uuid)], True)
    assert "sent already" in answer["error"]
    assert favourites() == 1


def test_acts_of_an_earlier_round_get_409_with_the_present_state(recipient, gallery, link, photo):
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)
    response = post(recipient, gallery, heart(photo, on=False), round=1)
    assert response.status_code == 409
    assert (response.json()["round"], response.json()["is_sent"]) == (2, False)
    assert response.json()["favourites"] == [str(photo.uuid)]
    assert favourites() == 1


@pytest.mark.parametrize("round_number", [0, -1, 2, 10**30])
def test_a_round_that_was_never_is_stale_as_well(recipient, gallery, photo, round_number):
    assert post(recipient, gallery, heart(photo), round=round_number).status_code == 409


@pytest.mark.parametrize("gallery_state", [State.SUBMITTED, State.EDITING, State.DELIVERED])
def test_acts_in_another_state_get_409(recipient, gallery, photo, gallery_state):
    Gallery.objects.update(state=gallery_state)
    response = post(recipient, gallery, heart(photo))
    assert response.status_code == 409
    assert not response.json()["is_open"]
    assert not Pick.objects.exists()


def test_a_stranger_learns_nothing_of_a_gallery(client, gallery, photo):
    known = post(client, gallery, heart(photo))
    unknown = client.post(f"/galleries/picks/{uuid4()}/acts/", "{}", "application/json")
    assert known.status_code == unknown.status_code == 404
    assert (known.content, dict(known.headers)) == (unknown.content, dict(unknown.headers))


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": timezone.now() - timedelta(days=1)},
        {"revoked_at": timezone.now() - timedelta(days=1)},
    ],
    ids=["expired", "revoked"],
)
def test_with_a_closed_link_nothing_can_be_picked(recipient, gallery, photo, change):
    ShareLink.objects.update(**change)
    assert post(recipient, gallery, heart(photo)).status_code == 404
    assert not Pick.objects.exists()


def test_a_link_that_only_looks_gets_403(client, gallery, photo, enter):
    enter(testing.make_link(gallery, may_choose=False))
    assert post(client, gallery, heart(photo)).status_code == 403


def test_without_the_csrf_token_nothing_is_picked_and_a_new_one_can_be_fetched(
    link, gallery, photo
):
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/galleries/s/{links.token(link)}")
    assert post(browser, gallery, heart(photo)).status_code == 403
    assert not Pick.objects.exists()
    token = browser.get(f"/galleries/picks/{gallery.uuid}/").json()["csrf_token"]
    browser.defaults["HTTP_X_CSRFTOKEN"] = token
    assert post(browser, gallery, heart(photo)).status_code == 200


@pytest.mark.parametrize("act", ["acts", "send", "take-back"])
def test_acts_are_posted(recipient, gallery, act):
    assert recipient.get(f"/galleries/picks/{gallery.uuid}/{act}/").status_code == 405


def test_answers_are_kept_by_nobody(recipient, gallery):
    response = recipient.get(f"/galleries/picks/{gallery.uuid}/")
    assert response["Cache-Control"] == "private, no-store"


# --- Many ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("photos", "chosen"), [(10, 3), (1000, 500)])
def test_a_heart_costs_the_same_in_a_large_gallery(
    gallery, link, recipient, photos, chosen, django_assert_max_num_queries
):
    all_photos = testing.make_many_photos(gallery, photos)
    selection = Selection.objects.create(share_link=link)
    Pick.objects.bulk_create(
        Pick(selection=selection, photo=photo, is_favourite=True, picked_at=timezone.now())
        for photo in all_photos[:chosen]
    )
    known = state(recipient, gallery)["mark"]
    with django_assert_max_num_queries(20):
        answer = post(recipient, gallery, heart(all_photos[-1]), known=known)
    assert answer.json()["limits"]["chosen"] == chosen + 1
    assert len(answer.content) < 1500


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_twenty_lists_of_acts_at_once_no_more_than_the_maximum_are_given():
    gallery = testing.make_gallery(maximum=7)
    link = testing.make_link(gallery)
    photos = testing.make_many_photos(gallery, 20)

    def give(number):
        browser = Client()
        browser.get(f"/galleries/s/{links.token(link)}")
        acts = [heart(photos[(number + step) % 20]) for step in range(3)]
        try:
            return post(browser, gallery, *acts).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert {*pool.map(give, range(20))} == {200}
    assert favourites() == 7
    assert Selection.objects.count() == 1
