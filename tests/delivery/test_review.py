"""How the edits stand, and the way from one to the next."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.review import Walk, news_mark, progress_of
from pumbaphoto_wagtail.models import UNDECIDED_STATUSES, EditStatus, Pick, State

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
        "ambiguous": testing.make_edit(gallery, status=EditStatus.AMBIGUOUS),
    }
    return photos | {f"edit {name}": edit for name, edit in edits.items()}


def test_the_figures_add_up(gallery, shoot):
    progress = progress_of(gallery)
    assert (progress.edits, progress.matched, progress.undecided) == (6, 4, 2)
    assert progress.matched + progress.undecided == progress.edits
    assert (progress.missing, progress.unselected, progress.ignored) == (1, 1, 1)


def test_an_empty_gallery_has_nothing_to_decide(gallery):
    progress = progress_of(gallery)
    assert (progress.missing, progress.matched, progress.edits) == (0, 0, 0)
    assert progress.is_all_decided


def test_two_recipients_who_pick_one_photo_count_once(gallery):
    original = photo(gallery, "IMG_1.jpg")
    select(gallery, original)
    select(gallery, original)
    assert progress_of(gallery).missing == 1


def test_a_photo_whose_only_edit_is_ignored_is_missing_one(gallery, shoot):
    for name in ("edit old", "edit new"):
        shoot[name].status = EditStatus.IGNORED
        shoot[name].save()
    assert progress_of(gallery).missing == 2


def test_a_walk_goes_from_edit_to_edit_and_begins_again(gallery, shoot):
    walk = Walk(gallery=gallery, statuses=UNDECIDED_STATUSES)
    first, last = shoot["edit unmatched"], shoot["edit ambiguous"]
    assert (walk.first(), walk.after(first), walk.after(last)) == (first, last, None)
    assert (walk.before(last), walk.before(first)) == (first, None)
    assert (walk.next_to_decide(first), walk.next_to_decide(last)) == (last, first)
    assert (walk.place(first), walk.place(last)) == (0, 1)


def test_a_walk_of_one_ends(gallery):
    edit = arrive(gallery, "what.jpg")
    walk = Walk(gallery=gallery, statuses=UNDECIDED_STATUSES)
    edit.status = EditStatus.AS_IT_IS
    edit.save()
    assert walk.next_to_decide(edit) is None


def test_the_mark_follows_what_has_changed(gallery, shoot):
    marks = [news_mark(gallery)]
    shoot["edit gift"].status = EditStatus.IGNORED
    shoot["edit gift"].save()
    marks.append(news_mark(gallery))
    shoot["edit extra"].photo = shoot["missing"]
    shoot["edit extra"].save()
    marks.append(news_mark(gallery))
    testing.make_renditions(shoot["edit unmatched"].stored_file, width=30, height=20)
    marks.append(news_mark(gallery))
    assert len({*marks}) == len(marks)
    assert marks[-1] == news_mark(gallery)


def test_the_number_of_queries_does_not_grow(gallery, django_assert_max_num_queries):
    few = testing.make_many_photos(gallery, 2)
    selection = select(gallery, *few)
    make_many_edits(gallery, few)
    many = testing.make_many_photos(gallery, 40)
    make_many_edits(gallery, many)
    picks = [
        Pick(selection=selection, photo=one, is_favourite=True, picked_at=selection.created_at)
        for one in many
    ]
    Pick.objects.bulk_create(picks)
    with django_assert_max_num_queries(12):
        news_mark(gallery)
