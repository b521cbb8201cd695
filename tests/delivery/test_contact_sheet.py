"""The contact sheet: every photograph with its number, name, heart and notes."""

import io
from datetime import UTC, datetime

import pypdf
from PIL import Image

from pumbaphoto_wagtail.delivery.contact_sheet import Entry, Heading, Picture, contact_sheet

NIGHT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


def heading(**changes):
    facts = {"title": "Smith wedding", "studio": "Maria", "paper": "A4", "made_at": NIGHT}
    return Heading(**{**facts, **changes})


def pages(entries, **changes):
    data = b"".join(contact_sheet(heading(**changes), entries))
    return pypdf.PdfReader(io.BytesIO(data), strict=True).pages


def text(entries, **changes):
    return "\n".join(page.extract_text() for page in pages(entries, **changes))


def jpeg(mode="RGB"):
    stream = io.BytesIO()
    Image.new(mode, (30, 20)).save(stream, "JPEG")
    return stream.getvalue()


def test_it_tells_of_what_and_of_whom_it_is():
    shown = text([Entry(name="IMG_1.CR2")], about=["Chosen by Anna", "Album"])

    for words in ("Smith wedding", "Chosen by Anna", "Album", "1 photo · July 1, 2026", "Page 1"):
        assert words in shown


def test_each_photograph_has_number_name_and_notes():
    shown = text(
        [
            Entry(name="IMG_1.CR2", hearts=2, notes=[("Anna", "lighter"), ("Tom", "darker")]),
            Entry(name="写真.jpg", notes=[("", "بالأبيض")]),
        ]
    )

    for words in ("1", "×2", "IMG_1.CR2", "Anna: lighter", "Tom: darker", "写真.jpg", "بالأبيض"):
        assert words in shown


def test_pictures_are_those_that_are_read_while_sending():
    data, asked = jpeg(), []

    def read():
        asked.append(True)
        return data

    parts = contact_sheet(
        heading(), [Entry(name="A", picture=Picture(read=read, width=30, height=20))]
    )
    assert not asked
    reader = pypdf.PdfReader(io.BytesIO(b"".join(parts)))
    assert [image.data for image in reader.pages[0].images] == [data]


def test_grey_pictures_and_missing_ones_have_their_places():
    grey = jpeg("L")
    picture = Picture(read=lambda: grey, width=30, height=20)

    (page,) = pages([Entry(name="A", picture=picture), Entry(name="B")])

    assert len(page.images) == 1
    assert "B" in page.extract_text()


def test_a_long_note_is_in_full_at_the_end():
    words = "Please take away the fire extinguisher behind Uncle Bob. " * 12

    shown = text([Entry(name="IMG_1.CR2", notes=[("Anna", words)])])

    assert "… in full at the end" in shown
    whole = shown[shown.index("Long notes") :]
    assert "1 · IMG_1.CR2" in whole
    assert " ".join(whole.split()).count("Uncle Bob") == 12


def test_rows_stay_whole_and_pages_are_numbered():
    found = pages([Entry(name=f"IMG_{number}.CR2") for number in range(1, 101)])

    assert len(found) > 2
    for number, page in enumerate(found, start=1):
        assert f"Page {number}" in page.extract_text()
    names = [word for page in found for word in page.extract_text().split() if "IMG_" in word]
    assert names == [f"IMG_{number}.CR2" for number in range(1, 101)]


def test_sections_are_told_in_their_order():
    entries = [
        Entry(name=f"IMG_{number}.CR2", section=section)
        for number, section in enumerate(["", "Ceremony", "Ceremony", "Party"])
    ]

    shown = text(entries)

    assert shown.count("Ceremony") == 1
    assert shown.index("IMG_0") < shown.index("Ceremony") < shown.index("IMG_1")
    assert shown.index("IMG_2") < shown.index("Party") < shown.index("IMG_3")


def test_of_nothing_there_is_a_page():
    assert "0 photos" in text([])


def test_the_same_sheet_is_the_same_bytes():
    entries = [Entry(name="IMG_1.CR2", hearts=1, notes=[("", "שלום")])]

    assert b"".join(contact_sheet(heading(), entries)) == b"".join(
        contact_sheet(heading(), entries)
    )
