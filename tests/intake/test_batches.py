"""A batch from its manifest to its end: what fits, what is told, and that it adds up."""

from __future__ import annotations

import base64
import random
import zlib

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Site

from pumbaphoto_wagtail.intake import batches, changes, same_name, space
from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.intake.quarantine import scan_again
from pumbaphoto_wagtail.intake.reconciling import reconcile
from pumbaphoto_wagtail.models import (
    Message,
    Photo,
    SameName,
    Stage,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from pumbaphoto_wagtail.storage import INCOMING, storage_for
from pumbaphoto_wagtail.testing import jpeg_bytes, make_gallery
from tests.intake.announcing import announce, browser_of, row
from tests.intake.test_pipeline import photograph
from tests.samples import sample_path

MEGABYTE = 2**20


@pytest.fixture
def browser(shoot):
    return browser_of(shoot)


def configured(settings, **values):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, **values}


def states(response) -> list[str]:
    assert response.status_code == 201, response.content
    return [file["state"] for file in response.json()["files"]]


class TestMoreThanOneBatchHolds:
    def test_is_refused_by_name_and_the_rest_is_taken(self, shoot, browser, settings):
        configured(settings, MAX_BATCH_FILES=2)
        rows = [row("a.mp4"), *(row(f"IMG_{number}.jpg") for number in range(4))]
        document = announce(browser, shoot, *rows).json()
        outcome = {file["name"]: file["state"] for file in document["files"]}
        assert outcome == {
            "a.mp4": "refused",
            "IMG_0.jpg": "announced",
            "IMG_1.jpg": "announced",
            "IMG_2.jpg": "refused",
            "IMG_3.jpg": "refused",
        }
        assert "At most 2 files" in document["files"][-1]["reason"]
        assert document["counts"]["announced"] == 5

    def test_goes_on_where_it_stopped_when_it_is_dropped_again(
        self, shoot, browser, settings, arrivals
    ):
        configured(settings, MAX_BATCH_FILES=2)
        rows = [row(f"IMG_{number}.jpg", 1000 + number) for number in range(5)]
        for expected in (["IMG_0.jpg", "IMG_1.jpg"], ["IMG_2.jpg", "IMG_3.jpg"], ["IMG_4.jpg"]):
            fresh = [{**line, "clientKey": None} for line in rows]
            document = announce(browser, shoot, *fresh).json()
            sent = [file for file in document["files"] if file["state"] == "announced"]
            assert [file["name"] for file in sent] == expected
            for file in sent:
                content = jpeg_bytes().ljust(file["size"], file["name"].encode()[-5:-4])
                upload = Upload.objects.get(uuid=file["uuid"])
                arrivals.send(upload, content[: file["size"]])

    def test_is_refused_as_a_whole_where_it_is_no_shoot(self, shoot, browser, settings):
        configured(settings, MAX_BATCH_FILES=1)
        response = announce(browser, shoot, *(row(f"IMG_{number}.jpg") for number in range(12)))
        assert response.status_code == 413
        assert "12 files" in response.json()["error"]
        assert "IMG_10.jpg, IMG_11.jpg" in response.json()["error"]
        assert not UploadBatch.objects.exists()


