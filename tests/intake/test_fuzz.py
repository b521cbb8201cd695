"""A bad file harms only itself: thousands of damaged ones, and what becomes of them.

``FUZZ_FILES`` says how many (``make fuzz`` takes 20,000), ``FUZZ_SEED`` which ones. A trouble names
its file's number; ``tests.intake.damage.damaged(number, seed)`` makes the file again.
"""

import os
import time

import pytest

from pumbaphoto_wagtail.intake.formats import FORMATS
from tests.intake.damage import damaged
from tests.intake.fuzzing import ENDINGS, run, take_in

# One run of the damaged files for all tests.
pytestmark = pytest.mark.xdist_group("fuzz")

FILES = int(os.environ.get("FUZZ_FILES", 1200))
MOST_BYTES = 1536 * 1024**2


@pytest.fixture(scope="module")
def report():
    return run(take_in, FILES, workers=2)


def test_every_damaged_file_is_refused_fails_with_a_reason_or_is_shown(report):
    assert report.troubles == []
    assert sum(report.endings.values()) == FILES
    assert report.peak_bytes < MOST_BYTES


def test_damage_is_of_every_kind_and_lets_most_files_through(report):
    assert {ending for ending, _format in report.endings} == set(ENDINGS)
    # Most files must get past the check of their type, or nothing is said about the decoders.
    past_check = {key: n for key, n in report.endings.items() if key[0] != "refused"}
    assert {format for _ending, format in past_check} == set(FORMATS)
    assert sum(past_check.values()) > FILES / 2


def test_a_number_always_means_the_same_damage():
    assert damaged(7, 1) == damaged(7, 1)
    assert damaged(7, 1) != damaged(7, 2)


def dies(number):
    if number == 1:
        os.abort()
    return "ready jpeg"


def hangs(number):
    time.sleep(60 if number == 1 else 0)
    return "ready jpeg"


def raises(number):
    if number == 1:
        raise ValueError("of the decoder")
    return "ready jpeg"


def eats(number):
    return f"ready {len(bytearray(4 * 1024**3))}" if number == 1 else "ready jpeg"


def troubles(job):
    report = run(job, 3, workers=1, seconds=20 if job is not hangs else 5)
    assert report.endings == {("ready", "jpeg"): 2}
    (trouble,) = report.troubles
    assert trouble.startswith("file 1: ")
    return trouble


def test_a_dead_worker_is_noticed_and_replaced():
    assert "died" in troubles(dies)


def test_a_busy_worker_is_noticed_and_replaced():
    assert "still busy" in troubles(hangs)


def test_another_exception_is_noticed():
    assert "ValueError: of the decoder" in troubles(raises)


def test_memory_beyond_a_workers_limit_is_noticed():
    assert "MemoryError" in troubles(eats)
