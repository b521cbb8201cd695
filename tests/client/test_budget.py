"""What a client's telephone has to fetch, and what a page costs the database."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

import pytest

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.renditions import render
from tests.live import ROOT, live_site
from tests.samples import sample_path

KILOBYTE = 1000
FIRST_SCREEN = 250 * KILOBYTE
MOST_STATEMENTS = 15
KINDS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".tif": "tiff"}


@pytest.fixture(scope="module")
def measured(django_db_setup, django_db_blocker):
    """The example studio's page for the holder of a link, with the site's own middleware."""
    with django_db_blocker.unblock(), live_site() as site:
        done = subprocess.run(
            [sys.executable, "-m", "tests.client.measure_page"],
            cwd=ROOT,
            env=site.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield json.loads(done.stdout.splitlines()[-1])


@pytest.mark.xdist_group("live")
def test_the_first_screen_is_under_250_kilobytes_compressed(measured):
    sizes = measured["bytes"]
    kinds = {name.rpartition(".")[2] for name in sizes}

    assert {"page", "css", "js"} <= kinds, sizes
    assert sum(sizes.values()) < FIRST_SCREEN, sizes


@pytest.mark.xdist_group("live")
def test_m78_a_page_asks_the_database_little_and_as_much_for_ten_photos_as_for_a_thousand(measured):
    few, many = measured["statements"].values()

    assert len(few) == len(many), "\n".join(sql[:300] for sql in [*few, *many])
    assert len(many) <= MOST_STATEMENTS, "\n".join(sql[:300] for sql in many)


@pytest.mark.xdist_group("live")
def test_hearts_new_photos_and_a_finished_section_cost_no_more(measured):
    busiest = measured["busiest"]

    assert len(busiest) <= MOST_STATEMENTS, "\n".join(sql[:300] for sql in busiest)


@pytest.mark.samples
def test_f4_pictures_of_the_sample_photographs_are_light():
    folder = sample_path("good")
    sizes: dict[str, list[int]] = {"grid": [], "view": []}
    # One card's photographs, and none of the small test pictures beside them.
    for path in sorted((folder / "gallery").rglob("*")):
        if path.suffix.lower() not in KINDS:
            continue
        with path.open("rb") as source:
            made = render(
                source,
                FORMATS[KINDS[path.suffix.lower()]],
                DEFAULTS["TIERS"],
                max_pixels=DEFAULTS["MAX_PIXELS"],
            )
        for rendition in made.renditions:
            if rendition.tier in sizes and rendition.format == "jpeg":
                sizes[rendition.tier].append(len(rendition.data))

    assert len(sizes["grid"]) > 30
    assert statistics.mean(sizes["grid"]) < 30 * KILOBYTE
    assert statistics.mean(sizes["view"]) < 100 * KILOBYTE
