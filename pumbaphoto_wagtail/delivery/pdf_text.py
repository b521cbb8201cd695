"""Text in a PDF: any script, to be read, searched and copied.

ReportLab embeds no font with PostScript outlines, which the one for Chinese, Japanese and Korean
has, and gives shaped letters no text to copy. So HarfBuzz shapes each run with the fonts that come
with the package, and of each font the used glyphs alone are embedded, as a small TrueType font
whose codes are made for this document: one code for each glyph and the text it stands for.

Source: ISO 32000-1, 9.4.3 (showing text).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from reportlab.pdfgen.canvas import Canvas

from ..intake import lettering
from .pdf_fonts import Glyph, UsedFont

WIDTHS_KEPT = 20_000


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Glyphs of one font, from left to right."""

    font: str
    glyphs: list[Glyph]

    @property
    def width(self) -> float:
        return sum(glyph.advance for glyph in self.glyphs)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line that is ready to be drawn, with letters of ``size`` points."""

    pieces: list[Piece]
    size: float
    is_leftwards: bool

    @property
    def width(self) -> float:
        """In points."""
        return sum(piece.width for piece in self.pieces) * self.size / 1000


class Typesetter:
    """Sets the texts of one document; ``embed`` puts its fonts in, when all is drawn."""

    def __init__(self) -> None:
        self._fonts: dict[str, UsedFont] = {}
        # Words come again and again, and the letters of scripts without blanks even more.
        self._width = lru_cache(WIDTHS_KEPT)(self._measured)

    def line(self, text: str, size: float) -> Line:
        """A text as one line, however long; line ends become blanks."""
        cleaned = " ".join(_readable(text).split("\n"))
        return self._line(cleaned, size, lettering.runs_leftwards(cleaned))

    def fitted(self, text: str, size: float, width: float) -> Line:
        """A text as one line of ``width`` points at most; what is too long ends in "…"."""
        line = self.line(text, size)
        if line.width <= width:
            return line
        kept, cleaned = [], " ".join(_readable(text).split("\n"))
        room = width - self._width("…", size)
        for cluster in lettering.clusters(cleaned):
            room -= self._width(cluster, size)
            if room < 0:
                break
            kept.append(cluster)
        return self.line("".join(kept).rstrip() + "…", size)

    def lines(self, text: str, size: float, width: float) -> Iterator[Line]:
        """The lines of a text, broken where they would be wider than ``width`` points."""
        for paragraph in _readable(text).split("\n"):
            is_leftwards = lettering.runs_leftwards(paragraph)
            for line in self._broken(paragraph, size, width):
                yield self._line(line, size, is_leftwards)

    def draw(self, canvas: Canvas, x: float, y: float, line: Line) -> None:
        """Write a line with its left end at ``x`` and its baseline at ``y``."""
        code = [f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm"]
        for piece in line.pieces:
            code.append(f"/{self._fonts[piece.font].resource} {line.size:.2f} Tf")
            code += _shown(piece.glyphs, line.size)
        canvas._code.append(" ".join([*code, "ET"]))

    def embed(self, canvas: Canvas) -> None:
        """Put what was used of each font into the canvas's document."""
        for font in self._fonts.values():
            font.embed(canvas._doc)

    def _line(self, text: str, size: float, is_leftwards: bool) -> Line:
        runs = _runs(text, is_leftwards)
        pieces = [self._piece(run) for run in runs]
        return Line(pieces=pieces, size=size, is_leftwards=is_leftwards)

    def _piece(self, run: lettering.Run) -> Piece:
        if run.font not in self._fonts:
            self._fonts[run.font] = UsedFont(run.font, number=len(self._fonts) + 1)
        return Piece(font=run.font, glyphs=self._fonts[run.font].shaped(run))

    def _measured(self, text: str, size: float) -> float:
        return self._line(text, size, lettering.runs_leftwards(text)).width

    def _broken(self, paragraph: str, size: float, width: float) -> Iterator[str]:
        present, left = "", width
        blank = self._width(" ", size)
        for word in paragraph.split(" "):
            needed = self._width(word, size)
            if present and needed + blank <= left:
                present, left = f"{present} {word}", left - needed - blank
                continue
            if present:
                yield present
            *full, present = self._parts(word, size, width) if needed > width else [word]
            yield from full
            left = width - self._width(present, size)
        yield present

    def _parts(self, word: str, size: float, width: float) -> Iterator[str]:
        """A word that is wider than a line, or a sentence of a script that has no blanks."""
        part, used = "", 0.0
        for cluster in lettering.clusters(word):
            needed = self._width(cluster, size)
            if part and used + needed > width:
                yield part
                part, used = "", 0.0
            part, used = part + cluster, used + needed
        yield part


def _readable(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(lettering.known_letters(lettering.clean(line)) for line in lines)


def _runs(text: str, is_leftwards: bool) -> Iterable[lettering.Run]:
    if not text:
        return []
    if text.isascii() and not is_leftwards:
        # Most names and notes; looking for the font of each letter would take longer than all else.
        return [lettering.Run(text=text, font=lettering.FIRST_FONTS[0], is_leftwards=False)]
    return lettering.runs(text, is_leftwards=is_leftwards)


def _shown(glyphs: list[Glyph], size: float) -> Iterator[str]:
    """The operators that show glyphs, those above or below the line by their rise."""
    rise, row = 0.0, []
    for glyph in glyphs:
        if glyph.up != rise:
            yield _row(row)
            yield f"{glyph.up * size / 1000:.3f} Ts"
            rise, row = glyph.up, []
        # In a row a number moves to the left.
        row.append((-glyph.right, glyph.code, glyph.width - glyph.advance + glyph.right))
    yield _row(row)
    if rise:
        yield "0 Ts"


def _row(row: list[tuple[float, int, float]]) -> str:
    parts = []
    for before, code, after in row:
        parts.append(f"{before:.1f}" if before else "")
        parts.append(f"<{code:04X}>")
        parts.append(f"{after:.1f}" if after else "")
    return f"[{' '.join(filter(None, parts))}] TJ" if parts else ""
