"""The reports: true figures, for the galleries one may see, in a fixed number of queries."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from openpyxl import load_workbook

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.reports import REPORTS
from pumbaphoto_wagtail.models import (
    Delivery,
    Gallery,
    Inspection,
    LinkVisit,
    Rendition,
    StoredFile,
    Upload,
    UploadBatch,
)

NAMES = [report.name for report in REPORTS]
OF_OPERATORS = ["slow-steps", "integrity"]
OF_EVERYBODY = [name for name in NAMES if name not in OF_OPERATORS]
FORMULA = '=HYPERLINK("http://evil.example","click")'


@pytest.fixture(autouse=True)
def own_storages(settings, tmp_path):
    settings.STORAGES = testing.temporary_storages(tmp_path)


@pytest.fixture
def chief(studios, log_in):
    return log_in(studios.chief)


@pytest.fixture
def delivered(gallery, photos, link):
    """The gallery, delivered yesterday with one edit; Anna has fetched it and looked at it."""
    edit = testing.make_edit(gallery, photos[0])
    delivery = testing.make_delivery(gallery, [edit])
    Delivery.objects.update(sent_at=timezone.now() - timedelta(days=1))
    link.downloaded_at = timezone.now()
    link.save()
    visit(link)
    return delivery


@pytest.fixture
def measured(gallery, photos):
    """The gallery's files, each with its seconds of scanning and ten times as many of pictures."""
    for number, photo in enumerate(photos, start=1):
        StoredFile.objects.filter(pk=photo.picture_id).update(
            scan_seconds=number, render_seconds=number * 10, scanned_at=timezone.now()
        )


@pytest.fixture
def verified(gallery):
    """A run that found something of the gallery, and one before it that found nothing."""
    now = timezone.now()
    Inspection.objects.create(
        started_at=now - timedelta(days=1), finished_at=now - timedelta(hours=23)
    )
    finding = {
        "invariant": "I4",
        "severity": "error",
        "subject": f"pumbaphoto_originals/ab/cd.jpg (gallery {gallery.uuid})",
        "words": "missing",
        "hint": "no other copy is known",
    }
    other = {**finding, "subject": "pumbaphoto_originals/stray.jpg", "invariant": "I5"}
    return Inspection.objects.create(
        started_at=now,
        finished_at=now + timedelta(seconds=90),
        reads_bytes=True,
        counts={"storages": 4, "files": 5},
        findings=[finding, other],
        finding_count=2,
    )


def visit(link, days_ago=0, **fields):
    at = timezone.now() - timedelta(days=days_ago)
    fields = {"opened": 3, "downloads": 1, "first_at": at, "last_at": at, **fields}
    return LinkVisit.objects.create(share_link=link, day=at.date(), **fields)


def address(name, results=False):
    return reverse(f"pumbaphoto_reports:{name}{'_results' if results else ''}")


def text(browser, name, **query):
    response = browser.get(address(name), query)
    assert response.status_code == 200
    return response.content.decode()


def exported(browser, name, **query):
    """The rows of a report's CSV, the headings first."""
    response = browser.get(address(name), {"export": "csv", **query})
    return list(csv.reader(StringIO(b"".join(response).decode())))


def give(user, *codenames):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


