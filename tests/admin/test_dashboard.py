"""The dashboard: who sees what on it, what is sent while it is open, and how things stand."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from wagtail.models import GroupCollectionPermission

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin import running, status, storage_figures
from pumbaphoto_wagtail.admin.addresses import galleries_url
from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.doctor import facts, volumes
from pumbaphoto_wagtail.doctor.volumes import Volume
from pumbaphoto_wagtail.models import (
    Gallery,
    Inspection,
    Message,
    MessageKind,
    ShareLink,
    Stage,
    State,
    StoredFile,
    Upload,
    UploadBatch,
    UploadState,
    Verdict,
)
from pumbaphoto_wagtail.storage import NASStorage
from tests.intake.fake_clamd import FakeClamd

from . import waiting_world as world
from .waiting_world import DAY

PAGE = reverse("pumbaphoto_dashboard:index")
NEWS = reverse("pumbaphoto_dashboard:news")
PARTS = {"status", "states", "waiting", "running", "storage"}
SCRIPT = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}


def text(response) -> str:
    return " ".join(response.content.decode().split())


def marks(browser) -> dict[str, str]:
    """The marks of everything as it is now."""
    return {name: part["mark"] for name, part in browser.get(NEWS).json()["parts"].items()}


class TestPage:
    def test_galleries_are_counted_by_state_and_lead_to_their_list(self, maria, studios):
        for state in (State.ACTIVE, State.EDITING, State.EDITING):
            world.gallery_of(studios, f"{state}", state=state)

        view = maria.get(PAGE).context["view"]
        found = {one["label"]: one for one in view.dashboard.states}

        assert (found["Active"]["count"], found["Editing In Progress"]["count"]) == (1, 2)
        assert found["Editing In Progress"]["url"] == f"{galleries_url()}?state=editing"
        assert maria.get(found["Editing In Progress"]["url"]).status_code == 200

    def test_another_studio_sees_none_of_it(self, studios, log_in, batch):
        world.fill(studios)
        page = text(log_in(studios.bert).get(PAGE))

        assert "Your first gallery" in page
        for title in ("Smith wedding", "Late", "Edits to match"):
            assert title not in page
            assert title not in text(log_in(studios.bert).get(NEWS))

    def test_who_has_no_galleries_is_sent_home(self, studios, log_in):
        browser = log_in(studios.outsider)

        assert browser.get(PAGE).url == "/admin/"
        assert browser.get(NEWS, **SCRIPT).status_code == 403

    def test_visitors_are_asked_to_log_in(self, client, db):
        assert client.get(PAGE).url.startswith("/admin/login/")
        assert client.get(NEWS, **SCRIPT).status_code == 403

    def test_without_galleries_it_teaches(self, maria):
        page = text(maria.get(PAGE))

        assert "Your first gallery" in page
        assert reverse("pumbaphoto_galleries:add") in page

    def test_who_may_not_add_any_is_told_whom_to_ask(self, studios, log_in):
        assistant = testing.make_photographer("assistant", collection=studios.collection)
        permissions = GroupCollectionPermission.objects.filter(group__user=assistant)
        permissions.exclude(permission__codename="change_gallery").delete()

        page = text(log_in(assistant).get(PAGE))

        assert "Ask who looks after this site" in page
        assert reverse("pumbaphoto_galleries:add") not in page

    def test_where_nothing_waits_it_is_calm(self, maria, studios):
        world.gallery_of(studios, "Calm")

        assert "Nothing waits for you." in text(maria.get(PAGE))

    def test_one_kind_is_shown_whole(self, maria, studios):
        for number in range(7):
            Gallery.objects.filter(pk=world.late(studios).pk).update(title=f"Late {number}")
        world.edits(studios)

        few, whole = text(maria.get(PAGE)), text(maria.get(PAGE, {"show": "late"}))

        assert "Late 6" not in few
        assert "Late 6" in whole
        assert "1 edit to decide" not in whole

    @pytest.mark.parametrize("show", ["nothing", "", "late'\"<>", "\0"])
    def test_a_kind_that_there_is_not_is_everything(self, show, maria, studios):
        world.edits(studios)

        assert "1 edit to decide" in text(maria.get(PAGE, {"show": show}))

    def test_it_asks_as_often_for_70_galleries_as_for_14(self, maria, studios):
        def counts():
            found = []
            for address in (PAGE, NEWS, "/admin/"):
                maria.get(address)
                with CaptureQueriesContext(connection) as queries:
                    maria.get(address)
                found.append(len(queries))
            return found

        world.fill(studios)
        few = counts()
        world.fill(studios, 4)

        assert counts() == few
        assert max(few) <= 60

    def test_it_is_as_strict_as_our_other_rooms(self, maria):
        for address in (PAGE, NEWS):
            assert "default-src 'none'" in maria.get(address).headers["Content-Security-Policy"]


class TestNews:
    def test_is_everything_for_who_knows_nothing(self, maria, studios):
        world.gallery_of(studios, "One")

        assert {*maria.get(NEWS).json()["parts"]} == PARTS

    def test_is_nothing_where_nothing_has_changed(self, maria, studios):
        world.late(studios)

        assert maria.get(NEWS, marks(maria)).json()["parts"] == {}

    def test_is_what_has_changed_and_no_more(self, maria, studios):
        gallery = world.gallery_of(studios, "One", state=State.SUBMITTED)
        known = marks(maria)
        world.selection_of(world.link_of(gallery))

        parts = maria.get(NEWS, known).json()["parts"]

        assert {*parts} == {"waiting"}
        assert "Anna has chosen 2 photos" in parts["waiting"]["html"]

    def test_what_the_page_was_sent_with_is_known(self, maria, studios):
        world.late(studios)
        maria.get(NEWS)  # what photos take was counted before
        page = maria.get(PAGE)
        known = {name: part.mark for name, part in page.context["parts"].items()}

        assert maria.get(NEWS, known).json()["parts"] == {}

    def test_holds_no_key_to_any_gallery(self, maria, studios):
        """Neither a link's address nor a token for forms stands in what is fetched so often."""
        for make in (world.late, world.not_downloaded, world.link_ends):
            make(studios)

        sent = maria.get(NEWS).content.decode()

        assert "Copy message" in sent
        assert "/s/" not in sent
        assert "csrf" not in sent


