from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.exceptions import LimitExceeded, SelectionClosed, TransitionNotAllowed
from pumbaphoto_wagtail.models import Gallery, Kind, Photo, Pick, Selection, ShareLink, State
from pumbaphoto_wagtail.proofing import links, picks, submission
from pumbaphoto_wagtail.proofing.sheet import counts

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery)


def favourites(link):
    return Pick.objects.filter(selection__share_link=link, is_favourite=True).count()


def test_a_heart_given_twice_is_one_heart(link, photo):
    picks.set_favourite(link, photo, True)
    first = Pick.objects.get()
    picks.set_favourite(link, photo, True)
    assert Pick.objects.get().picked_at == first.picked_at


def test_a_heart_taken_twice_is_gone(link, photo):
    picks.set_favourite(link, photo, True)
    picks.set_favourite(link, photo, False)
    picks.set_favourite(link, photo, False)
    assert not Pick.objects.exists()


def test_a_note_stands_without_a_heart(link, photo):
    picks.set_note(link, photo, "Please not Aunt Gerda")
    pick = Pick.objects.get()
    assert (pick.note, pick.is_favourite) == ("Please not Aunt Gerda", False)


def test_a_note_survives_its_heart(link, photo):
    picks.set_favourite(link, photo, True)
    picks.set_note(link, photo, "Warmer")
    picks.set_favourite(link, photo, False)
    assert Pick.objects.get().note == "Warmer"


def test_an_empty_note_removes_what_says_nothing(link, photo):
    picks.set_note(link, photo, "Warmer")
    picks.set_note(link, photo, "  ")
    assert not Pick.objects.exists()


def test_a_heart_given_to_a_noted_photo_is_picked_now(link, photo):
    picks.set_note(link, photo, "Warmer")
    Pick.objects.update(picked_at=timezone.now() - timedelta(days=2))
    picks.set_favourite(link, photo, True)
    assert Pick.objects.get().picked_at > timezone.now() - timedelta(minutes=1)


@pytest.mark.parametrize(
    "words",
    [
        "<script>__xss=1</script>",
        "{{7*7}}{% debug %} ${7*7} %s%n",
        "</textarea><script>",
        "javascript:alert(1)",
        "a\u0301" * 500,
        "👩\u200d👩\u200d👧",
        "\n" * 3 + "x",
    ],
)
def test_a_note_is_kept_literally(link, photo, words):
    picks.set_note(link, photo, words)
    assert Pick.objects.get().note == words.strip()


def test_a_note_loses_what_no_database_can_hold(link, photo):
    picks.set_note(link, photo, "a\x00b\ud800c\r\nd")
    assert Pick.objects.get().note == "abc\nd"


def test_a_note_of_two_thousand_characters_is_the_longest(link, photo):
    picks.set_note(link, photo, "x" * 2000)
    with pytest.raises(ValidationError):
        picks.set_note(link, photo, "x" * 2001)
    assert len(Pick.objects.get().note) == 2000


def test_many_notes_are_written_at_once_or_not_at_all(link, gallery):
    first, second = testing.make_photo(gallery), testing.make_photo(gallery)
    with pytest.raises(ValidationError):
        picks.set_notes(link, {first.uuid: "Warmer", second.uuid: "x" * 3000})
    assert not Pick.objects.exists()
    picks.set_notes(link, {first.uuid: "Warmer", second.uuid: "Darker"})
    assert {pick.note for pick in Pick.objects.all()} == {"Warmer", "Darker"}


def test_a_foreign_photo_cannot_be_picked_and_leaves_no_trace(link):
    foreign = testing.make_photo(testing.make_gallery())
    with pytest.raises(Photo.DoesNotExist):
        picks.set_favourite(link, foreign, True)
    assert not Selection.objects.exists()


@pytest.mark.parametrize("hiding", [{"is_hidden": True}, {"is_shown": False}])
def test_a_photo_that_is_not_offered_cannot_be_picked(link, gallery, hiding):
    photo = testing.make_photo(gallery, **hiding)
    with pytest.raises(Photo.DoesNotExist):
        picks.set_favourite(link, photo, True)


def test_a_photo_outside_the_links_sections_cannot_be_picked(gallery):
    ceremony = testing.make_section(gallery)
    link = testing.make_link(gallery, sections=[ceremony])
    with pytest.raises(Photo.DoesNotExist):
        picks.set_favourite(link, testing.make_photo(gallery), True)
    picks.set_favourite(link, testing.make_photo(gallery, section=ceremony), True)


def test_the_hard_maximum_is_kept(link, gallery):
    Gallery.objects.filter(pk=gallery.pk).update(maximum=2)
    for _ in range(2):
        picks.set_favourite(link, testing.make_photo(gallery), True)
    with pytest.raises(LimitExceeded):
        picks.set_favourite(link, testing.make_photo(gallery), True)
    assert favourites(link) == 2


def test_more_than_is_included_can_be_chosen(link, gallery):
    Gallery.objects.filter(pk=gallery.pk).update(included=1)
    for _ in range(2):
        picks.set_favourite(link, testing.make_photo(gallery), True)
    assert favourites(link) == 2


def test_recipients_pick_for_themselves(link, gallery, photo):
    other = testing.make_link(gallery, "Tom")
    picks.set_favourite(link, photo, True)
    picks.set_favourite(other, photo, True)
    picks.set_favourite(link, photo, False)
    assert favourites(other) == 1


@pytest.mark.parametrize("state", [State.SUBMITTED, State.EDITING, State.DELIVERED, State.ARCHIVED])
def test_nothing_is_picked_in_another_state(link, gallery, photo, state):
    Gallery.objects.filter(pk=gallery.pk).update(state=state)
    with pytest.raises(TransitionNotAllowed):
        picks.set_favourite(link, photo, True)
    assert not Pick.objects.exists()


def test_nothing_is_picked_after_sending(link, gallery, photo):
    testing.make_link(gallery, "Tom")
    picks.set_favourite(link, photo, True)
    submission.submit_selection(link)
    with pytest.raises(SelectionClosed):
        picks.set_favourite(link, photo, False)
    assert favourites(link) == 1


def test_a_closed_link_picks_nothing(link, photo):
    links.revoke(link, None)
    with pytest.raises(ShareLink.DoesNotExist):
        picks.set_favourite(link, photo, True)


def test_a_link_that_only_looks_picks_nothing(gallery, photo):
    link = testing.make_link(gallery, may_choose=False)
    with pytest.raises(PermissionDenied):
        picks.set_favourite(link, photo, True)


def test_finished_photos_are_not_picked():
    gallery = testing.make_gallery(kind=Kind.FINISHED)
    with pytest.raises(PermissionDenied):
        picks.set_favourite(testing.make_link(gallery), testing.make_photo(gallery), True)


def test_a_further_round_starts_as_a_copy_and_leaves_the_first_alone(link, gallery, photo):
    picks.set_favourite(link, photo, True)
    picks.set_note(link, photo, "Warmer")
    submission.submit_selection(link)
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)
    picks.set_favourite(link, photo, False)
    first, second = Selection.objects.order_by("round")
    assert (first.picks.get().is_favourite, second.picks.get().is_favourite) == (True, False)
    assert second.picks.get().note == "Warmer"


def test_hidden_photos_are_not_counted(link, gallery, photo):
    selection = picks.set_favourite(link, photo, True)
    assert counts(selection).chosen == 1
    Photo.objects.update(is_hidden=True)
    assert counts(selection).chosen == 0
