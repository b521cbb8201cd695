"""How fast clamd scans with the package's configuration, by both transports."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pumbaphoto_wagtail.intake.clamd_client import ClamdClient, ScanAnswer
from tests.benchmarks import report
from tests.benchmarks.photographs import Photograph, copies

MEGABYTE = 1_000_000


def report_scans(photographs: list[Photograph], count: int, rounds: int) -> None:
    report.heading(f"Virus scan of {count} photos of 24 and 45 MP, hashed on the way")
    client = ClamdClient(os.environ["BENCH_CLAMD"])

    def by_descriptor(path: Path) -> ScanAnswer:
        with path.open("rb") as file:
            return client.scan_descriptor(file.fileno(), path.stat().st_size)

    def by_stream(path: Path) -> ScanAnswer:
        with path.open("rb") as file:
            return client.scan_stream(file, path.stat().st_size)

    ways = {"FILDES": by_descriptor, "INSTREAM": by_stream}
    speeds = {(name, at_once): [] for name in ways for at_once in (1, 2)}
    originals = [p.path for p in photographs]
    for _ in range(rounds):
        for (name, at_once), found in speeds.items():
            directory = Path(tempfile.mkdtemp(prefix="pumba-"))
            try:
                paths = copies(originals, directory / "card", count)
                found.append(_scan(ways[name], paths, at_once))
            finally:
                shutil.rmtree(directory)
    report.table(
        ("transport", "at once", "MB/s", "photos/s"),
        [
            (name, at_once, *map(statistics.median, zip(*found, strict=True)))
            for (name, at_once), found in speeds.items()
        ],
    )


def _scan(
    scan: Callable[[Path], ScanAnswer], paths: list[Path], at_once: int
) -> tuple[float, float]:
    size = sum(path.stat().st_size for path in paths)
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(scan, paths))
    seconds = time.perf_counter() - started
    if any(answer.outcome != "clean" for answer in answers):
        raise RuntimeError("clamd did not call every photo clean")
    return size / MEGABYTE / seconds, len(paths) / seconds
