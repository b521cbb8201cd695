"""A process such as the queue's workers are: fresh, a daemon, with nothing loaded before it."""

from __future__ import annotations

import io
import multiprocessing
import os
import resource
from pathlib import Path

START_SECONDS = 120


def in_a_worker(work, *arguments, spare_bytes=None, **overrides):
    """What ``work``, a function of this module, returns in such a process.

    ``overrides`` go into PUMBAPHOTO; with ``spare_bytes`` its memory is limited to what it has
    already and so much more.
    """
    # Not forked: a copy of a test's process has its threads' locks, and not its threads.
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(
        target=_run, args=(sending, work, arguments, spare_bytes, overrides), daemon=True
    )
    process.start()
    # So that a worker that dies ends the waiting.
    sending.close()
    assert receiving.poll(START_SECONDS), "the worker said nothing"
    result = receiving.recv()
    process.join()
    return result


def _run(sending, work, arguments, spare_bytes, overrides) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django
    from django.conf import settings

    django.setup()
    from pumbaphoto_wagtail.intake import renditions  # noqa: F401
    from pumbaphoto_wagtail.intake.sandbox import limit_this_worker

    if spare_bytes is not None:
        overrides["WORKER_MEMORY_BYTES"] = _address_space() + spare_bytes
    settings.PUMBAPHOTO = overrides
    try:
        limit_this_worker()
        sending.send(work(*arguments))
    except BaseException as error:
        sending.send(repr(error))
        raise


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def limits() -> dict:
    return {
        "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
        "blas": os.environ.get("OPENBLAS_NUM_THREADS"),
        "openmp": os.environ.get("OMP_NUM_THREADS"),
    }


def render_one_after_the_other(large: bytes, small: bytes, format: str = "png") -> tuple[str, int]:
    """Why the first failed, if it did, and how wide the second, a JPEG, became all the same."""
    from pumbaphoto_wagtail.conf import DEFAULTS
    from pumbaphoto_wagtail.exceptions import RenderFailed
    from pumbaphoto_wagtail.intake.formats import FORMATS
    from pumbaphoto_wagtail.intake.renditions import render

    words = ""
    tiers = DEFAULTS["TIERS"]
    try:
        render(io.BytesIO(large), FORMATS[format], tiers, max_pixels=DEFAULTS["MAX_PIXELS"])
    except RenderFailed as failure:
        words = str(failure)
    source = io.BytesIO(small)
    result = render(source, FORMATS["jpeg"], tiers, max_pixels=10**6, engine="pillow")
    return words, result.width


def render_raw(path: Path) -> list[int]:
    """The longer sides of a DNG's renditions."""
    from pumbaphoto_wagtail.conf import DEFAULTS
    from pumbaphoto_wagtail.intake.formats import FORMATS
    from pumbaphoto_wagtail.intake.renditions import render

    with path.open("rb") as source:
        result = render(source, FORMATS["dng"], DEFAULTS["TIERS"], max_pixels=10**8)
    return [max(made.width, made.height) for made in result.renditions]
