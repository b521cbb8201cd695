"""What a worker of the queue may take, and what becomes of a picture that needs more."""

import errno
import io
import multiprocessing
import os
import resource

import pytest
from PIL import Image

from pumbaphoto_wagtail.conf import DEFAULTS, MEBIBYTE
from pumbaphoto_wagtail.exceptions import RenderFailed
from pumbaphoto_wagtail.intake import pipeline, raw
from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.renditions import render
from pumbaphoto_wagtail.intake.sandbox import limit_this_worker
from pumbaphoto_wagtail.intake.scanning import _proof_key
from pumbaphoto_wagtail.models import Stage, StoredFile
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.samples import sample_path


def in_a_worker(function):
    """What ``function`` returns in a process such as the queue's workers are."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)

    def work():
        try:
            limit_this_worker()
            sending.send(function())
        except BaseException as error:
            sending.send(repr(error))
            raise

    process = context.Process(target=work, daemon=True)
    process.start()
    # So that a worker that dies ends the waiting.
    sending.close()
    assert receiving.poll(60), "the worker said nothing"
    result = receiving.recv()
    process.join()
    return result


def limits():
    return {
        "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
        "blas": os.environ.get("OPENBLAS_NUM_THREADS"),
        "openmp": os.environ.get("OMP_NUM_THREADS"),
    }


def test_a_worker_is_limited_in_memory_threads_and_core_files():
    expected = {"memory": 2048 * MEBIBYTE, "core": 0, "blas": "1", "openmp": "1"}

    assert in_a_worker(limits) == expected


def test_no_limit_is_set_where_none_is_wanted(settings):
    settings.PUMBAPHOTO = {"WORKER_MEMORY_BYTES": 0}

    assert in_a_worker(limits)["memory"] == resource.getrlimit(resource.RLIMIT_AS)[0]


def test_a_process_that_is_no_worker_keeps_its_limits():
    before = limits()
    limit_this_worker()

    assert limits() == before


def own_address_space() -> int:
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[0]) * resource.getpagesize()


def test_a_picture_too_large_for_a_worker_fails_in_words_and_the_next_is_rendered(settings):
    settings.PUMBAPHOTO = {"WORKER_MEMORY_BYTES": own_address_space() + 100 * MEBIBYTE}
    large = io.BytesIO()
    Image.new("L", (16000, 14000)).save(large, "PNG")

    def work():
        words = ""
        try:
            render(large, FORMATS["png"], DEFAULTS["TIERS"], max_pixels=DEFAULTS["MAX_PIXELS"])
        except RenderFailed as failure:
            words = str(failure)
        source = io.BytesIO(jpeg_bytes(900, 600))
        result = render(
            source, FORMATS["jpeg"], DEFAULTS["TIERS"], max_pixels=10**6, engine="pillow"
        )
        return words, result.width

    assert in_a_worker(work) == ("This picture needs more memory than the server allows.", 900)


@pytest.mark.samples
def test_a_raw_is_developed_under_the_default_limit():
    if raw.load() is None:
        pytest.skip("rawpy is not installed")
    # Its preview is a stamp, so that the sensor's data have to be developed.
    path = sample_path("good/raw/apple_iphonese_JYBF8578.dng")

    def work():
        with path.open("rb") as source:
            result = render(source, FORMATS["dng"], DEFAULTS["TIERS"], max_pixels=10**8)
        return [max(made.width, made.height) for made in result.renditions]

    assert in_a_worker(work) == [300, 800, 2016]


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "no memory")])
def test_want_of_memory_is_counted_so_that_it_ends(scanned_shoot, arrivals, monkeypatch, error):
    def render(*_arguments, **_options):
        raise error

    monkeypatch.setattr(pipeline, "render", render)
    arrivals({"IMG_1.jpg": jpeg_bytes()})
    for _attempt in range(3):
        arrivals.process()

    file = StoredFile.objects.get()
    assert file.stage == Stage.FAILED
    assert file.reason == "This picture needs more memory than the server allows."


def test_the_proof_of_a_scanner_is_known_to_all_processes():
    key = _proof_key("unix:/run/clamd.ctl", "ClamAV 1.4.3 27800")

    assert key.endswith(".c37e7a61e43aea2a69d6982a7fe5fa7299f5e426d20d1dda7d4a153259147d45")
