"""Three tiers per photograph: processor time, memory, and two processes at once."""

from __future__ import annotations

import random
import statistics
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.photographs import Photograph, of_24_megapixels
from tests.benchmarks.worker import Worker, photos_per_second

FAST, PILLOW = "ours, fast", "ours, Pillow"
# Of ours: times naive, share of the codec floor; megabytes of a worker.
FASTER = {(FAST, 24): 5.5, (FAST, 45): 7.0, (PILLOW, 24): 3.6, (PILLOW, 45): 4.0}
OF_FLOOR = {24: 0.70, 45: 0.75}
MEGABYTES = {24: 120, 45: 300}
MEGABYTE = 1_000_000

Times = dict[str, dict[Photograph, float]]


def measure_time(photographs: list[Photograph], methods: list[str], rounds: int) -> Times:
    """Median processor seconds of each method for each photograph, of alternating rounds."""
    taken = {(method, photograph): [] for method in methods for photograph in photographs}
    with ExitStack() as stack:
        workers = {method: stack.enter_context(Worker(method)) for method in methods}
        for worker in workers.values():
            worker.ask(photographs[0].path)
        for _ in range(rounds):
            turns = list(taken)
            random.shuffle(turns)
            for method, photograph in sorted(turns, key=lambda turn: turn[1].path.name):
                taken[method, photograph].append(workers[method].ask(photograph.path)["cpu"])
    return {
        method: {p: statistics.median(taken[method, p]) for p in photographs} for method in methods
    }


def report_time(times: Times, floor: str) -> None:
    for megapixels in (24, 45):
        photographs = [p for p in times["naive"] if p.megapixels == megapixels]
        if not photographs:
            continue
        report.heading(f"Three tiers of {megapixels} MP, processor time per photo")
        report.table(
            ("method", "ms", "x naive", "% of floor", *(p.name for p in photographs)),
            [
                (
                    method,
                    1000 * statistics.mean(taken[p] for p in photographs),
                    _times_faster(times, "naive", method, photographs),
                    100 * _times_faster(times, method, floor, photographs) ** -1,
                    *(1000 * taken[p] for p in photographs),
                )
                for method, taken in times.items()
            ],
        )
        for method in (FAST, PILLOW):
            ratio = _times_faster(times, "naive", method, photographs)
            report.goal(f"{method}, {megapixels} MP, x naive", ratio, FASTER[method, megapixels])
        share = 1 / _times_faster(times, FAST, floor, photographs)
        report.goal(
            f"{FAST}, {megapixels} MP, share of the codec floor", share, OF_FLOOR[megapixels]
        )
    if "sharp" in times:
        _report_sharp(times)


def _report_sharp(times: Times) -> None:
    report.heading("Against sharp, one decode")
    for name, has_profile, wanted in (
        ("untagged photos", False, 1.2),
        ("photos with a profile", True, 2.5),
    ):
        photographs = [p for p in times["sharp"] if p.has_profile == has_profile]
        if photographs:
            ratio = _times_faster(times, "sharp", FAST, photographs)
            report.goal(f"{FAST}, x sharp, {name}", ratio, wanted)


def _times_faster(times: Times, slow: str, fast: str, photographs: list[Photograph]) -> float:
    return report.mean_ratio(times[slow][p] / times[fast][p] for p in photographs)


def report_memory(photographs: list[Photograph], methods: list[str]) -> None:
    report.heading("Peak memory of a fresh process, MB")
    heaviest = _heaviest(photographs)
    rows = []
    for method in methods:
        peaks = {}
        for megapixels, paths in heaviest.items():
            with Worker(method) as worker:
                peaks[megapixels] = max(worker.ask(path)["peak"] for path in paths) / MEGABYTE
        rows.append((method, *peaks.values()))
        if method in {FAST, PILLOW}:
            for megapixels, peak in peaks.items():
                limit, name = MEGABYTES[megapixels], f"{method}, {megapixels} MP, memory"
                report.goal(name, peak, limit, at_most=True, unit=" MB")
    report.table(("method", *(f"{megapixels} MP" for megapixels in heaviest)), rows)


def _heaviest(photographs: list[Photograph]) -> dict[int, list[Path]]:
    """What needs the most memory: to be turned, and to be converted; all where none is."""
    found = {}
    for megapixels in MEGABYTES:
        paths = [p for p in photographs if p.megapixels == megapixels]
        hard = [p for p in paths if p.is_turned or p.is_wide]
        if paths:
            found[megapixels] = [p.path for p in hard or paths]
    return found


def report_growth(photographs: list[Photograph], count: int) -> None:
    """Memory of one process that renders one photo after the other, sizes in turn."""
    report.heading(f"Memory after {count} photos in one process")
    paths = [p.path for p in photographs]
    for method in (FAST, PILLOW):
        with Worker(method) as worker:
            used = []
            for path in islice(cycle(paths), count):
                worker.ask(path)
                used.append(_resident_bytes(worker))
        # Of whole turns, since a large photo leaves more behind than a small one.
        early, late = max(used[len(paths) : 3 * len(paths)]), max(used[-2 * len(paths) :])
        report.note(f"{method}: {early / MEGABYTE:.0f} MB early, {late / MEGABYTE:.0f} MB late")
        report.goal(
            f"{method}, growth of memory", 100 * (late / early - 1), 5, at_most=True, unit=" %"
        )


def _resident_bytes(worker: Worker) -> int:
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def report_two_processes(photographs: list[Photograph], count: int, rounds: int) -> None:
    report.heading("Two processes against one, photos/s of 24 MP")
    paths = [p.path for p in of_24_megapixels(photographs)]
    for method in (FAST, PILLOW):
        with Worker(method) as one, Worker(method) as two:
            speeds = {1: [], 2: []}
            for worker in (one, two):
                worker.ask(paths[0])
            for _ in range(rounds):
                for workers in ([one], [one, two]):
                    work = list(islice(cycle(paths), count * len(workers)))
                    speeds[len(workers)].append(photos_per_second(workers, work))
        single, double = statistics.median(speeds[1]), statistics.median(speeds[2])
        report.note(f"{method}: one {single:.2f}, two {double:.2f}")
        report.goal(f"{method}, two processes, share of twice one", double / single / 2, 0.95)