class TestRoom:
    def test_that_is_not_there_is_told_in_words_before_a_byte_flows(self, shoot, browser):
        free = storage_for(INCOMING).reserve_left()
        rows = [row(f"IMG_{number}.jpg", 2**29) for number in range(free // 2**29 + 1)]
        response = announce(browser, shoot, *rows)
        assert response.status_code == 507
        assert "These files need" in response.json()["error"]
        assert "GB" in response.json()["error"]
        assert not UploadBatch.objects.exists()

    def test_below_the_reserve_is_none(self, shoot, browser, settings):
        configured(settings, DISK_RESERVE_BYTES=2**60)
        response = announce(browser, shoot, row("IMG_1.jpg"))
        assert response.status_code == 507
        assert "0\xa0bytes more" in response.json()["error"]

    def test_is_not_needed_for_what_is_refused(self, shoot, browser, settings):
        configured(settings, DISK_RESERVE_BYTES=2**60)
        assert states(announce(browser, shoot, row("a.mp4"))) == ["refused"]


class TestTheSitesQuota:
    def create(self, browser, gallery, name: str, length: int):
        return browser.post(
            reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]),
            HTTP_TUS_RESUMABLE="1.0.0",
            HTTP_UPLOAD_LENGTH=str(length),
            HTTP_UPLOAD_METADATA=f"filename {base64.b64encode(name.encode()).decode()}",
        )

    def test_names_what_it_is_what_is_used_and_what_is_needed(self, shoot, browser, settings):
        configured(settings, SITE_QUOTA_BYTES=10 * MEGABYTE)
        assert states(announce(browser, shoot, row("a.jpg", 6 * MEGABYTE))) == ["announced"]
        response = announce(browser, shoot, row("b.jpg", 5 * MEGABYTE))
        assert response.status_code == 507
        words = response.json()["error"].replace("\xa0", " ")
        assert "may keep 10.0 MB" in words
        assert "6.0 MB are taken" in words
        assert "need 5.0 MB more" in words

    def test_may_be_filled_to_the_byte(self, shoot, browser, settings):
        configured(settings, SITE_QUOTA_BYTES=100)
        assert states(announce(browser, shoot, row("a.jpg", 60), row("b.jpg", 40)))
        assert announce(browser, shoot, row("c.jpg", 1)).status_code == 507

    def test_counts_what_is_stored_once(self, scanned_shoot, arrivals, settings):
        content = photograph()
        arrivals({"a.jpg": content})
        arrivals({"b.jpg": content, "bad.jpg": photograph()[:-2] + eicar()})
        kept = sum(StoredFile.objects.values_list("size", flat=True))
        assert StoredFile.objects.count() == 2
        assert space.bytes_kept(scanned_shoot.site) == kept

    def test_does_not_count_what_is_gone_or_not_ours(self, scanned_shoot, arrivals):
        arrivals({"a.jpg": photograph(), "b.jpg": photograph(700), "c.jpg": photograph(701)})
        first, second, third = StoredFile.objects.order_by("pk")
        StoredFile.objects.filter(pk=first.pk).update(is_owned=False)
        StoredFile.objects.filter(pk=second.pk).update(stage=Stage.DELETED)
        assert space.bytes_kept(scanned_shoot.site) == third.size

    def test_a_folder_dropped_again_is_not_counted_twice(self, shoot, browser, settings):
        configured(settings, SITE_QUOTA_BYTES=100)
        for _ in range(3):
            assert states(announce(browser, shoot, row("A/a.jpg", 60))) == ["announced"]

    def test_what_was_given_up_makes_room(self, shoot, browser, settings):
        configured(settings, SITE_QUOTA_BYTES=100)
        document = announce(browser, shoot, row("a.jpg", 60)).json()
        assert announce(browser, shoot, row("b.jpg", 60)).status_code == 507
        browser.delete(document["address"])
        assert states(announce(browser, shoot, row("b.jpg", 60))) == ["announced"]

    def test_is_of_all_galleries_of_the_site(self, shoot, browser, settings):
        configured(settings, SITE_QUOTA_BYTES=100)
        other = make_gallery()
        assert other.site == shoot.site
        assert states(announce(browser_of(other), other, row("a.jpg", 60))) == ["announced"]
        assert announce(browser, shoot, row("b.jpg", 60)).status_code == 507

    def test_may_differ_by_host_name(self, shoot, browser, settings):
        site = Site.objects.create(hostname="tom.example", root_page=shoot.site.root_page)
        other = make_gallery(site=site)
        configured(settings, SITE_QUOTA_BYTES={"tom.example": 50})
        assert states(announce(browser, shoot, row("a.jpg", 60))) == ["announced"]
        assert announce(browser_of(other), other, row("a.jpg", 60)).status_code == 507
        assert states(announce(browser_of(other), other, row("a.jpg", 50))) == ["announced"]

    def test_holds_for_a_client_without_a_manifest(self, shoot, browser, settings):
        configured(settings, SITE_QUOTA_BYTES=100)
        assert self.create(browser, shoot, "a.jpg", 60).status_code == 201
        response = self.create(browser, shoot, "b.jpg", 60)
        assert response.status_code == 507
        assert "This site may keep" in response.json()["error"]

    def test_is_asked_for_in_two_queries(self, shoot, browser, settings, arrivals):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                announce(browser, shoot, row("z.jpg", 1))
            return len(captured)

        without = queries()
        configured(settings, SITE_QUOTA_BYTES=2**40)
        assert queries() <= without + 3


