"""The fonts of a PDF: of each the used glyphs, with codes that are made for this document.

There is one code for each glyph and the text it stands for, so that what is copied is what was
written. Sources: ISO 32000-1, 9.6.4 (subsets), 9.7.4 (CIDFonts), 9.10.3 (ToUnicode CMaps).
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import uharfbuzz
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.filterPen import DecomposingFilterPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph as OutlineGlyph
from reportlab.pdfbase import pdfdoc

from ..intake import lettering

# Curves of the CJK font may be this many of its units off: a thousandth of a letter's height.
CURVE_ERROR = 1.0
# How many mappings one list of a ToUnicode CMap may hold.
CMAP_SECTION = 100
# What the further glyphs of one character are, for who copies the text.
NOTHING_MORE = "\u200b"


@dataclass(frozen=True)
class Glyph:
    """A glyph to be drawn; numbers are thousandths of the letters' height."""

    code: int
    advance: float
    width: float
    right: float
    up: float


class UsedFont:
    """One font of the package, and what a document uses of it."""

    def __init__(self, name: str, *, number: int) -> None:
        self.name = name
        # Tells it from those of ReportLab, which are called F1, F2 and so on.
        self.resource = f"Noto{number}"
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(lettering.font_path(name))))
        self.units = face.upem
        self._harfbuzz = uharfbuzz.Font(face)
        # Code 0 is the glyph for what is missing.
        self._codes: dict[tuple[int, str], int] = {(0, ""): 0}

    def shaped(self, run: lettering.Run) -> list[Glyph]:
        """The glyphs of a run from left to right."""
        buffer = uharfbuzz.Buffer()
        buffer.add_str(run.text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if run.is_leftwards else "ltr"
        uharfbuzz.shape(self._harfbuzz, buffer)
        texts = _texts([info.cluster for info in buffer.glyph_infos], run)
        return [
            self._glyph(info.codepoint, position, text)
            for info, position, text in zip(
                buffer.glyph_infos, buffer.glyph_positions, texts, strict=True
            )
        ]

    def _glyph(self, number: int, position: uharfbuzz.GlyphPosition, text: str) -> Glyph:
        return Glyph(
            code=self._codes.setdefault((number, text), len(self._codes)),
            advance=self._thousandths(position.x_advance),
            width=self._thousandths(self._harfbuzz.get_glyph_h_advance(number)),
            right=self._thousandths(position.x_offset),
            up=self._thousandths(position.y_offset),
        )

    def _thousandths(self, units: float) -> float:
        return units * 1000 / self.units

    def embed(self, document: pdfdoc.PDFDocument) -> None:
        """Write the font's objects, under its name in the resources of every page."""
        file = _compressed(self._file, Length1=len(self._file))
        name = pdfdoc.PDFName(f"{self._tag()}+{self.name}")
        descriptor = _dictionary(
            Type=pdfdoc.PDFName("FontDescriptor"),
            FontName=name,
            Flags=4,  # Symbolic: the codes are its own.
            FontBBox=pdfdoc.PDFArray([-1000, -1000, 2000, 2000]),
            ItalicAngle=0,
            Ascent=1069,
            Descent=-293,
            CapHeight=714,
            StemV=80,
            FontFile2=document.Reference(file),
        )
        descendant = _dictionary(
            Type=pdfdoc.PDFName("Font"),
            Subtype=pdfdoc.PDFName("CIDFontType2"),
            BaseFont=name,
            CIDSystemInfo=_dictionary(
                Registry=pdfdoc.PDFString("Adobe"),
                Ordering=pdfdoc.PDFString("Identity"),
                Supplement=0,
            ),
            FontDescriptor=document.Reference(descriptor),
            W=pdfdoc.PDFArray([0, pdfdoc.PDFArray(self._widths())]),
            CIDToGIDMap=pdfdoc.PDFName("Identity"),
        )
        font = _dictionary(
            Type=pdfdoc.PDFName("Font"),
            Subtype=pdfdoc.PDFName("Type0"),
            BaseFont=name,
            Encoding=pdfdoc.PDFName("Identity-H"),
            DescendantFonts=pdfdoc.PDFArray([document.Reference(descendant)]),
            ToUnicode=document.Reference(_compressed(self._to_unicode())),
        )
        fonts = document.idToObject[pdfdoc.BasicFonts].dict
        fonts[self.resource] = document.Reference(font)

    def _tag(self) -> str:
        """Six letters that tell this part of the font from other parts, as 9.6.4 asks for."""
        number = int(self.resource.removeprefix("Noto"))
        return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))

    def _widths(self) -> list[int]:
        return [
            round(self._thousandths(self._harfbuzz.get_glyph_h_advance(number)))
            for number, _text in self._codes
        ]

    @cached_property
    def _file(self) -> bytes:
        """The used glyphs as a TrueType font, numbered by their codes."""
        with TTFont(lettering.font_path(self.name), lazy=True) as source:
            order, shapes = source.getGlyphOrder(), source.getGlyphSet()
            used = [order[number] for number, _text in self._codes]
            names = [".notdef", *(f"g{code}" for code in range(1, len(used)))]
            drawn = {
                name: _outline(shapes, original) for name, original in zip(names, used, strict=True)
            }
            widths = {
                name: shapes[original].width for name, original in zip(names, used, strict=True)
            }
        builder = FontBuilder(self.units, isTTF=True)
        builder.setupGlyphOrder(names)
        builder.setupCharacterMap({})
        builder.setupGlyf(drawn)
        builder.setupHorizontalMetrics(
            {
                name: (round(width), drawn[name].xMin if drawn[name].numberOfContours else 0)
                for name, width in widths.items()
            }
        )
        builder.setupHorizontalHeader(ascent=self.units, descent=-self.units // 4)
        builder.setupPost(keepGlyphNames=False)
        # The same document is the same bytes, whenever it is made.
        builder.font["head"].created = builder.font["head"].modified = 0
        stream = io.BytesIO()
        builder.save(stream)
        return stream.getvalue()

    def _to_unicode(self) -> bytes:
        mapped = [(code, text) for (_number, text), code in self._codes.items() if code]
        sections = (
            mapped[start : start + CMAP_SECTION] for start in range(0, len(mapped), CMAP_SECTION)
        )
        lists = "".join(
            f"{len(section)} beginbfchar\n"
            + "".join(f"<{code:04X}> <{_utf16(text)}>\n" for code, text in section)
            + "endbfchar\n"
            for section in sections
        )
        return _CMAP.format(lists=lists).encode("ascii")


_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{lists}endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def _utf16(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def _texts(starts: list[int], run: lettering.Run) -> Iterator[str]:
    """What each glyph stands for, given where in the run its characters start.

    Characters and glyphs of a cluster are paired in the order of reading; what is left over of the
    characters goes to the last glyph.
    """
    ends = dict(pairwise([*sorted({*starts}), len(run.text)]))
    counts, seen = Counter(starts), Counter()
    for start in starts:
        number, count = seen[start], counts[start]
        seen[start] += 1
        if run.is_leftwards:
            number = count - 1 - number
        end = ends[start] if number == count - 1 else start + number + 1
        yield run.text[start + number : min(end, ends[start])] or NOTHING_MORE


def _outline(shapes: Mapping, name: str) -> OutlineGlyph:
    pen = TTGlyphPen(None)
    # Curves of third degree become some of second; TrueType's outlines run the other way round.
    is_postscript = not hasattr(shapes, "glyfTable")
    curves = Cu2QuPen(pen, CURVE_ERROR, reverse_direction=is_postscript)
    shapes[name].draw(DecomposingFilterPen(curves, shapes))
    return pen.glyph()


def _dictionary(**entries) -> pdfdoc.PDFDictionary:
    return pdfdoc.PDFDictionary(entries)


def _compressed(content: bytes, **entries) -> pdfdoc.PDFStream:
    return pdfdoc.PDFStream(_dictionary(**entries), content, filters=[pdfdoc.PDFZCompress])