class TestHome:
    def test_shows_figures(self, maria, studios):
        world.late(studios)
        page = text(maria.get("/admin/"))

        assert "1 Gallery" in page
        assert "free for photos" in page

    def test_shows_none_to_others(self, studios, log_in):
        world.late(studios)
        page = text(log_in(studios.outsider).get("/admin/"))

        assert "Gallery" not in page
        assert "free for photos" not in page

    def test_tells_how_much_more_waits(self, maria, studios):
        world.fill(studios)

        assert "7 more on the dashboard" in text(maria.get("/admin/"))

    def test_counts_the_photos_of_ones_own_studio(self, studios, log_in):
        world.photo_of(world.gallery_of(studios, "One"))

        assert "1 Photo<" in text(log_in(studios.maria).get("/admin/"))
        assert "0 Photos<" in text(log_in(studios.bert).get("/admin/"))


# --- How things stand ----------------------------------------------------------------------------


@pytest.fixture
def clamd():
    """A scanner that says its version; ``signed_at`` is when its signatures were made."""
    signed = SimpleNamespace(at=datetime.now(UTC))

    def behave(connection):
        connection.recv(100)
        connection.sendall(f"ClamAV 1.4.3/27500/{signed.at:%a %b %d %H:%M:%S %Y}\0".encode())

    server = FakeClamd(behave)
    with override_settings(PUMBAPHOTO={**DEFAULTS_OF_TESTS, "CLAMD_ADDRESS": server.address}):
        yield signed
    server.close()


