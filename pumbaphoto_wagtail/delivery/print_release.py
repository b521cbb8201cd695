"""The print release: a page that lets a client have the delivered photographs printed.

Labs ask for it, since a professional's photographs look like somebody else's property.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..conf import settings
from ..models import Gallery
from ..studio import studio_for
from .pdf_document import GREY, Document
from .pdf_text import Line

MARGIN = 72
TITLE_SIZE = 22
TEXT_SIZE = 11
SMALL_SIZE = 9
# Of a line's height, to the next baseline.
LEADING = 1.5


def default_words(gallery: Gallery) -> str:
    """What a release says unless the photographer changes it; a site may have its own template."""
    context = {"gallery": gallery, "studio": studio_for(gallery.site).own_name}
    return render_to_string("pumbaphoto_wagtail/print_release.txt", context).strip()


def print_release_pdf(
    *,
    studio: str,
    client: str,
    gallery_title: str,
    shoot_date: date | None,
    delivered_on: date,
    words: str,
) -> bytes:
    """The release as a PDF, in the present language; the same arguments make the same bytes."""
    made_at = datetime.combine(delivered_on, time(), tzinfo=UTC)
    page = _Page(
        Document(
            title=f"{_('Print release')}: {gallery_title}",
            author=studio,
            paper=settings.PAPER,
            made_at=made_at,
        )
    )
    page.text(studio, SMALL_SIZE, colour=GREY)
    page.space(TITLE_SIZE)
    page.text(_("Print release"), TITLE_SIZE)
    page.space(TEXT_SIZE)
    for label, value in _facts(client, gallery_title, shoot_date, delivered_on):
        page.fact(label, value)
    page.space(TEXT_SIZE * 2)
    page.text(words, TEXT_SIZE)
    page.signature(studio, delivered_on)
    return page.finished()


def _facts(
    client: str, gallery_title: str, shoot_date: date | None, delivered_on: date
) -> Iterator[tuple[str, str]]:
    if client:
        yield _("For"), client
    yield _("Photographs"), gallery_title
    if shoot_date:
        yield _("Taken on"), date_format(shoot_date)
    yield _("Delivered on"), date_format(delivered_on)


class _Page:
    """Writes down the paper, and on to the next where one is full."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.width = document.width - 2 * MARGIN
        self.y = document.height - MARGIN

    def text(self, text: str, size: float, **look) -> None:
        for line in self.document.type.lines(text, size, self.width):
            self._place(line)
            self.document.write(line, MARGIN, self.y, width=self.width, **look)

    def fact(self, label: str, value: str) -> None:
        column = self.width * 0.25
        name = self.document.type.fitted(label, SMALL_SIZE, column - SMALL_SIZE)
        lines = self.document.type.lines(value, TEXT_SIZE, self.width - column)
        for number, line in enumerate(lines):
            self._place(line)
            self.document.write(line, MARGIN + column, self.y, width=self.width - column)
            if number == 0:
                self.document.write(name, MARGIN, self.y, colour=GREY)

    def signature(self, studio: str, delivered_on: date) -> None:
        self.space(TEXT_SIZE * 5)
        if self.y < MARGIN + TEXT_SIZE * 3:
            self._next()
        self.document.canvas.setStrokeColorRGB(*GREY)
        self.document.canvas.setLineWidth(0.5)
        self.document.canvas.line(MARGIN, self.y, MARGIN + self.width * 0.6, self.y)
        self.text(f"{studio}, {date_format(delivered_on)}", SMALL_SIZE, colour=GREY)

    def space(self, points: float) -> None:
        self.y -= points

    def finished(self) -> bytes:
        self.document.end_page()
        return b"".join(self.document.parts())

    def _place(self, line: Line) -> None:
        self.y -= line.size * LEADING
        if self.y < MARGIN:
            self._next()
            self.y -= line.size * LEADING

    def _next(self) -> None:
        self.document.end_page()
        self.y = self.document.height - MARGIN
