"""Chromium before a live site: people with a device each, and what their browsers complain of."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chromium import TIMEOUT_MILLISECONDS

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": (
        "Mozilla/5.0 (Linux; Android 13; Pixel 6) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.0.0 Mobile Safari/537.36"
    ),
}
# Walked through by `make browser`; the suite itself shows that they open and can be read.
ONLY_IN_FULL = {"test_compare.py", "test_slideshow.py"}
# The same of single walks, by their name and device.
WALKS_ONLY_IN_FULL = {
    "test_b61_b64_a_visitor_starts_goes_on_and_back_pauses_and_sees_it_end",
    # The same rooms are looked at in test_admin_looks.py, each as somebody first sees it.
    "test_every_screen_can_be_read_and_used_by_everybody[desktop]",
    "test_every_screen_can_be_read_and_used_by_everybody[phone]",
    "test_a_gallery_is_made_in_a_block_and_published",
    "test_b64_a_partys_screen_goes_on_takes_in_new_photos_survives_the_network_and_ends",
    "test_a_scan_is_started_watched_and_ends_before_ones_eyes",
    "test_b39_on_a_long_wall_a_film_is_hung_when_somebody_comes_near",
    "test_b37_a_film_hangs_in_its_place_and_asks_its_provider_only_when_it_is_played[desktop]",
    "test_a_storage_that_goes_away_is_said_plainly_and_the_queue_goes_on_by_itself",
    "test_of_many_photos_twenty_are_handed_over_at_a_time",
    "test_what_is_not_finished_yet_is_not_handed_over",
    "test_a_change_is_asked_for_from_the_lightbox[desktop]",
    "test_a_change_is_asked_for_from_the_lightbox[phone]",
    "test_each_download_is_said_with_its_size_and_saved[desktop]",
    "test_the_photographer_looks_sends_a_part_and_then_the_rest[phone]",
    "test_photos_are_put_into_a_section_deleted_and_looked_at[phone]",
    "test_m46_b15_a_portfolio_is_walked_through[desktop]",
    "test_m46_b15_a_portfolio_is_walked_through[without-script]",
    "test_of_five_thousand_photos_few_are_in_the_page[phone]",
    # On PostgreSQL the shipped machine goes the same way, in tests/deploy.
    "test_from_card_to_delivery[postgresql]",
}
# The example studio has none, and every browser asks for it.
NOT_OURS = "favicon.ico"


def pytest_collection_modifyitems(items) -> None:
    """Leave the long walks to ``make browser`` (BROWSER_TESTS=all), so that a run stays short."""
    if os.environ.get("BROWSER_TESTS") == "all":
        return
    for item in items:
        is_long = item.path.name in ONLY_IN_FULL or item.name in WALKS_ONLY_IN_FULL
        if is_long and item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.skip(reason="make browser runs it"))


class Person:
    """Somebody at a device of their own; ``page`` is what they see."""

    def __init__(self, browser, device: dict, **options) -> None:
        self.context = browser.new_context(**device, accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(TIMEOUT_MILLISECONDS)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", self._on_console)
        self.page.on("response", self._on_response)

    def _on_console(self, message) -> None:
        where = message.location["url"]
        if message.type == "error" and NOT_OURS not in where:
            self.complaints.append(f"console: {message.text} ({where})")

    def _on_response(self, response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} at {response.url}")

    def post(self, url: str, data: dict | None = None, **options):
        """What a stale tab or a curious client sends, past everything the page would prevent."""
        token = next(
            cookie["value"] for cookie in self.context.cookies() if cookie["name"] == "csrftoken"
        )
        kind = "form" if "form" in options else "data"
        body = {kind: options.get("form", data or {})}
        return self.context.request.post(url, headers={"X-CSRFToken": token}, **body)

    def photograph(self, name: str, *, full_page: bool = True) -> None:
        """A screenshot for people, where PUMBAPHOTO_SCREENSHOTS names a folder."""
        folder = os.environ.get("PUMBAPHOTO_SCREENSHOTS")
        if folder and not self.page.is_closed():
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=full_page)


@pytest.fixture
def person(browser) -> Callable[..., Person]:
    """Makes people; at the end none of their browsers may have complained."""
    people: list[Person] = []

    def make(device: dict, **options) -> Person:
        people.append(Person(browser, device, **options))
        return people[-1]

    yield make
    complaints = [complaint for one in people for complaint in one.complaints]
    for number, one in enumerate(people, start=1):
        # What was last seen, which is what one wants to see of a test that failed.
        one.photograph(f"end-{number}", full_page=False)
        one.context.close()
    assert complaints == []
