"""One shoot from card to delivery, by a photographer and a client in real browsers.

Everything is real: the web server, both clusters of the queue, clamd, the mail server, Chromium.
The steps build on each other, so they are one test; each stands in a function of its own.
"""

import hashlib
import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
import requests
from PIL import Image, ImageDraw

from pumbaphoto_wagtail.intake.clamd_client import eicar
from pumbaphoto_wagtail.models import (
    Edit,
    Gallery,
    Photo,
    Rendition,
    Selection,
    Stage,
    StoredFile,
    Upload,
)
from tests.browser.conftest import DESKTOP, PHONE, Person
from tests.browser.lightbox_steps import is_still
from tests.faults.ledger import verify
from tests.live import LiveSite, running_site
from tests.samples import DIRECTORY as SAMPLES

expect = pytest.importorskip("playwright.sync_api").expect
# Scanning, rendering and mailing go on beside the pages that are looked at.

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

TITLE = "Anna & Tom"
NOTE = "=1+1, and a little warmer, please"
RAW = SAMPLES / "good" / "raw" / "canon_eos_6d_small.dng"


@pytest.fixture
def site(live_database, django_db_blocker):
    with running_site(django_db_blocker, live_database, CSP="enforce") as site:
        yield site


@dataclass
class Story:
    """What the steps hand on to each other."""

    site: LiveSite
    maria: Person
    anna: Person
    folder: Path
    link: str = ""
    workspace: str = ""
    edits: dict[str, bytes] = field(default_factory=dict)

    @property
    def gallery(self) -> Gallery:
        return self.site.rows(Gallery).get(title=TITLE)

    def go_to(self, tab: str) -> None:
        self.maria.page.goto(f"{self.workspace}{tab}/" if tab else self.workspace)

    def expect_state(self, words: str) -> None:
        self.go_to("")
        expect(self.maria.page.locator("#pumba-head h2")).to_contain_text(words)


def picture(number: int, width: int = 1200, height: int = 800) -> Image.Image:
    """A photograph of sorts: sky above, ground below, a number on it."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 2 // 3, width, height), fill=(40 + number * 9 % 200, 90, 60))
    draw.text((width // 2, height // 2), str(number), fill="white", font_size=200)
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def camera_jpeg(number: int, orientation: int) -> bytes:
    """As cameras write it: the sensor's pixels, and a tag that says how they were held."""
    upside = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}[orientation]
    image = picture(number) if orientation != 6 else picture(number, 800, 1200)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8769)[0x9003] = f"2026:07:01 12:00:{number % 60:02d}"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 30.0)
    return encoded(image.transpose(upside) if upside else image, exif=exif, quality=88)


def write_card(folder: Path) -> int:
    """The folder that is dropped; returns how many good photographs are in it."""
    good = {
        "Ceremony/IMG_4521.jpg": camera_jpeg(4521, 6),
        "Ceremony/IMG_4522.jpg": camera_jpeg(4522, 1),
        "Ceremony/IMG_4523.jpg": camera_jpeg(4523, 3),
        "Party/IMG_4524.png": encoded(picture(4524), "PNG"),
        "Party/IMG_4525.tif": encoded(picture(4525), "TIFF", compression="tiff_lzw"),
    }
    if RAW.exists():
        good["Party/IMG_4526.dng"] = RAW.read_bytes()
    bad = {
        "Party/IMG_6666.jpg": encoded(picture(6666)) + eicar(),
        "Party/notes.txt": b"twelve rolls of film",
        "Party/page.jpg": b"<!doctype html><script>document.title = 'owned'</script>" * 20,
    }
    for path, content in (good | bad).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return len(good)


def test_from_card_to_delivery(site, person, tmp_path):
    story = Story(site, person(DESKTOP), person(PHONE), tmp_path)
    story.maria.context.grant_permissions(["clipboard-read", "clipboard-write"])
    log_in(story)
    create_gallery(story)
    refuse_to_deliver_before_a_selection(story)
    photos = drop_a_folder(story)
    see_what_was_refused(story)
    share(story)
    open_on_the_phone(story, photos)
    choose_in_the_lightbox(story, photos)
    review_and_send(story)
    find_it_frozen(story)
    read_the_selection(story)
    upload_edits(story)
    decide_and_deliver(story)
    download(story)
    archive(story)
    restore(story)
    verify(site)
    assert "Traceback" not in site.log("web"), site.last_words()


