from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing, workflow
from pumbaphoto_wagtail.exceptions import SelectionClosed, StaleState, TransitionNotAllowed
from pumbaphoto_wagtail.models import (
    Edit,
    EditStatus,
    Gallery,
    Message,
    MessageKind,
    Photo,
    Pick,
    Selection,
    State,
    Transition,
)
from pumbaphoto_wagtail.proofing import links, picks, submission
from pumbaphoto_wagtail.proofing.sheet import sheet_of

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


@pytest.fixture
def chosen(link, gallery):
    """A link with two hearts."""
    for _ in range(2):
        picks.set_favourite(link, testing.make_photo(gallery), True)
    return link


def state_of(gallery):
    gallery.refresh_from_db()
    return gallery.state


def test_sending_freezes_the_selection_and_moves_the_gallery_on(chosen, gallery):
    selection = submission.submit_selection(chosen)
    assert selection.submitted_at is not None
    assert state_of(gallery) == State.SUBMITTED
    step = Transition.objects.get()
    assert (step.share_link, step.actor) == (chosen, None)


def test_both_sides_get_a_mail(chosen, gallery):
    submission.submit_selection(chosen)
    to_photographer = Message.objects.get(kind=MessageKind.SELECTION_SUBMITTED)
    receipt = Message.objects.get(kind=MessageKind.RECEIPT)
    assert to_photographer.recipient == gallery.owner
    assert receipt.share_link == chosen


def test_without_an_address_there_is_no_receipt(gallery):
    link = testing.make_link(gallery, "Tom")
    picks.set_favourite(link, testing.make_photo(gallery), True)
    submission.submit_selection(link)
    assert not Message.objects.filter(kind=MessageKind.RECEIPT).exists()


def test_sending_is_logged_with_who_and_how_many(chosen):
    submission.submit_selection(chosen)
    entry = ModelLogEntry.objects.get(action="pumbaphoto.send_selection")
    assert (entry.data["recipient"], entry.data["favourites"]) == ("Anna", 2)


def test_a_second_sending_is_told_when_the_first_was(chosen):
    submission.submit_selection(chosen)
    with pytest.raises(SelectionClosed, match="sent already, on"):
        submission.submit_selection(chosen)
    assert Message.objects.filter(kind=MessageKind.SELECTION_SUBMITTED).count() == 1


def test_nothing_chosen_is_nothing_to_send(link):
    with pytest.raises(TransitionNotAllowed):
        submission.submit_selection(link)
    assert not Message.objects.exists()


def test_notes_alone_can_be_sent(link, gallery):
    picks.set_note(link, testing.make_photo(gallery), "Please not Aunt Gerda")
    assert submission.submit_selection(link).is_submitted


def test_too_few_cannot_be_sent(chosen, gallery):
    Gallery.objects.update(minimum=3)
    with pytest.raises(TransitionNotAllowed, match="choose 1 more"):
        submission.submit_selection(chosen)
    assert state_of(gallery) == State.ACTIVE


def test_photos_hidden_meanwhile_do_not_make_up_the_minimum(chosen, gallery):
    Gallery.objects.update(minimum=2)
    Photo.objects.filter(pk=Photo.objects.first().pk).update(is_hidden=True)
    with pytest.raises(TransitionNotAllowed):
        submission.submit_selection(chosen)


def test_a_limit_lowered_meanwhile_is_kept(chosen, gallery):
    Gallery.objects.update(maximum=1)
    with pytest.raises(TransitionNotAllowed, match="1 too many"):
        submission.submit_selection(chosen)


@pytest.mark.parametrize("state", [State.EDITING, State.DELIVERED, State.ARCHIVED])
def test_nothing_is_sent_in_another_state(chosen, gallery, state):
    Gallery.objects.filter(pk=gallery.pk).update(state=state)
    with pytest.raises(TransitionNotAllowed):
        submission.submit_selection(chosen)
    assert not Selection.objects.get().is_submitted


def test_the_gallery_waits_for_every_deciding_link(chosen, gallery):
    partner = testing.make_link(gallery, "Tom")
    submission.submit_selection(chosen)
    assert state_of(gallery) == State.ACTIVE
    picks.set_favourite(partner, testing.make_photo(gallery), True)
    submission.submit_selection(partner)
    assert state_of(gallery) == State.SUBMITTED


def test_the_gallery_does_not_wait_for_a_closed_link(chosen, gallery):
    links.revoke(testing.make_link(gallery, "Tom"), gallery.owner)
    submission.submit_selection(chosen)
    assert state_of(gallery) == State.SUBMITTED


