"""The upload page as a photographer has it before them: a running studio, a real browser."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import Gallery, PhotoFile, Upload, UploadState
from pumbaphoto_wagtail.storage import SENTINEL_NAME
from tests.browser.conftest import DESKTOP, PHONE
from tests.live import ROOT, running_site

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

LONG = 120_000
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# More than are ever in sight at once, on any screen; far fewer than 5,000.
MOST_ROWS = 60

MAKE_FILES = """count => {
    const transfer = new DataTransfer();
    for (let number = 0; number < count; number += 1) {
        const ending = number % 10 ? "jpg" : "xmp";
        const name = `IMG_${(number * 7919) % count}.${ending}`;
        transfer.items.add(new File(["x".repeat(200)], name, { lastModified: 1.7e12 + number }));
    }
    const input = document.querySelector("[data-pumba-files]");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
}"""
# Counts what is done to the page from now on, instead of timing it: a busy machine is slow, but
# it does not do more.
COUNT_CHANGES = """() => {
    window.pumbaChanges = 0;
    const list = document.querySelector("[data-pumba-rows-list]");
    new MutationObserver((changes) => { window.pumbaChanges += changes.length; })
        .observe(list, { childList: true, subtree: true });
}"""


@pytest.fixture(scope="module")
def site(django_db_blocker):
    with running_site(django_db_blocker, CSP="enforce", CHUNK_BYTES=100_000) as site:
        yield site


@pytest.fixture
def maria(site, person):
    """Makes Maria sit down at a device, logged in."""

    def sit_down(device, **options):
        maria = person(device, **options)
        maria.page.goto(f"{site.address}/admin/login/")
        maria.page.get_by_label("Username").fill("maria")
        maria.page.get_by_label("Password").fill("password")
        maria.page.get_by_role("button", name="Sign in").click()
        return maria

    return sit_down


def go_to(site, maria, title, tab="photos"):
    gallery = site.rows(Gallery).get(title=title)
    maria.page.goto(site.address + gallery_url(gallery, tab))
    return gallery


def jpeg(seed: int, quality: int = 90) -> bytes:
    """A photograph taken at a moment of its own; another quality is the same one again."""
    image = Image.effect_noise((400, 300), 60 + seed).convert("RGB")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = f"2026:07:01 12:00:{seed:02d}"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, exif=exif)
    return buffer.getvalue()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def choose(maria, folder: Path):
    maria.page.locator("[data-pumba-folder]").set_input_files(folder)


def violations(page) -> list[str]:
    """What axe finds wrong with our part of the page."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make frontend")
    # Evaluated by the debugger, which the page's security policy does not bind.
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "async () => (await axe.run('.pumba-workspace', {resultTypes: ['violations']})).violations"
    )
    return [
        f"{one['id']}: {json.dumps([node['html'][:160] for node in one['nodes'][:3]])}"
        for one in found
    ]


def test_a_whole_card_is_accounted_for_down_to_the_link_into_the_log(site, maria, tmp_path):
    maria = maria(DESKTOP)
    gallery = go_to(site, maria, "A day by the sea")
    card = {f"IMG_{number}.jpg": jpeg(number) for number in range(4)}
    choose(maria, write(tmp_path / "card", card | {"IMG_1.xmp": b"<x/>", "notes.txt": b"12"}))
    summary = maria.page.locator("[data-pumba-summary]")
    expect(summary).to_contain_text("6 files: 4 accepted + 2 left out", timeout=LONG)
    maria.photograph("upload-finished", full_page=False)
    summary.get_by_role("link", name="See them in the upload log").click()

    expect(maria.page.get_by_role("cell", name="IMG_3.jpg")).to_be_visible()
    assert gallery.upload_batches.using(site.alias).count() == 1


def test_photos_exported_again_are_asked_about_once_while_others_go_on(site, maria, tmp_path):
    maria = maria(DESKTOP)
    gallery = go_to(site, maria, "Two days")
    first = {f"IMG_{number}.jpg": jpeg(number) for number in range(3)}
    choose(maria, write(tmp_path / "card", first))
    expect(maria.page.locator("[data-pumba-summary]")).to_contain_text("3 accepted", timeout=LONG)

    again = {f"IMG_{number}.jpg": jpeg(number, 60) for number in range(2)} | {"new.jpg": jpeg(9)}
    write(tmp_path / "card", again)
    maria.page.reload()
    choose(maria, tmp_path / "card")
    question = maria.page.locator("[data-pumba-question]")
    expect(question).to_contain_text("2 files have the names of photos", timeout=LONG)
    expect(question).to_contain_text("IMG_0.jpg, IMG_1.jpg")
    expect(maria.page.locator("[data-pumba-figures]")).to_contain_text("1 of 3 files")
    maria.photograph("upload-question", full_page=False)
    assert violations(maria.page) == []

    # The question outlives the page, and so do the files that wait for its answer.
    maria.page.once("dialog", lambda dialog: dialog.accept())
    maria.page.reload()
    expect(question).to_be_visible()
    choose(maria, tmp_path / "card")
    maria.page.get_by_role("button", name="Replace").click()
    expect(question).to_be_hidden()
    expect(maria.page.locator("[data-pumba-summary]")).to_contain_text("3 accepted", timeout=LONG)

    site.wait_until(
        lambda: site.rows(PhotoFile).filter(photo__gallery=gallery.pk, version=2).count() == 2,
        what="the new versions",
    )
    assert site.rows(Gallery).get(pk=gallery.pk).photos.using(site.alias).count() == 4