# --- 1. A gallery, and its photographs


def log_in(story: Story) -> None:
    page = story.maria.page
    page.goto(f"{story.site.address}/admin/")
    page.get_by_label("Username").fill("maria")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Galleries").click()
    page.get_by_role("link", name="All galleries").click()


def create_gallery(story: Story) -> None:
    page = story.maria.page
    page.get_by_role("link", name="Add a gallery").click()
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("Shoot date").fill("2026-07-01")
    page.get_by_role("combobox", name="Client", exact=True).fill("Anna Berg")
    page.get_by_label("Client’s e-mail").fill("anna@example.com")
    page.get_by_label("Wedding").check()
    page.get_by_role("button", name="Create gallery").click()
    expect(page.get_by_text("The gallery is there. Now drop its photos.")).to_be_visible()
    story.workspace = page.url
    story.maria.photograph("1-new-gallery")
    assert story.gallery.main_page.live


def refuse_to_deliver_before_a_selection(story: Story) -> None:
    answer = story.maria.post(f"{story.workspace}delivery/", form={"state": "active", "words": ""})

    assert answer.status == 409
    assert "selection" in answer.text()
    assert story.gallery.state == "active"


def drop_a_folder(story: Story) -> int:
    photos = write_card(story.folder / "card")
    page = story.maria.page
    page.locator("[data-pumba-folder]").set_input_files(story.folder / "card")
    expect(page.locator("[data-pumba-figures]")).to_contain_text("Everything is uploaded")
    stages = page.locator("[data-pumba-stages]")
    total = photos + 2
    expect(stages).to_contain_text(f"{photos} of {total} files are ready", timeout=60_000)
    expect(stages).to_contain_text("2 could not be used")
    expect(page.locator("[data-pumba-refused-title]")).to_contain_text("1")
    story.maria.photograph("2-uploaded")
    # They come into the grid by themselves.
    cell = page.locator("[data-pumba-cells] [role=option]").first
    expect(cell).to_have_attribute("aria-setsize", str(photos))
    return photos


def see_what_was_refused(story: Story) -> None:
    page = story.maria.page
    page.goto(f"{story.workspace}?show=refused")
    virus = page.get_by_role("row").filter(has_text="IMG_6666.jpg")
    expect(virus).to_contain_text("virus found")
    expect(virus).to_contain_text("PumbaPhoto.Test.EICAR")
    for name in ("notes.txt", "page.jpg"):
        expect(page.get_by_role("row").filter(has_text=name)).to_contain_text("refused")
    story.maria.photograph("3-refused")
    infected = story.site.rows(StoredFile).get(stage=Stage.INFECTED)
    assert infected.original_name == "IMG_6666.jpg"
    assert not story.site.rows(Rendition).filter(stored_file=infected).exists()
    assert not story.site.rows(Photo).filter(name="IMG_6666.jpg").exists()
    upload = story.site.rows(Upload).get(stored_file=infected)
    base = f"{story.site.address}/galleries"
    for identity in (infected.uuid, upload.uuid):
        for path in (
            f"media/file/{identity}/grid/{infected.sha256[:16]}.jpg",
            f"media/photo/{identity}/grid/{infected.sha256[:16]}.jpg",
            f"download/photo/{identity}/original",
            f"download/item/{identity}",
        ):
            assert story.maria.context.request.get(f"{base}/{path}").status == 404


# --- 2. A link, and the client's choice


def share(story: Story) -> None:
    story.go_to("sharing")
    page = story.maria.page
    expect(page.get_by_label("Recipient")).to_have_value("Anna Berg")
    page.get_by_role("button", name="Make the link").click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    story.link = page.evaluate("navigator.clipboard.readText()")
    story.maria.photograph("4-shared")
    assert re.fullmatch(rf"{re.escape(story.site.address)}/galleries/s/[0-9a-f-]{{36}}", story.link)


