"""A stored file that is being sent: its bytes from any place on, and proof that it is the same."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from ..conf import MEBIBYTE
from ..exceptions import BytesDiffer
from .elsewhere import Elsewhere
from .library import LibraryStorage
from .nas import NASStorage
from .objects import StoredObject, told_as_ours
from .transfer import Digester, FileDigest, storage_for
from .volume import storage_errors

# Small enough to stay in a processor's cache on its way to the socket.
READ_BYTES = 256 * 1024
# A file that was written so shortly ago can be written again without its time telling.
SETTLED_NANOSECONDS = 2 * 10**9

# How much is read at a stretch where somebody else's requests come first.
STRETCH_BYTES = 16 * MEBIBYTE

Stamp = tuple[int | str, ...]


class OpenedFile:
    """A file of one of our volumes; what happens to its name does not matter any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._status = os.fstat(descriptor)
        self.size = self._status.st_size

    @property
    def stamp(self) -> Stamp | None:
        """What changes with every write to the file; None while that could go unnoticed."""
        if time.time_ns() - self._status.st_mtime_ns < SETTLED_NANOSECONDS:
            return None
        return _stamp(self._status)

    def leave_cache(self) -> None:
        """Let the kernel forget what it remembers of the file, so that the volume itself is read,
        and what is asked for often stays in memory.
        """
        os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)

    def blocks(self, offset: int, length: int) -> Iterator[bytes]:
        """The bytes from ``offset`` on, exactly ``length`` of them, the last after the others are
        known to be those of one and the same file. Raises BytesDiffer otherwise.
        """
        end = offset + length
        while offset < end:
            with storage_errors():
                block = os.pread(self._descriptor, min(READ_BYTES, end - offset), offset)
            offset += len(block)
            is_last = offset == end
            if not block or (
                is_last and _stamp(os.fstat(self._descriptor)) != _stamp(self._status)
            ):
                raise BytesDiffer
            yield block


class OpenedElsewhere:
    """A file of any other Django storage, which has nothing but its size to know it by."""

    stamp = None

    def __init__(self, stored: File) -> None:
        self._stored = stored
        self.size = stored.size

    def leave_cache(self) -> None:
        """Nothing of such a file is remembered here."""

    def blocks(self, offset: int, length: int) -> Iterator[bytes]:
        self._stored.seek(offset)
        while length > 0:
            with told_as_ours():
                block = self._stored.read(min(READ_BYTES, length))
            if not block:
                raise BytesDiffer
            length -= len(block)
            yield block


def _stamp(status: os.stat_result) -> Stamp:
    # Without the change time: giving the file a second name, or taking its own away, is no write.
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@contextmanager
def opened(alias: str, name: str) -> Iterator[OpenedFile | OpenedElsewhere | StoredObject]:
    """The file, open for reading; FileNotFoundError when it is not there."""
    storage = storage_for(alias)
    if isinstance(storage, NASStorage | LibraryStorage):
        with storage.descriptor(name) as descriptor:
            yield OpenedFile(descriptor)
        return
    if isinstance(storage, Elsewhere) and (stored := storage.stored_object(name)) is not None:
        yield stored
        return
    with storage.open(name, "rb") as stored:
        yield OpenedElsewhere(stored)


def reread(alias: str, name: str, *, share: float = 1.0) -> FileDigest:
    """The digest of the file as its volume gives it back, past the page cache where possible.

    Of the time that this takes, only ``share`` (more than 0, at most 1) is spent reading, so that a
    small machine's other work goes on. Raises FileNotFoundError, StorageOffline, and BytesDiffer
    when the file is written to meanwhile.
    """
    digester, read_bytes, began = Digester(), 0, time.monotonic()
    with opened(alias, name) as stored:
        stored.leave_cache()
        for block in stored.blocks(0, stored.size):
            digester.update(block)
            read_bytes += len(block)
            if read_bytes >= STRETCH_BYTES:
                _rest(began, share)
                read_bytes, began = 0, time.monotonic()
        stored.leave_cache()
    _rest(began, share)
    return digester.result()


def _rest(began: float, share: float) -> None:
    if share < 1:
        time.sleep((time.monotonic() - began) * (1 / share - 1))


def sizes(alias: str, names: Collection[str]) -> dict[str, int | None] | None:
    """The size of each file in bytes, None for one that is not there.

    None for a storage that would have to be asked over the network about each of them. Raises
    StorageOffline.
    """
    storage = storage_for(alias)
    if isinstance(storage, NASStorage | LibraryStorage | Elsewhere):
        return storage.sizes(names)
    if isinstance(storage, FileSystemStorage | InMemoryStorage):
        return {name: storage.size(name) if storage.exists(name) else None for name in names}
    return None
