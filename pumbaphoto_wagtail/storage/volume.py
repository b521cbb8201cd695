"""The mounted volume under a storage: is it there, is it the right one, and the few system calls.

Every operation opens the root directory anew, proves it by its sentinel and then walks from that
descriptor, one component at a time and without following links. So a path that is swapped or
unmounted between check and use is never reached: the descriptor still means the proven volume.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.exceptions import SuspiciousFileOperation
from django.utils import timezone

from ..exceptions import PumbaphotoError, StorageFull, StorageOffline

SENTINEL_NAME = ".pumbaphoto-volume"
SENTINEL_MAX_BYTES = 4096
# How long a proven root is trusted without reading its sentinel again.
SENTINEL_CACHE_SECONDS = 1.0
# What a freshly made file system holds by itself; a directory with nothing else counts as empty.
ALWAYS_PRESENT = frozenset({"lost+found", ".snapshot"})

# EFBIG: the file system cannot hold a file of that size, which is one way of being full.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# EACCES and EPERM are here because a NAS that maps user ids lets open() pass and fails later
# (open(2), NOTES); a mount gone read-only answers EROFS.
_OFFLINE = frozenset(
    {
        errno.EIO, errno.ESTALE, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.ENOTCONN,
        errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EREMOTEIO, errno.EACCES,
        errno.EPERM,
    }
)  # fmt: skip


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Turn the kernel's error numbers into StorageFull and StorageOffline.

    Others (no such file, name there already) pass through: they say something about one name, not
    about the volume.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"{StorageFull.words} ({os.strerror(error.errno)})") from error
        if error.errno in _OFFLINE:
            raise offline(os.strerror(error.errno)) from error
        if error.errno == errno.ELOOP:
            raise SuspiciousFileOperation("A symbolic link stands where a file should.") from error
        raise


def offline(reason: str) -> StorageOffline:
    """The error for a volume that is not there, with the reason for the operator."""
    return StorageOffline(f"{StorageOffline.words} ({reason})")


def sync_directory(descriptor: int) -> None:
    """fsync a directory, so that a name in it outlives a power cut."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        # CIFS and some FUSE file systems have no fsync for directories; their servers keep names.
        if error.errno != errno.EINVAL:
            raise


def write_all(descriptor: int, content: bytes | memoryview, offset: int) -> int:
    """Write every byte at the offset and return the offset behind them.

    write(2) may store less than it was given without an error, above all on a volume that is
    nearly full.
    """
    rest = memoryview(content).cast("B")
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        if written == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        offset += written
        rest = rest[written:]
    return offset


