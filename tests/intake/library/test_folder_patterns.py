"""What paths mean, as a table: M5-M14 (patterns), B28-B35 (what is picked), F1-F12 (folders) and
X43-X46 (what earlier systems got wrong).
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from pumbaphoto_wagtail.exceptions import PatternsRefused
from pumbaphoto_wagtail.intake.library.folder_patterns import (
    is_ignored,
    match,
    parse,
    parse_ignores,
)

README = (
    r"Albums: (?P<a_year>\d{4})_(?P<a_month>\d{2})_(?P<a_day>\d{2})_(?P<a_name>[^/]+)/[^/]+\.jpg"
)
PHOTO_TIME = (
    r"x: [^/]+/(?P<p_year>\d+)-(?P<p_month>\d+)-(?P<p_day>\d+)"
    r"(?:_(?P<p_hour>\d+)-(?P<p_minute>\d+)-(?P<p_second>\d+))?\.jpg"
)
NFD = unicodedata.normalize("NFD", "Été")

TITLES = {
    "M5, the first that fits": ("a: x/.*\nb: .*", "x/1.jpg", ("a", "x", None)),
    "M5, else the next": ("a: x/.*\nb: .*", "y/1.jpg", ("b", "y", None)),
    "M6 and X45, the whole path": (README, "2013_02_28_Ski/1.jpg.bak", None),
    "M6, from its beginning": ("a: x/.*", "y/x/1.jpg", None),
    "M7, one name": (README, "2013_02_28_Ski/1.jpg", ("Albums", "Ski", date(2013, 2, 28))),
    "M7, by their numbers": (
        "".join(["a: ", *(f"(?P<a_name{n}>[^/]+)/" for n in (10, 9, 2)), r".*\.jpg"]),
        "ten/nine/two/1.jpg",
        ("a", "two nine ten", None),
    ),
    "M7, what did not take part": (
        r"a: (?P<a_name1>[^/-]+)(?:-(?P<a_name2>[^/]+))?/.*",
        "Ski/1.jpg",
        ("a", "Ski", None),
    ),
    "M8, folders in a name": (
        r"a: (?P<a_name>.+)/[^/]+",
        "Tom/Ski/Day 1/1.jpg",
        ("a", "Tom > Ski > Day 1", None),
    ),
    "M9, without a day": (
        r"a: (?P<a_year>\d+)/(?P<a_month>\d+)/.*",
        "2013/02/1.jpg",
        ("a", "2013 > 02", date(2013, 2, 1)),
    ),
    "X43, an optional day that is not there": (
        r"a: (?P<a_year>\d+)(?:_(?P<a_month>\d+))?(?:_(?P<a_day>\d+))?/.*",
        "2013/1.jpg",
        ("a", "2013", None),
    ),
    "M14, decomposed names fit composed patterns": (
        f"a: (?P<a_name>{'É'}té)/.*",
        f"{NFD}/1.jpg",
        ("a", "Été", None),
    ),
    "X44, compatible signs stay apart": ("a: 1/.*", "①/1.jpg", None),
    "X45, any case where it is said": (r"a: (?i:.*\.jpg)", "x/1.Jpg", ("a", "x", None)),
    "a colon in the expression": (r"a: (?:x|y)/.*", "y/1.jpg", ("a", "y", None)),
    "F1, a folder is a gallery": ("", "Ski/1.jpg", ("", "Ski", None)),
    "F1, a day before the name": ("", "2013-02-28 Ski/1.jpg", ("", "Ski", date(2013, 2, 28))),
    "F1, a month": ("", "2013_02/1.jpg", ("", "2013_02", date(2013, 2, 1))),
    "F1, a month and a name": ("", "2013_02 Ski/1.jpg", ("", "Ski", date(2013, 2, 1))),
    "F1, a day without signs": ("", "20130228-Ski/1.jpg", ("", "Ski", date(2013, 2, 28))),
    "F1, no such day": ("", "2013-02-30 Ski/1.jpg", ("", "2013-02-30 Ski", None)),
    "F1, a year is none": ("", "1984 Covers/1.jpg", ("", "1984 Covers", None)),
    "F1, a number is none": ("", "201302281 Ski/1.jpg", ("", "201302281 Ski", None)),
    "F1, folders in folders": (
        "",
        "2013/2013-02-28 Ski/1.jpg",
        ("", "2013 > Ski", date(2013, 2, 28)),
    ),
    "F1, no folder": ("", "1.jpg", ("", "", None)),
}


@pytest.mark.parametrize("case", TITLES)
def test_what_a_path_is_taken_for(case):
    patterns, path, expected = TITLES[case]
    found = match(parse(patterns), path, zone=UTC)

    assert (found and (found.category, found.title, found.date)) == expected


def test_X43_an_impossible_day_is_told_and_stops_nothing():
    found = match(parse(README), "2013_02_30_Ski/1.jpg", zone=UTC)

    assert (found.title, found.date) == ("Ski", None)
    assert "2013-02-30" in found.notes[0]


class TestM10TheTimeOfAPhotograph:
    def test_is_of_the_sites_time_zone(self):
        zone = ZoneInfo("America/New_York")
        found = match(parse(PHOTO_TIME), "x/2013-07-01_12-30-00.jpg", zone=zone)

        assert found.taken_at == datetime(2013, 7, 1, 16, 30, tzinfo=UTC)

    def test_needs_all_six(self):
        assert match(parse(PHOTO_TIME), "x/2013-07-01.jpg", zone=UTC).taken_at is None

    @pytest.mark.parametrize("name", ["2013-13-01_12-30-00", "0000-01-01_00-00-00"])
    def test_may_be_no_time_at_all(self, name):
        found = match(parse(PHOTO_TIME), f"x/{name}.jpg", zone=UTC)

        assert found.taken_at is None
        assert found.notes


class TestM12WhatIsLeftOut:
    def test_is_told_by_whole_paths(self):
        ignores = parse_ignores("private/.*\n.*\\.tmp\\.jpg\n")

        assert is_ignored(ignores, "private/1.jpg")
        assert is_ignored(ignores, "x/1.tmp.jpg")
        assert not is_ignored(ignores, "x/private/1.jpg")


MISTAKES = {
    "no category": ("ok: .*\n.*", 2),
    "no regular expression": ("ok: .*\n\nbad: (", 3),
    "an unknown name": ("a: (?P<name>.*)", 1),
    "a day without a year": (r"a: (?P<a_day>\d+)/.*", 1),
    "far too long": ("a: " + "x" * 2000, 1),
    "repeats in repeats": ("a: (a+)+b", 1),
    "alternatives that are repeated": ("a: (?:ab|a|b)*c", 1),
    "repeats in repeats, counted": ("a: ((a{1,30}){1,30})b", 1),
    "repeats hidden in a condition": ("a: (?=(a+)+b).*", 1),
    "many ways to divide one text": ("a: .*.*.*.*.*x", 1),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_X46_a_line_that_cannot_be_used_is_named(case):
    text, line = MISTAKES[case]
    with pytest.raises(PatternsRefused) as refused:
        parse(text)

    assert [*refused.value.mistakes] == [line]
    assert refused.value.mistakes[line]


def test_every_mistake_is_named():
    with pytest.raises(PatternsRefused) as refused:
        parse_ignores("(\nok\n(a*)*\n")

    assert [*refused.value.mistakes] == [1, 3]


@pytest.mark.parametrize(
    "expression",
    [
        README.partition(": ")[2],
        r"(?P<a_name>.+)/(?P<a_name1>.+)/.+\.jpe?g",
        r"(?:[^/]+/)*[^/]+\.jpg",
        r"(?:\d\d/)+x",
    ],
)
def test_what_always_comes_to_an_end_is_accepted(expression):
    assert parse(f"a: {expression}")
