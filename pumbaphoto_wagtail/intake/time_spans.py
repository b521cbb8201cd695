"""Lengths of time as photographers type them: "10d 4h", "-90m", "1w 2d 30s"."""

from __future__ import annotations

import re
from datetime import timedelta

_PART = re.compile(r"([0-9]{1,7})\s*([wdhms])", re.IGNORECASE)
_SPAN = re.compile(r"\s*([-+\u2212]?)\s*((?:[0-9]{1,7}\s*[wdhms]\s*)+)", re.IGNORECASE)
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def read_span(text: str) -> timedelta:
    """The length of time that a text says: whole weeks, days, hours, minutes and seconds, each at
    most once, with one sign before all of them. Raises ValueError for anything else.
    """
    told = _SPAN.fullmatch(text)
    if told is None:
        raise ValueError(text)
    sign, rest = told.groups()
    parts = [(UNITS[unit.lower()], int(amount)) for amount, unit in _PART.findall(rest)]
    if len(dict(parts)) < len(parts):
        raise ValueError(text)
    span = timedelta(**dict(parts))
    return span if sign in ("", "+") else -span
