"""Edits find their originals, on rows: names, versions, selections, and the photographer's hand."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_q.models import OrmQ
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import tasks, testing
from pumbaphoto_wagtail.delivery.edits import (
    accept,
    choose_newest,
    choose_version,
    deliver_as_it_is,
    ignore,
    link_by_hand,
    set_variant,
    unlink,
)
from pumbaphoto_wagtail.delivery.matching import match_edits, reconcile
from pumbaphoto_wagtail.delivery.selected import refresh_selected
from pumbaphoto_wagtail.exceptions import TransitionNotAllowed
from pumbaphoto_wagtail.models import (
    Edit,
    EditStatus,
    FileRole,
    Gallery,
    Kind,
    MatchMethod,
    PhotoFile,
    State,
    Transition,
    UploadBatch,
)

from ..test_workflow import at_once
from .shoot import arrive, present, select

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery(db):
    return testing.make_gallery(has_page=False, state=State.EDITING)


def photo(gallery, name, **fields):
    return testing.make_photo(gallery, name, is_rendered=False, **fields)


def matched(gallery, *names, folder=""):
    """The edits of these names after matching, in the order of the names."""
    edits = [arrive(gallery, name, folder=folder) for name in names]
    match_edits(gallery.pk)
    for edit in edits:
        edit.refresh_from_db()
    return edits


def actions(gallery):
    entries = ModelLogEntry.objects.for_instance(gallery).order_by("pk")
    return [*entries.values_list("action", flat=True)]


# --- By name -------------------------------------------------------------------------------------

# The forms of features P53 and lessons X21 to X23, and what each says of the edit.
SUFFIXES = {
    "IMG_4521.jpg": ("exact", "main"),
    "IMG_4521.tif": ("exact", "main"),
    "img_4521.JPG": ("exact", "main"),
    "IMG_4521_edit.jpg": ("stripped", "main"),
    "IMG_4521_edited.jpg": ("stripped", "main"),
    "IMG_4521_v2.jpg": ("stripped", "main"),
    "IMG_4521_final.jpg": ("stripped", "main"),
    "IMG_4521-edit.jpg": ("stripped", "main"),
    "IMG_4521-Edited.jpg": ("stripped", "main"),
    "IMG_4521-v2.jpg": ("stripped", "main"),
    "IMG_4521-final.jpg": ("stripped", "main"),
    "IMG_4521_edit_v2.jpg": ("stripped", "main"),
    "IMG_4521_v2_edit.jpg": ("stripped", "main"),
    "IMG_4521_final_final.jpg": ("stripped", "main"),
    "IMG_4521_Edited-final.jpg": ("stripped", "main"),
    "IMG_4521-Edit-2.jpg": ("stripped", "main"),
    "IMG_4521_v3.jpg": ("stripped", "main"),
    "IMG_4521 edit.jpg": ("stripped", "main"),
    "IMG_4521_Edit2.jpg": ("stripped", "main"),
    "edit_IMG_4521.jpg": ("stripped", "main"),
    "IMG_4521.CR2.jpg": ("stripped", "main"),
    "IMG_4521_edit.jpg.jpg": ("stripped", "main"),
    "IMG_4521_edit .jpg": ("stripped", "main"),
    "IMG_4521_bw.jpg": ("stripped", "black_and_white"),
    "IMG_4521_web.jpg": ("stripped", "web"),
    "IMG_4521_4x5.jpg": ("stripped", "social_crop 4x5"),
    "IMG_4521 copy.jpg": ("stripped", "own copy 1"),
    "IMG_4521 (1).jpg": ("stripped", "own copy 1"),
}


@pytest.mark.parametrize("name", SUFFIXES)
def test_an_edit_finds_its_original_by_name(gallery, name):
    original = photo(gallery, "IMG_4521.CR2")
    photo(gallery, "IMG_452.CR2")
    select(gallery, original)
    (edit,) = matched(gallery, name)
    assert edit.photo == original
    assert edit.status == EditStatus.MATCHED
    assert (edit.method, edit.variant, edit.version) == (*SUFFIXES[name], 1)
    assert edit.confidence > 0.5


def test_an_edit_of_nothing_known_waits_for_a_decision(gallery):
    photo(gallery, "IMG_4521.CR2")
    (edit,) = matched(gallery, "IMG_452.jpg")
    assert (edit.status, edit.photo) == (EditStatus.UNMATCHED, None)


def test_an_edit_of_two_possible_originals_waits_for_a_decision(gallery):
    photo(gallery, "IMG_0001.jpg", folder="card A")
    photo(gallery, "IMG_0001.jpg", folder="card B")
    (edit,) = matched(gallery, "IMG_0001_edit.jpg")
    assert (edit.status, edit.photo) == (EditStatus.AMBIGUOUS, None)


def test_the_same_folder_settles_which_of_two_originals_is_meant(gallery):
    photo(gallery, "IMG_0001.jpg", folder="card A")
    second = photo(gallery, "IMG_0001.jpg", folder="card B")
    (edit,) = matched(gallery, "IMG_0001_edit.jpg", folder="card B")
    assert (edit.photo, edit.method) == (second, MatchMethod.FOLDER)


def test_a_raw_and_its_jpeg_are_one_original_under_both_names(gallery):
    original = photo(gallery, "IMG_4521.jpg")
    raw = testing.make_stored_file(b"raw", original_name="RAW_4521.CR2")
    PhotoFile.objects.create(photo=original, stored_file=raw, role=FileRole.RAW)
    first, second = matched(gallery, "IMG_4521_edit.jpg", "RAW_4521_edit_v2.jpg")
    assert (first.photo, second.photo) == (original, original)
    assert (first.version, second.version) == (1, 2)


def test_a_file_name_of_an_earlier_version_of_a_photo_no_longer_counts(gallery):
    original = photo(gallery, "IMG_4521.jpg")
    old = testing.make_stored_file(original_name="OLD_1.jpg")
    PhotoFile.objects.create(
        photo=original, stored_file=old, role=FileRole.PICTURE, version=2, is_current=False
    )
    (edit,) = matched(gallery, "OLD_1_edit.jpg")
    assert edit.status == EditStatus.UNMATCHED


def test_another_gallery_s_originals_are_never_matched(gallery):
    photo(testing.make_gallery(has_page=False), "IMG_4521.jpg")
    (edit,) = matched(gallery, "IMG_4521_edit.jpg")
    assert edit.photo is None


def test_an_original_that_arrives_later_is_found_with_the_next_match(gallery):
    (edit,) = matched(gallery, "IMG_4521_edit.jpg")
    original = photo(gallery, "IMG_4521.jpg")
    match_edits(gallery.pk)
    edit.refresh_from_db()
    assert edit.photo == original


def test_matching_twice_changes_nothing(gallery):
    photo(gallery, "IMG_1.jpg")
    matched(gallery, "IMG_1_edit.jpg", "IMG_1_v2.jpg", "other.jpg")
    before = [*Edit.objects.values()]
    assert match_edits(gallery.pk) == 0
    assert [*Edit.objects.values()] == before


def test_a_gallery_that_is_gone_needs_no_matching(db):
    assert match_edits(4711) == 0


def test_the_queue_knows_the_task(gallery):
    photo(gallery, "IMG_1.jpg")
    edit = arrive(gallery, "IMG_1_edit.jpg")
    tasks.match_edits(gallery.pk)
    edit.refresh_from_db()
    assert edit.photo is not None


def later(**fields):
    """A moment that reconciling no longer takes for now."""
    return timezone.now() - timedelta(**fields or {"minutes": 10})


def woken(gallery) -> list:
    OrmQ.objects.all().delete()
    reconcile()
    return [task.task["args"] for task in OrmQ.objects.all()]


def test_edits_whose_matching_was_lost_are_matched_by_reconciling(gallery):
    photo(gallery, "IMG_1.jpg")
    arrive(gallery, "IMG_1_edit.jpg")
    assert woken(gallery) == []

    Edit.objects.update(created_at=later())
    assert woken(gallery) == [(gallery.pk,)]
    match_edits(gallery.pk)
    assert woken(gallery) == []


def test_edits_that_were_looked_at_in_vain_are_left_in_peace(gallery):
    matched(gallery, "other.jpg")
    Edit.objects.update(created_at=later())
    assert woken(gallery) == []


def test_edits_whose_originals_came_later_are_looked_at_again_by_reconciling(gallery):
    matched(gallery, "IMG_4521_edit.jpg")
    Edit.objects.update(created_at=later(days=3))
    photo(gallery, "IMG_4521.jpg")
    batch = UploadBatch.objects.create(
        gallery=gallery, uploader=gallery.owner, settled_at=timezone.now()
    )
    assert woken(gallery) == []

    UploadBatch.objects.filter(pk=batch.pk).update(settled_at=later())
    assert woken(gallery) == [(gallery.pk,)]
    match_edits(gallery.pk)
    assert woken(gallery) == []


# --- Versions ------------------------------------------------------------------------------------


def test_versions_of_one_batch_are_numbered_by_their_names(gallery):
    photo(gallery, "IMG_1.jpg")
    names = ["IMG_1_final.jpg", "IMG_1_v3.jpg", "IMG_1_edit.jpg", "IMG_1_v2.jpg"]
    assert [edit.version for edit in matched(gallery, *names)] == [4, 3, 1, 2]


def test_it_makes_no_difference_which_version_arrives_first(gallery):
    photo(gallery, "IMG_1.jpg")
    (second,) = matched(gallery, "IMG_1_v2.jpg")
    (first,) = matched(gallery, "IMG_1_edit.jpg")
    second.refresh_from_db()
    assert (first.version, second.version) == (1, 2)


def test_a_delivered_version_keeps_its_number(gallery):
    photo(gallery, "IMG_1.jpg")
    (delivered,) = matched(gallery, "IMG_1_v2.jpg")
    testing.make_delivery(gallery, [delivered])
    (later,) = matched(gallery, "IMG_1_edit.jpg")
    delivered.refresh_from_db()
    assert (delivered.version, later.version) == (1, 2)


def test_every_variant_counts_its_own_versions(gallery):
    photo(gallery, "IMG_1.jpg")
    edits = matched(gallery, "IMG_1_edit.jpg", "IMG_1_bw.jpg", "IMG_1_bw_v2.jpg")
    assert [(edit.variant, edit.version) for edit in edits] == [
        ("main", 1),
        ("black_and_white", 1),
        ("black_and_white", 2),
    ]


def test_the_same_bytes_twice_are_one_edit(gallery):
    photo(gallery, "IMG_1.jpg")
    content = testing.jpeg_bytes()
    first = arrive(gallery, "IMG_1_edit.jpg", content=content)
    twin = arrive(gallery, "IMG_1_v2.jpg", content=content)
    match_edits(gallery.pk)
    first.refresh_from_db()
    twin.refresh_from_db()
    assert (first.status, twin.status) == (EditStatus.UNSELECTED, EditStatus.IGNORED)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_matching_at_once_gives_every_number_once():
    gallery = testing.make_gallery(has_page=False, state=State.SUBMITTED)
    photo(gallery, "IMG_1.jpg")
    for number in range(2, 12):
        arrive(gallery, f"IMG_1_v{number}.jpg")
    results = at_once(lambda: match_edits(gallery.pk), times=8)
    assert sorted(results) == [0] * 7 + [10], results
    assert sorted(Edit.objects.values_list("version", flat=True)) == [*range(1, 11)]
    assert Transition.objects.filter(gallery=gallery).count() == 1


# --- The selection -------------------------------------------------------------------------------


def test_an_edit_of_a_photo_that_nobody_selected_is_flagged(gallery):
    wanted, other = photo(gallery, "IMG_1.jpg"), photo(gallery, "IMG_2.jpg")
    select(gallery, wanted)
    first, second = matched(gallery, "IMG_1_edit.jpg", "IMG_2_edit.jpg")
    assert (first.status, first.photo) == (EditStatus.MATCHED, wanted)
    assert (second.status, second.photo) == (EditStatus.UNSELECTED, other)


def status_of(gallery, original):
    refresh_selected(gallery)
    return gallery.edits.get(photo=original).status


def test_what_was_sent_counts_and_what_was_not_does_not(gallery):
    sent, unsent = photo(gallery, "IMG_1.jpg"), photo(gallery, "IMG_2.jpg")
    select(gallery, sent)
    select(gallery, unsent, submitted=False)
    matched(gallery, "IMG_1_edit.jpg", "IMG_2_edit.jpg")
    assert status_of(gallery, sent) == EditStatus.MATCHED
    assert status_of(gallery, unsent) == EditStatus.UNSELECTED


def test_while_nothing_was_sent_every_heart_counts(gallery):
    original = photo(gallery, "IMG_1.jpg")
    select(gallery, original, submitted=False)
    matched(gallery, "IMG_1_edit.jpg")
    assert status_of(gallery, original) == EditStatus.MATCHED


def test_a_link_that_only_suggests_selects_nothing(gallery):
    original = photo(gallery, "IMG_1.jpg")
    select(gallery, original, link=testing.make_link(gallery, decides=False))
    matched(gallery, "IMG_1_edit.jpg")
    assert status_of(gallery, original) == EditStatus.UNSELECTED


def test_a_note_without_a_heart_selects_nothing(gallery):
    original = photo(gallery, "IMG_1.jpg")
    selection = select(gallery, original, notes=["please not"])
    selection.picks.update(is_favourite=False)
    matched(gallery, "IMG_1_edit.jpg")
    assert status_of(gallery, original) == EditStatus.UNSELECTED


def test_a_new_round_counts_from_its_first_heart_on(gallery):
    first, second = photo(gallery, "IMG_1.jpg"), photo(gallery, "IMG_2.jpg")
    select(gallery, first)
    matched(gallery, "IMG_1_edit.jpg", "IMG_2_edit.jpg")
    gallery.round = 2
    assert status_of(gallery, first) == EditStatus.MATCHED
    select(gallery, second, submitted=False)
    assert status_of(gallery, first) == EditStatus.UNSELECTED
    assert status_of(gallery, second) == EditStatus.MATCHED


def test_refreshing_leaves_alone_what_the_photographer_decided(gallery):
    original = photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    deliver_as_it_is(edit, actor=gallery.owner)
    select(gallery, original)
    assert status_of(gallery, original) == EditStatus.AS_IT_IS


def test_refreshing_writes_nothing_where_nothing_changes(gallery, django_assert_num_queries):
    select(gallery, photo(gallery, "IMG_1.jpg"))
    matched(gallery, "IMG_1_edit.jpg")
    with django_assert_num_queries(3) as queries:
        assert refresh_selected(gallery) == 0
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_finished_photos_need_no_selection(gallery):
    Gallery.objects.update(kind=Kind.FINISHED, state=State.ACTIVE)
    photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    assert edit.status == EditStatus.MATCHED


# --- The state -----------------------------------------------------------------------------------


def test_the_first_edit_starts_the_editing_by_itself(gallery):
    Gallery.objects.update(state=State.SUBMITTED)
    matched(gallery, "anything.jpg")
    assert present(gallery).state == State.EDITING
    step = Transition.objects.get(gallery=gallery)
    assert step.actor is None


@pytest.mark.parametrize("state", [State.ACTIVE, State.EDITING, State.DELIVERED])
def test_in_other_states_an_edit_moves_nothing(gallery, state):
    Gallery.objects.update(state=state)
    matched(gallery, "anything.jpg")
    assert present(gallery).state == state


def test_without_a_new_edit_nothing_starts(gallery):
    Gallery.objects.update(state=State.SUBMITTED)
    match_edits(gallery.pk)
    assert present(gallery).state == State.SUBMITTED


# --- By hand -------------------------------------------------------------------------------------


def test_the_photographer_links_what_no_name_could(gallery):
    original = photo(gallery, "IMG_1.jpg")
    select(gallery, original)
    (edit,) = matched(gallery, "kiss.jpg")
    link_by_hand(edit, original, actor=gallery.owner)
    assert (edit.photo, edit.status) == (original, EditStatus.MATCHED)
    assert (edit.method, edit.version) == (MatchMethod.BY_HAND, 1)
    assert actions(gallery) == ["pumbaphoto.share", "pumbaphoto.link_edit"]


def test_a_hand_linked_edit_of_an_unselected_photo_stays_flagged(gallery):
    original = photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "kiss.jpg")
    link_by_hand(edit, original, actor=gallery.owner)
    assert edit.status == EditStatus.UNSELECTED


def test_a_hand_linked_edit_of_another_name_is_the_newest(gallery):
    original = photo(gallery, "IMG_1.jpg")
    _second, edit = matched(gallery, "IMG_1_v2.jpg", "kiss.jpg")
    link_by_hand(edit, original, actor=gallery.owner)
    assert edit.version == 2


def test_a_hand_linked_edit_of_the_photo_s_name_keeps_the_order_of_names(gallery):
    original = photo(gallery, "IMG_1.jpg", folder="A")
    photo(gallery, "IMG_1.jpg", folder="B")
    second, first = matched(gallery, "IMG_1_bw_v2.jpg", "IMG_1_bw.jpg")
    link_by_hand(second, original, actor=gallery.owner)
    link_by_hand(first, original, actor=gallery.owner)
    second.refresh_from_db()
    assert [(edit.variant, edit.version) for edit in (first, second)] == [
        ("black_and_white", 1),
        ("black_and_white", 2),
    ]


def test_a_wrong_match_can_be_linked_elsewhere(gallery):
    photo(gallery, "IMG_1.jpg")
    right = photo(gallery, "IMG_2.jpg")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    link_by_hand(edit, right, actor=gallery.owner)
    assert edit.photo == right


def test_linking_twice_is_one_link(gallery):
    original = photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "kiss.jpg")
    link_by_hand(edit, original, actor=gallery.owner)
    link_by_hand(edit, original, actor=gallery.owner)
    assert edit.version == 1
    assert actions(gallery) == ["pumbaphoto.link_edit"]


def test_an_edit_cannot_belong_to_a_photo_of_another_gallery(gallery):
    (edit,) = matched(gallery, "kiss.jpg")
    other = photo(testing.make_gallery(has_page=False), "IMG_1.jpg")
    with pytest.raises(ValidationError):
        link_by_hand(edit, other, actor=gallery.owner)
    edit.refresh_from_db()
    assert edit.photo is None


def test_an_unlinked_edit_waits_and_is_not_matched_again(gallery):
    photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    unlink(edit, actor=gallery.owner)
    match_edits(gallery.pk)
    edit.refresh_from_db()
    assert (edit.photo, edit.status) == (None, EditStatus.UNMATCHED)
    assert actions(gallery) == ["pumbaphoto.unlink_edit"]


def test_an_ignored_edit_stays_ignored_until_it_is_taken_up_again(gallery):
    photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "other.jpg")
    ignore(edit, actor=gallery.owner)
    ignore(edit, actor=gallery.owner)
    match_edits(gallery.pk)
    edit.refresh_from_db()
    assert edit.status == EditStatus.IGNORED
    unlink(edit, actor=gallery.owner)
    assert edit.status == EditStatus.UNMATCHED
    assert actions(gallery) == ["pumbaphoto.ignore_edit", "pumbaphoto.unlink_edit"]


def test_a_gift_is_delivered_as_it_is(gallery):
    (edit,) = matched(gallery, "collage.jpg")
    deliver_as_it_is(edit, actor=gallery.owner)
    assert (edit.status, edit.photo) == (EditStatus.AS_IT_IS, None)
    assert actions(gallery) == ["pumbaphoto.deliver_edit_as_it_is"]


def test_accepting_takes_the_best_candidate_of_the_board(gallery):
    first = photo(gallery, "IMG_1.jpg", folder="A")
    photo(gallery, "IMG_1.jpg", folder="B")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    assert edit.status == EditStatus.AMBIGUOUS
    accept(edit, actor=gallery.owner)
    accept(edit, actor=gallery.owner)
    assert (edit.photo, edit.method) == (first, MatchMethod.BY_HAND)
    assert actions(gallery) == ["pumbaphoto.accept_edit"]


def test_accepting_a_match_makes_it_the_photographers_own(gallery):
    original = photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "IMG_1_bw_v2.jpg")
    accept(edit, actor=gallery.owner)
    assert (edit.photo, edit.method, edit.confidence) == (original, MatchMethod.BY_HAND, 1.0)
    assert edit.variant == "black_and_white"


def test_without_a_candidate_there_is_nothing_to_accept(gallery):
    photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "kiss.jpg")
    with pytest.raises(ValidationError, match="Nothing was found"):
        accept(edit, actor=gallery.owner)


def test_a_candidate_that_is_gone_is_passed_over(gallery):
    first = photo(gallery, "IMG_1.jpg", folder="A")
    second = photo(gallery, "IMG_1.jpg", folder="B")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    first.delete()
    accept(edit, actor=gallery.owner)
    assert edit.photo == second


# --- Variants and versions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "variant"),
    [
        ("black_and_white", "black_and_white"),
        ("social_crop 4x5", "social_crop 4x5"),
        ("  web  ", "web"),
        ("Anna’s  Favourite", "own Anna’s Favourite"),
        ("x" * 90, "own " + "x" * 46),
    ],
)
def test_a_variant_is_named_in_the_photographers_words(gallery, words, variant):
    photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    set_variant(edit, words, actor=gallery.owner)
    set_variant(edit, words, actor=gallery.owner)
    assert (edit.variant, edit.version, edit.method) == (variant, 1, MatchMethod.BY_HAND)
    assert actions(gallery) == ["pumbaphoto.set_edit_variant"]


def test_a_variant_made_a_version_comes_after_those_that_are_there(gallery):
    photo(gallery, "IMG_1.jpg")
    first, copy = matched(gallery, "IMG_1_edit.jpg", "IMG_1 copy.jpg")
    set_variant(copy, "main", actor=gallery.owner)
    first.refresh_from_db()
    assert [(one.variant, one.version) for one in (first, copy)] == [("main", 1), ("main", 2)]


@pytest.mark.parametrize("words", ["", "   ", "\u200b"])
def test_a_variant_needs_a_name(gallery, words):
    photo(gallery, "IMG_1.jpg")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    with pytest.raises(ValidationError, match="needs a name"):
        set_variant(edit, words, actor=gallery.owner)


def test_only_an_edit_of_a_photo_has_variants_and_versions(gallery):
    (edit,) = matched(gallery, "collage.jpg")
    for act in (choose_version, choose_newest):
        with pytest.raises(ValidationError):
            act(edit, actor=gallery.owner)
    with pytest.raises(ValidationError, match="which photo"):
        set_variant(edit, "web", actor=gallery.owner)


def test_one_version_of_a_variant_is_chosen_until_the_newest_is_again(gallery):
    photo(gallery, "IMG_1.jpg")
    edits = matched(gallery, "IMG_1_edit.jpg", "IMG_1_v2.jpg", "IMG_1_bw.jpg")
    first, second, grey = edits
    for edit in (grey, second, first, first):
        choose_version(edit, actor=gallery.owner)
    chosen = gallery.edits.filter(is_chosen=True)
    assert {*chosen} == {first, grey}
    choose_newest(second, actor=gallery.owner)
    assert {*chosen.all()} == {grey}
    assert actions(gallery) == [*["pumbaphoto.choose_edit_version"] * 3, NEWEST]


NEWEST = "pumbaphoto.choose_newest_edit"


def test_a_version_that_was_delivered_can_be_chosen(gallery):
    original = photo(gallery, "IMG_1.jpg")
    edit = testing.make_edit(gallery, original)
    testing.make_delivery(gallery, [edit])
    assert choose_version(edit, actor=gallery.owner).is_chosen


@pytest.mark.parametrize("act", ["link", "unlink", "ignore", "variant"])
def test_what_is_taken_elsewhere_is_not_chosen_any_more(gallery, act):
    photo(gallery, "IMG_1.jpg")
    other = photo(gallery, "IMG_2.jpg")
    (edit,) = matched(gallery, "IMG_1_edit.jpg")
    choose_version(edit, actor=gallery.owner)
    ACTS[act](edit, other, gallery.owner)
    edit.refresh_from_db()
    assert not edit.is_chosen


ACTS = {
    "accept": lambda edit, original, actor: accept(edit, actor=actor),
    "variant": lambda edit, original, actor: set_variant(edit, "web", actor=actor),
    "link": lambda edit, original, actor: link_by_hand(edit, original, actor=actor),
    "unlink": lambda edit, original, actor: unlink(edit, actor=actor),
    "ignore": lambda edit, original, actor: ignore(edit, actor=actor),
    "as it is": lambda edit, original, actor: deliver_as_it_is(edit, actor=actor),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_delivered_edit_is_not_changed_any_more(gallery, act):
    original, other = photo(gallery, "IMG_1.jpg"), photo(gallery, "IMG_2.jpg")
    edit = testing.make_edit(gallery, original)
    testing.make_delivery(gallery, [edit])
    with pytest.raises(TransitionNotAllowed, match="delivered already"):
        ACTS[act](edit, other, gallery.owner)
    edit.refresh_from_db()
    assert (edit.photo, edit.status) == (original, EditStatus.MATCHED)


@pytest.mark.parametrize("act", [choose_version, choose_newest])
def test_in_an_archived_gallery_no_version_is_chosen(gallery, act):
    edit = testing.make_edit(gallery, photo(gallery, "IMG_1.jpg"))
    Gallery.objects.update(state=State.ARCHIVED)
    with pytest.raises(TransitionNotAllowed, match="archived"):
        act(edit, actor=gallery.owner)


@pytest.mark.parametrize("act", ACTS)
def test_in_an_archived_gallery_no_edit_is_changed(gallery, act):
    original = photo(gallery, "IMG_1.jpg")
    edit = testing.make_edit(gallery, original)
    Gallery.objects.update(state=State.ARCHIVED)
    with pytest.raises(TransitionNotAllowed, match="archived"):
        ACTS[act](edit, original, gallery.owner)