def open_on_the_phone(story: Story, photos: int) -> None:
    page = story.anna.page
    page.goto(story.link)
    assert page.url == f"{story.site.address}/clients/{story.gallery.main_page.slug}/"
    expect(page.get_by_role("heading", name="Choose your favourites")).to_be_visible()
    expect(page.get_by_role("heading", name="Ceremony")).to_be_visible()
    expect(page.locator(".pumba-tile")).to_have_count(photos)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function(
        "[...document.querySelectorAll('.pumba-tile img')].every(i => i.complete && i.naturalWidth)"
    )
    story.anna.photograph("5-gallery-on-the-phone")
    upright = page.locator(".pumba-tile img").first.evaluate(
        "i => i.naturalHeight > i.naturalWidth"
    )
    assert upright, "the first photograph was taken with the camera held upright"


def heart(story: Story, name: str):
    page = story.anna.page
    tile = page.locator(".pumba-tile").filter(has=page.locator(f'[data-name="{name}"]'))
    return tile.get_by_role("button", name="Favourite")


def swipe(story: Story) -> None:
    """A finger from the right to the left, far enough to count however slow this machine is."""
    session = story.anna.context.new_cdp_session(story.anna.page)
    steps = [(370 - 34 * step, 420) for step in range(11)]
    for number, (x, y) in enumerate(steps):
        kind = "touchMove" if number else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        story.anna.page.wait_for_timeout(16)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def choose_in_the_lightbox(story: Story, photos: int) -> None:
    page = story.anna.page
    page.evaluate("window.scrollTo(0, 0)")
    page.locator(".pumba-tile__link").first.tap()
    counter = page.locator(".pswp__counter")
    expect(counter).to_have_text(f"1 of {photos}")
    expect(page.locator(".pswp:focus, .pswp :focus")).to_have_count(1)
    is_still(page)
    tools = page.locator(".pumba-tools")
    tools.get_by_role("button", name="Favourite").tap()
    swipe(story)
    expect(counter).to_have_text(f"2 of {photos}")
    story.anna.photograph("6-lightbox", full_page=False)
    page.keyboard.press("f")
    page.keyboard.press("n")
    note = page.get_by_role("dialog", name="A note for this photo")
    note.get_by_role("textbox").fill(NOTE)
    note.get_by_role("button", name="Done").tap()
    expect(note).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(counter).to_have_text(f"3 of {photos}")
    page.keyboard.press("Escape")
    page.locator(".pswp").wait_for(state="detached")
    heart(story, "IMG_4523.jpg").tap()
    heart(story, "IMG_4524.png").tap()
    heart(story, "IMG_4523.jpg").tap()
    for name, is_chosen in (
        ("IMG_4521.jpg", True),
        ("IMG_4522.jpg", True),
        ("IMG_4523.jpg", False),
        ("IMG_4524.png", True),
    ):
        expect(heart(story, name)).to_have_attribute("aria-pressed", str(is_chosen).lower())
    expect(page.get_by_role("status").first).to_contain_text("3 of 50 chosen")


def review_and_send(story: Story) -> None:
    page = story.anna.page
    page.get_by_role("link", name="Review and send").tap()
    expect(page.locator(".pumba-pick")).to_have_count(3)
    expect(page.get_by_role("textbox").nth(1)).to_have_value(NOTE)
    story.anna.photograph("7-review")
    page.get_by_role("button", name="Send my selection").tap()
    expect(page.get_by_text("Thank you, Maria has your 3")).to_be_visible()
    story.anna.photograph("8-sent")
    (mail,) = (message for message in story.site.mail.wait_for(3) if is_about_choice(message))
    assert "maria@example.com" in mail["To"]
    assert "3 photos" in mail["Subject"]
    assert TITLE in mail["Subject"]


def is_about_choice(message) -> bool:
    return "has chosen" in message["Subject"]


def find_it_frozen(story: Story) -> None:
    """Twenty more at once change nothing, and send nothing."""
    page = story.anna.page
    page.reload()
    expect(page.locator("button.pumba-heart")).to_have_count(0)
    cookies = {cookie["name"]: cookie["value"] for cookie in story.anna.context.cookies()}
    address = f"{story.site.address}/galleries/picks/{story.gallery.uuid}"
    headers = {"X-CSRFToken": cookies["csrftoken"]}

    def send(_number: int) -> int:
        return requests.post(
            f"{address}/send/", json={}, headers=headers, cookies=cookies
        ).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = set(pool.map(send, range(20)))
    photo = story.site.rows(Photo).filter(gallery=story.gallery.pk).last()
    act = {"id": "late", "photo": str(photo.uuid), "on": True}
    late = story.anna.post(f"{address}/acts/", {"round": 1, "list": "to_edit", "acts": [act]})

    assert statuses == {409}
    assert late.status == 409
    selection = story.site.rows(Selection).get()
    assert selection.picks.filter(is_favourite=True).count() == 3
    assert len([message for message in story.site.mail.messages if is_about_choice(message)]) == 1


