"""What the photographer sees of the edits before they go."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.review import match_summary, review_rows
from pumbaphoto_wagtail.models import EditStatus, Pick, State

from .shoot import arrive, make_many_edits, select

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery(db):
    return testing.make_gallery(has_page=False, state=State.EDITING)


def photo(gallery, name, **fields):
    return testing.make_photo(gallery, name, is_rendered=False, **fields)


@pytest.fixture
def shoot(gallery):
    """Two selected photos, one with an edit; one that is not selected; a gift; two to decide."""
    names = ("edited", "missing", "extra")
    photos = {name: photo(gallery, f"{name}.jpg", position=n) for n, name in enumerate(names)}
    select(gallery, photos["edited"], photos["missing"], notes=["lighter", ""])
    edits = {
        "old": testing.make_edit(gallery, photos["edited"]),
        "new": testing.make_edit(gallery, photos["edited"], version=2),
        "extra": testing.make_edit(gallery, photos["extra"]),
        "gift": testing.make_edit(gallery),
        "unmatched": arrive(gallery, "what.jpg"),
        "ignored": testing.make_edit(gallery, status=EditStatus.IGNORED),
    }
    return photos | {f"edit {name}": edit for name, edit in edits.items()}


def test_the_summary_adds_up(gallery, shoot):
    summary = match_summary(gallery)
    assert (summary.total_selected, summary.matched, summary.selected_without_edit) == (2, 1, 1)
    assert (summary.edits, summary.undecided, summary.unselected) == (6, 1, 1)
    assert (summary.ignored, summary.as_they_are) == (1, 1)


def test_an_empty_gallery_has_an_empty_summary(gallery):
    summary = match_summary(gallery)
    assert (summary.total_selected, summary.matched, summary.edits) == (0, 0, 0)


def test_two_recipients_who_pick_one_photo_count_once(gallery):
    original = photo(gallery, "IMG_1.jpg")
    select(gallery, original)
    select(gallery, original)
    assert match_summary(gallery).total_selected == 1


def test_decisions_come_first_and_gifts_last(gallery, shoot):
    rows = review_rows(gallery)
    assert [row.photo and row.photo.name for row in rows] == [
        None,
        "edited.jpg",
        "missing.jpg",
        "extra.jpg",
        None,
        None,
    ]
    assert rows[0].edits == (shoot["edit unmatched"],)
    assert [row.edits for row in rows[-2:]] == [
        (shoot["edit gift"],),
        (shoot["edit ignored"],),
    ]


def test_a_row_tells_edits_newest_first_notes_and_what_is_missing(gallery, shoot):
    rows = {row.photo: row for row in review_rows(gallery) if row.photo}
    edited = rows[shoot["edited"]]
    assert edited.edits == (shoot["edit new"], shoot["edit old"])
    assert (edited.notes, edited.is_selected, edited.is_missing) == (("lighter",), True, False)
    assert rows[shoot["missing"]].is_missing
    assert not rows[shoot["extra"]].is_selected


def test_a_photo_whose_only_edit_is_ignored_is_missing_one(gallery, shoot):
    shoot["edit old"].delete()
    shoot["edit new"].status = EditStatus.IGNORED
    shoot["edit new"].save()
    row = next(row for row in review_rows(gallery) if row.photo == shoot["edited"])
    assert row.is_missing


@pytest.mark.parametrize("look", [match_summary, review_rows])
def test_the_number_of_queries_does_not_grow(gallery, look, django_assert_num_queries):
    few = testing.make_many_photos(gallery, 2)
    selection = select(gallery, *few)
    make_many_edits(gallery, few)
    with django_assert_num_queries(7 if look is review_rows else 6):
        look(gallery)
    many = testing.make_many_photos(gallery, 40)
    make_many_edits(gallery, many)
    picks = [
        Pick(selection=selection, photo=one, is_favourite=True, picked_at=selection.created_at)
        for one in many
    ]
    Pick.objects.bulk_create(picks)
    with django_assert_num_queries(7 if look is review_rows else 6):
        look(gallery)
