"""A Django storage for photographs on a mounted volume that can be slow, full, wrong or away.

New files are written under a temporary name, made durable and then linked to their own name:
link(2) refuses a name that is taken, so nothing is ever overwritten, and a crash at any moment
leaves either the whole file or none under its name.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import posixpath
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import Storage
from django.utils import timezone
from django.utils.deconstruct import deconstructible

from ..conf import settings
from ..exceptions import NameTaken, StorageOffline
from .files import (
    BLOCK_BYTES,
    TEMPORARY_PREFIX,
    ReadOnlyFile,
    TemporaryFile,
    append,
    check_appendable,
    closing,
    create,
    is_entered,
    is_older,
    link,
    list_directory,
    open_regular,
)
from .volume import SENTINEL_NAME, Sentinel, Volume, sync_directory

Answer = TypeVar("Answer")


def split_name(name: str) -> tuple[list[str], str]:
    """The directories and the last component of a storage name.

    Raises SuspiciousFileOperation for anything but a plain relative path inside the storage.
    """
    parts = str(name).split("/")
    if any(part in ("", ".", "..") or "\0" in part or "\\" in part for part in parts):
        raise SuspiciousFileOperation(f"{name!r} is not a name inside the photo storage.")
    if parts == [SENTINEL_NAME]:
        raise SuspiciousFileOperation("The sentinel of a volume is not a file of it.")
    return parts[:-1], parts[-1]


def _sizes_in(members: Iterable[tuple[str, str]], parent: int) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for last, name in members:
        try:
            found[name] = os.stat(last, dir_fd=parent, follow_symlinks=False).st_size
        except FileNotFoundError:
            found[name] = None
    return found


@deconstructible(path="pumbaphoto_wagtail.storage.NASStorage")
class NASStorage(Storage):
    """Files under ``location``, on the volume whose sentinel carries the UUID ``volume``.

    Without ``volume`` any initialised directory is accepted. Every method raises StorageOffline
    when the volume is away or another one, StorageFull when it is full, and
    SuspiciousFileOperation for a name that is not a plain relative path. The modes are those of
    new files and directories; wider ones are for a web server that serves them as another user.
    """

    def __init__(
        self,
        location: str | os.PathLike[str],
        volume: str | None = None,
        file_permissions_mode: int = 0o600,
        directory_permissions_mode: int = 0o700,
    ) -> None:
        self.location = os.path.abspath(location)
        self.file_permissions_mode = file_permissions_mode
        expected = None if volume is None else uuid.UUID(str(volume))
        self.volume = Volume(self.location, expected, directory_permissions_mode)

    # --- Reading -------------------------------------------------------------------------------

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError(f"Files of the photo storage are opened for reading only, not {mode}.")
        reader = io.BufferedReader(ReadOnlyFile(self._open_descriptor(name), "rb"), BLOCK_BYTES)
        return File(reader, name)

    @contextlib.contextmanager
    def descriptor(self, name: str) -> Iterator[int]:
        """A read-only descriptor of the file, for passing it to another process."""
        descriptor = self._open_descriptor(name)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def exists(self, name: str) -> bool:
        try:
            self._status(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        return self._status(name).st_size

    def sizes(self, names: Iterable[str]) -> dict[str, int | None]:
        """The size of each of many files, in bytes; None for one that is not there."""
        folders: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for name in names:
            directories, last = split_name(name)
            folders.setdefault(tuple(directories), []).append((last, name))
        found: dict[str, int | None] = {}
        for parts, members in folders.items():
            try:
                found |= self._in_directory(list(parts), partial(_sizes_in, members))
            except FileNotFoundError:
                found |= dict.fromkeys(name for _last, name in members)
        return found

    def get_modified_time(self, name: str) -> datetime:
        moment = datetime.fromtimestamp(self._status(name).st_mtime, tz=UTC)
        return moment if timezone.settings.USE_TZ else timezone.make_naive(moment)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Directories and files by name, sorted; the sentinel and unfinished files are not told."""
        parts = [] if path in ("", ".") else [*split_name(path)[0], split_name(path)[1]]
        return self._in_directory(parts, list_directory)

    def url(self, name: str) -> str:
        raise ValueError("Photographs have no public address; they are served after a check.")

    def sentinel(self) -> Sentinel:
        """The sentinel on the volume; StorageOffline when it is missing or another volume's."""
        return self.volume.sentinel()

    def device(self) -> int:
        """The number of the device the volume is on (st_dev); equal ones can share hard links."""
        with self.volume.root() as root:
            return os.fstat(root).st_dev

    def free_bytes(self) -> int:
        """Bytes that an ordinary user may still write."""
        with self.volume.root() as root:
            figures = os.fstatvfs(root)
        return figures.f_bavail * figures.f_frsize

    def total_bytes(self) -> int:
        """The size of the volume."""
        with self.volume.root() as root:
            figures = os.fstatvfs(root)
        return figures.f_blocks * figures.f_frsize

    def reserve_bytes(self) -> int:
        """What must stay free: the larger of the two reserves in the settings."""
        share = int(self.total_bytes() * settings.DISK_RESERVE_SHARE)
        return max(share, settings.DISK_RESERVE_BYTES)

    def reserve_left(self, planned_bytes: int = 0) -> int:
        """Bytes left above the reserve once the planned ones are written; negative: refuse."""
        return self.free_bytes() - planned_bytes - self.reserve_bytes()

    def _status(self, name: str) -> os.stat_result:
        directories, last = split_name(name)
        return self._in_directory(
            directories, lambda parent: os.stat(last, dir_fd=parent, follow_symlinks=False)
        )

    def _open_descriptor(self, name: str) -> int:
        directories, last = split_name(name)
        return self._in_directory(directories, lambda parent: open_regular(parent, last))

    def _in_directory(self, parts: list[str], question: Callable[[int], Answer]) -> Answer:
        """The answer for one directory; asked once more when a handle to it has gone stale."""
        try:
            return self._ask(parts, question)
        except StorageOffline as error:
            if getattr(error.__cause__, "errno", None) != errno.ESTALE:
                raise
        return self._ask(parts, question)

    def _ask(self, parts: list[str], question: Callable[[int], Answer]) -> Answer:
        with self.volume.root() as root, self.volume.directory(root, parts) as parent:
            return question(parent)

    # --- Writing -------------------------------------------------------------------------------

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: a taken name is an error, not a reason to invent another one."""
        if max_length and len(name) > max_length:
            raise SuspiciousFileOperation(f"{name!r} is longer than {max_length} characters.")
        return str(name)

    def _save(self, name: str, content: File) -> str:
        with self.new_file(name) as write:
            for chunk in content.chunks(BLOCK_BYTES):
                write(chunk)
        return name

    @contextlib.contextmanager
    def new_file(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Give a function that takes the content block by block; at the end the file is durable.

        Raises NameTaken when the name is there already, before or after. On an error no part of
        the content has the name.
        """
        if self.exists(name):
            raise NameTaken
        with self.temporary_file(name) as temporary:
            yield temporary.write
            temporary.finish()
            temporary.link()

    @contextlib.contextmanager
    def temporary_file(self, name: str) -> Iterator[TemporaryFile]:
        """A file beside the name that is gone at the end, whatever happens."""
        directories, last = split_name(name)
        with (
            self.volume.root(fresh=True) as root,
            self.volume.directory(root, directories, make=True) as parent,
        ):
            temporary = TemporaryFile(parent, last, self.file_permissions_mode)
            try:
                yield temporary
            finally:
                temporary.discard()

    @contextlib.contextmanager
    def hollow_file(self, size: int, end: bytes) -> Iterator[int]:
        """A read-only descriptor of a file that passes away: zeros without room, then ``end``."""
        with self.temporary_file("hollow") as temporary:
            temporary.skip(size - len(end))
            temporary.write(end)
            with closing(temporary.reader()) as descriptor:
                yield descriptor

    def create_empty(self, name: str) -> None:
        """Create an empty file to append to; NameTaken when it is there already."""
        directories, last = split_name(name)
        with (
            self.volume.root(fresh=True) as root,
            self.volume.directory(root, directories, make=True) as parent,
        ):
            try:
                descriptor = create(parent, last, self.file_permissions_mode)
            except FileExistsError as error:
                raise NameTaken from error
            with closing(descriptor):
                os.fsync(descriptor)
            sync_directory(parent)

    def append(
        self,
        name: str,
        offset_bytes: int,
        chunks: Iterable[bytes],
        may_cut: Callable[[], bool] = lambda: True,
    ) -> int:
        """Write the chunks at the offset, cut off what lies behind them, return the durable size.

        Only for unfinished uploads: a file that has been linked to its place is refused with
        NameTaken. Raises BytesDiffer when the file is shorter than the offset, and
        FileNotFoundError when it is gone. After an error the file is cut back to the offset where
        that is still possible; a failed fsync is never repeated, since the kernel has dropped the
        pages and would call the second one a success (fsync(2), ERRORS): the client sends again.
        ``may_cut`` is asked before the file is made shorter; a writer that another one may have
        overtaken answers whether it was.
        """
        directories, last = split_name(name)
        with (
            self.volume.root() as root,
            self.volume.directory(root, directories) as parent,
        ):
            flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(last, flags, dir_fd=parent)
            with closing(descriptor):
                check_appendable(os.fstat(descriptor), offset_bytes)
                return append(descriptor, offset_bytes, chunks, may_cut)

    def close_directory(self, name: str) -> None:
        """Let nobody but the owner enter a directory, whatever the mode of new ones is."""
        directories, last = split_name(name)
        with (
            self.volume.root() as root,
            self.volume.directory(root, [*directories, last]) as directory,
            # File systems with modes of their own refuse, and that is fine.
            contextlib.suppress(PermissionError),
        ):
            os.fchmod(directory, 0o700)

    def replace(self, name: str, content: bytes) -> None:
        """Write a small file of our own making (never a photograph) in place of the present one."""
        with self.temporary_file(name) as temporary:
            temporary.write(content)
            temporary.finish()
            temporary.rename()

    def link_from(self, source: NASStorage, source_name: str, name: str) -> None:
        """Give a file of another storage on the same device a second name here, durably.

        Raises NameTaken when the name is there already; an OSError with EXDEV passes through.
        """
        source_directories, source_last = split_name(source_name)
        directories, last = split_name(name)
        with (
            source.volume.root(fresh=True) as source_root,
            source.volume.directory(source_root, source_directories) as source_parent,
            self.volume.root(fresh=True) as root,
            self.volume.directory(root, directories, make=True) as parent,
        ):
            link(source_parent, source_last, parent, last)
            sync_directory(parent)

    def make_durable(self, name: str) -> None:
        """fsync a finished file and its directories, for work that another process has begun."""
        directories, last = split_name(name)
        with (
            self.volume.root(fresh=True) as root,
            self.volume.directory(root, directories, make=True) as parent,
        ):
            with closing(open_regular(parent, last)) as descriptor:
                os.fsync(descriptor)
            sync_directory(parent)

    def delete(self, name: str) -> None:
        """Remove the file durably; one that is not there is fine."""
        directories, last = split_name(name)
        with (
            self.volume.root(fresh=True) as root,
            contextlib.suppress(FileNotFoundError),
            self.volume.directory(root, directories) as parent,
        ):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(last, dir_fd=parent)
            # Also when it was gone: whoever removed it may not have come to the fsync.
            sync_directory(parent)

    def abandoned(self, older_than_seconds: float) -> Iterator[str]:
        """Names of temporary files that a crash has left behind."""
        before = time.time() - older_than_seconds
        with self.volume.root(fresh=True) as root:
            for path, name, parent in _temporary_files(root):
                if is_older(parent, name, before):
                    yield posixpath.normpath(posixpath.join(path, name))

    def remove_abandoned(self, older_than_seconds: float) -> int:
        """Remove temporary files that a crash has left behind; return how many there were."""
        before = time.time() - older_than_seconds
        removed = 0
        with self.volume.root(fresh=True) as root:
            for _path, name, parent in _temporary_files(root):
                if is_older(parent, name, before):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=parent)
                        removed += 1
        return removed


def _temporary_files(root: int) -> Iterator[tuple[str, str, int]]:
    """Directory, name and the directory's descriptor of every temporary file below the root."""
    for path, directories, files, parent in os.fwalk(".", dir_fd=root, onerror=_raise):
        directories[:] = [name for name in directories if is_entered(name)]
        for name in files:
            if name.startswith(TEMPORARY_PREFIX):
                yield path, name, parent


def _raise(error: OSError) -> None:
    raise error
