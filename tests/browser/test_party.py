"""The picture frame: a party's screen that goes on whatever happens, and a show for visitors."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import LinkPurpose
from pumbaphoto_wagtail.pages.models import IndexKind, SlideshowPage, SlideshowSource
from pumbaphoto_wagtail.proofing import links

from .accessibility import violations
from .conftest import DESKTOP, PHONE
from .lightbox_steps import expect, make_large_photo

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
# So long that none goes by while a busy machine thinks.
PACE = 60
NO_NETWORK = "No network. The photos that are here go on."
FAKE_LOCK = """
  window.locks = 0;
  Object.defineProperty(navigator, "wakeLock", { value: { request: async () => {
    window.locks += 1;
    return { released: false, release() { window.locks -= 1; this.released = true; } };
  } } });
"""


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery("Anna & Tom")
    for width, height in ((1500, 1000), (1000, 1500), (1500, 1000)):
        make_large_photo(gallery, width, height)
    return gallery


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def shown(page):
    return page.locator("[data-show-frames] img").last


def count(page):
    return page.locator("[data-show-count]")


def swipe(page, start, end):
    """A finger across the picture. One that a busy machine moves slowly would be a long press."""
    page.evaluate(
        "([start, end]) => { const stage = document.querySelector('[data-show-stage]');"
        " const touch = (kind, clientX) => stage.dispatchEvent(new PointerEvent(kind, {clientX,"
        " clientY: 400, isPrimary: true, pointerType: 'touch', bubbles: true}));"
        " touch('pointerdown', start); touch('pointerup', end); }",
        [start, end],
    )


def goes_on(page):
    """The next photo comes by itself."""
    before = shown(page).get_attribute("src")
    page.clock.run_for(PACE * 1000)
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-show-frames] img')]"
        ".at(-1).getAttribute('src') !== before",
        arg=before,
    )
    page.clock.run_for(1000)


def test_b64_a_partys_screen_goes_on_takes_in_new_photos_survives_the_network_and_ends(
    live_server, person, gallery
):
    link = testing.make_link(
        gallery, "Guests", purpose=LinkPurpose.PARTY, decides=False, may_choose=False
    )
    someone = person(DESKTOP)
    page = someone.page
    page.add_init_script(FAKE_LOCK)
    page.clock.install()
    page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")

    # One touch gives it the whole screen, and keeps that awake.
    button(page, "Tap to start").click()
    page.wait_for_function("() => document.fullscreenElement && window.locks === 1")
    expect(count(page)).to_have_text("1 of 3")
    page.get_by_label("How long each photo is shown").select_option(str(PACE))
    page.locator("[data-show-stage]").focus()
    goes_on(page)
    expect(count(page)).to_have_text("2 of 3")

    # Nothing but the picture is to be seen while nobody moves.
    page.clock.run_for(3500)
    expect(page.locator("body")).to_have_class("pumba-show pumba-show--idle")
    page.keyboard.press(" ")
    expect(button(page, "Play")).to_be_visible()
    page.wait_for_function("() => window.locks === 0")

    # A photo that has just been taken comes within a minute.
    make_large_photo(gallery)
    page.clock.run_for(60_000)
    expect(count(page)).to_have_text("2 of 4")

    # Meanwhile the pictures were fetched in advance, and go on without a network, round and round.
    for _tick in range(5):
        page.clock.run_for(1500)
        page.wait_for_load_state("networkidle")
    someone.context.set_offline(True)
    page.keyboard.press(" ")
    for _photo in range(5):
        goes_on(page)
    expect(page.get_by_text(NO_NETWORK)).to_be_visible()

    someone.context.set_offline(False)
    page.clock.run_for(60_000)
    expect(page.get_by_text(NO_NETWORK)).to_have_count(0)
    goes_on(page)

    # And when the link is closed, nothing of it stays.
    links.revoke(link, None)
    page.clock.run_for(60_000)
    expect(page.get_by_text("This slideshow is over")).to_be_visible()
    expect(page.locator("[data-show-frames] img")).to_have_count(0)
    someone.complaints[:] = [one for one in someone.complaints if "slides/" not in one]


def test_b61_b64_a_visitor_starts_goes_on_and_back_pauses_and_sees_it_end(
    live_server, person, gallery
):
    portfolio = testing.make_index_page(IndexKind.PORTFOLIO)
    coast = testing.make_gallery("Coast", has_page=False, is_listed=True)
    testing.make_page(coast, index_page=portfolio)
    testing.make_policy(gallery=coast)
    section = testing.make_section(coast, "Dunes")
    for _photo in range(3):
        make_large_photo(coast, section=section)
    show = portfolio.get_parent().specific.add_child(
        instance=SlideshowPage(
            title="Best of", slug="best-of", intro="<p>A few of ours.</p>", seconds=PACE
        )
    )
    show.sources.add(SlideshowSource(page=portfolio))
    show.save()
    someone = person(PHONE, reduced_motion="reduce")
    page = someone.page
    page.clock.install()
    page.goto(live_server.url + show.url)

    expect(page.get_by_text("A few of ours.")).to_be_visible()
    assert violations(page) == []
    button(page, "Start").click()
    goes_on(page)
    expect(count(page)).to_have_text("2 of 3")
    swipe(page, 300, 60)
    expect(count(page)).to_have_text("3 of 3")
    page.keyboard.press("ArrowLeft")
    expect(count(page)).to_have_text("2 of 3")
    expect(shown(page)).to_have_attribute("alt", "Photo 2 of 3")

    swipe(page, 190, 190)
    button(page, "Pause").click()
    page.clock.run_for(30_000)
    expect(count(page)).to_have_text("2 of 3")
    button(page, "Captions").click()
    expect(page.get_by_text("Coast · Dunes")).to_be_visible()
    assert violations(page) == []

    # Whoever loads the page anew goes on where they were.
    page.reload()
    page.wait_for_load_state("networkidle")
    button(page, "Start").click()
    expect(button(page, "Pause")).to_be_visible()
    expect(count(page)).to_have_text("2 of 3")
    goes_on(page)
    page.clock.run_for(PACE * 1000)
    expect(page.get_by_text("That was the last photo.").first).to_be_visible()
    button(page, "Play it again").click()
    expect(count(page)).to_have_text("1 of 3")
