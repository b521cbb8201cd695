"""The bytes of a computed ZIP: read from wherever its files are, and never other ones."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from ..exceptions import BytesDiffer
from ..storage import opened
from . import zip_layout
from .zip_contents import Place, Source
from .zip_layout import Bytes, Piece, ZipLayout

logger = logging.getLogger(__name__)

# What is asked about at once: files that make up so many bytes, or so many of them.
ASKED_BYTES = 32 * 1024**2
ASKED_FILES = 100
# Files of which a process remembers that their bytes were right.
REMEMBERED_FILES = 20_000

Places = Callable[[Iterable[Source]], dict[Source, Place]]


class _Known:
    """Stamps of files whose bytes this process has found right, by source and CRC-32."""

    def __init__(self) -> None:
        self._stamps: OrderedDict[Any, tuple[int, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> tuple[int, ...] | None:
        return self._stamps.get(key)

    def set(self, key: Any, stamp: tuple[int, ...]) -> None:
        with self._lock:
            self._stamps[key] = stamp
            while len(self._stamps) > REMEMBERED_FILES:
                self._stamps.popitem(last=False)


_known = _Known()


def send(layout: ZipLayout, start: int, stop: int, places: Places) -> Iterator[Bytes]:
    """The bytes of the ZIP from ``start`` up to ``stop``.

    ``places`` is asked about some files at a time where they are now, so that one that was moved
    is read where it is, and what may not be had any more is not sent. Raises BytesDiffer,
    FileNotFoundError or StorageOffline as soon as a promise cannot be kept: the connection has to
    be cut then.
    """
    for segments in _some_at_a_time(layout.segments(start, stop)):
        reader = _Reader(places, [each.member for each in segments if isinstance(each, Piece)])
        yield from zip_layout.send(segments, reader.read, reader)


def _some_at_a_time(segments: Iterable[bytes | Piece]) -> Iterator[list[bytes | Piece]]:
    gathered: list[bytes | Piece] = []
    files = size = 0
    for segment in segments:
        gathered.append(segment)
        if isinstance(segment, Piece):
            files, size = files + 1, size + segment.length
        if files >= ASKED_FILES or size >= ASKED_BYTES:
            yield gathered
            gathered, files, size = [], 0, 0
    if gathered:
        yield gathered


class _Reader:
    """Reads some members; as a set it holds the sources whose bytes are known to be right."""

    def __init__(self, places: Places, members: Iterable[zip_layout.ZipMember]) -> None:
        self._places = places
        self._members = {member.source: member for member in members}
        sources = [source for source in self._members if not isinstance(source, bytes)]
        self._found = places(sources) if sources else {}
        self._stamps: dict[Source, tuple[int, ...] | None] = {}
        self._trusted: dict[Source, tuple[int, ...]] = {}

    def read(self, source: Source | bytes, offset: int, length: int) -> Iterator[Bytes]:
        if isinstance(source, bytes):
            yield source[offset : offset + length]
            return
        if source not in self._found:
            logger.warning("a ZIP is cut: %s %s may not be had any more", *source)
            raise BytesDiffer
        try:
            yield from self._read(source, offset, length)
        except (BytesDiffer, FileNotFoundError) as error:
            logger.error("a ZIP is cut: %s %s: %r", *source, error)
            raise

    def _read(self, source: Source, offset: int, length: int) -> Iterator[Bytes]:
        blocks = self._blocks(source, offset, length)
        try:
            first = next(blocks, b"")
        except FileNotFoundError:
            # It may have been moved since it was looked up; if not, it is gone.
            self._found |= self._places([source])
            blocks = self._blocks(source, offset, length)
            first = next(blocks, b"")
        yield from chain((first,), blocks)

    def _blocks(self, source: Source, offset: int, length: int) -> Iterator[Bytes]:
        with opened(*self._found[source]) as file:
            trusted = self._trusted.get(source, file.stamp)
            if file.size != self._members[source].size or file.stamp != trusted:
                raise BytesDiffer
            self._stamps[source] = file.stamp
            yield from file.blocks(offset, length)

    # --- What is known to be right

    def _key(self, source: Any) -> tuple:
        return source, self._members[source].crc32

    def __contains__(self, source: Any) -> bool:
        if isinstance(source, bytes):
            return True
        known = _known.get(self._key(source))
        if known is None or known != self._present_stamp(source):
            return False
        self._trusted[source] = known
        return True

    def _present_stamp(self, source: Source) -> tuple[int, ...] | None:
        try:
            with opened(*self._found[source]) as file:
                return file.stamp
        except (KeyError, FileNotFoundError):
            return None

    def add(self, source: Any) -> None:
        stamp = self._stamps.get(source)
        if stamp is not None:
            _known.set(self._key(source), stamp)
