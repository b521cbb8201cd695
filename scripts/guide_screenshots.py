"""Takes the pictures of the photographer's guide from a running `make demo`.

Usage: guide_screenshots.py [ADDRESS [FOLDER]]

On its way it works on the demo as its photographer would: it begins to edit the portraits and
uploads two edits, one of which nobody can know the original of. A second time it finds that done.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Locator, Page, sync_playwright

ADDRESS = "http://127.0.0.1:8000"
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images" / "guide"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
DESKTOP = {"viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce"}
PHONE = {
    "viewport": {"width": 390, "height": 780},
    "device_scale_factor": 1.5,
    "is_mobile": True,
    "has_touch": True,
    "reduced_motion": "reduce",
}
WEDDING, PORTRAITS, FAMILY = "Anna & Tom", "Elsa", "Nyström"
QUALITY = 72
# Pictures are there soon after the page; nothing on it moves.
SETTLE_MILLISECONDS = 1200
PATIENCE_MILLISECONDS = 120_000


def main(address: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = log_in(browser, address, "maria")
        rooms = find_galleries(page, address)
        upload_edits(page, rooms[PORTRAITS])
        photograph_lists(page, address, folder)
        link = photograph_workspaces(page, rooms, folder)
        photograph_on_telephone(browser, address, link, folder)
        photograph_settings(log_in(browser, address, "admin"), address, folder)
        browser.close()


def log_in(browser: Browser, address: str, name: str, device: dict = DESKTOP) -> Page:
    """A page of somebody's own browser, in the admin."""
    page = browser.new_context(**device).new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto(f"{address}/admin/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", "demo")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/admin/")
    return page


def find_galleries(page: Page, address: str) -> dict[str, str]:
    """The address of each workspace by the beginning of its title."""
    page.goto(f"{address}/admin/pumbaphoto/galleries/")
    found = {}
    for title in (WEDDING, PORTRAITS, FAMILY):
        found[title] = page.locator("main table a", has_text=title).first.evaluate("a => a.href")
    return found


def upload_edits(page: Page, room: str) -> None:
    """Two edits of the portraits: one finds its original, of the other nobody can know."""
    page.goto(room)
    if (step := page.get_by_role("button", name="Start editing")).count():
        step.click()
    page.goto(f"{room}edits/")
    if page.locator("main table.pumba-edits tbody tr").count():
        return
    page.goto(f"{room}?show=selected")
    picture = page.locator("#pumba-listing img, .pumba-tile img").first
    name = page.locator(".pumba-tile__name").first.inner_text().strip()
    source = picture.evaluate("i => (i.srcset.split(',').pop() || i.src).trim().split(' ')[0]")
    source = page.evaluate("path => new URL(path, location.href).href", source)
    image = Image.open(io.BytesIO(page.context.request.get(source).body())).convert("RGB")
    edits = {
        f"{Path(name).stem}_edit.jpg": ImageOps.autocontrast(image, cutoff=2),
        "gift.jpg": ImageOps.mirror(image).resize((900, 900)),
    }
    page.goto(f"{room}edits/")
    page.locator("[data-pumba-files]").set_input_files(
        [
            {"name": name, "mimeType": "image/jpeg", "buffer": as_jpeg(edit)}
            for name, edit in edits.items()
        ]
    )
    page.locator("[data-pumba-stages]", has_text="ready").wait_for()
    page.wait_for_timeout(SETTLE_MILLISECONDS)


def as_jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def photograph_lists(page: Page, address: str, folder: Path) -> None:
    for name, path in {
        "dashboard": "pumbaphoto/",
        "galleries": "pumbaphoto/galleries/",
        "new-gallery": "pumbaphoto/galleries/new/",
    }.items():
        page.goto(f"{address}/admin/{path}")
        take(page, folder / f"{name}.webp")


def photograph_workspaces(page: Page, rooms: dict[str, str], folder: Path) -> str:
    """The tabs of the galleries that show most on them; returns the wedding's first link."""
    page.goto(rooms[WEDDING])
    take(page, folder / "photos.webp")
    select_some(page)
    take(page, folder / "photos-selected.webp")
    tabs = {
        "sharing": f"{rooms[WEDDING]}sharing/",
        "selections": f"{rooms[PORTRAITS]}selections/",
        "edits": f"{rooms[PORTRAITS]}edits/",
        "board": f"{rooms[PORTRAITS]}edits/board/",
        "delivery": f"{rooms[PORTRAITS]}delivery/",
        "archive": f"{rooms[FAMILY]}archive/",
        "history": f"{rooms[FAMILY]}history/",
    }
    for name, tab in tabs.items():
        page.goto(tab)
        take(page, folder / f"{name}.webp")
    page.goto(tabs["sharing"])
    return page.locator("input[readonly]").first.input_value()


def select_some(page: Page) -> None:
    """Three photographs by the keyboard, as one selects them in the grid."""
    first = page.locator("[data-pumba-photo], .pumba-tile").first
    first.scroll_into_view_if_needed()
    focusable(first).focus()
    page.keyboard.press("Space")
    for _step in range(2):
        page.keyboard.press("Shift+ArrowRight")


def focusable(tile: Locator) -> Locator:
    inner = tile.locator("[tabindex='0'], input[type=checkbox], a").first
    return inner if inner.count() else tile


def photograph_on_telephone(browser: Browser, address: str, link: str, folder: Path) -> None:
    page = browser.new_context(**PHONE).new_page()
    page.goto(link)
    take(page, folder / "client-phone.webp")
    page = log_in(browser, address, "maria", PHONE)
    page.goto(f"{address}/admin/pumbaphoto/")
    take(page, folder / "dashboard-phone.webp")


def photograph_settings(page: Page, address: str, folder: Path) -> None:
    for name, words in {
        "studio": "Studio",
        "mail-texts": "E-mail texts",
        "report-storage": "Storage",
    }.items():
        page.goto(f"{address}/admin/")
        entry = page.locator("#wagtail-sidebar a, nav a", has_text=words).first
        page.goto(entry.evaluate("a => a.href"))
        take(page, folder / f"{name}.webp")


def take(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(path, quality=QUALITY, method=6)
    print(path)


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else ADDRESS,
        Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER,
    )
