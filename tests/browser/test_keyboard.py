"""From the link to the receipt without a pointer."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Pick, Selection
from pumbaphoto_wagtail.proofing import links

from .conftest import DESKTOP

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
MOST_TABS = 40


def tab_to(page, name):
    """Press Tab until what has the focus is called ``name``, as somebody without a mouse would."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(document.activeElement.ariaLabel || document.activeElement.textContent).trim()"
        )
        if focused.startswith(name):
            return
    pytest.fail(f"no way to {name!r} by Tab")


def test_one_chooses_writes_and_sends_by_keyboard_alone(live_server, person):
    gallery = testing.make_gallery(included=5)
    for _ in range(4):
        testing.make_photo(gallery, width=600, height=400)
    link = testing.make_link(gallery)
    page = person(DESKTOP).page
    page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")

    tab_to(page, "Favourite, photo 1")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".pswp:focus, .pswp :focus").wait_for()
    page.keyboard.press("f")
    page.keyboard.press("n")
    page.get_by_role("textbox").wait_for()
    page.keyboard.type("A little warmer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox")).to_be_hidden()
    page.keyboard.press("Escape")
    page.locator(".pswp").wait_for(state="detached")
    tab_to(page, "Review and send")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your selection")).to_be_visible()
    tab_to(page, "Send my selection")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="has your 2")).to_be_visible()
    tab_to(page, "Your receipt")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A little warmer")).to_be_visible()

    assert Selection.objects.get().is_submitted
    assert sorted(Pick.objects.values_list("note", flat=True)) == ["", "A little warmer"]
