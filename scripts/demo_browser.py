"""A browser in a running `make demo`, for the pictures of the README and the documentation."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).resolve().parent.parent / "docs"
ADDRESS = "http://127.0.0.1:8000"
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
# Pictures are there soon after the page; nothing on it moves.
SETTLE_MILLISECONDS = 1200
PATIENCE_MILLISECONDS = 120_000
QUALITY = 72


def address() -> str:
    """Where the demo runs: the first argument of the script, or where `make demo` puts it."""
    return sys.argv[1] if len(sys.argv) > 1 else ADDRESS


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def new_page(browser: Browser, device: dict = DESKTOP) -> Page:
    """A page of somebody's own browser."""
    page = browser.new_context(**device).new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    return page


def log_in(browser: Browser, name: str, device: dict = DESKTOP) -> Page:
    """A page of somebody's own browser, in the admin."""
    page = new_page(browser, device)
    page.goto(f"{address()}/admin/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", "demo")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address()}/admin/")
    return page


def find_gallery(page: Page, title: str) -> str:
    """The address of the workspace of the gallery whose title begins so."""
    page.goto(f"{address()}/admin/pumbaphoto/galleries/")
    return page.locator("main table a", has_text=title).first.evaluate("a => a.href")


def link_of(page: Page, title: str) -> str:
    """The first share link of a gallery."""
    page.goto(f"{find_gallery(page, title)}sharing/")
    return page.locator("input[readonly]").first.input_value()


def take(page: Page, path: Path, quality: int = QUALITY) -> None:
    """A picture of what is in the window; the ending of its name says of which kind."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    options = {"method": 6} if path.suffix == ".webp" else {"optimize": True, "progressive": True}
    picture.save(path, quality=quality, **options)
    print(path)
