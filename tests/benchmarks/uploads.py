"""Upload over loopback, each chunk synchronised before it is acknowledged.

The server is gunicorn with threads, as production runs it; the client speaks tus over kept
connections, as a browser does. Beside it: the same chunks written to a file, and synchronised.
"""

from __future__ import annotations

import base64
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.models import Gallery
from tests.benchmarks import report
from tests.benchmarks.studio import new_gallery

MEGABYTE = 1_000_000
FILE_BYTES = 24 * 1024 * 1024
START_SECONDS = 30
LANES = (1, 4)


def report_uploads(files: int, rounds: int, log: Path) -> None:
    chunk = settings.CHUNK_BYTES
    report.heading(
        f"Upload of {files} files of {FILE_BYTES // 2**20} MiB in chunks of {chunk // 2**20} MiB"
    )
    gallery = new_gallery("Uploads")
    speeds = {"write and fsync": []} | {f"tus, lanes: {lanes}": [] for lanes in LANES}
    with _running_server(log) as port:
        uploader = Uploader(port, gallery)
        uploader.upload(uuid.uuid4().bytes)
        for _ in range(rounds):
            speeds["write and fsync"].append(_plain(files, chunk))
            for lanes in LANES:
                speeds[f"tus, lanes: {lanes}"].append(_through_server(uploader, files, lanes))
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    plain = medians["write and fsync"]
    report.table(
        ("way", "MB/s", "share of plain"),
        [(name, speed, speed / plain) for name, speed in medians.items()],
    )


class Uploader:
    """A logged-in photographer's browser."""

    def __init__(self, port: int, gallery: Gallery) -> None:
        self.port = port
        self.gallery = gallery
        browser = Client()
        browser.force_login(gallery.owner)
        session = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
        token = uuid.uuid4().hex
        self.headers = {
            "Cookie": f"{django_settings.SESSION_COOKIE_NAME}={session}; csrftoken={token}",
            "X-CSRFToken": token,
            "Tus-Resumable": "1.0.0",
        }

    def upload(self, content: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        name = base64.b64encode(f"{uuid.uuid4()}.jpg".encode()).decode()
        create = {"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
        address = reverse("pumbaphoto_wagtail:uploads", args=[self.gallery.uuid])
        location = self._ask(connection, "POST", address, 201, create)
        for offset in range(0, len(content), settings.CHUNK_BYTES):
            patch = {
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
            }
            chunk = content[offset : offset + settings.CHUNK_BYTES]
            self._ask(connection, "PATCH", location, 204, patch, chunk)
        connection.close()

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        address: str,
        expected: int,
        headers: dict[str, str],
        body: bytes = b"",
    ) -> str:
        connection.request(method, address, body, self.headers | headers)
        response = connection.getresponse()
        said = response.read()
        if response.status != expected:
            raise RuntimeError(f"{method} {address}: {response.status} {said[:200]!r}")
        return response.getheader("Location", "")


def _through_server(uploader: Uploader, files: int, lanes: int) -> float:
    contents = [os.urandom(FILE_BYTES) for _ in range(files)]
    started = time.perf_counter()
    with ThreadPoolExecutor(lanes) as pool:
        list(pool.map(uploader.upload, contents))
    return files * FILE_BYTES / MEGABYTE / (time.perf_counter() - started)


def _plain(files: int, chunk_bytes: int) -> float:
    content = os.urandom(FILE_BYTES)
    # On the volume that the uploads go to.
    with tempfile.TemporaryDirectory(dir=os.environ["PUMBAPHOTO_TEST_DATA"]) as directory:
        started = time.perf_counter()
        for number in range(files):
            with (Path(directory) / str(number)).open("wb", buffering=0) as file:
                for offset in range(0, len(content), chunk_bytes):
                    file.write(content[offset : offset + chunk_bytes])
                    os.fsync(file.fileno())
        return files * FILE_BYTES / MEGABYTE / (time.perf_counter() - started)


@contextmanager
def _running_server(log: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "django.core.wsgi:get_wsgi_application()"]
    options = ["--workers", "2", "--worker-class", "gthread", "--threads", "8"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *options, "--bind", f"127.0.0.1:{port}"], stdout=output, stderr=output
        )
        try:
            _await(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _await(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
