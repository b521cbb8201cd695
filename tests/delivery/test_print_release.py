"""The page that lets a client have the photographs printed."""

import io
from datetime import date

import pypdf
import pytest
from django.test import override_settings

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.print_release import default_words, print_release_pdf


def release(**changes):
    facts = {
        "studio": "Studio Maria",
        "client": "Anna Smith & Tom",
        "gallery_title": "Smith wedding",
        "shoot_date": date(2026, 6, 13),
        "delivered_on": date(2026, 7, 1),
        "words": "Print what you like.\n\nمبروك",
    }
    return print_release_pdf(**{**facts, **changes})


def pages(data):
    return pypdf.PdfReader(io.BytesIO(data), strict=True).pages


def test_it_names_everybody_and_says_the_words():
    text = pages(release())[0].extract_text()

    for words in (
        *("Studio Maria", "Anna Smith & Tom", "Smith wedding"),
        *("June 13, 2026", "July 1, 2026", "Print what you like.", "مبروك"),
    ):
        assert words in text


def test_the_same_release_is_the_same_bytes():
    assert release() == release()
    assert release() != release(client="Eve")


def test_what_is_not_known_is_left_out():
    text = pages(release(client="", shoot_date=None))[0].extract_text()

    assert "For" not in text.split()
    assert "Taken on" not in text


@pytest.mark.parametrize(("paper", "width"), [("A4", 595), ("Letter", 612)])
def test_the_paper_is_the_sites(paper, width):
    with override_settings(PUMBAPHOTO={"PAPER": paper}):
        assert int(pages(release())[0].mediabox.width) == width


def test_many_words_go_on_on_the_next_page():
    found = pages(release(words="A condition that nobody reads.\n" * 80))

    assert len(found) == 3
    assert sum(page.extract_text().count("nobody reads") for page in found) == 80


def test_a_long_title_is_broken_and_not_cut():
    title = "The wedding of everybody " * 12

    text = pages(release(gallery_title=title))[0].extract_text()

    assert text.count("everybody") == 12


def test_the_default_words_name_studio_and_gallery_as_they_are_written(db):
    gallery = testing.make_gallery("Tom & Anna <3", has_page=False)
    gallery.site.site_name = "Studio Maria"

    words = default_words(gallery)

    assert "“Tom & Anna <3”" in words
    assert words.startswith("Studio Maria gives the client")


def test_a_studio_without_a_name_has_words_too(db):
    gallery = testing.make_gallery("Smith wedding", has_page=False)
    gallery.site.site_name = ""

    assert default_words(gallery).startswith("The client named above")
