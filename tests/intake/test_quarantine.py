"""Condemned files: kept apart, scanned again, deleted by hand or in time, never lost silently."""

from __future__ import annotations

import hashlib
import stat
import zlib
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from wagtail.log_actions import registry

from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.exceptions import StorageOffline
from pumbaphoto_wagtail.intake import batches, quarantine
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.intake.quarantine import delete_held_back, scan_again
from pumbaphoto_wagtail.intake.reconciling import reconcile
from pumbaphoto_wagtail.models import (
    Message,
    Photo,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.storage import INCOMING, ORIGINALS, storage_for, walk, write_new
from pumbaphoto_wagtail.testing import jpeg_bytes
from pumbaphoto_wagtail.verification import Inspection, verify

NO_PHOTO = b"<html><script>alert(1)</script></html>" * 20


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    cache.clear()


@pytest.fixture
def scanned_shoot(scanned_shoot, settings):
    """With a small largest file: each test has the scanner prove itself."""
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "MAX_FILE_BYTES": 4 * MEBIBYTE}
    return scanned_shoot


@pytest.fixture
def infected(scanned_shoot, arrivals):
    """A photo with the test virus at its end, condemned by a real clamd."""
    arrivals({"bad.jpg": jpeg_bytes() + eicar()})
    return StoredFile.objects.get()


@pytest.fixture
def refused(scanned_shoot, arrivals):
    arrivals({"page.jpg": NO_PHOTO})
    return StoredFile.objects.get()


@pytest.fixture
def falsely_condemned(infected, arrivals):
    """A good photo in quarantine, as wrong signatures would have put it there."""
    good = jpeg_bytes()
    storage_for(INCOMING).delete(infected.name)
    write_new(INCOMING, infected.name, good)
    StoredFile.objects.update(
        size=len(good), sha256=hashlib.sha256(good).hexdigest(), crc32=zlib.crc32(good)
    )
    Upload.objects.update(length=len(good), durable_offset=len(good))
    infected.refresh_from_db()
    return infected


def log_of(gallery):
    return [
        (entry.action, entry.data.get("file"), entry.formatter.format_message(entry))
        for entry in registry.get_logs_for_instance(gallery).order_by("pk")
        if entry.action.startswith("pumbaphoto.")
    ]


def findings():
    return [(found.invariant, found.what) for found in verify(Inspection())]


class TestBeingThere:
    def test_nobody_else_may_enter(self, infected, own_storages):
        directory = own_storages / "incoming" / "quarantine"
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700

    def test_nobody_else_may_enter_where_a_web_server_reads_the_storage(
        self, scanned_shoot, arrivals, settings, own_storages
    ):
        settings.STORAGES["pumbaphoto_incoming"]["OPTIONS"] |= {
            "file_permissions_mode": 0o640,
            "directory_permissions_mode": 0o750,
        }
        settings.STORAGES = {**settings.STORAGES}
        arrivals({"bad.jpg": eicar()})
        directory = own_storages / "incoming" / "quarantine"
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700

    def test_is_in_the_history_of_the_gallery(self, infected, scanned_shoot):
        ((action, name, words),) = log_of(scanned_shoot)
        assert (action, name) == ("pumbaphoto.virus_found", "bad.jpg")
        assert words.startswith("Virus found in bad.jpg: PumbaPhoto.Test.EICAR")

    def test_the_same_bytes_are_condemned_again_and_not_there_already(self, infected, arrivals):
        with storage_for(INCOMING).open(infected.name) as stored:
            content = stored.read()
        batch = arrivals({"other.jpg": content})
        again = StoredFile.objects.get(original_name="other.jpg")
        assert (again.stage, again.verdict) == (Stage.INFECTED, Verdict.INFECTED)
        assert batches.counts(batch)["duplicate"] == 0

    def test_a_file_of_the_photographers_library_is_left_where_it_is(self, infected):
        write_new(ORIGINALS, "library/bad.jpg", b"x")
        StoredFile.objects.update(storage=ORIGINALS, name="library/bad.jpg", is_owned=False)
        file = StoredFile.objects.get()
        quarantine.quarantine(file)
        file.refresh_from_db()
        assert (file.storage, file.name) == (ORIGINALS, "library/bad.jpg")
        assert not delete_held_back(file)


