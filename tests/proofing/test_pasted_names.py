"""Names that somebody wrote down: what they mean, and what is not clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.proofing.pasted_names import Named, read_names

CHURCH, PARTY = "Wedding/Church", "Wedding/Party"
PHOTOS = [
    Named(key=1, name="IMG_0001.jpg", folder=CHURCH),
    Named(key=2, name="IMG_0002.CR3", folder=CHURCH),
    Named(key=3, name="IMG_0003.jpg", folder=CHURCH),
    Named(key=4, name="IMG_0003.jpg", folder=PARTY),
    Named(key=5, name="Anna & Tom, first dance.jpg", folder=PARTY),
    Named(key=6, name="Café 1.JPG", folder=PARTY),
    Named(key=7, name="DSC_9.nef", folder=CHURCH),
    Named(key=8, name="DSC_9.jpg", folder=PARTY),
]


def keys(text):
    return [photo.key for photo in read_names(text, PHOTOS).found]


@pytest.mark.parametrize(
    "text",
    [
        "IMG_0001 IMG_0002",
        "IMG_0001.jpg, IMG_0002.jpg",
        "img_0001.JPG\nimg_0002.cr3",
        "IMG_0001;IMG_0002",
        "IMG_0001\tIMG_0002",
        "  “IMG_0001.jpg”,\r\n- IMG_0002 ",
        "IMG_0001,IMG_0002,",
        "Wedding\\Church\\IMG_0001.jpg IMG_0002.xyz IMG_0002",
        "IMG_0001 img_0001.jpg IMG_0001.NEF IMG_0002",
        "IMG_0001\u200e.jpg IMG_0002",
    ],
)
def test_names_are_read_however_they_are_written(text):
    assert keys(text) == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "Anna & Tom, first dance.jpg",
        "anna & tom, first dance",
        "Cafe\u0301 1\nAnna & Tom, first dance",
    ],
)
def test_a_name_with_blanks_and_commas_is_found_where_it_stands_whole(text):
    assert 5 in keys(text)


def test_a_name_with_blanks_is_found_between_others():
    assert keys("IMG_0001 Café 1 IMG_0002") == [1, 6, 2]


def test_what_is_not_here_is_told():
    reading = read_names("IMG_0001 IMG_7777 IMG_000", PHOTOS)

    assert (keys("IMG_0001 IMG_7777 IMG_000"), reading.unknown) == ([1], ("IMG_7777", "IMG_000"))


def test_one_name_in_two_folders_is_not_guessed():
    reading = read_names("IMG_0003.jpg", PHOTOS)

    assert reading.found == ()
    ((written, photos),) = reading.ambiguous
    assert (written, [photo.key for photo in photos]) == ("IMG_0003.jpg", [3, 4])


@pytest.mark.parametrize(
    "text", ["Party/IMG_0003", "wedding/party/IMG_0003.jpg", "PARTY\\img_0003"]
)
def test_the_folder_in_front_tells_them_apart(text):
    assert keys(text) == [4]


@pytest.mark.parametrize("text", ["arty/IMG_0003", "Other/IMG_0003", "Church/DSC_9.tif/IMG_0003"])
def test_a_folder_that_is_not_theirs_finds_nothing(text):
    assert keys(text) == []


def test_the_whole_name_tells_apart_what_the_extension_does():
    assert keys("DSC_9.nef") == [7]
    assert keys("DSC_9.jpg") == [8]
    assert len(read_names("DSC_9", PHOTOS).ambiguous) == 1
    assert len(read_names("DSC_9.tif", PHOTOS).ambiguous) == 1


@pytest.mark.parametrize("text", ["", "   ", "\n,;\t\n", "\u200b"])
def test_nothing_written_is_nothing(text):
    assert read_names(text, PHOTOS).is_empty or read_names(text, PHOTOS).found == ()


@given(st.text(max_size=300))
def test_no_text_breaks_it_and_nothing_is_found_that_is_not_there(text):
    reading = read_names(text, PHOTOS)

    assert {photo.key for photo in reading.found} <= {photo.key for photo in PHOTOS}


def test_four_thousand_names_are_read_at_once():
    photos = [Named(key=number, name=f"Anna Tom {number:05d}.jpg") for number in range(4000)]
    text = " ".join(f"Anna Tom {number:05d}" for number in range(4000))

    assert len(read_names(text, photos).found) == 4000
