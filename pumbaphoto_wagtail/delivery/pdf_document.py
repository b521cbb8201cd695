"""A PDF of pages with texts and photographs, made while it is sent.

ReportLab draws the pages and writes the objects. It would hold the whole file in memory, each
picture twice; so its objects are asked for one by one here, and a picture is read when its turn
comes. A contact sheet of thousands of photographs thus needs no more memory than its words.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime

from PIL import Image
from reportlab.lib import pagesizes
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from .pdf_text import Line, Typesetter

# Width and height in points, by the name in ``PUMBAPHOTO["PAPER"]``.
PAPERS = {"A4": pagesizes.A4, "Letter": pagesizes.letter}
CONTENT_TYPE = "application/pdf"
BLACK = (0.137, 0.129, 0.122)
GREY = (0.40, 0.38, 0.36)


class Document:
    """Pages of one paper that are drawn one after the other, and then read as a stream of bytes.

    The same calls make the same bytes, since ``made_at`` says when it was made. Coordinates are
    points from the lower left corner.
    """

    def __init__(self, *, title: str, author: str, paper: str, made_at: datetime) -> None:
        self.width, self.height = PAPERS[paper]
        self.type = Typesetter()
        self.canvas = Canvas(
            io.BytesIO(), pagesize=(self.width, self.height), pageCompression=1, invariant=1
        )
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setCreator("PumbaPhoto")
        self.canvas.setSubject("")
        stamp = made_at.strftime("D:%Y%m%d%H%M%SZ")
        self.canvas.setDateFormatter(lambda *_parts: stamp)
        self._pictures = 0

    def write(
        self, line: Line, x: float, y: float, *, width: float = 0, colour: tuple = BLACK
    ) -> None:
        """A line with its baseline at ``y``: from ``x`` on, or in a column of ``width`` that it
        begins where it is read from.
        """
        left = x + width - line.width if width and line.is_leftwards else x
        self.canvas.setFillColorRGB(*colour)
        self.type.draw(self.canvas, left, y, line)

    def picture(
        self, read: Callable[[], bytes], x: float, y: float, width: float, height: float
    ) -> None:
        """A picture in a rectangle; ``read`` gives its JPEG bytes, and is called while sending."""
        self._pictures += 1
        name = f"picture{self._pictures}"
        document = self.canvas._doc
        document.addForm(name, _Picture(read))
        self.canvas._formsinuse.append(name)
        self.canvas._code.append(
            f"q {width:.2f} 0 0 {height:.2f} {x:.2f} {y:.2f} cm "
            f"/{document.getXObjectName(name)} Do Q"
        )

    def end_page(self) -> None:
        self.canvas.showPage()

    def parts(self) -> Iterator[bytes]:
        """The file, piece by piece; to be asked once, after the last page."""
        self.type.embed(self.canvas)
        document = self.canvas._doc
        document.Reference(document.Catalog)
        document.Reference(document.info)
        document.Outlines.prepare(document, self.canvas)
        document.Catalog.Outlines = None
        document.encrypt.prepare(document)
        file = pdfdoc.PDFFile(document._pdfVersion)
        numbers = []
        # Objects may name further ones while they are written, which are numbered on.
        while (number := len(numbers) + 1) in document.numberToId:
            name = document.numberToId[number]
            written = pdfdoc.PDFIndirectObject(name, document.idToObject[name])
            document.idToOffset[name] = file.add(written.format(document))
            numbers.append(name)
            yield _taken(file)
        table = pdfdoc.PDFCrossReferenceTable()
        table.addsection(0, numbers)
        trailer = pdfdoc.PDFTrailer(
            startxref=file.add(table.format(document)),
            Size=len(numbers) + 1,
            Root=document.Reference(document.Catalog),
            Info=document.Reference(document.info),
        )
        file.add(trailer.format(document))
        yield _taken(file)


def _taken(file: pdfdoc.PDFFile) -> bytes:
    """What was added since the last time; the file goes on counting."""
    data = b"".join(file.strings)
    file.strings.clear()
    return data


class _Picture(pdfdoc.PDFObject):
    """A JPEG as it is (ISO 32000-1, 7.4.8), read when it is written."""

    __RefOnly__ = 1

    def __init__(self, read: Callable[[], bytes]) -> None:
        self.read = read

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        data = self.read()
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as opened:
            (width, height), mode = opened.size, opened.mode
        entries = {
            "Type": pdfdoc.PDFName("XObject"),
            "Subtype": pdfdoc.PDFName("Image"),
            "Width": width,
            "Height": height,
            "BitsPerComponent": 8,
            "ColorSpace": pdfdoc.PDFName("DeviceGray" if mode == "L" else "DeviceRGB"),
            "Filter": pdfdoc.PDFName("DCTDecode"),
        }
        return pdfdoc.PDFStream(pdfdoc.PDFDictionary(entries), data).format(document)
