"""A photographer and a client, who work through whole shoots and write down what they were told.

Both speak to the site over HTTP alone and are patient: what fails is asked for again, as the upload
page and the gallery page do. The diary is written before they go on, and kept through a crash.
"""

from __future__ import annotations

import io
import json
import os
import random
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests
from django.db import DatabaseError, connections

from pumbaphoto_wagtail.models import (
    Delivery,
    Edit,
    EditStatus,
    FileMove,
    Gallery,
    Photo,
    Stage,
    StoredFile,
    UploadBatch,
)
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests import sending
from tests.sending import Sender

PATIENCE_SECONDS = 900
REQUEST_SECONDS = 60
COLD, HOT = "pumbaphoto_cold", "pumbaphoto_originals"


class Diary:
    """What people were told, a line each, on the disk before anybody goes on."""

    def __init__(self, path: Path) -> None:
        self.lines: list[dict[str, Any]] = []
        self._file = path.open("a")
        self._lock = threading.Lock()

    def note(self, what: str, **facts: Any) -> None:
        with self._lock:
            self.lines.append({"what": what, **facts})
            self._file.write(json.dumps(self.lines[-1]) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def counts(self) -> Counter[str]:
        with self._lock:
            return Counter(line["what"] for line in self.lines)


class Gate:
    """Closed, it lets nobody begin another step: a site comes to rest."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self._lock = threading.Lock()
        self._busy = 0

    def close(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def __enter__(self) -> None:
        while True:
            self._open.wait()
            with self._lock:
                if self._open.is_set():
                    self._busy += 1
                    return

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._busy -= 1

    @property
    def is_quiet(self) -> bool:
        with self._lock:
            return not self._busy


class OutOfPatience(AssertionError):
    """The site did not come back by itself."""


class Asking:
    """Requests that are repeated until the site answers them; ``answers`` counts what it said."""

    def __init__(self, address: str, answers: Counter[str]) -> None:
        self.address = address
        self.answers = answers
        self.session = requests.Session()

    def ask(self, method: str, path: str, *, wanted: range | set[int], **options: Any):
        """An answer with one of the statuses; others are asked again while there is patience."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            words = ""
            try:
                answer = self.session.request(
                    method,
                    self.address + path,
                    timeout=REQUEST_SECONDS,
                    allow_redirects=False,
                    **options,
                )
                words = str(answer.status_code)
                self.answers[words] += 1
                if answer.status_code in wanted:
                    return answer
                if answer.status_code < 500 and answer.status_code != 429:
                    raise AssertionError(f"{method} {path}: {words} {answer.text[:600]}")
            except requests.RequestException as error:
                words = type(error).__name__
                self.answers[words] += 1
            if time.monotonic() > deadline:
                raise OutOfPatience(f"{method} {path}: {words}")
            time.sleep(0.3)

    @property
    def token(self) -> str:
        return self.session.cookies["csrftoken"]


class PatientSender(Sender):
    """A computer of the photographer's that announces again what was not answered."""

    def __init__(self, pages: Asking, uploads_address: str) -> None:
        self.address = uploads_address
        self.session = pages.session
        self.pages = pages

    def _post_manifest(self, gallery, rows, purpose):
        uploads = Asking(self.address, self.pages.answers)
        answer = uploads.ask(
            "POST",
            f"/galleries/uploads/{gallery.uuid}/batches/",
            wanted={201},
            json={"purpose": purpose, "files": rows},
            headers=self.headers,
        )
        return answer.json()


def log_in(pages: Asking, username: str = "maria") -> None:
    pages.ask("GET", "/admin/login/", wanted={200})
    form = {"username": username, "password": "password", "csrfmiddlewaretoken": pages.token}
    pages.ask("POST", "/admin/login/", wanted={302}, data=form)
    assert "sessionid" in pages.session.cookies


class Shoot:
    """One gallery's life; ``live`` goes through all of it, a step at a time through the gate."""

    def __init__(
        self,
        site,
        facts: dict[str, str],
        *,
        uploads_address: str,
        diary: Diary,
        gate: Gate,
        dice: random.Random,
        answers: Counter[str],
    ) -> None:
        self.site, self.facts, self.gate, self.dice = site, facts, gate, dice
        self.diary = diary
        self.uuid = facts["gallery"]
        self.pages = Asking(site.address, answers)
        self.phone = Asking(site.address, answers)
        self.uploads_address = uploads_address

    def live(self) -> None:
        try:
            for step in (
                lambda: log_in(self.pages),
                self.upload,
                self.show,
                self.choose,
                self.send_selection,
                self.upload_edits,
                self.deliver,
                self.download,
                self.archive,
                self.restore,
                self.download,
            ):
                with self.gate:
                    step()
            self.diary.note("done", gallery=self.uuid)
        finally:
            connections[self.site.alias].close()

    # --- The database, as a judge sees it

    def until(self, question: Callable[[], Any], what: str) -> Any:
        """The first true answer of the database, which may be away for a while."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (answer := patiently(self.site, question)):
            if time.monotonic() > deadline:
                raise OutOfPatience(f"gallery {self.uuid}: {what}\n{self._state()}")
            time.sleep(0.3)
        return answer

    def rows(self, model):
        return self.site.rows(model)

    def _files(self):
        return self.rows(StoredFile).filter(uploads__batch__gallery__uuid=self.uuid).distinct()

    def _state(self) -> str:
        files = [(f.original_name, f.stage, f.storage, f.reason) for f in self._files()]
        return f"{self.rows(Gallery).get(uuid=self.uuid).state} {files}"

    # --- The photographer

    def _send(self, files: dict[str, bytes], purpose: str) -> dict:
        gallery = SimpleNamespace(uuid=self.uuid)
        sender = PatientSender(self.pages, self.uploads_address)
        ledger = sender.send(gallery, files, purpose=purpose, lanes=2, chunk_bytes=6000)
        assert not ledger.refused, ledger.refused
        assert ledger.acknowledged.keys() == files.keys()
        for name, digest in ledger.acknowledged.items():
            self.diary.note(purpose, gallery=self.uuid, name=name, sha256=digest)
        return ledger.batch

    def upload(self) -> None:
        self.names = [f"IMG_{number:04d}.jpg" for number in range(self.dice.randint(3, 6))]
        files = {name: jpeg_bytes(320, 200) for name in self.names}
        self._send(files, "original")
        self.until(
            lambda: (
                self.rows(Photo).filter(gallery__uuid=self.uuid).count() == len(files)
                and self._files().filter(stage=Stage.READY).count() == len(files)
            ),
            "the photographs to be ready",
        )

    def show(self) -> None:
        """Who holds a link sees later photographs when they are shown, and is told by e-mail."""
        form = {"csrfmiddlewaretoken": self.pages.token, "tell": "on"}
        self.pages.ask("POST", self._admin("show/"), wanted={302}, data=form)
        self.diary.note("shown", gallery=self.uuid)

    def upload_edits(self) -> None:
        edits = {name.replace(".jpg", "_edit.jpg"): jpeg_bytes(330, 210) for name in self.hearts}
        self.edits = edits
        self._send(edits, "edit")
        matched = {EditStatus.MATCHED}
        self.until(
            lambda: (
                self.rows(Edit).filter(gallery__uuid=self.uuid, status__in=matched).count()
                == len(edits)
                and not self.rows(UploadBatch)
                .filter(gallery__uuid=self.uuid, uploads__stored_file__isnull=False)
                .filter(settled_at=None)
                .exists()
            ),
            "the edits to be matched",
        )

    def _press(self, path: str, state: str, reached: str, **form: str) -> None:
        """Press a button until the gallery is where it leads."""
        while patiently(self.site, self._gallery).state != reached:
            form |= {"csrfmiddlewaretoken": self.pages.token, "state": state}
            self.pages.ask("POST", path, wanted={302, 409}, data=form)
        self.diary.note("step", gallery=self.uuid, to=reached)

    def _gallery(self) -> Gallery:
        return self.rows(Gallery).get(uuid=self.uuid)

    def deliver(self) -> None:
        self._press(self._admin("delivery/"), "editing", "delivered")
        deliveries = self.rows(Delivery).filter(gallery__uuid=self.uuid)
        assert patiently(self.site, deliveries.count) == 1

    def archive(self) -> None:
        self._press(self._admin("steps/archive/"), "delivered", "archived")
        self.until(lambda: self._lie_on(COLD), "the originals to be cold")

    def restore(self) -> None:
        self._press(self._admin("steps/restore/"), "archived", "delivered")
        self.until(lambda: self._lie_on(HOT), "the originals to be back")

    def _lie_on(self, alias: str) -> bool:
        photos = self.rows(StoredFile).filter(photo_files__photo__gallery__uuid=self.uuid)
        are_there = set(photos.values_list("storage", flat=True)) == {alias}
        moves = self.rows(FileMove).filter(stored_file__in=photos)
        return are_there and not moves.exists()

    def _admin(self, path: str) -> str:
        return f"/admin/pumbaphoto/galleries/{self.uuid}/{path}"

    # --- The client

    def choose(self) -> None:
        self.phone.ask("GET", f"/galleries/s/{self.facts['token']}", wanted={303})
        page = self.facts["page"]
        self.phone.ask("GET", page, wanted={200})
        feed = self.phone.ask("GET", f"{page}photos/?page=1", wanted={200}).json()
        tiles = {tile["name"]: tile["uuid"] for tile in feed["photos"]}
        assert set(tiles) == set(self.names), tiles
        self.phone.ask("GET", feed["photos"][0]["grid"]["url"], wanted={200})
        self.hearts = sorted(self.dice.sample(self.names, 2))
        for name in self.hearts:
            act = {"id": name, "photo": tiles[name], "on": True}
            body = {"round": 1, "list": "to_edit", "acts": [act]}
            answer = self._post("acts/", body, {200})
            assert not answer.json()["refused"]
            self.diary.note("heart", gallery=self.uuid, name=name)
            words = {"id": f"{name}-words", "photo": tiles[name], "words": f"Warmer, {name}"}
            self._post("acts/", {**body, "acts": [words]}, {200})
            self.diary.note("note", gallery=self.uuid, name=name, words=f"Warmer, {name}")

    def send_selection(self) -> None:
        # Sent again after a lost answer, it was sent already.
        self._post("send/", {}, {200, 409})
        state = patiently(self.site, self._gallery).state
        assert state == "submitted", state
        self.diary.note("sent", gallery=self.uuid)

    def _post(self, path: str, body: dict, wanted: set[int]):
        headers = {"X-CSRFToken": self.phone.token}
        address = f"/galleries/picks/{self.uuid}/{path}"
        return self.phone.ask("POST", address, wanted=wanted, json=body, headers=headers)

    def download(self) -> None:
        """The ZIP, until it is whole: a cut one is seen by its length."""
        address = f"/galleries/download/gallery/{self.uuid}"
        wanted = {sha256(content).hexdigest() for content in self.edits.values()}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.phone.ask("GET", address, wanted={200})
            with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
                found = {
                    sha256(archive.read(name)).hexdigest()
                    for name in archive.namelist()
                    if name.endswith(".jpg")
                }
                names = archive.namelist()
            assert found <= wanted, names
            if found == wanted:
                break
            # One that lacks a file says so in words.
            assert any("READ ME" in name for name in names), names
            assert time.monotonic() < deadline, names
            time.sleep(0.5)
        self.diary.note("zip", gallery=self.uuid)


def patiently(site, question: Callable[[], Any]) -> Any:
    """Ask the database until it answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return question()
        except DatabaseError:
            connections[site.alias].close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


sending.GIVE_UP_SECONDS = PATIENCE_SECONDS
