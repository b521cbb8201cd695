"""What the servers of ``make load`` took: threads that requests held, and memory."""

from __future__ import annotations

import itertools
import re
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

SAMPLE_SECONDS = 1


def threads_held(notes: str, began: float, seconds: float) -> tuple[float, int]:
    """How many threads requests held on average from ``began`` on, and the most at one moment.

    ``notes`` are those of :mod:`tests.benchmarks.load_threads`; whoever waited in the socket for a
    thread held none.
    """
    spans = [tuple(map(float, line.split())) for line in notes.splitlines()]
    spans = [(taken, free) for taken, free in spans if taken >= began]
    moments = sorted([(free, -1) for _, free in spans] + [(taken, 1) for taken, _ in spans])
    held = itertools.accumulate(change for _, change in moments)
    return sum(free - taken for taken, free in spans) / seconds, max(held, default=0)


class Memory:
    """Looks once a second what each service's processes take; :attr:`most` is by service.

    Proportional set size: memory that processes share counts once.
    """

    def __init__(self, site, front) -> None:
        self.most: dict[str, int] = {}
        self._services = {
            "nginx": front.nginx.pids,
            "pages": front.pages.pids,
            "uploads": front.uploads.pids,
            **{name: partial(site.pids, name) for name in ("worker", "slow worker", "clamd")},
        }
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            for name, pids in self._services.items():
                taken = sum(_proportional_size(pid) for pid in pids())
                self.most[name] = max(self.most.get(name, 0), taken)


def _proportional_size(pid: int) -> int:
    with suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return 1024 * int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])
    return 0
