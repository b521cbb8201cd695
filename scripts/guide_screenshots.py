"""Takes the pictures of the photographer's guide from a running `make demo`.

Usage: guide_screenshots.py [ADDRESS]

On its way it works on the demo as its photographer would: it begins to edit the portraits and
uploads two edits, one of which nobody can know the original of. A second time it finds that done.
"""

from __future__ import annotations

import io
from pathlib import Path

from demo_browser import (
    DOCS,
    PHONE,
    SETTLE_MILLISECONDS,
    address,
    find_gallery,
    log_in,
    new_page,
    running_browser,
    take,
)
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Locator, Page

FOLDER = DOCS / "images" / "guide"
WEDDING, PORTRAITS, FAMILY, CAFE = "Anna & Tom", "Elsa", "Nyström", "The café"


def main() -> None:
    with running_browser() as browser:
        page = log_in(browser, "maria")
        rooms = {title: find_gallery(page, title) for title in (WEDDING, PORTRAITS, FAMILY, CAFE)}
        upload_edits(page, rooms[PORTRAITS])
        photograph_lists(page)
        link = photograph_workspaces(page, rooms)
        photograph_on_telephone(browser, link)
        photograph_settings(log_in(browser, "admin"))
        photograph_portfolio(browser)


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


def photograph_lists(page: Page) -> None:
    for name, path in {
        "dashboard": "pumbaphoto/",
        "galleries": "pumbaphoto/galleries/",
        "new-gallery": "pumbaphoto/galleries/new/",
    }.items():
        page.goto(f"{address()}/admin/{path}")
        take(page, FOLDER / f"{name}.webp")


def photograph_workspaces(page: Page, rooms: dict[str, str]) -> str:
    """The tabs of the galleries that show most on them; returns the wedding's first link."""
    page.goto(rooms[WEDDING])
    take(page, FOLDER / "photos.webp")
    select_some(page)
    take(page, FOLDER / "photos-selected.webp")
    tabs = {
        "sharing": f"{rooms[WEDDING]}sharing/",
        "selections": f"{rooms[PORTRAITS]}selections/",
        "edits": f"{rooms[PORTRAITS]}edits/",
        "board": f"{rooms[CAFE]}edits/board/",
        "delivery": f"{rooms[PORTRAITS]}delivery/",
        "archive": f"{rooms[FAMILY]}archive/",
        "history": f"{rooms[FAMILY]}history/",
    }
    for name, tab in tabs.items():
        page.goto(tab)
        take(page, FOLDER / f"{name}.webp")
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


def photograph_on_telephone(browser: Browser, link: str) -> None:
    page = new_page(browser, PHONE)
    page.goto(link)
    take(page, FOLDER / "client-phone.webp")
    page = log_in(browser, "maria", PHONE)
    page.goto(f"{address()}/admin/pumbaphoto/")
    take(page, FOLDER / "dashboard-phone.webp")


def photograph_settings(page: Page) -> None:
    for name, words in {
        "studio": "Studio",
        "mail-texts": "E-mail texts",
        "report-storage": "Storage",
        "report-visits": "Use of share links",
    }.items():
        page.goto(f"{address()}/admin/")
        entry = page.locator("#wagtail-sidebar a, nav a", has_text=words).first
        page.goto(entry.evaluate("a => a.href"))
        take(page, FOLDER / f"{name}.webp")


def photograph_portfolio(browser: Browser) -> None:
    """What everybody sees."""
    page = new_page(browser)
    page.goto(f"{address()}/portfolio/")
    take(page, FOLDER / "portfolio.webp")


if __name__ == "__main__":
    main()
