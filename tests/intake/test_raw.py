"""RAW files made here, of kinds that no sample shows."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import Base

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.exceptions import RenderFailed
from pumbaphoto_wagtail.intake import raw
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.renditions import render
from tests.intake.whole_files import sensor, strip_tags, tiff

ROOT = Path(__file__).resolve().parents[2]
LINEAR_RAW = 34892
DNG = {271: "Leica", 272: "Leica M Monochrom", 274: (6,), 50706: 0x00000401}


@pytest.fixture(autouse=True)
def rawpy():
    return raw.load() or pytest.skip("rawpy is not installed")


def make(content, format="dng"):
    return render(
        io.BytesIO(content), FORMATS[format], DEFAULTS["TIERS"], max_pixels=DEFAULTS["MAX_PIXELS"]
    )


def test_a_monochrome_cameras_raw_is_developed():
    # LibRaw answers with one channel, which Pillow takes for no picture at all.
    result = make(tiff(DNG | strip_tags(sensor(), LINEAR_RAW), []))

    assert not result.is_damaged
    assert (result.width, result.height) == (120, 180)
    grey = result.average_colour[1:3]
    assert result.average_colour == f"#{grey * 3}"


# Turned by these, what lies in a file stands upright; each is undone by itself or by its partner.
UNDONE = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
SIDEWAYS = (5, 6, 7, 8)


def upright(orientation):
    """A picture that is red at its upper left; tall where its camera was held on its side."""
    width, height = (120, 180) if orientation in SIDEWAYS else (180, 120)
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height // 2))
    return picture


def lying(orientation):
    """The same as the sensor saw it, always wide."""
    turn = UNDONE[orientation]
    return upright(orientation) if turn is None else upright(orientation).transpose(turn)


def jpeg(picture, tags=None):
    exif = Image.Exif()
    exif.update(tags or {})
    buffer = io.BytesIO()
    options = {"exif": exif} if tags is not None else {}
    picture.save(buffer, "JPEG", quality=95, subsampling=0, **options)
    return buffer.getvalue()


def with_preview(orientation, preview):
    mosaic = strip_tags(sensor(), 32803) | {33421: (2, 2), 33422: 0x02010100}
    first = {254: 1, 271: "Pumba", 272: "Pumba 1", 274: (orientation,), 50706: 0x00000401}
    return tiff(
        first, [{254: 1, 259: (7,), 513: preview, 514: len(preview)} | _strip(preview), mosaic]
    )


def _strip(preview):
    width, height = Image.open(io.BytesIO(preview)).size
    lines = {256: width, 257: height, 258: (8, 8, 8), 262: (6,), 277: (3,), 278: height}
    return lines | {273: preview, 279: len(preview)}


def corners(result):
    """Which corners of the largest rendition are red, clockwise from the upper left."""
    image = Image.open(io.BytesIO(result.renditions[-1].data)).convert("RGB")
    right, bottom = image.width - 10, image.height - 10
    places = ((10, 10), (right, 10), (right, bottom), (10, bottom))
    return [image.getpixel(place)[0] > 128 for place in places]


def assert_upright(result, orientation):
    assert (result.width, result.height) == upright(orientation).size
    largest = result.renditions[-1]
    assert (largest.width, largest.height) == upright(orientation).size
    assert corners(result) == [True, False, False, False]


@pytest.mark.parametrize("orientation", UNDONE)
@pytest.mark.parametrize(
    "tags",
    [
        lambda orientation: None,
        lambda orientation: {Base.Make: "Pumba"},
        lambda orientation: {Base.Orientation: orientation},
    ],
    ids=["no Exif", "Exif without orientation", "the same orientation"],
)
def test_a_preview_as_the_sensor_saw_it_is_turned_once(orientation, tags):
    preview = jpeg(lying(orientation), tags(orientation))

    assert_upright(make(with_preview(orientation, preview)), orientation)


@pytest.mark.parametrize("orientation", SIDEWAYS)
@pytest.mark.parametrize(
    "tags", [None, {Base.Make: "Pumba"}, {Base.Orientation: 1}, {Base.Orientation: 6}]
)
def test_a_preview_that_stands_already_is_not_turned_again(orientation, tags):
    preview = jpeg(upright(orientation), tags)

    assert_upright(make(with_preview(orientation, preview)), orientation)


@pytest.mark.parametrize("orientation", SIDEWAYS)
def test_a_previews_tag_that_leaves_it_lying_is_not_believed(orientation):
    preview = jpeg(lying(orientation), {Base.Orientation: 1})

    assert_upright(make(with_preview(orientation, preview)), orientation)


@pytest.mark.parametrize("orientation", UNDONE)
def test_a_developed_picture_is_turned_once(orientation):
    grey = lying(orientation).getchannel("R").tobytes()
    pixels = b"".join(struct.pack("<H", value * 200 + 1000) for value in grey)
    tags = DNG | {274: (orientation,)} | strip_tags(pixels, LINEAR_RAW)

    assert_upright(make(tiff(tags, [])), orientation)


def test_a_square_preview_is_turned_by_what_it_tells():
    square = upright(1).resize((150, 150))
    result = make(with_preview(6, jpeg(square.transpose(UNDONE[6]), {Base.Orientation: 6})))

    assert corners(result) == [True, False, False, False]


@pytest.mark.parametrize(
    "preview",
    [b"<html>" * 100, b"\xff\xd8\xff" + b"<script>" * 50, b"\x89PNG\r\n\x1a\n" * 50, bytes(400)],
    ids=["page", "page in a JPEG's clothes", "png", "nothing"],
)
def test_a_preview_that_is_none_gives_way_to_the_sensors_data(preview):
    mosaic = strip_tags(sensor(), 32803) | {33421: (2, 2), 33422: 0x02010100}
    first = {254: 1, 271: "Pumba", 272: "Pumba 1", 274: (6,), 50706: 0x00000401}
    result = make(tiff(first, [{254: 1, 259: (7,), 513: preview, 514: len(preview)}, mosaic]))

    assert result.height > result.width


def test_a_raw_with_neither_preview_nor_data_fails_with_a_reason():
    content = with_preview(6, jpeg(lying(6)))

    with pytest.raises(RenderFailed, match="damaged"):
        make(content[: len(content) // 50])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.9])
def test_a_raw_that_is_cut_behind_its_preview_is_shown_as_damaged(share):
    content = with_preview(6, jpeg(lying(6)))
    result = make(content[: int(len(content) * share)])

    assert result.is_damaged
    assert_upright(result, 6)


# --- Memory --------------------------------------------------------------------------------------

LARGE_SIDE = (4000, 3000)
DEVELOP = """
import sys
from django.conf import settings
settings.configure(USE_I18N=False)
from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake import raw
from tests.memory import forget_peak, peak_bytes
raw.load()
forget_peak()
before = peak_bytes()
with open(sys.argv[1], "rb") as source:
    raw.open_raw(source, wanted_edge=2400, max_pixels=DEFAULTS["MAX_PIXELS"])
print(peak_bytes() - before)
"""


def test_a_raw_that_has_to_be_developed_takes_no_more_memory_than_libraw_itself(tmp_path):
    width, height = LARGE_SIDE
    pixels = bytes(range(2, 242)) * (width * height * 6 // 240)
    tags = strip_tags(pixels, LINEAR_RAW) | {256: width, 257: height, 258: (16, 16, 16), 277: (3,)}
    path = tmp_path / "large.dng"
    path.write_bytes(tiff(DNG | tags | {278: height}, []))

    done = subprocess.run(
        [sys.executable, "-c", DEVELOP, str(path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    # 18 bytes for each pixel while LibRaw works: 6 as recorded, 8 to develop in, the result. With
    # the copies that were made beside them it was 26.
    assert int(done.stdout) < 22 * width * height
