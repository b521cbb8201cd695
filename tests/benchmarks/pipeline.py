"""Photos per second on their whole way, against the same work without database and queue.

Bare is: hash and scan each file, render it, write three files. The product does that, and besides
claims rows, tells the type, reads the metadata, makes the photograph, moves the original to its
place, synchronises every file and directory, and lets a queue hand out the work.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.db import connection
from django.utils import timezone

from pumbaphoto_wagtail import tasks
from tests.benchmarks import processor, report
from tests.benchmarks.photographs import Photograph, copies, of_24_megapixels
from tests.benchmarks.studio import await_ready, new_gallery, receive, running_queue
from tests.benchmarks.worker import Worker, photos_per_second

# Photos with which the queue's workers wake up, prove the scanner and load their libraries.
WARM_UP = 6
QUEUE_SHARE = 0.85


@contextmanager
def fresh_copies(photographs: list[Photograph], count: int) -> Iterator[list[Path]]:
    """Files that no scanner has seen yet, of 24 MP."""
    directory = Path(tempfile.mkdtemp(prefix="pumba-"))
    try:
        originals = [p.path for p in of_24_megapixels(photographs)]
        yield copies(originals, directory / "card", count)
    finally:
        shutil.rmtree(directory)


@dataclass(kw_only=True)
class Measured:
    """Of each round of one way: photos per second, and processor seconds of a photo."""

    speeds: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    @property
    def speed(self) -> float:
        return statistics.median(self.speeds)

    @property
    def cost(self) -> float:
        return statistics.median(self.costs)


def report_pipeline(photographs: list[Photograph], count: int, rounds: int, log: Path) -> None:
    database = connection.vendor
    report.heading(f"Scan and render {count} photos of 24 MP, {database}")
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker("bare")) for _ in range(2)]

        def through_the_queue(paths: list[Path], measured: Measured) -> None:
            # Started anew each time, or it would take the other ways' work away.
            with running_queue(log):
                _through_the_queue(paths, measured)

        ways: dict[str, Callable[[list[Path], Measured], None]] = {
            "bare, 1": partial(_bare, workers[:1]),
            "with database and storage, 1": _in_this_process,
            "bare, 2": partial(_bare, workers),
            "whole queue, 2": through_the_queue,
        }
        measured = {name: Measured() for name in ways}
        with fresh_copies(photographs, 2) as paths:
            photos_per_second(workers, paths)
            _in_this_process(paths, Measured())
        for _ in range(rounds):
            for name, way in ways.items():
                extra = WARM_UP if way is through_the_queue else 0
                with fresh_copies(photographs, count + extra) as paths:
                    way(paths, measured[name])
    report.table(
        ("way, processes", "photos/s", "processor ms"),
        [(name, found.speed, 1000 * found.cost) for name, found in measured.items()],
    )
    bare, queue = measured["bare, 2"], measured["whole queue, 2"]
    # Of neighbours in time, since the machine's other work comes and goes.
    shares = [one / two for one, two in zip(queue.speeds, bare.speeds, strict=True)]
    share = statistics.median(shares)
    report.goal(f"whole queue on {database}, photos/s, share of bare", share, QUEUE_SHARE)
    report.note(f"by processor time its share is {bare.cost / queue.cost:.2f}")


@contextmanager
def _counted(amount: int, measured: Measured) -> Iterator[Callable[[float], None]]:
    """Notes the processor time of the block, which tells how many seconds it took."""
    before = processor.seconds_of_all()
    yield lambda seconds: measured.speeds.append(amount / seconds)
    measured.costs.append((processor.seconds_of_all() - before) / amount)


def _bare(workers: list[Worker], paths: list[Path], measured: Measured) -> None:
    with _counted(len(paths), measured) as took:
        took(len(paths) / photos_per_second(workers, paths))


def _in_this_process(paths: list[Path], measured: Measured) -> None:
    keys = receive(new_gallery("Without a queue"), paths, cluster="nobody's")
    with _counted(len(keys), measured) as took:
        started = time.perf_counter()
        for key in keys:
            tasks.scan_file(key)
        took(time.perf_counter() - started)


def _through_the_queue(paths: list[Path], measured: Measured) -> None:
    """From the first wake-up to the last photo, once the workers have loaded what they need."""
    await_ready(receive(new_gallery("Warming up"), paths[:WARM_UP]))
    keys = receive(new_gallery("Through the queue"), paths[WARM_UP:], cluster="nobody's")
    with _counted(len(keys), measured) as took:
        started = timezone.now()
        for key in keys:
            tasks.wake("scan_file", key)
        took((await_ready(keys) - started).total_seconds())


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
    report.goal(
        "whole intake, x published", medians["whole intake"] / medians["published intake"], 6
    )
