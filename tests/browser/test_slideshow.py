"""The slideshow: it goes on when the next picture is there, and stops for everybody."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.pages.models import IndexKind

from .accessibility import violations
from .conftest import DESKTOP, PHONE
from .lightbox_steps import counter, expect, is_closed, is_open, lightbox, touch

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
PAUSE = "Pause the slideshow"


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def gallery(db):
    index = testing.make_index_page(kind=IndexKind.PORTFOLIO)
    gallery = testing.make_gallery("Coast", has_page=False)
    testing.make_page(gallery, index_page=index)
    gallery.refresh_from_db()
    for width, height in ((600, 400), (400, 600), (600, 400)):
        testing.make_photo(gallery, width=width, height=height)
    return gallery


@pytest.fixture
def visit(live_server, person, gallery):
    """The public gallery, with a clock that the test winds on."""

    def visit(device=PHONE, **options):
        page = person(device, **options).page
        testing.make_policy(gallery=gallery)
        page.clock.install()
        page.goto(live_server.url + gallery.main_page.url)
        return page

    return visit


def start(page):
    page.locator(".pumba-tile__link").first.click()
    page.clock.run_for(1000)
    is_open(page)
    page.keyboard.press("s")
    expect(button(page, PAUSE)).to_be_visible()


def button(page, name):
    return lightbox(page).get_by_role("button", name=name, exact=True)


def wind(page, seconds):
    """Let time pass, with a moment for pictures to arrive before and after."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('img.pswp__img')].every(image => image.complete)"
    )
    page.clock.run_for(seconds * 1000)


def test_it_runs_to_the_end_stops_calmly_and_begins_again(visit):
    page = visit(DESKTOP)
    start(page)
    for number in (2, 3):
        wind(page, 5)
        expect(counter(page)).to_have_text(f"{number} of 3")
    wind(page, 5)
    expect(lightbox(page).get_by_text("That was the last photo.").first).to_be_visible()
    expect(button(page, "Slideshow")).to_be_visible()
    button(page, "Slideshow").click()
    expect(counter(page)).to_have_text("1 of 3")
    expect(button(page, PAUSE)).to_be_visible()


def test_it_waits_for_the_next_picture(visit):
    page = visit(DESKTOP)
    held, is_open = [], []
    page.route("**/media/**", lambda route: route.continue_() if is_open else held.append(route))
    start(page)
    page.clock.run_for(30_000)
    expect(counter(page)).to_have_text("1 of 3")
    is_open.append(True)
    for route in held:
        route.continue_()
    wind(page, 6)
    wind(page, 6)
    expect(counter(page)).not_to_have_text("1 of 3")


def test_a_touch_pauses_it(visit):
    page = visit()
    start(page)
    touch(page, [(195, 420)])
    expect(button(page, "Slideshow")).to_be_visible()
    wind(page, 20)
    expect(counter(page)).to_have_text("1 of 3")


def test_s_and_the_space_bar_start_and_pause_it(visit):
    page = visit(DESKTOP)
    page.locator(".pumba-tile__link").first.focus()
    page.keyboard.press("Enter")
    page.clock.run_for(1000)
    is_open(page)
    for key, name in (("s", PAUSE), (" ", "Slideshow"), (" ", PAUSE), ("s", "Slideshow")):
        page.keyboard.press(key)
        expect(button(page, name)).to_be_visible()
    assert violations(page) == []


def test_it_pauses_while_nobody_can_see_it_and_goes_on_after(visit):
    page = visit(DESKTOP)
    start(page)
    hide = (
        "isHidden => { Object.defineProperty(document, 'hidden', {value: isHidden,"
        " configurable: true}); document.dispatchEvent(new Event('visibilitychange')); }"
    )
    page.evaluate(hide, True)
    expect(button(page, "Slideshow")).to_have_count(1)
    wind(page, 20)
    expect(counter(page)).to_have_text("1 of 3")
    page.evaluate(hide, False)
    expect(button(page, PAUSE)).to_be_visible()


def test_it_fills_the_screen_and_gives_it_back(visit):
    page = visit(DESKTOP)
    start(page)
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.keyboard.press("s")
    button(page, "Close").click()
    page.clock.run_for(1000)
    is_closed(page)
    page.wait_for_function("() => document.fullscreenElement === null")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_picture_fades_in_except_for_who_wants_no_motion(visit, motion):
    page = visit(DESKTOP, reduced_motion=motion)
    page.evaluate(
        "() => { window.faded = 0; const animate = Element.prototype.animate;"
        " Element.prototype.animate = function (...all)"
        " { window.faded += 1; return animate.apply(this, all); }; }"
    )
    start(page)
    wind(page, 5)
    expect(counter(page)).to_have_text("2 of 3")
    assert page.evaluate("window.faded") == (0 if motion == "reduce" else 1)


def test_one_photo_alone_has_no_slideshow(visit, gallery):
    gallery.photos.exclude(pk=gallery.photos.first().pk).delete()
    page = visit(DESKTOP)
    expect(page.locator("[data-pumba-slideshow]")).to_be_hidden()
    page.locator(".pumba-tile__link").first.click()
    page.clock.run_for(1000)
    is_open(page)
    expect(button(page, "Slideshow")).to_be_hidden()
