"""The uploader in a real browser against the real upload protocol."""

import json
import os
import shutil

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Purpose, State, Upload, UploadState

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
LONG = 20_000


@pytest.fixture(scope="module")
def chromium():
    # Playwright's loop runs in this thread, and Django takes that for asynchronous code.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def chief():
    return testing.make_user("chief", is_staff=True, is_superuser=True)


@pytest.fixture
def shoot(chief):
    return testing.make_gallery("Smith wedding", owner=chief)


@pytest.fixture
def page(chromium, live_server, chief):
    """A page whose user is logged in; whatever a script complains about fails the test."""
    context = chromium.new_context()
    context.add_cookies([session_cookie(live_server, chief)])
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            "Content Security Policy" in message.text and complaints.append(message.text)
        ),
    )
    yield page
    context.close()
    assert complaints == []


def session_cookie(live_server, user):
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = django_settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return {
        "name": django_settings.SESSION_COOKIE_NAME,
        "value": session.session_key,
        "url": live_server.url,
    }


@pytest.fixture
def card(tmp_path):
    """A folder as it comes from a camera and a Mac: three photos, and what is none."""
    folder = tmp_path / "DCIM"
    folder.mkdir()
    for number in (9, 10, 11):
        (folder / f"IMG_{number}.jpg").write_bytes(testing.jpeg_bytes(90, 60))
    for name in ("IMG_9.xmp", "IMG_10.xmp"):
        (folder / name).write_bytes(b"<x/>")
    for name in (".DS_Store", "._IMG_9.jpg", "Thumbs.db"):
        (folder / name).write_bytes(b"system")
    return folder


def open_tab(page, live_server, gallery, tab="photos"):
    page.goto(live_server.url + gallery_url(gallery, tab))


def choose(page, folder):
    page.set_input_files("[data-pumba-folder]", str(folder))


def states(gallery):
    rows = Upload.objects.filter(batch__gallery=gallery).order_by("file_name")
    return {row.file_name: row.state for row in rows}


def wait_until_figures_say(page, words):
    page.locator("[data-pumba-figures]", has_text=words).wait_for(timeout=LONG)


def wait_until_uploaded(page):
    wait_until_figures_say(page, "Everything is uploaded")


