"""What a client's browser asks for, as it comes: a list of acts, each of them one tap or one note.

An act names the value that shall be, not a change, so that doing it twice is doing it once. That
is what lets a browser keep acts without a network and send them again when no answer came.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# More than a browser of ours ever sends at once.
MOST_ACTS = 500
LONGEST_ID = 100


@dataclass(frozen=True, kw_only=True)
class Act:
    """A heart to be there or not (``on``), or a note to be these ``words``; one of the two.

    ``id`` is the browser's own name for it, under which it is told what became of it.
    """

    id: str
    photo: UUID
    on: bool | None = None
    words: str | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """Acts in their order, for a list and the round that the browser believes it is in.

    ``known`` is the mark of the state that it had in its last answer.
    """

    acts: tuple[Act, ...]
    round: int
    list: str
    known: str = ""


def read_request(data: object) -> Request:
    """``{"round", "list", "known", "acts": [{"id", "photo", "on"} or {"id", "photo", "words"}]}``

    Raises ValidationError for everything else.
    """
    match data:
        case {"round": int(number), "list": str(name), "acts": [*entries]} if (
            not isinstance(number, bool) and len(entries) <= MOST_ACTS
        ):
            known = data.get("known", "")
            acts = tuple(_read_act(entry) for entry in entries)
        case _:
            raise _malformed()
    if not isinstance(known, str) or len({act.id for act in acts}) < len(acts):
        raise _malformed()
    return Request(acts=acts, round=number, list=name, known=known)


def _read_act(entry: object) -> Act:
    match entry:
        case {"id": str(name), "photo": str(photo), "on": bool(on), **rest} if "words" not in rest:
            act = Act(id=name, photo=_read_uuid(photo), on=on)
        case {"id": str(name), "photo": str(photo), "words": str(words), **rest} if (
            "on" not in rest
        ):
            act = Act(id=name, photo=_read_uuid(photo), words=words)
        case _:
            raise _malformed()
    if not 0 < len(act.id) <= LONGEST_ID:
        raise _malformed()
    return act


def _read_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise _malformed() from error


def _malformed() -> ValidationError:
    return ValidationError(_("This request could not be understood."))
