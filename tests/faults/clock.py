"""A wrong clock for one process: everything of Django and of ours that asks what time it is."""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils import timezone


def put_wrong(seconds: float) -> None:
    """Be ahead by so many seconds from now on, or behind; waiting takes as long as ever."""
    right_now, right_time = timezone.now, time.time
    timezone.now = lambda: right_now() + timedelta(seconds=seconds)
    time.time = lambda: right_time() + seconds
