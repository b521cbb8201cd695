"""What comes of a scan, of none, and of many files that wait for a scanner."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.intake import scanner_trust, scanning, waiting
from pumbaphoto_wagtail.intake.clamd_client import ClamdClient, ScanAnswer, eicar
from pumbaphoto_wagtail.intake.clamd_process import find_clamd
from pumbaphoto_wagtail.intake.reconciling import reconcile, sweep_storages
from pumbaphoto_wagtail.intake.scanning import scan_file, scan_waiting
from pumbaphoto_wagtail.models import Stage, StoredFile, UploadState, Verdict
from pumbaphoto_wagtail.storage import INCOMING, ORIGINALS, storage_for
from pumbaphoto_wagtail.testing import jpeg_bytes, running_clamd
from tests.intake.fake_clamd import FakeClamd

LARGEST = 8 * MEBIBYTE
SMALL = {"MAX_FILE_BYTES": LARGEST}


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    cache.clear()


@pytest.fixture
def configured(settings):
    def configure(**options):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, **SMALL, **options}

    return configure


@pytest.fixture
def real(shoot, configured):
    """Start a clamd of one's own with these lines, and let it be the site's scanner."""
    if find_clamd() is None:
        pytest.skip("clamd is not installed")

    @contextmanager
    def start(*, address=None, **lines):
        with (
            tempfile.TemporaryDirectory(prefix="pumba") as directory,
            running_clamd(directory, max_file_bytes=LARGEST, **lines) as daemon,
        ):
            configured(CLAMD_ADDRESS=daemon.address)
            yield daemon

    return start


@pytest.fixture
def away(shoot, configured):
    configured(CLAMD_ADDRESS="unix:/nowhere/clamd.ctl")


@pytest.fixture
def answer_with(monkeypatch):
    """A proved scanner that answers as it is told, for exactly the bytes that it was given."""

    def answer(outcome, signature=""):
        def scan(client, descriptor, size, beat=None):
            sha256 = hashlib.sha256(os.pread(descriptor, size, 0)).hexdigest()
            return ScanAnswer(
                outcome=outcome, signature=signature, raw_answer="", sha256=sha256, size=size
            )

        monkeypatch.setattr(scanning, "trusted_version", lambda *arguments: "ClamAV 1")
        monkeypatch.setattr(ClamdClient, "scan_descriptor", scan)

    return answer


def received(arrivals, amount=1):
    arrivals.receive({f"IMG_{number}.jpg": jpeg_bytes() for number in range(amount)})
    return list(StoredFile.objects.order_by("pk"))


def scan_all():
    for key in StoredFile.objects.order_by("pk").values_list("pk", flat=True):
        scan_file(key)


def stages():
    return sorted(StoredFile.objects.values_list("stage", flat=True))


def queued(name):
    return [row.task["args"] for row in OrmQ.objects.all() if row.task["func"].endswith(name)]


def long_ago(**changes):
    StoredFile.objects.update(retry_at=timezone.now() + timedelta(minutes=5), **changes)


class TestAVerdict:
    def test_is_recorded_with_who_gave_it(self, real, arrivals):
        (file,) = received(arrivals)
        with real():
            scan_file(file.pk)

        file.refresh_from_db()
        assert (file.stage, file.verdict) == (Stage.CLEAN, Verdict.CLEAN)
        assert file.scanner_version.startswith("ClamAV ")
        assert file.scanned_at
        assert 0 < file.scan_seconds < 60
        assert file.lease_holder is None

    def test_of_limits_blocks_and_does_not_condemn(self, shoot, arrivals, answer_with):
        (file,) = received(arrivals)
        answer_with("limits", "Heuristics.Limits.Exceeded.MaxFiles")
        scan_file(file.pk)

        file.refresh_from_db()
        assert (file.stage, file.verdict) == (Stage.BLOCKED, Verdict.NONE)
        assert "MaxFiles" in file.reason
        assert storage_for(INCOMING).exists(file.name)
        assert file.uploads.get().state == UploadState.ACCEPTED

    @pytest.mark.parametrize("outcome", ["clean", "infected"])
    def test_about_other_bytes_is_none(self, shoot, arrivals, answer_with, outcome, monkeypatch):
        (file,) = received(arrivals)
        answer_with(outcome, "Eicar")
        StoredFile.objects.update(sha256="0" * 64)
        scan_file(file.pk)

        file.refresh_from_db()
        assert (file.stage, file.verdict) == (Stage.WAITING, Verdict.NONE)

    def test_that_the_lease_outlived_is_not_recorded(self, shoot, arrivals, answer_with):
        (file,) = received(arrivals)
        answer_with("clean")
        scan = ClamdClient.scan_descriptor

        def overtaken(*arguments):
            StoredFile.objects.update(lease_holder="00000000-0000-4000-8000-000000000000")
            return scan(*arguments)

        ClamdClient.scan_descriptor = overtaken
        try:
            scan_file(file.pk)
        finally:
            ClamdClient.scan_descriptor = scan
        assert stages() == [Stage.SCANNING]


class TestAttempts:
    def test_that_were_never_finished_end_in_a_block_without_another(self, real, arrivals):
        (file,) = received(arrivals)
        StoredFile.objects.update(scan_attempts=5)
        with real():
            assert scan_file(file.pk) == Stage.BLOCKED
        file.refresh_from_db()
        assert file.reason == "The virus scan of this file was never finished."

    def test_double_their_distance(self, shoot, arrivals, answer_with):
        (file,) = received(arrivals)
        answer_with("unclear")
        distances = []
        for _ in range(5):
            StoredFile.objects.update(retry_at=None)
            scan_file(file.pk)
            file.refresh_from_db()
            if file.retry_at:
                distances.append(round((file.retry_at - timezone.now()).total_seconds()))

        assert distances == [5, 10, 20, 40]
        assert file.stage == Stage.BLOCKED
        assert storage_for(INCOMING).exists(file.name)

    def test_that_could_not_be_made_do_not_count_and_wait_longer_the_longer_they_wait(
        self, away, arrivals
    ):
        (file,) = received(arrivals)
        scan_file(file.pk)
        file.refresh_from_db()
        first = (file.retry_at - timezone.now()).total_seconds()
        waiting_since = timezone.now() - timedelta(seconds=40)
        StoredFile.objects.update(stage_changed_at=waiting_since, retry_at=None)
        scan_file(file.pk)
        file.refresh_from_db()
        second = (file.retry_at - timezone.now()).total_seconds()
        StoredFile.objects.update(
            stage_changed_at=waiting_since - timedelta(hours=1), retry_at=None
        )
        scan_file(file.pk)
        file.refresh_from_db()
        third = (file.retry_at - timezone.now()).total_seconds()

        assert (round(first), round(second), round(third)) == (5, 40, 300)
        assert file.scan_attempts == 0

    def test_renew_the_lease_while_the_scan_goes_on(self, shoot, arrivals, answer_with):
        (file,) = received(arrivals)
        work = scanning.claim(
            file.pk, from_stages=(Stage.RECEIVED,), to_stage=Stage.SCANNING, counter="scan_attempts"
        )
        beat = scanning._Beat(work)
        soon = timezone.now() + timedelta(seconds=1)
        StoredFile.objects.update(lease_until=soon)
        beat()
        assert StoredFile.objects.get().lease_until == soon
        beat.renewed -= scanning.SCAN_LEASE_SECONDS
        beat()
        assert StoredFile.objects.get().lease_until > soon


class TestTrust:
    def test_is_asked_for_once_and_kept(self, real, arrivals, monkeypatch):
        received(arrivals, 3)
        asked = []
        prove = scanner_trust.prove
        monkeypatch.setattr(
            scanner_trust, "prove", lambda *a, **k: asked.append(1) or prove(*a, **k)
        )
        with real():
            scan_all()

        assert stages() == [Stage.CLEAN] * 3
        assert len(asked) == 1

    def test_ends_with_the_process_that_earned_it(self, real, arrivals):
        first, second = received(arrivals, 2)
        with real() as daemon:
            scan_file(first.pk)
            address = daemon.address
        with (
            tempfile.TemporaryDirectory(prefix="pumba") as directory,
            running_clamd(directory, max_file_bytes=LARGEST, MaxFileSize="1M") as low,
        ):
            # At the same address, as after a restart.
            os.symlink(low.address.removeprefix("unix:"), _made(address))
            scan_file(second.pk)

        second.refresh_from_db()
        assert second.stage == Stage.WAITING
        assert "MaxFileSize" in second.reason

    def test_of_its_limits_is_asked_for_again_every_minute(self, real, arrivals, monkeypatch):
        first, second = received(arrivals, 2)
        with real(AlertExceedsMax="no"):
            # As it was proved, before an operator changed the line and the process kept its number.
            monkeypatch.setattr(scanner_trust, "LIMITS_PROOF_SECONDS", 0)
            with monkeypatch.context() as earlier:
                earlier.setattr(
                    scanner_trust, "prove", lambda *a, **k: scanner_trust.Proof(is_passed=True)
                )
                assert scan_file(first.pk) == Stage.CLEAN
            assert scan_file(second.pk) == Stage.WAITING
        second.refresh_from_db()
        assert "AlertExceedsMax yes" in second.reason

    def test_is_lost_to_a_scanner_of_low_limits_for_every_file_and_said_once(
        self, real, arrivals, caplog
    ):
        received(arrivals, 4)
        with real(MaxFileSize="1M"), caplog.at_level(logging.ERROR):
            scan_all()

        assert stages() == [Stage.WAITING] * 4
        assert set(StoredFile.objects.values_list("verdict", flat=True)) == {""}
        said = [record for record in caplog.records if "nothing is scanned" in record.message]
        assert len(said) == 1
        assert "MaxFileSize 9M" in said[0].message

    def test_is_needed_by_streams_of_their_own(self, real, arrivals, monkeypatch):
        (file,) = received(arrivals)
        with real(StreamMaxLength="1M"):
            assert scan_file(file.pk) == Stage.CLEAN
            StoredFile.objects.update(stage=Stage.RECEIVED, verdict="")
            monkeypatch.setattr(ClamdClient, "is_local", False)
            assert scan_file(file.pk) == Stage.WAITING
        file.refresh_from_db()
        assert "StreamMaxLength 9M" in file.reason

    def test_a_scanner_that_hangs_is_not_asked_by_every_file(self, shoot, arrivals, configured):
        asked = []

        def hang(connection):
            asked.append(1)
            connection.recv(100)
            connection.recv(1)

        server = FakeClamd(hang)
        configured(CLAMD_ADDRESS=server.address, CLAMD_CONNECT_TIMEOUT_SECONDS=0.3)
        received(arrivals, 5)
        try:
            scan_all()
        finally:
            server.close()

        assert stages() == [Stage.WAITING] * 5
        assert len(asked) == 1


def _made(address):
    path = address.removeprefix("unix:")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


class TestWaiting:
    def test_ends_for_all_with_the_first_answer(self, away, arrivals, real):
        files = received(arrivals, 4)
        scan_all()
        long_ago()
        OrmQ.objects.all().delete()
        with real():
            cache.clear()
            assert scan_waiting() == Stage.CLEAN
            woken = queued("scan_file")
            assert len(woken) == 3
            for (key,) in woken:
                scan_file(key)

        assert stages() == [Stage.CLEAN] * 4
        assert len(files) == 4

    def test_ends_with_the_answer_about_a_file_that_came_later(self, away, arrivals, real):
        received(arrivals)
        scan_all()
        long_ago()
        late = jpeg_bytes()
        with real():
            cache.clear()
            arrivals.receive({"late.jpg": late})
            OrmQ.objects.all().delete()
            scan_file(StoredFile.objects.get(original_name="late.jpg").pk)

        assert queued("scan_file") == [(StoredFile.objects.get(original_name="IMG_0.jpg").pk,)]

    def test_asks_again_soon_without_anybodys_help(self, away, arrivals):
        received(arrivals, 3)
        scan_all()

        schedule = Schedule.objects.get(name="pumbaphoto.scan_waiting")
        assert schedule.next_run <= timezone.now() + timedelta(seconds=waiting.PROBE_SECONDS)

    def test_of_a_file_that_was_tried_is_not_cut_short(self, shoot, arrivals, answer_with):
        tried, other = received(arrivals, 2)
        answer_with("unclear")
        scan_file(tried.pk)
        answer_with("clean")
        OrmQ.objects.all().delete()
        scan_file(other.pk)

        assert queued("scan_file") == []
        assert scan_waiting() is None

    def test_wakes_a_part_at_a_time(self, away, arrivals, monkeypatch):
        received(arrivals, 5)
        scan_all()
        long_ago()
        OrmQ.objects.all().delete()
        monkeypatch.setattr(waiting, "WOKEN_AT_ONCE", 2)

        assert [waiting.wake_the_waiting() for _ in range(4)] == [2, 2, 1, 0]
        assert len(queued("scan_file")) == 5

    def test_counts_the_time_from_its_first_attempt(self, away, arrivals):
        (file,) = received(arrivals)
        scan_file(file.pk)
        since = StoredFile.objects.get().stage_changed_at
        for _ in range(3):
            StoredFile.objects.update(retry_at=None)
            scan_file(file.pk)

        assert StoredFile.objects.get().stage_changed_at == since

    def test_for_a_storage_is_not_ended_by_the_scanner_being_there(
        self, real, arrivals, monkeypatch
    ):
        received(arrivals, 2)

        def offline(*arguments):
            raise StorageOffline

        with real():
            monkeypatch.setattr(scanning, "_scan", offline)
            scan_all()
            long_ago()
            OrmQ.objects.all().delete()
            assert scan_waiting() == Stage.WAITING

        assert queued("scan_file") == []
        assert {file.scan_attempts for file in StoredFile.objects.all()} == {0}


class TestTheAlarm:
    def test_is_silent_at_first(self, away, arrivals):
        received(arrivals, 2)
        scan_all()
        assert waiting.alarm() is None

    def test_says_since_when_how_many_wait_and_why(self, away, arrivals, caplog):
        received(arrivals, 3)
        scan_all()
        since = timezone.now() - timedelta(minutes=11)
        StoredFile.objects.filter(original_name="IMG_1.jpg").update(stage_changed_at=since)

        found = waiting.alarm()
        assert (found.since, found.count) == (since, 3)
        assert found.reason == "The virus scanner did not answer."
        with caplog.at_level(logging.ERROR):
            reconcile()
            reconcile()
        told = [record for record in caplog.records if "have waited" in record.message]
        assert len(told) == 1

    def test_ends_by_itself(self, away, arrivals, real):
        received(arrivals)
        scan_all()
        StoredFile.objects.update(stage_changed_at=timezone.now() - timedelta(hours=1))
        assert waiting.alarm()
        with real():
            cache.clear()
            scan_waiting()
        assert waiting.alarm() is None


class TestReconciling:
    def test_wakes_the_file_of_a_dead_worker_as_soon_as_its_lease_ends(self, shoot, arrivals):
        received(arrivals)
        StoredFile.objects.update(
            stage=Stage.SCANNING,
            stage_changed_at=timezone.now(),
            lease_holder="00000000-0000-4000-8000-000000000000",
            lease_until=timezone.now() + timedelta(seconds=1),
        )
        OrmQ.objects.all().delete()
        assert reconcile()["scans woken"] == 0
        StoredFile.objects.update(lease_until=timezone.now())
        assert reconcile()["scans woken"] == 1

    def test_queues_nothing_twice_while_a_long_queue_takes_its_time(self, shoot, arrivals):
        received(arrivals, 4)
        StoredFile.objects.update(stage_changed_at=timezone.now() - timedelta(hours=1))
        assert len(queued("scan_file")) == 4
        assert reconcile()["scans woken"] == 0
        OrmQ.objects.first().delete()
        assert reconcile()["scans woken"] == 4

    def test_asks_the_scanner_with_one_of_many_waiting_files(self, away, arrivals):
        received(arrivals, 4)
        scan_all()
        OrmQ.objects.all().delete()
        StoredFile.objects.update(retry_at=timezone.now())
        assert reconcile()["scans woken"] == 0
        assert queued("scan_waiting") == [()]

    def test_sweeps_unfinished_files_of_every_storage(self, shoot, own_storages):
        for name in ("incoming", "originals", "renditions", "exports", "cold"):
            for age, days in (("old", 2), ("new", 0)):
                path = own_storages / name / f".pumbaphoto-part-{age}"
                path.write_bytes(b"half")
                moment = timezone.now().timestamp() - days * 86400
                os.utime(path, (moment, moment))

        assert sweep_storages() == 5
        assert (own_storages / "originals" / ".pumbaphoto-part-new").exists()
        assert not list(own_storages.rglob(".pumbaphoto-part-old"))

    def test_sweeps_the_others_while_one_is_away(self, shoot, own_storages):
        (own_storages / "originals").rename(own_storages / "elsewhere")
        path = own_storages / "renditions" / ".pumbaphoto-part-old"
        path.write_bytes(b"half")
        os.utime(path, (0, 0))

        assert sweep_storages() == 1


def test_the_largest_file_is_scanned_to_its_last_byte(real, arrivals):
    """H54 and H17, at the size that is configured."""
    padding = bytes(LARGEST - len(jpeg_bytes()) - 1000)
    content = jpeg_bytes() + padding
    content = content + bytes(LARGEST - 68 - len(content)) + eicar()
    assert len(content) == LARGEST
    arrivals.receive({"large.jpg": content})
    with real():
        scan_all()

    file = StoredFile.objects.get()
    assert (file.stage, file.size) == (Stage.INFECTED, LARGEST)
    assert "EICAR" in file.virus_name
    assert storage_for(INCOMING).exists(file.name)
    assert not storage_for(ORIGINALS).exists(file.name)
