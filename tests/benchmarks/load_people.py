"""The people of ``make load``: clients who look, photographers who upload, people who download."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import resource
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.benchmarks.client_load import PICTURE_LANES, Client, Measured
from tests.uploads.photographer import Photographer

if TYPE_CHECKING:
    from tests.uploads.servers import Front

# One looks at a screenful of photographs for a while, and now and then opens one.
PAUSE_SECONDS = (2, 6)
SCREEN_TILES = 20
PAGE_TILES = 60
OPENED, HEARTS = 3, 1
DOWNLOAD_BLOCK = 256 * 1024
CHUNK_BYTES = 8 * 1024 * 1024


class Evening:
    """How long it lasts, and what became of everybody's requests."""

    def __init__(self, seconds: float) -> None:
        self.measured = Measured()
        self.seconds = seconds
        self.began = time.monotonic()
        self.sent = self.files = self.downloaded = self.cut_short = 0
        self.rates: list[float] = []
        self.lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.began + self.seconds

    def spend(self, person, after_seconds: float) -> None:
        time.sleep(after_seconds)
        try:
            person.spend(self)
        except Exception as error:
            with self.lock:
                self.measured.errors.append(f"{type(person).__name__} gave up: {error!r}")

    @staticmethod
    def own_seconds() -> float:
        """Processor time of this process so far, which is the people's."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime


class Visitor(Client):
    """A client with a link, who scrolls, opens photographs and gives hearts until it is late."""

    def __init__(
        self, address: str, number: int, token: str, uuid: str, chance: random.Random
    ) -> None:
        super().__init__(address, number, token, Measured())
        self.uuid = uuid
        self.chance = chance
        self.acts = 0

    def spend(self, evening: Evening) -> None:
        self.measured = evening.measured
        page = self.enter()
        while not evening.is_over:
            _response, content = self.ask("page", page)
            assert b"pumba" in content
            for number in range(1, 5):
                if evening.is_over:
                    return
                self._look_at_part(page, number, evening)

    def _look_at_part(self, page: str, number: int, evening: Evening) -> None:
        _response, content = self.ask("part of the wall", f"{page}photos/?page={number}")
        tiles = json.loads(content)["photos"]
        for first in range(0, PAGE_TILES, SCREEN_TILES):
            if evening.is_over:
                return
            self._look_at(tiles[first : first + SCREEN_TILES])
            time.sleep(self.chance.uniform(*PAUSE_SECONDS))

    def _look_at(self, tiles: list[dict]) -> None:
        with ThreadPoolExecutor(PICTURE_LANES) as lanes:
            [*lanes.map(lambda tile: self.ask("thumbnail", tile["grid"]["url"]), tiles)]
        for tile in self.chance.sample(tiles, OPENED):
            self.ask("opened photo", tile["display"]["url"])
        for tile in self.chance.sample(tiles, HEARTS):
            self.acts += 1
            act = {"id": str(self.acts), "photo": tile["uuid"], "on": True}
            body = {"round": 1, "list": "to_edit", "known": "", "acts": [act]}
            self.ask("heart", f"/galleries/picks/{self.uuid}/acts/", body=body)


class Uploader:
    """A photographer who sends photographs one after the other, as fast as their line is."""

    def __init__(
        self, front: Front, gallery: dict, photographs: list[Path], bytes_per_second: float
    ) -> None:
        self.front = front
        self.gallery = SimpleNamespace(uuid=gallery["uuid"])
        self.photographs = photographs
        self.bytes_per_second = bytes_per_second

    def spend(self, evening: Evening) -> None:
        photographer = Photographer(self.front.address, self.front.certificate)
        for number in itertools.count():
            if evening.is_over:
                return
            path = self.photographs[number % len(self.photographs)]
            # Behind a JPEG's end anything may stand: a photograph of its own each time.
            content = path.read_bytes() + f"{self.gallery.uuid} {number}".encode()
            began = time.monotonic()
            answer = photographer.send(self.gallery, content, f"IMG_{number:04d}.jpg", CHUNK_BYTES)
            taken = time.monotonic() - began
            evening.measured.note("upload of 9 MB", taken, answer.status_code, 204, 0)
            with evening.lock:
                evening.files += 1
                evening.sent += len(content)
            time.sleep(max(0, len(content) / self.bytes_per_second - taken))


class Downloader(Client):
    """Somebody who takes a ZIP at the speed of their line."""

    def __init__(self, address: str, number: int, download: dict, bytes_per_second: float) -> None:
        super().__init__(address, 300 + number, download["token"], Measured())
        self.path = download["address"]
        self.bytes_per_second = bytes_per_second

    def spend(self, evening: Evening) -> None:
        self.measured = evening.measured
        self.enter()
        while not evening.is_over:
            self._take(evening)

    def _take(self, evening: Evening) -> None:
        parts = urlsplit(self.origin)
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=120, context=_trusting(),
            source_address=(self.own_address, 0),
        )  # fmt: skip
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        began = time.monotonic()
        connection.request("GET", self.path, headers={"Cookie": cookies})
        response = connection.getresponse()
        self.measured.note("ZIP, first byte", time.monotonic() - began, response.status, 200, 0)
        total, wanted = 0, int(response.headers["Content-Length"])
        while block := response.read(DOWNLOAD_BLOCK):
            total += len(block)
            ahead = total / self.bytes_per_second - (time.monotonic() - began)
            if ahead > 0:
                time.sleep(ahead)
            if evening.is_over and total < wanted:
                break
        with evening.lock:
            evening.downloaded += total
            evening.rates.append(total / (time.monotonic() - began))
            if total < wanted and not evening.is_over:
                evening.cut_short += 1
                evening.measured.errors.append("ZIP: cut short")
        connection.close()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
