"""What is done to photos from the grid: what changes, what is told, and taking it back."""

import pytest
from django.core.exceptions import PermissionDenied

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.admin.photo_acts import ACTS, undo
from pumbaphoto_wagtail.exceptions import StaleState
from pumbaphoto_wagtail.models import Delivery, DeliveryItem, Photo, Pick
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
