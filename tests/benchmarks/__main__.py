"""All benchmarks in one run: ``make bench``, or ``python -m tests.benchmarks [PART ...]``.

Parts: renditions, quality, memory, growth, processes, pipeline, published, scans, uploads.
Environment: BENCH_ROUNDS (3) alternating rounds, BENCH_PHOTOS (24) photos of a batch, BENCH_GROWTH
(40) photos for the memory of a long run, BENCH_DIRECTORY a folder that keeps the photographs.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import report

ROUNDS = int(os.environ.get("BENCH_ROUNDS", 3))
PHOTOS = int(os.environ.get("BENCH_PHOTOS", 24))
GROWTH_PHOTOS = int(os.environ.get("BENCH_GROWTH", 40))
# What the clamd package's users get with clamd.conf as it comes, but for the size.
PUBLISHED = {"ScanImageFuzzyHash": "yes"}


def main(wanted: list[str]) -> None:
    data = Path(tempfile.mkdtemp(prefix="pumba-bench-"))
    try:
        with ExitStack() as stack:
            parts = _prepared(data, stack)
            unknown = set(wanted) - set(parts)
            if unknown:
                raise SystemExit(f"{', '.join(unknown)}: the parts are {', '.join(parts)}")
            for name in wanted or parts:
                parts[name]()
    finally:
        shutil.rmtree(data)
    missed = [name for name, is_met in report.met if not is_met]
    report.heading(f"{len(report.met) - len(missed)} of {len(report.met)} goals met")
    for name in missed:
        report.note(f"not met: {name}")


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
    import django

    django.setup()
    from django.core.management import call_command

    from pumbaphoto_wagtail import testing
    from tests.benchmarks import pipeline, quality, renditions, scans, uploads
    from tests.benchmarks.methods import METHODS, VipsThumbnail, find_sharp
    from tests.benchmarks.photographs import photographs

    call_command("migrate", verbosity=0)
    testing.make_storages()
    scanners = {"ours": {}, "theirs": PUBLISHED}
    for name, options in scanners.items():
        (data / name).mkdir()
        stack.enter_context(testing.running_clamd(data / name, **options))
    pictures = photographs(Path(os.environ.get("BENCH_DIRECTORY", data / "photographs")))

    floor = "floor (simplejpeg)" if _has_simplejpeg() else "floor (Pillow)"
    methods = ["naive", "Wagtail", renditions.PILLOW, renditions.FAST]
    methods += ["vipsthumbnail"] if VipsThumbnail.program else []
    methods += ["sharp"] if find_sharp() else []
    assert set(methods) - {"sharp"} <= set(METHODS)
    _say_what_is_measured(pictures, methods, floor, find_sharp())

    def measure_renditions() -> None:
        times = renditions.measure_time(pictures, [*methods, floor], ROUNDS)
        renditions.report_time(times, floor)

    log, half = data / "log", PHOTOS // 2
    return {
        "renditions": measure_renditions,
        "quality": lambda: quality.report_quality(pictures, methods),
        "memory": lambda: renditions.report_memory(pictures, methods),
        "growth": lambda: renditions.report_growth(pictures, GROWTH_PHOTOS),
        "processes": lambda: renditions.report_two_processes(pictures, half, ROUNDS),
        "pipeline": lambda: pipeline.report_pipeline(pictures, PHOTOS, ROUNDS, log),
        "published": lambda: pipeline.report_whole_intake(pictures, half, 1),
        "scans": lambda: scans.report_scans(pictures, half, ROUNDS),
        "uploads": lambda: uploads.report_uploads(half // 2, ROUNDS, log),
    }


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
        report.note(f"photographs of {megapixels} MP: {listed} MB")
    report.note(f"codec floor: {floor}")
    if pyvips is None:
        report.note("pyvips is not installed: the fast engine is Pillow here")
    if VipsThumbnail.program is None:
        report.note("vipsthumbnail is not installed (libvips-tools)")
    report.note(
        f"sharp {sharp}" if sharp else "sharp is not installed (npm install --no-save sharp)"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
