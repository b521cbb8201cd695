"""The virus scanner comes and goes under a live site: nothing passes it, nothing is lost by it."""

from __future__ import annotations

import signal
import time

import pytest

from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.models import Photo, Rendition, Stage, StoredFile, Verdict
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


@pytest.fixture(scope="module")
def site(django_db_blocker):
    patience = {"CLAMD_CONNECT_TIMEOUT_SECONDS": 1, "CLAMD_SCAN_TIMEOUT_SECONDS": 1}
    with running_site(django_db_blocker, **patience) as site:
        yield site


def test_files_that_came_while_the_scanner_was_down_go_on_by_themselves(site):
    gallery, files = gallery_of(site, GALLERIES[0]), shoot_of(8, width=300, height=200)
    site.kill("clamd")
    ledger = Sender(site.address).send(gallery, files)
    mine = files_of(site, gallery)
    site.wait_until(lambda: mine.filter(stage=Stage.WAITING).count() == 8, what="files that wait")
    assert not site.rows(Rendition).exists()
    assert not mine.exclude(verdict=Verdict.NONE).exists()
    site.start("clamd")
    back = time.monotonic()
    # Neither a watcher nor the command helps: the queue asks the scanner again of its own accord.
    site.wait_until(
        lambda: mine.filter(stage=Stage.READY).count() == 8, seconds=120, what="the queue to drain"
    )
    print(f"drained {time.monotonic() - back:.0f} s after the scanner was back")
    assert_each_is_ready_once(site, gallery, files, ledger.acknowledged)


def test_a_scanner_that_is_killed_again_and_again_lets_nothing_pass(site):
    gallery = gallery_of(site, GALLERIES[1])
    good = shoot_of(12, width=900, height=600)
    bad = {f"BAD_{number}.jpg": jpeg_bytes(300, 200) + eicar() for number in range(3)}
    Sender(site.address).send(gallery, {**good, **bad})
    mine = files_of(site, gallery)
    for _ in range(3):
        site.kill("clamd")
        site.start("clamd")
        site.manage("reconcile")
    settle(site, seconds=120)

    assert stages(site, gallery) == {Stage.READY: 12, Stage.INFECTED: 3}
    assert not mine.filter(stage=Stage.READY).exclude(verdict=Verdict.CLEAN).exists()
    assert site.rows(Photo).filter(gallery=gallery.pk).count() == 12
    quarantined = mine.filter(stage=Stage.INFECTED)
    assert {file.name.partition("/")[0] for file in quarantined} == {"quarantine"}
    verify(site)


def test_a_worker_that_is_killed_at_a_scan_leaves_its_file_to_another(site):
    gallery, files = gallery_of(site, GALLERIES[2]), shoot_of(4, width=300, height=200)
    site.signal("clamd", signal.SIGSTOP)
    ledger = Sender(site.address).send(gallery, files)
    scanning = site.rows(StoredFile).filter(stage=Stage.SCANNING)
    site.wait_until(scanning.exists, what="a scan")
    site.kill("worker")
    site.signal("clamd", signal.SIGCONT)
    site.start("worker")
    settle(site, seconds=120)
    assert_each_is_ready_once(site, gallery, files, ledger.acknowledged)


def test_a_watcher_needs_no_queue_and_ends_when_it_is_told(site):
    gallery, files = gallery_of(site, GALLERIES[3]), shoot_of(6, width=300, height=200)
    site.kill("worker")
    ledger = Sender(site.address).send(gallery, files)
    site.start("watch")
    mine = files_of(site, gallery)
    site.wait_until(lambda: mine.filter(stage=Stage.CLEAN).count() == 6, what="scans")
    assert set(mine.values_list("scan_attempts", flat=True)) == {1}
    watcher = site._running["watch"]
    site.signal("watch", signal.SIGTERM)
    assert watcher.wait(30) == 0
    site._running.pop("watch")
    site.start("worker")
    settle(site)
    assert_each_is_ready_once(site, gallery, files, ledger.acknowledged)