DEFAULTS_OF_TESTS = {"DISK_RESERVE_SHARE": 0.0, "DISK_RESERVE_BYTES": 0}


@pytest.fixture
def beating(db):
    """Workers that have just reconciled."""
    found = Schedule.objects.filter(name="pumbaphoto.reconcile").first()
    beat = found or Schedule(name="pumbaphoto.reconcile", func="x", minutes=1)
    beat.next_run = timezone.now() + timedelta(seconds=30)
    beat.save()
    return beat


@pytest.fixture
def well(clamd, beating, monkeypatch):
    """Everything runs, on volumes that are told."""
    there = [Volume(aliases=("pumbaphoto_originals",), free=2**42, total=2**43, left=2**41)]
    monkeypatch.setattr(status, "volumes", lambda: there)
    return there


def line(user):
    cache.clear()
    return status.status_line(user)


class TestStatus:
    def test_is_one_calm_line(self, well, studios):
        found = line(studios.maria)

        assert (found.tone, found.parts) == ("ok", ())
        assert found.words.startswith("Everything runs")

    def test_operators_read_the_details(self, well, studios):
        facts = dict(fact for part in line(studios.chief).parts for fact in part.facts)

        assert facts["Version"] == "ClamAV 1.4.3"
        assert facts["Signatures"] == "27500, 0 days old"
        assert facts["pumbaphoto"] == "nothing waits"
        assert "Last sign of life" in facts
        assert "Never" in facts  # was the storage inspected

    def test_it_is_found_out_once_in_half_a_minute(self, well, studios):
        status.status_line(studios.maria)
        with CaptureQueriesContext(connection) as queries:
            status.status_line(studios.maria)

        assert len(queries) <= 3  # what the user may

    def test_a_scanner_that_does_not_answer_is_trouble(self, well, studios):
        with override_settings(PUMBAPHOTO={"CLAMD_ADDRESS": "unix:/nowhere/clamd.ctl"}):
            found = line(studios.maria)

        assert found.tone == "trouble"
        assert "virus scanner does not answer" in found.words

    def test_a_scanner_that_hangs_holds_the_page_for_a_second(self, well, studios, monkeypatch):
        monkeypatch.setattr(facts, "SCANNER_PATIENCE_SECONDS", 0.1)
        back = threading.Event()
        server = FakeClamd(lambda connection: back.wait(30))
        try:
            with override_settings(PUMBAPHOTO={"CLAMD_ADDRESS": server.address}):
                assert line(studios.maria).tone == "trouble"
        finally:
            back.set()
            server.close()

    def test_old_signatures_are_the_operators_business(self, well, clamd, studios):
        clamd.at -= 12 * DAY

        assert line(studios.maria).tone == "ok"
        scanner = line(studios.chief).parts[0]
        assert (scanner.tone, scanner.facts[1][1]) == ("attention", "27500, 12 days old")

    def test_files_that_wait_long_are_told(self, well, studios):
        file = world.file_of(stage=Stage.WAITING, verdict=Verdict.NONE)
        StoredFile.objects.filter(pk=file.pk).update(
            stage_changed_at=timezone.now() - timedelta(minutes=20)
        )

        assert "1 file has waited long" in line(studios.maria).words

    @pytest.mark.parametrize(
        ("figures", "tone", "words"),
        [
            ({"trouble": "no answer"}, "trouble", "does not answer: uploads wait"),
            ({"free": 10, "total": 100, "left": 0}, "trouble", "full: new uploads are refused"),
            ({"free": 10, "total": 100, "left": 2**30}, "attention", "room for 1.0"),
            ({}, "ok", "Everything runs"),
        ],
        ids=["away", "full", "nearly full", "without an end"],
    )
    def test_the_storage(self, figures, tone, words, well, studios):
        well[:] = [Volume(aliases=("pumbaphoto_originals", "pumbaphoto_incoming"), **figures)]

        found = line(studios.maria)

        assert found.tone == tone
        assert words in found.words

    def test_a_cold_disk_that_is_away_is_no_trouble_for_uploads(self, well, studios):
        well.append(Volume(aliases=("pumbaphoto_cold",), trouble="no answer"))

        found = line(studios.maria)

        assert (found.tone, "archive" in found.words) == ("attention", True)

    def test_workers_without_a_sign_of_life_are_trouble(self, well, beating, studios):
        Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=6))
        assert "Nobody is at work" in line(studios.maria).words

        beating.delete()
        assert "Nobody is at work" in line(studios.maria).words

    def test_work_that_waits_is_told_by_whether_somebody_works(self, well, studios):
        OrmQ.objects.create(
            key="pumbaphoto", payload="x", lock=timezone.now() - timedelta(minutes=20)
        )
        found = line(studios.maria)
        assert (found.tone, found.words) == (
            "trouble",
            "Photos wait and nobody works on them; nothing is lost.",
        )

        world.file_of(stage=Stage.RENDERING, lease_until=timezone.now() + timedelta(minutes=1))
        found = line(studios.maria)
        assert found.tone == "attention"
        assert "about 20 minutes" in found.words

    def test_findings_of_the_last_inspection_are_for_operators(self, well, studios):
        Inspection.objects.create(
            started_at=timezone.now(), finished_at=timezone.now(), finding_count=3
        )

        assert line(studios.maria).tone == "ok"
        (*_others, inspection) = line(studios.chief).parts
        assert (inspection.tone, inspection.facts[0][1]) == ("attention", "3 findings")

    def test_unscanned_files_of_a_demo_are_told(self, well, studios):
        with override_settings(DEBUG=True, PUMBAPHOTO={"DEMO_WITHOUT_SCANNER": True}):
            assert "not scanned for viruses" in line(studios.maria).words


