"""How many requests of one process may work on the photo storage at the same time.

A NAS that answers slowly, or not at all, holds the thread that asked it. Pages and questions about
offsets need no storage, and must find a thread that is free.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.exceptions import PumbaphotoError

# Long enough for a healthy storage to finish a chunk, short enough for whoever has to wait behind.
WAIT_SECONDS = 1


class StorageBusy(PumbaphotoError):
    """The photo storage is slow at the moment."""


@contextmanager
def storage_slot() -> Iterator[None]:
    """Hold one of ``STORAGE_REQUESTS`` places; raises StorageBusy if all stay taken."""
    places = _places(settings.STORAGE_REQUESTS)
    if not places.acquire(timeout=WAIT_SECONDS):
        raise StorageBusy
    try:
        yield
    finally:
        places.release()


@cache
def _places(amount: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(amount)
