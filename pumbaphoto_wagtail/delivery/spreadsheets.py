"""The selection as a workbook: what a gallery is, and what the client picked in it.

Everything a person typed is data: text cells never become formulas, and a character that XLSX
cannot hold costs that character and not the export.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

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

_LINE = Side(style="thin", color="FF999999")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEADER_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=Side(style="medium"))
_HEADER_FILL = PatternFill("solid", fgColor="FFEEEEEE")
_BOLD = Font(bold=True)
_TOP = Alignment(vertical="top", wrap_text=True)
_DATE_FORMAT = "yyyy-mm-dd"
_TIME_FORMAT = "yyyy-mm-dd hh:mm"

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
    photo_count: int = 0
    selection_count: int = 0
    note_count: int = 0


@dataclass(frozen=True, kw_only=True)
class SelectionRow:
    """One photograph in the client's selection.

    ``picked`` is False for a note without a heart ("please not Aunt Gerda"). ``selected_at`` is
    aware. ``recipient`` and ``section`` make a column where at least one row has them.
    """

    file_name: str
    note: str = ""
    selected_at: datetime | None = None
    recipient: str = ""
    section: str = ""
    picked: bool = True


@dataclass(frozen=True)
class Column:
    """A column of a table: its header, its values in the order of the rows, its width."""

    header: str
    values: Sequence[CellValue]
    width: int


def selection_workbook(info: GallerySheetInfo, rows: Iterable[SelectionRow]) -> bytes:
    """An XLSX file with the gallery on its first sheet and the selection on its second.

    Raises ValueError for a time without a time zone.
    """
    book = Workbook()
    book.properties.creator = cell_text(info.studio)
    book.properties.title = cell_text(info.title)
    first = book.active
    first.title = sheet_title(gettext("Gallery"))
    _write_table(first, info_table(info))
    second = book.create_sheet(sheet_title(gettext("Selections"), taken=book.sheetnames))
    _write_table(second, selection_table(rows, info.time_zone))
    second.auto_filter.ref = second.dimensions
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def info_table(info: GallerySheetInfo) -> list[Column]:
    """The gallery's facts as two columns: what, and its value."""
    facts: list[tuple[str, CellValue]] = [
        (gettext("Gallery"), info.title),
        (gettext("Studio"), info.studio),
        *_client_facts(info.clients),
        (gettext("Shoot date"), info.shoot_date),
        (gettext("State"), info.state),
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
    if any(row.section for row in rows):
        columns.append(Column(gettext("Section"), [row.section for row in rows], 24))
    if any(row.recipient for row in rows):
        columns.append(Column(gettext("Recipient"), [row.recipient for row in rows], 24))
    return columns


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


def _yes_or_no(value: bool) -> str:
    return gettext("yes") if value else gettext("no")


def _write_table(sheet: Worksheet, columns: Sequence[Column]) -> None:
    """Writes ``columns`` with the look that all sheets share."""
    for number, column in enumerate(columns, start=1):
        _write_header(sheet.cell(1, number), column.header)
        for row, value in enumerate(column.values, start=2):
            _write_value(sheet.cell(row, number), value)
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _write_header(cell: Cell, text: str) -> None:
    _write_text(cell, text)
    cell.font, cell.fill, cell.border, cell.alignment = _BOLD, _HEADER_FILL, _HEADER_BORDER, _TOP


def _write_value(cell: Cell, value: CellValue) -> None:
    cell.border, cell.alignment = _BORDER, _TOP
    if isinstance(value, str):
        _write_text(cell, value)
    elif value is not None:
        cell.value = value
        if isinstance(value, date):
            cell.number_format = _TIME_FORMAT if isinstance(value, datetime) else _DATE_FORMAT


def _write_text(cell: Cell, text: str) -> None:
    cell.value = cell_text(text)
    # openpyxl takes a leading "=" for a formula and "#N/A" for an error.
    cell.data_type = "s"
    # And Excel would, as soon as somebody edits the cell.
    cell.quotePrefix = text.lstrip(" ").startswith(FORMULA_BEGINNINGS)
