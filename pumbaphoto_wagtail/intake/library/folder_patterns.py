"""How the paths of a library become galleries: patterns, what they capture, and what is left out.

A pattern is a line ``category: regular expression``; the first that matches the whole path of a
file decides. Its named groups tell of the gallery and of the photograph:

- ``a_name``, or ``a_name1``, ``a_name2`` ... in the order of their numbers: the gallery's title,
  joined by a space; a "/" in one becomes " > ". Without any the folder's name is the title.
- ``a_year``, ``a_month``, ``a_day``: the day of the shoot. Without a day it is the month's first.
- ``p_year``, ``p_month``, ``p_day``, ``p_hour``, ``p_minute``, ``p_second``: when the photograph
  was taken, by the clock of the site's time zone; all six, or it is unknown.

Without patterns each folder is a gallery (see :mod:`.folder_names`). What is to be left out has one
regular expression a line, and goes before every pattern. Paths are compared in Unicode's composed
form (NFC), as they are typed, whatever form the storage has; compatible signs stay apart, so that
``①.jpg`` is not ``1.jpg``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import PatternsRefused

from .folder_names import SEPARATOR, day_of, of_folder
from .slow_patterns import MAX_PATH_LENGTH, why_refused

MAX_CATEGORY_LENGTH = 255
_NAMES = re.compile(r"a_name(\d*)")
_ALBUM_DATE = ("a_year", "a_month", "a_day")
_PHOTO_TIME = ("p_year", "p_month", "p_day", "p_hour", "p_minute", "p_second")


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One line: the category, and the expression for whole paths."""

    category: str
    expression: re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a path says of its file: the gallery's category, folder, title and day, and when the
    photograph was taken, aware, where the path tells it. ``notes`` say what was no date, in words.
    """

    category: str
    folder: str
    title: str
    date: date | None = None
    taken_at: datetime | None = None
    notes: tuple[str, ...] = ()


def parse(text: str) -> tuple[Pattern, ...]:
    """The patterns of a text, in their order; none for an empty one.

    Raises PatternsRefused, which names every line that cannot be used.
    """
    return _parse(text)


@lru_cache(maxsize=64)
def _parse(text: str) -> tuple[Pattern, ...]:
    patterns, mistakes = [], {}
    for number, line in _lines(text):
        category, colon, expression = (part.strip() for part in line.partition(":"))
        if not colon or not category or not expression:
            mistakes[number] = _("A line is “category: regular expression”.")
        elif len(category) > MAX_CATEGORY_LENGTH:
            words = _("A category has at most %(count)d characters.")
            mistakes[number] = words % {"count": MAX_CATEGORY_LENGTH}
        elif why := _mistake(expression) or _unknown_groups(expression):
            mistakes[number] = why
        else:
            composed = re.compile(unicodedata.normalize("NFC", expression))
            patterns.append(Pattern(category=category, expression=composed))
    if mistakes:
        raise PatternsRefused(mistakes)
    return tuple(patterns)


def parse_ignores(text: str) -> tuple[re.Pattern[str], ...]:
    """The expressions for what is left out. Raises PatternsRefused as :func:`parse` does."""
    return _parse_ignores(text)


@lru_cache(maxsize=64)
def _parse_ignores(text: str) -> tuple[re.Pattern[str], ...]:
    lines = {number: line.strip() for number, line in _lines(text)}
    mistakes = {number: why for number, line in lines.items() if (why := _mistake(line))}
    if mistakes:
        raise PatternsRefused(mistakes)
    return tuple(re.compile(unicodedata.normalize("NFC", line)) for line in lines.values())


def _lines(text: str) -> Iterable[tuple[int, str]]:
    lines = enumerate(text.splitlines(), start=1)
    return ((number, line) for number, line in lines if line.strip())


def _mistake(expression: str) -> str:
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        return _("This is no regular expression: %(why)s.") % {"why": error}
    return why_refused(expression)


def _unknown_groups(expression: str) -> str:
    groups = re.compile(expression).groupindex
    known = {*_ALBUM_DATE, *_PHOTO_TIME}
    unknown = [name for name in groups if name not in known and not _NAMES.fullmatch(name)]
    if unknown:
        words = _("Nothing is called “%(name)s”; known are %(known)s.")
        names = ", ".join(("a_name", "a_name1", "a_name2", *_ALBUM_DATE, *_PHOTO_TIME))
        return words % {"name": unknown[0], "known": names}
    if any(name in groups for name in _ALBUM_DATE[1:]) and "a_year" not in groups:
        return _("A day of the shoot needs “a_year”.")
    return ""


def is_ignored(ignores: Sequence[re.Pattern[str]], path: str) -> bool:
    """Whether a path is to be left out: one of the expressions matches the whole of it."""
    composed = unicodedata.normalize("NFC", path)
    return len(composed) <= MAX_PATH_LENGTH and any(
        expression.fullmatch(composed) for expression in ignores
    )


def match(patterns: Sequence[Pattern], path: str, *, zone: tzinfo | None = None) -> Found | None:
    """What a file's path says, with "/" between its folders; None if no pattern fits it.

    ``zone`` is where the clock of ``p_hour`` hangs, the site's time zone if not told.
    """
    path = unicodedata.normalize("NFC", path)
    folder = path.rpartition("/")[0]
    if not patterns:
        title, day = of_folder(folder)
        return Found(category="", folder=folder, title=title, date=day)
    if len(path) > MAX_PATH_LENGTH:
        return None
    for pattern in patterns:
        if found := pattern.expression.fullmatch(path):
            return _found(pattern.category, folder, found.groupdict(), zone)
    return None


def _found(category: str, folder: str, groups: dict[str, str | None], zone: tzinfo | None) -> Found:
    day, day_note = _album_date(groups)
    taken_at, time_note = _photo_time(groups, zone or timezone.get_default_timezone())
    return Found(
        category=category,
        folder=folder,
        title=_title(groups) or of_folder(folder)[0],
        date=day,
        taken_at=taken_at,
        notes=tuple(filter(None, (day_note, time_note))),
    )


def _title(groups: dict[str, str | None]) -> str:
    """The captured names in the order of their numbers: a_name10 comes behind a_name9."""
    names = {name: _NAMES.fullmatch(name) for name in groups}
    numbered = sorted((int(match[1] or 0), name) for name, match in names.items() if match)
    parts = (groups[name] for _number, name in numbered)
    return " ".join(part.strip("/ ").replace("/", SEPARATOR) for part in parts if part).strip()


def _album_date(groups: dict[str, str | None]) -> tuple[date | None, str]:
    year, month, day = (groups.get(name) for name in _ALBUM_DATE)
    if year is None or month is None:
        return None, ""
    found = day_of(year, month, day or "1")
    return found, "" if found else _no_date((year, month, day or ""))


def _photo_time(groups: dict[str, str | None], zone: tzinfo) -> tuple[datetime | None, str]:
    parts = [groups.get(name) for name in _PHOTO_TIME]
    if any(part is None for part in parts):
        return None, ""
    try:
        found = datetime(*(int(part) for part in parts), tzinfo=zone)
        # Times that no calendar of UTC has cannot be stored.
        found.astimezone(timezone.get_fixed_timezone(0))
    except (ValueError, OverflowError):
        return None, _no_date(parts)
    return (found, "") if day_of(*parts[:3]) else (None, _no_date(parts))


def _no_date(parts: Iterable[str]) -> str:
    return _("There was no such day or time: %(date)s.") % {"date": "-".join(filter(None, parts))}
