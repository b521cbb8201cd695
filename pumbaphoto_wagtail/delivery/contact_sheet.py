"""The contact sheet: every chosen photograph on paper, with its hearts and notes.

A page takes rows of four. A note that is longer than its cell is cut there and stands in full at
the end, under the photograph's number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from .pdf_document import BLACK, GREY, Document
from .pdf_text import Line

MARGIN = 36
COLUMNS = 4
GAP = 12
# Of a picture's box to its width: a landscape fills it, a portrait is as high.
BOX_PROPORTION = 0.75
NAME_SIZE, NOTE_SIZE, TITLE_SIZE, SECTION_SIZE = 7.5, 7.5, 20, 11
LEADING = 1.35
MAX_NOTE_LINES = 6
HEART = (0.75, 0.22, 0.17)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A JPEG that is read when it is needed, and its size in pixels."""

    read: Callable[[], bytes]
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One photograph; ``notes`` are pairs of who wrote it ("" if that is clear) and the words."""

    name: str
    hearts: int = 0
    notes: Sequence[tuple[str, str]] = ()
    section: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What the sheet is of; ``about`` are lines such as the recipient and the list."""

    title: str
    studio: str
    paper: str
    made_at: datetime
    about: Sequence[str] = ()


def contact_sheet(heading: Heading, entries: Iterable[Entry]) -> Iterator[bytes]:
    """A PDF, piece by piece; pictures are read while it is sent."""
    sheet = _Sheet(heading)
    entries = [*entries]
    sheet.begin(len(entries))
    section = ""
    for number, entry in enumerate(entries, start=1):
        if entry.section != section:
            section = entry.section
            sheet.begin_section(section)
        sheet.add(_Cell(number=number, entry=entry, lines=sheet.lines_of(entry)))
    return sheet.finished()


@dataclass(frozen=True, kw_only=True)
class _Cell:
    number: int
    entry: Entry
    lines: list[Line]

    @property
    def is_cut(self) -> bool:
        return len(self.lines) > MAX_NOTE_LINES

    @property
    def shown(self) -> int:
        """How many lines of its notes it shows; one less where it says that there are more."""
        return MAX_NOTE_LINES - 1 if self.is_cut else len(self.lines)