class TestWhoReads:
    def answers(self, browser, names):
        """What each report answers, as a page, as the part that filters change, and exported."""
        return {
            browser.get(at, query).status_code
            for name in names
            for at in (address(name), address(name, results=True))
            for query in ({}, {"export": "csv"})
        }

    def test_the_superuser_reads_all(self, chief, delivered, measured, verified):
        assert self.answers(chief, NAMES) == {200}

    def test_anonymous_visitors_log_in(self, client, db):
        for name in NAMES:
            assert client.get(address(name)).url.startswith("/admin/login/")

    def test_who_may_only_enter_the_admin_reads_none(self, studios, log_in):
        assert self.answers(log_in(studios.outsider), NAMES) == {302}

    def test_a_photographer_reads_none_of_the_operators(self, maria, measured, verified):
        assert self.answers(maria, OF_OPERATORS) == {302}

    def test_photographers_read_of_their_own_studio_alone(self, maria, studios, log_in, delivered):
        bert = log_in(studios.bert)
        for name in OF_EVERYBODY:
            assert "Smith wedding" in text(maria, name)
            assert "Smith wedding" not in text(bert, name)
            assert len(exported(bert, name)) == 1
            assert "Smith wedding" not in text(bert, name, q="Smith")

    def test_slow_steps_are_read_by_a_photographer_with_the_permission_for_their_own_studio(
        self, studios, log_in, measured
    ):
        for user in (studios.maria, studios.bert):
            give(user, "view_storedfile")
        assert "IMG_0004.jpg" in text(log_in(studios.maria), "slow-steps")
        assert "IMG_0004.jpg" not in text(log_in(studios.bert), "slow-steps")

    def test_findings_are_read_by_one_with_the_permission_if_they_name_a_gallery_of_theirs(
        self, studios, log_in, verified, gallery
    ):
        for user in (studios.maria, studios.bert):
            give(user, "view_inspection")
        page = text(log_in(studios.maria), "integrity")
        assert str(gallery.uuid) in page
        assert "stray.jpg" not in page
        page = text(log_in(studios.bert), "integrity")
        assert str(gallery.uuid) not in page
        assert "Smith wedding" not in page

    def test_the_menu_names_what_one_may_read(self, studios, log_in, db):
        def named(user):
            page = log_in(user).get("/admin/").content.decode()
            return [name for name in NAMES if f"reports/galleries/{name}/" in page]

        assert named(studios.chief) == NAMES
        assert named(studios.maria) == OF_EVERYBODY
        assert named(studios.outsider) == []


class TestStorage:
    def test_b50_counts_originals_edits_and_pictures_and_sums_them_up(
        self, maria, gallery, photos, delivered
    ):
        StoredFile.objects.update(size=1000)
        heads, row = exported(maria, "storage")
        of = dict(zip(heads, row, strict=True))
        assert of["Gallery"] == "Smith wedding"
        assert of["Photos"] == "4"
        assert of["Originals in bytes"] == "4000"
        assert of["Edits in bytes"] == "1000"
        assert int(of["Pictures in bytes"]) == sum(Rendition.objects.values_list("size", flat=True))
        assert of["Last delivery"] == str(delivered_at(gallery))
        sums = dict(maria.get(address("storage")).context["summary"])
        assert (sums["Originals"], sums["Edits"]) == ("3.9\xa0KB", "1000\xa0bytes")

    def test_says_what_is_in_the_archive(self, maria, photos):
        StoredFile.objects.update(size=1000)
        StoredFile.objects.filter(pk=photos[0].picture_id).update(storage="pumbaphoto_cold")
        heads, row = exported(maria, "storage")
        assert dict(zip(heads, row, strict=True))["Of these in the archive, in bytes"] == "1000"

    def test_counts_nothing_that_is_not_there_any_more(self, maria, photos):
        StoredFile.objects.update(size=1000)
        StoredFile.objects.filter(pk=photos[0].picture_id).update(stage="missing")
        heads, row = exported(maria, "storage")
        assert dict(zip(heads, row, strict=True))["Originals in bytes"] == "3000"

    def test_finds_what_is_old_and_was_not_delivered_since(self, maria, gallery, delivered):
        long_ago = timezone.now() - timedelta(days=400)
        Gallery.objects.update(created_at=long_ago)
        assert len(exported(maria, "storage", age="12")) == 1
        Delivery.objects.update(sent_at=long_ago)
        assert len(exported(maria, "storage", age="12")) == 2
        assert len(exported(maria, "storage", age="24")) == 1

    @pytest.mark.parametrize("order", ["original_bytes", "-original_bytes"])
    def test_is_sorted_by_size(self, maria, gallery, photos, studios, order):
        StoredFile.objects.update(size=10**9)
        small = testing.make_gallery(
            "Small", owner=studios.maria, collection=studios.collection, site=studios.site
        )
        testing.make_photo(small)
        titles = [row[0] for row in exported(maria, "storage", ordering=order)[1:]]
        expected = ["Small", "Smith wedding"]
        assert titles == (expected[::-1] if order.startswith("-") else expected)


