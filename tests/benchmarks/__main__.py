"""All benchmarks in one run: ``make bench``, or ``python -m tests.benchmarks [PART ...]``.

Parts: renditions, quality, memory, growth, processes, pipeline, postgresql, published, scans,
uploads, exports, zip, matching, admin, serving, library. A part that fails says so, the others go
on, and the run ends with 1.

Environment: BENCH_FULL=1 for the lengths that the goals name; BENCH_PHOTOS a folder of JPEGs to
measure with instead of the made ones; BENCH_ROUNDS (3, full 5) alternating rounds, BENCH_BATCH (24,
full 500) photos of a batch, BENCH_GROWTH (60, full 500) photos for the memory of a long run,
BENCH_DIRECTORY a folder that keeps the made photographs, BENCH_DATABASE=postgresql.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import report

IS_FULL = bool(os.environ.get("BENCH_FULL"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 5 if IS_FULL else 3))
BATCH = int(os.environ.get("BENCH_BATCH", 500 if IS_FULL else 24))
GROWTH_PHOTOS = int(os.environ.get("BENCH_GROWTH", 500 if IS_FULL else 60))
# A long batch is a good average by itself.
PIPELINE_ROUNDS = min(ROUNDS, 3)
# What the clamd package's users get with clamd.conf as it comes, but for the size.
PUBLISHED = {"ScanImageFuzzyHash": "yes"}
# Those that are measured without any preparation, where no others are asked for.
LIGHT = {"exports", "zip", "matching", "admin", "serving", "library"}
# PostgreSQL as it comes, durable; only not on the network.
SERVER_OPTIONS = "-c listen_addresses=''"


def main(wanted: list[str]) -> int:
    data = Path(tempfile.mkdtemp(prefix="pumba-bench-"))
    failed = []
    try:
        with ExitStack() as stack:
            parts = _light() if wanted and {*wanted} <= LIGHT else _prepared(data, stack)
            unknown = set(wanted) - set(parts)
            if unknown:
                raise SystemExit(f"{', '.join(unknown)}: the parts are {', '.join(parts)}")
            for name in wanted or parts:
                if not _is_measured(name, parts[name]):
                    failed.append(name)
    finally:
        shutil.rmtree(data, ignore_errors=True)
    if results := os.environ.get("BENCH_RESULTS"):
        report.save_goals(Path(results))
    else:
        report.all_goals()
    if failed:
        report.note(f"FAILED, without a result: {', '.join(failed)}")
    return 1 if failed else 0


def _is_measured(name: str, part: Callable[[], None]) -> bool:
    try:
        part()
    except Exception:
        traceback.print_exc()
        report.note(f"FAILED: {name}")
        return False
    return True


def _light() -> dict[str, Callable[[], None]]:
    """The parts that need neither scanners nor photographs nor a database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
    # Threads that wait for each other would be counted as work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import django

    django.setup()
    from tests.benchmarks import exports, matching, zips

    return {
        "exports": lambda: exports.report_exports(ROUNDS),
        "zip": lambda: zips.report_zips(ROUNDS),
        "matching": matching.report_matching,
        "admin": lambda: _apart("admin"),
        "serving": lambda: _apart("serving"),
        "library": lambda: _apart("library"),
    }


def _apart(part: str) -> None:
    """In a process and a database of its own, which it fills."""
    with tempfile.NamedTemporaryFile(suffix=".json") as results:
        command = [sys.executable, "-m", f"tests.benchmarks.{part}"]
        subprocess.run(command, env=os.environ | {"BENCH_RESULTS": results.name}, check=True)
        report.take_goals(Path(results.name))


