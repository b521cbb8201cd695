"""B69: lengths of time as photographers type them."""

import re
from datetime import timedelta

import pytest

from pumbaphoto_wagtail.intake.time_spans import read_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("10d 4h", timedelta(days=10, hours=4)),
        ("-90m", timedelta(minutes=-90)),
        ("\u221290m", timedelta(minutes=-90)),
        ("+1w2d3h4m5s", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
        ("- 1 h 30 M", timedelta(minutes=-90)),
        ("  45s  ", timedelta(seconds=45)),
        ("0h", timedelta()),
    ],
)
def test_b69_what_is_typed_is_understood(text, span):
    assert read_span(text) == span


@pytest.mark.parametrize(
    "text",
    [
        *(" ", "-", "90", "h", "1y", "1.5h", "1h 1h", "1d -4h", "²h", "٣h", "1h;", "1h\n2x"),
        *("99999999999h", "--1h", "1 0h"),
    ],
)
def test_b69_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        read_span(text)
