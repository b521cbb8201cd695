"""Edits look like their originals, whatever was done to them; other photographs do not."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from pumbaphoto_wagtail.delivery.visual import Looks, similarity, visual_key
from pumbaphoto_wagtail.intake.visual_keys import PIXELS, VERSION, read_visual_key

from ..samples import sample_path

WIDTH, HEIGHT = 300, 200
LARGEST_KEY = 5000


@cache
def photograph(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """A picture of its own with the frequencies of a photograph."""
    dice = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    amplitude = 1 / np.maximum(np.hypot(down, across), 1 / width) ** 1.3
    waves = amplitude * np.exp(2j * np.pi * dice.random((3, *amplitude.shape)))
    tones = np.fft.irfft2(waves, (height, width)).transpose(1, 2, 0)
    # Three colours that have most of their light in common.
    tones = 0.25 * tones + 0.75 * tones[..., :1]
    return from_tones(0.5 + 0.2 * (tones - tones.mean()) / tones.std())


def tones_of(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, float) / 255


def from_tones(tones: np.ndarray) -> Image.Image:
    return Image.fromarray((np.clip(tones, 0, 1) * 255).astype(np.uint8))


def exposed(picture: Image.Image, stops: float) -> Image.Image:
    return from_tones((tones_of(picture) ** 2.2 * 2**stops).clip(0, 1) ** (1 / 2.2))


def cropped(picture: Image.Image, left, top, right, bottom) -> Image.Image:
    width, height = picture.size
    return picture.crop(
        (int(left * width), int(top * height), int(right * width), int(bottom * height))
    )


def in_shape(picture: Image.Image, shape: float) -> Image.Image:
    """The largest part of a shape, from its right or lower end."""
    width, height = picture.size
    across = min(width, int(height * shape))
    return picture.crop((width - across, height - int(across / shape), width, height))


def straightened(picture: Image.Image, degrees: float) -> Image.Image:
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC)
    lost = math.tan(math.radians(abs(degrees))) / 1.6
    return cropped(turned, lost, lost, 1 - lost, 1 - lost)


def vignetted(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return from_tones(tones_of(picture) * (1 - 0.35 * (across**2 + down**2))[..., None])


def film_look(picture: Image.Image) -> Image.Image:
    tones = tones_of(picture) ** np.array([0.7, 1.0, 1.4])
    tones = tones + 0.4 * (tones - 0.5) * (1 - np.abs(2 * tones - 1))
    return from_tones(0.08 + 0.85 * tones)


def retouched(picture: Image.Image) -> Image.Image:
    result = picture.copy()
    result.paste(cropped(picture, 0.7, 0.7, 0.85, 0.9), (40, 50))
    result.paste(cropped(picture, 0.1, 0.6, 0.2, 0.8), (200, 20))
    return result


def black_and_white(picture: Image.Image) -> Image.Image:
    return from_tones(np.repeat((tones_of(picture) @ [0.6, 0.3, 0.1])[..., None], 3, axis=2))


EDITS = {
    "a stop and a half darker": lambda p: exposed(p, -1.5),
    "a stop and a half brighter": lambda p: exposed(p, 1.5),
    "a film look": film_look,
    "a vignette": vignetted,
    "black-and-white by a red filter": black_and_white,
    "cropped to half the frame": lambda p: cropped(p, 0.28, 0.25, 0.99, 0.96),
    "1:1": lambda p: in_shape(p, 1),
    "4:5": lambda p: in_shape(p, 0.8),
    "9:16": lambda p: in_shape(p, 9 / 16),
    "16:9": lambda p: in_shape(p, 16 / 9),
    "straightened by five degrees": lambda p: straightened(p, 5),
    "straightened the other way, black-and-white": lambda p: black_and_white(straightened(p, -3)),
    "retouched": retouched,
    "sharpened": lambda p: p.filter(ImageFilter.UnsharpMask(2, 200, 2)),
    "smoothed": lambda p: p.filter(ImageFilter.GaussianBlur(1)),
    "a white frame": lambda p: ImageOps.expand(p, 14, (255, 255, 255)),
    "cropped, with a black frame": lambda p: ImageOps.expand(cropped(p, 0.1, 0.1, 0.95, 0.95), 10),
    "a small file": lambda p: p.resize((150, 100)),
    "a large file": lambda p: p.resize((900, 600)),
    "turned by 90 degrees": lambda p: p.transpose(Image.Transpose.ROTATE_90),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_looks_like_its_original(edit):
    for seed in range(3):
        original = photograph(seed)
        found = similarity(visual_key(original), visual_key(edit(original)))
        assert found.verdict == "same", (seed, found)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_no_edit_looks_like_another_photograph(edit):
    found = similarity(visual_key(photograph(8)), visual_key(edit(photograph(9))))
    assert found.verdict == "different", found


def test_the_quality_of_a_jpeg_does_not_matter(tmp_path):
    photograph(1).save(tmp_path / "poor.jpg", quality=12)
    with Image.open(tmp_path / "poor.jpg") as poor:
        assert similarity(visual_key(photograph(1)), visual_key(poor)).verdict == "same"


def test_which_of_two_pictures_is_the_crop_does_not_matter():
    whole, part = visual_key(photograph(1)), visual_key(cropped(photograph(1), 0.2, 0.2, 0.9, 0.9))
    assert similarity(whole, part).verdict == similarity(part, whole).verdict == "same"


def test_a_mirrored_picture_is_left_to_a_person():
    mirrored = visual_key(ImageOps.mirror(photograph(1)))
    assert similarity(visual_key(photograph(1)), mirrored).verdict == "unsure"


def test_a_real_photograph_is_told_from_the_next_view_of_its_scene():
    left, right = (
        Image.open(sample_path(f"good/jpeg/gps/DSCN00{number}.jpg")) for number in (10, 12)
    )
    assert similarity(visual_key(left), visual_key(right)).verdict == "different"
    assert similarity(visual_key(left), visual_key(in_shape(left, 0.8))).verdict == "same"


# --- Pictures that show nothing ------------------------------------------------------------------

NOTHING = {
    "black": Image.new("RGB", (300, 200)),
    "white": Image.new("RGB", (300, 200), "white"),
    "grey": Image.new("L", (200, 200), 120),
    "a gradient": Image.linear_gradient("L").resize((300, 200)),
    "noise in the dark": from_tones(np.random.default_rng(3).normal(0.02, 0.004, (200, 300, 3))),
}


@pytest.mark.parametrize("one", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("other", NOTHING.values(), ids=NOTHING)
def test_pictures_without_anything_in_them_are_never_the_same(one, other):
    assert similarity(visual_key(one), visual_key(other)).verdict != "same"


def test_a_picture_without_anything_in_it_is_like_no_photograph():
    for nothing in NOTHING.values():
        assert similarity(visual_key(nothing), visual_key(photograph(1))).verdict != "same"


# --- Keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", [(300, 200), (200, 300), (300, 300), (300, 75), (75, 300), (1, 1), (3, 2), (1800, 1200)]
)
def test_a_key_is_short_ascii_of_this_version(size):
    key = visual_key(photograph(1).resize(size))
    assert key.isascii()
    assert len(key) < LARGEST_KEY
    assert key.startswith(f"{VERSION}:")
    thumbnail = read_visual_key(key)
    assert len(thumbnail.levels) == thumbnail.width * thumbnail.height < PIXELS * 1.1


def test_a_strip_has_no_key():
    assert visual_key(photograph(1).resize((3000, 20))) == ""


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "CMYK", "P", "I;16"])
def test_a_picture_of_any_mode_has_a_key(mode):
    assert read_visual_key(visual_key(Image.new(mode, (60, 40))))


good_key = visual_key(photograph(1))
HOSTILE = {
    "nothing": "",
    "words": "drop table",
    "another version": "0" + good_key[1:],
    "too short": good_key[:-1],
    "too long": good_key + "A",
    "a letter of another script": good_key[:-1] + "é",
    "a line break behind": good_key + "\n",
    "no size": f"{VERSION}:0x0:",
    "a huge size": f"{VERSION}:99999x99999:AAAA",
    "as large as it says, and too large": f"{VERSION}:999x999:" + "A" * 999 * 999,
    "Arabic digits": good_key.replace("78", "٧٨"),
    "NUL": "\x00" * 4000,
}


@pytest.mark.parametrize("key", HOSTILE.values(), ids=HOSTILE)
def test_a_key_that_is_none_leaves_it_unsure(key):
    assert similarity(key, good_key).verdict == "unsure"
    assert similarity(good_key, key).verdict == "unsure"
    assert Looks({1: key}).nearest(good_key) == []
    assert Looks({1: good_key}).nearest(key) == []


# --- Searching -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def looks():
    shapes = [(300, 200), (200, 300), (240, 240)]
    return Looks({n: visual_key(photograph(n, *shapes[n % 3])) for n in range(40)})


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_finds_its_original_among_others(looks, edit):
    (best, likeness), *others = looks.nearest(visual_key(edit(photograph(21))))
    assert (best, likeness.verdict) == (21, "same")
    assert all(other.verdict == "different" for _name, other in others)


def test_as_many_are_told_as_are_asked_for_the_likest_first(looks):
    found = looks.nearest(visual_key(photograph(6)), count=3)
    assert len(found) == 3
    scores = [likeness.score for _name, likeness in found]
    assert scores == sorted(scores, reverse=True)


def test_a_picture_of_none_of_them_is_different_from_all(looks):
    found = looks.nearest(visual_key(photograph(999)))
    assert {likeness.verdict for _name, likeness in found} == {"different"}


def test_of_two_equal_pictures_both_are_told():
    key = visual_key(photograph(1))
    found = Looks({"one": key, "two": key, "other": visual_key(photograph(2))}).nearest(key)
    assert {name for name, likeness in found if likeness.verdict == "same"} == {"one", "two"}


def test_the_frames_of_a_burst_are_told_together():
    frames = {
        n: visual_key(cropped(photograph(30), 0.02 * n, 0.01 * n, 0.9 + 0.02 * n, 0.94 + 0.01 * n))
        for n in range(4)
    }
    looks = Looks(frames | {seed + 100: visual_key(photograph(seed)) for seed in range(20)})
    found = looks.nearest(visual_key(in_shape(cropped(photograph(30), 0.1, 0.1, 0.9, 0.8), 0.6)))
    assert {name for name, likeness in found if likeness.verdict == "same"} == set(frames)


def test_nothing_is_found_among_none():
    assert Looks({}).nearest(good_key) == []
