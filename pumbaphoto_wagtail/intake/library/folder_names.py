"""What a folder's own name says, where no pattern does: a title, and the day of a leading date."""

from __future__ import annotations

import re
from datetime import date

# No photograph is older than the first one.
FIRST_YEAR = 1826
SEPARATOR = " > "

# 2013-02-28 Wedding, 2013_02_28, 20130228-Wedding, 2013_02 Winter; a longer number is no date.
_LEADING_DATE = re.compile(
    r"(?P<year>\d{4})(?:(?P<sign>[-_. ])(?P<month>\d{2})(?:(?P=sign)(?P<day>\d{2}))?"
    r"|(?P<month_2>\d{2})(?P<day_2>\d{2}))(?!\d)[-_. ,]*"
)


def of_folder(path: str) -> tuple[str, date | None]:
    """The title and the date of a folder, by its path below the library.

    Folders within folders are named one after the other, "Weddings > Anna & Tom". Of the last one
    a leading date is the gallery's, and not part of the title unless there is nothing else; a month
    alone stands for its first day.
    """
    *above, last = path.split("/")
    name, day = split_date(last)
    return SEPARATOR.join([*above, name]), day


def split_date(name: str) -> tuple[str, date | None]:
    """A folder's name without its leading date, and that; the whole name if it is none."""
    match = _LEADING_DATE.match(name)
    if match is None:
        return name, None
    parts = match.groupdict()
    month, day = parts["month"] or parts["month_2"], parts["day"] or parts["day_2"]
    found = day_of(parts["year"], month, day or "1")
    if found is None:
        return name, None
    return name[match.end() :].strip() or name, found


def day_of(year: str, month: str, day: str) -> date | None:
    """A day by its numbers; None if there was no such day, or no photograph then."""
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if found.year >= FIRST_YEAR else None
