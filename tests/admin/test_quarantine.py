"""The quarantine in the admin: seen and decided by those whose gallery a file came to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Stage, StoredFile, Upload, UploadBatch, UploadState, Verdict
from pumbaphoto_wagtail.storage import INCOMING, storage_for

INDEX = "pumbaphoto_quarantine_modeladmin_index"
VIRUS = "Win.Test.EICAR_HDB-1"


@pytest.fixture(autouse=True)
def own_storages(settings, tmp_path):
    settings.STORAGES = testing.temporary_storages(tmp_path)


@pytest.fixture
def hold(gallery, studios):
    """A file of the gallery that is held back at this stage."""

    def hold(name="bad.jpg", stage=Stage.INFECTED, of=None, **fields):
        of = of or gallery
        batch = UploadBatch.objects.create(gallery=of, uploader=of.owner)
        if stage == Stage.INFECTED:
            fields = {"verdict": Verdict.INFECTED, "virus_name": VIRUS, **fields}
        fields = {"verdict": Verdict.NONE, **fields}
        file = testing.make_stored_file(
            original_name=name,
            stage=stage,
            storage=INCOMING,
            collection=of.collection,
            scanner_version="ClamAV 1.4 27500",
            scanned_at=timezone.now(),
            **fields,
        )
        old = file.name
        file.name = f"quarantine/{file.uuid}"
        storage_for(INCOMING).link_from(storage_for(INCOMING), old, file.name)
        storage_for(INCOMING).delete(old)
        file.save()
        Upload.objects.create(
            batch=batch,
            file_name=name,
            stored_file=file,
            length=file.size,
            durable_offset=file.size,
            state=UploadState.REFUSED if stage == Stage.FAILED else UploadState.ACCEPTED,
        )
        return file

    return hold


def text(response):
    return response.content.decode()


def listed(browser, **query):
    return text(browser.get(reverse(INDEX), query))


def inspect(file):
    return reverse("pumbaphoto_quarantine_modeladmin_inspect", args=[file.pk])


def act(browser, name, *files, **data):
    data = {"act": name, "file": [file.pk for file in files], **data}
    return browser.post(reverse("pumbaphoto_quarantine_act"), data, follow=True)


def messages_of(response):
    return [str(message).strip() for message in response.context["messages"]]


class TestTheList:
    def test_shows_file_gallery_signature_and_time(self, maria, hold):
        hold("bad.jpg", relative_path="Card 1")
        page = listed(maria)
        for words in ("bad.jpg", "Card 1", "Smith wedding", VIRUS, "virus found"):
            assert words in page

    @pytest.mark.parametrize(
        ("what", "name"),
        [
            ("infected", "infected.jpg"),
            ("refused", "failed.jpg"),
            ("blocked", "blocked.jpg"),
            ("waiting", "waiting.jpg"),
            ("deleted", "deleted.jpg"),
        ],
    )
    def test_is_filtered_by_what_happened(self, maria, hold, what, name):
        stages = (Stage.INFECTED, Stage.FAILED, Stage.BLOCKED, Stage.WAITING, Stage.DELETED)
        for stage in stages:
            hold(f"{stage}.jpg", stage=stage)
        shown = listed(maria, what=what)
        assert [f"{stage}.jpg" for stage in stages if f"{stage}.jpg" in shown] == [name]
        assert all(f"{stage}.jpg" in listed(maria) for stage in stages)

    def test_leaves_out_what_is_not_held_back(self, maria, hold):
        hold("good.jpg", stage=Stage.READY, verdict=Verdict.CLEAN)
        hold("coming.jpg", stage=Stage.RECEIVED)
        page = listed(maria)
        assert "good.jpg" not in page
        assert "coming.jpg" not in page
        assert "Nothing is in quarantine." in page or "have been created" in page

    def test_is_searched_by_name_and_virus(self, maria, hold):
        hold("one.jpg")
        hold("two.jpg", virus_name="Other.Virus")
        assert "one.jpg" not in listed(maria, q="Other.Virus")
        assert "two.jpg" in listed(maria, q="two")

    def test_forgives_an_address_nobody_offered(self, maria, hold):
        hold()
        for index in (INDEX, "pumbaphoto_wagtail_uploadbatch_modeladmin_index"):
            for query in ({"zzz": "1"}, {"what": "nonsense"}, {"o": "x.-9"}, {"p": "x"}):
                assert maria.get(reverse(index), query).status_code in (200, 302)

    def test_is_empty_in_plain_words(self, maria, gallery):
        assert maria.get(reverse(INDEX)).status_code == 200

    def test_asks_no_more_for_many_files(self, maria, hold):
        counts = []
        listed(maria)
        for amount in (2, 20):
            for number in range(amount):
                hold(f"{amount}-{number}.jpg")
            with CaptureQueriesContext(connection) as queries:
                listed(maria)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_is_in_the_menu_of_operators_and_others_are_led_to_single_files(
        self, maria, studios, log_in, gallery, hold
    ):
        address, file = reverse(INDEX), hold()
        assert address in text(log_in(studios.chief).get(reverse("wagtailadmin_home")))
        assert address not in text(maria.get(reverse("wagtailadmin_home")))
        assert inspect(file) in text(maria.get(gallery_url(gallery), {"show": "refused"}))
        outsider = log_in(studios.outsider)
        assert address not in text(outsider.get(reverse("wagtailadmin_home")))
        assert outsider.get(address).status_code in (302, 403)


class TestTwoStudios:
    def test_never_see_each_others_files(self, studios, log_in, hold):
        file = hold()
        bert = log_in(studios.bert)
        assert "bad.jpg" not in listed(bert)
        assert bert.get(inspect(file)).status_code == 404
        assert log_in(studios.chief).get(inspect(file)).status_code == 200

    @pytest.mark.parametrize("name", ["scan", "delete"])
    def test_never_decide_about_each_others_files(self, studios, log_in, hold, name):
        file = hold()
        response = act(log_in(studios.bert), name, file, confirmed="yes")
        file.refresh_from_db()
        assert file.stage == Stage.INFECTED
        assert "bad.jpg" not in text(response)
        assert storage_for(INCOMING).exists(file.name)

    def test_who_may_only_look_at_a_gallery_decides_nothing(self, studios, log_in, hold):
        file = hold()
        outsider = act(log_in(studios.outsider), "delete", file, confirmed="yes")
        assert outsider.status_code in (200, 403)
        file.refresh_from_db()
        assert file.stage == Stage.INFECTED

    def test_a_visitor_is_sent_to_the_login(self, client, hold):
        file = hold()
        for address in (reverse(INDEX), inspect(file)):
            assert "login" in client.get(address)["Location"]
        answer = client.post(reverse("pumbaphoto_quarantine_act"), {"act": "scan"})
        assert "login" in answer["Location"]


class TestDeciding:
    def test_the_single_file_tells_who_found_what_and_when(self, maria, hold):
        page = text(maria.get(inspect(hold())))
        for words in (VIRUS, "ClamAV 1.4 27500", "Smith wedding", "Scan again", "Delete…"):
            assert words in page

    def test_scanning_again_takes_several_at_once(self, maria, hold):
        files = [hold("one.jpg"), hold("two.jpg", stage=Stage.BLOCKED)]
        OrmQ.objects.all().delete()
        answer = act(maria, "scan", *files)
        assert set(
            StoredFile.objects.filter(pk__in=[f.pk for f in files]).values_list("stage", flat=True)
        ) == {"received"}
        assert OrmQ.objects.count() == 2
        assert messages_of(answer) == [
            "2 files are scanned again. Those found clean become photos."
        ]

    def test_deleting_asks_first(self, maria, hold):
        file = hold()
        answer = act(maria, "delete", file)
        assert "for good?" in text(answer)
        assert "bad.jpg" in text(answer)
        file.refresh_from_db()
        assert file.stage == Stage.INFECTED
        assert storage_for(INCOMING).exists(file.name)

    def test_deleting_takes_the_bytes_and_is_in_the_history(self, maria, hold, gallery):
        files = [hold("one.jpg"), hold("two.jpg", stage=Stage.FAILED, verdict=Verdict.CLEAN)]
        answer = act(maria, "delete", *files, confirmed="yes")
        assert messages_of(answer) == ["2 files were deleted. Their records stay."]
        for file in files:
            file.refresh_from_db()
            assert file.stage == Stage.DELETED
            assert not storage_for(INCOMING).exists(file.name)
        history = text(maria.get(gallery_url(gallery, "history")))
        assert "Deleted from quarantine: one.jpg" in history
        assert "two.jpg" in listed(maria, what="deleted")

    def test_what_somebody_is_at_work_on_is_left_and_said(self, maria, hold):
        file = hold(lease_until=timezone.now() + timedelta(minutes=1))
        answer = act(maria, "scan", file)
        assert messages_of(answer) == [
            "1 file was left as it is: somebody is at work on it, or has been."
        ]

    def test_what_waits_can_be_scanned_but_not_deleted(self, maria, hold):
        file = hold(stage=Stage.WAITING)
        assert "None of these files can be deleted." in text(act(maria, "delete", file))
        act(maria, "delete", file, confirmed="yes")
        file.refresh_from_db()
        assert file.stage == Stage.WAITING

    @pytest.mark.parametrize("keys", [[], ["x"], ["-1"], ["9" * 40], ["0"], ["1' OR 1=1"]])
    def test_nonsense_chooses_nothing(self, maria, hold, keys):
        hold()
        answer = maria.post(
            reverse("pumbaphoto_quarantine_act"), {"act": "scan", "file": keys}, follow=True
        )
        assert messages_of(answer)[0].startswith("No file was chosen")

    def test_an_unknown_act_changes_nothing(self, maria, hold):
        file = hold()
        act(maria, "publish", file)
        file.refresh_from_db()
        assert file.stage == Stage.INFECTED

    def test_looking_at_the_address_that_acts_changes_nothing(self, maria, hold):
        hold()
        assert maria.get(reverse("pumbaphoto_quarantine_act")).status_code == 405

    @pytest.mark.parametrize("action", ["create", "edit", "delete"])
    def test_there_is_no_other_address(self, maria, hold, action):
        file = hold()
        for path in (
            f"/admin/pumbaphoto/quarantine/{action}/",
            f"/admin/pumbaphoto/quarantine/{action}/{file.pk}/",
        ):
            assert maria.get(path).status_code == 404


class TestTheAlarm:
    def waiting(self, hold, minutes):
        since = timezone.now() - timedelta(minutes=minutes)
        file = hold("slow.jpg", stage=Stage.WAITING, reason="The virus scanner did not answer.")
        StoredFile.objects.filter(pk=file.pk).update(stage_changed_at=since)

    def addresses(self, gallery):
        return [reverse("wagtailadmin_home"), reverse(INDEX), gallery_url(gallery)]

    def test_is_shown_to_those_whose_files_wait(self, maria, hold, gallery):
        self.waiting(hold, 11)
        for address in self.addresses(gallery):
            page = text(maria.get(address))
            assert "1 file has waited for the virus scanner." in page
            assert "The virus scanner did not answer." in page

    def test_is_not_shown_to_others(self, studios, log_in, hold, gallery):
        self.waiting(hold, 11)
        for user in (studios.bert, studios.outsider):
            page = text(log_in(user).get(reverse("wagtailadmin_home")))
            assert "waited for the virus scanner" not in page

    def test_is_not_shown_in_the_first_minutes(self, maria, hold, gallery):
        self.waiting(hold, 9)
        for address in self.addresses(gallery):
            assert "waited for the virus scanner" not in text(maria.get(address))
