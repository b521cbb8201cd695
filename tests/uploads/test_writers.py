"""Requests that meet: writers of one upload, creates with one key, twins of one photograph.

And a database that breaks off, since it is what decides between them.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client as Browser
from django.utils import timezone

from pumbaphoto_wagtail.exceptions import StorageFull
from pumbaphoto_wagtail.intake import conflicts, lease, slots
from pumbaphoto_wagtail.intake.receiving import OffsetDiffers, UploadBusy, Writer
from pumbaphoto_wagtail.models import Gallery, StoredFile, Upload, UploadBatch, UploadState
from pumbaphoto_wagtail.storage import INCOMING, NASStorage, open_file, storage_for
from pumbaphoto_wagtail.testing import make_gallery, make_photographer, temporary_storages
from tests.intake.test_tus import CONTENT, LENGTH, create, head, patch

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def gallery(settings, tmp_path) -> Gallery:
    settings.STORAGES = temporary_storages(tmp_path)
    return make_gallery(owner=make_photographer())


@pytest.fixture
def browser(gallery) -> Browser:
    return logged_in(gallery)


@pytest.fixture
def upload(browser, gallery) -> Upload:
    create(browser, gallery)
    return Upload.objects.get()


def logged_in(gallery: Gallery) -> Browser:
    browser = Browser()
    browser.force_login(gallery.owner)
    return browser


def location_of(upload: Upload) -> str:
    return f"/galleries/uploads/{upload.batch.gallery.uuid}/{upload.uuid}/"


def at_once(acts) -> list:
    """The results of acts that begin together, each in a thread and a connection of its own."""
    gate = threading.Barrier(len(acts))

    def run(act):
        try:
            gate.wait()
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(run, act) for act in acts]]


def stored_bytes() -> bytes:
    stored = StoredFile.objects.get()
    with open_file(stored.storage, stored.name) as source:
        return source.read()


class TestOneWriter:
    def test_a_writer_that_has_died_is_overtaken_within_seconds(self, browser, upload):
        Writer(upload).__enter__()
        began = time.monotonic()
        assert patch(browser, location_of(upload), 0, CONTENT).status_code == 204
        assert time.monotonic() - began < lease.WAIT_SECONDS
        assert stored_bytes() == CONTENT

    def test_a_writer_that_finishes_is_waited_for(self, browser, upload):
        def slow():
            with Writer(Upload.objects.get()) as writer:
                held.set()
                time.sleep(1)
                writer.append(0, [CONTENT[:100]])

        def next_piece():
            held.wait()
            return patch(browser, location_of(upload), 100, CONTENT[100:])

        held = threading.Event()
        _, answer = at_once([slow, next_piece])
        assert answer.status_code == 204
        assert stored_bytes() == CONTENT

    def test_a_writer_that_goes_on_for_ever_is_overtaken_and_fenced_off(
        self, browser, upload, monkeypatch
    ):
        monkeypatch.setattr(lease, "WAIT_SECONDS", 2)
        taken = threading.Event()

        def endless():
            """Slow bytes, so that the lease is renewed again and again."""
            while not taken.is_set():
                time.sleep(0.3)
                yield b"?"
            yield b"?"

        def old_writer():
            with Writer(Upload.objects.get()) as writer:
                held.set()
                with pytest.raises(UploadBusy):
                    writer.append(0, endless())

        def new_writer():
            held.wait()
            answer = patch(browser, location_of(upload), 0, CONTENT[:200])
            taken.set()
            return answer

        held = threading.Event()
        _, answer = at_once([old_writer, new_writer])
        assert (answer.status_code, answer["Upload-Offset"]) == (204, "200")
        assert patch(browser, location_of(upload), 200, CONTENT[200:]).status_code == 204
        assert stored_bytes() == CONTENT

    def test_one_that_was_overtaken_neither_records_nor_cuts_anything(self, upload):
        def stalled():
            yield CONTENT[:50]
            # The storage hangs, the lease runs out, and another request does the work.
            Upload.objects.update(lease_until=timezone.now())
            with Writer(Upload.objects.get()) as quick:
                quick.append(0, [CONTENT[:100]])
            slow._proven_at = 0
            yield CONTENT[50:80]

        slow = Writer(Upload.objects.get())
        with pytest.raises(UploadBusy), slow:
            slow.append(0, stalled())
        upload.refresh_from_db()
        assert upload.durable_offset == 100
        assert storage_for(INCOMING).size(f"{upload.uuid}.part") == 100

    def test_an_error_after_being_overtaken_cuts_nothing_either(self, upload):
        def failing():
            Upload.objects.update(lease_until=timezone.now())
            with Writer(Upload.objects.get()) as quick:
                quick.append(0, [CONTENT[:100]])
            raise StorageFull
            yield

        with pytest.raises(StorageFull), Writer(Upload.objects.get()) as slow:
            slow.append(0, failing())
        assert storage_for(INCOMING).size(f"{upload.uuid}.part") == 100

    def test_of_two_pieces_for_one_offset_one_is_taken(self, gallery, upload):
        pieces = [lambda: patch(logged_in(gallery), location_of(upload), 0, CONTENT[:500])] * 2
        answers = at_once(pieces)
        assert sorted(answer.status_code for answer in answers) == [204, 409]
        upload.refresh_from_db()
        assert upload.durable_offset == 500

    def test_only_so_many_wait_and_the_others_are_told_to_come_back(
        self, browser, upload, monkeypatch
    ):
        monkeypatch.setattr(lease, "_waiting", threading.BoundedSemaphore(1))
        lease._waiting.acquire()
        Writer(upload).__enter__()
        began = time.monotonic()
        answer = patch(browser, location_of(upload), 0, CONTENT)
        assert (answer.status_code, answer["Retry-After"]) == (423, "2")
        assert time.monotonic() - began < 2

    def test_what_is_given_up_while_it_is_written_stays_given_up(self, browser, upload):
        def interrupted():
            yield CONTENT[:-1]
            assert (
                browser.delete(location_of(upload), HTTP_TUS_RESUMABLE="1.0.0").status_code == 204
            )
            yield CONTENT[-1:]

        with pytest.raises(UploadBusy), Writer(upload) as writer:
            writer.append(0, interrupted())
        assert Upload.objects.get().state == UploadState.ABANDONED
        assert not StoredFile.objects.exists()

    def test_a_client_that_breaks_off_leaves_its_prefix_and_no_lease(self, browser, upload):
        with Writer(upload) as writer:
            writer.append(0, [CONTENT[:77]])
        assert head(browser, location_of(upload))["Upload-Offset"] == "77"
        upload.refresh_from_db()
        assert upload.lease_until is None

    def test_a_wrong_offset_gives_the_lease_back_at_once(self, upload):
        with pytest.raises(OffsetDiffers), Writer(upload) as writer:
            writer.append(5, [b"x"])
        upload.refresh_from_db()
        assert upload.lease_until is None


@pytest.mark.postgresql
class TestOnce:
    def test_one_key_in_many_creates_at_once_is_one_upload(self, gallery):
        key = str(uuid.uuid4())
        answers = at_once([lambda: create(logged_in(gallery), gallery, clientKey=key)] * 6)
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer["Location"] for answer in answers}) == 1
        assert Upload.objects.count() == UploadBatch.objects.count() == 1

    def test_an_announced_file_created_twice_at_once_is_one_part(self, gallery, browser):
        create(browser, gallery)
        upload = Upload.objects.get()
        storage_for(INCOMING).delete(f"{upload.uuid}.part")
        Upload.objects.update(state=UploadState.ANNOUNCED)
        key = str(upload.client_key)
        answers = at_once([lambda: create(logged_in(gallery), gallery, clientKey=key)] * 4)
        assert {answer.status_code for answer in answers} == {201}

    def test_one_photograph_sent_many_times_at_once_is_stored_once(self, gallery):
        def send(number):
            browser = logged_in(gallery)
            location = create(browser, gallery, name=f"{number}.jpg")["Location"]
            patch(browser, location, 0, CONTENT[:-1])
            return lambda: patch(browser, location, LENGTH - 1, CONTENT[-1:])

        answers = at_once([send(number) for number in range(5)])
        assert {answer.status_code for answer in answers} == {204}
        assert len({answer["X-StoredFile"] for answer in answers}) == 1
        assert stored_bytes() == CONTENT
        states = sorted(Upload.objects.values_list("state", flat=True))
        assert states == ["duplicate"] * 4 + ["received"]
        [part, beside] = storage_for(INCOMING).listdir("")[1]
        assert beside == f"{part}.json"


@pytest.mark.postgresql
class TestDatabase:
    def test_a_connection_lost_in_the_middle_of_a_piece_is_503_and_the_client_goes_on(
        self, gallery, upload, monkeypatch
    ):
        if connection.vendor != "postgresql":
            pytest.skip("SQLite has no connection to lose")

        def lose_the_connection(*arguments):
            offset = append(*arguments)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid = cursor.fetchone()[0]
            at_once([lambda: terminate(pid)])
            return offset

        append = NASStorage.append
        browser = logged_in(gallery)
        with monkeypatch.context() as patched:
            patched.setattr(NASStorage, "append", lose_the_connection)
            answers = at_once([lambda: patch(browser, location_of(upload), 0, CONTENT)])
        assert (answers[0].status_code, answers[0]["Retry-After"]) == (503, "2")
        assert "database" in answers[0].json()["error"]
        assert head(browser, location_of(upload))["Upload-Offset"] == "0"
        assert patch(browser, location_of(upload), 0, CONTENT).status_code == 204
        assert stored_bytes() == CONTENT

    def test_a_locked_database_is_503(self, browser, upload):
        if connection.vendor != "sqlite":
            pytest.skip("only SQLite is locked as a whole")
        connection.connection.execute("PRAGMA busy_timeout = 50")
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = patch(browser, location_of(upload), 0, CONTENT[:10])
        other.close()
        connection.close()
        assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        assert patch(browser, location_of(upload), 0, CONTENT[:10]).status_code == 204

    def test_a_conflict_is_tried_again_and_then_is_503(self, browser, upload, monkeypatch):
        monkeypatch.setattr(conflicts, "LONGEST_PAUSE_SECONDS", 0.01)
        tries = []

        def deadlock(*arguments, **options):
            tries.append(arguments)
            error = OperationalError("deadlock detected")
            error.__cause__ = type("DeadlockDetected", (Exception,), {"sqlstate": "40P01"})()
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(Writer, "_end", deadlock)
            answer = patch(browser, location_of(upload), 0, CONTENT)
        assert answer.status_code == 503
        assert len(tries) == conflicts.ATTEMPTS
        assert not StoredFile.objects.exists()
        assert patch(browser, location_of(upload), 0, CONTENT).status_code == 204

    def test_an_answer_lost_after_the_end_was_recorded_makes_no_second_file(
        self, browser, upload, monkeypatch
    ):
        end = Writer._finish_as_new

        def forgetful(*arguments):
            end(*arguments)
            return end(*arguments)

        monkeypatch.setattr(Writer, "_finish_as_new", forgetful)
        patch(browser, location_of(upload), 0, CONTENT)
        assert stored_bytes() == CONTENT
        assert head(browser, location_of(upload))["Upload-Offset"] == str(LENGTH)


class TestSlowStorage:
    def test_when_all_places_are_taken_the_next_is_told_to_come_back(
        self, browser, upload, settings, monkeypatch
    ):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "STORAGE_REQUESTS": 1}
        monkeypatch.setattr(slots, "WAIT_SECONDS", 0.1)
        with slots.storage_slot():
            answer = patch(browser, location_of(upload), 0, CONTENT)
            assert (answer.status_code, answer["Retry-After"]) == (503, "2")
            assert head(browser, location_of(upload)).status_code == 200
        assert patch(browser, location_of(upload), 0, CONTENT).status_code == 204


def terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        while True:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
            if not cursor.fetchone()[0]:
                return
            time.sleep(0.05)
