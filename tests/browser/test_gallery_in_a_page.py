"""A gallery is made in the StreamField of the studio's front page, and published with it."""

import pytest

from pumbaphoto_wagtail.models import Gallery
from tests.browser.conftest import DESKTOP
from tests.live import live_site

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]
TITLE = "Portraits by the sea"


@pytest.fixture
def site(django_db_blocker):
    pytest.importorskip("gunicorn")
    with django_db_blocker.unblock(), live_site() as site:
        site.start("web")
        yield site


def test_a_gallery_is_made_in_a_block_and_published(site, person):
    page = person(DESKTOP).page
    page.goto(f"{site.address}/admin/")
    page.get_by_label("Username").fill("maria")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign in").click()
    home = site.rows(Gallery).first().site.root_page_id
    page.goto(f"{site.address}/admin/pages/{home}/edit/")

    page.get_by_role("button", name="Insert a block").first.click()
    page.get_by_role("option", name="Gallery").click()
    page.get_by_role("button", name="Choose a gallery").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="Two days")).to_be_visible()
    dialog.get_by_role("tab", name="New gallery").click()
    dialog.get_by_role("tabpanel", name="New gallery").get_by_label("Title").fill(TITLE)
    dialog.get_by_role("combobox", name="Client", exact=True).fill("Eva")
    dialog.get_by_role("button", name="Create gallery").click()

    chosen = page.locator(".chooser", has_text=TITLE)
    expect(chosen).to_contain_text("no photos yet")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messages")).to_contain_text("published")

    gallery = site.rows(Gallery).get(title=TITLE)
    assert [one.name for one in gallery.clients.all()] == ["Eva"]
    page.goto(f"{site.address}/admin/pages/{home}/edit/")
    expect(page.locator(".pumba-page-panel")).to_contain_text(TITLE)
