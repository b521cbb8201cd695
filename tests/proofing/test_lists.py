import json

import pytest
from django.core.exceptions import PermissionDenied
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.selected import selected_photos
from pumbaphoto_wagtail.exceptions import SelectionClosed, TransitionNotAllowed
from pumbaphoto_wagtail.models import Gallery, Kind, Message, Pick, Selection, State
from pumbaphoto_wagtail.proofing import lists, picks, submission

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


@pytest.fixture
def gallery(db):
    return testing.make_gallery(lists=["album", "prints"])


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery)


def hearts(link, list_name):
    return Pick.objects.filter(
        selection__share_link=link, selection__list=list_name, is_favourite=True
    ).count()


def page(browser, gallery, path="", **query):
    return browser.get(gallery.main_page.url + path, query).content.decode()


# --- Which there are -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "of_link", "kind", "expected"),
    [
        ([], "", Kind.CHOOSE, ["to_edit"]),
        (["prints", "album"], "", Kind.CHOOSE, ["to_edit", "album", "prints"]),
        (["album", "unheard of", "to_edit"], "", Kind.CHOOSE, ["to_edit", "album"]),
        (["album"], "album", Kind.CHOOSE, ["album"]),
        (["album"], "to_edit", Kind.CHOOSE, ["to_edit"]),
        ([], "album", Kind.CHOOSE, []),
        ([], "", Kind.FINISHED, []),
        (["album"], "", Kind.FINISHED, ["album"]),
    ],
)
def test_what_a_link_chooses_for(opened, of_link, kind, expected):
    gallery = testing.make_gallery(lists=opened, kind=kind)
    link = testing.make_link(gallery, list=of_link)
    assert lists.lists_of(link, gallery) == expected


def test_with_one_list_nothing_is_said_of_it(recipient, gallery, photo):
    Gallery.objects.update(lists=[])
    assert "pumba-lists" not in page(recipient, gallery)


def test_with_more_one_switches_between_them(recipient, gallery, photo):
    text = page(recipient, gallery, list="album")
    for name in ("to_edit", "album", "prints"):
        assert f"?list={name}" in text
    assert "Choose for the album" in text


def test_a_link_for_one_list_shows_that_one_alone(client, gallery, photo, enter):
    enter(testing.make_link(gallery, list="album"))
    text = page(client, gallery)
    assert "Choose for the album" in text
    assert "pumba-lists" not in text


def test_a_link_that_only_looks_is_offered_no_lists(client, gallery, photo, enter):
    enter(testing.make_link(gallery, may_choose=False))
    assert "pumba-lists" not in page(client, gallery)


def test_an_unknown_list_in_an_address_is_the_first(recipient, gallery, photo):
    assert "Choose your favourites" in page(recipient, gallery, list="<script>")


# --- Choosing ------------------------------------------------------------------------------------


def test_each_list_has_its_own_hearts_and_notes(link, gallery, photo):
    picks.set_favourite(link, photo, True)
    picks.set_favourite(link, photo, True, "album")
    picks.set_note(link, photo, "Large", "album")
    picks.set_favourite(link, photo, False)
    assert (hearts(link, "to_edit"), hearts(link, "album")) == (0, 1)
    assert Pick.objects.get().note == "Large"


def test_a_list_that_the_photographer_has_not_opened_cannot_be_chosen_for(link, gallery, photo):
    Gallery.objects.update(lists=["prints"])
    with pytest.raises(TransitionNotAllowed, match="not open any more"):
        picks.set_favourite(link, photo, True, "album")


def test_a_link_for_one_list_chooses_for_no_other(gallery, photo):
    link = testing.make_link(gallery, list="album")
    picks.set_favourite(link, photo, True)
    assert hearts(link, "album") == 1
    with pytest.raises(TransitionNotAllowed):
        picks.set_favourite(link, photo, True, "to_edit")


def test_a_link_for_a_list_that_was_closed_chooses_nothing(gallery, photo):
    link = testing.make_link(gallery, list="album")
    Gallery.objects.update(lists=[])
    with pytest.raises(PermissionDenied):
        picks.set_favourite(link, photo, True)


def test_limits_bind_the_photos_to_edit_alone(link, gallery):
    Gallery.objects.update(minimum=1, maximum=1)
    photos = [testing.make_photo(gallery) for _ in range(2)]
    for photo in photos:
        picks.set_favourite(link, photo, True, "album")
    assert hearts(link, "album") == 2
    assert submission.submit_selection(link, "album").is_submitted


@pytest.mark.parametrize("state", [State.SUBMITTED, State.EDITING, State.DELIVERED])
def test_further_lists_can_be_chosen_and_sent_until_the_gallery_is_archived(
    link, gallery, photo, state
):
    Gallery.objects.update(state=state)
    picks.set_favourite(link, photo, True, "prints")
    assert submission.submit_selection(link, "prints").is_submitted
    gallery.refresh_from_db()
    assert gallery.state == state


def test_in_an_archived_gallery_nothing_is_chosen(link, gallery, photo):
    Gallery.objects.update(state=State.ARCHIVED)
    with pytest.raises(TransitionNotAllowed):
        picks.set_favourite(link, photo, True, "album")


def test_finished_photos_can_be_chosen_for_an_album(photo, gallery):
    Gallery.objects.update(kind=Kind.FINISHED)
    link = testing.make_link(gallery)
    picks.set_favourite(link, photo, True, "album")
    with pytest.raises(TransitionNotAllowed):
        picks.set_favourite(link, photo, True, "to_edit")


# --- Sending -------------------------------------------------------------------------------------


