"""What an album designer gets of a list: finished where it is finished, originals if they may."""

import pytest
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.list_contents import list_contents, may_take_list, picks_of_list
from pumbaphoto_wagtail.models import LinkPurpose, Selection, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery():
    return testing.make_gallery(has_page=False, state=State.DELIVERED, lists=["album"])


def photo(gallery, name="", **fields):
    return testing.make_photo(gallery, name, **fields)


def choose(gallery, *photos, link=None, sent=True, round=1, list="album"):
    link = link or testing.make_link(gallery)
    selection = Selection.objects.create(
        share_link=link, list=list, round=round, submitted_at=timezone.now() if sent else None
    )
    for one in photos:
        selection.picks.create(photo=one, is_favourite=True, picked_at=timezone.now())
    return link


def designer(gallery, **fields):
    fields = {"decides": False, "may_choose": False, "list": "album", **fields}
    return testing.make_link(gallery, "Bindery", purpose=LinkPurpose.ALBUM_DESIGNER, **fields)


def chosen(gallery):
    return {pick.photo for pick in picks_of_list(gallery, "album")}


def test_a_delivered_photo_is_its_edits_and_another_its_original_if_the_link_gives_it(gallery):
    edited, raw = photo(gallery, "1.jpg"), photo(gallery, "2.jpg")
    choose(gallery, edited, raw)
    colour = testing.make_edit(gallery, edited)
    mono = testing.make_edit(gallery, edited, name="bw.jpg", variant="black_and_white")
    crop = testing.make_edit(gallery, edited, name="crop.jpg", variant="social_crop 4x5")
    web = testing.make_edit(gallery, edited, name="web.jpg", variant="web")
    testing.make_delivery(gallery, [crop, mono, web, colour])
    first, second = list_contents(designer(gallery, may_download_originals=True))
    assert [item.edit for item in first.items] == [colour, mono]
    assert (first.original, second.original, second.items) == (None, raw.picture, ())
    _first, second = list_contents(designer(gallery))
    assert (second.photo, second.is_missing) == (raw, True)


def test_of_each_recipient_what_was_sent_last_counts(gallery):
    one, two, three = (photo(gallery) for _ in range(3))
    link = choose(gallery, one)
    choose(gallery, two, link=link, round=2)
    choose(gallery, three, link=link, round=3, sent=False)
    assert chosen(gallery) == {two}


def test_while_nobody_has_sent_any_it_is_what_is_chosen_so_far(gallery):
    one = photo(gallery)
    choose(gallery, one, sent=False)
    assert chosen(gallery) == {one}


def test_suggestions_and_other_lists_are_not_in_it(gallery):
    choose(gallery, photo(gallery), link=testing.make_link(gallery, decides=False))
    choose(gallery, photo(gallery), list="prints")
    assert chosen(gallery) == set()


def test_what_the_link_does_not_show_is_not_in_its_list(gallery):
    hidden, couple = photo(gallery, is_hidden=True), photo(gallery, is_couple_only=True)
    party = photo(gallery, section=testing.make_section(gallery, "Party"))
    choose(gallery, hidden, couple, party)
    assert [entry.photo for entry in list_contents(designer(gallery))] == [party]
    elsewhere = testing.make_section(gallery, "Ceremony")
    assert list_contents(designer(gallery, sections=[elsewhere])) == []


@pytest.mark.parametrize(
    ("fields", "state", "may"),
    [
        ({}, State.DELIVERED, True),
        ({"downloads": "web"}, State.DELIVERED, False),
        ({"list": ""}, State.DELIVERED, False),
        ({}, State.ARCHIVED, False),
    ],
)
def test_who_may_take_a_list(gallery, fields, state, may):
    gallery.state = state
    assert may_take_list(designer(gallery, **fields), gallery) is may
