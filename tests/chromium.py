"""One Chromium for all tests of a run: a thread can hold only one Playwright."""

import os

import pytest
from django.contrib.staticfiles import finders

CHROMIUM = "/usr/bin/chromium"
TIMEOUT_MILLISECONDS = 30_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    """A running Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not os.path.exists(CHROMIUM):
        pytest.skip("no Chromium on this machine")
    if not finders.find("pumbaphoto_wagtail/gallery.js"):
        pytest.skip("not bundled: run make frontend")
    # A busy machine is slow, and nothing waits longer than it must.
    playwright.expect.set_options(timeout=TIMEOUT_MILLISECONDS)
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as running:
        # Playwright's loop runs in this thread, and Django would refuse to talk to the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
