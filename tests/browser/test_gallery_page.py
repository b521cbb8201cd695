"""The client's page in a real browser: what JavaScript adds to the plain forms."""

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, Pick, Selection
from pumbaphoto_wagtail.proofing import links, picks
from tests.chromium import TIMEOUT_MILLISECONDS

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
# What a browser writes for refusals that a test brings about, and for the icon the site lacks.
EXPECTED = ("409", "ERR_INTERNET", "favicon")
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def studio(live_server, browser):
    """Open a link as its recipient does; at the end nothing may have been blocked or broken."""
    contexts, complaints = [], []

    def open_link(link, device=PHONE, **options):
        context = browser.new_context(**device, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MILLISECONDS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(f"{message.text} {message.location['url']}")
                if message.type == "error"
                else None
            ),
        )
        page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")
        return page

    yield open_link
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(word in text for word in EXPECTED)] == []


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery(included=5)
    for width, height in ((600, 400), (400, 600), (600, 400), (600, 450)):
        testing.make_photo(gallery, width=width, height=height)
    return gallery


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery)


def eventually(page, condition):
    """Wait until what was done has reached the database."""
    for _ in range(600):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail("did not reach the database")


def favourites():
    return Pick.objects.filter(is_favourite=True).count()


def opened(page):
    """Wait until the lightbox is there and listens to keys."""
    playwright.expect(page.locator(".pswp:focus, .pswp :focus")).to_have_count(1)


def heart(page, number):
    return page.get_by_role("button", name=f"Favourite, photo {number}", exact=True)


def test_a_tap_gives_a_heart_and_the_bar_counts(studio, link):
    page = studio(link)
    heart(page, 1).tap()
    playwright.expect(heart(page, 1)).to_have_attribute("aria-pressed", "true")
    playwright.expect(page.get_by_role("status").first).to_contain_text("1 of 5 chosen")
    eventually(page, lambda: favourites() == 1)


def test_the_bar_waits_for_the_first_heart(studio, link):
    page = studio(link)
    playwright.expect(page.get_by_text("Review and send")).to_be_hidden()
    heart(page, 1).tap()
    playwright.expect(page.get_by_text("Review and send")).to_be_visible()


def test_quick_taps_arrive_in_their_order(studio, link):
    page = studio(link)
    for _ in range(5):
        heart(page, 2).tap()
    playwright.expect(heart(page, 2)).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => !Object.keys(localStorage).some(key => key.startsWith('pumba.'))")
    playwright.expect(heart(page, 2)).to_have_attribute("aria-pressed", "true")
    assert favourites() == 1


def test_a_heart_beyond_the_maximum_is_taken_back_with_a_word(studio, gallery, link):
    Gallery.objects.update(included=1, maximum=1)
    page = studio(link)
    heart(page, 1).tap()
    heart(page, 2).tap()
    playwright.expect(page.locator("[data-pumba-bar]")).to_contain_text(
        "You can choose 1 photo at most."
    )
    playwright.expect(heart(page, 2)).to_have_attribute("aria-pressed", "false")
    playwright.expect(heart(page, 1)).to_have_attribute("aria-pressed", "true")


def test_rows_are_justified_and_nothing_jumps(studio, link):
    page = studio(link, DESKTOP)
    boxes = page.locator(".pumba-tile").evaluate_all(
        "tiles => tiles.map(tile => tile.getBoundingClientRect().toJSON())"
    )
    first_row = [box for box in boxes if box["top"] == boxes[0]["top"]]
    assert len(first_row) > 1
    assert max(box["height"] for box in first_row) - min(box["height"] for box in first_row) < 1
    assert boxes[0]["width"] / boxes[0]["height"] == pytest.approx(1.5, rel=0.01)
    shift = page.evaluate(
        """() => new Promise(done => new PerformanceObserver(list => done(
             list.getEntries().reduce((sum, entry) => sum + entry.value, 0)))
           .observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 300))"""
    )
    assert shift < 0.01


def test_keys_do_everything_in_the_lightbox(studio, link):
    page = studio(link, DESKTOP)
    page.locator(".pumba-tile__link").first.focus()
    page.keyboard.press("Enter")
    opened(page)
    page.keyboard.press("f")
    page.keyboard.press("ArrowRight")
    playwright.expect(page.locator(".pswp__counter")).to_have_text("2 of 4")
    page.keyboard.press("n")
    page.get_by_role("textbox").fill("A little warmer, please")
    page.get_by_role("button", name="Done").click()
    playwright.expect(page.get_by_role("dialog", name="A note for this photo")).to_be_hidden()
    page.keyboard.press("Escape")
    page.locator(".pswp").wait_for(state="detached")
    eventually(page, lambda: Pick.objects.count() == 2)
    assert {(pick.is_favourite, pick.note) for pick in Pick.objects.all()} == {
        (True, ""),
        (False, "A little warmer, please"),
    }
    assert page.evaluate("document.activeElement.className") == "pumba-tile__link"


