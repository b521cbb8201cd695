"""gunicorn's configuration for ``make load``: a shipped one, that also notes who held a thread.

Environment: LOAD_GUNICORN the shipped file, LOAD_THREADS the file for the notes, a line a request:
when a thread took it and when it was free again, in seconds of the machine's monotonic clock.
"""

import os
import threading
import time
from pathlib import Path

exec(compile(Path(os.environ["LOAD_GUNICORN"]).read_text(), os.environ["LOAD_GUNICORN"], "exec"))

_notes = os.open(os.environ["LOAD_THREADS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
_taken = threading.local()


def pre_request(worker, request) -> None:
    _taken.at = time.monotonic()


def post_request(worker, request, environ, response) -> None:
    os.write(_notes, f"{_taken.at:.4f} {time.monotonic():.4f}\n".encode())
