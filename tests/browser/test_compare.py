"""Favourites side by side: what is alike together, hearts below, and what is taken out put back."""

from datetime import UTC, datetime, timedelta

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, Pick
from pumbaphoto_wagtail.proofing import links, picks

from .accessibility import violations
from .conftest import DESKTOP, PHONE
from .lightbox_steps import expect, make_large_photo, touch

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
# The first three are one burst.
SECONDS = (0, 1, 2, 300, 600, 900)
EXPECTED = ("ERR_INTERNET", "409")


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery(included=4, maximum=9)
    for seconds in SECONDS:
        make_large_photo(gallery, taken_at=NOON + timedelta(seconds=seconds))
    return gallery


@pytest.fixture
def link(gallery):
    link = testing.make_link(gallery)
    for photo in gallery.photos.in_order():
        picks.set_favourite(link, photo, True)
    Gallery.objects.update(maximum=4)
    gallery.refresh_from_db()
    return link


@pytest.fixture
def visit(live_server, person, gallery, link):
    """The wall of favourites, or another address of the gallery."""
    people = []

    def visit(device=DESKTOP, path="?show=favourites"):
        people.append(person(device))
        page = people[-1].page
        page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")
        page.goto(live_server.url + gallery.main_page.url + path)
        return page

    yield visit
    for one in people:
        one.complaints[:] = [
            text for text in one.complaints if not any(word in text for word in EXPECTED)
        ]


def opener(page):
    return page.locator("[data-pumba-compare]")


def dialog(page):
    return page.get_by_role("dialog", name="Side by side")


def compare(page):
    opener(page).click()
    expect(dialog(page)).to_be_visible()


def shows(page, *numbers):
    names = [f"Photo {number}" for number in numbers]
    expect(dialog(page).get_by_role("img")).to_have_count(len(names))
    found = dialog(page).get_by_role("img").evaluate_all("all => all.map(image => image.alt)")
    assert found == names


def favourites(page, amount):
    for _ in range(600):
        if Pick.objects.filter(is_favourite=True).count() == amount:
            return
        page.wait_for_timeout(50)
    pytest.fail("did not reach the database")


def heart(page, number):
    return dialog(page).get_by_role("button", name=f"Favourite, Photo {number}")


def test_comparing_is_offered_among_favourites_only_and_says_why(visit, link, gallery):
    page = visit(path="")
    expect(opener(page)).to_be_hidden()
    page.get_by_role("link", name="Favourites").click()
    expect(opener(page)).to_have_text("2 too many: compare similar ones")
    page = visit(path="review/")
    expect(opener(page)).to_be_visible()


def test_what_looks_alike_comes_first_and_arrows_go_on(visit):
    page = visit()
    compare(page)
    shows(page, 1, 2, 3)
    page.keyboard.press("ArrowRight")
    shows(page, 4, 5, 6)
    expect(dialog(page).get_by_role("button", name="The next ones")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    shows(page, 1, 2, 3)


def test_two_at_a_time_on_a_phone_swiped_along(visit):
    page = visit(PHONE)
    compare(page)
    shows(page, 1, 2)
    points = [(360 - 34 * step, 300) for step in range(10)]
    touch(page, *([point] for point in points))
    shows(page, 2, 3)


def test_keys_take_out_and_what_was_taken_out_can_be_put_back(visit, link):
    Gallery.objects.update(maximum=6)
    page = visit()
    compare(page)
    page.keyboard.press("2")
    shows(page, 1, 3)
    expect(dialog(page)).to_contain_text("5 chosen")
    favourites(page, 5)
    put_back = dialog(page).get_by_role("button", name="Put back")
    expect(put_back).to_be_focused()
    put_back.press("Enter")
    shows(page, 1, 2, 3)
    expect(put_back).to_be_hidden()
    expect(heart(page, 2)).to_be_focused()
    favourites(page, 6)


def test_what_is_refused_is_said_where_one_looks(visit):
    page = visit()
    compare(page)
    page.keyboard.press("1")
    dialog(page).get_by_role("button", name="Put back").press("Enter")
    expect(dialog(page).get_by_text("You can choose 4 photos at most.")).to_be_visible()
    shows(page, 2, 3)


def test_when_a_set_is_empty_the_next_one_comes(visit):
    page = visit()
    compare(page)
    for number in (1, 2, 3):
        heart(page, number).click()
    shows(page, 4, 5, 6)
    favourites(page, 3)


def test_all_are_looked_at_closely_together(visit):
    page = visit()
    compare(page)
    page.mouse.move(200, 300)
    page.mouse.wheel(0, -400)
    images = dialog(page).get_by_role("img")
    transforms = "all => all.map(image => image.style.transform)"
    page.wait_for_function(
        "() => document.querySelector('.pumba-compare img').style.transform.includes('scale')"
    )
    first, *others = images.evaluate_all(transforms)
    assert set(others) == {first}
    zoom = dialog(page).get_by_role("button", name="Zoom")
    expect(zoom).to_have_attribute("aria-pressed", "true")
    page.mouse.down()
    page.mouse.move(150, 260)
    page.mouse.up()
    moved = images.evaluate_all(transforms)
    assert set(moved) != {first}
    assert len(set(moved)) == 1
    zoom.click()
    expect(zoom).to_have_attribute("aria-pressed", "false")


def test_escape_and_the_back_button_close_it_and_give_the_focus_back(visit):
    page = visit()
    address = page.url
    for leave in (lambda: page.keyboard.press("Escape"), page.go_back):
        compare(page)
        leave()
        expect(dialog(page)).to_be_hidden()
        expect(opener(page)).to_be_focused()
        assert page.url == address


def test_without_a_network_the_bar_says_why_nothing_opens(visit):
    page = visit()
    page.context.set_offline(True)
    opener(page).click()
    expect(page.get_by_text("To compare them, you need a network.").first).to_be_visible()


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_before_and_after_taking_out(visit, device):
    page = visit(device)
    compare(page)
    assert violations(page) == []
    page.keyboard.press("1")
    expect(dialog(page).get_by_role("button", name="Put back")).to_be_visible()
    assert violations(page) == []
    width = page.viewport_size["width"]
    assert dialog(page).evaluate("dialog => dialog.scrollWidth") <= width
