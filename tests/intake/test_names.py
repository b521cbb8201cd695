import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.intake.names import display_folder, display_name, split_extension

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../../../etc/cron.d/x.jpg", "x.jpg"),
        ("..\\..\\windows\\system32\\a.jpg", "a.jpg"),
        ("/etc/passwd.jpg", "passwd.jpg"),
        ("C:\\x.jpg", "x.jpg"),
        ("C:x.jpg", "x.jpg"),
        ("\\\\srv\\share\\x.jpg", "x.jpg"),
        ("file:///x.jpg", "x.jpg"),
        ("", "photo"),
        (".", "photo"),
        ("..", "photo"),
        ("folder/", "photo"),
        (".jpg", "photo.jpg"),
        ("   .jpg", "photo.jpg"),
        ("a.jpg.", "a.jpg"),
        ("a.jpg ", "a.jpg"),
        ("CON.jpg", "CON.jpg"),
        ("-rf.jpg", "-rf.jpg"),
        (".htaccess.jpg", ".htaccess.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\ufeffa\u200bb.jpg", "ab.jpg"),
        ('a"; filename="evil.html\r\nX: y.jpg', 'a"; filename="evil.htmlX: y.jpg'),
        ("%2e%2e%2fa.jpg", "%2e%2e%2fa.jpg"),
        ("a\0b.jpg", "ab.jpg"),
        ("a\ud800b.jpg", "ab.jpg"),
        ("cafe\u0301.jpg", "caf\u00e9.jpg"),
        ("東京🌸.jpg", "東京🌸.jpg"),
        ("👨\u200d👩\u200d👧.jpg", "👨\u200d👩\u200d👧.jpg"),
    ],
)
def test_a_name_is_shown_without_its_path_and_tricks(sent, shown):
    assert display_name(sent) == shown


def test_a_long_name_is_cut_and_keeps_its_extension():
    shown = display_name("x" * 5000 + ".jpeg")

    assert len(shown) == 255
    assert shown.endswith("x.jpeg")


@given(st.text())
def test_any_text_becomes_a_name_that_can_be_stored_and_shown(sent):
    shown = display_name(sent)

    assert 1 <= len(shown) <= 255
    assert not {"/", "\\"} & set(shown)
    assert not BIDI & set(shown)
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in shown)
    assert shown.strip(". ")
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("Wedding/Ceremony/IMG_1.jpg", "Wedding/Ceremony"),
        ("IMG_1.jpg", ""),
        ("a/../../b", "a"),
        ("C:\\Photos\\Tom\\a.jpg", "Photos/Tom"),
        ("/etc/cron.d/x.jpg", "etc/cron.d"),
        ("a/./ /b/x.jpg", "a/b"),
        ("a\u202eb/x.jpg", "ab"),
        ("", ""),
    ],
)
def test_a_folder_is_shown_without_what_climbs_out_of_it(path, folder):
    assert display_folder(path) == folder


@given(st.text())
def test_any_path_becomes_a_folder_without_climbing(path):
    folder = display_folder(path)

    assert len(folder) <= 1024
    assert not {".", ".."} & set(folder.split("/"))
    assert not folder.startswith("/")


def test_a_sentence_has_no_extension():
    assert split_extension("Dear Anna. this is it") == ("Dear Anna. this is it", "")
