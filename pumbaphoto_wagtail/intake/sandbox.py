"""Limits of the worker that decodes: the queue's worker process is the sandbox."""

from __future__ import annotations

import multiprocessing
import os
import resource

from pumbaphoto_wagtail.conf import settings

# What numpy and LibRaw read when they are loaded. A thread for each core of a large machine would
# take more address space than the whole limit, and the workers are parallel already.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def limit_this_worker() -> None:
    """Bound the memory of a queue's worker, keep it to one thread, and forbid it core files.

    Does nothing outside of a worker (its processes are daemons), so that a command or a test that
    renders in its own process keeps its limits.
    """
    if not multiprocessing.current_process().daemon:
        return
    os.environ.update(ONE_THREAD)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wanted = settings.WORKER_MEMORY_BYTES
    if wanted:
        _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
