"""What stands in the query string of the API: each value read strictly, or refused in words."""

from __future__ import annotations

import re
from datetime import datetime, time
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from wagtail.api.v2.utils import BadRequestError

MOST_WORDS, LONGEST_SEARCH = 10, 200
_YEAR = re.compile(r"[0-9]{4}\Z")
_HOST = re.compile(r"([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?\Z")


def read_uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadRequestError(f"{name} must be a UUID") from None


def read_year(name: str, text: str) -> int:
    if not _YEAR.match(text) or text == "0000":
        raise BadRequestError(f"{name} must be a year of four digits")
    return int(text)


def read_moment(name: str, text: str) -> datetime:
    """A moment, or a day's beginning; without a time zone it is in the site's."""
    # In a query string a plus that nobody escaped arrives as a space.
    text = text.replace(" ", "+") if "T" in text else text
    try:
        moment = parse_datetime(text) if "T" in text else _beginning(text)
        if moment is not None and timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
    except (ValueError, OverflowError):
        moment = None
    # The databases' limits are about those of Python; nobody photographed beyond these.
    if moment is None or not 1000 < moment.year < 9000:
        raise BadRequestError(f"{name} must be a date or a time, as 2026-07-12T15:30:00Z")
    return moment


def _beginning(text: str) -> datetime | None:
    day = parse_date(text)
    return None if day is None else datetime.combine(day, time())


def read_site(name: str, text: str, prefix: str = "") -> Q:
    """The galleries, at ``prefix``, of the site at ``host`` or ``host:port``; whether there is one
    is not told.
    """
    found = _HOST.match(text)
    if found is None:
        raise BadRequestError(f"{name} must be a host name, with a port where it has one")
    wanted = Q(**{f"{prefix}site__hostname__iexact": found[1]})
    return wanted & Q(**{f"{prefix}site__port": int(found[2])}) if found[2] else wanted


def read_search(text: str, operator: str, field: str) -> Q:
    """Every word in ``field`` (or any, with ``or``), in whatever case it is written.

    By the database itself rather than by Wagtail's index, which knows galleries by the names of
    their clients as well.
    """
    if operator not in ("", "and", "or"):
        raise BadRequestError("search_operator must be and or or")
    words = text.split()
    if len(text) > LONGEST_SEARCH or len(words) > MOST_WORDS or "\x00" in text:
        raise BadRequestError("search must be a few words")
    found = Q()
    for word in words:
        has = Q(**{f"{field}__icontains": word})
        found = found | has if operator == "or" else found & has
    return found
