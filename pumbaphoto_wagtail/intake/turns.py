"""A worker's turn with a received file: it is scanned and, where that was quick, rendered.

One task for each photograph and not two: the queue's own work is halved, the bytes are still in
memory when they are decoded, and the first photographs of 5,000 are ready in the first second and
not once the last one is scanned.
"""

from __future__ import annotations

import time

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.models import Stage

from .pipeline import render_file
from .scanning import scan_file

# A rendering is worth most of a task's time limit; after a longer scan it gets one of its own.
LONG_SCAN_SECONDS = 30


def scan_and_render(stored_file_id: int) -> None:
    """Take a received file as far as one turn goes. Done twice, it changes nothing."""
    started = time.monotonic()
    stage = scan_file(stored_file_id, wakes_rendering=False)
    if stage == Stage.CLEAN and time.monotonic() - started > LONG_SCAN_SECONDS:
        tasks.wake("render_file", stored_file_id)
    elif stage in (None, Stage.CLEAN):
        # None: a worker may have died after the scan, and this is the queue's second delivery.
        render_file(stored_file_id)
