"""Spreadsheets of lists and reports, in which whatever somebody typed stays text.

Wagtail writes a title that begins with "=" into a CSV as it is, and leaves it to the spreadsheet
program to run it; and a control character in a file's name ends its XLSX with an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.db.models import QuerySet
from django.utils import timezone
from wagtail.admin.views.mixins import SpreadsheetExportMixin

from ..delivery.handoff import neutralised
from ..delivery.spreadsheets import cell_text

# Rows that are read, and given what is counted for them, at once.
CHUNK_ROWS = 500


def in_chunks(rows: QuerySet) -> Iterator[list]:
    """All rows, so many at a time, however many there are."""
    each = rows.iterator(chunk_size=CHUNK_ROWS)
    while chunk := list(islice(each, CHUNK_ROWS)):
        yield chunk


class SafeExport(SpreadsheetExportMixin):
    """For a view that exports: texts as texts, times as the user's clock shows them."""

    def preprocess_field_value(self, field: str, value: object, export_format: str) -> object:
        if isinstance(value, datetime) and timezone.is_aware(value):
            value = timezone.localtime(value).replace(tzinfo=None, microsecond=0)
            return str(value) if export_format == self.FORMAT_CSV else value
        written = super().preprocess_field_value(field, value, export_format)
        if isinstance(written, str):
            return neutralised(written) if export_format == self.FORMAT_CSV else cell_text(written)
        return written

    def generate_xlsx_row(
        self, worksheet, row_dict: dict, date_format: str | None = None
    ) -> Iterable:
        for cell in super().generate_xlsx_row(worksheet, row_dict, date_format):
            if isinstance(cell.value, str):
                # Not a formula, and not an error such as "#N/A" either.
                cell.data_type = "s"
            yield cell
