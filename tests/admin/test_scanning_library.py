"""The "Scan" page: starting, watching, refusing, and the reports that stay."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.groups import ASSISTANTS, set_up_group
from pumbaphoto_wagtail.intake.library import run_scan
from pumbaphoto_wagtail.intake.library.galleries import path_key
from pumbaphoto_wagtail.models import Gallery, LibraryScan, ScanNote, ScanState

from .conftest import words_of

pytestmark = pytest.mark.django_db


def url(name: str, *keys: object) -> str:
    return reverse(f"wagtailsnippets_pumbaphoto_wagtail_library:{name}", args=keys)


def make_scan(library, state=ScanState.DONE, **fields) -> LibraryScan:
    return LibraryScan.objects.create(library=library, state=state, **fields)


def note(scan, kind="added", path="a/b.jpg", words="") -> ScanNote:
    return ScanNote.objects.create(scan=scan, kind=kind, path=path, words=words)


def report(browser, scan, query=""):
    return browser.get(url("scan_report", scan.library_id, scan.uuid) + query)


# --- Starting -------------------------------------------------------------------------------------


def test_m27_the_page_says_what_a_scan_does_before_it_does_it(library, maria):
    page = maria.get(url("scan", library.pk)).content.decode()

    assert "Each folder with photos becomes a gallery, named as the folder." in page
    assert "changes nothing there" in page
    assert not LibraryScan.objects.exists(), "looking starts nothing"


def test_m27_starting_asks_for_a_scan_and_comes_back(library, maria, studios):
    data = {"is_full": "on", "is_dry_run": "on", "tiers": ["grid", "view"]}

    answer = maria.post(url("scan", library.pk), data)

    scan = LibraryScan.objects.get()
    assert answer.url == url("scan", library.pk)
    assert (scan.is_full, scan.is_dry_run, scan.tiers) == (True, True, ["grid", "view"])
    assert (scan.started_by, scan.state) == (studios.maria, ScanState.QUEUED)


def test_m27_without_the_permission_there_is_no_page_and_no_button(library, studios, log_in):
    colleague = testing.make_photographer("anna", collection=studios.collection)
    group = colleague.groups.get()
    group.collection_permissions.filter(permission__codename="scan_library").delete()
    browser = log_in(colleague)

    assert browser.get(url("scan", library.pk)).url == "/admin/"
    assert browser.post(url("scan", library.pk)).url == "/admin/"
    assert url("scan", library.pk) not in browser.get(url("inspect", library.pk)).content.decode()
    assert not LibraryScan.objects.exists()


def test_a_second_scan_is_refused_in_words_while_one_runs(library, maria):
    make_scan(library, ScanState.RUNNING)

    page = maria.post(url("scan", library.pk))

    assert page.status_code == 409
    assert "scanned already" in words_of(page)[0]
    assert LibraryScan.objects.count() == 1


def test_a_tier_that_is_none_is_refused(library, maria):
    page = maria.post(url("scan", library.pk), {"tiers": ["huge"]})

    assert page.status_code == 422
    assert not LibraryScan.objects.exists()


def test_what_was_asked_for_makes_galleries_of_the_folders(library, maria):
    maria.post(url("scan", library.pk))
    scan = LibraryScan.objects.get()

    run_scan(scan.pk)

    page = report(maria, scan).content.decode()
    made = Gallery.objects.get(title="Smith wedding")
    assert reverse("pumbaphoto_galleries:photos", args=[made.uuid]) in page
    assert "New gallery" in page


# --- Watching -------------------------------------------------------------------------------------


def test_m26_a_running_scan_shows_how_far_it_is_and_no_button(library, maria):
    began = timezone.now() - timedelta(minutes=2)
    make_scan(library, ScanState.RUNNING, started_at=began, done=100, total=400)

    page = maria.get(url("scan", library.pk)).content.decode()

    assert "100 of 400 folders" in page
    assert "about 6 minutes left" in page
    assert "Scan now" not in page


def test_the_news_are_the_part_and_nothing_while_it_is_as_it_was(library, maria):
    scan = make_scan(library, ScanState.RUNNING, done=1, total=9)
    part = maria.get(url("scan_news", library.pk)).json()["parts"]["scan"]
    asked = url("scan_news", library.pk) + f"?scan={part['mark']}"

    assert maria.get(asked).json() == {"parts": {}}
    scan.done = 2
    scan.save()
    assert "2 of 9 folders" in maria.get(asked).json()["parts"]["scan"]["html"]


def test_the_news_cost_few_queries(library, maria, django_assert_max_num_queries):
    make_scan(library, ScanState.RUNNING, counts={"added": 12_000})
    maria.get(url("scan_news", library.pk))

    with django_assert_max_num_queries(10):
        maria.get(url("scan_news", library.pk))


def test_a_scan_nobody_takes_says_that_no_worker_runs(library, maria):
    scan = make_scan(library, ScanState.QUEUED)
    LibraryScan.objects.filter(pk=scan.pk).update(created_at=timezone.now() - timedelta(minutes=10))

    assert "qcluster" in maria.get(url("scan", library.pk)).content.decode()


def test_a_stopped_scan_says_loudly_why_and_what_to_do(library, maria):
    scan = make_scan(library, ScanState.STOPPED, reason="The volume is not mounted.")

    for page in (maria.get(url("scan", library.pk)), report(maria, scan)):
        words = page.content.decode()
        assert "help-critical" in words
        assert "The volume is not mounted." in words
        assert "Look whether the storage is connected" in words


# --- Reports --------------------------------------------------------------------------------------


def test_a_report_is_counted_by_kind_narrowed_and_searched(library, maria):
    scan = make_scan(library, counts={"added": 2, "missing": 1, "unchanged": 0})
    note(scan, "added", "a/one.jpg")
    note(scan, "added", "a/two.jpg")
    note(scan, "missing", "a/three.jpg")

    everything, missing, found = (
        report(maria, scan, query) for query in ("", "?kind=missing", "?q=two")
    )

    assert [one["label"] for one in everything.context["scan"].found] == ["Missing", "New photo"]
    assert [row.path for row in missing.context["object_list"]] == ["a/three.jpg"]
    assert [row.path for row in found.context["object_list"]] == ["a/two.jpg"]


def test_a_report_of_many_lines_has_pages(library, maria, django_assert_max_num_queries):
    scan = make_scan(library)
    ScanNote.objects.bulk_create(
        ScanNote(scan=scan, kind="added", path=f"{number}.jpg") for number in range(250)
    )
    report(maria, scan)

    with django_assert_max_num_queries(20):
        page = report(maria, scan, "?p=3")
    assert len(page.context["object_list"]) == 50


def test_lines_lead_to_galleries_one_may_see_and_to_no_others(library, maria, gallery, studios):
    scan = make_scan(library)
    note(scan, "gallery", "Smith")
    library.folders.create(path="Smith", path_key=path_key("Smith"), gallery=gallery)
    address = reverse("pumbaphoto_galleries:photos", args=[gallery.uuid])

    assert address in report(maria, scan).content.decode()
    Gallery.objects.filter(pk=gallery.pk).update(
        collection=studios.other_collection, owner=studios.bert
    )
    assert address not in report(maria, scan).content.decode()


def test_a_report_is_exported_with_paths_that_are_no_formulas(library, maria):
    scan = make_scan(library)
    note(scan, "added", "=cmd|x.jpg")

    lines = b"".join(report(maria, scan, "?export=csv")).decode().splitlines()

    assert lines[0] == "What happened,Path,More about it"
    assert lines[1].startswith("New photo,'=cmd")
    assert report(maria, scan, "?export=xlsx").status_code == 200


def test_a_report_is_found_by_its_own_library_alone(library, maria, studios):
    other = testing.make_library("Other", owner=studios.maria, collection=studios.collection)
    scan = make_scan(other)

    assert maria.get(url("scan_report", library.pk, scan.uuid)).status_code == 404


def test_assistants_read_reports_and_other_studios_do_not(library, studios, log_in):
    set_up_group("Assistants", ASSISTANTS, collection=studios.collection)
    helper = testing.make_user("helper")
    helper.groups.add(Group.objects.get(name="Assistants"))
    scan = make_scan(library)

    assert report(log_in(helper), scan).status_code == 200
    assert report(log_in(studios.bert), scan).status_code == 404


def test_a_trial_says_that_nothing_was_changed(library, maria):
    scan = make_scan(library, is_dry_run=True, counts={"added": 3})

    assert "Nothing was changed" in report(maria, scan).content.decode()


def test_earlier_scans_are_listed_with_what_came_of_them(library, maria):
    make_scan(library, ScanState.FAILED, reason="The disk has gone.")
    make_scan(library, counts={"added": 1234})

    for name in ("scan", "inspect"):
        page = maria.get(url(name, library.pk)).content.decode()
        assert "The disk has gone." in page
        assert "New photo 1,234" in page


def test_clients_file_names_are_shown_as_text(library, maria):
    scan = make_scan(library, reason="<script>x</script>")
    note(scan, "added", "<img src=x>.jpg", "<b>")

    for page in (report(maria, scan), maria.get(url("scan", library.pk))):
        assert b"<img src=x>" not in page.content
        assert b"<script>x" not in page.content