def _prepared(data: Path, stack: ExitStack) -> dict[str, Callable[[], None]]:
    """The parts by name, once there are a database, storages, scanners and photographs."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "PUMBAPHOTO_TEST_DATA": str(data),
        "BENCH_CLAMD": f"unix:{data}/ours/clamd.ctl",
        "BENCH_PUBLISHED_CLAMD": f"unix:{data}/theirs/clamd.ctl",
        # For the rivals too: a second thread makes one photograph dearer, not two quicker.
        "VIPS_CONCURRENCY": "1",
    }
    if os.environ.get("BENCH_DATABASE") == "postgresql":
        from tests.postgresql import private_server

        os.environ |= stack.enter_context(private_server(SERVER_OPTIONS))
        os.environ["PUMBAPHOTO_TEST_DATABASE"] = "postgresql"
    import django

    django.setup()
    from django.core.management import call_command

    from pumbaphoto_wagtail import testing
    from tests.benchmarks import pipeline, quality, renditions, scans, uploads
    from tests.benchmarks.methods import METHODS, VipsThumbnail, find_sharp
    from tests.benchmarks.photographs import photographs, photographs_in

    call_command("migrate", verbosity=0)
    testing.make_storages()
    scanners = {"ours": {}, "theirs": PUBLISHED}
    for name, options in scanners.items():
        (data / name).mkdir()
        stack.enter_context(testing.running_clamd(data / name, **options))
    kept = Path(os.environ.get("BENCH_DIRECTORY", data / "photographs"))
    own = os.environ.get("BENCH_PHOTOS")
    pictures = photographs_in(Path(own)) if own else photographs(kept)

    floor = "floor (simplejpeg)" if _has_simplejpeg() else "floor (Pillow)"
    methods = ["naive", "Wagtail", renditions.PILLOW, renditions.FAST]
    methods += ["vipsthumbnail"] if VipsThumbnail.program else []
    methods += ["sharp"] if find_sharp() else []
    assert set(methods) - {"sharp"} <= set(METHODS)
    if "BENCH_RESULTS" not in os.environ:
        _say_what_is_measured(pictures, methods, floor, find_sharp())

    def measure_renditions() -> None:
        times = renditions.measure_time(pictures, [*methods, floor], ROUNDS)
        renditions.report_time(times, floor)

    log, half = data / "log", max(4, min(BATCH, 60) // 2)
    published_rounds = ROUNDS if IS_FULL else 1
    return {
        "renditions": measure_renditions,
        "quality": lambda: quality.report_quality(pictures, methods),
        "memory": lambda: renditions.report_memory(pictures, methods),
        "growth": lambda: renditions.report_growth(pictures, GROWTH_PHOTOS),
        "processes": lambda: renditions.report_two_processes(pictures, half, ROUNDS),
        "pipeline": lambda: pipeline.report_pipeline(pictures, BATCH, PIPELINE_ROUNDS, log),
        "postgresql": lambda: _on_postgresql(data, kept),
        "published": lambda: pipeline.report_whole_intake(pictures, half, published_rounds),
        "scans": lambda: scans.report_scans(pictures, half, ROUNDS),
        "uploads": lambda: uploads.report_uploads(half // 2, ROUNDS, log),
        **_light(),
    }


def _on_postgresql(data: Path, kept: Path) -> None:
    """The pipeline once more, in a process of its own, with that database and the queue in it."""
    from tests import postgresql

    if postgresql.programs() is None:
        report.heading("The pipeline on PostgreSQL")
        report.note("PostgreSQL is not installed")
        return
    results = data / "postgresql.json"
    own = {
        "BENCH_DATABASE": "postgresql",
        "BENCH_RESULTS": str(results),
        "BENCH_DIRECTORY": str(kept),
    }
    command = [sys.executable, "-m", "tests.benchmarks", "pipeline"]
    subprocess.run(command, env=os.environ | own, check=True)
    report.take_goals(results)


def _has_simplejpeg() -> bool:
    from pumbaphoto_wagtail.intake.engines import vips

    return vips.load_decoder() is not None


def _say_what_is_measured(pictures, methods: list[str], floor: str, sharp: str | None) -> None:
    import PIL

    from pumbaphoto_wagtail.intake.engines import vips
    from tests.benchmarks.methods import VipsThumbnail

    pyvips = vips.load()
    versions = [f"Python {platform.python_version()}", f"Pillow {PIL.__version__}"]
    if pyvips:
        numbers = ".".join(str(pyvips.version(place)) for place in range(3))
        versions.append(f"libvips {numbers}")
    report.heading(f"{os.cpu_count()} cores, {', '.join(versions)}, {ROUNDS} alternating rounds")
    report.note(f"load before the first round: {os.getloadavg()[0]:.1f}")
    for megapixels in (24, 45):
        sizes = [p.path.stat().st_size / 1e6 for p in pictures if p.megapixels == megapixels]
        listed = ", ".join(f"{size:.1f}" for size in sizes)
        report.note(f"photographs of {megapixels} MP: {f'{listed} MB' if sizes else 'none'}")
    report.note(f"codec floor: {floor}")
    if pyvips is None:
        report.note("pyvips is not installed: the fast engine is Pillow here")
    if VipsThumbnail.program is None:
        report.note("vipsthumbnail is not installed (libvips-tools)")
    report.note(f"sharp {sharp}" if sharp else "sharp is not installed (npm, in tests/benchmarks)")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