class TestScanningAgain:
    def test_with_newer_signatures_makes_it_a_photo_and_the_batch_adds_up(
        self, falsely_condemned, arrivals, scanned_shoot
    ):
        batch = UploadBatch.objects.get()
        assert batch.settled_at
        assert scan_again(falsely_condemned, actor=scanned_shoot.owner)
        batch.refresh_from_db()
        assert batch.settled_at is None
        assert Upload.objects.get().state == UploadState.RECEIVED

        arrivals.process()
        file, upload = StoredFile.objects.get(), Upload.objects.get()
        assert (file.stage, file.verdict, file.virus_name) == (Stage.READY, Verdict.CLEAN, "")
        assert (upload.state, upload.reason) == (UploadState.ACCEPTED, "")
        assert file.storage == ORIGINALS
        assert list(walk(INCOMING)) == []
        assert Photo.objects.get().picture == file
        counts = batches.counts(batch)
        assert (counts["announced"], counts["accepted"]) == (1, 1)
        batch.refresh_from_db()
        assert batch.settled_at
        assert Message.objects.count() == 1
        assert findings() == []
        assert ("pumbaphoto.scan_again", "bad.jpg", "Sent to the virus scan again: bad.jpg") in (
            log_of(scanned_shoot)
        )

    def test_condemns_it_again_while_the_signatures_are_the_same(self, infected, arrivals):
        assert scan_again(infected)
        arrivals.process()
        infected.refresh_from_db()
        assert (infected.stage, infected.verdict) == (Stage.INFECTED, Verdict.INFECTED)
        assert infected.name.startswith("quarantine/")
        assert Upload.objects.get().state == UploadState.ACCEPTED
        assert findings() == []

    def test_of_what_is_no_photo_refuses_it_again(self, refused, arrivals):
        assert scan_again(refused)
        arrivals.process()
        refused.refresh_from_db()
        assert refused.stage == Stage.FAILED
        assert refused.name.startswith("quarantine/")
        assert Upload.objects.get().state == UploadState.REFUSED
        assert findings() == []

    def test_frees_a_blocked_file(self, scanned_shoot, arrivals):
        arrivals.receive({"IMG_1.jpg": jpeg_bytes()})
        file = StoredFile.objects.get()
        StoredFile.objects.update(stage=Stage.BLOCKED, scan_attempts=5, reason="no answer")
        Upload.objects.update(state=UploadState.ACCEPTED, reason="no answer")
        assert scan_again(file)
        arrivals.process()
        file.refresh_from_db()
        assert file.stage == Stage.READY
        assert Upload.objects.get().reason == ""

    def test_is_not_for_files_that_are_ready_deleted_or_being_worked_on(
        self, infected, scanned_shoot
    ):
        for changes in (
            {"stage": Stage.DELETED},
            {"stage": Stage.INFECTED, "lease_until": timezone.now() + timedelta(minutes=1)},
            {"stage": Stage.READY, "verdict": Verdict.CLEAN, "lease_until": None},
        ):
            StoredFile.objects.update(**changes)
            assert not scan_again(infected)
            assert not delete_held_back(infected) or changes["stage"] == Stage.INFECTED


