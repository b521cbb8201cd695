"""Workers of django-q2 that wait for work without holding what all of them need.

``multiprocessing.Queue.get`` waits for work while it holds the lock that lets one reader in at a
time. So an idle worker that is killed (by the kernel, short of memory, or by hand) takes that lock
with it: whoever is started in its place waits for ever, the others as well, and the cluster looks
alive. The same holds for the one process that acknowledges what was done. Here a reader waits
first, and takes the lock for the moment of reading.
"""

from __future__ import annotations

from queue import Empty
from typing import Any

from django_q import queues

# Somebody else may have been quicker; then there is nothing to read, and waiting begins anew.
READ_SECONDS = 0.05

_read = queues.Queue.get


def connect() -> None:
    """Let the queues between a cluster's processes be read like this."""
    queues.Queue.get = get


def get(self: queues.Queue, block: bool = True, timeout: float | None = None) -> Any:
    """The next item; as of ``multiprocessing.Queue``."""
    if not block or timeout is not None:
        return _read(self, block, timeout)
    while True:
        self._poll(None)
        try:
            return _read(self, True, READ_SECONDS)
        except Empty:
            continue
