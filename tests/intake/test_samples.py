"""Every sample file on its way through intake: checked, read, rendered.

The manifest says what each bad file must come to. Where that is not followed to the letter, the
reason stands in one of the tables below.
"""

import io
import time
import warnings
from dataclasses import dataclass
from functools import cache

import pytest
from PIL import Image, ImageChops

from pumbaphoto_wagtail.conf import DEFAULTS, MEBIBYTE
from pumbaphoto_wagtail.exceptions import FileRefused, RenderFailed
from pumbaphoto_wagtail.intake import raw
from pumbaphoto_wagtail.intake.formats import FORMATS, check_content
from pumbaphoto_wagtail.intake.metadata import read_metadata
from pumbaphoto_wagtail.intake.renditions import RenderResult, render
from tests.memory import forget_peak, peak_bytes
from tests.samples import sample_path, samples

# With the live sites' tests, so that one process takes the samples in for both.
pytestmark = [pytest.mark.samples, pytest.mark.xdist_group("samples")]

TIERS = DEFAULTS["TIERS"]

# Refused by type although the manifest lets them in and fail later.
REFUSED_EARLY = {
    "bad/dng_named.tif": "a DNG under .tif: its thumbnail would be taken for the picture",
    "bad/fuzz_header.arw": "the maker's name is destroyed, so that nothing says it is an ARW",
}

# Rendered although Pillow cannot: libvips reads them, or they are larger than Pillow's own limit.
RENDERED_BEYOND_PILLOW = {
    "bad/fuzz_sharp_giant-image.jpg": "280 MP, below the limit of 300",
    "bad/fuzz_mei_m7-299787ea764c0a88bc481364eded5556.tif": "libvips reads it to its end",
    "bad/fuzz_header.dng": "the damage leaves picture and preview whole",
}

# Complete pictures of RAW files that are not complete: only their previews can be shown.
PREVIEW_OF_A_DAMAGED_RAW = {
    "good/raw-composite/derived_sony_a55v_orient8.arw",
    "good/raw-composite/synthetic_samsung_nx300.srw",
    "good/raw-composite/synthetic_samsung_ownexif_rot6.srw",
    "good/raw/sony_a55v_previewonly.arw",
}

LEAKS = {"icc_profile", "comment", "xmp", "exif", "photoshop"}

# Display sizes that show which way a RAW went: preview, developed, or preview for want of data.
RAW_DISPLAY_SIZES = {
    "good/raw/nikon_d80_DSC_064662.nef": (2400, 1607),
    "good/raw/apple_iphonese_JYBF8578.dng": (1512, 2016),
    "good/raw/canon_30d_IMG_5952.cr2": (1728, 1152),
    "good/raw/canon_eos_6d_small.dng": (1224, 816),
    "good/raw/adobe_pgtm2_nothumb.dng": (200, 200),
    "good/raw/sony_a55v_previewonly.arw": (1616, 1080),
    "good/raw-composite/derived_sony_a55v_orient8.arw": (1080, 1616),
    "good/raw-composite/synthetic_samsung_ownexif_rot6.srw": (1280, 1920),
    "good/raw-composite/composite_canon_r6.cr3": (2400, 1600),
    "good/raw-composite/composite_fuji_s5pro.raf": (2400, 1800),
}


@dataclass
class Outcome:
    """What became of a sample: "refused", "failed", "damaged" or "ready"."""

    word: str
    reason: str = ""
    result: RenderResult | None = None
    seconds: float = 0.0
    note: str = ""
    expectation: str = ""
    pillow: str = ""


def take_in(sample):
    started = time.process_time()
    outcome = _take_in(sample)
    outcome.seconds = time.process_time() - started
    outcome.note, outcome.expectation = sample.note, sample.expectation
    outcome.pillow = sample.pillow
    return outcome


def _take_in(sample):
    with sample.path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            format = check_content(file, sample.name, FORMATS)
            read_metadata(file, format)
            result = render(file, format, TIERS, max_pixels=DEFAULTS["MAX_PIXELS"])
        except FileRefused as error:
            return Outcome("refused", str(error))
        except RenderFailed as error:
            return Outcome("failed", str(error))
    return Outcome("damaged" if result.is_damaged else "ready", result=result)