@pytest.mark.parametrize("fields", [{"decides": False}, {"may_choose": False}])
def test_the_gallery_does_not_wait_for_suggestions_or_lookers(chosen, gallery, fields):
    testing.make_link(gallery, "Grandmother", **fields)
    submission.submit_selection(chosen)
    assert state_of(gallery) == State.SUBMITTED


def test_a_suggestion_moves_nothing_but_reaches_the_photographer(gallery):
    family = testing.make_link(gallery, "Grandmother", decides=False)
    picks.set_favourite(family, testing.make_photo(gallery), True)
    submission.submit_selection(family)
    assert state_of(gallery) == State.ACTIVE
    assert Message.objects.filter(kind=MessageKind.SELECTION_SUBMITTED).exists()


def test_taking_back_opens_the_selection_and_the_gallery(chosen, gallery):
    submission.submit_selection(chosen)
    submission.take_back(chosen)
    assert state_of(gallery) == State.ACTIVE
    assert gallery.round == 1
    picks.set_favourite(chosen, testing.make_photo(gallery), True)
    assert Pick.objects.count() == 3


def test_taking_back_calls_back_the_mails_that_have_not_left(chosen):
    submission.submit_selection(chosen)
    submission.take_back(chosen)
    assert not Message.objects.exists()


def test_sent_taken_back_and_sent_again_is_reported_again(chosen):
    submission.submit_selection(chosen)
    Message.objects.update(sent_at="2026-01-01T00:00Z")
    submission.take_back(chosen)
    submission.submit_selection(chosen)
    assert Message.objects.filter(kind=MessageKind.SELECTION_SUBMITTED).count() == 2


def test_what_the_photographer_has_opened_cannot_be_taken_back(chosen, gallery):
    submission.submit_selection(chosen)
    Selection.objects.update(opened_at="2026-01-01T00:00Z")
    with pytest.raises(TransitionNotAllowed):
        submission.take_back(chosen)
    assert state_of(gallery) == State.SUBMITTED


def test_nothing_is_taken_back_while_it_is_edited(chosen, gallery):
    submission.submit_selection(chosen)
    gallery.refresh_from_db()
    workflow.start_editing(gallery, actor=gallery.owner)
    with pytest.raises(TransitionNotAllowed):
        submission.take_back(chosen)


def test_what_was_not_sent_cannot_be_taken_back(chosen):
    with pytest.raises(TransitionNotAllowed):
        submission.take_back(chosen)


def test_closing_the_round_takes_what_the_deciding_links_have_picked(chosen, gallery):
    family = testing.make_link(gallery, "Grandmother", decides=False)
    picks.set_favourite(family, testing.make_photo(gallery), True)
    submission.close_round(gallery, gallery.owner)
    assert gallery.state == State.SUBMITTED
    taken = Selection.objects.get(share_link=chosen)
    assert (taken.is_submitted, taken.submitted_by) == (True, gallery.owner)
    assert not Selection.objects.get(share_link=family).is_submitted


def test_the_client_cannot_take_back_a_round_that_the_photographer_closed(chosen, gallery):
    submission.close_round(gallery, gallery.owner)
    with pytest.raises(TransitionNotAllowed):
        submission.take_back(chosen)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_twenty_sendings_at_once_one_wins_and_owes_one_mail():
    gallery = testing.make_gallery()
    link = testing.make_link(gallery, email="anna@example.com")
    picks.set_favourite(link, testing.make_photo(gallery), True)

    def send(_):
        try:
            submission.submit_selection(link)
        except SelectionClosed as error:
            return str(error)
        finally:
            connection.close()
        return "won"

    with ThreadPoolExecutor(20) as pool:
        answers = [*pool.map(send, range(20))]
    assert answers.count("won") == 1
    assert sum("sent already" in answer for answer in answers) == 19
    assert Transition.objects.count() == 1
    assert Message.objects.filter(kind=MessageKind.SELECTION_SUBMITTED).count() == 1
    assert Message.objects.filter(kind=MessageKind.RECEIPT).count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_twenty_hearts_at_once_no_more_than_the_maximum_are_given():
    gallery = testing.make_gallery(maximum=5)
    link = testing.make_link(gallery)
    photos = testing.make_many_photos(gallery, 20)

    def give(photo):
        try:
            picks.set_favourite(link, photo, True)
        except picks.LimitExceeded:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(20) as pool:
        given = sum(pool.map(give, photos))
    assert given == Pick.objects.filter(is_favourite=True).count() == 5


