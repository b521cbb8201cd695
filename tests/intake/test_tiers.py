from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake.publishing import rendition_name
from pumbaphoto_wagtail.intake.tiers import Tier, read_tiers, recipe_digest, recipes
from pumbaphoto_wagtail.models import StoredFile

SIDES = st.integers(1, 4000)


def tier(width, height, mode="fit"):
    return Tier(name="tier", width=width, height=height, mode=mode, quality=85)


def test_m59_b40_the_settings_are_tiers():
    assert [entry.name for entry in read_tiers(DEFAULTS["TIERS"])] == ["grid", "view", "display"]


@settings(deadline=None)
@given(SIDES, SIDES, st.integers(1, 3000), st.integers(1, 3000))
def test_fitting_is_what_pillow_calls_a_thumbnail(width, height, box_width, box_height):
    size = tier(box_width, box_height).whole_size(width, height)

    assert size[0] <= min(width, box_width)
    assert size[1] <= min(height, box_height)
    image = Image.new("1", (width, height))
    image.thumbnail((box_width, box_height), Image.Resampling.NEAREST)
    assert size == image.size


@given(SIDES, SIDES, st.integers(1, 3000), st.integers(1, 3000))
def test_m60_b42_filling_crops_from_the_middle_and_never_enlarges(
    width, height, box_width, box_height
):
    filled = tier(box_width, box_height, "fill")
    whole = filled.whole_size(width, height)
    left, top, right, bottom = filled.crop_box(*whole)

    assert whole[0] <= width
    assert whole[1] <= height
    assert 0 <= left < right <= whole[0]
    assert 0 <= top < bottom <= whole[1]
    assert abs(left - (whole[0] - right)) <= 1
    assert abs(top - (whole[1] - bottom)) <= 1
    if width >= box_width and height >= box_height:
        assert (right - left, bottom - top) == (box_width, box_height)


def test_a_picture_too_small_to_fill_keeps_the_proportions_of_the_box():
    filled = tier(300, 300, "fill")

    assert filled.whole_size(100, 1000) == (100, 1000)
    assert filled.crop_box(100, 1000) == (0, 450, 100, 550)


@pytest.mark.parametrize(
    "change", [{"width": 301}, {"height": 301}, {"mode": "fill"}, {"quality": 86}]
)
def test_b44_a_recipe_is_named_by_all_that_it_says(change):
    grid = DEFAULTS["TIERS"]["grid"]

    assert recipe_digest(grid) == recipe_digest(dict(reversed(grid.items())))
    assert recipe_digest(grid) != recipe_digest(grid | change)
    assert len(recipe_digest(grid)) == 12


def test_m65_a_picture_is_named_by_its_file_recipe_and_bytes_and_by_nothing_one_could_guess():
    file, made = StoredFile(), SimpleNamespace(tier="grid", format="jpeg")
    names = {
        rendition_name(one, made, recipe, digest)
        for one in (file, StoredFile())
        for recipe in ("a" * 12, "b" * 12)
        for digest in ("c" * 64, "d" * 64)
    }

    assert len(names) == 8
    assert rendition_name(file, made, "a" * 12, "c" * 64) in names
    assert file.uuid.version == 4


def test_another_format_has_a_recipe_of_its_own_and_leaves_that_of_the_jpeg():
    grid = DEFAULTS["TIERS"]["grid"]
    both = grid | {"formats": {"avif": 75}}

    assert recipe_digest(both) == recipe_digest(grid)
    assert recipe_digest(both, "avif") != recipe_digest(both)
    assert recipe_digest(both, "avif") != recipe_digest(grid | {"formats": {"avif": 76}}, "avif")
    assert {kind[:2] for kind in recipes({"grid": both, "view": grid})} == {
        ("grid", "jpeg"),
        ("grid", "avif"),
        ("view", "jpeg"),
    }


def test_a_mark_is_wanted_in_every_tier_but_the_smallest():
    grid = {"width": 300, "height": 300, "mode": "fit", "quality": 85}
    wanted = recipes({"grid": grid, "view": grid}, ["mark"])

    assert {kind[:3] for kind in wanted} == {
        ("grid", "jpeg", ""),
        ("view", "jpeg", ""),
        ("view", "jpeg", "mark"),
    }
    assert len({kind[3] for kind in wanted}) == 2, "a marked picture has a recipe of its own"