def delivered_at(gallery):
    sent = timezone.localtime(gallery.deliveries.get().sent_at)
    return sent.replace(tzinfo=None, microsecond=0)


class TestDeliveries:
    def test_say_what_was_sent_by_whom_and_who_fetched_it(self, maria, delivered):
        heads, row = exported(maria, "deliveries")
        of = dict(zip(heads, row, strict=True))
        assert (of["Gallery"], of["Number"], of["Files"]) == ("Smith wedding", "1", "1")
        assert of["Downloaded by"].startswith("Anna (")
        assert of["By"] == "maria"
        assert int(of["Size in bytes"]) == delivered.items.get().size

    def test_who_fetched_only_an_earlier_one_is_not_named(self, maria, delivered, link):
        link.downloaded_at = timezone.now() - timedelta(days=2)
        link.save()
        assert exported(maria, "deliveries")[1][-1] == ""
        assert len(exported(maria, "deliveries", fetched="no")) == 2
        assert len(exported(maria, "deliveries", fetched="yes")) == 1

    def test_are_found_by_recipient(self, maria, delivered):
        assert len(exported(maria, "deliveries", q="anna")) == 2
        assert len(exported(maria, "deliveries", q="gerda")) == 1


class TestUseOfLinks:
    def test_is_told_by_day(self, maria, link):
        visit(link)
        visit(link, days_ago=3, opened=1, downloads=0)
        rows = exported(maria, "links")[1:]
        assert [row[1:6] for row in rows] == [
            ["Anna", "client", "Smith wedding", "3", "1"],
            ["Anna", "client", "Smith wedding", "1", "0"],
        ]
        assert dict(maria.get(address("links")).context["summary"]) == {
            "Opened": 4,
            "Downloads": 1,
        }

    def test_is_filtered(self, maria, link):
        visit(link)
        visit(link, days_ago=3, downloads=0)
        assert len(exported(maria, "links", downloads="yes")) == 2
        since = (timezone.now() - timedelta(days=1)).date().isoformat()
        assert len(exported(maria, "links", day_from=since)) == 2
        assert len(exported(maria, "links", purpose="family")) == 1


class TestSlowSteps:
    def test_tell_the_slowest_first(self, chief, measured):
        rows = exported(chief, "slow-steps")[1:]
        assert [row[0] for row in rows] == [f"IMG_000{number}.jpg" for number in (4, 3, 2, 1)]
        assert rows[0][4:7] == ["4.0", "40.0", "44.0"]
        assert rows[0][1] == "Smith wedding"

    def test_give_the_average_of_each_format(self, chief, measured):
        summary = dict(chief.get(address("slow-steps")).context["summary"])
        assert summary == {"JPEG": "2.50 s scan, 25.0 s pictures, on average of 4"}

    def test_are_filtered(self, chief, measured):
        assert len(exported(chief, "slow-steps", slower="10")) == 5
        assert len(exported(chief, "slow-steps", slower="60")) == 1
        assert len(exported(chief, "slow-steps", format="cr2")) == 1

    def test_leave_out_what_was_not_measured(self, chief, photos):
        assert len(exported(chief, "slow-steps")) == 1

    def test_name_the_gallery_a_file_came_to(self, chief, studios, gallery):
        batch = UploadBatch.objects.create(gallery=gallery, uploader=studios.maria)
        file = testing.make_stored_file(scan_seconds=5.0, collection=gallery.collection)
        Upload.objects.create(batch=batch, file_name="a.jpg", length=1, stored_file=file)
        assert exported(chief, "slow-steps")[1][1] == "Smith wedding"


