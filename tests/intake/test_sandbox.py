"""What a worker of the queue may take, and what becomes of a picture that needs more."""

import errno
import io
import resource

import pytest
from PIL import Image

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.intake import publishing, raw
from pumbaphoto_wagtail.intake.sandbox import limit_this_worker
from pumbaphoto_wagtail.models import Stage, StoredFile
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.samples import sample_path

from .worker_process import in_a_worker, limits, render_one_after_the_other, render_raw


def test_a_worker_is_limited_in_memory_threads_and_core_files():
    expected = {"memory": 2048 * MEBIBYTE, "core": 0, "blas": "1", "openmp": "1"}

    assert in_a_worker(limits) == expected


def test_no_limit_is_set_where_none_is_wanted():
    unlimited = resource.getrlimit(resource.RLIMIT_AS)[0]

    assert in_a_worker(limits, WORKER_MEMORY_BYTES=0)["memory"] == unlimited


def test_a_process_that_is_no_worker_keeps_its_limits():
    before = limits()
    limit_this_worker()

    assert limits() == before


def test_a_picture_too_large_for_a_worker_fails_in_words_and_the_next_is_rendered():
    large = io.BytesIO()
    Image.new("L", (16000, 14000)).save(large, "PNG")
    pictures = large.getvalue(), jpeg_bytes(900, 600)

    found = in_a_worker(render_one_after_the_other, *pictures, spare_bytes=150 * MEBIBYTE)

    assert found == ("This picture needs more memory than the server allows.", 900)


def test_a_layered_picture_too_large_for_a_worker_fails_in_words_and_is_not_taken_for_damaged():
    # Its layers alone take 300 MB.
    layered = io.BytesIO()
    Image.new("RGB", (10000, 5000), "#345").save(
        layered, "JPEG", progressive=True, subsampling="4:4:4", quality=50
    )
    pictures = layered.getvalue(), jpeg_bytes(900, 600)
    small, large = (
        in_a_worker(render_one_after_the_other, *pictures, "jpeg", spare_bytes=spare * MEBIBYTE)
        for spare in (400, 700)
    )

    assert small == ("This picture needs more memory than the server allows.", 900)
    assert large == ("", 900)


@pytest.mark.samples
def test_a_raw_is_developed_under_the_default_limit():
    if raw.load() is None:
        pytest.skip("rawpy is not installed")
    # Its preview is a stamp, so that the sensor's data have to be developed.
    path = sample_path("good/raw/apple_iphonese_JYBF8578.dng")

    assert in_a_worker(render_raw, path) == [300, 800, 2016]


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "no memory")])
def test_want_of_memory_is_counted_so_that_it_ends(scanned_shoot, arrivals, monkeypatch, error):
    def render(*_arguments, **_options):
        raise error

    monkeypatch.setattr(publishing, "render", render)
    arrivals({"IMG_1.jpg": jpeg_bytes()})
    for _attempt in range(3):
        arrivals.process()

    file = StoredFile.objects.get()
    assert file.stage == Stage.FAILED
    assert file.reason == "This picture needs more memory than the server allows."
