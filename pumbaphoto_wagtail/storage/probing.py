"""What a volume really does: tried out in a directory beside its sentinel that goes away again.

Each trial answers with figures and judges nothing. The directory's name tells which process made
it, so that what a killed one has left is taken away by the next; nothing else of the volume is
touched, and who lists it is not shown the directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..conf import HOUR, MEBIBYTE
from .files import PROBE_PREFIX, closing, create
from .nas import NASStorage
from .volume import sync_directory, write_all

LARGE_BYTES = 64 * MEBIBYTE
SMALL_BYTES = 4096
SMALL_WRITES = 50
CREATED_FILES = 100
RACED_NAMES = 100
RENAMES = 200
LINKS = 20
MANY_ENTRIES = 5000
# A slow volume is told to be slow by fewer entries.
MANY_SECONDS = 30
LONGEST_NAME_BYTES = 255
# Another machine's probe may be under way; one of so long ago is not.
FORGOTTEN_SECONDS = HOUR
MODE = 0o600
OTHER_MODE = 0o640
_MAKER = re.compile(re.escape(PROBE_PREFIX) + r"(?P<host>.+)-(?P<process>\d+)")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one trial found: figures by name, or the error it ended with ("ENOSPC: No space…")."""

    name: str
    figures: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def probe(storage: NASStorage) -> Iterator[Trial]:
    """Try everything out on a storage's volume, one after the other. May hang: ask apart.

    Raises StorageOffline and StorageFull where not even a directory can be made.
    """
    with _directory(storage) as place:
        for name, attempt in TRIALS.items():
            try:
                yield Trial(name=name, figures=attempt(place))
            except OSError as error:
                yield Trial(name=name, error=_said(error))
            except UnicodeError as error:
                yield Trial(name=name, error=str(error))


def _said(error: OSError) -> str:
    return f"{os.strerror(error.errno)}" if error.errno else str(error)


# --- The directory -------------------------------------------------------------------------------


@contextlib.contextmanager
def _directory(storage: NASStorage) -> Iterator[int]:
    name = f"{PROBE_PREFIX}{_host()}-{os.getpid()}"
    with storage.volume.root(fresh=True) as root:
        _remove_left_behind(root)
        _remove(root, name)
        os.mkdir(name, 0o700, dir_fd=root)
        try:
            with closing(os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)) as place:
                yield place
        finally:
            _remove(root, name)


def _host() -> str:
    return re.sub(r"[^\w.-]", "_", socket.gethostname())[:64] or "host"


def _remove_left_behind(root: int) -> None:
    for name in os.listdir(root):
        made = _MAKER.fullmatch(name)
        if made and _is_left_behind(root, name, made["host"], int(made["process"])):
            _remove(root, name)


def _is_left_behind(root: int, name: str, host: str, process: int) -> bool:
    if host == _host():
        return not os.path.isdir(f"/proc/{process}")
    with contextlib.suppress(FileNotFoundError):
        status = os.stat(name, dir_fd=root, follow_symlinks=False)
        return time.time() - status.st_mtime > FORGOTTEN_SECONDS
    return False


def _remove(root: int, name: str) -> None:
    # Files that are still open stay as .nfsXXXX until they are closed; the next probe takes them.
    shutil.rmtree(name, ignore_errors=True, dir_fd=root)


# --- Names ---------------------------------------------------------------------------------------


def exclusive_create(place: int) -> dict[str, Any]:
    """Two processes create the same names at once: each name may be given to one of them only."""
    won = _both(lambda: [str(n) for n in range(RACED_NAMES) if _is_created(place, f"race-{n}")])
    first, second = (set(names) for names in won)
    return {"names": RACED_NAMES, "given": len(first | second), "given_twice": len(first & second)}


def _is_created(place: int, name: str) -> bool:
    try:
        os.close(create(place, name, MODE))
    except FileExistsError:
        return False
    return True


def _both(work: Callable[[], list[str]]) -> tuple[list[str], list[str]]:
    """What the same work finds in this process and in a child at the same time."""
    with _in_child(work) as answer:
        ours = work()
        return ours, answer()


@contextlib.contextmanager
def _in_child(work: Callable[[], list[str]]) -> Iterator[Callable[[], list[str]]]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, "\n".join(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)

    def answer() -> list[str]:
        with open(reading, "rb", closefd=False) as file:
            return file.read().decode().split()

    try:
        yield answer
    finally:
        os.close(reading)
        os.waitpid(child, 0)


