"""A file system that is ill on demand: ``python -m tests.faults.ill_volume SOURCE PLACE WORDS``.

What is below SOURCE shows at PLACE. The file WORDS says in JSON what is wrong just now:
``{"seconds": 2}`` each operation takes so long, ``{"errors": {"fsync": "ENOSPC"}}`` an operation
fails. Stopped with SIGSTOP it hangs, as a NAS does whose cable was pulled. Needs FUSE, and root.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20


class IllVolume:
    """Mounted over a folder; ``source`` is where the files really are."""

    def __init__(self, source: Path, place: Path, words: Path, process: subprocess.Popen) -> None:
        self.source, self.place = source, place
        self._words, self._process = words, process

    def be(self, *, seconds: float = 0, **errors: str) -> None:
        """Be as slow or as faulty as this, and healthy where nothing is said."""
        half = self._words.with_suffix(".half")
        half.write_text(json.dumps({"seconds": seconds, "errors": errors}))
        half.replace(self._words)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def ill_volume(place: Path) -> Iterator[IllVolume]:
    """Move what is in a folder to one beside it, and show it there through the ill file system.

    Raises RuntimeError where there is no FUSE.
    """
    source, words = place.with_name(f"{place.name}-below"), place.with_name("ill.json")
    if not Path("/dev/fuse").exists() or os.geteuid():
        raise RuntimeError("FUSE cannot be used here")
    subprocess.run(["cp", "-a", place, source], check=True)
    words.write_text("{}")
    with place.with_name("ill.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.ill_volume", source, place, words],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not os.path.ismount(place):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(place.with_name("ill.log").read_text()[-500:])
            time.sleep(0.05)
        yield IllVolume(source, place, words, process)
    finally:
        process.send_signal(signal.SIGCONT)
        subprocess.run(["umount", "-l", place], capture_output=True)
        process.kill()
        process.wait()


def _operations(source: str, words: str) -> Any:
    import mfusepy

    wrong: dict[str, Any] = {"at": 0}

    def what_is_wrong() -> dict[str, Any]:
        at = os.stat(words).st_mtime_ns
        if at != wrong["at"]:
            with suppress(ValueError):
                wrong.clear()
                wrong.update(json.loads(Path(words).read_text()), at=at)
        return wrong

    def ill(name: str, healthy: Callable) -> Callable:
        """The operation as it is below, after what is wrong with it just now."""

        def operation(self, path: str, *arguments: Any) -> Any:
            now = what_is_wrong()
            time.sleep(now.get("seconds", 0))
            if name in now.get("errors", {}):
                raise mfusepy.FuseOSError(getattr(errno, now["errors"][name]))
            return healthy(self, source + path, *arguments)

        return operation

    class PassThrough(mfusepy.Operations):
        use_ns = True

        def access(self, path, mode):
            return 0

        def getattr(self, path, handle=None):
            found = os.lstat(path) if handle is None else os.fstat(handle)
            names = ("mode", "nlink", "uid", "gid", "size", "ino", "blocks")
            facts = {f"st_{name}": getattr(found, f"st_{name}") for name in names}
            times = {f"st_{name}": getattr(found, f"st_{name}_ns") for name in MOMENTS}
            return facts | times

        def readdir_with_offset(self, path, offset, handle):
            # A name without an inode's number would be taken for a deleted one.
            found = [(entry.name, entry.inode()) for entry in os.scandir(path)]
            entries = [(".", 1), ("..", 1), *sorted(found)]
            return [
                (name, {"st_ino": number}, place)
                for place, (name, number) in enumerate(entries, 1)
                if place > offset
            ]

        def open(self, path, flags):
            return os.open(path, flags & ~os.O_NOFOLLOW)

        def create(self, path, mode, info=None):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

        def read(self, path, size, offset, handle):
            return os.pread(handle, size, offset)

        def write(self, path, data, offset, handle):
            return os.pwrite(handle, data, offset)

        def truncate(self, path, length, handle=None):
            os.truncate(path if handle is None else handle, length)

        def flush(self, path, handle):
            return 0

        def fsync(self, path, only_data, handle):
            os.fsync(handle)

        def fsyncdir(self, path, only_data, handle):
            return 0

        def release(self, path, handle):
            os.close(handle)

        def statfs(self, path):
            found = os.statvfs(path)
            return {name: getattr(found, name) for name in SPACE}

        def link(self, path, existing):
            os.link(source + existing, path)

        def unlink(self, path):
            os.unlink(path)

        def rename(self, path, new):
            os.rename(path, source + new)

        def mkdir(self, path, mode):
            os.mkdir(path, mode)

        def rmdir(self, path):
            os.rmdir(path)

        def chmod(self, path, mode):
            os.chmod(path, mode)

        def chown(self, path, user, group):
            os.chown(path, user, group)

        def utimens(self, path, times=None):
            os.utime(path, ns=times)

    for name, healthy in list(vars(PassThrough).items()):
        if callable(healthy):
            setattr(PassThrough, name, ill(name, healthy))
    return PassThrough()


MOMENTS = ("atime", "mtime", "ctime")
SPACE = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_ffree", "f_files", "f_frsize")


if __name__ == "__main__":
    import mfusepy

    source, place, words = sys.argv[1:]
    mfusepy.FUSE(
        _operations(source, words),
        place,
        foreground=True,
        nonempty=True,
        allow_other=True,
        use_ino=True,
        attr_timeout=0,
        entry_timeout=0,
        negative_timeout=0,
    )
