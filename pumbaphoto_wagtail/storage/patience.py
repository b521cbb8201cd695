"""Asking a volume that may hang: a NAS that is away can hold whoever asks it for minutes."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

from ..exceptions import StorageOffline

Answer = TypeVar("Answer")

# Who still waits, by what is asked: such a thread is lost until the volume is back.
_waiting: dict[str, Thread] = {}
_lock = Lock()


def in_time(ask: Callable[[], Answer], seconds: float, name: str = "") -> Answer:
    """What ``ask`` returns or raises; StorageOffline if it has not after so many seconds.

    Of questions with the same ``name`` only one waits at a time: while it does, the next are
    answered at once with StorageOffline, so that a page that asks often loses no more threads.
    """
    answers: SimpleQueue = SimpleQueue()

    def run() -> None:
        try:
            answers.put((ask(), None))
        except Exception as error:
            answers.put((None, error))

    with _lock:
        before = _waiting.get(name) if name else None
        if before is not None and before.is_alive():
            raise StorageOffline("no answer yet to the last question")
        thread = _waiting[name] = Thread(target=run, daemon=True)
    thread.start()
    try:
        answer, error = answers.get(timeout=seconds)
    except Empty:
        raise StorageOffline(f"no answer within {seconds:g} seconds") from None
    if error is not None:
        raise error
    return answer
