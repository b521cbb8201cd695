"""Takes the pictures of the README and of the guide for clients from a running `make demo`.

Usage: screenshots.py [ADDRESS]

On its way it gives some hearts and a note in the name of the wedding's client.
"""

from __future__ import annotations

from demo_browser import (
    DESKTOP,
    DOCS,
    PHONE,
    find_gallery,
    link_of,
    log_in,
    new_page,
    running_browser,
    take,
)
from playwright.sync_api import Browser, Page

README, GUIDE = DOCS / "screenshots", DOCS / "images" / "client"
CHOOSING, DELIVERED = "Anna & Tom", "Nyström"
NOTE = "This one large, for the hall, please."
HEARTS = 5
JPEG_QUALITY = 74


def main() -> None:
    with running_browser() as browser:
        studio = log_in(browser, "maria")
        choosing, delivered = link_of(studio, CHOOSING), link_of(studio, DELIVERED)
        photograph_choosing(browser, choosing)
        photograph_delivered(browser, delivered)
        photograph_studio(studio)


def photograph_choosing(browser: Browser, link: str) -> None:
    """The client's way on a telephone, from the cover to the review, and the wall on a desktop."""
    page = new_page(browser, PHONE)
    page.goto(link)
    take(page, GUIDE / "cover.webp")
    take(page, README / "choosing-phone.jpg", JPEG_QUALITY)
    choose(page)
    page.locator(".pumba-tile").nth(2).scroll_into_view_if_needed()
    page.mouse.wheel(0, 260)
    take(page, GUIDE / "hearts.webp")
    write_note(page)
    take(page, GUIDE / "photo.webp")
    page.goto(link)
    page.get_by_role("link", name="Review and send").first.click()
    page.wait_for_load_state()
    take(page, GUIDE / "review.webp")
    desktop = new_page(browser, DESKTOP)
    desktop.goto(link)
    desktop.mouse.wheel(0, 560)
    take(desktop, README / "choosing-desktop.jpg", JPEG_QUALITY)


def choose(page: Page) -> None:
    """Hearts for the first photographs, unless they have them from an earlier time."""
    hearts = page.locator(".pumba-tile .pumba-heart")
    for number in range(0, 2 * HEARTS, 2):
        heart = hearts.nth(number)
        if heart.get_attribute("aria-pressed") != "true":
            heart.tap()
            page.wait_for_timeout(300)


def write_note(page: Page) -> None:
    """The first chosen photograph on a page of its own, with a note in its form."""
    page.locator(".pumba-tile a").first.tap()
    page.wait_for_timeout(1500)
    page.keyboard.press("n")
    words = page.locator("textarea:visible").first
    words.wait_for()
    words.fill(NOTE)


def photograph_delivered(browser: Browser, link: str) -> None:
    page = new_page(browser, PHONE)
    page.goto(link)
    take(page, README / "delivered-phone.jpg", JPEG_QUALITY)
    page.mouse.wheel(0, 420)
    take(page, GUIDE / "delivered.webp")


def photograph_studio(page: Page) -> None:
    page.goto(find_gallery(page, CHOOSING))
    take(page, README / "workspace.jpg", JPEG_QUALITY)


if __name__ == "__main__":
    main()
