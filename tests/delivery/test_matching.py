"""Edits find their originals by themselves, on rows: by name, by what files say, by their looks."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image, ImageFilter, ImageOps

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.edits import (
    accept,
    choose_version,
    ignore,
    link_by_hand,
    set_variant,
    unlink,
)
from pumbaphoto_wagtail.delivery.evidence import candidates, words
from pumbaphoto_wagtail.delivery.matching import match_edits
from pumbaphoto_wagtail.delivery.visual import visual_key
from pumbaphoto_wagtail.models import (
    Edit,
    EditStatus,
    MatchMethod,
    Purpose,
    State,
    StoredFile,
    UploadBatch,
)

from .shoot import arrive

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 6, 13, 10, 0, 0, 250000)


@pytest.fixture
def gallery(db):
    return testing.make_gallery(has_page=False, state=State.EDITING)


def scene(number):
    """A picture like no other: soft patches of light, as a photograph has them."""
    noise = np.random.default_rng(number).integers(0, 256, (16, 24), np.uint8)
    return Image.fromarray(noise).resize((240, 160), Image.Resampling.BICUBIC)


def edited(number):
    """The same as its edit: cropped, brighter, harder."""
    cropped = scene(number).crop((12, 8, 228, 152))
    return ImageOps.autocontrast(cropped.filter(ImageFilter.SHARPEN))


def identity(seconds):
    return {"taken_at": (MORNING + timedelta(seconds=seconds)).isoformat(), "serial": "0123456"}


def photo(gallery, name, *, looks=None, says=None, **fields):
    made = testing.make_photo(gallery, name, is_rendered=False, **fields)
    know(made.picture, looks, says)
    return made


def know(file, picture, says):
    key = visual_key(picture) if picture else ""
    StoredFile.objects.filter(pk=file.pk).update(visual_key=key, identity=says or {})


def edit(gallery, name, *, looks=None, says=None, folder=""):
    """An edit that has arrived and was matched."""
    made = arrive(gallery, name, folder=folder)
    know(made.stored_file, looks, says)
    match_edits(gallery.pk)
    made.refresh_from_db()
    return made


def found(edit):
    return edit.photo and edit.photo.name, edit.method


# --- Each kind of proof --------------------------------------------------------------------------


def test_a_name_is_confirmed_by_the_picture(gallery):
    photo(gallery, "IMG_1.jpg", looks=scene(1))
    made = edit(gallery, "IMG_1_edit.jpg", looks=edited(1))
    assert found(made) == ("IMG_1.jpg", MatchMethod.STRIPPED_NAME)
    assert 0.95 < made.confidence < 1


def test_a_picture_unlike_the_original_of_its_name_waits_for_the_photographer(gallery):
    photo(gallery, "IMG_1.jpg", looks=scene(1))
    photo(gallery, "IMG_2.jpg", looks=scene(2))
    made = edit(gallery, "IMG_1_edit.jpg", looks=edited(2))
    assert (made.status, found(made)) == (EditStatus.DOUBTFUL, (None, MatchMethod.NONE))
    assert {one.photo for one in candidates(made)} == set(
        gallery.photos.values_list("pk", flat=True)
    )


def test_a_renamed_edit_is_found_by_its_looks(gallery):
    for number in range(6):
        photo(gallery, f"IMG_{number}.jpg", looks=scene(number))
    made = edit(gallery, "Smith-Wedding-017.jpg", looks=edited(4))
    assert found(made) == ("IMG_4.jpg", MatchMethod.VISUAL)


def test_of_twins_of_a_burst_none_is_guessed(gallery):
    photo(gallery, "IMG_1.jpg", looks=scene(1))
    photo(gallery, "IMG_2.jpg", looks=scene(1).crop((0, 0, 238, 159)))
    made = edit(gallery, "Smith-Wedding-017.jpg", looks=edited(1))
    assert made.status == EditStatus.AMBIGUOUS
    assert len(candidates(made)) == 2


def test_a_renamed_edit_is_found_by_its_fraction_of_a_second(gallery):
    photo(gallery, "IMG_1.jpg", says=identity(0), looks=scene(1))
    photo(gallery, "IMG_2.jpg", says=identity(0.1), looks=scene(1))
    made = edit(gallery, "kiss.jpg", says=identity(0.1), looks=edited(1))
    assert found(made) == ("IMG_2.jpg", MatchMethod.IDENTITY)


def test_two_cards_of_one_name_are_told_apart_by_the_picture(gallery):
    photo(gallery, "IMG_1.jpg", folder="A", looks=scene(1))
    right = photo(gallery, "IMG_1.jpg", folder="B", looks=scene(2))
    made = edit(gallery, "IMG_1.jpg", looks=edited(2))
    assert (made.photo, made.method) == (right, MatchMethod.VISUAL)


def test_looks_that_nobody_has_noted_are_read_from_the_rendition(gallery):
    original = testing.make_photo(gallery, "IMG_1.jpg")
    edit(gallery, "IMG_1.jpg")
    original.picture.refresh_from_db()
    assert original.picture.visual_key


def test_a_collage_waits_until_it_is_delivered_as_it_is(gallery):
    photo(gallery, "IMG_1.jpg", looks=scene(1))
    made = edit(gallery, "collage.jpg", looks=scene(99))
    assert (made.status, made.photo) == (EditStatus.UNMATCHED, None)


def test_a_black_and_white_picture_is_delivered_beside_the_one_in_colour(gallery):
    photo(gallery, "IMG_1.jpg", says={"is_grey": False})
    colour = edit(gallery, "IMG_1_edit.jpg", says={"is_grey": False})
    grey = edit(gallery, "IMG_1_edit2.jpg", says={"is_grey": True})
    assert [(one.variant, one.version) for one in (colour, grey)] == [
        ("main", 1),
        ("black_and_white", 1),
    ]
    linked = edit(gallery, "kiss.jpg", says={"is_grey": True})
    link_by_hand(linked, colour.photo, actor=gallery.owner)
    assert (linked.variant, linked.version) == ("black_and_white", 2)


# --- Evidence ------------------------------------------------------------------------------------


def test_every_finding_is_on_record_and_in_words(gallery):
    original = photo(gallery, "IMG_1.jpg", looks=scene(1), says=identity(0))
    made = edit(gallery, "IMG_1-Edit-2.jpg", looks=edited(1), says=identity(0))
    [best] = candidates(made)
    assert (best.photo, best.confidence) == (original.pk, made.confidence)
    said = [words(finding) for finding in made.evidence]
    assert said[:3] == [
        "Compared with one original.",
        "Without “-edit-2” it has the name of IMG_1.jpg.",
        "It was taken at the same fraction of a second as IMG_1.jpg: 2026-06-13 10:00:00.25.",
    ]
    assert said[3].startswith("It shows the picture of IMG_1.jpg (")


def test_a_finding_without_words_is_still_a_sentence():
    assert words({"photo": 1, "kind": "name", "words_key": "older", "data": {}, "score": 1})


# --- What arrives later --------------------------------------------------------------------------


def test_a_better_original_that_arrives_later_takes_the_edit_over(gallery):
    photo(gallery, "wedding.jpg")
    made = edit(gallery, "wedding_v2.jpg")
    assert made.photo.name == "wedding.jpg"
    photo(gallery, "wedding_v2.jpg")
    match_edits(gallery.pk)
    made.refresh_from_db()
    assert found(made) == ("wedding_v2.jpg", MatchMethod.EXACT_NAME)


def test_a_second_original_of_the_name_gives_the_decision_back(gallery):
    photo(gallery, "IMG_1.jpg", folder="A")
    made = edit(gallery, "IMG_1.jpg")
    photo(gallery, "IMG_1.jpg", folder="B")
    match_edits(gallery.pk)
    made.refresh_from_db()
    assert (made.status, made.photo) == (EditStatus.AMBIGUOUS, None)


def test_an_edit_that_stays_where_it_is_keeps_its_number(gallery):
    photo(gallery, "IMG_1.jpg")
    edits = [edit(gallery, name) for name in ("IMG_1.jpg", "IMG_1_v2.jpg", "IMG_1_v3.jpg")]
    photo(gallery, "IMG_2.jpg")
    assert match_edits(gallery.pk) == 0
    for made in edits:
        made.refresh_from_db()
    assert [made.version for made in edits] == [1, 2, 3]


def test_while_originals_arrive_what_is_matched_is_left_alone(gallery):
    photo(gallery, "wedding.jpg")
    made = edit(gallery, "wedding_v2.jpg")
    batch = UploadBatch.objects.create(
        gallery=gallery, purpose=Purpose.ORIGINAL, uploader=gallery.owner
    )
    photo(gallery, "wedding_v2.jpg")
    match_edits(gallery.pk)
    made.refresh_from_db()
    assert made.photo.name == "wedding.jpg"
    UploadBatch.objects.filter(pk=batch.pk).update(settled_at=timezone.now())
    match_edits(gallery.pk)
    made.refresh_from_db()
    assert made.photo.name == "wedding_v2.jpg"


def test_what_was_delivered_stays_where_it_is(gallery):
    photo(gallery, "wedding.jpg")
    made = edit(gallery, "wedding_v2.jpg")
    testing.make_delivery(gallery, [made])
    photo(gallery, "wedding_v2.jpg")
    match_edits(gallery.pk)
    made.refresh_from_db()
    assert made.photo.name == "wedding.jpg"


HAND = {
    "linked": lambda edit, actor: link_by_hand(edit, edit.photo, actor=actor),
    "accepted": lambda edit, actor: accept(edit, actor=actor),
    "a variant": lambda edit, actor: set_variant(edit, "web", actor=actor),
    "chosen": lambda edit, actor: choose_version(edit, actor=actor),
    "unlinked": lambda edit, actor: unlink(edit, actor=actor),
    "ignored": lambda edit, actor: ignore(edit, actor=actor),
}


@pytest.mark.parametrize("act", HAND)
def test_the_photographers_word_is_never_undone(gallery, act):
    photo(gallery, "wedding.jpg")
    made = edit(gallery, "wedding_v2.jpg")
    HAND[act](made, gallery.owner)
    before = Edit.objects.values("photo", "variant", "version", "method", "status").get()
    photo(gallery, "wedding_v2.jpg")
    assert match_edits(gallery.pk) == 0
    assert Edit.objects.values("photo", "variant", "version", "method", "status").get() == before


# --- What it costs -------------------------------------------------------------------------------


def test_nothing_new_costs_five_queries_and_no_lock(gallery, django_assert_max_num_queries):
    photo(gallery, "IMG_1.jpg")
    edit(gallery, "IMG_1_edit.jpg")
    with django_assert_max_num_queries(5) as queries:
        match_edits(gallery.pk)
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_an_edit_that_arrives_reads_no_other_originals_than_its_own(
    gallery, django_assert_max_num_queries
):
    for number in range(30):
        photo(gallery, f"IMG_{number}.jpg", looks=scene(number))
    edit(gallery, "IMG_1_edit.jpg", looks=edited(1))
    made = arrive(gallery, "IMG_2_edit.jpg")
    know(made.stored_file, edited(2), None)
    with django_assert_max_num_queries(30) as queries:
        assert match_edits(gallery.pk) == 1
    reads = [query["sql"] for query in queries if "original_name" in query["sql"]]
    assert all("IN (" in sql or "edit" in sql for sql in reads)
