"""Hundreds of files over a line that fails a fifth of all requests, to a server killed on the way.

The client is tus-js-client in Node. ``make chaos`` runs it at full length, with 500 files on each
database; CHAOS_FILES and CHAOS_SEED change it by hand.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from hashlib import sha256

import pytest

from pumbaphoto_wagtail.models import StoredFile, Upload
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.faults.ledger import gallery_of, verify
from tests.live import live_site
from tests.uploads import node
from tests.uploads.photographer import Photographer
from tests.uploads.proxy import BadLine
from tests.uploads.servers import UploadServer

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

FILES = int(os.environ.get("CHAOS_FILES", "40"))
SEED = int(os.environ.get("CHAOS_SEED", "20260701"))
KILL_EVERY_SECONDS = 3
CHUNK_BYTES = 48 * 1024


def card_of(amount: int) -> dict[str, bytes]:
    """Small photographs, most of them of one chunk and some of several."""
    chance = random.Random(SEED)
    files = {}
    for number in range(amount):
        # Bytes after its end belong to a JPEG file as any others do.
        padding = chance.randrange(30_000) if chance.random() < 0.8 else chance.randrange(250_000)
        files[f"IMG_{number:04d}.jpg"] = jpeg_bytes() + chance.randbytes(padding)
    return files


@contextmanager
def killed_again_and_again(server: UploadServer):
    """Kill the workers every few seconds, and the whole service now and then; yields the times."""
    ended, kills = threading.Event(), []

    def kill() -> None:
        while not ended.wait(KILL_EVERY_SECONDS):
            kills.append(time.monotonic())
            if len(kills) % 4 == 0:
                server.program.kill()
                server.start()
                continue
            for worker in server.program.workers():
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield kills
    finally:
        ended.set()
        killer.join()


@pytest.fixture
def site(live_database, django_db_blocker):
    if not live_database and "CHAOS_FILES" not in os.environ:
        pytest.skip("on SQLite: make chaos")
    pytest.importorskip("gunicorn")
    with django_db_blocker.unblock(), live_site(live_database) as site:
        yield site


def test_every_file_arrives_whole_and_once_over_a_bad_line_to_a_server_that_is_killed(
    site, tmp_path
):
    gallery, files = gallery_of(site), card_of(FILES)
    node.write_files(tmp_path, files)
    with UploadServer(site) as server:
        maria = Photographer(server.address)
        metadata = node.announced(maria, gallery, files)
        began = time.monotonic()
        with BadLine(server.port, seed=SEED) as line, killed_again_and_again(server) as kills:
            outcome = node.send(
                maria,
                gallery,
                tmp_path,
                metadata,
                address=f"http://127.0.0.1:{line.port}",
                chunkSize=CHUNK_BYTES,
                lanes=4,
            )
        seconds = time.monotonic() - began
    print(
        f"{FILES} files in {seconds:.0f} s, {line.requests} requests, faults {dict(line.faults)}, "
        f"{len(kills)} kills, seed {SEED}"
    )

    assert outcome.failed == {}
    assert sum(line.faults.values()) > line.requests * 0.15
    assert kills
    assert outcome.acknowledged.keys() == files.keys()
    assert_each_is_stored_once(site, gallery, outcome.acknowledged)


def assert_each_is_stored_once(site, gallery, acknowledged: dict[str, str]) -> None:
    """What the client was told is true of the rows and of the bytes, and of nothing else."""
    uploads = site.rows(Upload).filter(batch__gallery=gallery.pk)
    assert Counter(uploads.values_list("state", flat=True)) == {"received": len(acknowledged)}
    stored = {file.original_name: file for file in site.rows(StoredFile)}
    assert site.rows(StoredFile).count() == len(stored)
    assert {name: file.sha256 for name, file in stored.items()} == acknowledged
    for file in stored.values():
        assert sha256(site.bytes_of(file.storage, file.name)).hexdigest() == file.sha256
    assert len([*site.volume("incoming").glob("*.part")]) == len(stored)
    verify(site)
