"""The door in a real browser: every page of it looked at, and no address told to anybody."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.proofing import asking, family, links
from tests.browser.accessibility import violations
from tests.browser.conftest import DESKTOP, PHONE

pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
NARROW_TOO = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def gallery():
    site = testing.make_site()
    site.hostname = "localhost"
    site.save()
    return testing.make_gallery(site=site)


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, email="anna@example.com")


def door(link) -> str:
    return f"/galleries/s/{links.token(link)}"


def closed(page, link):
    page.goto("/galleries/s/nothing")


def question(page, link):
    page.goto("/galleries/link/")


def answer(page, link):
    question(page, link)
    page.get_by_label("E-mail").fill("anna@example.com")
    page.get_by_role("button", name="Send my link").click()
    page.get_by_role("heading", name="Look into your mailbox").wait_for()


def too_often(page, link):
    question(page, link)
    page.get_by_label("E-mail").fill("anna@example.com")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "QUESTIONS", 0)
        page.get_by_role("button", name="Send my link").click()
        page.get_by_role("heading", name="Please wait a little").wait_for()


def pin(page, link):
    page.goto(door(testing.make_link(link.gallery, "Tom", pin="2468")))


def wrong_pin(page, link):
    pin(page, link)
    page.get_by_label("PIN").fill("1111")
    page.get_by_role("button").click()
    page.get_by_role("alert").wait_for()


def no_page_yet(page, link):
    link.gallery.main_page.specific.unpublish()
    page.goto(door(link))


def shared_with_nobody(page, link):
    page.goto(door(link))
    page.goto(f"/galleries/family/{link.gallery.uuid}/")


def shared(page, link):
    for name in ("Aunt Gerda", "Grandmother and grandfather in Kalmar, " + "who see badly " * 3):
        family.share(link, name[:100])
    shared_with_nobody(page, link)
    page.get_by_label("Whom is it for?").fill("Uncle Bo")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_role("heading", name="Uncle Bo").wait_for()


SCREENS = [
    closed, question, answer, too_often, pin, wrong_pin, no_page_yet, shared_with_nobody, shared,
]  # fmt: skip
LOOKS = {
    "phone": {**PHONE},
    "desktop-dark": {**DESKTOP, "color_scheme": "dark"},
}


# The others are built of the same parts.
SEEN = [(each, "phone") for each in SCREENS]
SEEN += [(each, "desktop-dark") for each in (closed, wrong_pin, shared)]


@pytest.mark.parametrize(
    ("screen", "look"), SEEN, ids=[f"{screen.__name__}-{look}" for screen, look in SEEN]
)
def test_axe_finds_nothing_at_the_door(person, live_server, link, screen, look):
    """Also with text of twice the size, and from right to left: nothing is cut off at the side."""
    one = person(LOOKS[look], base_url=live_server.url)
    screen(one.page, link)
    # Told by the browser of answers that are asked for here.
    one.complaints = [each for each in one.complaints if "Failed to load resource" not in each]
    one.photograph(f"door-{screen.__name__}-{look}")
    assert violations(one.page) == []
    for change in ("style.fontSize = '200%'", "dir = 'rtl'"):
        one.page.evaluate(f"document.documentElement.{change}")
        assert not one.page.evaluate(NARROW_TOO), change
    one.photograph(f"door-{screen.__name__}-{look}-large-rtl")


def test_the_address_of_a_door_is_told_to_no_file_and_no_page(person, live_server, gallery):
    """Not to the style sheet it loads, and not to the gallery that it leads to."""
    locked = testing.make_link(gallery, pin="2468")
    token = str(links.token(locked))
    asked = []
    one = person(PHONE, base_url=live_server.url)
    one.page.on("request", lambda request: asked.append(request))
    one.page.goto(door(locked))
    one.page.get_by_label("PIN").fill("2468")
    one.page.get_by_role("button").click()
    one.page.wait_for_url("**/gallery-*/")
    one.page.wait_for_load_state("networkidle")
    told = [request.url for request in asked if token in request.all_headers().get("referer", "")]
    assert len(asked) > 4
    assert told == []


def test_an_address_is_copied_and_sent_by_a_tap(person, live_server, link):
    one = person(PHONE, base_url=live_server.url, permissions=["clipboard-read", "clipboard-write"])
    one.page.add_init_script(
        "navigator.share = (data) => { window.wasShared = data; return Promise.resolve(); }"
    )
    made = family.share(link, "Aunt Gerda")
    shared_with_nobody(one.page, link)
    one.page.get_by_role("button", name="Copy").click()
    one.page.get_by_role("button", name="Copied").wait_for()
    assert one.page.evaluate("navigator.clipboard.readText()") == links.address(made)
    one.page.get_by_role("button", name="Send").click()
    assert one.page.evaluate("window.wasShared.url") == links.address(made)


def test_family_is_shared_with_and_closed_without_javascript(person, live_server, link):
    one = person(PHONE, base_url=live_server.url, java_script_enabled=False)
    shared_with_nobody(one.page, link)
    one.page.get_by_label("Whom is it for?").fill("Aunt Gerda")
    one.page.get_by_role("button", name="Make a link").click()
    field = one.page.get_by_label("Link for Aunt Gerda")
    assert field.input_value() == links.address(family.shared_links(link).get())
    one.page.get_by_role("button", name="Close").click()
    field.wait_for(state="detached")
    assert not family.shared_links(link).exists()
