"""The server's side of tus 1.0.0, requirement by requirement, each with the words it stands for.

Creation, bytes and refusals have further cases in ``tests/intake/test_tus.py``.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from django.contrib.auth import get_user_model
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Collection

from pumbaphoto_wagtail.intake import receiving
from pumbaphoto_wagtail.models import Gallery, StoredFile, Upload, UploadBatch, UploadState
from pumbaphoto_wagtail.storage import INCOMING, storage_for
from tests.intake.test_tus import (
    CONTENT,
    LENGTH,
    VERSION,
    browser,
    create,
    gallery,
    head,
    make_studio,
    metadata,
    patch,
)

__all__ = ["browser", "gallery"]


def address_of(gallery: Gallery) -> str:
    return reverse("pumbaphoto_wagtail:uploads", args=[gallery.uuid])


def answers(browser: Browser, gallery: Gallery) -> dict[str, object]:
    """An answer of every kind that the upload addresses give, by what it is about."""
    location = create(browser, gallery)["Location"]
    unknown = reverse("pumbaphoto_wagtail:upload", args=[gallery.uuid, uuid.uuid4()])
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(gallery.owner)
    stranger = Browser()
    stranger.force_login(make_studio("Ek"))
    return {
        "201": create(browser, gallery, name="b.jpg"),
        "204 of OPTIONS": Browser().options(location),
        "200": head(browser, location),
        "204": patch(browser, location, 0, CONTENT[:10]),
        "400": create(browser, gallery, length="x"),
        "401": create(Browser(), gallery),
        "403": create(strict, gallery),
        "404": head(browser, unknown),
        "404 of another studio": head(stranger, location),
        "405": browser.get(location, **VERSION),
        "409": patch(browser, location, 5, b"x"),
        "412": browser.head(location, HTTP_TUS_RESUMABLE="0.2.2"),
        "413": patch(browser, location, 10, CONTENT),
        "415": create(browser, gallery, name="a.mp4"),
        "460": patch(browser, location, 10, b"x", HTTP_UPLOAD_CHECKSUM="sha1 " + "A" * 27 + "="),
    }


class TestSession:
    """1. Session and token; what is not yours is not there."""

    def test_a_head_needs_no_token(self, gallery):
        upload = create(logged_in(gallery), gallery)
        strict = Browser(enforce_csrf_checks=True)
        strict.force_login(gallery.owner)
        assert head(strict, upload["Location"]).status_code == 200

    @pytest.mark.parametrize("method", ["post", "patch", "delete"])
    def test_what_changes_something_needs_the_token(self, gallery, method):
        location = create(logged_in(gallery), gallery)["Location"]
        strict = Browser(enforce_csrf_checks=True)
        strict.force_login(gallery.owner)
        answer = getattr(strict, method)(location, **VERSION)
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/json")
        assert Upload.objects.get().state == UploadState.UPLOADING

    def test_the_token_lets_through(self, gallery):
        strict = Browser(enforce_csrf_checks=True)
        strict.force_login(gallery.owner)
        strict.cookies["csrftoken"] = "a" * 32
        answer = strict.post(
            address_of(gallery),
            HTTP_X_CSRFTOKEN="a" * 32,
            HTTP_UPLOAD_LENGTH="10",
            HTTP_UPLOAD_METADATA=metadata(filename="a.jpg"),
            **VERSION,
        )
        assert answer.status_code == 201

    def test_a_right_that_is_taken_away_counts_from_the_next_request_on(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        gallery.owner.groups.clear()
        Gallery.objects.update(owner=make_studio("Ek"))
        assert patch(browser, location, 0, CONTENT).status_code == 404
        assert head(browser, location).status_code == 404

    def test_what_is_another_studios_and_what_does_not_exist_look_the_same(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        stranger = Browser()
        stranger.force_login(make_studio("Ek"))
        foreign = patch(stranger, location, 0, b"x")
        nowhere = reverse("pumbaphoto_wagtail:upload", args=[gallery.uuid, uuid.uuid4()])
        missing = patch(browser, nowhere, 0, b"x")
        assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)


class TestVersion:
    """2. The version on every answer; OPTIONS for anybody; overriding on POST alone."""

    def test_every_answer_names_the_version_and_is_not_kept(self, browser, gallery):
        for kind, answer in answers(browser, gallery).items():
            assert str(answer.status_code) == kind[:3], (kind, answer.content)
            assert answer["Tus-Resumable"] == "1.0.0", kind
            assert answer["Cache-Control"] == "no-store", kind

    def test_every_refusal_says_why_in_json(self, browser, gallery):
        for kind, answer in answers(browser, gallery).items():
            # A HEAD has no body.
            if answer.status_code >= 400 and answer.request["REQUEST_METHOD"] != "HEAD":
                assert answer.json()["error"], kind

    def test_no_answer_is_one_that_clients_would_not_understand(self, browser, gallery):
        assert not {answer.status_code for answer in answers(browser, gallery).values()} & {
            408,
            429,
        }

    def test_another_version_is_told_ours_wherever_it_asks(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        for ask in (browser.head, browser.patch, browser.delete):
            for headers in ({}, {"HTTP_TUS_RESUMABLE": "1.0.1"}):
                answer = ask(location, **headers)
                assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")

    def test_anybody_may_ask_what_can_be_done_and_learns_nothing_else(self, gallery):
        known = Browser().options(address_of(gallery))
        unknown = Browser().options(
            reverse("pumbaphoto_wagtail:uploads", args=[uuid.uuid4()]), **VERSION
        )
        assert known.status_code == unknown.status_code == 204
        assert known.headers == unknown.headers
        assert known["Tus-Checksum-Algorithm"] == "sha1,sha256"
        assert known["Tus-Version"] == "1.0.0"

    def test_a_method_is_overridden_on_post_alone(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        answer = browser.post(
            location,
            CONTENT,
            content_type="application/offset+octet-stream",
            HTTP_X_HTTP_METHOD_OVERRIDE="PATCH",
            HTTP_UPLOAD_OFFSET="0",
            **VERSION,
        )
        assert answer.status_code == 204
        answer = browser.head(location, HTTP_X_HTTP_METHOD_OVERRIDE="DELETE", **VERSION)
        assert answer.status_code == 200

    def test_a_method_that_is_not_spoken_is_told_which_are(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        assert browser.get(location, **VERSION)["Allow"] == "HEAD, PATCH, DELETE, OPTIONS"
        assert browser.get(address_of(gallery), **VERSION)["Allow"] == "POST, OPTIONS"


class TestCreation:
    """3. Creation: strict metadata, a key that makes it happen once, refusals before bytes."""

    def test_the_same_key_with_another_length_or_name_is_refused(self, browser, gallery):
        key = str(uuid.uuid4())
        create(browser, gallery, clientKey=key)
        assert create(browser, gallery, length=LENGTH + 1, clientKey=key).status_code == 400
        assert create(browser, gallery, name="other.jpg", clientKey=key).status_code == 400
        assert Upload.objects.count() == UploadBatch.objects.count() == 1

    def test_the_same_key_after_bytes_came_tells_how_many(self, browser, gallery):
        key = str(uuid.uuid4())
        first = create(browser, gallery, clientKey=key)
        patch(browser, first["Location"], 0, CONTENT[:100])
        again = create(browser, gallery, clientKey=key)
        assert (again.status_code, again["Upload-Offset"]) == (201, "100")
        assert again["Location"] == first["Location"]

    def test_the_same_key_after_all_came_is_a_finished_upload(self, browser, gallery):
        key = str(uuid.uuid4())
        location = create(browser, gallery, clientKey=key)["Location"]
        patch(browser, location, 0, CONTENT)
        again = create(browser, gallery, clientKey=key)
        assert (again["Location"], again["Upload-Offset"]) == (location, str(LENGTH))
        assert StoredFile.objects.count() == 1

    def test_a_key_that_was_given_up_begins_anew_outside_its_batch(self, browser, gallery):
        key = str(uuid.uuid4())
        location = create(browser, gallery, clientKey=key)["Location"]
        browser.delete(location, **VERSION)
        batch = str(Upload.objects.get().batch.uuid)
        assert create(browser, gallery, clientKey=key, batch=batch).status_code == 410
        again = create(browser, gallery, clientKey=key)
        assert again.status_code == 201
        assert again["Location"] != location

    def test_another_persons_key_is_another_upload(self, browser, gallery):
        key = str(uuid.uuid4())
        create(browser, gallery, clientKey=key)
        colleague = Browser()
        boss = get_user_model().objects.create_superuser("boss", "", "password")
        colleague.force_login(boss)
        create(colleague, gallery, clientKey=key)
        assert Upload.objects.count() == 2

    @pytest.mark.parametrize(
        "header",
        [
            "filename \u00e9",
            "filename YS5qcGc=,\u00a0b YQ==",
            "filename YS5qcGc=,,b YQ==",
            "filename YS5qcGc=,b\tYQ==",
            "filename YS5qcGc=,b  YQ==",
            "filename YS5qcGc",
            ",".join(f"k{number} YQ==" for number in range(1000)),
            "filename " + "YWFh" * 1024,
        ],
    )
    def test_odd_metadata_is_400(self, browser, gallery, header):
        answer = browser.post(
            address_of(gallery),
            HTTP_UPLOAD_LENGTH="10",
            HTTP_UPLOAD_METADATA=header,
            **VERSION,
        )
        assert answer.status_code == 400
        assert not Upload.objects.exists()

    def test_metadata_of_nearly_4_kib_is_taken_and_given_back_word_for_word(self, browser, gallery):
        header = metadata(filename="Hochzeit Müller 💍.jpg", note="x" * 3000)
        answer = browser.post(
            address_of(gallery),
            HTTP_UPLOAD_LENGTH="10",
            HTTP_UPLOAD_METADATA=header,
            **VERSION,
        )
        assert answer.status_code == 201
        assert head(browser, answer["Location"])["Upload-Metadata"] == header

    def test_a_long_name_keeps_its_extension_and_a_longer_one_is_400(self, browser, gallery):
        assert create(browser, gallery, name="a" * 1020 + ".jpg").status_code == 201
        name = Upload.objects.get().file_name
        assert (len(name), name[-5:]) == (255, "a.jpg")
        assert create(browser, gallery, name="a" * 1021 + ".jpg").status_code == 400

    def test_lengths_up_to_the_last_number_are_understood(self, browser, gallery):
        assert create(browser, gallery, length=2**63 - 1).status_code == 413
        assert create(browser, gallery, length=2**63).status_code == 400

    def test_concatenation_is_not_spoken_so_that_no_part_becomes_a_photo(self, browser, gallery):
        answer = browser.post(
            address_of(gallery),
            HTTP_UPLOAD_CONCAT="partial",
            HTTP_UPLOAD_LENGTH="10",
            HTTP_UPLOAD_METADATA=metadata(filename="a.jpg"),
            **VERSION,
        )
        assert answer.status_code == 400

    def test_the_address_says_nothing_of_what_the_client_calls_this_host(self, browser, gallery):
        answer = browser.post(
            address_of(gallery),
            HTTP_HOST="evil.example",
            HTTP_UPLOAD_LENGTH="10",
            HTTP_UPLOAD_METADATA=metadata(filename="a.jpg"),
            **VERSION,
        )
        assert answer["Location"].startswith("/")
        assert "evil" not in answer["Location"]

    def test_creating_in_a_loop_ends_at_the_cap_and_leaves_others_alone(
        self, browser, gallery, settings
    ):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "MAX_OPEN_UPLOADS": 5}
        found = [create(browser, gallery, name=f"{number}.jpg") for number in range(8)]
        assert [answer.status_code for answer in found] == [201] * 5 + [503] * 3
        assert all(answer["Retry-After"] for answer in found[5:])
        assert len(storage_for(INCOMING).listdir("")[1]) == 5
        # What is open goes on, also when its answer was lost and it is created once more.
        key = str(uuid.uuid4())
        browser.delete(found[0]["Location"], **VERSION)
        create(browser, gallery, name="k.jpg", clientKey=key)
        assert create(browser, gallery, name="k.jpg", clientKey=key).status_code == 201
        other = make_studio("Ek")
        theirs = Gallery.objects.create(
            title="Theirs",
            owner=other,
            collection=Collection.objects.get(name="Ek"),
            site=gallery.site,
        )
        stranger = Browser()
        stranger.force_login(other)
        assert create(stranger, theirs).status_code == 201


class TestOffset:
    """4. HEAD: the durable offset, the expiry, 404 and 410."""

    def test_the_offset_is_the_rows_not_the_files(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT[:100])
        name = receiving.part_name(Upload.objects.get())
        storage_for(INCOMING).append(name, 100, [CONTENT[100:500]])
        answer = head(browser, location)
        assert answer["Upload-Offset"] == "100"
        assert answer["Upload-Length"] == str(LENGTH)
        assert patch(browser, location, 100, CONTENT[100:]).status_code == 204
        assert StoredFile.objects.get().sha256 == hashlib.sha256(CONTENT).hexdigest()

    def test_the_expiry_is_seven_days_from_the_last_progress(self, browser, gallery):
        created = create(browser, gallery)
        location = created["Location"]
        for answer in (created, head(browser, location), patch(browser, location, 0, b"x")):
            left = parsedate_to_datetime(answer["Upload-Expires"]) - timezone.now()
            assert timedelta(days=6, hours=23) < left <= timedelta(days=7)

    def test_an_expired_upload_is_gone_before_anybody_swept_it(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT[:100])
        Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert patch(browser, location, 100, CONTENT[100:]).status_code == 410
        assert head(browser, location).status_code == 410
        assert Upload.objects.get().state == UploadState.ABANDONED
        assert storage_for(INCOMING).listdir("")[1] == []

    def test_a_finished_upload_tells_its_offset_for_thirty_days(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT)
        long_ago = timezone.now() - timedelta(days=30)
        Upload.objects.update(finished_at=long_ago, expires_at=long_ago, created_at=long_ago)
        receiving.abandon_expired()
        assert head(browser, location)["Upload-Offset"] == str(LENGTH)

    @pytest.mark.parametrize("state", [UploadState.REFUSED, UploadState.ASKED])
    def test_what_was_acknowledged_stays_so_whatever_is_found_in_it(self, browser, gallery, state):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT)
        Upload.objects.update(state=state)
        assert head(browser, location)["Upload-Offset"] == str(LENGTH)
        assert patch(browser, location, LENGTH, b"").status_code == 204

    def test_what_was_there_before_has_nothing_left_to_send(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        Upload.objects.update(state=UploadState.DUPLICATE)
        assert head(browser, location)["Upload-Offset"] == str(LENGTH)
        answer = patch(browser, location, 0, CONTENT)
        assert (answer.status_code, answer["Upload-Offset"]) == (409, str(LENGTH))


class TestBytes:
    """5. PATCH: what is written, kept and refused."""

    def test_an_empty_piece_changes_nothing(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT[:100])
        answer = patch(browser, location, 100, b"")
        assert (answer.status_code, answer["Upload-Offset"]) == (204, "100")

    def test_a_finished_upload_is_at_another_offset_for_whoever_sends_it_again(
        self, browser, gallery
    ):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT)
        answer = patch(browser, location, 0, CONTENT)
        assert (answer.status_code, answer["Upload-Offset"]) == (409, str(LENGTH))
        assert patch(browser, location, LENGTH, b"x").status_code == 413

    def test_an_offset_beyond_the_last_number_is_400(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        assert patch(browser, location, 2**63, b"x").status_code == 400

    def test_a_piece_whose_checksum_differs_is_cut_away(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT[:100])
        wrong = base64.b64encode(hashlib.sha1(b"other").digest()).decode()
        answer = patch(browser, location, 100, b"x" * 50, HTTP_UPLOAD_CHECKSUM=f"sha1 {wrong}")
        assert answer.status_code == 460
        assert storage_for(INCOMING).size(receiving.part_name(Upload.objects.get())) == 100

    @pytest.mark.parametrize("checksum", ["sha1", "sha1 \u00e9", "sha1 !", "SHA1 AAAA", ""])
    def test_an_odd_checksum_is_400(self, browser, gallery, checksum):
        location = create(browser, gallery)["Location"]
        answer = patch(browser, location, 0, b"x", HTTP_UPLOAD_CHECKSUM=checksum)
        assert answer.status_code in (400, 460)
        assert head(browser, location)["Upload-Offset"] == "0"

    def test_bytes_that_the_storage_has_lost_are_asked_for_again(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        patch(browser, location, 0, CONTENT[:100])
        storage_for(INCOMING).delete(receiving.part_name(Upload.objects.get()))
        answer = patch(browser, location, 100, CONTENT[100:])
        assert (answer.status_code, answer["Upload-Offset"]) == (409, "0")
        assert patch(browser, location, 0, CONTENT).status_code == 204
        assert StoredFile.objects.get().sha256 == hashlib.sha256(CONTENT).hexdigest()

    def test_a_piece_larger_than_djangos_limit_for_bodies_is_taken(
        self, browser, gallery, settings
    ):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
        location = create(browser, gallery)["Location"]
        assert patch(browser, location, 0, CONTENT).status_code == 204


class TestEnd:
    """6 and 7. The last piece, and giving up."""

    def test_the_last_answer_and_its_repetition_name_the_stored_file(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        first = patch(browser, location, 0, CONTENT)
        again = patch(browser, location, LENGTH, b"")
        stored = StoredFile.objects.get()
        for answer in (first, again):
            assert answer["X-StoredFile"] == str(stored.uuid)
            assert answer["X-Sha256"] == hashlib.sha256(CONTENT).hexdigest()

    def test_giving_up_twice_is_410_and_what_comes_later_too(self, browser, gallery):
        location = create(browser, gallery)["Location"]
        assert browser.delete(location, **VERSION).status_code == 204
        assert browser.delete(location, **VERSION).status_code == 410
        assert patch(browser, location, 0, CONTENT).status_code == 410


def logged_in(gallery: Gallery) -> Browser:
    browser = Browser()
    browser.force_login(gallery.owner)
    return browser
