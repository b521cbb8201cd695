"""Asking volumes that may hang: a NAS that is away can hold whoever asks it for minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from ..exceptions import StorageOffline

Answer = TypeVar("Answer")

# Who still waits, by what is asked: such a thread is lost until the volume is back.
_waiting: dict[str, Thread] = {}
_lock = Lock()


def in_time(ask: Callable[[], Answer], seconds: float) -> Answer:
    """What ``ask`` returns or raises; StorageOffline if it has not after so many seconds."""
    answer = _answer(_ask_aside(ask), seconds, time.monotonic() + seconds)
    if isinstance(answer, Exception):
        raise answer
    return answer


def all_in_time(
    questions: Mapping[str, Callable[[], Any]], seconds: float
) -> dict[str, Any | Exception]:
    """What each of several questions is answered with, or fails with, all of them asked at once.

    Of questions with the same name only one waits at a time: while it does, the next are answered
    at once with StorageOffline, so that a page that asks often loses no more threads.
    """
    deadline = time.monotonic() + seconds
    asked = {name: _ask_once(name, ask) for name, ask in questions.items()}
    return {
        name: StorageOffline("no answer yet to the last question")
        if answers is None
        else _answer(answers, seconds, deadline)
        for name, answers in asked.items()
    }


def _ask_once(name: str, ask: Callable[[], Any]) -> SimpleQueue | None:
    def ask_and_be_done() -> Any:
        try:
            return ask()
        finally:
            # Before the answer is told: whoever has it may ask again at once.
            with _lock:
                _waiting.pop(name, None)

    with _lock:
        before = _waiting.get(name)
        # After a fork the threads of the parent are none of this process.
        if before is not None and before.is_alive():
            return None
        return _ask_aside(ask_and_be_done, lambda thread: _waiting.update({name: thread}))


def _ask_aside(
    ask: Callable[[], Any], started: Callable[[Thread], None] | None = None
) -> SimpleQueue:
    answers: SimpleQueue = SimpleQueue()

    def run() -> None:
        try:
            answers.put(ask())
        except Exception as error:
            answers.put(error)

    thread = Thread(target=run, daemon=True)
    if started is not None:
        started(thread)
    thread.start()
    return answers


def _answer(answers: SimpleQueue, seconds: float, deadline: float) -> Any | Exception:
    try:
        return answers.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        return StorageOffline(f"no answer within {seconds:g} seconds")
