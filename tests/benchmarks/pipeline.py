"""Photos per second on their whole way, against the same work without database and queue."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.intake.pipeline import render_file, scan_file
from tests.benchmarks import report
from tests.benchmarks.photographs import Photograph, copies
from tests.benchmarks.studio import await_ready, new_gallery, receive, running_queue
from tests.benchmarks.worker import Worker, photos_per_second

# Photos with which the queue's workers wake up, prove the scanner and load their libraries.
WARM_UP = 6


@contextmanager
def fresh_copies(photographs: list[Photograph], count: int) -> Iterator[list[Path]]:
    """Files that no scanner has seen yet, of 24 MP."""
    directory = Path(tempfile.mkdtemp(prefix="pumba-"))
    try:
        originals = [p.path for p in photographs if p.megapixels == 24]
        yield copies(originals, directory / "card", count)
    finally:
        shutil.rmtree(directory)


def report_pipeline(photographs: list[Photograph], count: int, rounds: int, log: Path) -> None:
    report.heading(f"Scan and render {count} photos of 24 MP, photos/s")
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker("bare")) for _ in range(2)]

        def through_the_queue(paths: list[Path]) -> float:
            # Started anew each time, or it would take the other ways' work away.
            with running_queue(log):
                return _through_the_queue(paths)

        ways: dict[str, Callable[[list[Path]], float]] = {
            "bare, 1": partial(photos_per_second, workers[:1]),
            "database, 1": _in_this_process,
            "bare, 2": partial(photos_per_second, workers),
            "queue, 2": through_the_queue,
        }
        with fresh_copies(photographs, 2) as paths:
            photos_per_second(workers, paths)
            _in_this_process(paths)
        speeds = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                extra = WARM_UP if name == "queue, 2" else 0
                with fresh_copies(photographs, count + extra) as paths:
                    speeds[name].append(way(paths))
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    report.table(("way, processes", "photos/s"), medians.items())
    report.goal("this process, share of bare", medians["database, 1"] / medians["bare, 1"], 0.85)
    report.goal("two workers, share of bare", medians["queue, 2"] / medians["bare, 2"], 0.85)


def _in_this_process(paths: list[Path]) -> float:
    keys = receive(new_gallery("Without a queue"), paths)
    started = time.perf_counter()
    for key in keys:
        scan_file(key)
        render_file(key)
    return len(keys) / (time.perf_counter() - started)


def _through_the_queue(paths: list[Path]) -> float:
    """From the first wake-up to the last photo, once the workers have loaded what they need."""
    await_ready(receive(new_gallery("Warming up"), paths[:WARM_UP]))
    keys = receive(new_gallery("Through the queue"), paths[WARM_UP:], cluster="nobody's")
    started = time.perf_counter()
    for key in keys:
        tasks.wake("scan_file", key)
    return len(keys) / (await_ready(keys) - started)


def report_whole_intake(photographs: list[Photograph], count: int, rounds: int) -> None:
    report.heading(f"Hash, scan and render {count} photos of 24 and 45 MP, two processes")
    originals = [p.path for p in photographs]
    speeds = {"published intake": [], "whole intake": []}
    with ExitStack() as stack:
        workers = {
            method: [stack.enter_context(Worker(method)) for _ in range(2)] for method in speeds
        }
        for _ in range(rounds):
            for method, found in speeds.items():
                directory = Path(tempfile.mkdtemp(prefix="pumba-"))
                try:
                    paths = copies(originals, directory / "card", count)
                    found.append(photos_per_second(workers[method], paths))
                finally:
                    shutil.rmtree(directory)
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    report.table(
        ("way", "photos/s", "minutes for 5,000"),
        [(name, speed, 5000 / speed / 60) for name, speed in medians.items()],
    )
    report.goal("x published", medians["whole intake"] / medians["published intake"], 6)
