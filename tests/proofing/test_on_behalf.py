"""Choosing and sending for a client: their own selection, in the photographer's hands."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.exceptions import SelectionClosed, TransitionNotAllowed
from pumbaphoto_wagtail.models import Message, MessageKind, SelectionList, State
from pumbaphoto_wagtail.proofing import links, on_behalf, picks, submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria(gallery):
    return gallery.owner


@pytest.fixture
def photos(gallery):
    return [testing.make_photo(gallery) for _number in range(4)]


@pytest.fixture
def chosen(link, photos, maria):
    on_behalf.change_picks(link, actor=maria, take=[photos[0].uuid, photos[1].uuid])
    return link


def hearts(link, list_name=SelectionList.TO_EDIT):
    selection = link.selections.filter(list=list_name).order_by("-round").first()
    return (
        {pick.photo for pick in selection.picks.filter(is_favourite=True)} if selection else set()
    )


def logged(gallery, action):
    return ModelLogEntry.objects.filter(action=action, object_id=str(gallery.pk)).count()


class TestChoosing:
    def test_photos_are_taken_and_taken_out(self, link, photos, maria):
        first = on_behalf.change_picks(link, actor=maria, take=[photo.uuid for photo in photos[:3]])
        then = on_behalf.change_picks(link, actor=maria, remove=[photos[0].uuid])

        assert hearts(link) == {*photos[1:3]}
        assert (first.added, then.removed) == (3, 1)

    def test_twice_does_it_once(self, gallery, chosen, photos, maria):
        changes = on_behalf.change_picks(chosen, actor=maria, take=[photos[0].uuid])

        assert changes.is_empty
        assert logged(gallery, "pumbaphoto.choose_for") == 1

    def test_notes_are_written_and_keep_their_photo_without_a_heart(self, chosen, photos, maria):
        on_behalf.change_picks(
            chosen, actor=maria, notes={photos[0].uuid: "darker", photos[3].uuid: "not this one"}
        )
        on_behalf.change_picks(chosen, actor=maria, remove=[photos[0].uuid])

        selection = chosen.selections.get()
        assert hearts(chosen) == {photos[1]}
        assert {pick.photo: pick.note for pick in selection.picks.exclude(note="")} == {
            photos[0]: "darker",
            photos[3]: "not this one",
        }

    def test_nothing_that_says_nothing_stays(self, chosen, photos, maria):
        on_behalf.change_picks(chosen, actor=maria, notes={photos[0].uuid: "darker"})
        on_behalf.change_picks(
            chosen, actor=maria, remove=[photos[0].uuid], notes={photos[0].uuid: " "}
        )

        assert not chosen.selections.get().picks.filter(photo=photos[0]).exists()

    def test_a_note_that_is_too_long_changes_nothing(self, chosen, photos, maria):
        with pytest.raises(ValidationError):
            on_behalf.change_picks(
                chosen, actor=maria, take=[photos[3].uuid], notes={photos[0].uuid: "x" * 100_000}
            )

        assert hearts(chosen) == {*photos[:2]}

    def test_what_the_client_is_not_shown_is_left_out_and_counted(self, link, photos, maria):
        type(photos[0]).objects.filter(pk=photos[0].pk).update(is_hidden=True)
        other = testing.make_photo(testing.make_gallery("Other"))

        changes = on_behalf.change_picks(
            link, actor=maria, take=[photos[0].uuid, photos[1].uuid, other.uuid]
        )

        assert (changes.added, changes.left_out) == (1, 2)
        assert hearts(link) == {photos[1]}

    def test_the_maximum_binds_clients_only(self, gallery, link, photos, maria):
        gallery.maximum = 1
        gallery.save()

        on_behalf.change_picks(link, actor=maria, take=[photo.uuid for photo in photos[:3]])

        assert len(hearts(link)) == 3

    def test_the_client_goes_on_from_there(self, chosen, photos):
        picks.set_favourite(chosen, photos[0], False)

        assert hearts(chosen) == {photos[1]}

    def test_a_further_list_is_a_selection_of_its_own(self, gallery, chosen, photos, maria):
        gallery.lists = [SelectionList.ALBUM]
        gallery.save()

        on_behalf.change_picks(
            chosen, actor=maria, list_name=SelectionList.ALBUM, take=[photos[3].uuid]
        )

        assert hearts(chosen, SelectionList.ALBUM) == {photos[3]}
        assert hearts(chosen) == {*photos[:2]}

    def test_a_list_that_is_not_open_is_refused(self, chosen, photos, maria):
        with pytest.raises(TransitionNotAllowed):
            on_behalf.change_picks(
                chosen, actor=maria, list_name=SelectionList.PRINTS, take=[photos[0].uuid]
            )

    @pytest.mark.parametrize("state", [State.SUBMITTED, State.EDITING, State.ARCHIVED])
    def test_in_another_state_it_says_why_not(self, state, gallery, link, photos, maria):
        gallery.state = state
        gallery.save()

        with pytest.raises(TransitionNotAllowed):
            on_behalf.change_picks(link, actor=maria, take=[photos[0].uuid])

        assert not link.selections.exists()

    def test_a_closed_link_is_told(self, link, photos, maria):
        links.revoke(link, maria)

        with pytest.raises(TransitionNotAllowed, match="closed"):
            on_behalf.change_picks(link, actor=maria, take=[photos[0].uuid])

    def test_a_sent_selection_stays(self, chosen, photos, maria):
        submission.submit_selection(chosen)

        with pytest.raises(SelectionClosed):
            on_behalf.change_picks(chosen, actor=maria, take=[photos[3].uuid])

        assert hearts(chosen) == {*photos[:2]}


class TestSending:
    def test_moves_the_gallery_as_the_client_would_have(self, gallery, chosen, maria):
        selection = on_behalf.submit_for(chosen, actor=maria)

        gallery.refresh_from_db()
        assert (selection.submitted_by, gallery.state) == (maria, State.SUBMITTED)
        step = gallery.transitions.get()
        assert (step.actor, step.share_link) == (maria, chosen)

    def test_twice_does_it_once(self, gallery, chosen, maria):
        first = on_behalf.submit_for(chosen, actor=maria, is_receipt_mailed=True)
        second = on_behalf.submit_for(chosen, actor=maria, is_receipt_mailed=True)

        assert first.submitted_at == second.submitted_at
        assert gallery.transitions.count() == 1
        assert Message.objects.count() == 1
        assert logged(gallery, "pumbaphoto.send_selection_for") == 1

    def test_waits_for_the_others(self, gallery, chosen, maria):
        testing.make_link(gallery, "Tom")

        on_behalf.submit_for(chosen, actor=maria)

        gallery.refresh_from_db()
        assert gallery.state == State.ACTIVE

    def test_a_suggestion_moves_nothing(self, gallery, photos, maria):
        aunt = testing.make_link(gallery, "Gerda", decides=False)
        on_behalf.change_picks(aunt, actor=maria, take=[photos[0].uuid])

        on_behalf.submit_for(aunt, actor=maria)

        gallery.refresh_from_db()
        assert gallery.state == State.ACTIVE

    @pytest.mark.parametrize("limits", [{"minimum": 3}, {"maximum": 1}])
    def test_the_photographer_may_pass_the_limits(self, limits, gallery, chosen, maria):
        type(gallery).objects.update(**limits)

        on_behalf.submit_for(chosen, actor=maria)

        assert chosen.selections.get().is_submitted

    def test_an_empty_selection_is_not_sent(self, gallery, link, maria):
        with pytest.raises(TransitionNotAllowed, match="Nothing is chosen"):
            on_behalf.submit_for(link, actor=maria)

        assert not link.selections.exists()

    @pytest.mark.parametrize(("ticked", "kinds"), [(False, []), (True, [MessageKind.RECEIPT])])
    def test_the_receipt_is_mailed_only_if_ticked(self, ticked, kinds, chosen, maria):
        on_behalf.submit_for(chosen, actor=maria, is_receipt_mailed=ticked)

        assert [*Message.objects.values_list("kind", flat=True)] == kinds

    def test_the_client_cannot_take_it_back(self, chosen, maria):
        on_behalf.submit_for(chosen, actor=maria)

        with pytest.raises(TransitionNotAllowed):
            submission.take_back(chosen)

    def test_a_further_list_moves_nothing(self, gallery, chosen, photos, maria):
        gallery.lists = [SelectionList.ALBUM]
        gallery.save()
        album = {"list_name": SelectionList.ALBUM}
        on_behalf.change_picks(chosen, actor=maria, take=[photos[3].uuid], **album)

        sent = on_behalf.submit_for(chosen, actor=maria, **album)

        gallery.refresh_from_db()
        assert (sent.list, gallery.state) == (SelectionList.ALBUM, State.ACTIVE)
        assert not chosen.selections.get(list=SelectionList.TO_EDIT).is_submitted

    def test_a_closed_link_is_told(self, chosen, maria):
        type(chosen).objects.update(expires_at=timezone.now())

        with pytest.raises(TransitionNotAllowed, match="closed"):
            on_behalf.submit_for(chosen, actor=maria)


class TestALinkForSomebody:
    def test_is_made_and_sent_to_nobody(self, gallery, maria):
        anna = testing.make_client("Anna Smith")

        link = on_behalf.link_for(gallery, actor=maria, recipient=anna.name, client=anna)

        assert (link.client, link.email, link.decides) == (anna, "anna@example.com", True)
        assert not Message.objects.exists()

    def test_twice_is_one(self, gallery, maria):
        first = on_behalf.link_for(gallery, actor=maria, recipient="Tom")
        second = on_behalf.link_for(gallery, actor=maria, recipient="tom")

        assert first == second
        assert gallery.share_links.count() == 1

    def test_one_that_opens_nothing_any_more_is_not_taken(self, gallery, maria):
        first = on_behalf.link_for(gallery, actor=maria, recipient="Tom")
        links.revoke(first, maria)

        assert on_behalf.link_for(gallery, actor=maria, recipient="Tom") != first
