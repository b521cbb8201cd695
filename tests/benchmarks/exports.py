"""The exports of a large selection: seconds, and for the contact sheet memory too.

Rivals of the workbook, in the same rounds: *naive* is openpyxl as its tutorial has it, with the
same looks set cell by cell; *bare* is its write-only mode without any looks, which no workbook made
with it can go below.
"""

from __future__ import annotations

import io
import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side

from pumbaphoto_wagtail.delivery import contact_sheet, sidecar_files
from pumbaphoto_wagtail.delivery.sidecars import Marks, new_sidecar
from pumbaphoto_wagtail.delivery.spreadsheets import (
    GallerySheetInfo,
    SelectionRow,
    selection_table,
)
from pumbaphoto_wagtail.delivery.workbook import selection_workbook
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.benchmarks import report

ROWS = 4000
BEGUN = datetime(2026, 7, 1, 12, tzinfo=UTC)
INFO = GallerySheetInfo(title="Smith wedding", studio="Maria", time_zone=UTC, exported_at=BEGUN)
MARKS = Marks(rating=5, label="Green", keywords=("To edit",), instructions="brighter, please")


def report_exports(rounds: int) -> None:
    report.heading(f"Exports of {ROWS} photos, {rounds} alternating rounds")
    rows = _rows()
    ways = {"naive": _naive, "bare": _bare, "ours": _ours}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _round in range(rounds):
        for name, way in ways.items():
            times[name].append(_timed(lambda way=way: way(rows)))
    medians = {name: _median(taken) for name, taken in times.items()}
    report.table(
        ("workbook", "processor seconds", "seconds"),
        [(name, *medians[name]) for name in ways],
    )
    report.goal("workbook of 4,000 rows", medians["ours"][0], 3, at_most=True, unit=" s")
    report.goal("workbook, naive / ours", medians["naive"][0] / medians["ours"][0], 1)
    _report_sidecars()
    _report_contact_sheet()


def _report_sidecars() -> None:
    photos = [sidecar_files.KnownPhoto(key=n, name=f"IMG_{n:04d}.CR2") for n in range(ROWS)]
    marks = dict.fromkeys(range(ROWS), MARKS)
    taken = _timed(lambda: sidecar_files.sidecar_archive(photos, marks, now=BEGUN))
    own = new_sidecar(Marks(rating=1), now=BEGUN)
    uploads = [(f"IMG_{n:04d}.xmp", own) for n in range(ROWS)]
    merged = _timed(lambda: sidecar_files.merge(uploads, photos, marks, now=BEGUN))
    report.table(
        ("sidecars", "processor seconds", "seconds"), [("new", *taken), ("merged", *merged)]
    )


def _report_contact_sheet() -> None:
    sizes = []
    for count in (ROWS // 10, ROWS):
        tracemalloc.start()
        largest = sum(
            len(part) for part in contact_sheet.contact_sheet(_heading(), _entries(count))
        )
        sizes.append((count, largest / 1e6, tracemalloc.get_traced_memory()[1] / 1e6))
        tracemalloc.stop()
    taken = _timed(lambda: [*map(len, contact_sheet.contact_sheet(_heading(), _entries(ROWS)))])
    report.table(("contact sheet of", "MB", "most memory, MB"), sizes)
    report.note(f"{ROWS} photos: {taken[0]:.1f} s of processor, {taken[1]:.1f} s")
    report.goal("contact sheet, memory", sizes[-1][2], 60, at_most=True, unit=" MB")


def _heading() -> contact_sheet.Heading:
    return contact_sheet.Heading(title="Smith wedding", studio="Maria", paper="A4", made_at=BEGUN)


def _entries(count: int) -> list[contact_sheet.Entry]:
    data = jpeg_bytes(300, 200) + bytes(15_000)
    picture = contact_sheet.Picture(read=lambda: bytes(data), width=300, height=200)
    return [
        contact_sheet.Entry(
            name=f"IMG_{number:04d}.CR2",
            hearts=1,
            notes=[("Anna", "a little brighter, and without the bin")] if number % 5 == 0 else [],
            picture=picture,
        )
        for number in range(count)
    ]


def _rows() -> list[SelectionRow]:
    return [
        SelectionRow(
            file_name=f"IMG_{number:04d}.CR2",
            note="a little brighter, and without the bin" if number % 5 == 0 else "",
            selected_at=BEGUN + timedelta(seconds=number),
            recipient="Anna" if number % 2 else "Tom",
            section="Ceremony",
            list="To edit",
        )
        for number in range(ROWS)
    ]


def _ours(rows: list[SelectionRow]) -> bytes:
    # The list of all, and that of each recipient: twice the rows.
    return selection_workbook(INFO, rows)


def _naive(rows: list[SelectionRow]) -> bytes:
    book = Workbook()
    line = Side(style="thin")
    for _half in range(2):
        sheet = book.create_sheet()
        for place, column in enumerate(selection_table(rows, UTC), start=1):
            for row, value in enumerate([column.header, *column.values], start=1):
                cell = sheet.cell(row, place, value)
                cell.font = Font(bold=row == 1)
                cell.border = Border(left=line, right=line, top=line, bottom=line)
                cell.alignment = Alignment(vertical="top", wrap_text=True)
    return _saved(book)


def _bare(rows: list[SelectionRow]) -> bytes:
    book = Workbook(write_only=True)
    for _half in range(2):
        sheet = book.create_sheet()
        columns = selection_table(rows, UTC)
        sheet.append([column.header for column in columns])
        for values in zip(*(column.values for column in columns), strict=True):
            sheet.append(values)
    return _saved(book)


def _saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the processor, and on the clock."""
    started, used = time.perf_counter(), time.process_time()
    act()
    return time.process_time() - used, time.perf_counter() - started


def _median(taken: list[tuple[float, float]]) -> tuple[float, float]:
    return tuple(statistics.median(column) for column in zip(*taken, strict=True))
