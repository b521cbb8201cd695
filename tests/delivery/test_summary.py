"""The selection leaves the house: for the spreadsheet and for other programs."""

import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery.summary import (
    camera_names,
    delivery_rows,
    selection_rows,
)
from pumbaphoto_wagtail.delivery.workbook import selection_workbook
from pumbaphoto_wagtail.models import State

from .shoot import select

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery("Smith wedding", has_page=False, state=State.SUBMITTED)
    gallery.clients.add(testing.make_client("Anna Smith", phone="123"))
    return gallery


def photo(gallery, name, **fields):
    return testing.make_photo(gallery, name, is_rendered=False, **fields)


def test_rows_hold_what_was_picked_in_the_gallery_s_order(gallery):
    ceremony = testing.make_section(gallery, "Ceremony")
    second = photo(gallery, "B.jpg", section=ceremony)
    first = photo(gallery, "A.jpg")
    selection = select(gallery, second, first, notes=["lighter", ""])
    selection.picks.filter(photo=first).update(is_favourite=False, note="not this one")
    info, rows = selection_rows(gallery)
    assert [(row.file_name, row.note, row.picked, row.section) for row in rows] == [
        ("A.jpg", "not this one", False, ""),
        ("B.jpg", "lighter", True, "Ceremony"),
    ]
    assert rows[0].recipient == "Anna"
    assert (info.title, info.photo_count, info.selection_count, info.note_count) == (
        "Smith wedding",
        2,
        1,
        2,
    )
    assert (info.clients[0].name, info.clients[0].phone) == ("Anna Smith", "123")


def test_the_rows_of_one_selection_need_no_recipient(gallery):
    mine = select(gallery, photo(gallery, "A.jpg"))
    select(gallery, photo(gallery, "B.jpg"))
    _info, rows = selection_rows(gallery, mine)
    assert [(row.file_name, row.recipient) for row in rows] == [("A.jpg", "")]


def test_the_workbook_takes_them(gallery):
    select(gallery, photo(gallery, "A.jpg"), notes=["=1+1"])
    book = load_workbook(io.BytesIO(selection_workbook(*selection_rows(gallery))))
    assert [cell.value for cell in book.worksheets[1]["A"]][1:] == ["A.jpg"]
    assert book.worksheets[1]["B2"].value == "=1+1"
    assert book.worksheets[1]["B2"].data_type == "s"


def test_a_renamed_proof_is_told_with_the_name_of_its_raw(gallery):
    renamed, kept = photo(gallery, "Smith-017.jpg"), photo(gallery, "IMG_2.jpg")
    for one, name in ((renamed, "IMG_4521.CR2"), (kept, "IMG_2.CR2")):
        one.picture.identity = {"raw_file_name": name}
        one.picture.save()
    select(gallery, renamed, kept)

    assert camera_names(gallery) == {renamed.pk: "IMG_4521.CR2", kept.pk: "IMG_2.CR2"}
    _info, rows = selection_rows(gallery)
    assert {row.file_name: row.camera_name for row in rows} == {
        "Smith-017.jpg": "IMG_4521.CR2",
        "IMG_2.jpg": "",
    }


def test_rows_name_their_list_and_the_site_s_own_time(gallery):
    select(gallery, photo(gallery, "A.jpg"))
    with timezone.override("Asia/Tokyo"):
        info, rows = selection_rows(gallery)

    assert rows[0].list == "To edit"
    assert info.time_zone == timezone.get_default_timezone()


def test_what_was_delivered_is_listed_with_its_photo(gallery):
    original = photo(gallery, "A.jpg")
    file = original.picture
    first = gallery.deliveries.create(number=1)
    item = {"size": 5, "crc32": 1, "sha256": "x", "stored_file": file}
    first.items.create(
        photo=original, member_name="A_edit.jpg", folder="Ceremony", position=1, **item
    )

    (row,) = delivery_rows(gallery)

    assert (row.number, row.file_name, row.folder, row.photo, row.size) == (
        *(1, "A_edit.jpg", "Ceremony", "A.jpg", 5),
    )


def test_the_number_of_queries_does_not_grow(gallery, django_assert_num_queries):
    selection = select(gallery, *testing.make_many_photos(gallery, 2))
    gallery.refresh_from_db()
    with django_assert_num_queries(7):
        selection_rows(gallery, selection)
    other = select(gallery, *testing.make_many_photos(gallery, 50))
    gallery.refresh_from_db()
    with django_assert_num_queries(7):
        selection_rows(gallery, other)
