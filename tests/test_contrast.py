"""A studio's colour can be read on every ground, and what is written on it as well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.contrast import (
    DARK,
    DEFAULT_ACCENT,
    LIGHT,
    contrast,
    luminance,
    palette,
    standing_out,
    words_on,
)

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_black_and_white_are_twenty_one_to_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert luminance("#ffffff") == pytest.approx(1)


@given(colours)
def test_b74_every_accent_can_be_read_on_both_grounds_and_written_on(accent):
    found = palette(accent)

    assert contrast(found.light, LIGHT) >= 4.5
    assert contrast(found.dark, DARK) >= 4.5
    assert contrast(found.on_light, found.light) >= 4.5
    assert contrast(found.on_dark, found.dark) >= 4.5


@given(colours)
def test_words_can_be_read_on_any_colour(colour):
    assert contrast(words_on(colour), colour) >= 4.5


def test_a_colour_that_stands_out_stays_as_it_is():
    assert palette(DEFAULT_ACCENT).light == DEFAULT_ACCENT
    assert standing_out("#8a4b2d", LIGHT) == "#8a4b2d"


def test_a_colour_that_does_not_keeps_its_hue():
    moved = standing_out("#ffd400", LIGHT)

    red, green, blue = (int(moved[place : place + 2], 16) for place in (1, 3, 5))
    assert red > green > blue == 0