def links(place: int) -> dict[str, Any]:
    """A file gets further names; a name that is taken is refused; the count of names is right."""
    _write(place, "linked", b"photo")
    for number in range(LINKS):
        _link(place, "linked", f"link-{number}")
    try:
        _link(place, "linked", "link-0")
        refuses = False
    except FileExistsError:
        refuses = True
    count = os.stat("linked", dir_fd=place).st_nlink
    return {"made": LINKS, "counted": count - 1, "refuses_taken": refuses}


def _link(place: int, name: str, other: str) -> None:
    os.link(name, other, src_dir_fd=place, dst_dir_fd=place, follow_symlinks=False)


def rename_under_reader(place: int) -> dict[str, Any]:
    """A file is replaced again and again while another process reads it: always a whole one."""
    size = 64 * 1024
    _write(place, "renamed", b"a" * size)

    def replace() -> list[str]:
        for number in range(RENAMES):
            _write(place, f"new-{number}", bytes([97 + number % 26]) * size)
            os.rename(f"new-{number}", "renamed", src_dir_fd=place, dst_dir_fd=place)
        _write(place, "renamed-all", b"")
        return ["done"]

    reads = torn = missing = 0
    with _in_child(replace) as answer:
        while not _is_there(place, "renamed-all") and reads + missing < RENAMES * 100:
            content = _read_or_none(place, "renamed")
            reads += content is not None
            missing += content is None
            torn += content is not None and (len(content) != size or len(set(content)) != 1)
        is_done = answer() == ["done"]
    return {"reads": reads, "torn": torn, "missing": missing, "is_done": is_done}


def unlink_while_open(place: int) -> dict[str, Any]:
    """A file is removed while it is read; NFS keeps it under another name until it is closed."""
    _write(place, "unlinked", b"photo")
    with closing(os.open("unlinked", os.O_RDONLY, dir_fd=place)) as descriptor:
        before = set(os.listdir(place))
        os.unlink("unlinked", dir_fd=place)
        kept = [name for name in os.listdir(place) if name.startswith(".nfs")]
        content = os.read(descriptor, 100)
    return {"is_readable": content == b"photo", "is_kept": bool(kept), "before": len(before)}


def letter_case(place: int) -> dict[str, Any]:
    """Whether "a" and "A" are two names."""
    _write(place, "Case", b"")
    return {"is_told_apart": not _is_there(place, "cASE")}


def long_names(place: int) -> dict[str, Any]:
    """How long a name may be in bytes, in plain letters and in others."""
    return {
        "letters": _longest(place, "n"),
        "others": _longest(place, "\u00e9"),
    }


