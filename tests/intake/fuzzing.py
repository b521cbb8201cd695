"""Damaged files through the real intake, in worker processes with a worker's limits.

What becomes of each file is one of :data:`ENDINGS`, or a trouble: another exception, a worker that
died, or one that took longer than it may.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection
from threading import Lock

from django.conf import settings

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.exceptions import FileRefused, RenderFailed
from pumbaphoto_wagtail.intake.formats import FORMATS, check_content
from pumbaphoto_wagtail.intake.metadata import read_metadata
from pumbaphoto_wagtail.intake.renditions import render
from tests.intake.damage import damaged
from tests.memory import forget_peak, peak_bytes

ENDINGS = ("refused", "failed", "damaged", "ready")
MEMORY_BYTES = DEFAULTS["WORKER_MEMORY_BYTES"]
SECONDS = 60
SEED = int(os.environ.get("FUZZ_SEED", 1))
TIERS = DEFAULTS["TIERS"]

Job = Callable[[int], str]


@dataclass
class Report:
    """How often each ending was met, by format, and every trouble with its file's number."""

    endings: Counter[tuple[str, str]] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    peak_bytes: int = 0

    def formats(self, *endings: str) -> set[str]:
        """The formats of which at least one file ended in one of these ways."""
        return {format for ending, format in self.endings if ending in endings}

    def add(self, number: int, answer: str, peak_bytes: int) -> None:
        ending, _space, format = answer.partition(" ")
        if ending in ENDINGS:
            self.endings[ending, format] += 1
        else:
            self.troubles.append(f"file {number}: {answer}")
        self.peak_bytes = max(self.peak_bytes, peak_bytes)


class Worker:
    """A process that does one job after the other; replaced when one of them ends it."""

    def __init__(self, job: Job, seconds: float) -> None:
        self.job = job
        self.seconds = seconds
        self.process = None

    def __call__(self, number: int) -> tuple[str, int]:
        """What the job answers, or which trouble it made, and the process's peak memory."""
        if self.process is None:
            self._start()
        self.connection.send(number)
        try:
            if not self.connection.poll(self.seconds):
                return self._stop(f"still busy after {self.seconds} s"), 0
            return self.connection.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            return self._stop(f"its worker died (exit code {self.process.exitcode})"), 0

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, self.job), daemon=True)
        self.process.start()
        other.close()

    def _stop(self, trouble: str = "") -> str:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.connection.close()
            self.process = None
        return trouble

    def close(self) -> None:
        self._stop()


def run(job: Job, files: int, *, workers: int, seconds: float = SECONDS) -> Report:
    """Give the numbers up to ``files`` to workers; ``job`` is a function at a module's top."""
    report, numbers, lock = Report(), count(), Lock()

    def work(_worker_number: int) -> None:
        worker = Worker(job, seconds)
        try:
            while True:
                with lock:
                    number = next(numbers)
                if number >= files:
                    return
                answer, peak_bytes = worker(number)
                with lock:
                    report.add(number, answer, peak_bytes)
        finally:
            worker.close()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return report


def _serve(connection: Connection, job: Job) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The decoders' own words about broken files, which nobody reads.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.simplefilter("ignore")
    forget_peak()
    while True:
        try:
            number = connection.recv()
        except EOFError:
            return
        try:
            answer = job(number)
        except BaseException:
            answer = "another exception:\n" + traceback.format_exc()
        connection.send((answer, peak_bytes()))


# --- The job -------------------------------------------------------------------------------------


def take_in(number: int) -> str:
    """Check, read and render the damaged file with this number; its ending and its format.

    The file is a real one, in memory, since decoders open files by their descriptors.
    """
    if not settings.configured:
        settings.configure(USE_I18N=False)
    file = damaged(number, SEED)
    format = file.file_name.rpartition(".")[2]
    descriptor = os.memfd_create("damaged")
    with os.fdopen(descriptor, "wb", closefd=False) as card:
        card.write(file.content)
    with os.fdopen(descriptor, "rb") as source:
        try:
            found = check_content(source, file.file_name, FORMATS)
            read_metadata(source, found)
            result = render(source, found, TIERS, max_pixels=DEFAULTS["MAX_PIXELS"])
        except FileRefused as refusal:
            return f"refused {format}" if str(refusal) else "no reason for a refusal"
        except RenderFailed as failure:
            return f"failed {format}" if str(failure) else "no reason for a failure"
    return f"damaged {format}" if result.is_damaged else f"ready {format}"