class TestStorage:
    def test_storages_of_one_volume_are_one(self, db):
        (volume,) = volumes.measure_volumes()

        assert set(volume.aliases) == {
            f"pumbaphoto_{name}"
            for name in ("incoming", "originals", "renditions", "exports", "cold", "published")
        }
        assert volume.total > volume.free > 0

    def test_a_volume_that_hangs_holds_no_page(self, maria, studios, monkeypatch):
        world.late(studios)
        back = threading.Event()
        monkeypatch.setattr(volumes, "PATIENCE_SECONDS", 0.1)
        monkeypatch.setattr(NASStorage, "device", lambda self: back.wait(30))
        try:
            page = text(maria.get(PAGE))
        finally:
            back.set()

        assert "The photo storage does not answer" in page

    def test_what_photos_take_is_summed_up_behind_the_page(self, maria, studios):
        gallery = world.gallery_of(studios, "One")
        world.file_of(collection=gallery.collection, size=3 * 2**30)
        assert "is being counted" in text(maria.get(PAGE))

        parts = maria.get(NEWS).json()["parts"]

        assert "Your photos take 3.0" in parts["storage"]["html"]
        assert "Your photos take 3.0" in text(maria.get(PAGE))

    def test_nobody_is_told_what_another_studio_takes(self, studios):
        gallery = world.gallery_of(studios, "One")
        world.file_of(collection=gallery.collection, size=1000)
        world.file_of(collection=studios.other_collection, size=5)
        testing.make_gallery(
            "Theirs", has_page=False, owner=studios.bert, collection=studios.other_collection
        )

        assert storage_figures.sum_up_use(studios.maria).all == 1000
        assert storage_figures.sum_up_use(studios.bert).all == 5
        assert storage_figures.sum_up_use(studios.chief).all == 1005

    def test_what_is_in_the_archive_is_told_apart(self, studios):
        gallery = world.gallery_of(studios, "One")
        file = world.file_of(collection=gallery.collection, size=1000)
        world.file_of(collection=gallery.collection, size=24)
        StoredFile.objects.filter(pk=file.pk).update(storage="pumbaphoto_cold")

        use = storage_figures.sum_up_use(studios.maria)

        assert (use.all, use.archived) == (1024, 1000)

    def test_a_quota_is_told_with_it(self, studios):
        world.gallery_of(studios, "One")
        with override_settings(PUMBAPHOTO={"SITE_QUOTA_BYTES": 5000}):
            use = storage_figures.sum_up_use(studios.maria)

        assert use.quotas == ((str(studios.site), 0, 5000),)