def test_a_further_list_moves_nothing_and_is_waited_for_by_nobody(link, gallery, photo):
    picks.set_favourite(link, photo, True)
    picks.set_favourite(link, photo, True, "album")
    submission.submit_selection(link, "album")
    gallery.refresh_from_db()
    assert gallery.state == State.ACTIVE
    submission.submit_selection(link)
    gallery.refresh_from_db()
    assert gallery.state == State.SUBMITTED


def test_a_link_for_the_album_holds_nobody_up(link, gallery, photo):
    testing.make_link(gallery, "Designer", list="album")
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    gallery.refresh_from_db()
    assert gallery.state == State.SUBMITTED


def test_what_is_chosen_for_an_album_is_not_to_be_edited(link, gallery, photo):
    picks.set_favourite(link, photo, True, "album")
    submission.submit_selection(link, "album")
    assert not selected_photos(gallery).exists()


def test_closing_the_round_leaves_further_lists_open(link, gallery, photo):
    picks.set_favourite(link, photo, True)
    picks.set_favourite(link, photo, True, "album")
    submission.close_round(gallery, gallery.owner)
    assert not Selection.objects.get(list="album").is_submitted


def test_a_further_list_is_sent_once_and_reported_to_both_sides(link, gallery, photo):
    picks.set_favourite(link, photo, True, "album")
    submission.submit_selection(link, "album")
    with pytest.raises(SelectionClosed):
        submission.submit_selection(link, "album")
    assert Message.objects.filter(selection__list="album").count() == 2


def test_a_further_list_is_taken_back_until_it_was_opened(link, gallery, photo):
    Gallery.objects.update(state=State.DELIVERED)
    picks.set_favourite(link, photo, True, "album")
    submission.submit_selection(link, "album")
    submission.take_back(link, "album")
    submission.submit_selection(link, "album")
    Selection.objects.update(opened_at="2026-01-01T00:00Z")
    with pytest.raises(TransitionNotAllowed):
        submission.take_back(link, "album")
    gallery.refresh_from_db()
    assert gallery.state == State.DELIVERED


def test_a_reopened_list_goes_on_as_a_copy_in_a_round_of_its_own(link, gallery, photo):
    picks.set_favourite(link, photo, True, "album")
    sent = submission.submit_selection(link, "album")
    opened = lists.reopen_list(sent, actor=gallery.owner)
    gallery.refresh_from_db()
    assert (opened.round, gallery.round) == (2, 1)
    picks.set_favourite(link, photo, False, "album")
    assert sent.picks.filter(is_favourite=True).count() == 1
    assert not opened.picks.exists()
    assert ModelLogEntry.objects.get(action="pumbaphoto.reopen_list").data["list"] == "album"


def test_a_list_is_reopened_once_and_only_after_it_was_sent(link, gallery, photo):
    picks.set_favourite(link, photo, True, "album")
    with pytest.raises(TransitionNotAllowed):
        lists.reopen_list(Selection.objects.get(), actor=gallery.owner)
    sent = submission.submit_selection(link, "album")
    lists.reopen_list(sent, actor=gallery.owner)
    with pytest.raises(TransitionNotAllowed):
        lists.reopen_list(sent, actor=gallery.owner)


def test_a_reopened_gallery_leaves_further_lists_as_they_are(link, gallery, photo):
    picks.set_favourite(link, photo, True, "album")
    submission.submit_selection(link, "album")
    Gallery.objects.update(round=2)
    with pytest.raises(SelectionClosed):
        picks.set_favourite(link, photo, False, "album")


# --- Over HTTP -----------------------------------------------------------------------------------


def test_acts_and_answers_name_their_list(recipient, gallery, link, photo):
    address = f"/galleries/picks/{gallery.uuid}/"
    act = {"id": "1", "photo": str(photo.uuid), "on": True}
    data = {"round": 1, "list": "album", "acts": [act]}
    answer = recipient.post(f"{address}acts/", json.dumps(data), "application/json").json()
    assert (answer["list"], answer["favourites"]) == ("album", [str(photo.uuid)])
    assert recipient.get(address).json()["favourites"] == []
    assert recipient.get(address, {"list": "album"}).json()["favourites"] == [str(photo.uuid)]
    assert recipient.get(address, {"list": "nonsense"}).status_code == 400
    sent = recipient.post(f"{address}send/", '{"list": "album"}', "application/json").json()
    assert sent["is_sent"]
    taken = recipient.post(f"{address}take-back/", '{"list": "album"}', "application/json").json()
    assert not taken["is_sent"]


def test_plain_forms_stay_with_their_list(recipient, gallery, link, photo):
    url = gallery.main_page.url
    response = recipient.post(f"{url}?list=album", {"give-heart": photo.uuid})
    assert response["Location"] == f"{url}?list=album#photo-{photo.uuid}"
    assert hearts(link, "album") == 1
    data = {f"note-{photo.uuid}": "Large", "page": "1"}
    response = recipient.post(f"{url}review/?list=album", data)
    assert response["Location"] == f"{url}review/?list=album&page=1"
    response = recipient.post(f"{url}review/?list=album", {**data, "send": "1"})
    assert response["Location"] == f"{url}?list=album"
    text = page(recipient, gallery, list="album")
    assert "Thank you, Maria has your 1 for the album" in text
    recipient.post(f"{url}?list=album", {"take-back": "1"})
    assert not Selection.objects.get().is_submitted


def test_after_delivery_the_photos_come_first_and_the_album_by_its_name(
    recipient, gallery, link, photo
):
    testing.make_delivery(gallery, [testing.make_edit(gallery, photo)])
    Gallery.objects.update(state=State.DELIVERED)
    text = page(recipient, gallery)
    assert "Your photos are ready" in text
    assert "give-heart" not in text
    assert "give-heart" in page(recipient, gallery, list="album")