def test_a_folder_is_uploaded_and_what_is_no_photo_left_out(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    choose(page, card)
    wait_until_uploaded(page)

    arrived = states(shoot)
    assert set(arrived) == {
        "IMG_9.jpg",
        "IMG_10.jpg",
        "IMG_11.jpg",
        "IMG_9.xmp",
        "IMG_10.xmp",
    }
    assert arrived["IMG_9.xmp"] == UploadState.REFUSED
    assert arrived["IMG_9.jpg"] in (UploadState.RECEIVED, UploadState.ACCEPTED)
    assert "3 of 3 files" in page.locator("[data-pumba-figures]").inner_text()
    assert "Left out: 2" in page.locator("[data-pumba-refused]").inner_text()
    assert page.locator("[data-pumba-refused-list] li").count() == 1


def test_files_are_listed_as_a_person_counts(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    choose(page, card)
    wait_until_uploaded(page)

    names = page.locator(".pumba-row__name").all_inner_texts()
    photos = [name for name in names if name.endswith(".jpg")]
    assert photos == ["DCIM/IMG_9.jpg", "DCIM/IMG_10.jpg", "DCIM/IMG_11.jpg"]


def test_bytes_arrive_whole_in_several_chunks(page, live_server, shoot, tmp_path, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CHUNK_BYTES": 1000}
    content = testing.jpeg_bytes(800, 600)
    assert len(content) > 3000
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "photo.jpg").write_bytes(content)
    open_tab(page, live_server, shoot)
    choose(page, tmp_path / "large")
    wait_until_uploaded(page)

    upload = Upload.objects.get()
    assert upload.durable_offset == len(content)
    assert upload.stored_file.size == len(content)


def test_the_same_folder_on_another_day_sends_nothing(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    choose(page, card)
    wait_until_uploaded(page)
    open_tab(page, live_server, shoot)
    patches = []
    page.on("request", lambda request: request.method == "PATCH" and patches.append(request.url))
    choose(page, card)
    wait_until_figures_say(page, "3 were here already")

    assert patches == []


def test_files_may_be_dropped_anywhere(page, live_server, shoot):
    open_tab(page, live_server, shoot)
    transfer = page.evaluate_handle(
        """bytes => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "IMG_1.jpg"));
            return transfer;
        }""",
        list(testing.jpeg_bytes()),
    )
    page.dispatch_event("h2", "dragenter", {"dataTransfer": transfer})
    assert page.locator("[data-pumba-overlay]").is_visible()
    page.dispatch_event("h2", "drop", {"dataTransfer": transfer})
    wait_until_uploaded(page)

    assert states(shoot)["IMG_1.jpg"] in (UploadState.RECEIVED, UploadState.ACCEPTED)
    assert page.locator("[data-pumba-overlay]").is_hidden()


def test_after_logging_in_again_the_queue_goes_on_by_itself(page, live_server, shoot, card, chief):
    open_tab(page, live_server, shoot)
    page.context.clear_cookies()
    choose(page, card)
    page.locator("[data-pumba-trouble]", has_text="You have been logged out").wait_for(timeout=LONG)
    assert page.locator("[data-pumba-login]").get_attribute("href") == "/admin/login/"
    assert states(shoot) == {}

    page.context.add_cookies([session_cookie(live_server, chief)])
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    wait_until_uploaded(page)

    assert len(states(shoot)) == 5
    assert page.locator("[data-pumba-trouble]").is_hidden()


def test_a_server_in_trouble_is_tried_again(page, live_server, shoot, card):
    troubles = [503, 500, 423]

    def stumble(route):
        if route.request.method == "PATCH" and troubles:
            route.fulfill(status=troubles.pop())
        else:
            route.continue_()

    open_tab(page, live_server, shoot)
    page.route("**/uploads/**", stumble)
    choose(page, card)
    wait_until_uploaded(page)

    assert troubles == []
    assert "3 of 3 files" in page.locator("[data-pumba-figures]").inner_text()


def test_pausing_stops_and_resuming_goes_on(page, live_server, shoot, card):
    held = []
    open_tab(page, live_server, shoot)
    page.route(
        "**/uploads/**",
        lambda route: held.append(route) if route.request.method == "PATCH" else route.continue_(),
    )
    choose(page, card)
    page.locator("[data-pumba-pause]").click(timeout=LONG)
    wait_until_figures_say(page, "paused")
    page.unroute_all(behavior="ignoreErrors")

    page.locator("[data-pumba-resume]").click()
    wait_until_uploaded(page)

    assert len([state for state in states(shoot).values() if state == UploadState.REFUSED]) == 2


def test_edits_go_up_as_edits(page, live_server, shoot, card):
    shoot.state = State.EDITING
    shoot.save()
    open_tab(page, live_server, shoot, "edits")
    choose(page, card)
    wait_until_uploaded(page)

    assert shoot.upload_batches.get().purpose == Purpose.EDIT


def test_5000_rows_are_not_5000_elements(page, live_server, shoot):
    def answer(route):
        files = json.loads(route.request.post_data)["files"]
        rows = [
            {"clientKey": row["clientKey"], "state": "duplicate", "alreadyStored": True}
            for row in files
        ]
        body = {"files": rows, "address": "/nowhere/", "createAddress": "/nowhere/"}
        route.fulfill(status=201, json=body)

    open_tab(page, live_server, shoot)
    page.route("**/batches/", answer)
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            for (let number = 0; number < 5000; number += 1) {
                transfer.items.add(new File(["x"], `IMG_${number}.jpg`));
            }
            const input = document.querySelector("[data-pumba-files]");
            input.files = transfer.files;
            input.dispatchEvent(new Event("change"));
        }"""
    )
    wait_until_figures_say(page, "5,000 were here already")

    assert page.locator(".pumba-row").count() < 60
    page.evaluate("document.querySelector('[data-pumba-rows]').scrollTop = 1e9")
    page.get_by_text("IMG_4999.jpg").wait_for()
    assert page.locator(".pumba-row").count() < 60


def test_a_link_is_copied_without_https_too(page, live_server, shoot):
    link = testing.make_link(shoot)
    open_tab(page, live_server, shoot, "sharing")
    # What plain HTTP outside of localhost looks like to a script.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy link").click()

    page.get_by_text("Copied", exact=True).wait_for()
    field = page.get_by_label(f"Address for {link.recipient}")
    assert "/galleries/s/" in field.input_value()
