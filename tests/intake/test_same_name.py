"""Photos exported again: what is asked, when, and what each answer does."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django_q.models import OrmQ
from wagtail.models import Collection

from pumbaphoto_wagtail.exceptions import AnsweredOtherwise
from pumbaphoto_wagtail.intake import batches, receiving, same_name
from pumbaphoto_wagtail.intake.pipeline import render_file, scan_file
from pumbaphoto_wagtail.intake.reconciling import reconcile
from pumbaphoto_wagtail.models import (
    Message,
    Photo,
    PhotoFile,
    Purpose,
    SameName,
    Stage,
    StoredFile,
    Upload,
    UploadState,
)
from pumbaphoto_wagtail.storage import INCOMING, ORIGINALS, walk
from pumbaphoto_wagtail.testing import make_photographer
from pumbaphoto_wagtail.verification import Inspection, verify
from tests.intake.announcing import announce, browser_of, post, row
from tests.intake.test_pipeline import photograph

SKIPPED = "Skipped: a photo with this name is here already."
ANSWERS = [SameName.REPLACE, SameName.KEEP_BOTH, SameName.SKIP]


def exported_again(arrivals, name: str = "IMG_1.jpg"):
    """A photo in the gallery, and the batch that brings it once more with other bytes."""
    arrivals({name: photograph()})
    return arrivals({name: photograph(800, 500)})


def later(upload: Upload) -> Upload:
    return Upload.objects.select_related("stored_file").get(pk=upload.pk)


class TestTheManifest:
    @pytest.fixture
    def browser(self, scanned_shoot):
        return browser_of(scanned_shoot)

    def test_a_name_that_a_photo_has_is_asked_about_before_a_byte_flows(
        self, scanned_shoot, arrivals, browser
    ):
        arrivals({"Card 1/IMG_1.jpg": photograph()})

        document = announce(
            browser, scanned_shoot, row("card 1/img_1.JPG"), row("Card 1/IMG_2.jpg")
        ).json()

        assert [file["sameName"] for file in document["files"]] == [True, False]
        assert document["question"] == {
            "count": 1,
            "names": ["img_1.JPG"],
            "answer": "",
            "isOpen": True,
        }

    @pytest.mark.parametrize("path", ["Card 2/IMG_1.jpg", "IMG_1.jpg", "Card 1/IMG_1.CR2"])
    def test_another_folder_or_ending_is_no_question(self, scanned_shoot, arrivals, browser, path):
        arrivals({"Card 1/IMG_1.jpg": photograph()})
        document = announce(browser, scanned_shoot, row(path)).json()
        assert not document["files"][0]["sameName"]
        assert not document["question"]["isOpen"]

    def test_umlauts_are_compared_however_they_are_composed(self, scanned_shoot, arrivals, browser):
        arrivals({"Fru\u0308h/Gr\u00fc\u00dfe.jpg": photograph()})
        document = announce(browser, scanned_shoot, row("fr\u00fch/GRU\u0308SSE.jpg")).json()
        assert document["files"][0]["sameName"]

    def test_edits_are_never_asked_about(self, scanned_shoot, arrivals, browser):
        arrivals({"IMG_1.jpg": photograph()})
        document = announce(browser, scanned_shoot, row("IMG_1.jpg"), purpose="edit").json()
        assert not document["files"][0]["sameName"]

    def test_only_a_photos_present_file_gives_it_its_name(self, scanned_shoot, arrivals, browser):
        arrivals({"IMG_1.jpg": photograph()})
        PhotoFile.objects.update(is_current=False)
        document = announce(browser, scanned_shoot, row("IMG_1.jpg")).json()
        assert not document["files"][0]["sameName"]

    def test_ten_names_are_told_and_all_are_counted(self, scanned_shoot, arrivals, browser):
        arrivals({f"IMG_{number}.jpg": photograph(500 + number) for number in range(12)})
        rows = [row(f"IMG_{number}.jpg") for number in range(12)]
        question = announce(browser, scanned_shoot, *rows).json()["question"]
        assert question["count"] == 12
        assert question["names"] == [f"IMG_{number}.jpg" for number in range(10)]


class TestTheAnswer:
    @pytest.fixture
    def browser(self, scanned_shoot):
        return browser_of(scanned_shoot)

    @pytest.fixture
    def document(self, scanned_shoot, arrivals, browser):
        arrivals({"IMG_1.jpg": photograph()})
        return announce(browser, scanned_shoot, row("IMG_1.jpg"), row("IMG_2.jpg")).json()

    def test_is_recorded_and_answered_with_the_batch(self, browser, document):
        response = post(browser, document["answerAddress"], {"answer": "keep"})
        assert response.status_code == 200
        assert response.json()["question"]["answer"] == "keep"
        assert not response.json()["question"]["isOpen"]
        assert browser.get(document["address"]).json()["question"]["answer"] == "keep"

    def test_is_given_once(self, browser, document):
        address = document["answerAddress"]
        assert post(browser, address, {"answer": "replace"}).status_code == 200
        assert post(browser, address, {"answer": "replace"}).status_code == 200
        other = post(browser, address, {"answer": "skip"})
        assert other.status_code == 409
        assert other.json()["question"]["answer"] == "replace"

    @pytest.mark.parametrize("answer", ["", "delete", None, 3, ["skip"], {}])
    def test_is_one_of_three(self, browser, document, answer):
        assert post(browser, document["answerAddress"], {"answer": answer}).status_code == 400

    def test_is_posted(self, browser, document):
        assert browser.get(document["answerAddress"]).status_code == 405

    def test_is_the_photographers_own(self, document):
        root = Collection.get_first_root_node()
        collection = root.add_child(instance=Collection(name="Other studio"))
        browser = Browser()
        browser.force_login(make_photographer(collection=collection))
        assert post(browser, document["answerAddress"], {"answer": "skip"}).status_code == 404

    def test_needs_the_token_against_forged_requests(self, scanned_shoot, document):
        browser = browser_of(scanned_shoot, enforce_csrf_checks=True)
        assert post(browser, document["answerAddress"], {"answer": "skip"}).status_code == 403

    def test_to_skip_ends_what_has_not_arrived_and_leaves_the_rest(self, browser, document):
        after = post(browser, document["answerAddress"], {"answer": "skip"}).json()
        first, second = after["files"]
        assert (first["state"], first["reason"]) == ("duplicate", SKIPPED)
        assert second["state"] == "announced"

    @pytest.mark.django_db(transaction=True, serialized_rollback=True)
    def test_to_skip_gives_up_what_has_partly_arrived(self, browser, document):
        upload = Upload.objects.get(uuid=document["files"][0]["uuid"])
        with receiving.Writer(receiving.start(upload)) as writer:
            writer.append(0, [b"12345"])
        assert list(walk(INCOMING))
        post(browser, document["answerAddress"], {"answer": "skip"})
        assert later(upload).state == UploadState.DUPLICATE
        assert list(walk(INCOMING)) == []

    def test_to_skip_stops_a_request_that_is_sending(self, scanned_shoot, browser, document):
        upload = Upload.objects.get(uuid=document["files"][0]["uuid"])
        with receiving.Writer(receiving.start(upload)) as writer:

            def chunks():
                yield b"12345"
                post(browser, document["answerAddress"], {"answer": "skip"})
                yield b"67890"

            with pytest.raises((receiving.UploadBusy, receiving.UploadGone)):
                writer.append(0, chunks())
        assert later(upload).state == UploadState.DUPLICATE
        assert StoredFile.objects.count() == 1

    def test_to_skip_settles_a_batch_of_nothing_else(self, scanned_shoot, browser, document):
        again = announce(browser, scanned_shoot, row("IMG_1.jpg")).json()
        after = post(browser, again["answerAddress"], {"answer": "skip"}).json()
        assert after["settled"]


class TestTheSameFrameWithOtherBytes:
    def test_waits_for_the_answer_where_nobody_was_asked(self, scanned_shoot, arrivals):
        batch = exported_again(arrivals)
        upload = batch.uploads.get()
        file = upload.stored_file
        assert (upload.state, upload.is_same_name) == (UploadState.ASKED, True)
        assert (file.stage, file.lease_holder, file.retry_at) == (Stage.CLEAN, None, None)
        assert file.render_attempts == 0
        assert batches.counts(batch)["asked"] == 1
        assert same_name.question(batch).is_open
        assert not batches.settle(batch)
        assert Photo.objects.get().files.count() == 1

    def test_asked_again_by_a_second_delivery_of_the_task_it_waits_on(
        self, scanned_shoot, arrivals
    ):
        batch = exported_again(arrivals)
        key = batch.uploads.get().stored_file_id
        for _ in range(5):
            assert render_file(key) == Stage.CLEAN
        assert StoredFile.objects.get(pk=key).render_attempts == 0
        assert batch.uploads.get().state == UploadState.ASKED

    def test_replaced_keeps_the_photo_and_all_that_hangs_on_it(self, scanned_shoot, arrivals):
        arrivals({"A/IMG_1.jpg": photograph(), "B/IMG_2.jpg": photograph(700)})
        photo = Photo.objects.get(name="IMG_1.jpg")
        Photo.objects.update(position=7, is_hidden=True)
        scanned_shoot.first_shared_at = "2026-07-02T00:00:00Z"
        scanned_shoot.save()
        batch = arrivals({"A/IMG_1.jpg": photograph(800, 500)})
        same_name.answer(batch, SameName.REPLACE)
        arrivals.process()

        again = Photo.objects.get(name="IMG_1.jpg")
        assert again.pk == photo.pk
        assert (again.position, again.is_hidden, again.is_shown) == (7, True, True)
        assert again.section == photo.section
        assert (again.width, again.height) == (800, 500)
        versions = again.files.values_list("version", "is_current", "stored_file__stage")
        assert list(versions) == [(1, False, "ready"), (2, True, "ready")]
        assert batches.counts(batch)["accepted"] == 1
        batch.refresh_from_db()
        assert batch.settled_at

    def test_kept_beside_it_is_a_photo_of_its_own_next_to_the_first(self, scanned_shoot, arrivals):
        names = ("A/IMG_1.jpg", "A/IMG_3.jpg", "B/IMG_2.jpg")
        arrivals({name: photograph(700 + number) for number, name in enumerate(names)})
        first = Photo.objects.get(name="IMG_1.jpg")
        Photo.objects.filter(name="IMG_1.jpg").update(position=3)
        Photo.objects.filter(name="IMG_3.jpg").update(position=4)
        scanned_shoot.first_shared_at = "2026-07-02T00:00:00Z"
        scanned_shoot.save()
        batch = arrivals({"A/IMG_1.jpg": photograph(800, 500)})
        same_name.answer(batch, SameName.KEEP_BOTH)
        arrivals.process()

        ordered = [
            (photo.name, photo.is_shown)
            for photo in Photo.objects.filter(section=first.section).in_order()
        ]
        assert ordered == [("IMG_1.jpg", True), ("IMG_1.jpg", False), ("IMG_3.jpg", True)]

    def test_skipped_is_dropped_and_said_so(self, scanned_shoot, arrivals):
        batch = exported_again(arrivals)
        same_name.answer(batch, SameName.SKIP)
        arrivals.process()
        upload = batch.uploads.get()
        assert (upload.state, upload.reason) == (UploadState.DUPLICATE, SKIPPED)
        assert upload.stored_file is None
        assert StoredFile.objects.count() == 1
        assert len([name for name in walk(ORIGINALS) if name.endswith(".jpg")]) == 1
        assert list(walk(INCOMING)) == []
        batch.refresh_from_db()
        assert batch.settled_at

    @pytest.mark.parametrize("decision", ANSWERS)
    def test_needs_no_waiting_where_the_answer_came_first(self, scanned_shoot, arrivals, decision):
        arrivals({"IMG_1.jpg": photograph()})
        batch = arrivals.receive({"IMG_1.jpg": photograph(800, 500)})
        same_name.answer(batch, decision)
        arrivals.process()
        files, photos = {"replace": (2, 1), "keep": (2, 2), "skip": (1, 1)}[decision]
        assert (StoredFile.objects.count(), Photo.objects.count()) == (files, photos)

    @pytest.mark.parametrize("decision", ANSWERS)
    def test_done_again_after_the_answer_changes_nothing(self, scanned_shoot, arrivals, decision):
        batch = exported_again(arrivals)
        same_name.answer(batch, decision)
        arrivals.process()
        before = list(PhotoFile.objects.values_list("photo", "version", "is_current"))
        StoredFile.objects.update(stage=Stage.CLEAN)
        arrivals.process()
        assert list(PhotoFile.objects.values_list("photo", "version", "is_current")) == before
        assert set(StoredFile.objects.values_list("stage", flat=True)) == {Stage.READY}

    def test_the_answer_wakes_each_file_that_waits_for_it(self, scanned_shoot, arrivals):
        arrivals({f"IMG_{n}.jpg": photograph(700 + n) for n in range(3)})
        batch = arrivals({f"IMG_{n}.jpg": photograph(800 + n) for n in range(3)})
        OrmQ.objects.all().delete()
        same_name.answer(batch, SameName.REPLACE)
        woken = {task.task["args"][0] for task in OrmQ.objects.all()}
        assert woken == set(batch.uploads.values_list("stored_file", flat=True))

    def test_an_answer_that_comes_while_the_file_is_read_is_not_missed(
        self, scanned_shoot, arrivals, monkeypatch
    ):
        arrivals({"IMG_1.jpg": photograph()})
        batch = arrivals.receive({"IMG_1.jpg": photograph(800, 500)})
        key = batch.uploads.get().stored_file_id
        scan_file(key)
        hold = same_name.hold

        def answered_first(work):
            same_name.answer(batch, SameName.REPLACE)
            OrmQ.objects.all().delete()
            hold(work)

        monkeypatch.setattr(same_name, "hold", answered_first)
        render_file(key)
        assert batch.uploads.get().state == UploadState.RECEIVED
        assert OrmQ.objects.count() == 1
        assert render_file(key) == Stage.READY

    def test_a_second_answer_is_no_answer(self, scanned_shoot, arrivals):
        batch = exported_again(arrivals)
        same_name.answer(batch, SameName.SKIP)
        with pytest.raises(AnsweredOtherwise):
            same_name.answer(batch, SameName.REPLACE)
        batch.refresh_from_db()
        assert batch.same_name == SameName.SKIP


class TestAnotherFrameOfThatName:
    def test_goes_on_without_a_question(self, scanned_shoot, arrivals):
        arrivals({"IMG_1.jpg": photograph()})
        batch = arrivals({"IMG_1.jpg": photograph(800, taken="2026:07:01 18:30:00")})
        upload = batch.uploads.get()
        assert (upload.state, upload.is_same_name) == (UploadState.ACCEPTED, False)
        assert same_name.question(batch).count == 0
        assert Photo.objects.count() == 2

    def test_that_has_arrived_stays_although_the_name_was_to_be_skipped(
        self, scanned_shoot, arrivals
    ):
        arrivals({"IMG_1.jpg": photograph()})
        batch = arrivals.receive({"IMG_1.jpg": photograph(800, taken="2026:07:01 18:30:00")})
        same_name.answer(batch, SameName.SKIP)
        arrivals.process()
        assert batches.counts(batch)["accepted"] == 1
        assert Photo.objects.count() == 2

    def test_by_another_camera_is_no_question(self, scanned_shoot, arrivals):
        arrivals({"IMG_1.jpg": photograph(serial="A")})
        batch = arrivals({"IMG_1.jpg": photograph(800, serial="B")})
        assert batch.uploads.get().state == UploadState.ACCEPTED
        assert Photo.objects.count() == 2

    def test_of_one_second_in_a_burst_is_no_question(self, scanned_shoot, arrivals):
        arrivals({"IMG_1.jpg": photograph(sub_seconds="10")})
        batch = arrivals({"IMG_1.jpg": photograph(800, sub_seconds="55")})
        assert batch.uploads.get().state == UploadState.ACCEPTED
        assert Photo.objects.count() == 2

    def test_frames_of_a_burst_in_one_drop_stay_as_many_photos(self, scanned_shoot, arrivals):
        batch = arrivals({f"IMG_{n}.jpg": photograph(700 + len(n)) for n in ("1", "01", "001")})
        assert batches.counts(batch)["accepted"] == 3
        assert Photo.objects.count() == 3

    def test_without_a_capture_time_equal_names_prove_nothing(self, scanned_shoot, arrivals):
        arrivals({"scan.jpg": photograph(taken="")})
        batch = arrivals({"scan.jpg": photograph(800, 500, taken="")})
        assert batch.uploads.get().state == UploadState.ACCEPTED
        assert Photo.objects.count() == 2

    def test_as_an_edit_is_no_question(self, scanned_shoot, arrivals):
        arrivals({"IMG_1.jpg": photograph()})
        batch = arrivals({"IMG_1.jpg": photograph(800)}, purpose=Purpose.EDIT)
        assert batch.uploads.get().state == UploadState.ACCEPTED


class TestAnUnansweredBatch:
    def test_is_woken_by_nobody_and_found_wrong_by_nobody(
        self, scanned_shoot, arrivals, own_storages
    ):
        batch = exported_again(arrivals)
        OrmQ.objects.all().delete()
        long_ago = timezone.now() - timedelta(days=30)
        StoredFile.objects.update(stage_changed_at=long_ago)
        type(batch).objects.update(created_at=long_ago)
        for path in own_storages.rglob("*"):
            os.utime(path, (0, 0))

        for _ in range(2):
            assert reconcile()["renderings woken"] == 0
        assert batch.uploads.get().state == UploadState.ASKED
        assert list(verify(Inspection())) == []

    def test_that_was_answered_is_woken_again_where_the_queue_lost_it(
        self, scanned_shoot, arrivals
    ):
        batch = exported_again(arrivals)
        same_name.answer(batch, SameName.REPLACE)
        OrmQ.objects.all().delete()
        StoredFile.objects.update(stage_changed_at=timezone.now() - timedelta(days=1))
        assert reconcile()["renderings woken"] == 1

    def test_whose_file_is_lost_settles(self, scanned_shoot, arrivals):
        batch = exported_again(arrivals)
        StoredFile.objects.filter(uploads__batch=batch).update(stage=Stage.MISSING)
        reconcile()
        batch.refresh_from_db()
        assert batch.settled_at

    def test_sends_no_mail_until_it_is_settled_and_then_one(self, scanned_shoot, arrivals):
        batch = exported_again(arrivals)
        assert not Message.objects.filter(batch=batch).exists()
        same_name.answer(batch, SameName.REPLACE)
        arrivals.process()
        assert Message.objects.filter(batch=batch).count() == 1
