"""What a client's browser is told of a selection: with the page, and in every answer later."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from ..conf import settings
from ..models import Gallery, ShareLink
from . import lists
from .limits import PHRASES
from .picks import Done
from .sheet import Sheet


def state_of(sheet: Sheet) -> dict[str, Any]:
    """The whole state: hearts and notes by the photos' UUIDs, and what is said about them."""
    return {
        **_outline(sheet),
        "favourites": [str(uuid) for uuid in sheet.favourites],
        "notes": {str(uuid): note for uuid, note in sheet.notes.items()},
    }


def answer_to(done: Done, known: str) -> dict[str, Any]:
    """What became of acts, and the state: the whole, or what changed for a browser that knew it.

    ``refused`` holds a sentence for each act that was not done, by its id. ``changed`` holds heart
    and note of each photo that is another now.
    """
    answer = {"refused": done.refusals}
    if known != done.mark_before:
        return {**answer, **state_of(done.sheet)}
    return {**answer, **_outline(done.sheet), "changed": _changed(done)}


def page_state(sheet: Sheet) -> dict[str, Any]:
    """What a page's JavaScript starts from, where its visitor may choose."""
    return {
        **state_of(sheet),
        "note_max_length": settings.NOTE_MAX_LENGTH,
        "phrases": {name: str(phrase) for name, phrase in PHRASES.items()},
    }


def page_addresses(link: ShareLink, gallery: Gallery, list_name: str) -> dict[str, Any]:
    """Where a page's JavaScript sends to, and the name under which it keeps what it cannot send."""
    return {
        "keep": f"{gallery.uuid}.{link.uuid}",
        "addresses": {
            name: reverse(f"pumbaphoto_wagtail:{name}", args=[gallery.uuid])
            for name in ("picks", "acts", "side_by_side")
        },
        "list": list_name,
    }


def _outline(sheet: Sheet) -> dict[str, Any]:
    return {
        "list": sheet.list_name,
        "round": sheet.round_number,
        "mark": sheet.mark,
        "is_sent": sheet.is_sent,
        "is_open": not (sheet.is_sent or lists.refusal(sheet.link.gallery, sheet.list_name)),
        **sheet.tally.as_json(),
    }


def _changed(done: Done) -> dict[str, dict[str, Any]]:
    rows = {uuid: done.sheet.rows.get(uuid) for uuid in done.touched}
    return {
        str(uuid): {"on": bool(row and row.is_favourite), "note": row.note if row else ""}
        for uuid, row in rows.items()
    }