class _Sheet:
    """Fills rows, and pages with rows."""

    def __init__(self, heading: Heading) -> None:
        self.heading = heading
        self.document = Document(
            title=heading.title,
            author=heading.studio,
            paper=heading.paper,
            made_at=heading.made_at,
        )
        self.type = self.document.type
        self.width = self.document.width - 2 * MARGIN
        self.cell_width = (self.width - GAP * (COLUMNS - 1)) / COLUMNS
        self.box_height = self.cell_width * BOX_PROPORTION
        self.y = self.document.height - MARGIN
        self.page = 1
        self.row: list[_Cell] = []
        self.cut: list[_Cell] = []

    def lines_of(self, entry: Entry) -> list[Line]:
        return [line for words in _notes(entry) for line in self._broken(words, self.cell_width)]

    def begin(self, count: int) -> None:
        self._paragraph(self.heading.title, TITLE_SIZE)
        self.y -= GAP / 2
        counted = ngettext("%d photo", "%d photos", count) % count
        for words in (*self.heading.about, f"{counted} · {date_format(self.heading.made_at)}"):
            self._paragraph(words, NAME_SIZE + 1, GREY)
        self.y -= GAP

    def begin_section(self, title: str) -> None:
        self._flush()
        self._make_room(SECTION_SIZE * LEADING + GAP + self.box_height)
        if title:
            self._paragraph(title, SECTION_SIZE)
            self.y -= GAP / 2

    def add(self, cell: _Cell) -> None:
        self.row.append(cell)
        if cell.is_cut:
            self.cut.append(cell)
        if len(self.row) == COLUMNS:
            self._flush()

    def finished(self) -> Iterator[bytes]:
        self._flush()
        self._write_long_notes()
        self._end_page()
        return self.document.parts()

    def _flush(self) -> None:
        """Put the row that is full, or the last one of a section, on the page."""
        if not self.row:
            return
        lines = max(cell.shown + cell.is_cut for cell in self.row)
        height = self.box_height + (NAME_SIZE + lines * NOTE_SIZE) * LEADING + GAP
        self._make_room(height)
        for place, cell in enumerate(self.row):
            self._draw(cell, MARGIN + place * (self.cell_width + GAP))
        self.y -= height
        self.row = []

    def _draw(self, cell: _Cell, x: float) -> None:
        self._draw_picture(cell.entry.picture, x)
        y = self.y - self.box_height - NAME_SIZE * LEADING
        number = self.type.line(str(cell.number), NAME_SIZE)
        self.document.write(number, x, y, colour=GREY)
        left = x + number.width + 4
        if cell.entry.hearts:
            self._draw_heart(left, y)
            left += NAME_SIZE + 2
            if cell.entry.hearts > 1:
                count = self.type.line(f"×{cell.entry.hearts}", NAME_SIZE)
                self.document.write(count, left, y, colour=HEART)
                left += count.width + 3
        name = self.type.fitted(cell.entry.name, NAME_SIZE, x + self.cell_width - left)
        self.document.write(name, left, y)
        for line in cell.lines[: cell.shown]:
            y -= NOTE_SIZE * LEADING
            self.document.write(line, x, y, width=self.cell_width, colour=GREY)
        if cell.is_cut:
            more = self.type.fitted(gettext("… in full at the end"), NOTE_SIZE, self.cell_width)
            self.document.write(more, x, y - NOTE_SIZE * LEADING, colour=GREY)

    def _draw_picture(self, picture: Picture | None, x: float) -> None:
        bottom = self.y - self.box_height
        if picture is None:
            self.document.canvas.setFillColorRGB(0.93, 0.92, 0.91)
            self.document.canvas.rect(x, bottom, self.cell_width, self.box_height, 0, 1)
            return
        scale = min(self.cell_width / picture.width, self.box_height / picture.height)
        self.document.picture(
            picture.read, x, bottom, picture.width * scale, picture.height * scale
        )

    def _draw_heart(self, x: float, y: float) -> None:
        """A heart as high as the name's letters, its point on the line."""
        size = NAME_SIZE * 0.85
        middle, top, dent = x + size / 2, y + size, y + size * 0.72
        path = self.document.canvas.beginPath()
        path.moveTo(middle, y)
        path.curveTo(x - size * 0.35, y + size * 0.55, x + size * 0.1, top, middle, dent)
        path.curveTo(x + size * 0.9, top, x + size * 1.35, y + size * 0.55, middle, y)
        self.document.canvas.setFillColorRGB(*HEART)
        self.document.canvas.drawPath(path, stroke=0, fill=1)

    def _write_long_notes(self) -> None:
        if not self.cut:
            return
        self._make_room(SECTION_SIZE * 4)
        self._paragraph(gettext("Long notes"), SECTION_SIZE)
        for cell in self.cut:
            self.y -= GAP / 2
            self._paragraph(f"{cell.number} · {cell.entry.name}", NAME_SIZE)
            for words in _notes(cell.entry):
                self._paragraph(words, NOTE_SIZE + 1, GREY)

    def _paragraph(self, words: str, size: float, colour: tuple = BLACK) -> None:
        for line in self.type.lines(words, size, self.width):
            self._make_room(size * LEADING)
            self.y -= size * LEADING
            self.document.write(line, MARGIN, self.y, width=self.width, colour=colour)

    def _broken(self, words: str, width: float) -> Iterator[Line]:
        return self.type.lines(words, NOTE_SIZE, width)

    def _make_room(self, height: float) -> None:
        if self.y - height < MARGIN + GAP:
            self._end_page()
            self.page += 1
            self.y = self.document.height - MARGIN

    def _end_page(self) -> None:
        number = self.type.line(gettext("Page %d") % self.page, NAME_SIZE)
        right = MARGIN + self.width
        title = self.type.fitted(self.heading.title, NAME_SIZE, self.width - number.width - GAP)
        self.document.write(title, MARGIN, MARGIN - GAP / 2, colour=GREY)
        self.document.write(number, right - number.width, MARGIN - GAP / 2, colour=GREY)
        self.document.end_page()


def _notes(entry: Entry) -> Iterator[str]:
    for writer, words in entry.notes:
        yield f"{writer}: {words}" if writer else words