def is_inside(path: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether the path is the other one or lies below it, after following links."""
    inner, outer = os.path.realpath(path), os.path.realpath(other)
    return os.path.commonpath([inner, outer]) == outer


@dataclass(frozen=True, kw_only=True)
class Sentinel:
    """What the file ``.pumbaphoto-volume`` says: which volume this is, and what it is for."""

    uuid: uuid.UUID
    role: str
    created: str

    @classmethod
    def new(cls, role: str, volume: uuid.UUID | None = None) -> Sentinel:
        """One for a volume that gets its UUID now, if it has none."""
        return cls(uuid=volume or uuid.uuid4(), role=role, created=timezone.now().isoformat())

    def as_json(self) -> bytes:
        content = {"uuid": str(self.uuid), "role": self.role, "created": self.created}
        return json.dumps(content).encode() + b"\n"

    @classmethod
    def parse(cls, content: bytes) -> Sentinel:
        """Raises StorageOffline when the content is not a sentinel's."""
        try:
            fields = json.loads(content)
            return cls(
                uuid=uuid.UUID(fields["uuid"]),
                role=str(fields["role"]),
                created=str(fields["created"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise offline(f"{SENTINEL_NAME} cannot be read") from error


def read_sentinel(root: int) -> Sentinel:
    """The sentinel in an open directory; StorageOffline when there is none."""
    try:
        descriptor = os.open(SENTINEL_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root)
    except FileNotFoundError as error:
        raise offline(f"no {SENTINEL_NAME} in it: the volume is not mounted") from error
    try:
        return Sentinel.parse(os.read(descriptor, SENTINEL_MAX_BYTES))
    finally:
        os.close(descriptor)


class Volume:
    """A directory on a mounted volume that carries the sentinel.

    ``expected`` is the UUID the sentinel must have; None accepts any valid sentinel.
    """

    def __init__(
        self, location: str, expected: uuid.UUID | None, directory_mode: int = 0o700
    ) -> None:
        self.location = location
        self.expected = expected
        self.directory_mode = directory_mode
        # Device and inode of the root last proven, and when; one tuple, so that threads are safe.
        self._proven: tuple[tuple[int, int], float] | None = None

    @contextlib.contextmanager
    def root(self, *, fresh: bool = False) -> Iterator[int]:
        """A descriptor of the proven root directory; ``fresh`` reads the sentinel in any case.

        Raises StorageOffline when the directory is missing or the sentinel is missing, unreadable
        or another volume's.
        """
        with storage_errors():
            descriptor = self._open_root()
            try:
                self._prove(descriptor, fresh)
                yield descriptor
            finally:
                os.close(descriptor)

    def sentinel(self) -> Sentinel:
        """The sentinel as it stands on the volume now, proven like every access."""
        with self.root(fresh=True) as root:
            return read_sentinel(root)

    def _open_root(self) -> int:
        try:
            return os.open(self.location, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise offline(f"{self.location} is not there") from error

    def _prove(self, root: int, fresh: bool) -> None:
        status = os.fstat(root)
        identity = (status.st_dev, status.st_ino)
        now = time.monotonic()
        proven = self._proven
        # A bare mountpoint is another inode than the volume mounted on it, so the memory of the
        # volume never speaks for the mountpoint, not even within the second.
        trusted = not fresh and proven is not None and proven[0] == identity
        if trusted and now - proven[1] < SENTINEL_CACHE_SECONDS:
            return
        self._proven = None
        found = read_sentinel(root).uuid
        if self.expected is not None and found != self.expected:
            raise offline(f"volume {found} is mounted, {self.expected} is expected")
        self._proven = (identity, now)

    @contextlib.contextmanager
    def directory(self, root: int, parts: Sequence[str], *, make: bool = False) -> Iterator[int]:
        """A descriptor of the directory below the root; ``make`` creates what is missing, durably.

        Raises FileNotFoundError when it is missing, SuspiciousFileOperation when a link or a file
        is in the way.
        """
        descriptor = os.dup(root)
        try:
            for part in parts:
                if make:
                    self._make(descriptor, part)
                child = _open_directory(descriptor, part)
                os.close(descriptor)
                descriptor = child
            yield descriptor
        finally:
            os.close(descriptor)

    def _make(self, parent: int, name: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, self.directory_mode, dir_fd=parent)
        # Also when it was there: whoever made it may have died, or not yet come, before its fsync.
        # For a directory that has not changed this costs next to nothing.
        sync_directory(parent)


def _open_directory(parent: int, name: str) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=parent)
    except NotADirectoryError as error:
        raise SuspiciousFileOperation(f"{name!r} is not a directory") from error


def initialise(
    location: str,
    role: str,
    volume: uuid.UUID | None = None,
    *,
    adopt: bool = False,
    directory_mode: int = 0o700,
) -> Sentinel:
    """Make the directory and write its sentinel; an existing sentinel stays as it is.

    A directory that is made has the mode of those below it: a web server that may enter them has
    to come by here.

    Raises PumbaphotoError when the directory holds something else (unless ``adopt``), or when its
    sentinel names another volume than the one given.
    """
    os.makedirs(location, directory_mode, exist_ok=True)
    with storage_errors():
        root = os.open(location, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            present = set(os.listdir(root)) - ALWAYS_PRESENT
            if SENTINEL_NAME in present:
                return _same_volume(read_sentinel(root), volume)
            if present and not adopt:
                raise PumbaphotoError(f"{location} is not empty and carries no {SENTINEL_NAME}.")
            return _write_sentinel(root, Sentinel.new(role, volume))
        finally:
            os.close(root)


def _same_volume(sentinel: Sentinel, volume: uuid.UUID | None) -> Sentinel:
    if volume is not None and sentinel.uuid != volume:
        raise PumbaphotoError(f"This is volume {sentinel.uuid} already, not {volume}.")
    return sentinel


def _write_sentinel(root: int, sentinel: Sentinel) -> Sentinel:
    temporary = f"{SENTINEL_NAME}.{uuid.uuid4().hex}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=root)
    try:
        write_all(descriptor, sentinel.as_json(), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(temporary, SENTINEL_NAME, src_dir_fd=root, dst_dir_fd=root)
    sync_directory(root)
    return sentinel


def mountpoint_of(path: str) -> str:
    """The mountpoint that a path lies under."""
    path = os.path.realpath(path)
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path
