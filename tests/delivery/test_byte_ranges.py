import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumbaphoto_wagtail.delivery.byte_ranges import (
    UNSATISFIABLE,
    parse_range,
    range_still_applies,
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-499", (0, 500)),
        ("bytes=500-", (500, 1000)),
        ("bytes=-1", (999, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("bytes=999-999", (999, 1000)),
        ("bytes=900-5000", (900, 1000)),
        ("BYTES=1-2", (1, 3)),
        ("bytes=1-2, ", (1, 3)),
    ],
)
def test_one_range_is_read(header, expected):
    assert parse_range(header, 1000) == expected


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=1-2-3"),
        *("bytes=5-4", "bytes =1-2", "items=1-2", "bytes=1-2,4-5", "bytes=--1", "bytes=+1-2"),
        *("bytes=١-٢", "bytes=0x1-0x2", f"bytes=0-{'9' * 5000}"),
    ],
)
def test_anything_else_means_the_whole_file(header):
    assert parse_range(header, 1000) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
def test_a_range_outside_the_file_cannot_be_satisfied(header):
    assert parse_range(header, 1000) is UNSATISFIABLE


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_an_empty_file_has_no_ranges(header):
    assert parse_range(header, 0) is UNSATISFIABLE


@given(st.text(alphabet="bytes=0123456789-, "), st.integers(0, 10**12))
def test_a_range_lies_in_the_file(header, size):
    found = parse_range(header, size)
    if found not in (None, UNSATISFIABLE):
        assert 0 <= found[0] < found[1] <= size


@pytest.mark.parametrize(
    ("if_range", "applies"),
    [
        (None, True),
        ('"abc"', True),
        (' "abc" ', True),
        ('"other"', False),
        ('W/"abc"', False),
        ("Wed, 21 Oct 2026 07:28:00 GMT", False),
    ],
)
def test_a_part_is_sent_for_the_same_bytes_only(if_range, applies):
    assert range_still_applies(if_range, '"abc"') is applies


def test_a_weak_tag_never_proves_the_same_bytes():
    assert not range_still_applies('W/"abc"', 'W/"abc"')
