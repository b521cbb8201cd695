"""The names that other programs know, and what looking for parts of names gets wrong."""

import pytest

from pumbaphoto_wagtail.delivery.camera_names import camera_name, search_warnings


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ({}, "Smith-017.jpg"),
        ({"raw_file_name": "IMG_4521.CR2"}, "IMG_4521.CR2"),
        ({"preserved_file_name": "IMG_4521.NEF"}, "IMG_4521.NEF"),
        ({"raw_file_name": "A.CR2", "preserved_file_name": "B.CR2"}, "A.CR2"),
        ({"raw_file_name": "card/DCIM/IMG_1.CR2"}, "IMG_1.CR2"),
        ({"raw_file_name": "", "preserved_file_name": "B.CR2"}, "B.CR2"),
        ({"raw_file_name": 4521}, "Smith-017.jpg"),
        ({"raw_file_name": ["IMG_1.CR2"]}, "Smith-017.jpg"),
        ({"raw_file_name": None}, "Smith-017.jpg"),
        ({"raw_file_name": ".CR2"}, "Smith-017.jpg"),
        ({"raw_file_name": "x" * 300}, "Smith-017.jpg"),
    ],
)
def test_the_camera_s_name_is_the_one_the_proof_carries(identity, expected):
    assert camera_name("Smith-017.jpg", identity) == expected


def test_two_photographs_of_one_name_are_twins_also_where_one_is_not_chosen():
    warnings = search_warnings(["IMG_1.jpg", "IMG_2.jpg"], ["img_1.CR2", "IMG_3.jpg"])

    assert warnings.twins == ("IMG_1.jpg",)
    assert search_warnings(["A.jpg", "A.jpg"], []).twins == ("A.jpg",)


def test_a_name_within_another_one_is_told_with_it():
    warnings = search_warnings(["IMG_452.jpg", "IMG_9.jpg"], ["IMG_4521.jpg", "IMG_8.jpg"])

    assert warnings.parts == (("IMG_452.jpg", "IMG_4521.jpg"),)


def test_what_is_found_because_it_was_chosen_is_no_harm():
    assert search_warnings(["IMG_452.jpg", "IMG_4521.jpg"], ["IMG_8.jpg"]).parts == ()


@pytest.mark.parametrize("name", ["Smith 017.jpg", "Smith,017.jpg"])
def test_a_name_of_several_words_is_told(name):
    assert search_warnings([name, "IMG_1.jpg"], []).split == (name,)


def test_of_a_usual_shoot_nothing_is_told():
    chosen = [f"IMG_{number:04d}.jpg" for number in range(50)]
    others = [f"IMG_{number:04d}.jpg" for number in range(50, 4000)]

    warnings = search_warnings(chosen, others)

    assert (warnings.twins, warnings.parts, warnings.split) == ((), (), ())
