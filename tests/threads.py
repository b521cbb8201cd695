"""Many at once, each with a database connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection


def at_once(act: Callable[[], object], times: int = 20) -> list:
    """Do ``act`` so many times at the same moment; what each gave, or the exception it raised."""
    barrier = threading.Barrier(times)
    results = []

    def run() -> None:
        barrier.wait()
        try:
            results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
