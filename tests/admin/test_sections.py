"""Arranging sections: names, order, what may be downloaded, and removing one."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Photo, Video

from .conftest import words_of


@pytest.fixture
def sections(gallery, photos):
    made = [
        testing.make_section(gallery, title, position=0) for title in ("Church", "Dinner", "Party")
    ]
    Photo.objects.filter(pk__in=[photo.pk for photo in photos[:2]]).update(section=made[0])
    return made


@pytest.fixture
def arrange(maria, gallery, sections):
    def arrange(**data):
        return maria.post(gallery_url(gallery, "sections"), data, follow=True)

    return arrange


def titles(gallery):
    return [*gallery.sections.order_by("position", "pk").values_list("title", flat=True)]


def form(sections, **changes):
    """What the table sends when nothing was touched, and what was."""
    rows = {f"title-{section.pk}": section.title for section in sections}
    finished = [section.pk for section in sections if section.is_finished]
    return {**rows, "finished": finished, **changes}


def test_are_renamed(gallery, sections, arrange):
    arrange(**form(sections, **{f"title-{sections[0].pk}": "  At the\tchurch "}))

    assert titles(gallery) == ["At the church", "Dinner", "Party"]


def test_two_exchange_their_names(gallery, sections, arrange):
    first, second, _third = sections
    arrange(**form(sections, **{f"title-{first.pk}": "Dinner", f"title-{second.pk}": "Church"}))

    assert titles(gallery) == ["Dinner", "Church", "Party"]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Dinner", "Two sections would be called “Dinner”."),
        (" ", "A section needs a name."),
        ("x" * 300, "This name is too long."),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_words(title, words, gallery, sections, arrange):
    key = f"title-{sections[0].pk}"
    response = arrange(**form(sections, **{key: title, "finished": [sections[1].pk]}))

    assert (response.status_code, words_of(response)) == (422, [words])
    assert titles(gallery) == ["Church", "Dinner", "Party"]
    assert not gallery.sections.filter(is_finished=True).exists()


@pytest.mark.parametrize(
    ("number", "way", "expected"),
    [
        (0, "down", ["Dinner", "Church", "Party"]),
        (2, "up", ["Church", "Party", "Dinner"]),
        (0, "up", ["Church", "Dinner", "Party"]),
        (2, "down", ["Church", "Dinner", "Party"]),
    ],
)
def test_are_moved(number, way, expected, gallery, sections, arrange):
    arrange(move=f"{sections[number].pk}:{way}")

    assert titles(gallery) == expected


@pytest.mark.parametrize("move", ["nonsense", "1:sideways", ":up", "999999:up"])
def test_nonsense_moves_nothing(move, gallery, sections, arrange):
    assert arrange(move=move).status_code == 404


def test_the_photos_follow(gallery, sections, arrange, photos):
    Photo.objects.filter(pk=photos[3].pk).update(section=sections[2])
    for _time in range(2):
        arrange(move=f"{sections[2].pk}:up")

    in_sections = gallery.photos.exclude(section=None).in_order()
    assert [photo.pk for photo in in_sections] == [photos[3].pk, photos[0].pk, photos[1].pk]


def test_may_be_downloaded_when_ticked_and_not_any_more_when_not(gallery, sections, arrange, maria):
    arrange(**form(sections, finished=[sections[1].pk]))
    assert [*gallery.sections.filter(is_finished=True)] == [sections[1]]

    arrange(**form(sections, finished=[]))
    assert not gallery.sections.filter(is_finished=True).exists()
    history = maria.get(gallery_url(gallery, "history")).content.decode()
    assert "May be downloaded now: Dinner" in history
    assert "May not be downloaded yet: Dinner" in history


def test_a_new_one_comes_last(gallery, sections, arrange):
    arrange(move=f"{sections[0].pk}:down")
    arrange(new_title="Fireworks")

    assert titles(gallery) == ["Dinner", "Church", "Party", "Fireworks"]


def test_a_new_one_needs_a_name_of_its_own(gallery, sections, arrange):
    assert arrange(new_title="Party").status_code == 422
    assert len(titles(gallery)) == 3


class TestRemoving:
    @pytest.fixture
    def remove(self, maria, gallery):
        def remove(section, **data):
            url = gallery_url(gallery, "remove_section", section_uuid=section.uuid)
            return maria.post(url, data, follow=True)

        return remove

    def test_asks_first(self, maria, gallery, sections):
        url = gallery_url(gallery, "remove_section", section_uuid=sections[0].uuid)

        page = maria.get(url).content.decode()

        assert "Where should its 2 photos go?" in page
        assert len(titles(gallery)) == 3

    def test_its_photos_and_films_go_where_they_are_told(
        self, gallery, sections, remove, selection
    ):
        Video.objects.create(gallery=gallery, section=sections[0], url="https://example.com/v")

        remove(sections[0], into=sections[2].pk)

        assert titles(gallery) == ["Dinner", "Party"]
        assert sections[2].photos.count() == 2
        assert sections[2].videos.count() == 1
        assert selection.picks.count() == 2

    def test_or_stand_before_all_sections(self, gallery, sections, remove):
        remove(sections[0], into="")

        assert gallery.photos.filter(section=None).count() == 4

    def test_one_that_a_link_is_limited_to_stays_and_says_whose(
        self, maria, gallery, sections, remove, link
    ):
        link.sections.add(sections[0])

        response = remove(sections[0], into="")

        assert response.status_code == 409
        assert "The link of Anna is limited to this section." in words_of(response)[0]
        assert "Church" in titles(gallery)
        url = gallery_url(gallery, "remove_section", section_uuid=sections[0].uuid)
        assert "The link of Anna" in maria.get(url).content.decode()

    @pytest.mark.parametrize("into", ["itself", "foreign", "nonsense"])
    def test_only_another_section_of_the_gallery_takes_them(
        self, into, gallery, sections, remove, studios
    ):
        other = testing.make_gallery("Other", owner=studios.maria, collection=studios.collection)
        keys = {"itself": sections[0].pk, "foreign": testing.make_section(other).pk}

        response = remove(sections[0], into=keys.get(into, into))

        assert response.status_code in (404, 409)
        assert sections[0].photos.count() == 2

    def test_is_named_in_the_history(self, maria, gallery, sections, remove):
        remove(sections[0], into="")

        page = maria.get(gallery_url(gallery, "history")).content.decode()
        assert "Section removed: Church, 2 photos moved" in page
