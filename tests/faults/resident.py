"""How much memory a live site's processes take at most."""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path


class Resident:
    """The largest resident memory that each program's processes reached, in bytes."""

    def __init__(self, site, names: tuple[str, ...]) -> None:
        self.site = site
        self.names = names
        self.peaks: Counter[str] = Counter()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Resident:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._end.wait(0.5):
            for name in self.names:
                for pid in self._processes(name):
                    try:
                        words = Path(f"/proc/{pid}/statm").read_text().split()
                    except (FileNotFoundError, ProcessLookupError):
                        continue
                    kind = name.rpartition(" ")[2]
                    self.peaks[kind] = max(self.peaks[kind], int(words[1]) * page)

    def _processes(self, name: str) -> list[int]:
        try:
            return self.site.descendants(name)
        except KeyError:  # killed, and not started again yet
            return []
