"""Sending some of the photos now, versions that were chosen, and what is frozen of each file."""

from datetime import UTC, datetime

import pytest

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.delivery.sending import deliver, what_would_go
from pumbaphoto_wagtail.exceptions import StaleState, TransitionNotAllowed
from pumbaphoto_wagtail.models import (
    ChangeRequest,
    Delivery,
    Edit,
    Gallery,
    Kind,
    Message,
    Photo,
    State,
    StoredFile,
    Transition,
)

from ..test_workflow import at_once
from .shoot import present, select

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery():
    return testing.make_gallery(has_page=False, state=State.EDITING)


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, email="anna@example.com")


def photo(gallery, name="", **fields):
    return testing.make_photo(gallery, name, is_rendered=False, **fields)


def edited(gallery, amount, *, link=None):
    """The edits of so many selected photos."""
    photos = [photo(gallery, f"IMG_{number}.jpg") for number in range(1, amount + 1)]
    select(gallery, *photos, link=link)
    return [testing.make_edit(gallery, original) for original in photos]


def keys(*edits):
    return {edit.stored_file_id for edit in edits}


def sent(delivery):
    return [item.edit for item in delivery.items.select_related("edit")]


def going(gallery):
    return [planned.edit for planned in what_would_go(present(gallery)).items]


# --- Parts ---------------------------------------------------------------------------------------


def test_some_are_sent_now_and_the_rest_stays_for_later(gallery, link):
    first, second, third = edited(gallery, 3, link=link)
    part = deliver(gallery, actor=gallery.owner, only=keys(third, first))
    assert sent(part) == [first, third]
    assert going(gallery) == [second]
    assert present(gallery).state == State.EDITING, "the photographer works on the others"
    assert not Transition.objects.exists()
    assert Message.objects.get().delivery == part
    rest = deliver(present(gallery), actor=gallery.owner)
    assert (rest.number, sent(rest)) == (2, [second])
    assert present(gallery).state == State.DELIVERED
    assert Message.objects.filter(kind="delivered").count() == 2


def test_who_ticks_all_has_delivered(gallery, link):
    edits = edited(gallery, 2, link=link)
    deliver(gallery, actor=gallery.owner, only=keys(*edits))
    assert present(gallery).state == State.DELIVERED


def test_an_unselected_edit_can_be_ticked_by_itself(gallery, link):
    (edit,) = edited(gallery, 1, link=link)
    extra = testing.make_edit(gallery, photo(gallery, "IMG_9.jpg"))
    assert sent(deliver(gallery, actor=gallery.owner, only=keys(extra))) == [extra]
    assert going(gallery) == [edit]


def test_nothing_ticked_is_not_everything(gallery, link):
    edited(gallery, 1, link=link)
    with pytest.raises(TransitionNotAllowed, match="Tick the photos"):
        deliver(gallery, actor=gallery.owner, only=set())


@pytest.mark.parametrize("only", [True, False])
def test_what_has_changed_since_it_was_looked_at_is_not_sent(gallery, link, only):
    (edit,) = edited(gallery, 1, link=link)
    digest = what_would_go(gallery).digest
    newer = testing.make_edit(gallery, edit.photo, version=2)
    ticked = {"only": keys(edit)} if only else {"expected_plan": digest}
    with pytest.raises(StaleState, match="changed meanwhile"):
        deliver(gallery, actor=gallery.owner, **ticked)
    assert going(gallery) == [newer]


def test_a_part_of_finished_photos_leaves_their_gallery_open(link):
    gallery = testing.make_gallery(has_page=False, kind=Kind.FINISHED)
    first, second = (photo(gallery, name) for name in ("1.jpg", "2.jpg"))
    deliver(gallery, actor=gallery.owner, only={first.picture_id})
    assert present(gallery).state == State.ACTIVE
    assert [one.photo for one in what_would_go(present(gallery)).items] == [second]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_ten_that_send_the_same_part_at_once_one_does():
    gallery = testing.make_gallery(has_page=False, state=State.EDITING)
    link = testing.make_link(gallery, email="anna@example.com")
    first, _second = edited(gallery, 2, link=link)
    results = at_once(
        lambda: deliver(present(gallery), actor=gallery.owner, only=keys(first)), times=10
    )
    assert sum(isinstance(result, Delivery) for result in results) == 1, results
    assert sum(isinstance(result, StaleState) for result in results) == 9, results
    assert Message.objects.filter(kind="delivered").count() == 1


# --- Versions ------------------------------------------------------------------------------------


def seen(gallery, link):
    viewer = access.Viewer(links=(link,))
    return {item.edit for item in access.items_visible_to(viewer, present(gallery))}


def test_the_version_that_was_chosen_goes_rather_than_the_newest(gallery, link):
    (first,) = edited(gallery, 1, link=link)
    testing.make_edit(gallery, first.photo, version=2)
    Edit.objects.filter(pk=first.pk).update(is_chosen=True)
    plan = what_would_go(gallery)
    assert [one.edit for one in plan.items] == [first]
    assert plan.superseded == 1


def test_an_earlier_version_can_be_delivered_once_more(gallery, link):
    (first,) = edited(gallery, 1, link=link)
    deliver(gallery, actor=gallery.owner)
    second = testing.make_edit(gallery, first.photo, version=2)
    deliver(gallery, actor=gallery.owner)
    assert going(gallery) == []
    Edit.objects.filter(pk=first.pk).update(is_chosen=True)
    assert going(gallery) == [first]
    assert seen(gallery, link) == {second}
    deliver(gallery, actor=gallery.owner)
    assert seen(gallery, link) == {first}
    assert going(gallery) == []


