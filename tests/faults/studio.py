"""A studio at work on a live site, and what must be there when it rests."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter

from django.db import connections

from pumbaphoto_wagtail.models import (
    SETTLED_STAGES,
    Delivery,
    FileMove,
    Message,
    Pick,
    Selection,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from tests.faults.people import Diary, Gate, Shoot, patiently
from tests.live import ROOT

REST_SECONDS = 600
# Planted at once, whenever there are not enough for everybody to go on.
GALLERIES = 6
PACKAGE = {
    # Being killed is no fault of the file's, and here it happens to the same one often.
    "MAX_RENDER_ATTEMPTS": 50,
    "MAX_SCAN_ATTEMPTS": 100,
    "MAIL_RETRY_SECONDS": (1, 2, 4, *[8] * 60),
    "CLAMD_CONNECT_TIMEOUT_SECONDS": 2,
    "LEASE_SECONDS": 10,
}
# What programs may write when what they need is away; any other traceback is a finding.
EXPECTED_ERRORS = re.compile(
    r"OperationalError|InterfaceError|DatabaseError|StorageOffline|StorageFull|ScannerUnavailable"
    r"|BrokenPipeError|ConnectionRe|SMTP|TimeoutError|KeyboardInterrupt|SystemExit|EOFError"
    r"|IdleInTransaction|AdminShutdown|socket\.timeout|CalledProcessError"
)


class Studio:
    """Everybody at work; ``rest`` and ``go_on`` are lunch.

    Where it is ``hurried``, reconciling does not wait for its minute.
    """

    def __init__(
        self, site, diary: Diary, *, people: int, seed: int, is_hurried: bool = False
    ) -> None:
        self.site, self.diary = site, diary
        self.gate = Gate()
        self.answers: Counter[str] = Counter()
        self.errors: list[BaseException] = []
        self._is_closing = False
        self.people = people
        self.is_hurried = is_hurried
        self._dice = random.Random(seed + 1)
        self._waiting = self._plant(GALLERIES)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def _plant(self, amount: int) -> list[dict]:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.shoots", str(amount)],
            cwd=ROOT,
            env=self.site.environment,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        return json.loads(done.stdout.splitlines()[-1])

    def open(self) -> None:
        self._threads = [
            threading.Thread(target=self._work, daemon=True) for _ in range(self.people)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        try:
            while not self._is_closing:
                with self._lock:
                    if not self._waiting:
                        return
                    facts, seed = self._waiting.pop(), self._dice.random()
                Shoot(
                    self.site,
                    facts,
                    uploads_address=f"http://127.0.0.1:{self.site.uploads_port}",
                    diary=self.diary,
                    gate=self.gate,
                    dice=random.Random(seed),
                    answers=self.answers,
                ).live()
        except BaseException as error:
            traceback.print_exc()
            self.errors.append(error)

    def rest(self) -> float:
        """Nobody begins anything; how long it took until the site had nothing left to do."""
        began = time.monotonic()
        self.gate.close()
        self._until(lambda: self.gate.is_quiet, "people to come to the end of their step")
        self._until(lambda: patiently(self.site, self._is_idle), "the site to come to rest")
        assert not self.errors, self.errors
        return time.monotonic() - began

    def _until(self, condition, what: str) -> None:
        deadline = time.monotonic() + REST_SECONDS
        while not condition():
            assert not self.errors, self.errors
            assert time.monotonic() < deadline, f"waited for {what}\n{self._left()}"
            if self.is_hurried:
                self.site.manage("reconcile")
            time.sleep(0.5)

    def _left(self) -> dict:
        rows = self.site.rows
        files = rows(StoredFile).exclude(stage__in=SETTLED_STAGES)
        messages = rows(Message).filter(sent_at=None)
        return {
            "files": [*files.values_list("pk", "stage", "lease_until", "retry_at", "reason")],
            "moves": [*rows(FileMove).values_list("stored_file", "to_storage")],
            "messages": [
                *messages.values_list("pk", "kind", "attempts", "retry_at", "lease_until", "error")
            ],
            "batches": self._open_batches().count(),
            "last words": self.site.last_words()[-6000:],
        }

    def _open_batches(self):
        """Not those that nobody was told of: the answer was lost, and another was announced."""
        told = (UploadState.ANNOUNCED,)
        return (
            self.site.rows(UploadBatch)
            .filter(settled_at=None)
            .filter(uploads__in=self.site.rows(Upload).exclude(state__in=told))
            .distinct()
        )

    def _is_idle(self) -> bool:
        rows = self.site.rows
        return not (
            rows(StoredFile).exclude(stage__in=SETTLED_STAGES).exists()
            or rows(FileMove).exists()
            or rows(Message).filter(sent_at=None, failed_at=None).exists()
            or self._open_batches().exists()
        )

    def go_on(self) -> None:
        if len(self._waiting) < 2 * self.people:
            more = self._plant(GALLERIES)
            with self._lock:
                self._waiting += more
        self.gate.open()

    def close(self) -> None:
        """Whoever is in the middle of a shoot brings it to its end, undisturbed."""
        self._is_closing = True
        self.gate.open()
        self._until(lambda: not any(thread.is_alive() for thread in self._threads), "shoots to end")
        assert not self.errors, self.errors
        self._until(lambda: patiently(self.site, self._is_idle), "the site to come to rest")

    # --- What must be

    def check(self) -> None:
        self.site.manage("pumbaphoto_verify", "--strict")
        lines = [*self.diary.lines]
        self._check_files(lines)
        self._check_selections(lines)
        self._check_mail(lines)
        connections[self.site.alias].close()

    def _check_files(self, lines: list[dict]) -> None:
        wanted = Counter(
            (line["gallery"], line["sha256"])
            for line in lines
            if line["what"] in ("original", "edit")
        )
        stored = self.site.rows(StoredFile).exclude(stage=Stage.DELETED)
        found = Counter(
            (str(gallery), digest)
            for gallery, digest in stored.filter(uploads__isnull=False)
            .distinct()
            .values_list("uploads__batch__gallery__uuid", "sha256")
        )
        assert max(wanted.values(), default=1) == 1
        lacking = {key: 1 for key in wanted if found[key] != 1}
        assert not lacking, lacking
        digests = Counter(stored.values_list("sha256", flat=True))
        assert max(digests.values(), default=1) == 1, digests.most_common(3)
        stages = set(stored.values_list("stage", flat=True))
        assert stages <= {Stage.READY}, stages

    def _check_selections(self, lines: list[dict]) -> None:
        hearts = {(one["gallery"], one["name"]) for one in lines if one["what"] == "heart"}
        notes = {
            (one["gallery"], one["name"], one["words"]) for one in lines if one["what"] == "note"
        }
        picks = self.site.rows(Pick).select_related("photo", "photo__gallery")
        found = {(str(p.photo.gallery.uuid), p.photo.name) for p in picks if p.is_favourite}
        words = {(str(p.photo.gallery.uuid), p.photo.name, p.note) for p in picks if p.note}
        # What was not answered may have been done as well, by a step that is being tried again.
        assert hearts <= found, hearts - found
        assert notes <= words, notes - words
        sent = {line["gallery"] for line in lines if line["what"] == "sent"}
        submitted = self.site.rows(Selection).filter(submitted_at__isnull=False)
        said = [str(one) for one in submitted.values_list("share_link__gallery__uuid", flat=True)]
        assert sent <= set(said)
        assert len(said) == len(set(said))
        reached = {line["gallery"] for line in lines if line.get("to") == "delivered"}
        deliveries = [
            str(one) for one in self.site.rows(Delivery).values_list("gallery__uuid", flat=True)
        ]
        assert reached <= set(deliveries)
        assert len(deliveries) == len(set(deliveries))

    def _check_mail(self, lines: list[dict]) -> None:
        rows = self.site.rows(Message)
        assert not rows.filter(failed_at__isnull=False).exists()
        kinds = Counter(
            (str(gallery), kind) for gallery, kind in rows.values_list("gallery__uuid", "kind")
        )
        for line in lines:
            if line["what"] == "sent":
                for kind in ("submitted", "receipt"):
                    assert kinds[line["gallery"], kind] == 1, (line, kind)
            if line.get("to") == "delivered":
                assert kinds[line["gallery"], "delivered"] == 1, line
        names = Counter(message["Message-ID"] for message in self.site.mail.messages)
        assert len(names) == rows.filter(sent_at__isnull=False).count()
        assert sum(names.values()) - len(names) <= self.site.line.dropped + len(names) // 10

    def mail_figures(self) -> dict[str, int]:
        names = Counter(message["Message-ID"] for message in self.site.mail.messages)
        return {
            "messages": len(names),
            "came twice": sum(names.values()) - len(names),
            "answers lost on purpose": self.site.line.dropped,
        }


def odd_errors(site) -> Counter[str]:
    """The last lines of tracebacks in all logs that no misfortune explains."""
    found: Counter[str] = Counter()
    for path in (site.directory / "log").glob("*.log"):
        blocks = path.read_text(errors="replace").split("Traceback (most recent call last):\n")
        for block in blocks[1:]:
            # One that only led to the next is told by that.
            if block.rstrip().endswith(("another exception occurred:", "following exception:")):
                continue
            ends = [line for line in block.splitlines() if line and not line.startswith(" ")]
            last = ends[0] if ends else block[-300:]
            if not EXPECTED_ERRORS.search(last):
                found[f"{path.stem}: {last[:300]}"] += 1
    return found