def _longest(place: int, letter: str) -> int:
    for length in (LONGEST_NAME_BYTES, 240, 200, 143, 128, 64):
        name = letter * (length // len(letter.encode()))
        with contextlib.suppress(OSError):
            _write(place, name, b"")
            os.unlink(name, dir_fd=place)
            return length
    return 0


def unicode_names(place: int) -> dict[str, Any]:
    """Whether names are given back as they were given, composed and decomposed alike."""
    given = ("\u00c5sa-1", "A\u030asa-2", "\u5199\u771f-3", "\U0001f4f7-4")
    for name in given:
        _write(place, name, b"")
    there = set(os.listdir(place))
    return {"given": len(given), "kept": sum(name in there for name in given)}


def short_names(place: int) -> dict[str, Any]:
    """Whether a long name has a second, short one, as on file systems of Windows."""
    _write(place, "pumbaphotograph.jpeg", b"")
    return {"has_second": _is_there(place, "PUMBAP~1.JPE")}


# --- Bytes ---------------------------------------------------------------------------------------


def large_write(place: int) -> dict[str, Any]:
    """A large file is written and made durable, then read again past this machine's memory."""
    block = os.urandom(MEBIBYTE)
    started = time.monotonic()
    with closing(create(place, "large", MODE)) as descriptor:
        for number in range(LARGE_BYTES // MEBIBYTE):
            write_all(descriptor, block, number * MEBIBYTE)
        os.fsync(descriptor)
    seconds = time.monotonic() - started
    with closing(os.open("large", os.O_RDONLY, dir_fd=place)) as descriptor:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        digest = hashlib.sha256()
        started = time.monotonic()
        while content := os.read(descriptor, MEBIBYTE):
            digest.update(content)
        read_seconds = time.monotonic() - started
    expected = hashlib.sha256(block * (LARGE_BYTES // MEBIBYTE)).digest()
    os.unlink("large", dir_fd=place)
    return {
        "bytes": LARGE_BYTES,
        "seconds": seconds,
        "read_seconds": read_seconds,
        "is_same": digest.digest() == expected,
    }


def small_writes(place: int) -> dict[str, Any]:
    """How long a small write takes until it is durable: half of them, and 19 of 20."""
    seconds = []
    with closing(create(place, "small", MODE)) as descriptor:
        for number in range(SMALL_WRITES):
            started = time.monotonic()
            write_all(descriptor, b"x" * SMALL_BYTES, number * SMALL_BYTES)
            os.fsync(descriptor)
            seconds.append(time.monotonic() - started)
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return {"writes": SMALL_WRITES, "p50": statistics.median(seconds), "p95": p95}


def create_rate(place: int) -> dict[str, Any]:
    """How many files are created a second, each durable with its name."""
    started = time.monotonic()
    for number in range(CREATED_FILES):
        _write(place, f"created-{number}", b"x", is_durable=True)
        sync_directory(place)
    return {"files": CREATED_FILES, "seconds": time.monotonic() - started}


def many_entries(place: int) -> dict[str, Any]:
    """How long it takes to list a directory with thousands of entries, sizes included."""
    os.mkdir("many", 0o700, dir_fd=place)
    with closing(os.open("many", os.O_RDONLY | os.O_DIRECTORY, dir_fd=place)) as many:
        started, made = time.monotonic(), 0
        while made < MANY_ENTRIES and time.monotonic() - started < MANY_SECONDS:
            os.close(create(many, f"{made}.jpg", MODE))
            made += 1
        started = time.monotonic()
        with os.scandir(many) as entries:
            listed = sum(1 for entry in entries if entry.stat(follow_symlinks=False))
    return {"made": made, "listed": listed, "seconds": time.monotonic() - started}


# --- Clock, owner, room --------------------------------------------------------------------------


def clock(place: int) -> dict[str, Any]:
    """How far the volume's clock is ahead of this machine's, in seconds."""
    before = time.time()
    _write(place, "clock", b"x", is_durable=True)
    after = time.time()
    modified = os.stat("clock", dir_fd=place).st_mtime
    # Servers that keep whole seconds are not behind because of it.
    return {"ahead": min(0.0, modified + 1 - before) or max(0.0, modified - after)}


def ownership(place: int) -> dict[str, Any]:
    """Whether a file belongs to who wrote it, and keeps the mode it is given."""
    _write(place, "owned", b"")
    status = os.stat("owned", dir_fd=place)
    try:
        os.chmod("owned", OTHER_MODE, dir_fd=place)
        mode = os.stat("owned", dir_fd=place).st_mode & 0o777
    except PermissionError:
        mode = status.st_mode & 0o777
    return {"user": os.geteuid(), "owner": status.st_uid, "keeps_mode": mode == OTHER_MODE}


def room(place: int) -> dict[str, Any]:
    """Bytes and files that may still be written; a file system without a limit tells 0 files."""
    figures = os.fstatvfs(place)
    return {
        "free": figures.f_bavail * figures.f_frsize,
        "total": figures.f_blocks * figures.f_frsize,
        "files_free": figures.f_favail,
        "files": figures.f_files,
    }


TRIALS: dict[str, Callable[[int], dict[str, Any]]] = {
    trial.__name__: trial
    for trial in (
        *(room, ownership, clock, exclusive_create, links, rename_under_reader),
        *(unlink_while_open, small_writes, create_rate, large_write, many_entries),
        *(letter_case, long_names, unicode_names, short_names),
    )
}


def clock_ahead(storage: NASStorage) -> float:
    """How far the volume's clock is ahead of this machine's, in seconds. May hang."""
    with _directory(storage) as place:
        return clock(place)["ahead"]


# --- Small steps ---------------------------------------------------------------------------------


def _write(place: int, name: str, content: bytes, *, is_durable: bool = False) -> None:
    with closing(create(place, name, MODE)) as descriptor:
        write_all(descriptor, content, 0)
        if is_durable:
            os.fsync(descriptor)


def _is_there(place: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=place, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _read_or_none(place: int, name: str) -> bytes | None:
    try:
        with closing(os.open(name, os.O_RDONLY, dir_fd=place)) as descriptor:
            return os.read(descriptor, 2 * MEBIBYTE)
    except FileNotFoundError:
        return None
