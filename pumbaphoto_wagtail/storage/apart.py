"""Work in a process of its own: what hangs there is left behind, and holds nobody.

A thread that waits for a NAS cannot be ended, and no program ends while it has one. So a command
that must never hang does whatever may touch a volume in a child.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator

from django.db import connections

READ_BYTES = 4096
# A process that was killed is gone within a moment, unless it hangs in the kernel.
GONE_SECONDS = 0.5
POLL_SECONDS = 0.01


def lines_from_child(
    work: Callable[[Callable[[str], None]], None], seconds: float
) -> Iterator[str]:
    """What ``work`` tells in a child process, line by line, for so many seconds at most.

    ``work`` is given a function that takes one line of text. The child is a copy of this process
    without its database connections, and writes nowhere else. It is killed at the end of the time,
    and left to itself where even that does not end it.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_exit(work, writing)
    os.close(writing)
    try:
        yield from _lines(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        _end(child)


def _work_and_exit(work: Callable[[Callable[[str], None]], None], writing: int) -> None:
    code = 1
    try:
        # Whoever reads this program's output must not wait for a child that hangs.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        left_alone = _leave_connections()
        work(lambda line: _tell(writing, line))
        del left_alone
        code = 0
    finally:
        # A thread that hangs in the kernel keeps the whole process, and what it holds open.
        os.close(writing)
        # Neither handlers of the parent's nor such threads are waited for.
        os._exit(code)


def _leave_connections() -> list[object]:
    """Let the child open connections of its own; closing the parent's would end them for it."""
    kept = []
    for connection in connections.all(initialized_only=True):
        kept.append(connection.connection)
        connection.connection = None
        del connections[connection.alias]
        kept.append(connection)
    return kept


def _tell(writing: int, line: str) -> None:
    content = line.replace("\n", " ").encode("utf-8", "replace") + b"\n"
    while content:
        content = content[os.write(writing, content) :]


def _lines(reading: int, deadline: float) -> Iterator[str]:
    rest = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([reading], [], [], left)[0]:
            return
        content = os.read(reading, READ_BYTES)
        if not content:
            return
        *whole, rest = (rest + content).split(b"\n")
        yield from (line.decode() for line in whole)


def _end(child: int) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(child, signal.SIGKILL)
        deadline = time.monotonic() + GONE_SECONDS
        while os.waitpid(child, os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
