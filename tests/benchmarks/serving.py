"""Thumbnails that everybody may see, in each of the ways they can be sent, in one run.

From the published tree by nginx alone; by nginx after the site has said yes (X-Accel-Redirect);
and by the site itself. The same files, the same nginx and gunicorn as shipped, the same wrk on the
same machine, in turns. ``python -m tests.benchmarks.serving plant`` fills the site.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

PHOTOS, PICTURE_BYTES = 60, 20_000
WRK_SECONDS, CONNECTIONS = 4, 16
PUBLISHED, ACCELERATED, STREAMED = "published tree", "X-Accel-Redirect", "Django streams"
SCRIPT = """
local paths = { %s }
local place = 0
request = function()
  place = place %% #paths + 1
  return wrk.format("GET", paths[place])
end
"""


def report_serving(rounds: int) -> None:
    """Requests a second of each way, the middle of some rounds."""
    from tests.benchmarks import report

    report.heading(f"{PHOTOS} thumbnails of {PICTURE_BYTES // 1000} KB, {rounds} rounds in turns")
    if shutil.which("wrk") is None:
        report.note("wrk is not installed")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fronts, paths = _fronts(stack)
        found: dict[str, list[float]] = {way: [] for way in fronts}
        order = [*fronts] * rounds
        random.Random(1).shuffle(order)
        for way in order:
            found[way].append(_speed(fronts[way], paths[way], folder))
    speeds = {way: statistics.median(each) for way, each in found.items()}
    slowest = speeds[STREAMED]
    report.table(
        ("way", "requests/s", "x Django"),
        [(way, f"{speed:,.0f}", f"{speed / slowest:.1f}") for way, speed in speeds.items()],
    )
    report.goal("published tree, x X-Accel-Redirect", speeds[PUBLISHED] / speeds[ACCELERATED], 3)
    report.goal("X-Accel-Redirect, x Django", speeds[ACCELERATED] / slowest, 0.9)


def _fronts(stack: ExitStack) -> tuple[dict, dict[str, list[str]]]:
    """nginx for each way, and the addresses to ask there."""
    from tests.live import live_site
    from tests.uploads.servers import Front

    site = stack.enter_context(
        live_site(X_ACCEL_PREFIX="/protected/", PUBLISHED_STORAGE="pumbaphoto_published")
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.serving", "plant"],
        env=site.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    published = json.loads(done.stdout.splitlines()[-1])
    asked = [_private(address) for address in published]
    plain = stack.enter_context(Front(site))
    site.package["X_ACCEL_PREFIX"] = ""
    naive = stack.enter_context(Front(site))
    fronts = {PUBLISHED: plain, ACCELERATED: plain, STREAMED: naive}
    return fronts, {PUBLISHED: published, ACCELERATED: asked, STREAMED: asked}


def _private(address: str) -> str:
    """Where the site is asked for the same picture."""
    photo, tier, name = re.search(
        r"/([0-9a-f-]{36})-([a-z]+)-([0-9a-f]{16}\.jpg)$", address
    ).groups()
    return f"/galleries/media/photo/{photo}/{tier}/{name}"


def _speed(front, paths: list[str], folder: Path) -> float:
    script = folder / "paths.lua"
    script.write_text(SCRIPT % ", ".join(f'"{path}"' for path in paths))
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{WRK_SECONDS}s", "-s", str(script)]
    done = subprocess.run([*command, front.address], check=True, capture_output=True, text=True)
    if "Non-2xx" in done.stdout:
        raise AssertionError(done.stdout)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1))


def plant() -> list[str]:
    """A public gallery, published; the addresses of its thumbnails."""
    from pumbaphoto_wagtail import published, testing
    from pumbaphoto_wagtail.access import Viewer
    from pumbaphoto_wagtail.models import Gallery
    from pumbaphoto_wagtail.proofing.pictures import photo_pictures

    gallery = Gallery.objects.get(title="Two days")
    testing.make_page(gallery)
    testing.make_policy(gallery=gallery)
    chance = random.Random(3)
    for _ in range(PHOTOS):
        photo = testing.make_photo(gallery, is_rendered=False)
        content = testing.jpeg_bytes(300, 200)
        content += chance.randbytes(PICTURE_BYTES - len(content))
        for tier in ("grid", "view", "display"):
            testing.make_rendition(photo.picture, tier, content=content, width=300, height=200)
    assert published.settle(gallery.pk)
    gallery.refresh_from_db()
    return [photo_pictures(photo, Viewer()).grid.url for photo in gallery.photos.all()]


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    if sys.argv[1:] == ["plant"]:
        print(json.dumps(plant()))
        return
    report_serving(int(os.environ.get("BENCH_ROUNDS", 3)))
    if results := os.environ.get("BENCH_RESULTS"):
        from tests.benchmarks import report

        report.save_goals(Path(results))


if __name__ == "__main__":
    main()
