"""What is done to photos from the grid: what changes, what is told, and taking it back."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.admin.photo_acts import ACTS, undo
from pumbaphoto_wagtail.exceptions import StaleState, TransitionNotAllowed
from pumbaphoto_wagtail.models import (
    AccessPolicy,
    Delivery,
    DeliveryItem,
    Message,
    MessageKind,
    Photo,
    PhotoFile,
    Pick,
    State,
    Visibility,
)
from pumbaphoto_wagtail.viewers import Viewer


@pytest.fixture
def act(gallery, studios):
    """Do an act to photos of the gallery as its photographer."""

    def do(name, photos=None, data=None, actor=studios.maria):
        wanted = Photo.objects.all()
        if photos is not None:
            wanted = wanted.filter(pk__in=[photo.pk for photo in photos])
        return ACTS[name].run(gallery, wanted, actor, data or {})

    return do


def deliver(photo):
    delivery = Delivery.objects.create(gallery=photo.gallery, number=1)
    return DeliveryItem.objects.create(
        delivery=delivery,
        stored_file=photo.picture,
        photo=photo,
        member_name=photo.name,
        size=1,
        position=1,
        crc32=0,
    )


def hidden(gallery):
    return [photo.name for photo in gallery.photos.in_order() if photo.is_hidden]


def kept(gallery):
    return [photo.name for photo in gallery.photos.kept().in_order()]


# --- Hiding --------------------------------------------------------------------------------------


def test_hidden_photos_can_be_taken_back(act, gallery, photos, studios):
    done = act("hide", photos[:2])

    assert (done.changed, hidden(gallery)) == (2, ["IMG_0001.jpg", "IMG_0002.jpg"])
    assert done.message == "2 photos are hidden from clients."
    assert undo(gallery, done.undo, studios.maria).changed == 2
    assert hidden(gallery) == []


def test_taking_back_leaves_what_was_hidden_before(act, gallery, photos, studios):
    act("hide", photos[:1])
    done = act("hide", photos[:2])

    undo(gallery, done.undo, studios.maria)

    assert (done.changed, hidden(gallery)) == (1, ["IMG_0001.jpg"])


def test_hiding_warns_of_hearts(act, gallery, photos, selection):
    assert ACTS["hide"].warn(gallery, gallery.photos.all())[0].startswith("2 of them have hearts")
    assert "2 of them have hearts" in act("hide").message


def test_hidden_photos_are_shown_again(act, gallery, photos):
    act("hide")

    assert act("unhide", photos[:3]).changed == 3
    assert hidden(gallery) == ["IMG_0004.jpg"]


def test_an_act_never_reaches_another_gallery(act, gallery, studios):
    other = testing.make_photo(
        testing.make_gallery("Bert's", owner=studios.bert, collection=studios.other_collection)
    )

    act("hide")

    other.refresh_from_db()
    assert not other.is_hidden


@pytest.mark.parametrize("name", sorted(ACTS))
def test_who_may_not_is_refused_before_anything_changes(name, act, gallery, photos, studios):
    with pytest.raises(PermissionDenied):
        act(name, photos, actor=studios.bert)

    assert kept(gallery) == [photo.name for photo in photos]


def test_a_token_is_for_its_own_gallery(act, gallery, photos, studios):
    done = act("hide", photos)
    other = testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)

    with pytest.raises(StaleState):
        undo(other, done.undo, studios.maria)
    with pytest.raises(StaleState):
        undo(gallery, f"{done.undo}x", studios.maria)


def test_who_may_not_do_it_cannot_take_it_back(act, gallery, photos, studios):
    done = act("hide", photos)

    with pytest.raises(PermissionDenied):
        undo(gallery, done.undo, studios.bert)


# --- Sections ------------------------------------------------------------------------------------


def test_photos_go_into_a_new_section_and_back(act, gallery, photos, studios):
    done = act("section", photos[:2], {"new_section": "Ceremony"})

    section = gallery.sections.get()
    assert done.message == "2 photos are in “Ceremony” now."
    assert section.photos.count() == 2
    undo(gallery, done.undo, studios.maria)
    assert section.photos.count() == 0


def test_a_section_of_another_gallery_is_none(gallery, studios):
    other = testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)
    foreign = other.sections.create(title="Party")

    form = ACTS["section"].form_class({"section": foreign.pk}, gallery=gallery, user=studios.maria)

    assert "section" in form.errors


# --- Deleting ------------------------------------------------------------------------------------


def test_deleted_photos_are_met_by_nobody(act, gallery, photos, link, studios):
    done = act("delete", photos[:1])

    assert kept(gallery) == ["IMG_0002.jpg", "IMG_0003.jpg", "IMG_0004.jpg"]
    for viewer in (Viewer(links=(link,)), Viewer(user=studios.maria), Viewer(user=studios.chief)):
        photo = gallery.photos.get(pk=photos[0].pk)
        assert not access.may_see_photo(viewer, photo, "grid")
        assert photo not in access.photos_visible_to(viewer, "grid")
    assert "can be brought back" in done.message


def test_deleted_photos_come_back_as_they_were(act, gallery, photos, selection, studios):
    act("hide", photos[:1])

    undo(gallery, act("delete", photos[:2]).undo, studios.maria)

    assert len(kept(gallery)) == 4
    assert hidden(gallery) == ["IMG_0001.jpg"]
    assert Pick.objects.filter(photo=photos[0], is_favourite=True).exists()


def test_bringing_back_reaches_only_what_was_deleted_together(act, gallery, photos, studios):
    act("delete", photos[:1])

    undo(gallery, act("delete", photos[1:2]).undo, studios.maria)

    assert "IMG_0001.jpg" not in kept(gallery)
    assert "IMG_0002.jpg" in kept(gallery)


def test_what_was_delivered_stays(act, gallery, photos):
    deliver(photos[0])

    done = act("delete", photos[:2])

    assert done.changed == 1
    assert "IMG_0001.jpg" in kept(gallery)
    assert "IMG_0001.jpg stays: it was delivered" in done.message


def test_what_has_an_edit_stays(act, gallery, photos):
    testing.make_edit(gallery, photo=photos[0])

    done = act("delete", photos[:1])

    assert (done.changed, done.undo) == (0, None)
    assert "IMG_0001.jpg stays: it has an edit" in done.message


def test_the_warning_names_hearts_and_what_stays(gallery, photos, selection):
    deliver(photos[3])

    told = ACTS["delete"].warn(gallery, gallery.photos.all())

    assert told[0].startswith("2 of them have hearts")
    assert told[1].startswith("IMG_0004.jpg stays")


def test_every_act_is_in_the_history(act, gallery, photos, maria):
    from pumbaphoto_wagtail.admin.addresses import gallery_url

    act("hide", photos[:1])
    act("delete", photos[:2])

    page = maria.get(gallery_url(gallery, "history")).content.decode()

    assert "Photos hidden: 1" in page
    assert "Photos deleted: 2" in page


def test_deleted_photos_go_for_good_at_once_if_wanted(act, gallery, photos):
    act("delete", photos[:1])

    done = act("purge")

    assert (done.changed, done.message) == (1, "1 photo is gone for good.")
    assert gallery.photos.count() == 3


# --- Showing -------------------------------------------------------------------------------------


def test_chosen_photos_are_shown_and_the_client_is_told(act, gallery, photos, link):
    Photo.objects.filter(gallery=gallery).update(is_shown=False)

    done = act("show", photos[:2], {"tells_clients": True})

    assert (done.changed, done.message) == (2, "2 photos are shown now.")
    assert gallery.photos.filter(is_shown=True).count() == 2
    assert Message.objects.filter(kind=MessageKind.NEW_PHOTOS, share_link=link).count() == 1


def test_the_form_names_who_would_be_told(gallery, link, studios):
    Photo.objects.filter(gallery=gallery).update(is_shown=False)

    form = ACTS["show"].form_class(gallery=gallery, user=studios.maria)

    assert form.fields["tells_clients"].label == "Tell Anna by e-mail"


# --- Who can see them ----------------------------------------------------------------------------


def rule(gallery, studios, **data):
    form = ACTS["policy"].form_class(data, gallery=gallery, user=studios.maria)
    assert form.is_valid(), form.errors
    return form.cleaned_data


def test_m41_rules_are_made_and_replaced(act, gallery, photos, studios):
    testing.make_policy(photo=photos[0], visibility=Visibility.PUBLIC)

    done = act("policy", photos[:3], rule(gallery, studios, answer="members", people="bert"))

    assert done.message == "2 rules were made. 1 rule was changed."
    rules = AccessPolicy.objects.filter(photo__in=photos[:3])
    assert {one.visibility for one in rules} == {Visibility.MEMBERS}
    assert {user for one in rules for user in one.users.all()} == {studios.bert}


def test_another_rule_names_nobody_of_the_one_before(act, gallery, photos, studios):
    act("policy", photos[:1], rule(gallery, studios, answer="members", people="bert"))

    act("policy", photos[:1], rule(gallery, studios, answer="everyone"))

    one = AccessPolicy.objects.get(photo=photos[0])
    assert (one.visibility, [*one.users.all()]) == (Visibility.PUBLIC, [])


def test_a_rule_decides_over_the_gallerys(act, gallery, photos, studios):
    testing.make_page(gallery)
    testing.make_policy(gallery=gallery, visibility=Visibility.PUBLIC)

    act("policy", photos[:1], rule(gallery, studios, answer="links"))

    seen = access.photos_visible_to(Viewer(), "grid")
    assert {*seen} == {*photos[1:]}


def test_rules_are_unset(act, gallery, photos, studios):
    act("policy", photos[:2], rule(gallery, studios, answer="everyone"))

    assert act("unset_policy").message.startswith("2 rules were deleted")
    assert not AccessPolicy.objects.exists()
    assert act("unset_policy").message == "None of these photos had a rule of its own."


def test_members_have_to_be_named(gallery, studios):
    form = ACTS["policy"].form_class({"answer": "members"}, gallery=gallery, user=studios.maria)

    assert "people" in form.errors


# --- Pictures ------------------------------------------------------------------------------------


def test_photos_are_turned_by_quarters(act, gallery, photos):
    act("turn_right", photos[:2])
    act("turn_left", photos[1:2])

    turned = [photo.picture.turned for photo in gallery.photos.in_order()]
    assert turned == [90, 0, 0, 0]


def test_a_file_that_another_studio_shows_is_not_turned(act, gallery, photos, studios):
    other = testing.make_gallery("Bert's", owner=studios.bert, collection=studios.other_collection)
    shown = testing.make_photo(other, "SAME.jpg")
    PhotoFile.objects.filter(photo=shown).update(stored_file=photos[0].picture)

    done = act("turn_right", photos[:2])

    assert done.changed == 1
    assert "IMG_0001.jpg stays as it is" in done.message


def test_pictures_are_made_again(act, gallery, photos):
    assert act("render", photos[:2]).message == "New pictures of 2 files are being made."
    assert act("render", photos[:2]).changed == 0


# --- Moving --------------------------------------------------------------------------------------


@pytest.fixture
def target(studios):
    return testing.make_gallery("Party", owner=studios.maria, collection=studios.collection)


def test_photos_move_with_their_sections(act, gallery, photos, target):
    act("section", photos[:2], {"new_section": "Ceremony"})

    done = act("move", photos[:3], {"gallery": target})

    assert done.message == "3 photos are in “Party” now."
    titles = [photo.section and photo.section.title for photo in target.photos.order_by("name")]
    assert titles == ["Ceremony", "Ceremony", None]
    assert kept(gallery) == ["IMG_0004.jpg"]


def test_what_is_chosen_edited_or_delivered_stays(act, gallery, photos, selection, target):
    deliver(photos[2])
    testing.make_edit(gallery, photo=photos[3])

    done = act("move", photos, {"gallery": target})

    assert done.changed == 0
    assert "IMG_0001.jpg and IMG_0002.jpg stay here: somebody has given them" in done.message
    assert "IMG_0003.jpg stays here: it was delivered." in done.message
    assert "IMG_0004.jpg stays here: it has an edit." in done.message


def test_a_photo_that_is_there_already_stays(act, gallery, photos, target):
    twin = testing.make_photo(target, "OTHER.jpg")
    Photo.objects.filter(pk=twin.pk).update(frame_key=photos[0].frame_key)

    done = act("move", photos[:2], {"gallery": target})

    assert done.changed == 1
    assert "IMG_0001.jpg stays here: the other gallery has the same photo." in done.message


def test_moved_into_a_shared_gallery_they_wait_to_be_shown(act, photos, target):
    target.first_shared_at = timezone.now()
    target.save()

    act("move", photos[:1], {"gallery": target})

    assert not target.photos.get().is_shown


def test_a_gallery_of_another_studio_is_no_target(act, gallery, photos, studios):
    other = testing.make_gallery("Bert's", owner=studios.bert, collection=studios.other_collection)

    form = ACTS["move"].form_class({"gallery": other.pk}, gallery=gallery, user=studios.maria)

    assert "gallery" in form.errors
    with pytest.raises(PermissionDenied):
        act("move", photos, {"gallery": other})
    assert len(kept(gallery)) == 4


def test_nothing_moves_into_an_archived_gallery(act, photos, target):
    target.state = State.ARCHIVED
    target.save()

    with pytest.raises(TransitionNotAllowed):
        act("move", photos, {"gallery": target})


def test_moved_files_belong_to_those_who_keep_the_other_gallery(act, gallery, photos, studios):
    bert = testing.make_gallery("Bert's", owner=studios.bert, collection=studios.other_collection)

    act("move", photos[:1], {"gallery": bert}, actor=studios.chief)

    photos[0].picture.refresh_from_db()
    assert photos[0].picture.collection == studios.other_collection
