import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.delivery.names import folder_key, name_key, stem_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IMG_4521.CR2", "img_4521.jpg"),
        ("Café.jpg", "Cafe\u0301.tif"),
        ("STRASSE.jpg", "straße.jpg"),
        ("a\u00a0b.jpg", "a b.jpg"),
        ("\ufeffIMG_1.jpg", "IMG\u200b_1.jpg"),
        ("IMG_1 .jpg", "IMG_1.jpg"),
        ("IMG_1.jpg ", "IMG_1.jpg"),
        ("IMG_1.jpg.", "IMG_1.jpg"),
        ("card 1/IMG_1.jpg", "C:\\card 2\\IMG_1.jpg"),
    ],
)
def test_one_name_written_in_two_ways_has_one_key(one, other):
    assert stem_key(one) == stem_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("IMG_452.jpg", "IMG_4521.jpg"), ("Anna.B", "Anna.C"), ("a-b.jpg", "a_b.jpg")],
)
def test_two_names_have_two_keys(one, other):
    assert stem_key(one) != stem_key(other)


@pytest.mark.parametrize("name", ["", ".", "..", ".jpg", "   .jpg", "card/", "\u200b.jpg"])
def test_a_name_without_a_stem_has_no_key(name):
    assert stem_key(name) == ""


def test_only_the_last_extension_is_taken_off():
    assert stem_key("IMG_4521.CR2.jpg") == "img_4521.cr2"


@pytest.mark.parametrize("path", ["", ".", "./", "/"])
def test_the_top_folder_has_no_key(path):
    assert folder_key(path) == ""


def test_a_folder_is_compared_without_case_and_kind_of_slash():
    assert folder_key("Day 1\\Card A") == folder_key("./day 1/card a/") == "day 1/card a"


@given(st.text())
def test_the_key_of_a_key_is_itself(text):
    assert name_key(name_key(text)) == name_key(text)


@given(st.text())
def test_composition_and_case_do_not_change_a_key(text):
    assert name_key(unicodedata.normalize("NFD", text)) == name_key(text)
    assert name_key(unicodedata.normalize("NFC", text)) == name_key(text)
    assert name_key(text.casefold()) == name_key(text)