@cache
def taken_in() -> tuple[dict[str, Outcome], int]:
    """What becomes of every sample, by path, and the most bytes that were held for it.

    Once for a process: the live sites' tests compare with it.
    """
    if raw.load() is None:
        pytest.skip("rawpy is not installed")
    forget_peak()
    held_before = peak_bytes()
    paths = [*samples("good/"), *samples("bad/")]
    outcomes = {sample.name: take_in(sample) for sample in paths}
    return outcomes, peak_bytes() - held_before


def _beginning_with(folder: str) -> dict[str, Outcome]:
    return {name: one for name, one in taken_in()[0].items() if name.startswith(folder)}


@pytest.fixture(scope="module")
def good():
    return _beginning_with("good/")


@pytest.fixture(scope="module")
def bad():
    return _beginning_with("bad/")


def opened(result, tier):
    data = next(made.data for made in result.renditions if made.tier == tier)
    return Image.open(io.BytesIO(data))


def test_every_whole_good_file_is_ready(good):
    unready = {
        name: outcome.reason or outcome.word
        for name, outcome in good.items()
        if outcome.word != "ready" and "raw-stubs" not in name
    }

    assert set(unready) == PREVIEW_OF_A_DAMAGED_RAW
    assert all(reason == "damaged" for reason in unready.values())


def test_every_stub_of_a_raw_is_shown_as_damaged_or_fails_with_a_reason(good):
    stubs = [outcome for name, outcome in good.items() if "raw-stubs" in name]

    assert len(stubs) == 11
    assert all(outcome.word == "damaged" or "RAW" in outcome.reason for outcome in stubs)


def test_renditions_have_the_right_sizes(good):
    for name, outcome in good.items():
        if outcome.result is None:
            continue
        sizes = {}
        for made in outcome.result.renditions:
            assert opened(outcome.result, made.tier).size == (made.width, made.height)
            sizes[made.tier] = (made.width, made.height)
        shown = sizes["display"]
        assert max(shown) <= 2400, name
        for tier in ("grid", "view"):
            assert max(sizes[tier]) == min(TIERS[tier]["width"], max(shown)), name
            expected = shown[0] / shown[1]
            assert sizes[tier][0] / sizes[tier][1] == pytest.approx(expected, rel=0.05), name


def test_width_and_height_are_those_of_the_picture_that_is_shown(good):
    for name, outcome in good.items():
        if outcome.result is not None and "raw-stubs" not in name:
            display = outcome.result.renditions[-1]
            aspect = outcome.result.width / outcome.result.height
            assert display.width / display.height == pytest.approx(aspect, rel=0.02), name


def test_metadata_and_renditions_agree_on_width_and_height(good):
    for sample in samples("good/"):
        result = good[sample.name].result
        if result is None or sample.path.suffix[1:].lower() not in {"jpg", "jpeg", "png", "tif"}:
            continue
        with sample.path.open("rb") as file:
            format = check_content(file, sample.name, FORMATS)
            metadata = read_metadata(file, format)
        assert (metadata.width, metadata.height) == (result.width, result.height), sample.name


@pytest.mark.parametrize("series", ["Landscape", "Portrait"])
def test_the_nine_orientations_of_one_photo_look_alike(good, series):
    names = [f"good/jpeg/orientation/{series}_{number}.jpg" for number in range(9)]
    hashes = {good[name].result.perceptual_hash for name in names}

    assert len({(good[n].result.width, good[n].result.height) for n in names}) == 1
    first = int(next(iter(hashes)), 16)
    assert all((int(other, 16) ^ first).bit_count() <= 4 for other in hashes)


@pytest.mark.parametrize("name", RAW_DISPLAY_SIZES)
def test_each_raw_is_shown_from_the_best_there_is_and_turned_once(good, name):
    display = good[name].result.renditions[-1]

    assert (display.width, display.height) == RAW_DISPLAY_SIZES[name]


def test_an_upright_raw_shows_the_sky_where_its_twin_does(good):
    # The same bytes with another orientation: turned back, they are one picture.
    upright = opened(good["good/raw/sony_a55v_previewonly.arw"].result, "grid")
    on_its_side = opened(good["good/raw-composite/derived_sony_a55v_orient8.arw"].result, "grid")
    turned = on_its_side.transpose(Image.Transpose.ROTATE_270)

    assert turned.size == upright.size
    difference = ImageChops.difference(turned.resize((8, 8)), upright.resize((8, 8)))
    assert all(highest < 25 for _lowest, highest in difference.getextrema())


