"""What two files say of the frame they come from, held against each other: pure rules.

Files speak by their identity (:mod:`pumbaphoto_wagtail.intake.identity`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

Identity = Mapping[str, object]

DOCUMENT_KEYS = ("original_document_id", "document_id", "derived_from", "instance_id")
NAME_KEYS = ("raw_file_name", "preserved_file_name")

# Editors write times of another zone where a camera told none: whole quarters of an hour.
_QUARTER = timedelta(minutes=15)
_FURTHEST_ZONES = timedelta(hours=26)
_SHORTEST_SERIAL = 4


class Moments(StrEnum):
    """How two times of capture stand to each other."""

    UNKNOWN = "unknown"
    # To the sub-second, which both know.
    EXACT = "exact"
    # To the second; one of them does not know more.
    SECOND = "second"
    # But for the time zone.
    ZONE = "zone"
    DIFFERENT = "different"


def moment_of(identity: Identity) -> datetime | None:
    """When a file says it was taken, by the camera's display."""
    told = identity.get("taken_at")
    try:
        return datetime.fromisoformat(told).replace(tzinfo=None) if told else None
    except (TypeError, ValueError):
        return None


def compare_moments(one: datetime | None, other: datetime | None) -> Moments:
    """How the times of two files stand to each other."""
    if one is None or other is None:
        return Moments.UNKNOWN
    fractions = _fraction(one), _fraction(other)
    if all(fractions) and fractions[0] != fractions[1]:
        return Moments.DIFFERENT
    apart = abs(one.replace(microsecond=0) - other.replace(microsecond=0))
    if not apart:
        return Moments.EXACT if all(fractions) else Moments.SECOND
    if apart <= _FURTHEST_ZONES and not apart % _QUARTER:
        return Moments.ZONE
    return Moments.DIFFERENT


def _fraction(moment: datetime) -> str:
    # Some write .064 as .64: the zeros tell nothing apart, and 0 is what does not know.
    return f"{moment.microsecond:06}".strip("0")


def serial_of(identity: Identity) -> str:
    """A camera's serial number as all programs would write it."""
    return re.sub(r"[^0-9A-Z]", "", str(identity.get("serial", "")).upper()).lstrip("0")


def is_same_camera(one: Identity, other: Identity) -> bool | None:
    """Whether two files come from one camera; None where either does not tell."""
    serials = sorted((serial_of(one), serial_of(other)), key=len)
    if len(serials[0]) < _SHORTEST_SERIAL:
        return None
    # Some programs write more around the number than others.
    return serials[0] in serials[1]


def shutter_key(identity: Identity) -> tuple[str, int] | None:
    """One camera's count of frames, which no two frames share."""
    serial, count = serial_of(identity), identity.get("shutter_count")
    return (serial, count) if serial and isinstance(count, int) and count else None


def documents_of(identities: Iterable[Identity]) -> set[str]:
    """All ids of documents that files name, their own and those they were made from."""
    found = (str(identity.get(key, "")) for identity in identities for key in DOCUMENT_KEYS)
    # Adobe writes "xmp.iid:" for an instance and "xmp.did:" for a document of the same number.
    return {document.rpartition(":")[2].upper() for document in found if document}
