"""The photographer's own folders: a storage that reads, and has no way to write.

A library carries no sentinel, since nothing of ours is ever put there. Its root is opened anew for
every question and walked from by directory descriptors, one component at a time and without
following links. What is a link, hidden, or neither a folder nor a file does not exist, and neither
does anything outside the root: whoever asks gets the same FileNotFoundError.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage
from django.utils import timezone
from django.utils.deconstruct import deconstructible

from ..exceptions import LibraryIsRead, PumbaphotoError, StorageOffline
from .files import BLOCK_BYTES, ReadOnlyFile
from .volume import offline, storage_errors

# What file servers, desktops and earlier galleries keep beside photographs.
HIDDEN_NAMES = frozenset(
    {
        *("_thumbs", "@eaDir", "#recycle", "#snapshot", "lost+found"),
        *("$RECYCLE.BIN", "System Volume Information", "Thumbs.db", "desktop.ini"),
    }
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
# These say something about one file or folder, and nothing about the whole library.
_OF_ONE_NAME = (errno.EACCES, errno.EPERM)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A folder or a file in a folder; ``size`` is bytes, ``modified_at`` None where unknown."""

    name: str
    is_folder: bool
    size: int = 0
    modified_at: datetime | None = None


def is_hidden(name: str) -> bool:
    """Whether a folder or file of that name is no part of a library."""
    return name.startswith(".") or name in HIDDEN_NAMES


def components(path: str) -> list[str]:
    """The parts of a path below a library; none for the library itself.

    Raises FileNotFoundError for what cannot be one: absolute, with "..", hidden parts or NUL.
    """
    if not path:
        return []
    parts = path.split("/")
    if any(not part or "\0" in part or is_hidden(part) for part in parts):
        raise _absent(path)
    try:
        path.encode()
    except UnicodeEncodeError:
        raise _absent(path) from None
    return parts


def _absent(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


@contextlib.contextmanager
def _errors(path: str) -> Iterator[None]:
    try:
        with storage_errors():
            yield
    except StorageOffline as error:
        if getattr(error.__cause__, "errno", None) in _OF_ONE_NAME:
            raise error.__cause__ from None
        raise
    except SuspiciousFileOperation as error:
        # A link: there is none.
        raise _absent(path) from error
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ENAMETOOLONG):
            raise _absent(path) from error
        raise