class TestNamesThatSayNothing:
    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("", "photo-1.jpg"),
            (".", "photo-1.jpg"),
            ("..", "photo-1.jpg"),
            (" . . ", "photo-1.jpg"),
            (".jpg", "photo-1.jpg"),
            ("   .jpg", "photo-1.jpg"),
            ("..JPG", "photo-1.JPG"),
            ("a.jpg.", "a.jpg"),
            ("a.jpg ", "a.jpg"),
            ("\u202e.jpg", "photo-1.jpg"),
        ],
    )
    def test_are_accepted_and_get_one(self, scanned_shoot, browser, arrivals, sent, shown):
        content = photograph()
        document = announce(browser, scanned_shoot, row("x", len(content), name=sent)).json()
        assert document["files"][0]["state"] == "announced"
        upload = Upload.objects.get()
        arrivals.send(upload, content)
        arrivals.process()
        upload.refresh_from_db()
        assert (upload.state, upload.file_name) == (UploadState.ACCEPTED, shown)
        assert Photo.objects.get().name == shown
        assert StoredFile.objects.get().format == "jpeg"

    def test_are_numbered_through_the_gallery_and_never_asked_about(
        self, scanned_shoot, browser, arrivals
    ):
        for number, width in enumerate((700, 701, 702), start=1):
            content = photograph(width, taken=f"2026:07:01 12:00:0{number}")
            document = announce(browser, scanned_shoot, row("x", len(content), name="")).json()
            assert not document["question"]["isOpen"]
            arrivals.send(Upload.objects.order_by("pk").last(), content)
            arrivals.process()
        names = Photo.objects.order_by("pk").values_list("name", flat=True)
        assert list(names) == ["photo-1.jpg", "photo-2.jpg", "photo-3.jpg"]

    def test_of_a_raw_get_its_ending(self, scanned_shoot, browser, arrivals):
        content = sample_path("good/raw/canon_30d_IMG_5952.cr2").read_bytes()
        announce(browser, scanned_shoot, row("x", len(content), name=""))
        arrivals.send(Upload.objects.get(), content)
        arrivals.process()
        assert Photo.objects.get().name == "photo-1.cr2"
        assert StoredFile.objects.get().name.endswith(".cr2")

    @pytest.mark.parametrize(
        ("content", "words"), [(b"%PDF-1.4" + b"x" * 99, "PDF"), (b"\x01" * 200, "no photograph")]
    )
    def test_do_not_let_in_what_is_no_photograph(
        self, scanned_shoot, browser, arrivals, content, words
    ):
        announce(browser, scanned_shoot, row("x", len(content), name=""))
        arrivals.send(Upload.objects.get(), content)
        arrivals.process()
        upload = Upload.objects.get()
        assert upload.state == UploadState.REFUSED
        assert words in upload.reason

    @pytest.mark.parametrize("sent", ["README", "IMG_1234", ".exe", "photo"])
    def test_are_not_those_that_say_something_else(self, shoot, browser, sent):
        assert states(announce(browser, shoot, row("x", name=sent))) == ["refused"]