# --- 3. What the photographer makes of it


def read_the_selection(story: Story) -> None:
    story.expect_state("Selections Submitted")
    story.go_to("selections")
    page = story.maria.page
    expect(page.locator(".pumba-tile--selected")).to_have_count(3)
    expect(page.get_by_text(NOTE)).to_be_visible()
    story.maria.photograph("9-selection")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download XLSX").click()
    book = openpyxl.load_workbook(io.BytesIO(started.value.path().read_bytes()))
    assert book.sheetnames == ["Gallery", "Selections", "Anna Berg"]
    facts = {row[0]: row[1] for row in book["Gallery"].iter_rows(min_row=2, values_only=True)}
    assert (facts["Gallery"], facts["Client"]) == (TITLE, "Anna Berg")
    sheet = book["Selections"]
    header, *rows = sheet.iter_rows()
    assert all(cell.font.bold and cell.border.bottom.style for cell in header)
    titles = [cell.value for cell in header]
    assert titles[:2] == ["File name", "Client note"]
    assert [row[0].value for row in rows] == ["IMG_4521.jpg", "IMG_4522.jpg", "IMG_4524.png"]
    note = rows[1][1]
    assert (note.value, note.data_type) == (NOTE, "s")


def upload_edits(story: Story) -> None:
    story.edits = {
        "IMG_4521_edit.jpg": encoded(picture(21, 800, 1200), quality=95),
        "IMG_4522-Edited.jpg": encoded(picture(22), quality=95),
        "IMG_4525_final.jpg": encoded(picture(25), quality=95),
        "collage.jpg": encoded(picture(99), quality=95),
    }
    folder = story.folder / "edits"
    folder.mkdir()
    for name, content in story.edits.items():
        (folder / name).write_bytes(content)
    story.go_to("edits")
    page = story.maria.page
    page.locator("[data-pumba-files]").set_input_files(sorted(folder.iterdir()))
    expect(page.locator("[data-pumba-stages]")).to_contain_text(
        "All 4 files are ready", timeout=60_000
    )
    edits = story.site.rows(Edit).filter(gallery=story.gallery.pk)
    wanted = {"matched", "unselected", "unmatched"}
    story.site.wait_until(
        lambda: set(edits.values_list("status", flat=True)) == wanted, what="the edits' originals"
    )
    story.expect_state("Editing In Progress")
    story.go_to("edits")
    expected = {
        "IMG_4521_edit.jpg": "matched",
        "IMG_4522-Edited.jpg": "matched",
        "IMG_4525_final.jpg": "not selected",
        "collage.jpg": "no original",
    }
    story.maria.photograph("10-edits")
    for name, words in expected.items():
        row = page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))
        expect(row.locator(".w-status")).to_contain_text(re.compile(words, re.IGNORECASE))


def decide_and_deliver(story: Story) -> None:
    page = story.maria.page
    story.go_to("delivery")
    expect(page.get_by_text("selected photo has no edit")).to_be_visible()
    missing = page.locator("h4:has-text('What is missing') + ul .pumba-tile")
    expect(missing).to_have_count(1)
    expect(missing).to_contain_text("IMG_4524.png")
    story.maria.photograph("11-what-is-missing")
    story.go_to("edits")
    row = page.get_by_role("row").filter(has=page.get_by_text("collage.jpg", exact=True))
    row.get_by_role("link", name=re.compile("^Decide")).click()
    page.get_by_role("link", name=re.compile("original")).last.click()
    page.get_by_label("Part of the file name").fill("4524")
    page.locator("#main").get_by_role("button", name="Search").click()
    found = page.get_by_role("button", name="It belongs to")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("IMG_4524.png")
    found.click()
    expect(page.get_by_text("“collage.jpg” belongs to “IMG_4524.png”.").last).to_be_visible()
    story.go_to("delivery")
    expect(page.get_by_text("selected photo has no edit")).to_have_count(0)
    page.get_by_label("Words to your client").fill("It was a lovely day!")
    page.get_by_role("button", name="Deliver 3 photos").click()
    expect(page.get_by_text("3 photos are delivered.")).to_be_visible()
    story.expect_state("Edits Delivered")
    story.maria.photograph("12-delivered")

    def about_delivery() -> list:
        return [one for one in story.site.mail.messages if "are ready" in one["Subject"]]

    story.site.wait_until(about_delivery, what="the client's mail")
    (mail,) = about_delivery()
    assert "anna@example.com" in mail["To"]
    assert "It was a lovely day!" in mail.get_body(("plain",)).get_content()


