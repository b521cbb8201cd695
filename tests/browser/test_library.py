"""Folders in: picking with a range and one request, and a scan that is watched while it runs."""

import os
from pathlib import Path

import pytest
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.intake.library import run_scan
from pumbaphoto_wagtail.models import LibraryScan, ScanState
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP
from tests.browser.test_photographers_rooms import chief, maria  # noqa: F401

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
# More than the window shows, so that a range leads over what is not in the page.
FILES = 200


@pytest.fixture
def library(chief, tmp_path: Path, settings):  # noqa: F811
    root = tmp_path / "nas"
    folder = root / "2024-06-01 Anna & Tom"
    (folder / "Party").mkdir(parents=True)
    content = testing.jpeg_bytes()
    for number in range(1, FILES + 1):
        (folder / f"IMG_{number}.jpg").write_bytes(content + str(number).encode())
    (root / "2023 Portraits").mkdir()
    (root / "2023 Portraits" / "a.jpg").write_bytes(testing.jpeg_bytes())
    reader = "pumbaphoto_wagtail.storage.LibraryStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "library": {"BACKEND": reader, "OPTIONS": {"location": str(root)}},
    }
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "LIBRARY_STORAGES": ["library"]}
    return testing.make_library("Archive", owner=chief)


def url(name: str, library) -> str:
    return reverse(f"wagtailsnippets_pumbaphoto_wagtail_library:{name}", args=[library.pk])


def look_closely(page, within: str = "document") -> None:
    """With axe, which takes its time, where ``make browser`` asks for it."""
    if os.environ.get("BROWSER_TESTS") == "all":
        assert violations(page, within) == []


def test_a_range_is_picked_and_added_with_one_request(live_server, maria, chief, library):  # noqa: F811
    gallery = testing.make_gallery("Anna & Tom", owner=chief)
    page = maria(DESKTOP).page
    posts = []
    page.on("request", lambda one: posts.append(one) if one.method == "POST" else None)

    page.goto(live_server.url + gallery_url(gallery))
    page.get_by_role("link", name="Pick from storage").click()
    page.get_by_role("link", name="2024-06-01 Anna & Tom").click()
    option = page.get_by_role("option")
    expect(option.first).to_contain_text("IMG_1.jpg")
    assert option.count() < FILES, "what is far away is not in the page"
    look_closely(page)

    # From the keyboard to the last, and a range back by the mouse.
    option.first.click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Space")
    expect(page.locator("[data-pumba-pick-count]")).to_contain_text("200 photos selected")
    page.get_by_role("button", name="Select none").click()
    page.keyboard.press("Home")
    page.locator("[data-key='2']").click()
    page.locator("[data-key='6']").click(modifiers=["Shift"])
    page.locator("[data-key='4']").click()
    expect(page.locator("[data-pumba-pick-count]")).to_contain_text("4 photos selected")
    page.get_by_role("button", name="Add 4 photos").click()
    expect(page.locator(".messages")).to_contain_text("4 are being scanned")

    [sent] = [one for one in posts if one.url.endswith(gallery_url(gallery, "pick"))]
    assert sent.post_data.count(".jpg") == 4
    taken = gallery.library_files.order_by("path").values_list("path", flat=True)
    assert [path.rpartition("/")[2] for path in taken] == [
        *("IMG_3.jpg", "IMG_4.jpg", "IMG_6.jpg", "IMG_7.jpg")
    ]


def test_a_scan_is_started_watched_and_ends_before_ones_eyes(live_server, maria, library):  # noqa: F811
    page = maria(DESKTOP).page
    page.goto(live_server.url + url("scan", library))
    page.get_by_label("Only say what would be done").check()
    page.get_by_role("button", name="Scan now").click()
    expect(page.get_by_role("heading", name="The scan waits for a worker")).to_be_visible()
    scan = LibraryScan.objects.get()
    look_closely(page)

    LibraryScan.objects.update(state=ScanState.RUNNING, done=1, total=2)
    expect(page.get_by_text("1 of 2 folders")).to_be_visible()
    run_scan(scan.pk)

    expect(page.get_by_role("heading", name="The last scan")).to_be_visible()
    page.get_by_role("link", name="Its report").click()
    expect(page.get_by_text("This is what a scan would do.")).to_be_visible()
    page.get_by_role("link", name="New gallery 2").click()
    expect(page.get_by_role("cell", name="2023 Portraits").first).to_be_visible()
    look_closely(page, "#listing-results")
