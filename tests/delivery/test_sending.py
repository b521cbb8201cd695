"""Delivering: what goes, what does not, and that it happens once whoever asks how often."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.delivery.edits import deliver_as_it_is
from pumbaphoto_wagtail.delivery.matching import match_edits
from pumbaphoto_wagtail.delivery.sending import deliver, what_would_go
from pumbaphoto_wagtail.exceptions import StaleState, TransitionNotAllowed
from pumbaphoto_wagtail.models import (
    Delivery,
    EditStatus,
    FileRole,
    Gallery,
    Kind,
    LinkPurpose,
    Message,
    PhotoFile,
    Stage,
    State,
    StoredFile,
    Transition,
    Verdict,
)
from pumbaphoto_wagtail.notifications import send_message

from ..test_workflow import at_once
from .shoot import arrive, make_many_edits, present, select

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery(db):
    return testing.make_gallery(has_page=False, state=State.EDITING)


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, email="anna@example.com")


def photo(gallery, name="", **fields):
    return testing.make_photo(gallery, name, is_rendered=False, **fields)


def chosen_edit(gallery, link, name="IMG_1.jpg", **fields):
    """The edit of a selected photo."""
    original = photo(gallery, name)
    select(gallery, original, link=link)
    return testing.make_edit(gallery, original, **fields)


def sent(delivery):
    return [item.edit for item in delivery.items.select_related("edit")]


def going(gallery):
    return [planned.edit for planned in what_would_go(gallery).items]


# --- What goes -----------------------------------------------------------------------------------


def test_a_delivery_freezes_what_it_holds(gallery, link):
    edit = chosen_edit(gallery, link)
    delivery = deliver(gallery, actor=gallery.owner, words="Enjoy")
    item = delivery.items.get()
    file = edit.stored_file
    assert (delivery.number, delivery.words, delivery.actor) == (1, "Enjoy", gallery.owner)
    assert (item.edit, item.photo, item.stored_file) == (edit, edit.photo, file)
    assert (item.size, item.crc32, item.sha256) == (file.size, file.crc32, file.sha256)
    assert item.member_name == "IMG_1_edit.jpg"


def test_the_newest_version_of_each_variant_goes(gallery, link):
    first = chosen_edit(gallery, link)
    second = testing.make_edit(gallery, first.photo, version=2)
    mono = testing.make_edit(gallery, first.photo, variant="black_and_white")
    plan = what_would_go(gallery)
    assert [planned.edit for planned in plan.items] == [second, mono]
    assert plan.superseded == 1


def test_an_ignored_version_leaves_the_one_before_as_the_newest(gallery, link):
    first = chosen_edit(gallery, link)
    testing.make_edit(gallery, first.photo, version=2, status=EditStatus.IGNORED)
    assert going(gallery) == [first]


def test_items_come_as_the_gallery_shows_them_and_gifts_last(gallery, link):
    photos = [photo(gallery, f"IMG_{n}.jpg", position=n) for n in (3, 1, 2)]
    select(gallery, *photos, link=link)
    gift = testing.make_edit(gallery)
    for original in photos:
        testing.make_edit(gallery, original, variant="web")
        testing.make_edit(gallery, original)
    edits = going(gallery)
    assert [edit.photo and edit.photo.position for edit in edits] == [1, 1, 2, 2, 3, 3, None]
    assert [edit.variant for edit in edits[:2]] == ["main", "web"]
    assert edits[-1] == gift


def test_two_files_of_one_name_get_names_of_their_own(gallery, link):
    first, second = photo(gallery, "A.jpg"), photo(gallery, "B.jpg")
    select(gallery, first, second, link=link)
    testing.make_edit(gallery, first, name="x.jpg")
    testing.make_edit(gallery, second, name="X.JPG")
    names = deliver(gallery, actor=gallery.owner).items.values_list("member_name", flat=True)
    assert [*names] == ["x.jpg", "X (2).JPG"]


def test_unselected_edits_go_only_when_they_are_ticked(gallery, link):
    edit = chosen_edit(gallery, link)
    extra = testing.make_edit(gallery, photo(gallery, "IMG_2.jpg"))
    plan = what_would_go(gallery)
    assert [planned.edit for planned in plan.items] == [edit]
    assert [planned.edit for planned in plan.unselected] == [extra]
    assert sent(deliver(gallery, actor=gallery.owner)) == [edit]


def test_ticked_unselected_edits_go_too(gallery, link):
    edit = chosen_edit(gallery, link)
    extra = testing.make_edit(gallery, photo(gallery, "IMG_2.jpg"))
    delivery = deliver(gallery, actor=gallery.owner, include_unselected=True)
    assert sent(delivery) == [edit, extra]


def test_only_unselected_edits_are_something_to_deliver_once_they_are_ticked(gallery):
    extra = testing.make_edit(gallery, photo(gallery, "IMG_2.jpg"))
    with pytest.raises(TransitionNotAllowed, match="nothing to deliver"):
        deliver(gallery, actor=gallery.owner)
    assert sent(deliver(gallery, actor=gallery.owner, include_unselected=True)) == [extra]


def test_an_unselected_edit_kept_as_it_is_goes_by_itself(gallery, link):
    extra = testing.make_edit(gallery, photo(gallery, "IMG_2.jpg"))
    deliver_as_it_is(extra, actor=gallery.owner)
    assert going(gallery) == [extra]


def test_an_undecided_edit_is_named_and_does_not_go(gallery, link):
    chosen_edit(gallery, link)
    undecided = arrive(gallery, "unknown.jpg")
    match_edits(gallery.pk)
    plan = what_would_go(gallery)
    assert plan.undecided == (undecided,)
    assert undecided not in sent(deliver(gallery, actor=gallery.owner))


def test_selected_photos_without_an_edit_are_named(gallery, link):
    missing, edited = photo(gallery, "IMG_1.jpg"), photo(gallery, "IMG_2.jpg")
    select(gallery, missing, edited, link=link)
    testing.make_edit(gallery, edited)
    assert what_would_go(gallery).missing == (missing,)


@pytest.mark.parametrize(
    "trouble",
    [
        {"stage": Stage.RENDERING},
        {"stage": Stage.MISSING},
        {"stage": Stage.INFECTED, "verdict": Verdict.INFECTED},
        {"stage": Stage.FAILED, "verdict": Verdict.NONE},
    ],
)
def test_a_file_that_is_not_ready_is_held_back_and_named(gallery, link, trouble):
    edit = chosen_edit(gallery, link)
    StoredFile.objects.filter(pk=edit.stored_file.pk).update(**trouble)
    plan = what_would_go(gallery)
    assert plan.items == ()
    assert [planned.edit for planned in plan.held_back] == [edit]
    with pytest.raises(TransitionNotAllowed):
        deliver(gallery, actor=gallery.owner)


def test_an_older_version_does_not_stand_in_for_one_that_is_not_ready(gallery, link):
    first = chosen_edit(gallery, link)
    second = testing.make_edit(gallery, first.photo, version=2)
    StoredFile.objects.filter(pk=second.stored_file.pk).update(stage=Stage.RENDERING)
    assert going(gallery) == []


def test_edits_of_hidden_photos_are_held_back(gallery, link):
    edit = chosen_edit(gallery, link)
    edit.photo.is_hidden = True
    edit.photo.save()
    plan = what_would_go(gallery)
    assert (plan.items, [planned.edit for planned in plan.held_back]) == ((), [edit])


def test_the_plan_tells_its_size(gallery, link):
    edit = chosen_edit(gallery, link)
    assert what_would_go(gallery).size == edit.stored_file.size


# --- The guards ----------------------------------------------------------------------------------

REFUSALS = {
    State.ACTIVE: "has not sent a selection",
    State.SUBMITTED: "Start editing",
    State.ARCHIVED: "archived",
}


@pytest.mark.parametrize("state", REFUSALS)
def test_delivering_is_refused_in_words(gallery, link, state):
    chosen_edit(gallery, link)
    Gallery.objects.update(state=state)
    gallery.refresh_from_db()
    with pytest.raises(TransitionNotAllowed, match=REFUSALS[state]):
        deliver(gallery, actor=gallery.owner)
    assert REFUSALS[state] in what_would_go(gallery).refusal
    assert not Delivery.objects.exists()
    assert not Message.objects.exists()


def test_nothing_is_no_delivery(gallery):
    with pytest.raises(TransitionNotAllowed, match="nothing to deliver"):
        deliver(gallery, actor=gallery.owner)


def test_a_plan_that_can_be_sent_has_no_refusal(gallery, link):
    chosen_edit(gallery, link)
    assert what_would_go(gallery).refusal == ""


def test_a_stale_form_is_refused_with_the_present_state(gallery, link):
    chosen_edit(gallery, link)
    stale = Gallery.objects.get(pk=gallery.pk)
    Gallery.objects.update(state=State.ACTIVE)
    with pytest.raises(StaleState, match="has not sent"):
        deliver(stale, actor=gallery.owner)


def test_the_state_that_was_shown_can_be_told_apart_from_the_row_s(gallery, link):
    chosen_edit(gallery, link)
    with pytest.raises(StaleState):
        deliver(gallery, actor=gallery.owner, expected_state=State.DELIVERED)


# --- What follows --------------------------------------------------------------------------------


def test_a_delivery_moves_the_gallery_and_is_logged(gallery, link):
    chosen_edit(gallery, link)
    delivery = deliver(gallery, actor=gallery.owner)
    assert gallery.state == present(gallery).state == State.DELIVERED
    entry = ModelLogEntry.objects.for_instance(gallery).get(action="pumbaphoto.deliver")
    assert (entry.data["number"], entry.data["files"]) == (1, 1)
    assert (entry.data["delivery"], entry.user) == (delivery.pk, gallery.owner)


def test_every_link_with_an_address_gets_one_mail(gallery, link):
    family = testing.make_link(gallery, "Mum", email="mum@example.com", decides=False)
    testing.make_link(gallery, "Silent")
    chosen_edit(gallery, link)
    delivery = deliver(gallery, actor=gallery.owner)
    messages = Message.objects.filter(delivery=delivery, kind="delivered")
    assert {message.share_link for message in messages} == {link, family}
    assert all(message.transition for message in messages)


def test_the_mail_can_be_sent(gallery, link):
    chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner, words="With love")
    assert send_message(Message.objects.get().pk)
    assert mail.outbox[0].to == ["anna@example.com"]
    assert "With love" in mail.outbox[0].body


def test_closed_links_hear_nothing_and_stay_closed(gallery, link):
    revoked = testing.make_link(gallery, email="ex@example.com")
    expired = testing.make_link(gallery, email="late@example.com")
    now = timezone.now()
    type(link).objects.filter(pk=revoked.pk).update(revoked_at=now)
    type(link).objects.filter(pk=expired.pk).update(expires_at=now)
    chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    assert Message.objects.get().share_link == link
    expired.refresh_from_db()
    assert expired.expires_at == now


def test_a_link_limited_to_another_section_hears_nothing(gallery, link):
    other = testing.make_section(gallery, "Party")
    testing.make_link(gallery, email="party@example.com", decides=False, sections=[other])
    chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    assert Message.objects.get().share_link == link


def test_client_links_last_a_year_from_the_delivery(gallery, link):
    chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    link.refresh_from_db()
    assert abs(link.expires_at - timezone.now() - timedelta(days=365)) < timedelta(minutes=1)


def test_a_link_that_lasts_longer_or_for_ever_is_not_shortened(gallery, link):
    later = timezone.now() + timedelta(days=1000)
    for_ever = testing.make_link(gallery)
    type(link).objects.filter(pk=link.pk).update(expires_at=later)
    type(link).objects.filter(pk=for_ever.pk).update(expires_at=None)
    chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    link.refresh_from_db()
    for_ever.refresh_from_db()
    assert (link.expires_at, for_ever.expires_at) == (later, None)


def test_only_clients_links_last_longer(gallery, link):
    guests = testing.make_link(gallery, purpose=LinkPurpose.PARTY, decides=False)
    chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    expiry = guests.expires_at
    guests.refresh_from_db()
    assert guests.expires_at == expiry


# --- Once more -----------------------------------------------------------------------------------


def test_a_second_delivery_holds_only_what_is_new(gallery, link):
    first = chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    second = testing.make_edit(gallery, first.photo, version=2)
    delivery = deliver(gallery, actor=gallery.owner)
    assert (delivery.number, sent(delivery)) == (2, [second])
    assert present(gallery).state == State.DELIVERED
    assert Transition.objects.filter(gallery=gallery).count() == 1
    assert Message.objects.filter(delivery=delivery).count() == 1


def test_a_newer_version_is_seen_only_once_it_is_delivered(gallery, link):
    """F52: what was delivered stays until then, and its bytes afterwards."""
    first = chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    second = testing.make_edit(gallery, first.photo, version=2)
    viewer = access.Viewer(links=(link,))

    def seen():
        return [item.edit for item in access.items_visible_to(viewer, present(gallery))]

    assert seen() == [first]
    deliver(gallery, actor=gallery.owner)
    assert seen() == [second]
    assert StoredFile.objects.filter(pk=first.stored_file.pk).exists()


def test_what_was_delivered_is_not_delivered_again(gallery, link):
    chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    plan = what_would_go(gallery)
    assert (plan.items, plan.delivered) == ((), 1)
    with pytest.raises(TransitionNotAllowed, match="delivered already"):
        deliver(gallery, actor=gallery.owner)


def test_after_a_revision_the_gallery_is_delivered_by_a_step(gallery, link):
    first = chosen_edit(gallery, link)
    deliver(gallery, actor=gallery.owner)
    Gallery.objects.update(state=State.EDITING)
    gallery.refresh_from_db()
    testing.make_edit(gallery, first.photo, version=2)
    deliver(gallery, actor=gallery.owner)
    assert Transition.objects.filter(gallery=gallery).count() == 2


def shoot_to_deliver():
    gallery = testing.make_gallery(has_page=False, state=State.EDITING)
    link = testing.make_link(gallery, email="anna@example.com")
    chosen_edit(gallery, link)
    return gallery


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_twenty_that_deliver_at_once_one_does():
    """F50: one delivery, one mail; the others learn that it is done."""
    gallery = shoot_to_deliver()
    stale = [Gallery.objects.get(pk=gallery.pk) for _ in range(20)]
    results = at_once(lambda: deliver(stale.pop(), actor=gallery.owner))
    assert sum(isinstance(result, Delivery) for result in results) == 1, results
    assert sum(isinstance(result, StaleState) for result in results) == 19, results
    assert Message.objects.filter(kind="delivered").count() == 1
    assert Transition.objects.filter(gallery=gallery).count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_twenty_further_deliveries_at_once_one_is_made():
    gallery = shoot_to_deliver()
    deliver(gallery, actor=gallery.owner)
    testing.make_edit(gallery, gallery.photos.get(), version=2)
    results = at_once(lambda: deliver(present(gallery), actor=gallery.owner))
    assert sum(isinstance(result, Delivery) for result in results) == 1, results
    assert sum(isinstance(result, TransitionNotAllowed) for result in results) == 19, results
    assert Message.objects.filter(kind="delivered").count() == 2


# --- Finished photos -----------------------------------------------------------------------------


@pytest.fixture
def finished(db):
    return testing.make_gallery(has_page=False, kind=Kind.FINISHED)


def test_finished_photos_are_delivered_without_edits(finished):
    testing.make_link(finished, email="anna@example.com")
    original = photo(finished, "IMG_1.jpg")
    delivery = deliver(finished, actor=finished.owner)
    item = delivery.items.get()
    assert (item.photo, item.edit, item.stored_file) == (original, None, original.picture)
    assert present(finished).state == State.DELIVERED
    assert Message.objects.get().delivery == delivery


def test_of_a_finished_photo_the_picture_goes_and_never_the_raw(finished):
    original = photo(finished, "IMG_1.jpg")
    raw = testing.make_stored_file(b"raw", original_name="IMG_1.CR2")
    PhotoFile.objects.create(photo=original, stored_file=raw, role=FileRole.RAW)
    only_raw = photo(finished, "IMG_2.CR2")
    only_raw.files.update(role=FileRole.RAW)
    plan = what_would_go(finished)
    assert [planned.file for planned in plan.items] == [original.picture]
    assert plan.missing == (only_raw,)


def test_only_shown_photos_and_current_files_go(finished):
    original = photo(finished, "IMG_1.jpg")
    old = testing.make_stored_file(original_name="IMG_1.jpg")
    PhotoFile.objects.create(
        photo=original, stored_file=old, role=FileRole.PICTURE, version=2, is_current=False
    )
    photo(finished, "IMG_2.jpg", is_shown=False)
    hidden = photo(finished, "IMG_3.jpg", is_hidden=True)
    plan = what_would_go(finished)
    assert [planned.photo for planned in plan.items] == [original]
    assert [planned.photo for planned in plan.held_back] == [hidden]


def test_photos_that_come_later_are_a_further_delivery(finished):
    photo(finished, "IMG_1.jpg")
    deliver(finished, actor=finished.owner)
    later = photo(finished, "IMG_2.jpg")
    delivery = deliver(finished, actor=finished.owner)
    assert [item.photo for item in delivery.items.all()] == [later]


def test_an_edit_of_a_finished_photo_goes_beside_it(finished):
    original = photo(finished, "IMG_1.jpg")
    edit = testing.make_edit(finished, original, variant="black_and_white")
    plan = what_would_go(finished)
    assert [(planned.photo, planned.edit) for planned in plan.items] == [
        (original, None),
        (original, edit),
    ]


# --- Large shoots --------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_edits(
    gallery, link, django_assert_max_num_queries, django_assert_num_queries
):
    few = testing.make_many_photos(gallery, 2)
    selection = select(gallery, *few, link=link)
    make_many_edits(gallery, few)
    with django_assert_max_num_queries(9) as queries:
        assert len(what_would_go(gallery).items) == 2
    many = testing.make_many_photos(gallery, 60)
    make_many_edits(gallery, many)
    selection.picks.model.objects.bulk_create(
        selection.picks.model(
            selection=selection, photo=original, is_favourite=True, picked_at=timezone.now()
        )
        for original in many
    )
    with django_assert_num_queries(len(queries)):
        assert len(what_would_go(gallery).items) == 62
