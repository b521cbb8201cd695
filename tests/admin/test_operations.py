"""The operational log: for operators, of the galleries they may see, quick, and with acts."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from wagtail.models import ModelLogEntry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.outbox import without_secrets
from pumbaphoto_wagtail.models import (
    Gallery,
    Message,
    MessageKind,
    Stage,
    StoredFile,
    StudioSettings,
    Upload,
    UploadBatch,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.notifications import owe_files_missing

from .conftest import words_of

FILES, OUTBOX = "pumbaphoto_files", "pumbaphoto_outbox"
BATCHES, UPLOADS = "pumbaphoto_wagtail_uploadbatch", "pumbaphoto_wagtail_upload"
QUARANTINE = "pumbaphoto_quarantine"
ROOMS = {
    FILES: "view_storedfile",
    OUTBOX: "view_message",
    BATCHES: "view_uploadbatch",
    UPLOADS: "view_upload",
}
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def own_storages(settings, tmp_path):
    settings.STORAGES = testing.temporary_storages(tmp_path)


@pytest.fixture
def chief(studios, log_in):
    return log_in(studios.chief)


@pytest.fixture
def message(gallery, link):
    """An e-mail to Anna that was given up after an error."""
    return Message.objects.create(
        key="one",
        kind=MessageKind.LINK,
        gallery=gallery,
        share_link=link,
        attempts=5,
        failed_at=timezone.now(),
        error="SMTPDataError: (554, b'blocked: https://studio.example/s/abc-def')",
    )


@pytest.fixture
def everything(batch, message):
    """A row in every room."""


def index(room):
    return reverse(f"{room}_modeladmin_index")


def results(room):
    return reverse(f"{room}_results")


def inspect(room, record):
    return reverse(f"{room}_modeladmin_inspect", args=[record.pk])


def text(browser, room, **query):
    response = browser.get(index(room), query)
    assert response.status_code == 200
    return response.content.decode()


def exported(browser, room, **query):
    response = browser.get(index(room), {"export": "csv", **query})
    return list(csv.DictReader(StringIO(b"".join(response).decode())))


def ask(browser, room, act, *records, **data):
    """Choose records and an act, and be asked."""
    data = {"act": act, "record": [record.pk for record in records], **data}
    return browser.post(reverse(f"{room}_act"), data, follow=True)


def do(browser, room, act, *records):
    return ask(browser, room, act, *records, confirmed="yes")


def give(user, *codenames):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def logged(action):
    return ModelLogEntry.objects.filter(action=action)


def one_record(room):
    model = {FILES: StoredFile, OUTBOX: Message, BATCHES: UploadBatch, UPLOADS: Upload}[room]
    return model.objects.first()


class TestWhoEnters:
    def answers(self, browser, room):
        record = one_record(room)
        return {
            browser.get(index(room)).status_code,
            browser.get(index(room), {"export": "csv"}).status_code,
            browser.get(results(room)).status_code,
            browser.get(inspect(room, record)).status_code,
        }

    def test_the_superuser_enters_everywhere(self, chief, everything):
        for room in ROOMS:
            assert self.answers(chief, room) == {200}

    def test_a_photographer_enters_nowhere(self, maria, everything):
        for room in ROOMS:
            # A batch of one's own gallery is where the uploader's summary leads.
            assert self.answers(maria, room) == ({302, 200} if room == BATCHES else {302, 404})
            assert do(maria, room, "give-up", one_record(room)).request["PATH_INFO"] == "/admin/"

    def test_nor_does_who_may_only_enter_the_admin(self, studios, log_in, everything):
        outsider = log_in(studios.outsider)
        for room in ROOMS:
            assert self.answers(outsider, room) == {302, 404}

    def test_one_permission_opens_one_room_and_shows_the_rows_of_ones_own_galleries(
        self, studios, log_in, everything
    ):
        for room, permission in ROOMS.items():
            for user in (studios.maria, studios.bert):
                user.user_permissions.clear()
                give(user, permission)
            assert self.answers(log_in(studios.maria), room) == {200}
            assert "Smith wedding" in text(log_in(studios.maria), room)
            bert = log_in(studios.bert)
            assert self.answers(bert, room) == {200, 404}
            assert "Smith wedding" not in text(bert, room)
            assert exported(bert, room) == []
            assert do(bert, room, "give-up", one_record(room)).status_code == 200

    def test_acts_reach_only_what_one_may_change(self, studios, log_in, message, batch):
        give(studios.bert, *ROOMS.values())
        bert = log_in(studios.bert)
        do(bert, OUTBOX, "send", message)
        message.refresh_from_db()
        assert message.failed_at
        Upload.objects.update(state=UploadState.UPLOADING)
        do(bert, BATCHES, "give-up", batch)
        do(bert, UPLOADS, "give-up", *Upload.objects.all())
        assert not Upload.objects.filter(state=UploadState.ABANDONED).exists()

    def test_the_menu_names_the_rooms_of_operators_to_operators_alone(self, studios, log_in, db):
        def named(user):
            page = log_in(user).get("/admin/").content.decode()
            return {room for room in (*ROOMS, QUARANTINE) if index(room) in page}

        assert named(studios.chief) == {*ROOMS, QUARANTINE}
        assert named(studios.maria) == set()
        give(studios.maria, "view_message")
        assert named(studios.maria) == {OUTBOX}

    def test_the_permissions_can_be_given_to_groups(self, chief, studios):
        page = chief.get(reverse("wagtailusers_groups:add")).content.decode()
        for permission in Permission.objects.filter(codename__in=ROOMS.values()):
            assert f'value="{permission.pk}"' in page


class TestAddresses:
    @pytest.mark.parametrize(
        "query",
        [
            "uploader__password__startswith=md5",
            "gallery__owner__password__startswith=md5",
            "share_link__token_sha256__startswith=a",
            "uploads__batch__uploader__password__startswith=md5",
        ],
    )
    def test_ask_the_database_nothing_that_was_not_offered(self, query, chief, everything):
        for room in (*ROOMS, QUARANTINE):
            response = chief.get(f"{index(room)}?{query}")
            # The whole list, or the way to it.
            assert response.status_code == 302 or "Smith wedding" in response.content.decode()
            assert response.status_code == 302 or not response.context.get("is_filtering")

    def test_forgive_nonsense(self, chief, everything):
        for room in ROOMS:
            for query in ({"p": "x"}, {"p": "999"}, {"ordering": "x"}, {"stage": "x"}, {"q": "\0"}):
                assert chief.get(index(room), query).status_code == 200
            for key in ("abc", "9" * 40, "-1"):
                assert chief.get(f"{index(room)}inspect/{key}/").status_code == 404

    def test_change_nothing_but_by_the_one_that_acts(self, chief, everything):
        for room in ROOMS:
            assert chief.get(reverse(f"{room}_act")).status_code == 405
            for name in ("create", "edit/1", "delete/1"):
                assert chief.get(f"{index(room)}{name}/").status_code == 404

    def test_lead_back_to_no_other_site(self, chief, message):
        answer = chief.post(
            reverse(f"{OUTBOX}_act"),
            {"act": "send", "record": message.pk, "confirmed": "y", "next": "//evil.example/"},
        )
        assert answer.url == index(OUTBOX)


class TestPhotosAndScans:
    def test_tell_verdict_scanner_attempts_times_and_reason(self, chief, photos, batch):
        StoredFile.objects.filter(pk=photos[0].picture_id).update(
            scanner_version="ClamAV 1.4.1/27500",
            scan_attempts=3,
            scan_seconds=0.25,
            render_seconds=1.5,
        )
        page = text(chief, FILES)
        for words in ("ClamAV 1.4.1/27500", "3 scans", "0.25 s + 1.50 s", "Eicar-Test-Signature"):
            assert words in page
        [row] = [row for row in exported(chief, FILES) if row["Seconds of scanning"] == "0.25"]
        assert (row["Virus scan"], row["Gallery"]) == ("clean", "Smith wedding")

    def test_are_filtered_and_found(self, chief, batch, photos):
        def names(**query):
            return {row["File name"] for row in exported(chief, FILES, **query)}

        assert names(stage="infected") == {"invoice.jpg"}
        assert names(verdict="infected") == {"invoice.jpg"}
        assert names(verdict="none") == set()
        assert names(q="invoice") == {"invoice.jpg"}
        assert names(q="Eicar") == {"invoice.jpg"}
        assert "IMG_0004.jpg" in names(q="smith")
        assert names(format="cr2") == set()

    def test_can_be_scanned_again_after_a_question(self, chief, batch):
        file = StoredFile.objects.get(stage=Stage.INFECTED)
        assert "Scan these files again?" in ask(chief, FILES, "scan", file).content.decode()
        file.refresh_from_db()
        assert file.stage == Stage.INFECTED
        do(chief, FILES, "scan", file)
        file.refresh_from_db()
        assert (file.stage, file.verdict) == (Stage.RECEIVED, Verdict.NONE)
        assert logged("pumbaphoto.scan_again").count() == 1

    def test_that_are_clean_are_left_by_scanning_again(self, chief, photos):
        answer = do(chief, FILES, "scan", photos[0].picture)
        assert "1 was left as it is" in words_of(answer)[0]

    def test_can_be_rendered_again_many_at_once(self, chief, photos):
        files = [photo.picture for photo in photos]
        answer = do(chief, FILES, "render", *files)
        assert words_of(answer) == ["New pictures are made of 4 files."]
        assert StoredFile.objects.filter(render_requested_at__isnull=False).count() == 4
        assert logged("pumbaphoto.render_photos").exists()

    def test_show_one_file_whole(self, chief, photos):
        file = photos[0].picture
        page = chief.get(inspect(FILES, file)).content.decode()
        for words in (file.sha256, "IMG_0001.jpg", "Smith wedding"):
            assert words in page

    def test_tell_no_place_on_the_disk(self, chief, photos, tmp_path):
        file = photos[0].picture
        pages = text(chief, FILES) + chief.get(inspect(FILES, file)).content.decode()
        pages += str(exported(chief, FILES))
        assert str(tmp_path) not in pages
        assert file.name not in pages


class TestUploads:
    def test_a_batch_adds_up(self, chief, batch):
        Upload.objects.create(batch=batch, file_name="later.jpg", length=5)
        [row] = exported(chief, BATCHES)
        assert row["Files"] == "4"
        ended = [int(row[name]) for name in ("Accepted", "Refused", "Duplicate", "Abandoned")]
        assert (sum(ended), row["Under way"]) == (3, "1")
        page = text(chief, BATCHES)
        assert "2 accepted · 1 refused · 1 under way" in page

    def test_a_batch_says_how_long_it_took(self, chief, batch):
        UploadBatch.objects.update(settled_at=batch.created_at + timedelta(minutes=20))
        assert exported(chief, BATCHES)[0]["Seconds"] == "1200"
        assert "about 20 minutes" in text(chief, BATCHES)

    def test_are_filtered_and_found(self, chief, batch):
        assert len(exported(chief, BATCHES, progress="open")) == 1
        assert exported(chief, BATCHES, progress="settled") == []
        assert len(exported(chief, BATCHES, q="invoice")) == 1
        assert exported(chief, BATCHES, q="nowhere") == []
        assert [row["File name"] for row in exported(chief, UPLOADS, state="refused")] == [
            "IMG_0001.xmp"
        ]
        assert len(exported(chief, UPLOADS, q="smith")) == 3

    @pytest.mark.parametrize("room", [BATCHES, UPLOADS])
    def test_that_did_not_arrive_can_be_given_up(self, chief, batch, room):
        upload = Upload.objects.create(
            batch=batch, file_name="lost.jpg", length=5, state=UploadState.UPLOADING
        )
        do(chief, room, "give-up", batch if room == BATCHES else upload)
        upload.refresh_from_db()
        assert upload.state == UploadState.ABANDONED
        assert logged("pumbaphoto.give_up_upload").get().data["count"] == 1
        batch.refresh_from_db()
        assert batch.settled_at

    @pytest.mark.parametrize("room", [BATCHES, UPLOADS])
    def test_that_did_not_arrive_can_be_waited_for(self, chief, batch, room):
        upload = Upload.objects.create(
            batch=batch, file_name="slow.jpg", length=5, state=UploadState.UPLOADING
        )
        do(chief, room, "resume", batch if room == BATCHES else upload)
        upload.refresh_from_db()
        assert upload.expires_at > timezone.now() + timedelta(days=6)

    @pytest.mark.parametrize(
        ("stage", "verdict", "task"),
        [(Stage.WAITING, "", "scan_file"), (Stage.CLEAN, "clean", "render_file")],
    )
    def test_that_stand_still_are_woken(self, chief, batch, stage, verdict, task):
        file = testing.make_stored_file(
            b"still", stage=stage, verdict=verdict, retry_at=timezone.now() + timedelta(hours=1)
        )
        upload = Upload.objects.create(
            batch=batch, file_name="a.jpg", length=5, state=UploadState.RECEIVED, stored_file=file
        )
        OrmQ.objects.all().delete()
        do(chief, UPLOADS, "resume", upload)
        file.refresh_from_db()
        assert file.retry_at is None
        assert [queued.func() for queued in OrmQ.objects.all()] == [
            f"pumbaphoto_wagtail.tasks.{task}"
        ]

    def test_that_have_ended_are_left(self, chief, batch):
        before = list(Upload.objects.values_list("state", flat=True))
        do(chief, BATCHES, "give-up", batch)
        do(chief, BATCHES, "resume", batch)
        assert list(Upload.objects.values_list("state", flat=True)) == before


class TestOutbox:
    def test_tells_kind_recipient_attempts_and_error_without_the_link(self, chief, message):
        page = text(chief, OUTBOX)
        for words in ("share link", "Anna", "given up", "554"):
            assert words in page
        assert "abc-def" not in page
        assert "abc-def" not in str(exported(chief, OUTBOX))
        assert "abc-def" not in chief.get(inspect(OUTBOX, message)).content.decode()

    @pytest.mark.parametrize(("state", "amount"), [("given-up", 1), ("sent", 0), ("to-send", 0)])
    def test_is_filtered_by_state(self, chief, message, state, amount):
        assert len(exported(chief, OUTBOX, state=state)) == amount

    def test_is_found_by_recipient(self, chief, message):
        assert len(exported(chief, OUTBOX, q="anna@example")) == 1
        assert exported(chief, OUTBOX, q="nobody") == []

    def test_sends_again_at_once(self, chief, message):
        do(chief, OUTBOX, "send", message)
        message.refresh_from_db()
        assert (message.failed_at, message.attempts) == (None, 0)
        assert logged("pumbaphoto.retry_message").exists()

    @pytest.mark.parametrize(
        ("who", "is_keeper", "sees"),
        [
            *(("chief", False, True), ("maria", False, True)),
            *(("bert", False, False), ("bert", True, True)),
        ],
    )
    def test_shows_what_is_about_no_gallery_to_whom_it_concerns(
        self, studios, log_in, who, is_keeper, sees
    ):
        site = testing.make_site()
        user = getattr(studios, who)
        give(user, "view_message")
        if is_keeper:
            StudioSettings.objects.create(site=site, owner=user)
        day = timezone.localdate()
        message = owe_files_missing(site, studios.maria, day)
        browser = log_in(user)

        assert len(exported(browser, OUTBOX)) == int(sees)
        assert browser.get(inspect(OUTBOX, message)).status_code == (200 if sees else 404)
        Message.objects.update(failed_at=timezone.now())
        do(browser, OUTBOX, "send", message)
        message.refresh_from_db()
        assert (message.failed_at is None) is sees

    def test_sends_nothing_twice(self, chief, message):
        Message.objects.update(failed_at=None, sent_at=timezone.now())
        OrmQ.objects.all().delete()
        answer = do(chief, OUTBOX, "send", message)
        assert "1 was left as it is" in words_of(answer)[0]
        assert not OrmQ.objects.exists()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("refused https://a.example/s/0b1c-22 now", "refused https://a.example/s/*** now"),
        ("FileNotFoundError: '/srv/site/mail/x.html'", "FileNotFoundError: '…/x.html'"),
        ("[Errno 111] Connection refused", "[Errno 111] Connection refused"),
        ("https://mail.example/help/554", "https://mail.example/help/554"),
    ],
)
def test_an_error_is_told_without_tokens_and_folders(error, told):
    assert without_secrets(error) == told


def test_what_clients_and_cameras_say_is_markup_nowhere(chief, everything, link):
    Gallery.objects.update(title=EVIL)
    Upload.objects.update(file_name=EVIL, reason=EVIL, relative_path=EVIL)
    StoredFile.objects.update(original_name=EVIL, reason=EVIL, scanner_version=EVIL)
    link.recipient = EVIL
    link.save()
    Message.objects.update(error=EVIL)
    for room in ROOMS:
        pages = text(chief, room) + chief.get(inspect(room, one_record(room))).content.decode()
        for act in ("scan", "send", "resume"):
            pages += ask(chief, room, act, one_record(room)).content.decode()
        assert EVIL not in pages


def test_a_page_asks_as_often_for_many_rows_as_for_few_and_counts_them_once(
    chief, studios, log_in, gallery, everything, link
):
    give(studios.maria, *ROOMS.values())

    def queries(browser, room):
        browser.get(index(room))
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(index(room)).status_code == 200
        counts = [query["sql"] for query in asked if query["sql"].startswith("SELECT COUNT(")]
        assert len(counts) == 1
        return len(asked)

    people = (chief, log_in(studios.maria))
    before = [queries(browser, room) for browser in people for room in ROOMS]
    testing.make_many_photos(gallery, 60)
    for number in range(60):
        batch = UploadBatch.objects.create(gallery=gallery, uploader=studios.maria)
        Upload.objects.create(batch=batch, file_name=f"{number}.jpg", length=1)
        Message.objects.create(
            key=f"{number}", kind=MessageKind.LINK, gallery=gallery, share_link=link
        )
    after = [queries(browser, room) for browser in people for room in ROOMS]
    # Not more; where all of a page's files are photographs nothing is asked about edits.
    assert all(many <= few for many, few in zip(after, before, strict=True))
    assert max(before) <= 30