@deconstructible(path="pumbaphoto_wagtail.storage.LibraryStorage")
class LibraryStorage(Storage):
    """The folders below ``location``, for reading.

    Raises StorageOffline where the root is not there, FileNotFoundError for what does not exist or
    is not told, PermissionError for what may not be read, and LibraryIsRead for every attempt to
    write.
    """

    def __init__(self, location: str | os.PathLike[str]) -> None:
        self.location = os.path.abspath(location)

    def entries(self, path: str = "") -> Iterator[Entry]:
        """The folders and files in a folder, as the file system lists them."""
        with (
            self._directory(components(path), path) as parent,
            _errors(path),
            os.scandir(parent) as found,
        ):
            for entry in found:
                if not is_hidden(entry.name) and (told := _entry(entry)):
                    yield told

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        found = [*self.entries("" if path == "." else path)]
        folders = sorted(entry.name for entry in found if entry.is_folder)
        return folders, sorted(entry.name for entry in found if not entry.is_folder)

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise LibraryIsRead
        reader = io.BufferedReader(ReadOnlyFile(self._descriptor(name), "rb"), BLOCK_BYTES)
        return File(reader, name)

    @contextlib.contextmanager
    def descriptor(self, name: str) -> Iterator[int]:
        """A read-only descriptor of the file, for passing it to another process."""
        descriptor = self._descriptor(name)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def exists(self, name: str) -> bool:
        # Also for what is not told: an absent library knows nothing of anything.
        os.close(self._root())
        try:
            self._status(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        return self._status(name).st_size

    def sizes(self, names: Iterable[str]) -> dict[str, int | None]:
        """The size of each of many files, in bytes; None for one that is not there."""
        found: dict[str, int | None] = {}
        for name in names:
            try:
                found[name] = self.size(name)
            except FileNotFoundError:
                found[name] = None
        return found

    def get_modified_time(self, name: str) -> datetime:
        moment = _moment(self._status(name)) or EPOCH
        return moment if timezone.settings.USE_TZ else timezone.make_naive(moment)

    def url(self, name: str) -> str:
        raise ValueError("Photographs have no public address; they are served after a check.")

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        raise LibraryIsRead

    def _save(self, name: str, content: File) -> str:
        raise LibraryIsRead

    def delete(self, name: str) -> None:
        raise LibraryIsRead

    @contextlib.contextmanager
    def _directory(self, parts: list[str], path: str) -> Iterator[int]:
        descriptor = self._root()
        try:
            with _errors(path):
                for part in parts:
                    child = os.open(part, _READ | os.O_DIRECTORY, dir_fd=descriptor)
                    os.close(descriptor)
                    descriptor = child
            yield descriptor
        finally:
            os.close(descriptor)

    def _root(self) -> int:
        # The operator may well have named the root by a link.
        try:
            return os.open(self.location, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise offline(os.strerror(error.errno)) from error

    def _status(self, name: str) -> os.stat_result:
        with self._parent(name) as (parent, last), _errors(name):
            status = os.stat(last, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode):
            raise _absent(name)
        return status

    def _descriptor(self, name: str) -> int:
        with self._parent(name) as (parent, last), _errors(name):
            # Not waiting: a pipe that nobody writes to would keep us for ever.
            descriptor = os.open(last, _READ | os.O_NONBLOCK, dir_fd=parent)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise _absent(name)

    @contextlib.contextmanager
    def _parent(self, name: str) -> Iterator[tuple[int, str]]:
        parts = components(str(name))
        if not parts:
            raise _absent(name)
        with self._directory(parts[:-1], name) as parent:
            yield parent, parts[-1]


def _entry(entry: os.DirEntry) -> Entry | None:
    """What is told of an entry; None of links, devices, and what has just gone."""
    try:
        if entry.is_dir(follow_symlinks=False):
            return Entry(name=entry.name, is_folder=True)
        if not entry.is_file(follow_symlinks=False):
            return None
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Entry(name=entry.name, is_folder=False, size=status.st_size, modified_at=_moment(status))


def _moment(status: os.stat_result) -> datetime | None:
    """When a file was changed, to the microsecond; None for what no calendar has."""
    try:
        return EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)
    except OverflowError:
        return None


def entries_of(storage: Storage, path: str) -> Iterator[Entry]:
    """The folders and files in a folder of any storage, without what is hidden.

    A storage that is a directory of this machine is read as a LibraryStorage reads. Of any other
    each file is asked for its size and time. Raises as :class:`LibraryStorage` does.
    """
    if isinstance(storage, FileSystemStorage):
        storage = LibraryStorage(storage.location)
    if isinstance(storage, LibraryStorage):
        yield from storage.entries(path)
        return
    components(path)
    try:
        folders, files = storage.listdir(path)
    except (FileNotFoundError, NotADirectoryError, PumbaphotoError):
        raise
    except Exception as error:  # storages other than ours have errors of their own
        raise offline(type(error).__name__) from error
    yield from (Entry(name=name, is_folder=True) for name in folders if not is_hidden(name))
    for name in files:
        if name and not is_hidden(name):
            yield _asked(storage, path, name)


def _asked(storage: Storage, path: str, name: str) -> Entry:
    whole = f"{path}/{name}" if path else name
    try:
        moment = storage.get_modified_time(whole)
    except NotImplementedError:
        moment = None
    if moment is not None and timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return Entry(name=name, is_folder=False, size=storage.size(whole), modified_at=moment)
