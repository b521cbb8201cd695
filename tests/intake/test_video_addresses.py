"""Addresses of films: one for each, however it was copied; and their players, never as markup."""

import pytest

from pumbaphoto_wagtail.exceptions import FilmRefused
from pumbaphoto_wagtail.intake.video_addresses import (
    film_address,
    framed_player,
    known_player,
    provider_of,
)

YOUTUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
VIMEO = "https://vimeo.com/76979871"
PRIVATE_VIMEO = "https://vimeo.com/76979871/0123abcdef"


@pytest.mark.parametrize(
    ("copied", "address"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", YOUTUBE),
        ("http://youtube.com/watch?v=dQw4w9WgXcQ", YOUTUBE),
        ("  https://youtu.be/dQw4w9WgXcQ?si=abc&t=42\n", YOUTUBE),
        ("youtu.be/dQw4w9WgXcQ", YOUTUBE),
        ("https://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&list=PL1", YOUTUBE),
        ("https://www.youtube.com/embed/dQw4w9WgXcQ", YOUTUBE),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?rel=0", YOUTUBE),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", YOUTUBE),
        ("https://www.youtube.com/live/dQw4w9WgXcQ?feature=share", YOUTUBE),
        ("http://vimeo.com/76979871", VIMEO),
        ("https://player.vimeo.com/video/76979871?title=0", VIMEO),
        ("https://vimeo.com/channels/staffpicks/76979871", VIMEO),
        ("https://vimeo.com/groups/name/videos/76979871#t=3", VIMEO),
        ("https://vimeo.com/76979871/0123abcdef?share=copy", PRIVATE_VIMEO),
        ("https://player.vimeo.com/video/76979871?h=0123abcdef&dnt=1", PRIVATE_VIMEO),
        ("https://films.example/w/1?utm_source=mail&x=1#top", "https://films.example/w/1?x=1"),
        ("HTTP://Films.Example/W", "https://films.example/W"),
    ],
)
def test_b36_a_film_has_one_address_however_it_was_copied(copied, address):
    assert film_address(copied) == address
    assert film_address(address) == address


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "javascript:alert(1)", "ftp://films.example/1", "file:///etc/passwd"),
        *("data:text/html,x", "https://", "https:///x", "https://localhost/1", "film"),
        *("https://127.0.0.1/1", "https://[::1]/1", "https://2130706433/1", "https://0x7f.1/1"),
        *("https://name:word@films.example/1", "https://films.example:8443/1"),
        *("https://films.example/a b", "https://films.example/\n1", "https://films.example/\0"),
        *("https://fi;lms.example/1", "https://films.example;frame-src */1", "x" * 2000),
        "https://films.example/" + "x" * 2000,
    ],
)
def test_x81_what_is_no_films_address_is_refused_in_words(text):
    with pytest.raises(FilmRefused) as refused:
        film_address(text)
    assert str(refused.value)


@pytest.mark.parametrize(
    ("address", "player"),
    [
        (
            YOUTUBE,
            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&playsinline=1&rel=0",
        ),
        (VIMEO, "https://player.vimeo.com/video/76979871?dnt=1&autoplay=1"),
        (PRIVATE_VIMEO, "https://player.vimeo.com/video/76979871?dnt=1&autoplay=1&h=0123abcdef"),
        ("https://films.example/1", ""),
        ("https://youtube.com.films.example/watch?v=dQw4w9WgXcQ", ""),
        ("https://www.youtube.com/@studio", ""),
        ("https://vimeo.com/studio", ""),
    ],
)
def test_b37_known_players_keep_no_cookies(address, player):
    assert known_player(address) == player


@pytest.mark.parametrize(
    ("html", "player"),
    [
        (
            '<iframe width=1 src="https://p.example/1?a=1&amp;b=2"></iframe>',
            "https://p.example/1?a=1&b=2",
        ),
        ('<div><iframe src="//p.example/1"></iframe></div>', "https://p.example/1"),
        ('<iframe src="http://p.example/1"></iframe>', ""),
        ('<iframe src="javascript:alert(1)"></iframe>', ""),
        ('<iframe src="https://p.example:99/1"></iframe>', ""),
        ('<iframe src="https://10.0.0.1/1"></iframe>', ""),
        ('<iframe src="https://p.example;script-src *"></iframe>', ""),
        ('<iframe src="https://u:p@p.example/1"></iframe>', ""),
        ("<iframe></iframe><script src='https://p.example/1'></script>", ""),
        ("<iframe src=", ""),
        ("", ""),
        (
            '<iframe src="https://www.youtube.com/embed/videoseries?list=PL1"></iframe>',
            "https://www.youtube-nocookie.com/embed/videoseries?list=PL1",
        ),
        (
            '<iframe src="https://vimeo.com/event/1/embed?a=b"></iframe>',
            "https://vimeo.com/event/1/embed?a=b&dnt=1",
        ),
        (
            '<iframe src="http://p.example/1"></iframe><iframe src="https://p.example/2"></iframe>',
            "https://p.example/2",
        ),
    ],
)
def test_b37_of_a_providers_markup_only_an_https_frame_is_used(html, player):
    assert framed_player(html) == player


def test_b36_providers_have_the_names_that_people_call_them():
    names = [provider_of(url) for url in (YOUTUBE, VIMEO, "https://www.films.example/1")]
    assert names == ["YouTube", "Vimeo", "films.example"]
