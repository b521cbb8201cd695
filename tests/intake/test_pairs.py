"""A RAW and a JPEG of one frame become one photo, through the real pipeline, in either order."""

import io

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from pumbaphoto_wagtail.intake import raw
from pumbaphoto_wagtail.models import FileRole
from tests.intake.whole_files import preview_tags, sensor, strip_tags, tiff

TIME = "2026:06:13 14:05:09"

pytestmark = pytest.mark.usefixtures("scanned_shoot")


@pytest.fixture(autouse=True)
def rawpy():
    return raw.load() or pytest.skip("rawpy is not installed")


def dng(*, time=TIME, subseconds="25", offset="", serial="033024001432"):
    mosaic = strip_tags(sensor(), 32803) | {33421: (2, 2), 33422: 0x02010100}
    first = {254: 1, 271: "Canon", 272: "Canon EOS R5", 274: (6,), 50706: 0x00000401}
    told = {36867: time, 36881: offset, 37521: subseconds, 42033: serial}
    return tiff(first | {tag: text for tag, text in told.items() if text}, [preview_tags(), mosaic])


def jpeg(*, time=TIME, subseconds="25", offset="", serial="033024001432", colour="red"):
    exif = Image.Exif()
    exif.update({Base.Make: "Canon", Base.Model: "Canon EOS R5"})
    told = {36867: time, 36881: offset, 37521: subseconds, 42033: serial}
    exif.get_ifd(IFD.Exif).update({tag: text for tag, text in told.items() if text})
    buffer = io.BytesIO()
    Image.new("RGB", (180, 120), colour).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def roles(photo):
    return set(photo.files.filter(is_current=True).values_list("role", flat=True))


BOTH = {FileRole.RAW, FileRole.PICTURE}


@pytest.mark.parametrize("first", ["raw", "jpeg"])
@pytest.mark.parametrize(
    ("raw_name", "jpeg_name", "raw_says", "jpeg_says"),
    [
        ("IMG_1.dng", "IMG_1.jpg", {}, {}),
        ("IMG_1.DNG", "img_1.JPG", {}, {}),
        ("a/IMG_1.dng", "a/IMG_1.jpeg", {"subseconds": "5"}, {"subseconds": "50"}),
        ("IMG_1.dng", "IMG_1.jpg", {"subseconds": "99"}, {"subseconds": ""}),
        ("IMG_1.dng", "IMG_1.jpg", {"offset": "+02:00"}, {}),
        ("IMG_1.dng", "IMG_1.jpg", {}, {"offset": "-07:00"}),
        ("IMG_1.dng", "IMG_1.jpg", {"serial": ""}, {}),
        ("IMG_1.dng", "IMG_1.jpg", {}, {"serial": ""}),
    ],
    ids=["plain", "case", "digits", "rounded", "offset in RAW", "offset in JPEG", "serial in JPEG",
         "serial in RAW"],
)  # fmt: skip
def test_raw_and_jpeg_of_one_frame_are_one_photo(
    shoot, arrivals, first, raw_name, jpeg_name, raw_says, jpeg_says
):
    files = [(raw_name, dng(**raw_says)), (jpeg_name, jpeg(**jpeg_says))]
    for name, content in files if first == "raw" else reversed(files):
        arrivals({name: content})

    photo = shoot.photos.get()
    assert roles(photo) == BOTH
    assert photo.picture.format == "jpeg"
    assert photo.name == jpeg_name.rpartition("/")[2]


@pytest.mark.parametrize("first", ["raw", "jpeg"])
@pytest.mark.parametrize(
    ("raw_name", "jpeg_name", "jpeg_says"),
    [
        ("IMG_1.dng", "IMG_1.jpg", {"serial": "6011873"}),
        ("IMG_1.dng", "IMG_1.jpg", {"time": "2026:06:13 14:05:10"}),
        ("IMG_1.dng", "IMG_1.jpg", {"time": ""}),
        ("IMG_1.dng", "IMG_2.jpg", {}),
        ("Maria/IMG_1.dng", "Tom/IMG_1.jpg", {}),
    ],
    ids=["serial", "second", "no time", "name", "folder"],
)
def test_what_only_looks_like_one_frame_stays_two_photos(
    shoot, arrivals, first, raw_name, jpeg_name, jpeg_says
):
    files = [(raw_name, dng()), (jpeg_name, jpeg(**jpeg_says))]
    for name, content in files if first == "raw" else reversed(files):
        arrivals({name: content})

    assert [len(roles(photo)) for photo in shoot.photos.all()] == [1, 1]


def test_two_shooters_frames_of_one_name_and_second_are_two_pairs(shoot, arrivals):
    for content in (dng(), dng(serial="6011873"), jpeg(serial="6011873"), jpeg(colour="blue")):
        arrivals({"IMG_4521." + ("dng" if content[:2] == b"II" else "jpg"): content})

    pairs = {photo.serial: roles(photo) for photo in shoot.photos.all()}
    assert pairs == {"033024001432": BOTH, "6011873": BOTH}
