"""A whole shoot in one batch, while programs are killed and the session ends: everything settles.

``make soak`` sends 5,000 files on PostgreSQL, and prints how quick it was and what it took; fewer
than a thousand (SOAK_FILES=200) go to SQLite. The suite leaves it out; other drills are shorter.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from hashlib import sha256

import pytest
from django.contrib.sessions.models import Session
from django.db import connections

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.models import (
    FINAL_UPLOAD_STATES,
    Message,
    Photo,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from tests.faults.ledger import files_of, gallery_of, verify
from tests.faults.resident import Resident
from tests.faults.shooting import shoot
from tests.live import running_site
from tests.sending import Ledger, Sender

FILES = int(os.environ.get("SOAK_FILES", 0))
IS_LARGE = FILES > 1000

pytestmark = [
    pytest.mark.faults,
    pytest.mark.xdist_group("soak"),
    pytest.mark.skipif(not FILES, reason="takes minutes: make soak"),
]

LANES = 4
PAUSE_SECONDS = 15 if IS_LARGE else 3
SETTLE_SECONDS = 3600 if IS_LARGE else 90
# Where a small one is over before anything could go wrong, nothing is proved.
FAULTS = ("a web worker", "the session", "a worker", "the scanner", "the web server")

ENDINGS = {
    "photo": {Stage.READY},
    "raw": {Stage.READY, Stage.FAILED},
    "damaged": {Stage.READY, Stage.FAILED},
    "foreign": {Stage.FAILED},
    "noise": {Stage.FAILED},
    "infected": {Stage.INFECTED},
}


class PatientSender(Sender):
    """One that logs in again, as the upload page asks the photographer to, and goes on."""

    logins = 0
    _lock = threading.Lock()

    def _send_one(self, batch, row, path, content, chunk_bytes):
        breaks = 0
        while True:
            session = self.session
            status, more = super()._send_one(batch, row, path, content, chunk_bytes)
            breaks += more
            if status not in (401, 403):
                return status, breaks
            with self._lock:
                # The other lanes met the same answer, and go on with what the first one got.
                if self.session is session:
                    self.session = Sender(self.address).session
                    self.logins += 1


@pytest.fixture(scope="module")
def site(request, django_db_blocker):
    database = request.getfixturevalue("postgresql_server") if IS_LARGE else {}
    limits = {"LEASE_SECONDS": 30 if IS_LARGE else 5, "CLAMD_CONNECT_TIMEOUT_SECONDS": 2}
    with running_site(django_db_blocker, database, **limits) as site:
        site.start("second worker")
        yield site


def test_a_shoot_settles_whatever_is_killed_meanwhile(site):
    files = shoot(FILES)
    kinds = {path: kind for path, (kind, _content) in files.items()}
    contents = {path: content for path, (_kind, content) in files.items()}
    gallery, sender = gallery_of(site), PatientSender(site.address)
    outcome: dict[str, Ledger] = {}
    began = time.monotonic()
    with Resident(site, ("web", "worker", "second worker")) as resident:
        sending = threading.Thread(
            target=lambda: outcome.update(ledger=sender.send(gallery, contents, lanes=LANES))
        )
        sending.start()
        suffered = suffer(site, gallery, sending)
        sending.join()
        sent = time.monotonic() - began
        settle(site)
        settled = time.monotonic() - began

    ledger = outcome["ledger"]
    figures(site, files, sender, ledger, resident, sent, settled)
    assert suffered == list(FAULTS)
    assert sender.logins >= 1
    assert_it_adds_up(site, kinds)
    assert_each_is_where_it_belongs(site, gallery, kinds, ledger)
    assert site.rows(Message).filter(kind="upload_settled").count() == 1
    assert_nothing_gave_up(site)
    began = time.monotonic()
    verify(site)
    print(f"verified in {time.monotonic() - began:.1f} s")


def suffer(site, gallery, sending: threading.Thread) -> list[str]:
    """Do each harm when so much of the shoot has arrived; the names of those done."""
    arrived = files_of(site, gallery)
    done = []
    for number, name in enumerate(FAULTS, start=1):
        share = FILES * number // (len(FAULTS) + 2)
        site.wait_until(
            lambda share=share: arrived.count() >= share or not sending.is_alive(),
            seconds=SETTLE_SECONDS,
            what=f"{share} files",
        )
        HARM[name](site)
        done.append(name)
    return done


def kill_a_web_worker(site) -> None:
    _kill(site.descendants("web")[-1])


def end_the_session(site) -> None:
    site.rows(Session).all().delete()


def kill_a_worker(site) -> None:
    site.kill("worker")
    site.start("worker")


def stop_the_scanner(site) -> None:
    site.kill("clamd")
    time.sleep(PAUSE_SECONDS)
    site.start("clamd")


def kill_the_web_server(site) -> None:
    site.kill("web")
    site.start("web")


def _kill(pid: int) -> None:
    os.kill(pid, 9)


HARM = dict(
    zip(
        FAULTS,
        (
            kill_a_web_worker,
            end_the_session,
            kill_a_worker,
            stop_the_scanner,
            kill_the_web_server,
        ),
        strict=True,
    )
)


def settle(site) -> None:
    """The schedule of the slow cluster reconciles; a small shoot does not wait for its minute."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while site.rows(UploadBatch).filter(settled_at=None).exists():
        assert time.monotonic() < deadline, site.last_words()
        time.sleep(1)
        if not IS_LARGE:
            time.sleep(3)
            site.manage("reconcile")


