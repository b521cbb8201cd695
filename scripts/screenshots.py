"""Takes the pictures of the README and the documentation from a running `make demo`.

Usage: screenshots.py [ADDRESS [FOLDER]]
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ADDRESS = "http://127.0.0.1:8000"
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
PHONE = {
    "viewport": {"width": 390, "height": 780},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
# Pictures are there soon after the page; nothing on it moves.
SETTLE_MILLISECONDS = 1500


def main(address: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        links = photograph_admin(browser, address, folder)
        photograph_client_pages(browser, links, folder)
        browser.close()


def photograph_admin(browser: Browser, address: str, folder: Path) -> list[str]:
    """The photographer's rooms; returns the first share link of each gallery, the newest first."""
    page = browser.new_context(**DESKTOP).new_page()
    page.goto(f"{address}/admin/")
    page.fill("input[name=username]", "maria")
    page.fill("input[name=password]", "demo")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/admin/")
    page.goto(f"{address}/admin/pumbaphoto/galleries/")
    take(page, folder / "galleries.jpg")
    rooms = page.eval_on_selector_all(
        "main table a[href*='/pumbaphoto/galleries/']",
        "links => [...new Set(links.map(link => link.href))]",
    )
    # Addresses of galleries end in a UUID; the others on the page create and filter.
    rooms = [room for room in rooms if room.count("-") >= 4]
    links = []
    for room in rooms:
        page.goto(f"{room.rstrip('/')}/sharing/")
        links.append(page.locator("input[readonly]").first.input_value())
    page.goto(rooms[0])
    take(page, folder / "workspace.jpg")
    return links


def photograph_client_pages(browser: Browser, links: list[str], folder: Path) -> None:
    """The newest gallery, where the client chooses, and the oldest, which was delivered."""
    for name, link in (("choosing", links[0]), ("delivered", links[-1])):
        for device, options in (("desktop", DESKTOP), ("phone", PHONE)):
            page = browser.new_context(**options).new_page()
            page.goto(link)
            if device == "desktop":
                page.mouse.wheel(0, 560)
            take(page, folder / f"{name}-{device}.jpg")


def take(page: Page, path: Path) -> None:
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    page.screenshot(path=path, type="jpeg", quality=78)
    print(path)


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else ADDRESS,
        Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER,
    )
