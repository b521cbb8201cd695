"""The uploader in a real browser against the real upload protocol."""

import json

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Purpose, State, Upload, UploadState

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
LONG = 20_000


@pytest.fixture
def chief():
    return testing.make_user("chief", is_staff=True, is_superuser=True)


@pytest.fixture
def shoot(chief):
    return testing.make_gallery("Smith wedding", owner=chief)


@pytest.fixture
def page(browser, live_server, chief):
    """A page whose user is logged in; whatever a script complains about fails the test."""
    context = browser.new_context()
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


def hold_patches(page):
    """Let no byte through until the routes are taken away."""
    page.route(
        "**/uploads/**",
        lambda route: None if route.request.method == "PATCH" else route.continue_(),
    )


def wait_until(page, condition, milliseconds=LONG):
    """Wait for something in the database, while the browser goes on."""
    for _moment in range(milliseconds // 100):
        if condition():
            return
        page.wait_for_timeout(100)
    pytest.fail("waited in vain")


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


def test_files_above_another_tab_leave_the_page_where_it_is_and_open_the_right_tab(
    page, live_server, shoot
):
    open_tab(page, live_server, shoot, "sharing")
    transfer = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["x"], "IMG_1.jpg"));
            return transfer;
        }"""
    )
    page.dispatch_event("h2", "dragover", {"dataTransfer": transfer})
    page.get_by_text("Photos are dropped on the tab “Photos”").wait_for()
    is_kept = page.evaluate(
        """transfer => !document.querySelector("h2").dispatchEvent(new DragEvent(
            "drop", { dataTransfer: transfer, bubbles: true, cancelable: true }
        ))""",
        transfer,
    )
    assert is_kept
    page.dispatch_event(".pumba-tabs a >> nth=0", "dragover", {"dataTransfer": transfer})
    page.wait_for_url(live_server.url + gallery_url(shoot, "photos"), timeout=LONG)


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


def test_the_servers_own_words_are_shown_while_it_is_full_and_it_goes_on_by_itself(
    page, live_server, shoot, card
):
    is_full = [True]

    def refuse(route):
        if route.request.method == "PATCH" and is_full:
            headers = {"Retry-After": "1", "Content-Type": "application/json"}
            body = json.dumps({"error": "The photo storage is full."})
            route.fulfill(status=507, headers=headers, body=body)
        else:
            route.continue_()

    open_tab(page, live_server, shoot)
    page.route("**/uploads/**", refuse)
    choose(page, card)
    trouble = page.locator("[data-pumba-trouble]", has_text="The photo storage is full.")
    trouble.wait_for(timeout=LONG)
    is_full.clear()
    wait_until_uploaded(page)

    assert page.locator("[data-pumba-trouble]").is_hidden()


def test_a_manifest_for_which_there_is_no_room_is_announced_again(page, live_server, shoot, card):
    answers = [
        {"status": 507, "json": {"error": "The photo storage is full."}},
        {"status": 502, "content_type": "text/html", "body": "<html>Bad gateway</html>"},
    ]
    open_tab(page, live_server, shoot)
    page.route(
        "**/batches/",
        lambda route: route.fulfill(**answers.pop(0)) if answers else route.continue_(),
    )
    choose(page, card)
    page.locator("[data-pumba-trouble]", has_text="storage is full").wait_for(timeout=LONG)
    wait_until_uploaded(page)

    assert answers == []
    assert shoot.upload_batches.count() == 1


def test_one_file_that_never_goes_through_lets_the_others_pass(page, live_server, shoot, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(8):
        (folder / f"IMG_{number}.jpg").write_bytes(testing.jpeg_bytes(60 + number, 60))
    cursed = []

    def curse(route):
        if not cursed and route.request.method == "PATCH":
            cursed.append(route.request.url)
        if route.request.url in cursed and route.request.method == "PATCH":
            route.fulfill(status=500, body="<html>Server Error</html>")
        else:
            route.continue_()

    open_tab(page, live_server, shoot)
    page.route("**/uploads/**", curse)
    choose(page, folder)
    wait_until_figures_say(page, "7 of 8 files")
    cursed[:] = ["nothing"]
    wait_until_uploaded(page)


def test_a_file_is_removed_and_the_batch_is_told(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    hold_patches(page)
    choose(page, card)
    page.get_by_role("button", name="Remove DCIM/IMG_10.jpg").click(timeout=LONG)
    wait_until_figures_say(page, "1 removed")
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    choose(page, card)
    wait_until_uploaded(page)

    states = Upload.objects.filter(batch__gallery=shoot, file_name="IMG_10.jpg")
    assert UploadState.ABANDONED in set(states.values_list("state", flat=True))


def test_all_that_waits_is_removed_after_a_question(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    hold_patches(page)
    choose(page, card)
    page.get_by_role("button", name="Remove all waiting").click(timeout=LONG)
    page.get_by_role("button", name="Keep them").click()
    assert page.locator("[data-pumba-confirm]").is_hidden()
    page.get_by_role("button", name="Remove all waiting").click()
    page.get_by_role("button", name="Remove them").click()
    wait_until_figures_say(page, "3 removed")
    page.locator("[data-pumba-summary]", has_text="5 files: 2 left out + 3 given up").wait_for(
        timeout=LONG
    )

    batch = shoot.upload_batches.get()
    assert batch.settled_at is not None
    assert set(states(shoot).values()) == {UploadState.ABANDONED, UploadState.REFUSED}


def test_an_upload_of_an_earlier_visit_goes_on_at_the_byte_where_it_stopped(
    page, live_server, shoot, tmp_path, settings
):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CHUNK_BYTES": 1000}
    content = testing.jpeg_bytes(800, 600)
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "photo.jpg").write_bytes(content)
    passed = []

    def one_chunk_only(route):
        if route.request.method != "PATCH":
            route.continue_()
        elif not passed:
            passed.append(route)
            route.continue_()

    open_tab(page, live_server, shoot)
    page.route("**/uploads/**", one_chunk_only)
    choose(page, tmp_path / "card")
    wait_until(page, lambda: Upload.objects.filter(durable_offset=1000).exists())
    page.once("dialog", lambda dialog: dialog.accept())
    open_tab(page, live_server, shoot)
    page.unroute_all(behavior="ignoreErrors")
    page.locator(".pumba-visit", has_text="1 of 1 files have not arrived").wait_for(timeout=LONG)
    offsets = []
    page.on(
        "request",
        lambda request: (
            request.method == "PATCH" and offsets.append(request.headers["upload-offset"])
        ),
    )
    choose(page, tmp_path / "card")
    wait_until_uploaded(page)

    assert offsets[0] == "1000"
    assert Upload.objects.get().stored_file.size == len(content)
    assert shoot.upload_batches.count() == 1


def test_an_upload_of_an_earlier_visit_is_given_up(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    hold_patches(page)
    choose(page, card)
    page.locator("[data-pumba-give-up]").wait_for(timeout=LONG)
    page.once("dialog", lambda dialog: dialog.accept())
    open_tab(page, live_server, shoot)
    page.unroute_all(behavior="ignoreErrors")
    page.locator(".pumba-visit", has_text="3 of 5 files have not arrived").wait_for(timeout=LONG)
    page.get_by_role("button", name="Give the rest up").click()
    page.get_by_role("button", name="Remove them").click()
    page.locator("[data-pumba-summary]", has_text="3 given up").wait_for(timeout=LONG)

    assert shoot.upload_batches.get().settled_at is not None
    assert page.locator(".pumba-visit").is_hidden()


def test_links_open_in_a_new_tab_while_files_are_sent(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    hold_patches(page)
    choose(page, card)
    page.get_by_text("Keep this tab open until everything is uploaded").wait_for(timeout=LONG)
    with page.context.expect_page() as opened:
        page.locator("#pumba-tabs").get_by_role("link", name="Sharing").click()

    assert "/sharing/" in opened.value.url
    assert page.locator("[data-pumba-pause]").is_visible()


def test_the_proofs_go_before_the_raw_files_which_may_be_left_out(
    page, live_server, shoot, tmp_path
):
    folder = tmp_path / "pairs"
    folder.mkdir()
    for number in range(4):
        (folder / f"IMG_{number}.CR2").write_bytes(b"II*\0" + bytes(2000))
        (folder / f"IMG_{number}.jpg").write_bytes(testing.jpeg_bytes(60 + number, 60))
    open_tab(page, live_server, shoot)
    hold_patches(page)
    choose(page, folder)
    page.get_by_text("The proofs go first").wait_for(timeout=LONG)
    page.get_by_role("button", name="Proofs only").click()
    # While pieces are held: afterwards there may be nothing left to pause.
    page.locator("[data-pumba-pause]").click()
    page.unroute_all(behavior="ignoreErrors")
    page.locator("[data-pumba-resume]").click()
    wait_until_uploaded(page)

    ends = states(shoot)
    assert {ends[f"IMG_{number}.CR2"] for number in range(4)} == {UploadState.ABANDONED}
    assert UploadState.ABANDONED not in {ends[f"IMG_{number}.jpg"] for number in range(4)}


def test_all_files_of_a_reason_are_a_press_away(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    choose(page, card)
    wait_until_uploaded(page)
    page.get_by_role("button", name="Show them").click()

    names = page.locator(".pumba-row__name").all_inner_texts()
    assert names == ["DCIM/IMG_9.xmp", "DCIM/IMG_10.xmp"]


def test_arrow_keys_go_from_file_to_file_and_delete_removes(page, live_server, shoot, card):
    open_tab(page, live_server, shoot)
    hold_patches(page)
    choose(page, card)
    page.locator(".pumba-row").first.focus(timeout=LONG)
    page.keyboard.press("End")
    page.keyboard.press("Delete")
    wait_until_figures_say(page, "1 removed")
    focused = page.evaluate("document.activeElement.querySelector('.pumba-row__name').textContent")

    assert focused == "DCIM/IMG_11.jpg"


def test_edits_go_up_as_edits(page, live_server, shoot, card):
    shoot.state = State.EDITING
    shoot.save()
    open_tab(page, live_server, shoot, "edits")
    choose(page, card)
    wait_until_uploaded(page)

    assert shoot.upload_batches.get().purpose == Purpose.EDIT


def test_a_link_is_copied_without_https_too(page, live_server, shoot):
    link = testing.make_link(shoot)
    open_tab(page, live_server, shoot, "sharing")
    # What plain HTTP outside of localhost looks like to a script.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy link").click()

    page.get_by_text("Copied", exact=True).wait_for()
    field = page.get_by_label(f"Address for {link.recipient}")
    assert "/galleries/s/" in field.input_value()
