"""A studio's machine for one file at a time: each stage runs in a process that may be killed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live import ROOT, _sqlite_template, environment

ATTACH_SECONDS = 20
PACKAGE = {"MAX_FILE_BYTES": 2**20, "RENDITION_ENGINE": "pillow"}
# Every call that changes something, and those on which a worker depends.
CHANGING = (
    "pwrite64",
    "write",
    "fsync",
    "fdatasync",
    "ftruncate",
    "linkat",
    "unlinkat",
    "unlink",
    "renameat",
    "rename",
    "mkdirat",
    "mkdir",
    "openat",
    "sendmsg",
    "sendto",
)


@dataclass(frozen=True)
class Call:
    """One system call of a stage: the N-th of its name, and what it was about."""

    name: str
    number: int
    words: str


@dataclass(frozen=True)
class Ended:
    """How a stage ended: what it answered, or the signal or error that ended it."""

    answer: object
    signal: int
    error: str
    trace: str

    @property
    def injected(self) -> list[str]:
        return [line for line in self.trace.splitlines() if "(INJECTED)" in line]


class Machine:
    """Its disk is ``directory``; what was on it can be kept, and put back after each drill."""

    def __init__(self, directory: Path, process: subprocess.Popen) -> None:
        self.directory = directory
        self.process = process

    def run(self, stage: str, *arguments: object, strace: list[str] | None = None) -> Ended:
        """Run one function of :mod:`tests.faults.stage_process` in a process of its own."""
        pid = self._ask([stage, *arguments])["pid"]
        trace = self.directory.with_suffix(".trace")
        trace.unlink(missing_ok=True)
        tracer = self._trace(pid, trace, strace) if strace is not None else None
        report = self._ask("go")
        if tracer is not None:
            tracer.wait()
        return Ended(
            answer=report.get("answer"),
            signal=report["signal"],
            error=report.get("error", ""),
            trace=trace.read_text(errors="replace") if trace.exists() else "",
        )

    def calls(self, stage: str) -> list[Call]:
        """Every changing call of a stage, as it is when nothing goes wrong."""
        ended = self.run(stage, strace=["-e", f"trace={','.join(CHANGING)},close,read,pread64"])
        assert not ended.error, ended.error
        counted: dict[str, int] = {}
        found = []
        for line in ended.trace.splitlines():
            if match := re.match(r"(?:\d+ +)?(\w+)\((.*)", line):
                name = match[1]
                counted[name] = counted.get(name, 0) + 1
                words = match[2].replace(str(self.directory), "")
                found.append(Call(name, counted[name], words))
        return found

    def do(self, *stages: str) -> None:
        """Run stages that nothing happens to."""
        for stage in stages:
            ended = self.run(stage)
            assert not ended.error, ended.error

    def insert(self, kind: str, name: str, key: str) -> None:
        """Another file on the photographer's card."""
        ended = self.run("insert", kind, name, key)
        assert not ended.error, ended.error

    def wipe(self) -> None:
        """Begin anew, with nothing but a migrated database."""
        for path in self.directory.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copyfile(_sqlite_template(), self.directory / "studio.sqlite3")

    def keep(self) -> None:
        shutil.rmtree(self._kept, ignore_errors=True)
        shutil.copytree(self.directory, self._kept)

    def put_back(self) -> None:
        shutil.rmtree(self.directory)
        shutil.copytree(self._kept, self.directory)

    @property
    def _kept(self) -> Path:
        return self.directory.with_suffix(".kept")

    def _ask(self, words: object) -> dict:
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def _trace(self, pid: int, trace: Path, options: list[str]) -> subprocess.Popen:
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-y", "-o", trace, "-p", str(pid), *options],
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + ATTACH_SECONDS
        status = Path(f"/proc/{pid}/status")
        while "TracerPid:\t0\n" in status.read_text():
            assert tracer.poll() is None, "strace cannot attach"
            assert time.monotonic() < deadline, "strace does not attach"
            time.sleep(0.002)
        return tracer


@contextmanager
def running_machine(directory: Path, scanner: str) -> Iterator[Machine]:
    """A machine with a migrated database and its volumes; ``scanner`` is clamd's address."""
    directory.mkdir()
    shutil.copyfile(_sqlite_template(), directory / "studio.sqlite3")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.stage_process"],
        cwd=ROOT,
        env=environment(directory, {}, scanner=scanner, package=PACKAGE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert json.loads(process.stdout.readline())["is_warm"]
        yield Machine(directory, process)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(directory.with_suffix(".kept"), ignore_errors=True)
