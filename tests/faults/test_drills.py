"""What a site goes through in its years: each drill in a gallery of its own of one live site."""

import os
import signal
import threading
import time
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connections
from PIL import Image

from pumbaphoto_wagtail.models import Rendition, Stage, Upload
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.faults.ledger import (
    assert_each_is_ready_once,
    files_of,
    gallery_of,
    settle,
    shoot_of,
    stages,
    verify,
)
from tests.live import running_site
from tests.live_studio import GALLERIES
from tests.sending import Sender

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

MEBIBYTE = 2**20
# More than any worker has that does not hold the large picture of the last drill.
CONSPICUOUS_BYTES = 300 * MEBIBYTE


@pytest.fixture(scope="module")
def site(django_db_blocker):
    patience = {"CLAMD_CONNECT_TIMEOUT_SECONDS": 1, "CLAMD_SCAN_TIMEOUT_SECONDS": 1}
    with running_site(django_db_blocker, **patience) as site:
        yield site


def test_a_scanner_that_hangs_keeps_files_waiting_and_none_is_lost(site):
    gallery, files = gallery_of(site, GALLERIES[0]), shoot_of(6, width=300, height=200)
    site.signal("clamd", signal.SIGSTOP)
    ledger = Sender(site.address).send(gallery, files)
    waiting = files_of(site, gallery).filter(stage=Stage.WAITING)
    site.wait_until(lambda: waiting.count() == 6, what="files that wait for the scanner")

    assert not site.rows(Rendition).exists()
    site.signal("clamd", signal.SIGCONT)
    settle(site)
    assert_each_is_ready_once(site, gallery, files, ledger.acknowledged)


def test_a_lost_queue_is_refilled_by_reconciling(site):
    gallery, files = gallery_of(site, GALLERIES[1]), shoot_of(6, width=300, height=200)
    site.kill("worker")
    ledger = Sender(site.address).send(gallery, files)
    with connections[site.alias].cursor() as cursor:
        cursor.execute("DELETE FROM django_q_ormq")
    site.start("worker")
    time.sleep(2)
    assert stages(site, gallery) == {Stage.RECEIVED: 6}

    settle(site)
    assert_each_is_ready_once(site, gallery, files, ledger.acknowledged)


def test_a_file_arrives_whole_through_web_servers_that_are_killed_again_and_again(site):
    gallery = gallery_of(site, GALLERIES[2])
    # Bytes after its end belong to a JPEG file as any others do.
    padding = b"".join(sha256(b"%d" % number).digest() for number in range(40 * MEBIBYTE // 32))
    files = {"IMG_0001.jpg": jpeg_bytes(400, 300) + padding}
    sender, result = Sender(site.address), {}
    sending = threading.Thread(
        target=lambda: result.update(ledger=sender.send(gallery, files, lanes=1))
    )
    offsets = (
        site.rows(Upload)
        .filter(batch__gallery=gallery.pk, durable_offset__gt=0)
        .values_list("durable_offset", flat=True)
    )
    sending.start()
    site.wait_until(offsets.first, what="the first bytes")
    kills = 0
    while sending.is_alive() and kills < 4:
        for worker in site.descendants("web"):
            os.kill(worker, signal.SIGKILL)
        if kills == 2:
            site.kill("web")
            site.start("web")
        kills += 1
        before = offsets.get()
        site.wait_until(
            lambda before=before: not sending.is_alive() or offsets.get() >= before + 3 * MEBIBYTE,
            what="more bytes",
        )
    sending.join()

    assert kills == 4
    # A kill between two requests breaks none of them; that of the whole server breaks one.
    assert result["ledger"].resumed >= 1
    settle(site)
    assert_each_is_ready_once(site, gallery, files, result["ledger"].acknowledged)


def large_png() -> bytes:
    """A small file of a large picture; what decodes it needs some 700 MB."""
    buffer = BytesIO()
    Image.new("L", (16000, 14000), 90).save(buffer, "PNG")
    return buffer.getvalue()


def resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0


def test_a_file_that_kills_its_worker_is_given_up_and_the_rest_goes_on(site):
    gallery = gallery_of(site, GALLERIES[3])
    files = {"DSC_0001.png": large_png(), **shoot_of(6, width=300, height=200)}
    poison = files_of(site, gallery).filter(original_name="DSC_0001.png")
    kills = []

    def kill_the_largest_worker() -> bool:
        """As the kernel does when memory runs out; True once the file has been given up."""
        for pid in site.descendants("worker"):
            if resident_bytes(pid) > CONSPICUOUS_BYTES:
                os.kill(pid, signal.SIGKILL)
                kills.append(pid)
                time.sleep(5.5)
                site.manage("reconcile")
        return poison.filter(stage=Stage.FAILED).exists()

    Sender(site.address).send(gallery, files)
    site.wait_until(kill_the_largest_worker, what="the file to be given up")
    settle(site)

    assert len(kills) == 2
    assert stages(site, gallery) == {Stage.FAILED: 1, Stage.READY: 6}
    assert poison.get().reason == "This file could not be processed."
    assert not poison.get().renditions.exists()
    verify(site)
