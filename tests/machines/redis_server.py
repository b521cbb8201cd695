"""A Redis of the tests' own."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.live import free_port

START_SECONDS = 30


class RedisServer:
    """``options`` are what ``Q_CLUSTER["redis"]`` has to be to reach it.

    Nothing is tried again, so that a request does not wait for a queue that is away.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address, self.port = address, free_port()
        self.options = {"host": address, "port": self.port, "retry": None}
        self._process: subprocess.Popen | None = None

    def client(self):
        import redis

        return redis.Redis(**self.options)

    def start(self) -> None:
        """Start it, empty: what was queued before is lost."""
        self._process = subprocess.Popen(
            [
                *("redis-server", "--port", str(self.port), "--bind", self.address),
                *("--save", "", "--appendonly", "no", "--protected-mode", "no"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(Exception):
                if self.client().ping():
                    return
            time.sleep(0.05)
        raise TimeoutError("redis-server did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running_redis(address: str = "127.0.0.1") -> Iterator[RedisServer]:
    server = RedisServer(address)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running Redis; skips where there is none to run."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    pytest.importorskip("redis", reason="redis is not installed")
    with running_redis() as server:
        yield server
