import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.delivery.zip_names import (
    MAX_NAME_BYTES,
    safe_folder,
    safe_member_names,
    safe_member_paths,
)


def safe(name):
    return safe_member_names([name])[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_4521.jpg", "IMG_4521.jpg"),
        ("日本.jpg", "日本.jpg"),
        ("../../../../etc/cron.d/x.jpg", "x.jpg"),
        ("..\\..\\windows\\system32\\a.jpg", "a.jpg"),
        ("/etc/passwd.jpg", "passwd.jpg"),
        ("C:\\x.jpg", "x.jpg"),
        ("C:x.jpg", "C_x.jpg"),
        ("\\\\srv\\share\\x.jpg", "x.jpg"),
        ("file:///x.jpg", "x.jpg"),
        ("", "photo-1"),
        (".", "photo-1"),
        ("..", "photo-1"),
        (".jpg", "photo-1.jpg"),
        ("   .jpg", "photo-1.jpg"),
        (".hidden.jpg", "hidden.jpg"),
        ("a.jpg.", "a.jpg"),
        ("a.jpg ", "a.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("aux.JPG", "_aux.JPG"),
        ("LPT1.tif", "_LPT1.tif"),
        ("com¹.jpg", "_com¹.jpg"),
        ("nul .edit.jpg", "_nul .edit.jpg"),
        ("NUL", "_NUL"),
        ("console.jpg", "console.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\ufeffa\u200bb.jpg", "ab.jpg"),
        ('a"; filename="evil.html\r\nX: y.jpg', "a_; filename=_evil.htmlX_ y.jpg"),
        ("a\x00b\x1bc\ud800.jpg", "abc.jpg"),
        ("%2e%2e%2f.jpg", "%2e%2e%2f.jpg"),
        ("a<b>c|d?e*f.jpg", "a_b_c_d_e_f.jpg"),
        ("Cafe\u0301.jpg", "Café.jpg"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(name, expected):
    assert safe(name) == expected


@pytest.mark.parametrize("letter", ["a", "é", "日", "😀"])
def test_a_long_name_is_cut_between_characters_and_keeps_its_extension(letter):
    name = safe(letter * 5000 + ".jpeg")
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert name == letter * (len(name) - 5) + ".jpeg"
    assert len(name.encode()) > MAX_NAME_BYTES - 4


def test_twins_are_numbered_and_the_first_keeps_its_name():
    assert safe_member_names(["a/1.jpg", "b/1.jpg", "c/1.jpg"]) == [
        "1.jpg",
        "1 (2).jpg",
        "1 (3).jpg",
    ]


def test_names_that_differ_in_case_or_composition_only_are_twins():
    assert safe_member_names(["É.jpg", "é.JPG", "e\u0301.jpg"]) == [
        "É.jpg",
        "é (2).JPG",
        "é (3).jpg",
    ]


def test_a_twin_never_takes_the_name_somebody_has():
    assert safe_member_names(["a.jpg", "a.jpg", "A (2).jpg"]) == ["a.jpg", "a (3).jpg", "A (2).jpg"]


def test_names_that_become_equal_by_cutting_are_told_apart():
    first, second = safe_member_names(["x" * 200 + "1.jpg", "x" * 200 + "2.jpg"])
    assert second == first.removesuffix("xxxx.jpg") + " (2).jpg"


def test_many_twins_take_little_time():
    names = safe_member_names(["IMG_0001.jpg"] * 20_000)
    assert len(set(names)) == 20_000
    assert names[-1] == "IMG_0001 (20000).jpg"


NASTY = st.text(alphabet="aA. é\u0301/\\:\x00\u202e()2😀" + "con", max_size=12)


@given(st.lists(st.one_of(NASTY, st.text(), st.just("x" * 160 + ".jpg")), max_size=12))
def test_names_are_safe_and_unique_whatever_they_were(names):
    made = safe_member_names(names)
    assert len(made) == len(names)
    assert len({unicodedata.normalize("NFD", name).casefold() for name in made}) == len(made)
    for name in made:
        assert 0 < len(name.encode()) <= MAX_NAME_BYTES
        assert not set(name) & set('/\\<>:"|?*\x00\u202e')
        assert name == name.strip() != ""
        assert not name.startswith(".")
        assert not name.endswith(".")


@given(st.lists(NASTY, max_size=12))
def test_safe_names_are_kept(names):
    made = safe_member_names(names)
    assert safe_member_names(made) == made


# --- In folders ----------------------------------------------------------------------------------


def test_equal_names_in_different_folders_are_no_twins():
    places = [("Ceremony", "1.jpg"), ("Party", "1.jpg"), ("", "1.jpg"), ("Party", "1.JPG")]
    assert safe_member_paths(places) == [
        "Ceremony/1.jpg",
        "Party/1.jpg",
        "1.jpg",
        "Party/1 (2).JPG",
    ]


def test_folders_that_a_system_takes_for_one_are_one():
    places = [("PARTY", "1.jpg"), ("Party", "1.jpg"), ("Fe\u0302te", "a"), ("F\u00eate", "A")]
    assert safe_member_paths(places) == [
        "PARTY/1.jpg",
        "PARTY/1 (2).jpg",
        "F\u00eate/a",
        "F\u00eate/A (2)",
    ]


def test_no_file_is_called_as_a_folder_beside_it():
    places = [("a.jpg", "x"), ("", "A.jpg"), ("a.jpg/b", "y"), ("A.JPG", "B")]
    assert safe_member_paths(places) == ["a.jpg/x", "A (2).jpg", "a.jpg/b/y", "a.jpg/B (2)"]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("", ""),
        ("Party", "Party"),
        ("../../etc", "etc"),
        ("/a//b/", "a/b"),
        ("a\\b", "a/b"),
        ("CON/aux", "_CON/_aux"),
        ("Party. ", "Party"),
        ("x:y", "x_y"),
        ("x" * 200, "x" * 60),
        ("\u202e", "folder-1"),
    ],
)
def test_a_folder_becomes_a_plain_one(folder, expected):
    assert safe_folder(folder) == expected


PLACES = st.lists(st.tuples(st.one_of(NASTY, st.just("x" * 99)), st.one_of(NASTY, st.text())))


def keys(path):
    """The path of a file and of every folder it lies in, as a system compares them."""
    parts = unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold()).split("/")
    return ["/".join(parts[: place + 1]) for place in range(len(parts))]


@given(PLACES)
def test_paths_are_safe_and_never_overwrite_each_other(places):
    made = safe_member_paths(places)
    assert len(made) == len(places)
    files = [keys(path)[-1] for path in made]
    folders = {key for path in made for key in keys(path)[:-1]}
    assert len(set(files)) == len(files)
    assert not folders & set(files)
    for path in made:
        for part in path.split("/"):
            assert part == part.strip(" .") != ""
            assert not set(part) & set('\\<>:"|?*\x00\u202e')
