"""Memory of the worker that decodes: the queue's worker process is the sandbox."""

from __future__ import annotations

import ctypes
import errno
import mmap
import multiprocessing
import os
import resource
from functools import cache

from django.utils.translation import gettext as _

from pumbaphoto_wagtail.conf import MEBIBYTE, settings

# What numpy and LibRaw read when they are loaded. A thread for each core of a large machine would
# take more address space than the whole limit, and the workers are parallel already.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


# Names of glibc's malloc.h. Below these sizes memory is kept, a 45 MP photograph's largest piece
# among it; older versions know no threshold above 32 MiB.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 160 * MEBIBYTE
LARGEST_KEPT_BYTES = (64 * MEBIBYTE, 32 * MEBIBYTE)


@cache
def keep_memory() -> None:
    """Let this process keep one photograph's memory for the next one.

    Given back to the system and asked for again, it costs up to a fifth of a rendering: every page
    of it is cleared anew. Only glibc can be told.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
    any(mallopt(M_MMAP_THRESHOLD, size) for size in LARGEST_KEPT_BYTES)


def is_out_of_memory(error: Exception) -> bool:
    """Whether the worker's limit, and not the storage, stopped it."""
    is_refused_by_kernel = isinstance(error, OSError) and error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or is_refused_by_kernel


def too_little_memory() -> str:
    """Why a picture was given up that a worker's memory is too small for."""
    return _("This picture needs more memory than the server allows.")


def has_room_for(size: int) -> bool:
    """Whether this process could take so many bytes more, without taking them."""
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, MemoryError):
        return False
    return True


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
