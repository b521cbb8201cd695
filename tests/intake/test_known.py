"""What has not to be sent, since the gallery has it already."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from pumbaphoto_wagtail.intake import known
from pumbaphoto_wagtail.models import PhotoFile, Stage, StoredFile, Upload, UploadState, Verdict
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.intake.announcing import announce, browser_of, row

NOON = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
# What the fixture's manifests say of every file.
SENT = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
CONTENT = jpeg_bytes()
SIZE = len(CONTENT)


@pytest.fixture
def browser(shoot):
    return browser_of(shoot)


def states(response) -> list[str]:
    assert response.status_code == 201, response.content
    return [file["state"] for file in response.json()["files"]]


class TestTimes:
    @pytest.mark.parametrize(
        ("one", "other", "is_same"),
        [
            (0, 0, True),
            (0.123, 0.123, True),
            (0.123, 0.124, False),
            # FAT: even seconds, rounded up by Windows and down by Linux.
            (1.5, 2, True),
            (1.5, 0, True),
            (1, 2, True),
            (0, 2, False),
            (2, 3.999, True),
            (2, 4.001, False),
            # Whole seconds, as SMB and HFS+ keep them.
            (1, 1.999, True),
            (1, 2.5, False),
            (1, 2.999, False),
            (3, 3600 + 3, False),
            (0, 3600, False),
        ],
    )
    def test_that_a_file_system_has_rounded_are_the_same(self, one, other, is_same):
        times = [NOON + timedelta(seconds=seconds) for seconds in (one, other)]
        assert known.is_same_time(*times) is is_same
        assert known.is_same_time(*reversed(times)) is is_same


class TestTheSameFolderDroppedAgain:
    @pytest.fixture(autouse=True)
    def stored(self, arrivals):
        arrivals.receive({"Card 1/IMG_1.jpg": CONTENT})

    def test_sends_only_what_is_missing(self, shoot, browser):
        response = announce(
            browser,
            shoot,
            row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT),
            row("Card 1/IMG_2.jpg", SIZE, lastModified=SENT),
        )
        assert states(response) == ["duplicate", "announced"]
        assert response.json()["files"][0]["alreadyStored"]

    def test_from_a_stick_sends_it_neither(self, shoot, browser):
        response = announce(browser, shoot, row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT + 1000))
        assert states(response) == ["duplicate"]

    @pytest.mark.parametrize(
        "changed",
        [
            {"lastModified": SENT + 2000},
            {"lastModified": SENT + HOUR},
            {"lastModified": SENT - 14 * HOUR},
            {"lastModified": None},
            {"size": SIZE + 1},
            {"relativePath": "Card 2/IMG_1.jpg"},
            {"relativePath": ""},
            {"name": "IMG_01.jpg"},
        ],
    )
    def test_sends_what_may_be_another_file(self, shoot, browser, changed):
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT)
        assert states(announce(browser, shoot, {**line, **changed})) == ["announced"]

    def test_and_sent_with_another_time_it_is_known_by_that_too(self, shoot, browser, arrivals):
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT + HOUR)
        batch = announce(browser, shoot, line).json()
        upload = Upload.objects.get(uuid=batch["files"][0]["uuid"])
        arrivals.send(upload, CONTENT)
        upload.refresh_from_db()
        assert upload.state == UploadState.DUPLICATE
        assert states(announce(browser, shoot, {**line, "clientKey": None})) == ["duplicate"]

    def test_a_time_only_taken_for_the_same_does_not_stand_for_a_third(self, shoot, browser):
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT + 1000)
        assert states(announce(browser, shoot, line)) == ["duplicate"]
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT + 2000)
        assert states(announce(browser, shoot, line)) == ["announced"]

    @pytest.mark.parametrize("stage", [Stage.MISSING, Stage.DELETED, Stage.INFECTED, Stage.FAILED])
    def test_sends_what_is_lost_or_of_no_use(self, shoot, browser, stage):
        verdict = Verdict.INFECTED if stage == Stage.INFECTED else Verdict.NONE
        StoredFile.objects.update(stage=stage, verdict=verdict)
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT)
        assert states(announce(browser, shoot, line)) == ["announced"]
        digest = hashlib.sha256(CONTENT).hexdigest()
        assert states(announce(browser, shoot, {**line, "clientKey": None, "sha256": digest})) == [
            "announced"
        ]

    @pytest.mark.parametrize("state", [UploadState.REFUSED, UploadState.ABANDONED])
    def test_sends_what_was_refused_or_given_up(self, shoot, browser, state):
        Upload.objects.update(state=state)
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT)
        assert states(announce(browser, shoot, line)) == ["announced"]

    def test_into_another_gallery_sends_all(self, browser, shoot, db):
        from pumbaphoto_wagtail.testing import make_gallery

        other = make_gallery()
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT)
        assert states(announce(browser_of(other), other, line)) == ["announced"]

    def test_as_edits_sends_all(self, shoot, browser):
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT)
        assert states(announce(browser, shoot, line, purpose="edit")) == ["announced"]


class TestAHash:
    @pytest.fixture(autouse=True)
    def stored(self, arrivals):
        arrivals.receive({"Card 1/IMG_1.jpg": CONTENT})

    @pytest.mark.parametrize("digits", [hashlib.sha256(CONTENT).hexdigest()])
    def test_knows_a_file_by_any_name_and_time(self, shoot, browser, digits):
        lines = [
            row("Elsewhere/renamed.jpg", SIZE, sha256=digits),
            row("x.jpg", SIZE, sha256=digits.upper(), lastModified=None),
        ]
        assert states(announce(browser, shoot, *lines)) == ["duplicate", "duplicate"]

    def test_of_a_photo_that_came_another_way_is_known(self, scanned_shoot, browser, arrivals):
        arrivals.process()
        Upload.objects.all().delete()
        assert PhotoFile.objects.exists()
        digits = hashlib.sha256(CONTENT).hexdigest()
        line = row("a.jpg", SIZE, sha256=digits)
        assert states(announce(browser, scanned_shoot, line)) == ["duplicate"]

    def test_that_differs_is_believed_against_name_size_and_time(self, shoot, browser):
        line = row("Card 1/IMG_1.jpg", SIZE, lastModified=SENT, sha256="0" * 64)
        assert states(announce(browser, shoot, line)) == ["announced"]

    def test_of_another_size_proves_nothing(self, shoot, browser):
        digits = hashlib.sha256(CONTENT).hexdigest()
        assert states(announce(browser, shoot, row("a.jpg", 5, sha256=digits))) == ["announced"]

    @pytest.mark.parametrize("digits", ["0" * 63, "0" * 65, "g" * 64, "٠" * 64, 5, ["0"], {"a": 1}])
    def test_that_is_none_is_400(self, shoot, browser, digits):
        response = announce(browser, shoot, row("a.jpg", sha256=digits))
        assert response.status_code == 400
        assert not Upload.objects.filter(file_name="a.jpg").exists()

    def test_is_checked_when_the_bytes_are_here(self, shoot, browser):
        line = row("a.jpg", SIZE, sha256="0" * 64)
        document = announce(browser, shoot, line).json()
        upload = Upload.objects.get(uuid=document["files"][0]["uuid"])
        assert upload.claimed_sha256 == "0" * 64
        address = reverse("pumbaphoto_wagtail:upload", args=[shoot.uuid, upload.uuid])
        headers = {"HTTP_TUS_RESUMABLE": "1.0.0"}
        from pumbaphoto_wagtail.intake import receiving

        receiving.start(upload)
        response = browser.generic(
            "PATCH",
            address,
            CONTENT,
            content_type="application/offset+octet-stream",
            HTTP_UPLOAD_OFFSET="0",
            **headers,
        )
        assert response.status_code == 460
