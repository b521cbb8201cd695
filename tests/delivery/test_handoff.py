import csv
import io
import re
from datetime import UTC, datetime
from unittest.mock import ANY
from uuid import UUID

import pytest

from pumbaphoto_wagtail.delivery.handoff import (
    neutralised,
    search_text,
    selection_csv,
    smart_collection,
)
from pumbaphoto_wagtail.delivery.spreadsheets import SelectionRow

NAMES = ["IMG_4521.CR2", "IMG_4521.JPG", "card/IMG_4600.CR2", "Smith-Wedding 017.jpg"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("lightroom", "IMG_4521, IMG_4600, Smith-Wedding 017"),
        ("capture_one", "IMG_4521 IMG_4600 Smith-Wedding 017"),
        ("finder", 'IMG_4521 OR IMG_4600 OR "Smith-Wedding 017"'),
        ("explorer", 'IMG_4521 OR IMG_4600 OR "Smith-Wedding 017"'),
        ("plain", "IMG_4521\nIMG_4600\nSmith-Wedding 017"),
    ],
)
def test_each_program_gets_names_as_its_search_reads_them(program, expected):
    assert search_text(NAMES, program) == expected


def test_an_unknown_program_is_an_error():
    with pytest.raises(KeyError):
        search_text(NAMES, "paint")


@pytest.mark.parametrize("program", ["lightroom", "capture_one", "finder", "explorer", "plain"])
def test_nothing_selected_is_nothing_to_search(program):
    assert search_text([], program) == ""
    assert search_text([".jpg"], program) == ""


def test_the_first_spelling_and_the_order_of_names_are_kept():
    names = ["b.jpg", "a.jpg", "B.CR2"]
    assert search_text(names, "plain") == "b\na"


def test_an_ending_that_is_no_extension_belongs_to_the_name():
    assert search_text(["Anna.B", "Anna.C.jpg"], "plain") == "Anna.B\nAnna.C"


def test_a_name_cannot_become_an_operator():
    names = ["OR.jpg", 'a" OR "b.jpg', "-a.jpg"]
    assert search_text(names, "explorer") == '"OR" OR "a OR b" OR "-a"'


def test_a_name_cannot_break_the_line():
    assert search_text(["a\r\nb\x00c\u2028d.jpg"], "plain") == "abcd"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "\x00=1", "\ud800=1"],
)
def test_csv_texts_never_begin_a_formula(text):
    assert neutralised(text).startswith("'")


@pytest.mark.parametrize("text", ["", "IMG_1.jpg", "a=1", "'quoted", "Café 😀"])
def test_a_harmless_text_stays_as_it_is(text):
    assert neutralised(text) == text


def test_the_selection_as_csv_has_the_workbooks_columns():
    rows = [
        SelectionRow(
            file_name="IMG_1.CR2",
            note='=1+"1",\nsecond line',
            selected_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
        ),
        SelectionRow(file_name="IMG_2.CR2", recipient="Anna"),
    ]
    text = selection_csv(rows, UTC)
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["File name", "Client note", "Selected at", "Recipient"],
        ["IMG_1.CR2", '\'=1+"1",\nsecond line', "2026-07-01 22:30:00", ""],
        ["IMG_2.CR2", "", "", "Anna"],
    ]
    assert text.encode("utf-8-sig")


def test_a_smart_collection_looks_for_beginnings_so_that_no_longer_name_is_found():
    text = smart_collection(["IMG_452.CR2", "IMG_452.JPG", "card/IMG_9.CR2"], "Smith wedding")

    assert lua(text) == {
        "id": ANY,
        "internalName": "Smith wedding",
        "title": "Smith wedding",
        "type": "LibrarySmartCollection",
        "version": 0,
        "value": {
            1: rule("IMG_452."),
            2: rule("IMG_9."),
            "combine": "union",
        },
    }


def test_names_and_titles_cannot_leave_their_quotes():
    text = smart_collection(['a"b.jpg', "c\\.jpg"], 'x", y = "\\\n')

    table = lua(text)
    assert table["title"] == 'x", y = "\\'
    assert [one["value"] for key, one in table["value"].items() if key != "combine"] == ['a"b.']


def test_the_same_smart_collection_has_the_same_id():
    names = ["IMG_1.CR2"]
    assert smart_collection(names, "A") == smart_collection(names, "A")
    assert lua(smart_collection(names, "A"))["id"] != lua(smart_collection(names, "B"))["id"]
    assert UUID(lua(smart_collection(names, "A"))["id"])


def rule(beginning):
    return {
        "criteria": "filename",
        "operation": "beginsWith",
        "value": beginning,
        "value2": "",
    }


def lua(text):
    """The table ``s`` of a Lua file, read by the rules of Lua's own grammar."""
    tokens = iter(re.findall(r'"(?:[^"\\]|\\.)*"|[{}=,]|\w+', text))
    assert [next(tokens), next(tokens)] == ["s", "="]
    return lua_value(next(tokens), tokens)


def lua_value(token, tokens):
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if token != "{":
        return int(token)
    table, number = {}, 0
    while (token := next(tokens)) != "}":
        if token == ",":
            continue
        if token.isidentifier():
            assert next(tokens) == "="
            table[token] = lua_value(next(tokens), tokens)
        else:
            number += 1
            table[number] = lua_value(token, tokens)
    return table
