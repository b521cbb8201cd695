"""What the sheets of a workbook, and the lines of a CSV, say of a gallery and its selections.

Everything a person typed is data: text cells never become formulas, and a character that XLSX
cannot hold costs that character and not the export.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.utils.translation import gettext

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Excel's limits: UTF-16 units in a cell, characters in a sheet's title.
MAX_CELL_UNITS = 32_767
MAX_TITLE_LENGTH = 31
CUT_MARK = " […]"

# Everything XML 1.0 has no place for, beside half characters; line ends are made equal before.
_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Excel reads "_x0041_" in a text as "A" (ECMA-376 part 1, 22.9.2.19); so it has to be escaped.
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
# What a spreadsheet program takes for the beginning of a formula when a cell is edited.
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

CellValue = str | int | date | datetime | None


@dataclass(frozen=True, kw_only=True)
class ClientDetails:
    """A client as the photographer knows them."""

    name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class GallerySheetInfo:
    """What the first sheet tells. Times are aware and shown in ``time_zone``."""

    title: str
    studio: str
    time_zone: tzinfo
    exported_at: datetime
    clients: Sequence[ClientDetails] = ()
    shoot_date: date | None = None
    state: str = ""
    round: int = 1
    minimum: int | None = None
    included: int | None = None
    maximum: int | None = None
    extras_words: str = ""
    due_date: date | None = None
    photo_count: int = 0
    selection_count: int = 0
    note_count: int = 0


@dataclass(frozen=True, kw_only=True)
class SelectionRow:
    """One photograph in the client's selection.

    ``picked`` is False for a note without a heart ("please not Aunt Gerda"). ``selected_at`` is
    aware. ``section``, ``list``, ``recipient`` and ``camera_name`` (what the photographer's program
    calls it, where that is another name) make a column where at least one row has them. ``photo``
    is the primary key, by which its picture is found.
    """

    file_name: str
    note: str = ""
    selected_at: datetime | None = None
    recipient: str = ""
    section: str = ""
    list: str = ""
    camera_name: str = ""
    picked: bool = True
    photo: int | None = None


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """One file that was delivered; ``sent_at`` is aware, ``size`` bytes."""

    number: int
    sent_at: datetime
    file_name: str
    folder: str = ""
    photo: str = ""
    size: int = 0


@dataclass(frozen=True)
class Column:
    """A column of a table: its header, its values in the order of the rows, its width."""

    header: str
    values: Sequence[CellValue]
    width: int


def info_table(info: GallerySheetInfo) -> list[Column]:
    """The gallery's facts as two columns: what, and its value."""
    facts: list[tuple[str, CellValue]] = [
        (gettext("Gallery"), info.title),
        (gettext("Studio"), info.studio),
        *_client_facts(info.clients),
        (gettext("Shoot date"), info.shoot_date),
        (gettext("State"), info.state),
        (gettext("Round"), info.round),
        *_limit_facts(info),
        (gettext("Photos"), info.photo_count),
        (gettext("Selected photos"), info.selection_count),
        (gettext("Notes"), info.note_count),
        (gettext("Exported"), local_time(info.exported_at, info.time_zone)),
        (gettext("Time zone"), str(info.time_zone)),
    ]
    names, values = zip(*facts, strict=True)
    return [Column(gettext("About"), names, 22), Column(gettext("Details"), values, 50)]


def selection_table(rows: Iterable[SelectionRow], time_zone: tzinfo) -> list[Column]:
    """The selection as columns, those left out that would say nothing."""
    rows = list(rows)
    times = [local_time(row.selected_at, time_zone) for row in rows]
    columns = [
        Column(gettext("File name"), [row.file_name for row in rows], 32),
        Column(gettext("Client note"), [row.note for row in rows], 60),
        Column(gettext("Selected at"), times, 18),
    ]
    if not all(row.picked for row in rows):
        columns.insert(1, Column(gettext("Selected"), [_yes_or_no(row.picked) for row in rows], 10))
    further = (
        (gettext("Section"), [row.section for row in rows], 24),
        (gettext("List"), [row.list for row in rows], 14),
        (gettext("Recipient"), [row.recipient for row in rows], 24),
        (gettext("Camera's file"), [row.camera_name for row in rows], 24),
    )
    return columns + [Column(*column) for column in further if any(column[1])]


def delivery_table(rows: Iterable[DeliveryRow], time_zone: tzinfo) -> list[Column]:
    """Every delivered file as columns."""
    rows = list(rows)
    return [
        Column(gettext("Delivery"), [row.number for row in rows], 10),
        Column(gettext("Sent"), [local_time(row.sent_at, time_zone) for row in rows], 18),
        Column(gettext("File name"), [row.file_name for row in rows], 36),
        Column(gettext("Folder"), [row.folder for row in rows], 24),
        Column(gettext("Photo"), [row.photo for row in rows], 32),
        Column(gettext("Bytes"), [row.size for row in rows], 14),
    ]


def local_time(moment: datetime | None, time_zone: tzinfo) -> datetime | None:
    """``moment`` as the clock in ``time_zone`` showed it, without a zone: XLSX knows none."""
    if moment is None:
        return None
    if moment.utcoffset() is None:
        raise ValueError("A time for a spreadsheet needs a time zone.")
    return moment.astimezone(time_zone).replace(microsecond=0, tzinfo=None)


def cell_text(text: str) -> str:
    """``text`` as a cell can hold it; what is too long ends in a mark that says so."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    escaped = _LOOKS_ESCAPED.sub("_x005F_", _NOT_IN_XML.sub("", lines))
    units = escaped.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL_UNITS:
        return escaped
    room = 2 * (MAX_CELL_UNITS - len(CUT_MARK))
    return units[:room].decode("utf-16-le", errors="ignore") + CUT_MARK


def sheet_title(text: str, taken: Iterable[str] = ()) -> str:
    """A title Excel accepts for ``text``, unlike those ``taken`` already."""
    visible = _NOT_IN_TITLES.sub(" ", _NOT_IN_XML.sub("", text))
    plain = visible.strip("' \t\n") or gettext("Sheet")
    used = {title.casefold() for title in taken}
    title, number = _short_title(plain), 1
    # Excel keeps "History" for itself.
    while title.casefold() in used | {"history"}:
        number += 1
        title = _short_title(plain, f" {number}")
    return title


def _short_title(text: str, ending: str = "") -> str:
    return text[: MAX_TITLE_LENGTH - len(ending)].rstrip("' ") + ending


def _client_facts(clients: Sequence[ClientDetails]) -> list[tuple[str, CellValue]]:
    return [
        fact
        for client in clients
        for fact in (
            (gettext("Client"), client.name),
            (gettext("E-mail"), client.email),
            (gettext("Phone"), client.phone),
        )
    ]


def _limit_facts(info: GallerySheetInfo) -> list[tuple[str, CellValue]]:
    """The limits that the photographer has set; none of those that there are not."""
    facts: list[tuple[str, CellValue]] = [
        (gettext("At least"), info.minimum),
        (gettext("Included"), info.included),
        (gettext("At most"), info.maximum),
        (gettext("About extra photos"), info.extras_words),
        (gettext("Choose until"), info.due_date),
    ]
    return [(name, value) for name, value in facts if value not in (None, "")]


def _yes_or_no(value: bool) -> str:
    return gettext("yes") if value else gettext("no")
