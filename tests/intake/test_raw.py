"""RAW files made here, of kinds that no sample shows."""

import io

import pytest

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake import raw
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.renditions import render
from tests.intake.whole_files import sensor, strip_tags, tiff

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