# --- What must be --------------------------------------------------------------------------------


def assert_it_adds_up(site, kinds: dict[str, str]) -> None:
    states = Counter(site.rows(Upload).values_list("state", flat=True))
    wanted = Counter(kinds.values())
    assert sum(states[state] for state in FINAL_UPLOAD_STATES) == len(kinds)
    assert states[UploadState.ABANDONED] == 0
    assert states[UploadState.DUPLICATE] == wanted["twin"]
    refused = wanted["video"] + wanted["foreign"] + wanted["noise"]
    assert states[UploadState.REFUSED] >= refused


def assert_each_is_where_it_belongs(site, gallery, kinds, ledger: Ledger) -> None:
    uploads = {
        f"{upload.relative_path}/{upload.file_name}": upload
        for upload in site.rows(Upload).select_related("stored_file")
    }
    stored = Counter(site.rows(StoredFile).values_list("sha256", flat=True))
    for path, kind in kinds.items():
        if kind == "video":
            continue
        digest = ledger.acknowledged[path]
        assert stored[digest] == 1, (path, kind)
        if kind == "twin":
            continue
        file = uploads[path].stored_file
        assert file.stage in ENDINGS[kind], (path, kind, file.stage, file.reason)
        assert sha256(site.bytes_of(file.storage, file.name)).hexdigest() == digest
    ready = files_of(site, gallery).filter(stage=Stage.READY).distinct()
    assert site.rows(Photo).filter(gallery=gallery.pk).count() >= ready.count()


def assert_nothing_gave_up(site) -> None:
    assert "Traceback" not in site.log("web"), site.last_words()


def figures(site, files, sender, ledger, resident, sent: float, settled: float) -> None:
    megabytes = sum(len(content) for _kind, content in files.values()) / MEBIBYTE
    print(f"\n{len(files)} files, {megabytes:.0f} MiB, in {LANES} lanes")
    print(f"sent in {sent:.0f} s: {len(files) / sent:.1f} files/s, {megabytes / sent:.1f} MiB/s")
    print(f"settled in {settled:.0f} s: {len(files) / settled:.1f} files/s")
    print(f"taken up again {ledger.resumed} times, logged in again {sender.logins} times")
    for name, peak in resident.peaks.items():
        print(f"largest {name}: {peak / MEBIBYTE:.0f} MiB resident")
    for name, value in database_figures(site).items():
        print(f"{name}: {value}")
    print("stages:", dict(Counter(site.rows(StoredFile).values_list("stage", flat=True))))
    print("uploads:", dict(Counter(site.rows(Upload).values_list("state", flat=True))))


def database_figures(site) -> dict[str, str]:
    connection = connections[site.alias]
    if connection.vendor != "postgresql":
        size = (site.directory / "studio.sqlite3").stat().st_size
        return {"database": f"{size / MEBIBYTE:.1f} MiB"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(datname), xact_commit, xact_rollback, deadlocks"
            " FROM pg_stat_database WHERE datname = current_database()"
        )
        size, commits, rollbacks, deadlocks = cursor.fetchone()
    return {
        "database": f"{size / MEBIBYTE:.1f} MiB",
        "transactions a file": f"{commits / FILES:.0f}, {rollbacks} rolled back, "
        f"{deadlocks} deadlocks",
    }
