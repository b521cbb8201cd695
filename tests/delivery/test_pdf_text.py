"""Texts in PDFs: every script is drawn, and comes out again as it went in."""

import io
from collections import Counter
from datetime import UTC, datetime

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pumbaphoto_wagtail.delivery.pdf_document import Document
from pumbaphoto_wagtail.intake import lettering

NIGHT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


def document(**changes):
    facts = {"title": "Anna & Tom", "author": "Studio", "paper": "A4", "made_at": NIGHT}
    return Document(**{**facts, **changes})


def written(*texts, width=500, size=10):
    made = document()
    y = made.height - 40
    for text in texts:
        for line in made.type.lines(text, size, width):
            made.write(line, 40, y, width=width)
            y -= 14
    made.end_page()
    return b"".join(made.parts())


def reader(data):
    return pypdf.PdfReader(io.BytesIO(data), strict=True)


def read(data):
    return reader(data).pages[0].extract_text()


@pytest.mark.parametrize(
    "text",
    [
        "Hello Anna & Tom, first floor: office",
        "Ελληνικά и кириллица",
        "بكرة الصبح زفاف آنا وتوم",
        "שלום לכולם",
        "日本の結婚式 写真 한국어 中文",
        "हिन्दी में किताब क्षत्रिय",
        "ภาษาไทยไม่มีช่องว่าง",
        "❤ 😀",
        "ǍǨ é",
    ],
)
def test_a_text_of_any_script_can_be_copied_out_again(text):
    assert read(written(text)) == text


def test_a_decomposed_letter_is_composed():
    assert read(written("e\u0301")) == "é"


def test_what_no_font_has_is_replaced_and_the_rest_stays():
    assert read(written("a\U000f0000b")) == f"a{lettering.SUBSTITUTE}b"


def test_control_characters_and_halves_of_characters_are_dropped():
    assert read(written("a\x00\x07b\ud800c\u202ed")) == "abcd"


def test_lines_are_kept_and_long_ones_broken_between_words():
    lines = read(written("one two three four five six\n\nseven", width=72)).split("\n")

    assert [line.strip() for line in lines if line.strip()] == [
        "one two three",
        "four five six",
        "seven",
    ]


@pytest.mark.parametrize("text", ["x" * 300, "日本の結婚式" * 50, "בנוףיםזה" * 40])
def test_a_word_wider_than_the_paper_is_broken(text):
    made = document()

    lines = [*made.type.lines(text, 10, 200)]

    assert len(lines) > 1
    assert all(line.width <= 200 for line in lines)
    assert read(written(text, width=200)).replace("\n", "") == text


def test_a_line_too_long_for_its_place_ends_in_dots():
    made = document()

    line = made.type.fitted("IMG_4521 of the second photographer.CR2", 10, 80)

    assert line.width <= 80
    made.write(line, 0, 0)
    made.end_page()
    shown = read(b"".join(made.parts()))
    assert shown.startswith("IMG_4521")
    assert shown.endswith("…")


def test_what_is_read_from_right_to_left_begins_at_the_right():
    made = document()
    (line,) = made.type.lines("שלום", 10, 300)

    made.write(line, 100, 100, width=300)

    (placed,) = [part for part in made.canvas._code if "Tm" in part]
    assert float(placed.split()[5]) == pytest.approx(400 - line.width, abs=0.01)


def test_the_same_pages_are_the_same_bytes():
    assert written("Anna 日本 שלום") == written("Anna 日本 שלום")


def test_only_the_used_letters_are_embedded():
    assert len(written("Anna", "日本")) < 20_000


def test_a_picture_is_read_when_its_turn_comes_and_stays_as_it_is():
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(stream, "JPEG")
    asked = []

    def picture():
        asked.append(True)
        return stream.getvalue()

    made = document()
    made.picture(picture, 10, 10, 30, 20)
    made.end_page()
    assert not asked
    data = b"".join(made.parts())

    (image,) = reader(data).pages[0].images
    assert image.data == stream.getvalue()
    assert asked == [True]


@settings(max_examples=25, deadline=None)
@given(
    st.text(
        st.characters(codec="utf-8", max_codepoint=0x24FF, exclude_categories=["Cs", "Cn"]),
        max_size=60,
    )
)
def test_no_text_breaks_a_document_or_loses_a_letter(text):
    data = written(text)

    expected = lettering.known_letters(lettering.clean(text.replace("\n", " ")))
    assert letters(read(data)) == letters(expected)


def letters(text):
    """What is seen: order within a line of two directions is the reader's affair."""
    unseen = {*" \n\t\u200b\xa0", *lettering.JOINERS}
    return Counter(letter for letter in text if letter not in unseen and not letter.isspace())