class TestRunningUploads:
    @pytest.fixture
    def uploading(self, studios):
        """Two of four files of 1000 bytes are here, another is half here, one was refused."""
        gallery = world.gallery_of(studios, "Uploading")
        batch = UploadBatch.objects.create(gallery=gallery, uploader=studios.maria)
        in_a_week = timezone.now() + timedelta(seconds=DEFAULTS["UPLOAD_EXPIRY_SECONDS"])
        rows = (
            (UploadState.ACCEPTED, 1000),
            (UploadState.ACCEPTED, 1000),
            (UploadState.UPLOADING, 500),
            (UploadState.ANNOUNCED, 0),
            (UploadState.REFUSED, 0),
        )
        for number, (state, received) in enumerate(rows):
            Upload.objects.create(
                batch=batch,
                file_name=f"{number}.jpg",
                length=1000,
                durable_offset=received,
                state=state,
                expires_at=in_a_week if state == UploadState.UPLOADING else None,
            )
        return batch

    def test_say_who_where_how_far_and_what_was_refused(self, uploading, studios, maria):
        (one,) = running.running_uploads(studios.maria)

        assert (one.files_here, one.files, one.refused, one.percent) == (2, 4, 1, 62)
        assert not one.is_stopped
        page = text(maria.get(PAGE))
        for words in ("Uploading", "2 of 4 files", "1 refused", "Maria"):
            assert words in page

    def test_say_how_fast_and_how_long_still_from_the_second_look_on(
        self, uploading, studios, monkeypatch
    ):
        now = timezone.now()
        monkeypatch.setattr(running.timezone, "now", lambda: now)
        (first,) = running.running_uploads(studios.maria)
        now += timedelta(seconds=10)
        Upload.objects.filter(state=UploadState.UPLOADING).update(durable_offset=505)

        (second,) = running.running_uploads(studios.maria)

        assert (first.bytes_a_second, first.time_left_words) == (None, "")
        assert second.bytes_a_second == 0.5
        assert second.time_left_words == "about 50 minutes"

    def test_that_stand_still_say_how_they_go_on(self, uploading, maria):
        a_while_ago = timezone.now() - timedelta(minutes=10)
        expires = a_while_ago + timedelta(seconds=DEFAULTS["UPLOAD_EXPIRY_SECONDS"])
        Upload.objects.filter(state=UploadState.UPLOADING).update(expires_at=expires)
        UploadBatch.objects.update(created_at=a_while_ago)

        page = text(maria.get(PAGE))

        assert "stands still since" in page
        assert "it goes on where it stopped" in page

    def test_that_are_settled_or_another_studios_are_not_told(self, uploading, studios):
        assert running.running_uploads(studios.bert) == []

        UploadBatch.objects.update(settled_at=timezone.now())
        assert running.running_uploads(studios.maria) == []

    def test_what_came_and_is_not_ready_is_counted(self, uploading, studios):
        file = world.file_of(stage=Stage.RENDERING)
        Upload.objects.filter(state=UploadState.ACCEPTED).update(stored_file=file)

        assert running.being_prepared(studios.maria) == 1
        assert running.being_prepared(studios.bert) == 0


