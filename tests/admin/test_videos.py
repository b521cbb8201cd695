"""The films of a gallery in its workspace: by plain forms, each act with its words."""

from __future__ import annotations

from html import unescape

import pytest
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.films import rows_of
from pumbaphoto_wagtail.models import Video

YOUTUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def text_of(page) -> str:
    """What stands on a page, messages too."""
    return unescape(page.content.decode())


@pytest.fixture
def send(maria, gallery):
    def send(**data):
        return maria.post(gallery_url(gallery, "films"), data, follow=True)

    return send


def titles(gallery) -> list[str]:
    return [str(row.video) for row in rows_of(gallery)]


def test_b36_a_film_is_added_by_its_address_and_asked_about(gallery, send):
    page = send(address=" http://youtu.be/dQw4w9WgXcQ?si=x ", title="The\tdance")

    video = Video.objects.get()
    assert (video.url, video.title, video.provider) == (YOUTUBE, "The dance", "YouTube")
    assert "youtube-nocookie.com/embed/" in video.player_url
    assert "Being fetched" in text_of(page)
    entry = ModelLogEntry.objects.get(action="pumbaphoto.add_film")
    assert (str(entry.object_id), entry.data["film"]) == (str(gallery.pk), "The dance")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "This field is required."),
        ("javascript:alert(1)", "This is not the address of a film on the web."),
        (
            "https://nobody.example/film",
            "Nothing at this address of nobody.example is known to be a film",
        ),
        (YOUTUBE, "This film is in the gallery already."),
    ],
)
def test_x81_what_cannot_be_added_is_refused_where_it_was_typed(gallery, send, address, words):
    testing.make_video(gallery, url=YOUTUBE)
    page = send(address=address, title="Kept")

    assert page.status_code == 422
    assert words in text_of(page)
    assert 'value="Kept"' in page.content.decode()
    assert Video.objects.count() == 1


def test_a_film_follows_a_photo_that_is_called_by_its_name(gallery, photos, send):
    first, second = photos[:2]
    section = testing.make_section(gallery)
    gallery.photos.filter(pk=second.pk).update(section=section)
    send(address=YOUTUBE, after=second.name.rpartition(".")[0].lower())

    video = Video.objects.get()
    assert (video.after, video.section) == (second, section)
    elsewhere = testing.make_section(gallery, "Party")
    gallery.photos.filter(pk=first.pk).update(name=second.name, section=elsewhere)
    page = send(address="https://vimeo.com/76979871", after=second.name)
    assert "Several photos are called so" in text_of(page)
    send(address="https://vimeo.com/76979871", after=second.name, section=section.pk)
    assert Video.objects.filter(after=second).count() == 2
    page = send(address="https://vimeo.com/1", after="IMG_nobody.jpg")
    assert "No photo of this gallery is called so." in text_of(page)


def test_films_are_moved_among_those_at_their_place(gallery, photos, send):
    one, two = (
        testing.make_video(gallery, name, position=place) for place, name in enumerate("ab")
    )
    after = testing.make_video(gallery, "c", after=photos[0])
    assert titles(gallery) == ["a", "b", "c"]
    send(move=f"{two.pk}:up")
    assert titles(gallery) == ["b", "a", "c"]
    send(move=f"{after.pk}:up")
    send(move=f"{one.pk}:down")
    assert titles(gallery) == ["b", "a", "c"]


def test_a_film_is_hidden_shown_and_asked_about_again(gallery, send):
    video = testing.make_video(gallery, reason="Films did not answer.", fetched_at=None)
    assert "Films did not answer." in text_of(send(hide=video.pk))
    assert Video.objects.get().is_hidden
    send(show=video.pk)
    assert not Video.objects.get().is_hidden
    assert "Being fetched" in text_of(send(fetch=video.pk))


@pytest.mark.parametrize(
    ("stage", "verdict", "words"),
    [
        ("infected", "infected", "A virus was found in its picture"),
        ("failed", "clean", "Its picture is damaged"),
        ("received", "", "Its picture is being scanned"),
    ],
)
def test_what_became_of_a_films_picture_is_said(maria, gallery, stage, verdict, words):
    thumbnail = testing.make_stored_file(stage=stage, verdict=verdict)
    testing.make_video(gallery, thumbnail=thumbnail)
    assert words in text_of(maria.get(gallery_url(gallery, "films")))


def test_a_film_is_changed_and_removed(maria, gallery, photos):
    video = testing.make_video(gallery)
    address = gallery_url(gallery, "film", video_uuid=video.uuid)
    maria.post(address, {"title": "Ours", "after": photos[1].name})
    video.refresh_from_db()
    assert (video.title, video.after) == ("Ours", photos[1])
    assert "Nothing was changed." in text_of(
        maria.post(address, {"title": "Ours", "after": photos[1].name}, follow=True)
    )
    page = maria.post(address, {"remove": "1"}, follow=True)
    assert "The film is gone from the gallery." in text_of(page)
    assert not Video.objects.exists()
    assert maria.get(address).status_code == 404


def test_what_is_meant_for_another_gallery_is_not_found(maria, gallery, send):
    other = testing.make_video(testing.make_gallery("Other"))
    for data in ({"hide": other.pk}, {"move": f"{other.pk}:up"}, {"fetch": "x"}, {"move": "x"}):
        assert send(**data).status_code == 404
    address = gallery_url(gallery, "film", video_uuid=other.uuid)
    assert maria.post(address, {"remove": "1"}).status_code == 404
    assert Video.objects.filter(pk=other.pk, is_hidden=False).exists()


def test_many_films_are_listed_with_as_many_queries_as_few(
    maria, gallery, photos, django_assert_max_num_queries
):
    address = gallery_url(gallery, "films")
    for number in range(30):
        testing.make_video(gallery, f"{number}", after=photos[number % len(photos)])
    maria.get(address)
    with django_assert_max_num_queries(45):
        maria.get(address)