# --- 4. What the client gets


def download(story: Story) -> None:
    page = story.anna.page
    page.goto(story.link)
    expect(page.get_by_role("heading", name="Your photos are ready")).to_be_visible()
    expect(page.get_by_text("It was a lovely day!")).to_be_visible()
    story.anna.photograph("13-ready-on-the-phone")
    delivered = {name: story.edits[name] for name in story.edits if name != "IMG_4525_final.jpg"}
    with page.expect_download() as started:
        page.get_by_role("link", name="Download IMG_4521").first.tap()
    assert started.value.suggested_filename == "IMG_4521_edit.jpg"
    assert started.value.path().read_bytes() == delivered["IMG_4521_edit.jpg"]
    address = page.get_by_role("link", name="Download all").get_attribute("href")
    answer = story.anna.context.request.get(f"{story.site.address}{address}")
    content = answer.body()
    assert int(answer.headers["content-length"]) == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        held = {name: archive.read(name) for name in archive.namelist()}
    folders = {"collage.jpg": "Party"}
    assert held == {
        f"{folders.get(name, 'Ceremony')}/{name}": content for name, content in delivered.items()
    }
    tail = story.anna.context.request.get(
        f"{story.site.address}{address}",
        headers={"Range": f"bytes={len(content) // 2}-", "If-Range": answer.headers["etag"]},
    )
    assert tail.status == 206
    assert tail.body() == content[len(content) // 2 :]


def take_step(story: Story, step: str) -> None:
    story.go_to("")
    page = story.maria.page
    page.get_by_role("link", name=f"{step}…").click()
    page.get_by_role("button", name=f"Yes: {step}").click()
    expect(page.locator("#pumba-head")).to_be_visible()


def await_files_in(story: Story, storage: str, **which: str) -> None:
    """Wait until the gallery's photographs and edits, or those of them, lie there, each still what
    it was.
    """
    files = story.site.rows(StoredFile).filter(
        uploads__batch__gallery=story.gallery.pk, stage=Stage.READY, **which
    )
    story.site.wait_until(
        lambda: set(files.values_list("storage", flat=True)) == {storage},
        what=f"the files to be in {storage}",
    )
    for file in files:
        content = story.site.bytes_of(file.storage, file.name)
        assert hashlib.sha256(content).hexdigest() == file.sha256


def archive(story: Story) -> None:
    take_step(story, "Archive")
    story.expect_state("Archived")
    await_files_in(story, "pumbaphoto_cold", uploads__batch__purpose="original")
    await_files_in(story, "pumbaphoto_originals", uploads__batch__purpose="edit")
    page = story.anna.page
    page.goto(story.link)
    expect(page.get_by_role("heading", name="Safely stored")).to_be_visible()
    expect(page.locator(".pumba-tile")).to_have_count(0)
    story.anna.photograph("14-closed")
    address = f"{story.site.address}/galleries/picks/{story.gallery.uuid}/send/"
    refused = story.anna.post(address)
    assert refused.status == 409
    assert "sent already" in refused.json()["error"]
    assert story.gallery.state == "archived"


def restore(story: Story) -> None:
    take_step(story, "Restore")
    await_files_in(story, "pumbaphoto_originals")
    page = story.anna.page
    page.goto(story.link)
    expect(page.get_by_role("heading", name="Your photos are ready")).to_be_visible()
    story.expect_state("Edits Delivered")