class TestReminding:
    @pytest.fixture
    def late(self, studios):
        gallery = world.late(studios)
        return gallery.share_links.get()

    @staticmethod
    def address(link, kind="due_soon"):
        keys = {"uuid": link.gallery.uuid, "link_uuid": link.uuid, "message_kind": kind}
        return reverse("pumbaphoto_dashboard:ready_message", kwargs=keys)

    def test_one_click_sends_one_mail_a_day(self, late, maria):
        for _click in range(3):
            assert maria.post(self.address(late)).url == PAGE

        (message,) = Message.objects.all()
        assert (message.kind, message.share_link) == (MessageKind.DUE_SOON, late)
        page = text(maria.get(PAGE))
        assert "Reminded on" in page
        assert "Send e-mail" not in page

    def test_it_stands_in_the_history(self, late, maria):
        maria.post(self.address(late))

        page = text(maria.get(reverse("pumbaphoto_galleries:history", args=[late.gallery.uuid])))
        assert "Anna was reminded by e-mail" in page

    def test_the_message_is_ready_to_be_copied(self, late, maria):
        page = text(maria.get(self.address(late)))
        plain = maria.get(self.address(late), {"plain": ""})

        assert plain.headers["Content-Type"] == "text/plain; charset=utf-8"
        for said in (page, plain.content.decode()):
            assert "Hello Anna" in said
            assert "please send them soon" in said
            assert "/s/" in said

    def test_extra_photos_are_written_about_and_never_mailed(self, studios, maria):
        link = world.extras(studios).share_links.get()

        said = maria.get(self.address(link, "extras"), {"plain": ""}).content.decode()

        assert "5 photos of “Extras”: 2 included, 3 extra at 15 €" in said
        assert maria.post(self.address(link, "extras")).status_code == 404

    def test_who_has_not_downloaded_is_told_as_at_first(self, studios, maria):
        link = world.not_downloaded(studios).share_links.get()

        maria.post(self.address(link, "delivered"))

        message = Message.objects.get()
        assert message.delivery == link.gallery.deliveries.get()

    @pytest.mark.parametrize("kind", ["receipt", "submitted", "nothing"])
    def test_other_kinds_are_not_there(self, kind, late, maria):
        assert maria.get(self.address(late, kind)).status_code == 404
        assert maria.post(self.address(late, kind)).status_code == 404

    def test_without_an_address_nothing_is_sent(self, late, maria):
        ShareLink.objects.update(email="")

        response = maria.post(self.address(late))

        assert response.status_code == 409
        assert "Copy the message instead" in text(response)
        assert not Message.objects.exists()

    def test_nothing_is_said_that_is_not_so_any_more(self, late, maria):
        world.selection_of(late)

        assert maria.get(self.address(late)).status_code == 409
        assert maria.post(self.address(late)).status_code == 409
        assert not Message.objects.exists()

    def test_a_closed_link_is_not_there(self, late, maria):
        ShareLink.objects.update(revoked_at=timezone.now())

        assert maria.post(self.address(late)).status_code == 404

    def test_another_studio_finds_nothing(self, late, studios, log_in):
        browser = log_in(studios.bert)

        assert browser.get(self.address(late)).status_code == 404
        assert browser.post(self.address(late)).status_code == 404

    @pytest.mark.parametrize("kept", ["change_gallery", "view_gallery", "deliver_gallery"])
    def test_who_may_not_share_neither_reads_nor_sends_it(self, kept, late, studios, log_in):
        assistant = testing.make_photographer("assistant", collection=studios.collection)
        permissions = GroupCollectionPermission.objects.filter(group__user=assistant)
        permissions.exclude(permission__codename=kept).delete()
        browser = log_in(assistant)

        assert browser.get(self.address(late)).status_code in (302, 404)
        assert browser.post(self.address(late)).status_code in (302, 404)
        assert not Message.objects.exists()

    def test_visitors_are_asked_to_log_in(self, late, client):
        assert client.get(self.address(late)).url.startswith("/admin/login/")

    @pytest.mark.parametrize(
        ("wanted", "got"), [(f"{PAGE}?show=late", f"{PAGE}?show=late"), ("https://evil/", PAGE)]
    )
    def test_it_leads_back_to_where_one_was(self, wanted, got, late, maria):
        assert maria.post(self.address(late), {"next": wanted}).url == got
