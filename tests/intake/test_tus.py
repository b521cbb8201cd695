"""The upload protocol, request by request, and with a client that nobody here wrote."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid

import pytest
from django.core.files.storage import storages
from django.test import Client as Browser
from django.urls import reverse
from wagtail.models import Collection

from pumbaphoto_wagtail.models import (
    Gallery,
    Message,
    State,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
)
from pumbaphoto_wagtail.storage import INCOMING, open_file, storage_for
from pumbaphoto_wagtail.testing import (
    jpeg_bytes,
    make_gallery,
    make_photographer,
    temporary_storages,
)

CONTENT = jpeg_bytes() + bytes(range(256)) * 40
LENGTH = len(CONTENT)
VERSION = {"HTTP_TUS_RESUMABLE": "1.0.0"}


def make_studio(name: str):
    """A photographer who may work in a collection of their own only."""
    root = Collection.get_first_root_node()
    return make_photographer(collection=root.add_child(instance=Collection(name=name)))


@pytest.fixture
def gallery(db, settings, tmp_path) -> Gallery:
    settings.STORAGES = temporary_storages(tmp_path)
    owner = make_studio("Lindqvist")
    collection = Collection.objects.get(name="Lindqvist")
    return make_gallery(owner=owner, collection=collection)


@pytest.fixture
def browser(gallery) -> Browser:
    browser = Browser()
    browser.force_login(gallery.owner)
    return browser


def metadata(**values: str) -> str:
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items()
    )


def create(browser: Browser, gallery: Gallery, length=LENGTH, name="IMG_1.jpg", **values):
    return browser.post(
        reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]),
        HTTP_UPLOAD_LENGTH=str(length),
        HTTP_UPLOAD_METADATA=metadata(filename=name, **values),
        **VERSION,
    )


def patch(browser: Browser, location: str, offset: int, content: bytes, **headers):
    return browser.generic(
        "PATCH",
        location,
        content,
        content_type="application/offset+octet-stream",
        # Without a body the test client leaves the header out.
        CONTENT_TYPE="application/offset+octet-stream",
        HTTP_UPLOAD_OFFSET=str(offset),
        **VERSION,
        **headers,
    )


def head(browser: Browser, location: str):
    return browser.head(location, **VERSION)


class TestCreation:
    def test_answers_with_a_path_and_offset_zero(self, browser, gallery):
        response = create(browser, gallery)
        assert response.status_code == 201
        assert response["Location"].startswith("/galleries/uploads/")
        assert response["Upload-Offset"] == "0"
        assert "Upload-Expires" in response
        assert response["Tus-Resumable"] == "1.0.0"

    def test_is_idempotent_by_the_clients_key(self, browser, gallery):
        key = str(uuid.uuid4())
        first = create(browser, gallery, clientKey=key)
        second = create(browser, gallery, clientKey=key)
        assert first["Location"] == second["Location"]
        assert Upload.objects.count() == 1

    def test_a_wrong_version_is_412_and_says_which_is_spoken(self, browser, gallery):
        response = browser.post(
            reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]),
            HTTP_TUS_RESUMABLE="0.2.2",
        )
        assert (response.status_code, response["Tus-Version"]) == (412, "1.0.0")

    @pytest.mark.parametrize("length", ["", "-1", "+5", "0x10", "١٢", "1e3", "0", "9" * 20])
    def test_a_length_that_is_no_number_of_bytes_is_400(self, browser, gallery, length):
        response = browser.post(
            reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]),
            HTTP_UPLOAD_LENGTH=length,
            HTTP_UPLOAD_METADATA=metadata(filename="a.jpg"),
            **VERSION,
        )
        assert response.status_code == 400
        assert not Upload.objects.exists()

    def test_a_deferred_length_is_400(self, browser, gallery):
        response = browser.post(
            reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]),
            HTTP_UPLOAD_DEFER_LENGTH="1",
            HTTP_UPLOAD_METADATA=metadata(filename="a.jpg"),
            **VERSION,
        )
        assert response.status_code == 400

    def test_a_file_over_the_maximum_is_413(self, browser, gallery, settings):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "MAX_FILE_BYTES": 1000}
        assert create(browser, gallery, length=1000).status_code == 201
        assert create(browser, gallery, length=1001, name="b.jpg").status_code == 413

    def test_a_type_that_is_not_accepted_is_415_before_a_byte_flows(self, browser, gallery):
        response = create(browser, gallery, name="clip.mp4")
        assert response.status_code == 415
        assert "error" in response.json()
        assert list(storage_for(INCOMING).listdir("")[1]) == []

    @pytest.mark.parametrize(
        "header",
        [
            "filename !!!",
            "filename " + base64.b64encode(b"\xff\xfe.jpg").decode(),
            metadata(filename="a.jpg") + "," + metadata(filename="b.jpg"),
            metadata(filename="a" * 5000 + ".jpg"),
            metadata(relativePath="a/b.jpg"),
            metadata(filename="a.jpg", clientKey="nope"),
            metadata(filename="a.jpg", sha256="xyz"),
            metadata(filename="a.jpg", lastModified="soon"),
        ],
    )
    def test_metadata_that_cannot_be_read_is_400(self, browser, gallery, header):
        response = browser.post(
            reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]),
            HTTP_UPLOAD_LENGTH="10",
            HTTP_UPLOAD_METADATA=header,
            **VERSION,
        )
        assert response.status_code == 400

    def test_a_hostile_name_is_shown_as_its_last_part_and_never_a_path(self, browser, gallery):
        create(
            browser, gallery, name="../../../../etc/cron.d/x.jpg", relativePath="a/../../b/x.jpg"
        )
        upload = Upload.objects.get()
        assert upload.file_name == "x.jpg"
        assert ".." not in upload.relative_path
        assert storage_for(INCOMING).listdir("")[1] == [f"{upload.uuid}.part"]

    def test_an_archived_gallery_takes_nothing(self, browser, gallery):
        Gallery.objects.update(state=State.ARCHIVED)
        assert create(browser, gallery).status_code == 409

    def test_too_many_open_uploads_wait(self, browser, gallery, settings):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "MAX_OPEN_UPLOADS": 1}
        create(browser, gallery)
        response = create(browser, gallery, name="b.jpg")
        assert response.status_code == 503
        assert "Retry-After" in response

    def test_a_full_disk_is_507(self, browser, gallery, settings):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "DISK_RESERVE_BYTES": 2**60}
        response = create(browser, gallery)
        assert response.status_code == 507
        assert "Retry-After" in response

    def test_a_reserve_reached_in_the_middle_lets_begun_uploads_finish(
        self, browser, gallery, settings
    ):
        begun = create(browser, gallery)["Location"]
        patch(browser, begun, 0, CONTENT[:4000])
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "DISK_RESERVE_BYTES": 2**60}

        assert create(browser, gallery, name="b.jpg").status_code == 507
        assert patch(browser, begun, 4000, CONTENT[4000:]).status_code == 204
        assert [*Upload.objects.values_list("file_name", "state")] == [
            ("IMG_1.jpg", UploadState.RECEIVED)
        ]

    def test_an_absent_volume_is_503(self, browser, gallery, tmp_path):
        (tmp_path / "incoming" / ".pumbaphoto-volume").unlink()
        storages._storages.clear()
        response = create(browser, gallery)
        assert response.status_code == 503


class TestBytes:
    def test_pieces_become_one_stored_file(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        assert patch(browser, location, 0, CONTENT[:4000])["Upload-Offset"] == "4000"
        assert head(browser, location)["Upload-Offset"] == "4000"
        response = patch(browser, location, 4000, CONTENT[4000:])
        stored = StoredFile.objects.get()
        assert response.status_code == 204
        assert response["X-StoredFile"] == str(stored.uuid)
        assert response["X-Sha256"] == hashlib.sha256(CONTENT).hexdigest() == stored.sha256
        with open_file(stored.storage, stored.name) as source:
            assert source.read() == CONTENT
        assert Upload.objects.get().state == UploadState.RECEIVED

    def test_the_scan_is_asked_for_with_the_acknowledgement(self, browser, gallery):
        from django_q.models import OrmQ

        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT)
        assert OrmQ.objects.filter(key="pumbaphoto").count() == 1

    def test_another_offset_is_409_and_tells_the_present_one(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT[:100])
        response = patch(browser, location, 50, CONTENT[50:100])
        assert (response.status_code, response["Upload-Offset"]) == (409, "100")

    def test_more_than_announced_is_413_and_nothing_is_kept(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        assert patch(browser, location, 0, CONTENT + b"x").status_code == 413
        assert head(browser, location)["Upload-Offset"] == "0"

    @pytest.mark.parametrize("offset", ["-1", "9223372036854775809999", "0x10", "١٢", "+5", ""])
    def test_an_offset_that_is_no_number_is_400(self, browser, gallery, offset):
        location = create(browser, gallery)["Location"]
        response = browser.generic(
            "PATCH",
            location,
            b"x",
            content_type="application/offset+octet-stream",
            HTTP_UPLOAD_OFFSET=offset,
            **VERSION,
        )
        assert response.status_code == 400

    def test_another_content_type_is_415(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        response = browser.patch(
            location, b"x", content_type="image/jpeg", HTTP_UPLOAD_OFFSET="0", **VERSION
        )
        assert response.status_code == 415

    @pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
    def test_a_checksum_that_differs_is_460_and_the_piece_is_dropped(
        self, browser, gallery, algorithm
    ):
        location = create(browser, gallery)["Location"]
        right = base64.b64encode(hashlib.new(algorithm, CONTENT[:10]).digest()).decode()
        assert (
            patch(
                browser, location, 0, b"0123456789", HTTP_UPLOAD_CHECKSUM=f"{algorithm} {right}"
            ).status_code
            == 460
        )
        assert head(browser, location)["Upload-Offset"] == "0"
        assert (
            patch(
                browser, location, 0, CONTENT[:10], HTTP_UPLOAD_CHECKSUM=f"{algorithm} {right}"
            ).status_code
            == 204
        )

    def test_an_unknown_checksum_algorithm_is_400(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        response = patch(browser, location, 0, b"x", HTTP_UPLOAD_CHECKSUM="md5 AAAA")
        assert response.status_code == 400

    def test_a_whole_file_that_is_not_the_claimed_one_is_460_and_starts_again(
        self, browser, gallery
    ):
        location = create(browser, gallery, sha256="0" * 64)["Location"]
        assert patch(browser, location, 0, CONTENT).status_code == 460
        assert head(browser, location)["Upload-Offset"] == "0"
        assert not StoredFile.objects.exists()

    def test_a_finished_upload_still_tells_its_offset(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT)
        assert head(browser, location)["Upload-Offset"] == str(len(CONTENT))
        assert patch(browser, location, len(CONTENT), b"").status_code == 204

    def test_the_same_bytes_again_are_acknowledged_and_kept_once(self, browser, gallery):
        for name in ("a.jpg", "again.jpg"):
            location = create(browser, gallery, name=name)["Location"]
            assert patch(browser, location, 0, CONTENT).status_code == 204
        states = set(Upload.objects.values_list("state", flat=True))
        assert states == {UploadState.RECEIVED, UploadState.DUPLICATE}
        assert StoredFile.objects.count() == 1
        [part, beside] = storage_for(INCOMING).listdir("")[1]
        assert beside == f"{part}.json"

    def test_a_second_copy_heals_a_first_one_that_is_gone(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT)
        stored = StoredFile.objects.get()
        storage_for(stored.storage).delete(stored.name)
        location = create(browser, gallery, name="again.jpg")["Location"]
        assert patch(browser, location, 0, CONTENT).status_code == 204
        assert StoredFile.objects.count() == 2

    def test_delete_gives_up_and_keeps_the_row(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT[:100])
        assert browser.delete(location, **VERSION).status_code == 204
        assert head(browser, location).status_code == 410
        assert Upload.objects.get().state == UploadState.ABANDONED
        assert storage_for(INCOMING).listdir("")[1] == []

    def test_a_finished_upload_cannot_be_deleted(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT)
        assert browser.delete(location, **VERSION).status_code == 410
        assert StoredFile.objects.count() == 1


class TestWhoMay:
    def test_without_a_session_it_is_401_not_a_login_page(self, gallery):
        response = create(Browser(), gallery)
        assert (response.status_code, response["Content-Type"]) == (401, "application/json")

    def test_another_studios_gallery_and_upload_are_404(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        stranger = Browser()
        stranger.force_login(make_studio("Ek"))
        assert create(stranger, gallery).status_code == 404
        assert head(stranger, location).status_code == 404
        assert patch(stranger, location, 0, CONTENT).status_code == 404
        assert stranger.delete(location, **VERSION).status_code == 404
        assert Upload.objects.get().durable_offset == 0

    def test_a_forged_request_without_the_csrf_token_is_403(self, gallery):
        browser = Browser(enforce_csrf_checks=True)
        browser.force_login(gallery.owner)
        assert create(browser, gallery).status_code == 403
        assert not Upload.objects.exists()

    def test_an_unknown_upload_is_404(self, browser, gallery):
        address = reverse("pumbaphoto_wagtail:upload", args=[gallery.uuid, uuid.uuid4()])
        assert head(browser, address).status_code == 404

    def test_options_tells_what_can_be_done(self, browser, gallery, settings):
        response = browser.options(reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid]))
        assert response.status_code == 204
        assert response["Tus-Extension"] == "creation,termination,expiration,checksum"
        assert response["Tus-Max-Size"] == str(512 * 2**20)


class TestManifest:
    def announce(self, browser, gallery, files, **document):
        return browser.post(
            reverse("pumbaphoto_wagtail:manifest", args=[gallery.uuid]),
            json.dumps({"files": files, **document}),
            content_type="application/json",
        )

    def test_says_what_to_send_and_what_is_refused(self, browser, gallery):
        response = self.announce(
            browser,
            gallery,
            [
                {"name": "a.jpg", "size": 10},
                {"name": "b.mp4", "size": 10},
                {"name": "c.jpg", "size": 0},
            ],
        )
        assert response.status_code == 201
        document = response.json()
        assert [row["state"] for row in document["files"]] == ["announced", "refused", "refused"]
        assert document["counts"]["announced"] == 3
        assert document["counts"]["refused"] == 2
        assert all(row["reason"] for row in document["files"][1:])

    def test_an_announced_file_is_created_in_its_batch(self, browser, gallery):
        key = str(uuid.uuid4())
        files = [{"name": "a.jpg", "size": len(CONTENT), "clientKey": key}]
        batch = self.announce(browser, gallery, files, purpose="edit").json()
        location = create(browser, gallery, name="a.jpg", clientKey=key, batch=batch["uuid"])
        patch(browser, location["Location"], 0, CONTENT)
        assert UploadBatch.objects.count() == 1
        assert browser.get(batch["address"]).json()["counts"]["received"] == 1

    def test_a_nameless_file_is_sent_under_its_own_name_or_the_given_one(self, browser, gallery):
        files = [
            {"name": ".jpg", "size": 10, "clientKey": str(uuid.uuid4())},
            {"name": ".jpg", "size": 10, "clientKey": str(uuid.uuid4())},
        ]
        batch = self.announce(browser, gallery, files).json()
        for row, name in zip(batch["files"], (".jpg", batch["files"][1]["name"]), strict=True):
            response = create(
                browser, gallery, 10, name, clientKey=row["clientKey"], batch=batch["uuid"]
            )
            assert response.status_code == 201, response.content

    def test_what_is_stored_already_is_not_asked_for_again(self, browser, gallery):
        files = [
            {
                "name": "a.jpg",
                "size": len(CONTENT),
                "relativePath": "Card 1/a.jpg",
                "lastModified": 1_700_000_000_000,
                "clientKey": str(uuid.uuid4()),
            }
        ]
        batch = self.announce(browser, gallery, files).json()
        location = create(
            browser, gallery, name="a.jpg", clientKey=files[0]["clientKey"], batch=batch["uuid"]
        )["Location"]
        patch(browser, location, 0, CONTENT)
        files[0]["clientKey"] = str(uuid.uuid4())
        again = self.announce(browser, gallery, files).json()
        assert again["files"][0]["alreadyStored"]
        assert again["settled"]
        changed = self.announce(browser, gallery, [{**files[0], "clientKey": None, "size": 9}])
        assert not changed.json()["files"][0]["alreadyStored"]

    def test_a_batch_that_does_not_fit_is_507_before_a_byte_flows(self, browser, gallery):
        response = self.announce(
            browser,
            gallery,
            [{"name": f"{number}.jpg", "size": 2**29} for number in range(5000)],
        )
        assert response.status_code == 507
        assert not UploadBatch.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "[]",
            "{}",
            '{"files": [1]}',
            '{"files": [{"name": "a.jpg"}]}',
            '{"files": [{"name": "a.jpg", "size": -1}]}',
            '{"files": [{"name": "a.jpg", "size": "1"}]}',
            '{"files": [{"name": "a.jpg", "size": 1, "clientKey": "x"}]}',
        ],
    )
    def test_a_manifest_that_cannot_be_read_is_400(self, browser, gallery, body):
        response = browser.post(
            reverse("pumbaphoto_wagtail:manifest", args=[gallery.uuid]),
            body,
            content_type="application/json",
        )
        assert response.status_code == 400

    def test_giving_up_the_rest_settles_the_batch_and_mails_once(self, browser, gallery):
        gallery.owner.email = "maria@example.com"
        gallery.owner.save()
        batch = self.announce(browser, gallery, [{"name": "a.jpg", "size": 10}]).json()
        for _ in range(2):
            document = browser.delete(batch["address"]).json()
        assert document["settled"]
        assert document["counts"]["abandoned"] == document["counts"]["announced"] == 1
        assert Message.objects.count() == 1

    def test_5000_rows_are_announced_in_bulk(self, browser, gallery, django_assert_max_num_queries):
        files = [
            {"name": f"IMG_{number}.jpg", "size": 20_000, "clientKey": str(uuid.uuid4())}
            for number in range(5000)
        ]
        with django_assert_max_num_queries(150):
            response = self.announce(browser, gallery, files)
        assert len(response.json()["files"]) == 5000

    def test_an_upload_without_progress_is_given_up(self, browser, gallery, settings):
        from pumbaphoto_wagtail.intake.receiving import abandon_expired

        location = create(browser, gallery)["Location"]
        assert abandon_expired() == 0
        Upload.objects.update(expires_at="2020-01-01T00:00:00Z")
        assert abandon_expired() == 1
        assert head(browser, location).status_code == 410