def test_a_storage_that_goes_away_is_said_plainly_and_the_queue_goes_on_by_itself(
    site, maria, tmp_path
):
    maria = maria(DESKTOP)
    gallery = go_to(site, maria, "Three days")
    incoming = site.volume("incoming")
    sentinel = (incoming / SENTINEL_NAME).read_bytes()
    (incoming / SENTINEL_NAME).unlink()
    try:
        choose(maria, write(tmp_path / "card", {f"A{n}.jpg": jpeg(20 + n) for n in range(6)}))
        trouble = maria.page.locator("[data-pumba-trouble]")
        expect(trouble).to_contain_text("The photo storage is not reachable", timeout=LONG)
        maria.photograph("upload-trouble", full_page=False)
    finally:
        (incoming / SENTINEL_NAME).write_bytes(sentinel)
    expect(maria.page.locator("[data-pumba-figures]")).to_contain_text(
        "Everything is uploaded", timeout=LONG
    )
    # What the browser was told is what the test provoked.
    maria.complaints.clear()

    arrived = site.rows(Upload).filter(batch__gallery=gallery.pk)
    assert {upload.state for upload in arrived} <= {UploadState.RECEIVED, UploadState.ACCEPTED}
    expect(trouble).to_be_hidden()


@pytest.mark.parametrize(
    ("device", "options"),
    [
        (DESKTOP, {}),
        (DESKTOP, {"color_scheme": "dark", "reduced_motion": "reduce"}),
        (PHONE, {}),
    ],
    ids=["desktop", "dark", "phone"],
)
def test_the_queue_is_named_and_readable_for_everyone(site, maria, device, options, request):
    maria = maria(device, **options)
    go_to(site, maria, "Four days")
    page = maria.page
    page.route(
        "**/uploads/**",
        lambda route: None if route.request.method == "PATCH" else route.continue_(),
    )
    page.evaluate(MAKE_FILES, 40)
    expect(page.locator("[data-pumba-figures]")).to_contain_text("of 36 files")
    page.get_by_role("button", name="Remove all waiting").click()
    maria.photograph(f"upload-queue-{request.node.callspec.id}", full_page=False)

    assert violations(page) == []
    # Nothing is wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Remove them").click()
    expect(page.locator("[data-pumba-figures]")).to_contain_text("36 removed")


def test_5000_files_are_a_few_rows_and_few_changes(site, maria):
    maria = maria(DESKTOP)
    go_to(site, maria, "Three days")
    page = maria.page
    page.route(
        "**/uploads/**",
        lambda route: None if route.request.method == "PATCH" else route.continue_(),
    )
    page.evaluate(COUNT_CHANGES)
    page.evaluate(MAKE_FILES, 5000)
    figures = page.locator("[data-pumba-figures]")
    expect(figures).to_contain_text("of 4,500 files", timeout=LONG)
    expect(page.locator("[data-pumba-refused-title]")).to_contain_text("500")
    expect(page.locator("[data-pumba-files-list] summary")).to_contain_text("5,000")
    assert page.locator(".pumba-row").count() < MOST_ROWS
    # Rows are made once and then filled anew: far fewer changes than there are files.
    assert page.evaluate("window.pumbaChanges") < 2000

    # As by a hand: without one on it, the list follows the file that is being sent.
    page.locator("[data-pumba-rows]").hover()
    page.mouse.wheel(0, 1e9)
    expect(page.get_by_text("IMG_4999.jpg")).to_be_visible()
    assert page.locator(".pumba-row").count() < MOST_ROWS
    page.get_by_role("button", name="Show them").click()
    expect(page.locator("[data-pumba-rows-count]")).to_have_text("500")
    maria.photograph("upload-5000", full_page=False)

    page.get_by_role("button", name="Remove all waiting").click()
    page.get_by_role("button", name="Remove them").click()
    expect(figures).to_contain_text("4,500 removed", timeout=LONG)


def test_without_javascript_one_file_goes_up_and_what_became_of_it_is_said(site, maria, tmp_path):
    logged_in = maria(DESKTOP)
    plain = logged_in.context.browser.new_context(java_script_enabled=False)
    plain.add_cookies(logged_in.context.cookies())
    page = plain.new_page()
    gallery = site.rows(Gallery).get(title="Four days")
    page.goto(site.address + gallery_url(gallery))
    write(tmp_path, {"plain.jpg": jpeg(40)})
    expect(page.locator("[data-pumba-zone]")).to_be_hidden()
    page.get_by_label("One file").set_input_files(tmp_path / "plain.jpg")
    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_text("“plain.jpg” is here")).to_be_visible()
    assert site.rows(Upload).get(file_name="plain.jpg").stored_file is not None
    plain.close()