class TestDeleting:
    def test_takes_the_bytes_and_keeps_the_record(self, infected, scanned_shoot):
        virus = infected.virus_name
        assert delete_held_back(infected, actor=scanned_shoot.owner)

        file = StoredFile.objects.get()
        assert (file.stage, file.verdict) == (Stage.DELETED, Verdict.INFECTED)
        assert (file.virus_name, file.original_name) == (virus, "bad.jpg")
        assert file.scanner_version
        assert file.reason
        assert list(walk(INCOMING)) == []
        assert Upload.objects.get().stored_file == file
        assert log_of(scanned_shoot)[-1][:2] == ("pumbaphoto.delete_quarantined", "bad.jpg")
        assert findings() == []

    def test_happens_once(self, infected):
        assert delete_held_back(infected)
        assert not delete_held_back(infected)
        assert not scan_again(infected)

    def test_is_finished_when_the_storage_is_back(self, infected, monkeypatch):
        def offline(*arguments):
            raise StorageOffline

        with monkeypatch.context() as away:
            away.setattr(quarantine, "remove", offline)
            assert delete_held_back(infected)
        assert list(walk(INCOMING)) == [infected.name]
        assert ("I4", "deleted, but there") in findings()
        assert reconcile()["deletions finished"] == 1
        assert list(walk(INCOMING)) == []
        assert reconcile()["deletions finished"] == 0

    def test_lets_the_same_bytes_be_sent_anew(self, infected, arrivals):
        with storage_for(INCOMING).open(infected.name) as stored:
            content = stored.read()
        delete_held_back(infected)
        batch = arrivals({"bad.jpg": content})
        assert batches.counts(batch)["accepted"] == 1
        assert sorted(StoredFile.objects.values_list("stage", flat=True)) == [
            Stage.DELETED,
            Stage.INFECTED,
        ]

    def test_of_what_was_no_photo_keeps_why(self, refused):
        reason = refused.reason
        assert delete_held_back(refused)
        refused.refresh_from_db()
        assert (refused.stage, refused.reason) == (Stage.DELETED, reason)
        assert Upload.objects.get().state == UploadState.REFUSED
        assert findings() == []


class TestPurging:
    def test_happens_after_the_time_set(self, infected, scanned_shoot, settings):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "QUARANTINE_SECONDS": 86400}
        assert reconcile()["purged"] == 0
        StoredFile.objects.update(stage_changed_at=timezone.now() - timedelta(days=2))
        assert reconcile()["purged"] == 1
        infected.refresh_from_db()
        assert (infected.stage, infected.verdict) == (Stage.DELETED, Verdict.INFECTED)
        assert list(walk(INCOMING)) == []
        assert log_of(scanned_shoot)[-1][0] == "pumbaphoto.delete_quarantined"

    def test_takes_what_was_no_photo_too(self, refused, settings):
        StoredFile.objects.update(stage_changed_at=timezone.now() - timedelta(days=91))
        assert reconcile()["purged"] == 1

    def test_never_happens_with_zero(self, infected, settings):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "QUARANTINE_SECONDS": 0}
        StoredFile.objects.update(stage_changed_at=timezone.now() - timedelta(days=9999))
        assert reconcile()["purged"] == 0

    @pytest.mark.parametrize("stage", [Stage.WAITING, Stage.BLOCKED, Stage.RECEIVED])
    def test_leaves_what_was_only_not_scanned(self, shoot, arrivals, stage):
        arrivals.receive({"IMG_1.jpg": jpeg_bytes()})
        file = StoredFile.objects.get()
        StoredFile.objects.update(
            stage=stage, stage_changed_at=timezone.now() - timedelta(days=9999)
        )
        assert reconcile()["purged"] == 0
        assert storage_for(INCOMING).exists(file.name)

    def test_leaves_renderings_that_failed(self, scanned_shoot, arrivals):
        arrivals({"broken.jpg": jpeg_bytes()[:40] + b"\x00" * 5000})
        StoredFile.objects.update(stage_changed_at=timezone.now() - timedelta(days=9999))
        assert reconcile()["purged"] == 0
        file = StoredFile.objects.get()
        assert storage_for(file.storage).exists(file.name)


def test_a_crash_before_a_refused_file_was_moved_is_put_right(refused, own_storages):
    storage = own_storages / "incoming"
    (storage / refused.name).rename(storage / "left.part")
    StoredFile.objects.update(name="left.part")
    assert reconcile()["quarantined"] == 1
    assert list(walk(INCOMING)) == [f"quarantine/{refused.uuid}"]
