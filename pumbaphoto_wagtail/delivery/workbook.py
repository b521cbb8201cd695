"""The workbook: one look for all sheets, made to be filtered, read and printed.

Rows are written as they come (openpyxl's write-only mode), each cell with one of a few styles that
are made once: thousands of rows take about a second.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import date, datetime

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from ..conf import settings
from .spreadsheets import (
    FORMULA_BEGINNINGS,
    CellValue,
    Column,
    DeliveryRow,
    GallerySheetInfo,
    SelectionRow,
    cell_text,
    delivery_table,
    info_table,
    selection_table,
    sheet_title,
)

# The sheet's number for a paper (ECMA-376 part 1, 18.3.1.63).
PAPER_NUMBERS = {"A4": 9, "Letter": 1}
# Margins in inches; the printed sheet is for reading, with room for a hole punch at the top.
MARGINS = {"left": 0.4, "right": 0.4, "top": 0.6, "bottom": 0.6, "header": 0.3, "footer": 0.3}

# A picture's box in pixels, and the row and column that hold it, in points and characters.
PICTURE_BOX = (120, 80)
PICTURE_ROW_HEIGHT = 64
PICTURE_COLUMN_WIDTH = 18

# Gives the JPEG bytes of a row's picture with their width and height; None without one.
FindPicture = Callable[[SelectionRow], tuple[bytes, int, int] | None]


def selection_workbook(
    info: GallerySheetInfo,
    rows: Iterable[SelectionRow],
    *,
    deliveries: Sequence[DeliveryRow] = (),
    find_picture: FindPicture | None = None,
) -> bytes:
    """An XLSX file: the gallery on its first sheet, the selection on its second.

    Where the rows name recipients, a sheet for each of them follows; then what was delivered, if
    anything was. Raises ValueError for a time without a time zone.
    """
    book = Book(title=info.title, studio=info.studio)
    rows = list(rows)
    book.add(gettext("Gallery"), info_table(info), is_list=False)
    table = selection_table(rows, info.time_zone)
    pictures = map(find_picture, rows) if find_picture else None
    book.add(gettext("Selections"), table, pictures=pictures)
    for recipient, some in _by_recipient(rows).items():
        book.add(recipient, selection_table(some, info.time_zone))
    if deliveries:
        book.add(gettext("Deliveries"), delivery_table(deliveries, info.time_zone))
    return book.finished()


def _by_recipient(rows: Iterable[SelectionRow]) -> dict[str, list[SelectionRow]]:
    found: dict[str, list[SelectionRow]] = {}
    for row in rows:
        if row.recipient:
            found.setdefault(row.recipient, []).append(row)
    return found


class Book:
    """A workbook in the making, with the styles that its sheets share."""

    def __init__(self, *, title: str, studio: str) -> None:
        self.title = title
        self.book = Workbook(write_only=True)
        self.book.properties.creator = cell_text(studio)
        self.book.properties.title = cell_text(title)
        self._styles: dict[tuple[str, bool], object] = {}

    def add(
        self,
        title: str,
        columns: Sequence[Column],
        *,
        pictures: Iterable[tuple[bytes, int, int] | None] | None = None,
        is_list: bool = True,
    ) -> None:
        """A sheet with a table, and a picture at the left of each row where there are any.

        A list of things can be filtered.
        """
        sheet = self.book.create_sheet(sheet_title(title, taken=self.book.sheetnames))
        columns = [*columns]
        count = len(columns[0].values)
        found = [*pictures] if pictures is not None else None
        if found is not None:
            columns.insert(0, Column(gettext("Photo"), [None] * count, PICTURE_COLUMN_WIDTH))
            _place(sheet, found)
        self._set_up(sheet, columns)
        if is_list:
            sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count + 1}"
        sheet.append([self._cell(sheet, column.header, "header") for column in columns])
        for values in zip(*(column.values for column in columns), strict=True):
            sheet.append([self._value(sheet, value) for value in values])

    def finished(self) -> bytes:
        stream = io.BytesIO()
        self.book.save(stream)
        return stream.getvalue()

    def _set_up(self, sheet: WriteOnlyWorksheet, columns: Sequence[Column]) -> None:
        """What has to be known before the first row: view and paper."""
        for number, column in enumerate(columns, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = PAPER_NUMBERS[settings.PAPER]
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        for side, inches in MARGINS.items():
            setattr(sheet.page_margins, side, inches)
        sheet.HeaderFooter.oddFooter.left.text = _footer_text(self.title)
        sheet.HeaderFooter.oddFooter.right.text = "&P / &N"

    def _value(self, sheet: WriteOnlyWorksheet, value: CellValue) -> WriteOnlyCell:
        if isinstance(value, str):
            return self._cell(sheet, value, "text")
        kind = "text"
        if isinstance(value, date):
            kind = "time" if isinstance(value, datetime) else "date"
        cell = WriteOnlyCell(sheet, value)
        cell._style = self._style(sheet, kind, False)
        return cell

    def _cell(self, sheet: WriteOnlyWorksheet, text: str, kind: str) -> WriteOnlyCell:
        cell = WriteOnlyCell(sheet)
        # openpyxl takes a leading "=" for a formula and "#N/A" for an error, unless told. A text
        # cell without a text is none.
        if held := cell_text(text):
            cell._value, cell.data_type = held, "s"
        # And Excel would take it for one, as soon as somebody edits the cell.
        is_quoted = text.lstrip(" ").startswith(FORMULA_BEGINNINGS)
        cell._style = self._style(sheet, kind, is_quoted)
        return cell

    def _style(self, sheet: WriteOnlyWorksheet, kind: str, is_quoted: bool) -> object:
        if (kind, is_quoted) not in self._styles:
            sample = WriteOnlyCell(sheet)
            for name, look in _LOOKS[kind].items():
                setattr(sample, name, look)
            sample.quotePrefix = is_quoted
            self._styles[kind, is_quoted] = copy(sample._style)
        return self._styles[kind, is_quoted]


_LINE = Side(style="thin", color="FF999999")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_TOP = Alignment(vertical="top", wrap_text=True)
_CELL = {"border": _BORDER, "alignment": _TOP}
_LOOKS = {
    "header": {
        "font": Font(bold=True),
        "fill": PatternFill("solid", fgColor="FFEEEEEE"),
        "border": Border(left=_LINE, right=_LINE, top=_LINE, bottom=Side(style="medium")),
        "alignment": _TOP,
    },
    "text": _CELL,
    "date": {**_CELL, "number_format": "yyyy-mm-dd"},
    "time": {**_CELL, "number_format": "yyyy-mm-dd hh:mm"},
}


def _footer_text(text: str) -> str:
    """A text in a footer, where ``&`` begins a code and 255 characters are all there may be."""
    return " ".join(cell_text(text).split())[:80].replace("&", "&&")


def _place(sheet: WriteOnlyWorksheet, pictures: Iterable[tuple[bytes, int, int] | None]) -> None:
    for row, picture in enumerate(pictures, start=2):
        if picture is not None:
            sheet.row_dimensions[row].height = PICTURE_ROW_HEIGHT
            sheet.add_image(_Picture(*picture), f"A{row}")


class _Picture(Image):
    """A JPEG that is written as it is; openpyxl's own would open each of them twice."""

    def __init__(self, data: bytes, width: int, height: int) -> None:
        self.ref, self.format = data, "jpeg"
        self.width, self.height = width, height

    def _data(self) -> bytes:
        return self.ref