def test_what_is_sent_taken_back_or_closed_says_anew_which_edits_were_selected(chosen, gallery):
    picked, unpicked = Photo.objects.filter(gallery=gallery).first(), testing.make_photo(gallery)
    of_picked = testing.make_edit(gallery, picked, status=EditStatus.UNSELECTED)
    of_unpicked = testing.make_edit(gallery, unpicked, status=EditStatus.MATCHED)

    def statuses():
        return [Edit.objects.get(pk=edit.pk).status for edit in (of_picked, of_unpicked)]

    submission.submit_selection(chosen)
    assert statuses() == [EditStatus.MATCHED, EditStatus.UNSELECTED]
    submission.take_back(chosen)
    picks.set_favourite(chosen, picked, False)
    picks.set_favourite(chosen, unpicked, True)
    gallery.refresh_from_db()
    submission.close_round(gallery, gallery.owner)
    assert statuses() == [EditStatus.UNSELECTED, EditStatus.MATCHED]


# --- What is sent is what stood there ------------------------------------------------------------


def test_photos_hidden_meanwhile_are_not_sent_and_their_names_are_logged(chosen, gallery):
    hidden = Photo.objects.first()
    Photo.objects.filter(pk=hidden.pk).update(is_hidden=True)
    selection = submission.submit_selection(chosen)
    assert selection.picks.count() == 1
    assert not selection.picks.filter(photo=hidden).exists()
    entry = ModelLogEntry.objects.get(action="pumbaphoto.send_selection")
    assert entry.data["left_out"] == [hidden.name]


def test_nothing_but_hidden_photos_is_nothing_to_send(chosen):
    Photo.objects.update(is_hidden=True)
    with pytest.raises(TransitionNotAllowed):
        submission.submit_selection(chosen)
    assert Pick.objects.count() == 2


def test_what_changed_since_it_was_seen_is_looked_at_once_more(chosen, gallery):
    seen = sheet_of(chosen, gallery).mark
    submission.require_unchanged(chosen, "to_edit", seen=seen)
    submission.require_unchanged(chosen, "to_edit", seen="")
    picks.set_favourite(chosen, testing.make_photo(gallery), True)
    with pytest.raises(StaleState):
        submission.require_unchanged(chosen, "to_edit", seen=seen)


def test_a_second_round_that_nobody_touched_is_sent_as_the_first_was(chosen, gallery):
    submission.submit_selection(chosen)
    gallery.refresh_from_db()
    workflow.reopen(gallery, actor=gallery.owner)
    assert submission.submit_selection(chosen).picks.count() == 2


# --- Several recipients --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_three_links_sending_at_once_move_the_gallery_once_and_the_suggestion_moves_nothing():
    gallery = testing.make_gallery()
    anna, tom = testing.make_link(gallery), testing.make_link(gallery, "Tom")
    family = testing.make_link(gallery, "Grandmother", decides=False)
    photos = testing.make_many_photos(gallery, 3)
    for link, photo in zip((anna, tom, family), photos, strict=True):
        picks.set_favourite(link, photo, True)

    def send(link):
        try:
            return submission.submit_selection(link).pk
        except (SelectionClosed, TransitionNotAllowed):
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        sent = [*pool.map(send, [family, anna, tom] * 4)]
    assert state_of(gallery) == State.SUBMITTED
    step = Transition.objects.get()
    assert step.share_link in (anna, tom)
    deciding = Selection.objects.filter(share_link__in=(anna, tom))
    assert all(selection.is_submitted for selection in deciding)
    assert {pick.photo for pick in Pick.objects.filter(selection__share_link=anna)} == {photos[0]}
    # The suggestion was sent before the choice was made, or came too late; never twice.
    reported = Message.objects.filter(kind=MessageKind.SELECTION_SUBMITTED).count()
    assert reported == Selection.objects.filter(submitted_at__isnull=False).count()
    assert len([pk for pk in sent if pk]) == reported


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_sending_and_taking_back_at_once_leave_a_state_that_agrees_with_the_selection():
    gallery = testing.make_gallery()
    link = testing.make_link(gallery)
    picks.set_favourite(link, testing.make_photo(gallery), True)

    def act(number):
        try:
            (submission.take_back if number % 2 else submission.submit_selection)(link)
        except (SelectionClosed, TransitionNotAllowed):
            return
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        [*pool.map(act, range(20))]
    is_sent = Selection.objects.get().is_submitted
    assert state_of(gallery) == (State.SUBMITTED if is_sent else State.ACTIVE)