class TestIntegrity:
    def test_tells_each_run_with_its_findings_and_where_they_lead(self, chief, verified, gallery):
        page = text(chief, "integrity")
        for words in ("missing", "I4", "no other copy is known", "stray.jpg", "4 storages"):
            assert words in page
        assert f'href="/admin/pumbaphoto/galleries/{gallery.uuid}/"' in page
        assert "everything is as it should be" in page

    def test_is_exported_with_a_row_for_each_finding(self, chief, verified):
        heads, *rows = exported(chief, "integrity")
        assert [row[heads.index("Invariant")] for row in rows] == ["I4", "I5", ""]

    def test_says_what_was_not_kept(self, chief, verified):
        Inspection.objects.filter(pk=verified.pk).update(finding_count=1500)
        assert "1498 more were found" in text(chief, "integrity")

    @pytest.mark.parametrize(("outcome", "amount"), [("found", 1), ("whole", 1), ("cut", 0)])
    def test_is_filtered_by_outcome(self, chief, verified, outcome, amount):
        page = chief.get(address("integrity"), {"outcome": outcome})
        assert len(page.context["object_list"]) == amount

    def test_a_run_of_one_gallery_names_it(self, chief, verified, gallery):
        counts = {"files": 5, "gallery": str(gallery.uuid)}
        Inspection.objects.filter(pk=verified.pk).update(counts=counts)
        assert "5 files of Smith wedding alone" in text(chief, "integrity")

    def test_tells_how_far_the_scrub_is(self, chief, verified, gallery):
        words = f"0 of {StoredFile.objects.count()} files"
        assert words in text(chief, "integrity")
        for _ in range(3):
            testing.make_photo(gallery)
        read_at = timezone.now() - timedelta(days=2)
        last = StoredFile.objects.order_by("-pk").first()
        StoredFile.objects.filter(pk=last.pk).update(proved_at=read_at)
        day = date_format(timezone.localtime(read_at), "DATE_FORMAT")
        page = text(chief, "integrity")
        assert "Read within 30 days" in page
        assert f"1 of {StoredFile.objects.count()} files, the oldest on {day}" in page

    def test_a_night_of_the_scrub_says_so_and_is_filtered(self, chief, verified):
        counts = {"files": 7, "bytes": 1000, "share": 99_999, "place": ["2026-01-01", 4]}
        Inspection.objects.filter(pk=verified.pk).update(scope="scrub", counts=counts)
        page = text(chief, "integrity")
        assert "the files longest not read" in page
        assert "7 files" in page
        assert "99,999" not in page
        assert "2026-01-01" not in page
        filtered = chief.get(address("integrity"), {"scope": "scrub"})
        assert [run.pk for run in filtered.context["object_list"]] == [verified.pk]


class TestSpreadsheets:
    def test_never_hold_a_formula(self, maria, gallery, link, delivered):
        Gallery.objects.update(title=FORMULA)
        link.recipient = FORMULA
        link.save()
        for name in OF_EVERYBODY:
            cells = [cell for row in exported(maria, name) for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
            assert any(FORMULA in cell for cell in cells)

    def test_as_xlsx_hold_texts_as_texts(self, chief, delivered, measured, verified, link):
        Gallery.objects.update(title=FORMULA)
        StoredFile.objects.update(original_name="=1+1\x0b.jpg")
        link.recipient = "#N/A"
        link.save()
        for name in NAMES:
            response = chief.get(address(name), {"export": "xlsx"})
            sheet = load_workbook(BytesIO(b"".join(response))).active
            kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
            assert not kinds & {"f", "e"}
            assert sheet.max_row > 1

    def test_of_titles_are_markup_nowhere(self, maria, delivered, link):
        Gallery.objects.update(title="<script>alert(1)</script>")
        link.recipient = "<img src=x onerror=alert(1)>"
        link.save()
        for name in OF_EVERYBODY:
            page = text(maria, name)
            assert "<script>alert(1)" not in page
            assert "<img src=x" not in page


def test_a_page_asks_as_often_for_many_rows_as_for_one(
    chief, studios, delivered, measured, verified, link
):
    def queries(name):
        chief.get(address(name))
        with CaptureQueriesContext(connection) as asked:
            assert chief.get(address(name)).status_code == 200
        return len(asked)

    before = {name: queries(name) for name in NAMES}
    for number in range(1, 8):
        other = testing.make_gallery(f"Shoot {number}", has_page=False)
        photo = testing.make_photo(other)
        testing.make_delivery(other, [testing.make_edit(other, photo)])
        visit(testing.make_link(other), days_ago=number)
        Inspection.objects.create(started_at=timezone.now(), findings=verified.findings)
    StoredFile.objects.update(scan_seconds=1)
    assert {name: queries(name) for name in NAMES} == before
    assert max(before.values()) <= 25
