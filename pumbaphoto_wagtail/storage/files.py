"""Files in an open directory: made whole or not at all, read and never written again.

Everything here is relative to a directory descriptor that :class:`volume.Volume` has proven.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import uuid
from collections.abc import Callable, Iterable, Iterator

from django.core.exceptions import SuspiciousFileOperation

from ..exceptions import BytesDiffer, NameTaken
from .volume import (
    ALWAYS_PRESENT,
    SENTINEL_NAME,
    offline,
    storage_errors,
    sync_directory,
    write_all,
)

BLOCK_BYTES = 1024 * 1024
TEMPORARY_PREFIX = ".pumbaphoto-part-"
# Directories in which ``probing`` tries a volume out, for as long as it does.
PROBE_PREFIX = ".pumbaphoto-probe-"
# The file system's own directories are closed to us, or hold every file once more.
NOT_OURS = ALWAYS_PRESENT | {SENTINEL_NAME}


class ReadOnlyFile(io.FileIO):
    """A file whose read errors are the storage's, so that nobody takes them for a broken photo."""

    def readinto(self, buffer: memoryview) -> int | None:
        with storage_errors():
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with storage_errors():
            return super().readall()

    def close(self) -> None:
        with storage_errors():
            super().close()


class TemporaryFile:
    """An unfinished file in an open directory; it gets its own name only when it is durable."""

    def __init__(self, parent: int, name: str, mode: int) -> None:
        self.parent = parent
        self.name = name
        self.temporary = f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}"
        self.size = 0
        self._descriptor: int | None = create(parent, self.temporary, mode)
        self._is_there = True

    def write(self, chunk: bytes) -> None:
        """Add the whole chunk at the end."""
        self.size = write_all(self._descriptor, chunk, self.size)

    def skip(self, size: int) -> None:
        """Let the next bytes be zeros that take no room, where the volume knows such files."""
        self.size += size

    def reader(self) -> int:
        """A descriptor to read what has been written so far; the caller closes it."""
        return open_regular(self.parent, self.temporary)

    def finish(self) -> None:
        """fsync and close, with the errors of both: NFS and quotas report as late as close(2)."""
        os.fsync(self._descriptor)
        descriptor, self._descriptor = self._descriptor, None
        os.close(descriptor)

    def reread(self) -> Iterator[bytes]:
        """The content as the volume gives it back, past the page cache where possible."""
        descriptor = open_regular(self.parent, self.temporary)
        with closing(descriptor):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            while block := os.read(descriptor, BLOCK_BYTES):
                yield block

    def link(self) -> None:
        """Give the file its name; NameTaken when that is there already."""
        link(self.parent, self.temporary, self.parent, self.name)
        self._unlink()
        sync_directory(self.parent)

    def rename(self) -> None:
        """Take the place of whatever has the name now."""
        os.rename(self.temporary, self.name, src_dir_fd=self.parent, dst_dir_fd=self.parent)
        self._is_there = False
        sync_directory(self.parent)

    def discard(self) -> None:
        """Leave nothing behind; the error that led here is the one to be told."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
        if self._is_there:
            with contextlib.suppress(OSError):
                self._unlink()

    def _unlink(self) -> None:
        # NFS may repeat a removal whose answer was lost, and find the work done.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.temporary, dir_fd=self.parent)
        self._is_there = False


@contextlib.contextmanager
def closing(descriptor: int) -> Iterator[int]:
    """Close the descriptor at the end, hiding the error of close(2) only behind an earlier one."""
    try:
        yield descriptor
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise
    os.close(descriptor)


def create(parent: int, name: str, mode: int) -> int:
    """A descriptor to write a file that was not there; FileExistsError when it was."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, mode, dir_fd=parent)
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
        # The umask has narrowed it; file systems with modes of their own refuse, and that is fine.
        with contextlib.suppress(PermissionError):
            os.fchmod(descriptor, mode)
    return descriptor


def open_regular(parent: int, name: str) -> int:
    """A descriptor to read a file; SuspiciousFileOperation for a directory, link or device."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise SuspiciousFileOperation(f"{name!r} is not a file")


def link(source_parent: int, source: str, parent: int, name: str) -> None:
    """Give a file a second name; NameTaken when another file has it."""
    try:
        os.link(source, name, src_dir_fd=source_parent, dst_dir_fd=parent, follow_symlinks=False)
    except FileExistsError as error:
        if not _is_same_file(source_parent, source, parent, name):
            raise NameTaken from error
        # NFS repeats a request whose answer was lost, and the second one finds the first one's
        # work (rename(2), BUGS): the link is there, and it is ours.
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EOPNOTSUPP):
            raise offline("this file system knows no hard links") from error
        raise


def _is_same_file(source_parent: int, source: str, parent: int, name: str) -> bool:
    first = os.stat(source, dir_fd=source_parent, follow_symlinks=False)
    second = os.stat(name, dir_fd=parent, follow_symlinks=False)
    return os.path.samestat(first, second)


def check_appendable(status: os.stat_result, offset_bytes: int) -> None:
    """Refuse what is not an unfinished upload with at least the acknowledged bytes."""
    if not stat.S_ISREG(status.st_mode):
        raise SuspiciousFileOperation("Only files can be appended to.")
    if status.st_nlink != 1:
        raise NameTaken("This upload is finished; its file is an original now.")
    if status.st_size < offset_bytes:
        raise BytesDiffer("The upload has fewer bytes on the storage than were acknowledged.")


def append(
    descriptor: int, offset_bytes: int, chunks: Iterable[bytes], may_cut: Callable[[], bool]
) -> int:
    """Write the chunks durably behind the offset, all or none; return the new end.

    Whatever lies behind the end is cut off, but only when ``may_cut`` says that the file is still
    this writer's: one that stalled and was overtaken must not cut what the other one stored.
    """
    try:
        end = offset_bytes
        for chunk in chunks:
            end = write_all(descriptor, chunk, end)
        if os.fstat(descriptor).st_size > end and may_cut():
            os.ftruncate(descriptor, end)
        os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            if may_cut():
                os.ftruncate(descriptor, offset_bytes)
        raise
    return end


def list_directory(parent: int) -> tuple[list[str], list[str]]:
    """Names of the directories and of the files, sorted, without the storage's own."""
    directories, files = [], []
    with os.scandir(parent) as entries:
        for entry in entries:
            if entry.name in NOT_OURS or entry.name.startswith((TEMPORARY_PREFIX, PROBE_PREFIX)):
                continue
            is_directory = entry.is_dir(follow_symlinks=False)
            (directories if is_directory else files).append(entry.name)
    return sorted(directories), sorted(files)


def is_entered(name: str) -> bool:
    """Whether files of ours may lie in a directory of this name."""
    return name not in ALWAYS_PRESENT and not name.startswith(PROBE_PREFIX)


def is_older(parent: int, name: str, before: float) -> bool:
    """Whether the file was last written before that time (seconds since 1970)."""
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_mtime < before
    except FileNotFoundError:
        return False
