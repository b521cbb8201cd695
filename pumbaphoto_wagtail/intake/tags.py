"""A file's Exif tags, looked up across the directories that may hold them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Self

from pumbaphoto_wagtail.intake.containers import exif_blocks
from pumbaphoto_wagtail.intake.formats import Format
from pumbaphoto_wagtail.intake.maker_notes import MAKER_NOTE, MakerNotes, read_maker_notes
from pumbaphoto_wagtail.intake.tiff import NotTiff, TiffReader

MAKE = 271
EXIF_DIRECTORY, INTEROPERABILITY_DIRECTORY = 34665, 40965


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory's entries, by tag number, with the reader of their values."""

    reader: TiffReader
    entries: dict


def read_directories(source: BinaryIO, format: Format) -> Iterator[Directory]:
    """The directories that hold a photograph's tags, the most telling first."""
    for block, base in exif_blocks(source, format):
        try:
            reader = TiffReader(block, base=base)
        except NotTiff:
            continue
        entries = reader.directory()
        yield Directory(reader, entries)
        offset = reader.integer(entries.get(EXIF_DIRECTORY))
        if offset and offset != reader.first_offset:
            exif = reader.directory(offset)
            yield Directory(reader, exif)
            inner = reader.integer(exif.get(INTEROPERABILITY_DIRECTORY))
            if inner and inner not in {offset, reader.first_offset}:
                yield Interoperability(reader, reader.directory(inner))


class Interoperability(Directory):
    """Its tag numbers mean other things than those of the other directories."""


class Tags:
    """Tags looked up across a file's directories: the first that has one answers."""

    def __init__(self, directories: list[Directory]) -> None:
        self.directories = [d for d in directories if not isinstance(d, Interoperability)]
        self.interoperability = [d for d in directories if isinstance(d, Interoperability)]

    @classmethod
    def read(cls, source: BinaryIO, format: Format) -> Self:
        """The tags of a file whose content has been checked to be of ``format``."""
        return cls(list(read_directories(source, format)))

    def text(self, tag: int) -> str:
        """A tag's text; "" without one."""
        for directory in self.directories:
            if found := directory.reader.text(directory.entries.get(tag)):
                return found
        return ""

    def integer(self, tag: int) -> int | None:
        """A tag's first value, where it is a whole number."""
        for directory in self.directories:
            found = directory.reader.integer(directory.entries.get(tag))
            if found is not None:
                return found
        return None

    def rational(self, tag: int) -> tuple[int, int] | None:
        """A tag's first value as numerator and denominator."""
        for directory in self.directories:
            found = directory.reader.rational(directory.entries.get(tag))
            if found is not None:
                return found
        return None

    def maker_notes(self) -> MakerNotes:
        """What the camera's maker wrote in ways of its own."""
        for directory in self.directories:
            if MAKER_NOTE in directory.entries:
                return read_maker_notes(directory.reader, directory.entries, self.text(MAKE))
        return MakerNotes()