def test_no_rendition_carries_metadata(good, bad):
    for name, outcome in (good | bad).items():
        if outcome.result is None:
            continue
        for made in outcome.result.renditions:
            image = Image.open(io.BytesIO(made.data))
            assert not image.getexif(), name
            assert not {"icc_profile", "comment", "xmp", "exif", "photoshop"} & set(image.info), (
                name
            )
            head = made.data[: made.data.index(b"\xff\xda")]
            assert b"script" not in head, name
            assert b"<?php" not in head, name


def test_what_must_be_rejected_is_rejected(bad):
    let_in = {
        name: outcome.word
        for name, outcome in bad.items()
        if outcome.expectation == "REJECT" and outcome.result is not None
    }

    assert let_in == {}


def test_what_is_fine_under_a_nasty_name_or_with_odd_tags_is_ready(bad):
    unready = {
        name: outcome.reason
        for name, outcome in bad.items()
        if outcome.expectation in {"ACCEPT", "STRIP"} and outcome.result is None
    }

    assert unready == {}


def test_broken_files_fail_with_a_reason_or_show_what_is_left(bad):
    # A file that decodes to its end is a picture, however odd the rest of it.
    surprises = {
        name: outcome.note
        for name, outcome in bad.items()
        if outcome.expectation == "CLEAN-FAIL"
        and outcome.word == "ready"
        and not outcome.pillow.split(" warn:")[0].endswith("loads")
    }

    assert set(surprises) <= set(RENDERED_BEYOND_PILLOW), surprises


def test_only_files_without_a_photographs_bytes_are_refused_early(bad):
    surprises = {
        name: outcome.reason
        for name, outcome in bad.items()
        if outcome.expectation == "CLEAN-FAIL"
        and outcome.word == "refused"
        # Public fuzz files are named as somebody else's decoder took them.
        and "fuzz_" not in name.replace("fuzz_header", "header")
    }

    assert set(surprises) == set(REFUSED_EARLY), surprises


def test_every_failure_has_a_reason_in_words(bad):
    for name, outcome in bad.items():
        if outcome.result is None:
            assert outcome.reason.endswith(".") or "pixels" in outcome.reason, name
            assert "Error" not in outcome.reason, name


def test_every_bomb_is_refused_within_a_second(bad):
    for name, outcome in bad.items():
        if "bomb" in name:
            assert outcome.result is None, name
            assert outcome.seconds < 1, name


def test_no_sample_holds_a_worker_up(good, bad):
    slowest = max((good | bad).items(), key=lambda entry: entry[1].seconds)

    assert slowest[1].seconds < 10, slowest[0]
    # Far below the limit of a worker.
    assert taken_in()[1] < 1200 * MEBIBYTE


def test_a_raw_that_needs_rawpy_says_so(monkeypatch):
    monkeypatch.setattr(raw, "load", lambda: None)
    path = sample_path("good/raw/nikon_d80_DSC_064662.nef")

    with path.open("rb") as file, pytest.raises(RenderFailed, match=r"pumbaphoto-wagtail\[raw\]"):
        render(file, FORMATS["nef"], TIERS, max_pixels=DEFAULTS["MAX_PIXELS"])


def test_a_raw_is_rendered_from_memory_as_from_a_file(good):
    path = sample_path("good/raw-composite/synthetic_samsung_ownexif_rot6.srw")
    memory = io.BytesIO(path.read_bytes())
    result = render(memory, FORMATS["srw"], TIERS, max_pixels=DEFAULTS["MAX_PIXELS"])

    twin = good["good/raw-composite/synthetic_samsung_ownexif_rot6.srw"].result
    assert result.perceptual_hash == twin.perceptual_hash


def test_the_pixel_limit_holds_for_previews_and_for_sensors():
    path = sample_path("good/raw/nikon_d80_DSC_064662.nef")

    with path.open("rb") as file, pytest.raises(RenderFailed, match="too large"):
        render(file, FORMATS["nef"], TIERS, max_pixels=5_000_000)
