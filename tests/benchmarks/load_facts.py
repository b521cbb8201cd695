"""What the servers of ``make load`` took: threads that requests held, and memory."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

SAMPLE_SECONDS = 1
# As of the shipped log_format: when it was answered, the address, and the seconds of the service.
LINE = re.compile(r'\[(?P<at>[^\]]+)\] "\S+ (?P<path>\S+)".* upstream (?P<taken>[\d., :-]+) s')
UPLOADS = "/uploads/"


def threads_held(log: str, seconds: float) -> dict[str, tuple[float, int]]:
    """By service: how many threads requests held on average, and in the busiest second at most."""
    held: dict[str, list[tuple[float, float]]] = {"pages": [], "uploads": []}
    for line in log.splitlines():
        if not (found := LINE.search(line)):
            continue
        service = "uploads" if UPLOADS in found["path"] else "pages"
        ended = datetime.fromisoformat(found["at"]).timestamp()
        for taken in re.findall(r"[\d.]+", found["taken"]):
            held[service].append((ended, float(taken)))
    return {service: _held(spans, seconds) for service, spans in held.items()}


def _held(spans: list[tuple[float, float]], seconds: float) -> tuple[float, int]:
    mean = sum(taken for _ended, taken in spans) / seconds
    by_second: dict[int, float] = {}
    for ended, taken in spans:
        by_second[int(ended)] = by_second.get(int(ended), 0) + min(taken, 1)
    return mean, round(max(by_second.values(), default=0))


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
