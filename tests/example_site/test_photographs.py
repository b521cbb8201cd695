"""The demo's photographs look to PumbaPhoto as if they came out of a camera."""

import hashlib
import sys
from datetime import datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageOps

SITE = Path(__file__).resolve().parent.parent.parent / "example_site"
COUNT = 13


@pytest.fixture(scope="module")
def photographs():
    sys.path.insert(0, str(SITE))
    try:
        from studio import photographs
    finally:
        sys.path.remove(str(SITE))
    return photographs


@pytest.fixture(scope="module")
def paths(photographs, tmp_path_factory):
    try:
        return photographs.write_photographs(tmp_path_factory.mktemp("photos"), COUNT, seed=3)
    except photographs.PhotographsMissing as reason:
        pytest.skip(str(reason))


def exif_of(path):
    with Image.open(path) as picture:
        exif = picture.getexif()
        return exif, exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)


def taken_at(path):
    photo = exif_of(path)[1]
    text = f"{photo[ExifTags.Base.DateTimeOriginal]}.{photo[ExifTags.Base.SubsecTimeOriginal]}"
    return datetime.strptime(text, "%Y:%m:%d %H:%M:%S.%f")


def test_names_count_up_like_a_camera(paths):
    assert [path.name for path in paths[:3]] == ["IMG_4501.JPG", "IMG_4502.JPG", "IMG_4503.JPG"]
    assert len(paths) == COUNT


def test_sizes_are_a_cameras(paths):
    sizes = set()
    for path in paths:
        with Image.open(path) as picture:
            sizes.add(tuple(sorted(picture.size, reverse=True)))

    assert sizes == {(6000, 4000), (3000, 2000)}


def test_upright_frames_say_so_and_lie_on_their_side(paths):
    upright = [path for path in paths if exif_of(path)[0].get(ExifTags.Base.Orientation) in (6, 8)]

    assert upright
    for path in upright:
        with Image.open(path) as picture:
            assert picture.width > picture.height
            assert ImageOps.exif_transpose(picture).height > picture.height


def test_capture_times_have_fractions_and_follow_each_other(paths):
    moments = [taken_at(path) for path in paths]

    assert moments == sorted(moments)
    assert len(set(moments)) == COUNT
    assert any(moment.microsecond for moment in moments)


def test_two_cameras_with_serials_took_them(paths):
    serials = {exif_of(path)[1][ExifTags.Base.BodySerialNumber] for path in paths}

    assert len(serials) == 2


def test_some_carry_a_position(paths):
    with_position = [path for path in paths if exif_of(path)[2]]

    assert 0 < len(with_position) < COUNT


def test_no_two_are_alike(paths):
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}

    assert len(digests) == COUNT


def test_the_same_seed_gives_the_same_photographs(photographs, paths, tmp_path):
    again = photographs.write_photographs(tmp_path, 2, seed=3)

    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths[:2]]


def test_makers_are_named_beside_them(paths):
    text = (paths[0].parent / "CREDITS.txt").read_text()

    assert "vultilion, CC BY 2.0" in text


def test_edits_have_the_names_that_editing_programs_give(photographs, paths, tmp_path):
    edits = photographs.edited_versions(paths[1:7], tmp_path)

    assert [path.name for path in edits] == [
        "IMG_4502_edit.jpg",
        "IMG_4503-Edited.jpg",
        "IMG_4504_v2.jpg",
        "IMG_4505_final.jpg",
        "IMG_4506-Edit-2.jpg",
        "IMG_4507_edited.jpg",
        "IMG_4507_bw.jpg",
    ]
    for path in edits:
        assert exif_of(path)[0].get(ExifTags.Base.Orientation, 1) == 1