class TestWhatHasChanged:
    def poll(self, browser, document, cursor):
        return browser.get(document["address"], {"changed": cursor}).json()

    def test_is_all_that_is_told(self, scanned_shoot, arrivals, browser):
        rows = [row(f"IMG_{number}.jpg", len(photograph())) for number in range(3)]
        document = announce(browser, scanned_shoot, *rows).json()
        assert self.poll(browser, document, document["cursor"])["files"] == []

        upload = Upload.objects.get(file_name="IMG_1.jpg")
        arrivals.send(upload, photograph())
        after = self.poll(browser, document, document["cursor"])
        assert [(file["name"], file["stage"]) for file in after["files"]] == [
            ("IMG_1.jpg", "received")
        ]
        arrivals.process()
        ready = self.poll(browser, document, after["cursor"])
        assert [(file["state"], file["stage"]) for file in ready["files"]] == [
            ("accepted", "ready")
        ]
        assert ready["counts"]["accepted"] == 1
        assert self.poll(browser, document, ready["cursor"])["files"] == []

    def test_is_found_whoever_changed_it(self, scanned_shoot, arrivals, browser):
        batch = arrivals({"IMG_1.jpg": photograph()})
        address = reverse("pumbaphoto_wagtail:batch", args=[scanned_shoot.uuid, batch.uuid])
        document = browser.get(address).json()
        StoredFile.objects.update(stage=Stage.MISSING)
        assert len(self.poll(browser, document, document["cursor"])["files"]) == 1

    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "x",
            "====",
            "\x00é",
            base64.urlsafe_b64encode(b"no zlib").decode(),
            base64.urlsafe_b64encode(zlib.compress(b"\x00")).decode(),
            base64.urlsafe_b64encode(zlib.compress(b"\x00" * 10_000_000)).decode(),
        ],
    )
    def test_is_everything_for_a_cursor_that_says_nothing(self, shoot, browser, cursor):
        document = announce(browser, shoot, row("a.jpg"), row("b.jpg")).json()
        assert len(self.poll(browser, document, cursor)["files"]) == 2

    def test_of_5000_files_fits_into_an_address(self):
        dice = random.Random(1)
        codes = bytes(dice.choices(range(8), k=5000))
        cursor = changes.encode(codes)
        assert 0 < len(cursor) <= changes.MAX_CURSOR_LENGTH
        assert changes.changed(cursor, codes) == []
        assert changes.changed(cursor, bytes([codes[0] ^ 1]) + codes[1:]) == [0]

    def test_of_more_than_an_address_holds_is_told_again(self):
        codes = random.Random(1).randbytes(5000)
        assert changes.encode(codes) == ""
        assert list(changes.changed("", codes)) == list(range(5000))


class TestQueries:
    @pytest.mark.parametrize("query", ["?files=0", "", "?changed="])
    def test_about_a_batch_do_not_grow_with_it(self, shoot, browser, query):
        counted = []
        for amount in (2, 300):
            rows = [row(f"{amount}/IMG_{number}.jpg") for number in range(amount)]
            address = announce(browser, shoot, *rows).json()["address"]
            with CaptureQueriesContext(connection) as captured:
                browser.get(address + query)
            counted.append(len(captured))
        assert counted[0] == counted[1]

    def test_of_a_manifest_do_not_grow_with_it_but_for_the_rows_it_writes(self, shoot, browser):
        counted = []
        for amount in (2, 400):
            rows = [row(f"{amount}/IMG_{number}.jpg") for number in range(amount)]
            with CaptureQueriesContext(connection) as captured:
                announce(browser, shoot, *rows)
            sql = [query["sql"] for query in captured]
            counted.append(len([text for text in sql if not text.startswith("INSERT")]))
        assert counted[0] == counted[1]

    def test_of_giving_up_do_not_grow_with_it(self, shoot, browser):
        counted = []
        for amount in (2, 300):
            rows = [row(f"{amount}/IMG_{number}.jpg") for number in range(amount)]
            document = announce(browser, shoot, *rows).json()
            with CaptureQueriesContext(connection) as captured:
                browser.delete(document["address"] + "?files=0")
            counted.append(len(captured))
        assert counted[0] == counted[1]


class TestSettling:
    def test_does_not_wait_for_files_of_other_batches(self, shoot, browser):
        announce(browser, shoot, row("a.jpg"))
        document = announce(browser, shoot, row("b.mp4")).json()
        assert document["settled"]

    def test_mails_about_nothing_that_is_known_already(self, scanned_shoot, arrivals):
        arrivals({"a.jpg": photograph()})
        Message.objects.all().delete()
        batch = arrivals({"a.jpg": photograph()})
        batch.refresh_from_db()
        assert batch.settled_at
        assert not Message.objects.exists()

    def test_a_cleared_file_that_was_exported_again_opens_its_batch_and_mails_no_second_time(
        self, scanned_shoot, arrivals
    ):
        arrivals({"a.jpg": photograph()})
        batch = arrivals.receive({"a.jpg": photograph(800)})
        file = batch.uploads.get().stored_file
        StoredFile.objects.filter(pk=file.pk).update(stage=Stage.BLOCKED)
        reconcile()
        batch.refresh_from_db()
        assert batch.settled_at
        file.refresh_from_db()
        assert scan_again(file)
        arrivals.process()
        batch.refresh_from_db()
        assert (batch.settled_at, batches.counts(batch)["asked"]) == (None, 1)
        same_name.answer(batch, SameName.REPLACE)
        arrivals.process()
        batch.refresh_from_db()
        assert batch.settled_at
        assert Message.objects.filter(batch=batch).count() == 1