def test_a_newer_version_of_what_was_delivered_unselected_goes_by_itself(gallery, link):
    first = testing.make_edit(gallery, photo(gallery))
    deliver(gallery, actor=gallery.owner, include_unselected=True)
    second = testing.make_edit(gallery, first.photo, version=2)
    assert going(gallery) == [second]


def test_a_new_black_and_white_leaves_the_colour(gallery, link):
    (colour,) = edited(gallery, 1, link=link)
    mono = testing.make_edit(gallery, colour.photo, variant="black_and_white")
    deliver(gallery, actor=gallery.owner)
    newer = testing.make_edit(gallery, colour.photo, variant="black_and_white", version=2)
    assert seen(gallery, link) == {colour, mono}
    deliver(gallery, actor=gallery.owner)
    assert seen(gallery, link) == {colour, newer}
    first = gallery.deliveries.order_by("number").first()
    viewer = access.Viewer(links=(link,))
    left = access.items_visible_to(viewer, present(gallery)).filter(delivery=first)
    assert [item.edit for item in left] == [colour], "of the first delivery what still stands"


# --- What is frozen of each file -----------------------------------------------------------------


def test_files_lie_by_section_and_their_other_forms_apart(gallery, link):
    ceremony = testing.make_section(gallery, "Ceremony", position=1)
    one = photo(gallery, "IMG_1.jpg", section=ceremony, position=1)
    other = photo(gallery, "IMG_2.jpg", position=2)
    select(gallery, one, other, link=link)
    for original, variant in (
        (one, "main"),
        (one, "black_and_white"),
        (one, "social_crop 4x5"),
        (one, "web"),
        (other, "main"),
        (None, "main"),
    ):
        name = f"{original.name if original else 'card'} {variant}.jpg"
        testing.make_edit(gallery, original, variant=variant, name=name)
    items = deliver(gallery, actor=gallery.owner).items.all()
    assert {item.member_name.removesuffix(".jpg"): item.folder for item in items} == {
        "IMG_1.jpg main": "Ceremony",
        "IMG_1.jpg black_and_white": "Ceremony",
        "IMG_1.jpg social_crop 4x5": "Social media",
        "IMG_1.jpg web": "Web",
        "IMG_2.jpg main": "",
        "card main": "Extras",
    }


def test_sections_that_are_called_alike_keep_folders_of_their_own(gallery, link):
    titles = ["Party", "PARTY", "Web", "a/b: c?", "CON"]
    sections = [
        testing.make_section(gallery, title, position=place) for place, title in enumerate(titles)
    ]
    photos = [
        photo(gallery, "x.jpg", section=section, position=place)
        for place, section in enumerate(sections)
    ]
    select(gallery, *photos, link=link)
    for original in photos:
        testing.make_edit(gallery, original, name="x.jpg")
    items = deliver(gallery, actor=gallery.owner).items.order_by("position")
    folders = [item.folder for item in items]
    assert folders[:3] == ["Party", "PARTY (2)", "Web (2)"]
    assert not {*'\\/:?"<>|*'} & {*"".join(folders)}
    assert {item.member_name for item in items} == {"x.jpg"}


def test_folders_are_called_what_the_client_calls_them(gallery, link):
    gallery.clients.add(testing.make_client(language="de"))
    testing.make_edit(gallery)
    item = deliver(gallery, actor=gallery.owner).items.get()
    # As long as nobody has translated it, it is the English word in every language.
    assert item.folder == "Extras"


def test_a_file_keeps_the_time_by_clocks_put_right(gallery, link):
    (edit,) = edited(gallery, 1, link=link)
    taken = datetime(2026, 7, 11, 14, 3, 22, 510000, tzinfo=UTC)
    Photo.objects.filter(pk=edit.photo_id).update(taken_at=datetime(2020, 1, 1, tzinfo=UTC))
    Photo.objects.filter(pk=edit.photo_id).update(ordered_at=taken)
    assert deliver(gallery, actor=gallery.owner).items.get().file_time == taken


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("2026-07-11T14:03:22.51", datetime(2026, 7, 11, 14, 3, 22, 510000, tzinfo=UTC)),
        ("2026-07-11T16:03:22+02:00", datetime(2026, 7, 11, 14, 3, 22, tzinfo=UTC)),
        ("2026-13-45T99:00:00", None),
        ("soon", None),
        (7, None),
        (None, None),
    ],
)
def test_a_gift_has_the_time_that_its_file_says(gallery, link, said, time):
    gift = testing.make_edit(gallery)
    StoredFile.objects.filter(pk=gift.stored_file_id).update(identity={"taken_at": said})
    assert deliver(gallery, actor=gallery.owner).items.get().file_time == time


# --- Wishes --------------------------------------------------------------------------------------


def test_a_gift_answers_no_wish_about_another(gallery, link):
    gift = testing.make_edit(gallery)
    deliver(gallery, actor=gallery.owner)
    wish = ChangeRequest.objects.create(edit=gift, share_link=link, words="Larger, please")
    testing.make_edit(gallery, name="another.jpg")
    deliver(Gallery.objects.get(), actor=gallery.owner)
    wish.refresh_from_db()
    assert wish.answered_at is None
