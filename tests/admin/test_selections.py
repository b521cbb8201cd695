"""The Selections tab with several recipients, lists and rounds: what they share, what changed."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import SelectionList, State
from pumbaphoto_wagtail.proofing import picks, submission
from pumbaphoto_wagtail.workflow import reopen

from .conftest import in_state, words_of


def names(numbers):
    return [f"IMG_{number:04d}.jpg" for number in numbers]


@pytest.fixture
def choose(photos):
    def choose(link, *numbers, list_name=""):
        for number in numbers:
            picks.set_favourite(link, photos[number - 1], True, list_name)

    return choose


@pytest.fixture
def tom(gallery):
    return testing.make_link(gallery, "Tom")


@pytest.fixture
def gerda(gallery):
    return testing.make_link(gallery, "Gerda", decides=False)


@pytest.fixture
def several(link, tom, gerda, choose, photos):
    """Anna likes 1 and 2, Tom 2 and 3; Gerda suggests 3 and 4, and notes something to 4."""
    choose(link, 1, 2)
    choose(tom, 2, 3)
    choose(gerda, 3, 4)
    picks.set_note(gerda, photos[3], "the nicest")
    return {"anna": link, "tom": tom, "gerda": gerda}


@pytest.fixture
def look(maria, gallery):
    def look(**query):
        return maria.get(gallery_url(gallery, "selections"), query)

    return look


def shown(page):
    return [photo.name for photo in page.context["page_obj"]]


class TestFilters:
    @pytest.mark.parametrize(
        ("show", "numbers"),
        [
            ("", [1, 2, 3]),
            ("chosen", [1, 2, 3]),
            ("common", [2]),
            ("only-anna", [1]),
            ("only-tom", [3]),
            ("suggested", [4]),
            ("noted", [4]),
            ("all", [1, 2, 3, 4]),
            ("of-gerda", [3, 4]),
            ("nonsense", [1, 2, 3]),
            ("only-999999", [1, 2, 3]),
        ],
    )
    def test_show_what_they_say_and_count_it(self, show, numbers, look, several):
        for name, link in several.items():
            show = show.replace(f"-{name}", f"-{link.pk}")

        page = look(show=show)

        assert shown(page) == names(numbers)
        counts = {one["label"]: one["count"] for one in page.context["filters"]}
        assert counts == {
            "Chosen": 3,
            "Both": 1,
            "Only Anna": 1,
            "Only Tom": 1,
            "Only suggested": 1,
            "With notes": 1,
            "All": 4,
        }

    def test_with_one_recipient_nothing_is_compared(self, look, link, choose):
        choose(link, 1)

        labels = [one["label"] for one in look().context["filters"]]

        assert labels == ["Chosen", "With notes", "All"]

    def test_with_suggestions_alone_they_are_shown(self, look, gerda, choose):
        choose(gerda, 3)

        assert shown(look()) == names([3])

    def test_who_has_not_chosen_yet_makes_nothing_uncommon(self, look, several, gallery):
        testing.make_link(gallery, "Eve").selections.create(round=1)

        assert shown(look(show="common")) == names([2])

    def test_each_photo_says_who_picked_it_and_what_they_wrote(self, look, several):
        (photo,) = look(show="suggested").context["page_obj"]

        assert [(one.recipient, one.decides, one.note) for one in photo.voices] == [
            ("Gerda", False, "the nicest")
        ]

    def test_the_file_names_and_the_workbook_follow_the_filter(self, look, several, maria):
        page = look(show="common")

        assert page.context["search_texts"][0]["text"] == "IMG_0002"
        book = load_workbook(BytesIO(maria.get(page.context["workbook_url"]).content))
        rows = [[cell.value for cell in row] for row in book.worksheets[1].iter_rows(min_row=2)]
        assert [(row[0], row[-1]) for row in rows] == [
            ("IMG_0002.jpg", "Anna"),
            ("IMG_0002.jpg", "Tom"),
        ]

    def test_who_has_not_begun_is_named(self, look, link, tom, choose):
        choose(link, 1)

        assert look().context["waiting"] == ["Tom"]

    def test_a_clients_words_stay_words(self, look, link, photos):
        picks.set_note(link, photos[0], "<script>alert(1)</script>")

        assert b"<script>alert" not in look(show="all").content

    def test_a_photo_of_another_gallery_is_never_shown(self, look, several, studios):
        other = testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)
        foreign = testing.make_link(other, "Zoe")
        picks.set_favourite(foreign, testing.make_photo(other, "OTHER.jpg"), True)

        assert b"OTHER.jpg" not in look(show="all").content
        assert shown(look(show=f"of-{foreign.pk}")) == names([1, 2, 3])


class TestOpening:
    def test_looking_at_all_opens_every_sent_one(self, look, several):
        for name in ("anna", "tom"):
            submission.submit_selection(several[name])

        look()

        opened = [link.selections.get().opened_at is not None for link in several.values()]
        assert opened == [True, True, False]

    def test_looking_at_one_opens_that_one(self, look, several):
        for name in ("anna", "tom"):
            submission.submit_selection(several[name])

        look(show=f"of-{several['anna'].pk}")

        assert several["anna"].selections.get().opened_at
        assert several["tom"].selections.get().opened_at is None


class TestLists:
    @pytest.fixture
    def album(self, gallery, several, choose):
        gallery.lists = [SelectionList.ALBUM]
        gallery.save()
        choose(several["anna"], 4, list_name=SelectionList.ALBUM)

    def test_each_is_looked_at_alone(self, look, album):
        assert shown(look()) == names([1, 2, 3])
        assert shown(look(list="album")) == names([4])

    def test_with_one_list_nobody_speaks_of_lists(self, look, several):
        assert "For editing" not in look().content.decode()

    def test_a_list_that_was_closed_keeps_what_was_chosen(self, look, album, gallery):
        type(gallery).objects.update(lists=[])

        assert shown(look(list="album")) == names([4])

    def test_the_album_is_not_what_is_to_be_edited(self, look, album):
        assert look().context["figures"].picks["selected"] == 3

    def test_is_reopened_for_one_person(self, look, album, several, maria, gallery):
        anna = several["anna"]
        sent = submission.submit_selection(anna, SelectionList.ALBUM)
        (row,) = look(list="album").context["rows"]
        assert row["can_reopen"]

        maria.post(gallery_url(gallery, "reopen_list", selection_pk=sent.pk))

        assert anna.selections.filter(list="album", round=2, submitted_at=None).exists()

    def test_what_is_to_be_edited_is_not_reopened_like_that(self, look, submitted, maria, gallery):
        response = maria.post(gallery_url(gallery, "reopen_list", selection_pk=submitted.pk))

        assert response.status_code == 409
        assert "reopened with their gallery" in words_of(response)[0]


class TestRounds:
    @pytest.fixture
    def second(self, gallery, link, choose, photos, studios):
        """Anna sent 1 and 2, and in the second round has 1 (with another note) and 3."""
        choose(link, 1, 2)
        picks.set_note(link, photos[0], "darker")
        submission.submit_selection(link)
        gallery.refresh_from_db()
        reopen(gallery, actor=studios.maria)
        link.gallery.refresh_from_db()
        choose(link, 3)
        picks.set_favourite(link, photos[1], False)
        picks.set_note(link, photos[0], "lighter")

    @pytest.mark.parametrize(
        ("query", "numbers"),
        [
            ({}, [1, 3]),
            ({"round": 1}, [1, 2]),
            ({"show": "added"}, [3]),
            ({"show": "removed"}, [2]),
            ({"show": "renoted"}, [1]),
            ({"round": 7}, [1, 3]),
        ],
    )
    def test_say_what_changed(self, query, numbers, look, second):
        assert shown(look(**query)) == names(numbers)

    def test_each_photo_says_what_changed_of_it(self, look, second):
        (photo,) = look(show="renoted").context["page_obj"]
        (gone,) = look(show="removed").context["page_obj"]

        assert [(one.note, one.note_before) for one in photo.voices] == [("lighter", "darker")]
        assert [one.was_removed for one in gone.voices] == [True]

    def test_each_recipient_says_how_much(self, look, second):
        page = look().content.decode()

        assert "1 new, 1 not any more, 1 with another note" in page

    def test_the_first_round_has_nothing_to_compare_with(self, look, second):
        labels = [one["label"] for one in look(round=1).context["filters"]]

        assert "New in this round" not in labels


class TestWhatIsNext:
    def test_names_who_has_sent_and_who_has_not(self, look, several, maria, gallery):
        submission.submit_selection(several["anna"])

        assert look().context["what_next"] == (
            "Sent by Anna, not yet by Tom: close the round or wait."
        )
        step = maria.get(gallery_url(gallery, "step", step_name="close-round"))
        assert "Not sent yet: Tom." in step.content.decode()

    def test_a_suggestion_is_nothing_to_begin_with(self, look, several):
        submission.submit_selection(several["gerda"])

        assert "suggestion was sent" in look().context["what_next"]

    def test_nobody_is_waited_for_whose_link_is_closed(self, look, several, studios):
        from pumbaphoto_wagtail.proofing import links

        submission.submit_selection(several["anna"])
        links.revoke(several["tom"], studios.maria)

        assert look().context["what_next"] == "Everybody has sent. Close the round to begin."

    def test_closing_takes_what_was_chosen(self, look, several, maria, gallery):
        submission.submit_selection(several["anna"])
        maria.post(gallery_url(gallery, "step", step_name="close-round"), {"state": State.ACTIVE})

        gallery.refresh_from_db()
        assert gallery.state == State.SUBMITTED
        assert several["tom"].selections.get().submitted_by.username == "maria"
        assert look().context["figures"].picks["selected"] == 3

    def test_reopened_it_is_the_second_round(self, look, several, maria, gallery):
        submission.submit_selection(several["anna"])
        submission.submit_selection(several["tom"])
        gallery.refresh_from_db()
        maria.post(gallery_url(gallery, "step", step_name="reopen"), {"state": State.SUBMITTED})

        gallery.refresh_from_db()
        assert (gallery.state, gallery.round) == (State.ACTIVE, 2)
        assert look().context["what_next"] == (
            "Reopened for round 2. Nobody has changed anything yet."
        )
        assert shown(look()) == names([1, 2, 3])


def test_a_round_that_cannot_be_closed_any_more_says_why(maria, gallery, submitted):
    in_state(gallery, State.EDITING)

    response = maria.get(gallery_url(gallery, "step", step_name="close-round"))

    assert response.status_code == 409
