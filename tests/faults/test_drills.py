"""What a site goes through in its years: each drill in a gallery of its own of one live site."""

import os
import signal
import threading
import time
from hashlib import sha256

import pytest
from django.db import connections

from pumbaphoto_wagtail.models import Rendition, Stage, Upload
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.faults.ledger import (
    assert_each_is_ready_once,
    files_of,
    gallery_of,
    settle,
    shoot_of,
    stages,
)
from tests.live import running_site
from tests.live_studio import GALLERIES
from tests.sending import Sender

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

MEBIBYTE = 2**20


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