def test_letters_in_a_note_are_letters(studio, link):
    page = studio(link, DESKTOP)
    page.locator(".pumba-tile__link").first.click()
    opened(page)
    page.keyboard.press("n")
    page.keyboard.type("fn")
    playwright.expect(page.get_by_role("textbox")).to_have_value("fn")
    assert not Pick.objects.filter(is_favourite=True).exists()


def test_a_note_saves_itself(studio, link):
    page = studio(link)
    page.locator(".pumba-tile__link").first.tap()
    opened(page)
    page.get_by_role("button", name="Note", exact=True).tap()
    page.get_by_role("textbox").fill("Warmer")
    playwright.expect(page.get_by_role("dialog").get_by_text("Saved")).to_be_visible()
    assert Pick.objects.get().note == "Warmer"


def test_a_note_without_a_network_is_kept_and_sent_later(studio, link):
    page = studio(link)
    page.locator(".pumba-tile__link").first.tap()
    opened(page)
    page.get_by_role("button", name="Note", exact=True).tap()
    page.context.set_offline(True)
    page.get_by_role("textbox").fill("Warmer")
    playwright.expect(page.get_by_role("dialog").get_by_text("Kept.")).to_be_visible()
    page.get_by_role("button", name="Done").tap()
    playwright.expect(page.get_by_role("textbox")).to_be_hidden()
    page.context.set_offline(False)
    eventually(page, lambda: Pick.objects.filter(note="Warmer").exists())


def test_a_note_that_is_refused_stays_on_the_sheet(studio, gallery, link):
    page = studio(link)
    page.locator(".pumba-tile__link").first.tap()
    opened(page)
    page.get_by_role("button", name="Note", exact=True).tap()
    gallery.photos.update(is_hidden=True)
    page.get_by_role("textbox").fill("Warmer")
    page.get_by_role("button", name="Done").tap()
    playwright.expect(page.get_by_role("dialog").get_by_text("not saved")).to_be_visible()
    playwright.expect(page.get_by_role("textbox")).to_have_value("Warmer")


def test_the_back_button_closes_the_picture_and_not_the_gallery(studio, link):
    page = studio(link)
    address = page.url
    page.locator(".pumba-tile__link").first.tap()
    opened(page)
    page.go_back()
    page.locator(".pswp").wait_for(state="detached")
    assert page.url == address


def test_the_tools_step_back_and_return(studio, link):
    page = studio(link, DESKTOP)
    page.locator(".pumba-tile__link").first.click()
    page.locator(".pumba-idle").wait_for()
    page.mouse.move(300, 300)
    playwright.expect(page.locator(".pumba-idle")).to_have_count(0)


def test_in_the_review_what_was_removed_can_be_put_back(studio, link, gallery):
    for photo in gallery.photos.all()[:2]:
        picks.set_favourite(link, photo, True)
    page = studio(link)
    page.get_by_role("link", name="Review and send").tap()
    page.get_by_role("button", name="Remove choice 1").tap()
    playwright.expect(page.get_by_text("Put back")).to_be_visible()
    eventually(page, lambda: favourites() == 1)
    page.get_by_text("Put back").tap()
    eventually(page, lambda: favourites() == 2)


def test_the_review_sends_what_stands_on_it(studio, link, gallery):
    picks.set_favourite(link, gallery.photos.first(), True)
    page = studio(link)
    page.get_by_role("link", name="Review and send").tap()
    page.get_by_role("textbox").fill("Warmer")
    page.get_by_role("button", name="Send my selection").tap()
    playwright.expect(page.get_by_text("Thank you, Maria has your 1")).to_be_visible()
    assert Selection.objects.get().is_submitted
    assert Pick.objects.get().note == "Warmer"


def test_the_review_sends_when_there_is_nothing_left_to_save(studio, link, gallery):
    picks.set_favourite(link, gallery.photos.first(), True)
    page = studio(link)
    page.get_by_role("link", name="Review and send").tap()
    page.get_by_role("button", name="Send my selection").tap()
    playwright.expect(page.get_by_text("Thank you, Maria has your 1")).to_be_visible()


def test_without_javascript_one_can_choose_and_send(studio, link):
    page = studio(link, java_script_enabled=False)
    heart(page, 1).tap()
    playwright.expect(heart(page, 1)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Review and send").tap()
    page.get_by_role("button", name="Send my selection").tap()
    playwright.expect(page.get_by_text("Thank you, Maria has your 1")).to_be_visible()


def test_with_two_hundred_per_cent_text_nothing_is_cut_off(studio, link):
    page = studio(link)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    heart(page, 1).tap()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
