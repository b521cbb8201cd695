"""Clients with a link each, all at once: what their browsers ask for, and how long it took.

Each comes from an address of its own (127.0.x.y), as clients do, keeps a few connections open as
browsers do, and asks for no picture twice.
"""

from __future__ import annotations

import gzip
import http.client
import json
import ssl
import statistics
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

PICTURE_LANES = 4
SECONDS = 60


@dataclass
class Measured:
    """What was asked for and how it went: seconds by kind, and what was not as it should be."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, taken: float, status: int, wanted: int, size: int) -> None:
        with self.lock:
            self.seconds[kind].append(taken)
            self.bytes += size
            if status != wanted:
                self.errors.append(f"{kind}: {status}")

    def quantile(self, kind: str, share: float) -> float:
        """The time within which this share of the requests was answered, in seconds."""
        taken = sorted(self.seconds[kind])
        return taken[min(len(taken) - 1, round(share * (len(taken) - 1)))] if taken else 0.0

    def middle(self, kind: str) -> float:
        return statistics.median(self.seconds[kind]) if self.seconds[kind] else 0.0

    def count(self, kind: str) -> int:
        return len(self.seconds[kind])


class Client:
    """One person's browser."""

    def __init__(self, address: str, number: int, token: str, measured: Measured) -> None:
        self.parts = urlsplit(address)
        self.origin = address
        self.token = token
        self.measured = measured
        self.own_address = f"127.0.{1 + number // 200}.{1 + number % 200}"
        self.cookies: dict[str, str] = {}
        self.state: dict = {}
        self.local = threading.local()
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def _connection(self) -> http.client.HTTPSConnection:
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPSConnection(
                self.parts.hostname,
                self.parts.port,
                timeout=SECONDS,
                context=self.context,
                source_address=(self.own_address, 0),
            )
        return self.local.connection

    def ask(
        self, kind: str, path: str, *, wanted: int = 200, body: dict | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept-Encoding": "gzip",
            "Referer": self.origin + "/",
        }
        if body is not None:
            headers |= {
                "Content-Type": "application/json",
                "X-CSRFToken": self.cookies.get("csrftoken", ""),
            }
        began = time.perf_counter()
        try:
            response, content = self._exchange(path, body, headers)
        except (OSError, http.client.HTTPException):
            # A kept connection that the server has closed meanwhile is opened anew, as in browsers.
            self.local.connection.close()
            response, content = self._exchange(path, body, headers)
        taken = time.perf_counter() - began
        self.measured.note(kind, taken, response.status, wanted, len(content))
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return response, content

    def _exchange(self, path: str, body: dict | None, headers: dict[str, str]):
        connection = self._connection()
        method = "GET" if body is None else "POST"
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, body=sent, headers=headers)
        response = connection.getresponse()
        content = response.read()
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return response, content

    def enter(self) -> str:
        """Open the share link; the path of the page that it leads to."""
        response, _content = self.ask("door", f"/galleries/s/{self.token}", wanted=303)
        return urlsplit(response.headers["Location"]).path

    def look(self, uuid: str, pages: int, amount: int) -> list[str]:
        """The page, the wall's parts as one scrolls, thumbnails, five hearts; their addresses."""
        page = self.enter()
        self.ask("page", page)
        tiles: list[dict] = []
        for number in range(1, pages + 1):
            _response, content = self.ask("feed", f"{page}photos/?page={number}")
            tiles += json.loads(content)["photos"]
        thumbnails = [tile["grid"]["url"] for tile in tiles][:amount]
        with ThreadPoolExecutor(PICTURE_LANES) as lanes:
            [*lanes.map(lambda url: self.ask("thumbnail", url), thumbnails)]
        for number, tile in enumerate(tiles[:5]):
            act = {"id": str(number), "photo": tile["uuid"], "on": True}
            body = {"round": 1, "list": "to_edit", "known": "", "acts": [act]}
            self.ask("heart", f"/galleries/picks/{uuid}/acts/", body=body)
        return thumbnails


def at_once(clients: list[Client], act) -> float:
    """Let every client do this at the same time; the seconds until the last was done."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as crowd:
        for client, done in [(client, crowd.submit(act, client)) for client in clients]:
            if error := done.exception():
                client.measured.errors.append(f"gave up: {type(error).__name__}")
    return time.perf_counter() - began
