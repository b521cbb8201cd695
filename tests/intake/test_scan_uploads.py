"""``scan_uploads``: scans by itself, once each, whatever one file does, and ends when told."""

from __future__ import annotations

import io
import os
import signal
import threading

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections
from django.utils import timezone
from django_q.models import OrmQ

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.intake import scanning
from pumbaphoto_wagtail.management.commands import scan_uploads
from pumbaphoto_wagtail.models import Stage, StoredFile
from pumbaphoto_wagtail.testing import jpeg_bytes


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    cache.clear()


@pytest.fixture
def closed(monkeypatch):
    """How often old connections were closed: a test's own transaction would not survive it."""
    closed = []
    monkeypatch.setattr(scan_uploads, "close_old_connections", lambda: closed.append(1))
    return closed


@pytest.fixture
def scanned_shoot(scanned_shoot, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "MAX_FILE_BYTES": 4 * MEBIBYTE}
    return scanned_shoot


@pytest.fixture
def away(shoot, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CLAMD_ADDRESS": "unix:/nowhere/clamd.ctl"}


def receive(arrivals, amount):
    arrivals.receive({f"IMG_{number}.jpg": jpeg_bytes() for number in range(amount)})
    OrmQ.objects.all().delete()


def scan(*arguments):
    output = io.StringIO()
    call_command("scan_uploads", *arguments, stdout=output)
    return output.getvalue()


def stages():
    return list(StoredFile.objects.order_by("pk").values_list("stage", flat=True))


@pytest.mark.usefixtures("closed")
class TestOnePass:
    def test_scans_everything_and_queues_the_clean_ones(self, scanned_shoot, arrivals):
        receive(arrivals, 3)
        assert "scanned: 3" in scan()
        assert stages() == [Stage.CLEAN] * 3
        assert {row.task["func"] for row in OrmQ.objects.all()} == {
            "pumbaphoto_wagtail.tasks.render_file"
        }

    def test_takes_more_than_it_asks_for_at_once(self, scanned_shoot, arrivals, monkeypatch):
        monkeypatch.setattr(scan_uploads, "FILES_AT_ONCE", 2)
        receive(arrivals, 5)
        scan()
        assert stages() == [Stage.CLEAN] * 5

    def test_with_nothing_to_do_says_nothing(self, scanned_shoot):
        assert scan() == ""

    def test_fails_if_the_scanner_is_away_and_asks_it_once(self, away, arrivals, monkeypatch):
        receive(arrivals, 4)
        asked = []
        ask = scanning.trusted_version
        monkeypatch.setattr(
            scanning, "trusted_version", lambda *arguments: asked.append(1) or ask(*arguments)
        )
        with pytest.raises(CommandError) as failure:
            scan()
        assert failure.value.returncode == 1
        assert len(asked) <= 2
        assert Stage.CLEAN not in stages()

    def test_goes_on_behind_a_file_that_breaks_it(self, scanned_shoot, arrivals, monkeypatch):
        receive(arrivals, 3)
        bad = StoredFile.objects.order_by("pk").first().pk
        scan_file = scan_uploads.scan_file

        def break_on_one(key):
            if key == bad:
                raise ValueError
            return scan_file(key)

        monkeypatch.setattr(scan_uploads, "scan_file", break_on_one)
        with pytest.raises(CommandError):
            scan()
        assert stages() == [Stage.RECEIVED, Stage.CLEAN, Stage.CLEAN]

    def test_ends_a_pass_at_once_when_the_database_is_lost(
        self, scanned_shoot, arrivals, monkeypatch
    ):
        receive(arrivals, 3)
        asked = []

        def lose(key):
            asked.append(key)
            raise OperationalError("the connection is closed")

        monkeypatch.setattr(scan_uploads, "scan_file", lose)
        with pytest.raises(CommandError):
            scan()
        assert len(asked) == 1

    def test_goes_on_behind_a_file_that_waits_for_itself(
        self, scanned_shoot, arrivals, own_storages
    ):
        receive(arrivals, 3)
        changed = StoredFile.objects.order_by("pk").first()
        (own_storages / "incoming" / changed.name).write_bytes(b"x" * changed.size)
        with pytest.raises(CommandError):
            scan()
        assert stages() == [Stage.WAITING, Stage.CLEAN, Stage.CLEAN]

    def test_takes_those_that_wait_with_the_first_answer(self, away, arrivals, settings, clamd):
        receive(arrivals, 3)
        with pytest.raises(CommandError):
            scan()
        StoredFile.objects.update(
            stage=Stage.WAITING, retry_at=timezone.now() + timezone.timedelta(minutes=5)
        )
        cache.clear()
        settings.PUMBAPHOTO = {
            **settings.PUMBAPHOTO,
            "CLAMD_ADDRESS": clamd.address,
            "MAX_FILE_BYTES": 4 * MEBIBYTE,
        }
        scan()
        scan()
        assert stages() == [Stage.CLEAN] * 3


@pytest.mark.usefixtures("closed")
class TestWatching:
    @pytest.fixture
    def signals(self):
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        yield
        for number, handler in before.items():
            signal.signal(number, handler)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_ends_after_the_present_file(
        self, scanned_shoot, arrivals, monkeypatch, signals, number
    ):
        receive(arrivals, 3)
        scan_file = scan_uploads.scan_file

        def stop_meanwhile(key):
            os.kill(os.getpid(), number)
            return scan_file(key)

        monkeypatch.setattr(scan_uploads, "scan_file", stop_meanwhile)
        scan("--watch", "--interval", "60")
        assert stages() == [Stage.CLEAN, Stage.RECEIVED, Stage.RECEIVED]

    def test_goes_on_after_a_pass_that_failed(self, scanned_shoot, monkeypatch, signals):
        passes = []

        def fail(*arguments):
            passes.append(1)
            if len(passes) == 3:
                os.kill(os.getpid(), signal.SIGTERM)
            raise ConnectionError

        monkeypatch.setattr(scan_uploads, "scannable_ids", fail)
        scan("--watch", "--interval", "0.01")
        assert len(passes) == 3

    def test_waits_between_two_passes_without_a_stale_connection(
        self, scanned_shoot, monkeypatch, signals, closed
    ):
        monkeypatch.setattr(
            threading.Event, "wait", lambda *arguments: os.kill(os.getpid(), signal.SIGTERM)
        )
        scan("--watch")
        assert len(closed) == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_watchers_scan_no_file_twice(scanned_shoot, arrivals):
    receive(arrivals, 12)

    def watch():
        try:
            scan()
        finally:
            connections.close_all()

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(60)

    assert stages() == [Stage.CLEAN] * 12
    assert set(StoredFile.objects.values_list("scan_attempts", flat=True)) == {1}
    assert connection.is_usable()
