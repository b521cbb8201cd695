"""Several selections, of several galleries, in one workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from .spreadsheets import Column, GallerySheetInfo, SelectionRow, local_time, selection_table
from .workbook import Book


@dataclass(frozen=True, kw_only=True)
class SelectionSheet:
    """One selection: whose and what of, and its rows. ``submitted_at`` is aware or None."""

    info: GallerySheetInfo
    recipient: str
    list: str
    round: int
    submitted_at: datetime | None
    extra: int
    rows: Sequence[SelectionRow]


def selections_workbook(parts: Sequence[SelectionSheet]) -> bytes:
    """An XLSX file: what there is on its first sheet, and a sheet for each selection.

    Raises ValueError for no selection, and for a time without a time zone.
    """
    if not parts:
        raise ValueError("A workbook needs a selection.")
    book = Book(title=gettext("Selections"), studio=parts[0].info.studio)
    book.add(gettext("Selections"), _overview(parts))
    for part in parts:
        title = f"{part.recipient} {part.info.title}"
        book.add(title, selection_table(part.rows, part.info.time_zone))
    return book.finished()


def _overview(parts: Sequence[SelectionSheet]) -> list[Column]:
    columns = (
        (gettext("Gallery"), [part.info.title for part in parts], 32),
        (gettext("Recipient"), [part.recipient for part in parts], 28),
        (gettext("List"), [part.list for part in parts], 14),
        (gettext("Round"), [part.round for part in parts], 8),
        (
            gettext("Sent"),
            [local_time(part.submitted_at, part.info.time_zone) for part in parts],
            18,
        ),
        (gettext("Photos"), [sum(row.picked for row in part.rows) for part in parts], 10),
        (gettext("Extra"), [part.extra for part in parts], 10),
        (gettext("Notes"), [sum(bool(row.note) for row in part.rows) for part in parts], 10),
    )
    return [Column(*column) for column in columns]
