"""One photo at a time: by fingers, by keys, by its address, and for who does not see it."""

import hashlib
import io
import re

import pytest
from PIL import Image

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, Photo, Pick, Rendition
from pumbaphoto_wagtail.proofing import links, picks
from pumbaphoto_wagtail.storage import write_new

from .accessibility import violations
from .conftest import DESKTOP, PHONE
from .lightbox_steps import (
    counter,
    expect,
    is_closed,
    is_open,
    is_still,
    lightbox,
    make_large_photo,
    open_tile,
    swipe,
    touch,
    zoom_of,
)
from .test_wall import hang_many

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
# What a browser writes of lost connections and refusals that a test brings about.
EXPECTED = ("ERR_INTERNET", "409")
BOTH = pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def gallery(db):
    gallery = testing.make_gallery(included=5)
    for width, height in ((1500, 1000), (1000, 1500), (1500, 1000), (1500, 1100)):
        make_large_photo(gallery, width, height)
    return gallery


@pytest.fixture
def photos(gallery):
    return [*gallery.photos.in_order()]


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery)


@pytest.fixture
def visit(live_server, person):
    """Open a link as its recipient does, and then an address; the page they see."""
    people = []

    def visit(link, device=PHONE, path="", **options):
        people.append(person(device, **options))
        page = people[-1].page
        page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")
        if path:
            page.goto(live_server.url + path)
        return page

    yield visit
    for one in people:
        one.complaints[:] = [
            text for text in one.complaints if not any(word in text for word in EXPECTED)
        ]


def photo_path(gallery, photo, query=""):
    return f"{gallery.main_page.url}photo/{photo.uuid}/{query}"


def focused_photo(page):
    return page.evaluate("document.activeElement.closest('[data-photo]')?.dataset.photo")


def told(page, words):
    expect(lightbox(page).locator("[aria-live=polite]")).to_have_text(words)


# --- Looking -------------------------------------------------------------------------------------


def test_all_photos_can_be_reached_and_the_last_ones_tile_gets_the_focus(visit, gallery, link):
    gallery.photos.all().delete()
    hang_many(gallery, 400)
    page = visit(link)
    open_tile(page)
    expect(counter(page)).to_have_text("1 of 400")
    page.keyboard.press("End")
    expect(counter(page)).to_have_text("400 of 400")
    last = gallery.photos.in_order().last()
    page.wait_for_url(f"**/photo/{last.uuid}/")
    page.keyboard.press("Home")
    expect(counter(page)).to_have_text("1 of 400")
    page.keyboard.press("End")
    page.locator(".pswp__item[aria-hidden=false] img.pswp__img").wait_for()
    page.keyboard.press("Escape")
    is_closed(page)
    page.wait_for_function(
        "uuid => document.activeElement.closest('[data-photo]')?.dataset.photo === uuid",
        arg=str(last.uuid),
    )


def test_a_browser_takes_the_best_format_that_it_can(visit, photos, link):
    for tier, side in (("view", 800), ("display", 1500)):
        buffer = io.BytesIO()
        Image.new("RGB", (side, round(side / 1.5)), "green").save(buffer, "WEBP")
        digest = hashlib.sha256(buffer.getvalue()).hexdigest()
        name = f"webp/{digest}.webp"
        write_new("pumbaphoto_renditions", name, buffer.getvalue())
        Rendition.objects.create(
            stored_file=photos[0].picture,
            tier=tier,
            format="webp",
            recipe="test",
            width=side,
            height=round(side / 1.5),
            size=len(buffer.getvalue()),
            digest=digest,
            storage="pumbaphoto_renditions",
            name=name,
        )
    page = visit(link, DESKTOP)
    open_tile(page)
    page.wait_for_function(
        "() => /display.*webp$/.test(document.querySelector('img.pswp__img').currentSrc)"
    )
    page.keyboard.press("ArrowRight")
    shown = page.locator(".pswp__item[aria-hidden=false] img.pswp__img")
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.currentSrc").endswith(".jpg")


def test_fingers_swipe_pinch_and_tap(visit, link):
    page = visit(link)
    open_tile(page)
    is_still(page)
    swipe(page)
    expect(counter(page)).to_have_text("2 of 4")
    swipe(page, to_left=False)
    expect(counter(page)).to_have_text("1 of 4")
    is_still(page)
    before = zoom_of(page)
    spread = [[(195 - step, 420), (195 + step, 420)] for step in range(20, 160, 14)]
    touch(page, *spread)
    page.wait_for_function(
        "before => document.querySelector('.pswp__item[aria-hidden=false] img.pswp__img')"
        ".getBoundingClientRect().width > 1.5 * before",
        arg=before,
    )


def test_a_double_tap_looks_closely_and_back(visit, link):
    page = visit(link)
    open_tile(page)
    is_still(page)
    before = zoom_of(page)
    for is_closer in ("true", "false"):
        for _ in range(2):
            touch(page, [(195, 420)])
        page.wait_for_function(
            f"before => {is_closer} === (document.querySelector("
            "'.pswp__item[aria-hidden=false] img.pswp__img').getBoundingClientRect().width"
            " > 1.5 * before)",
            arg=before,
        )
        is_still(page)


def test_a_tap_puts_the_tools_away_and_brings_them_back_without_pressing_them(visit, link):
    page = visit(link)
    open_tile(page)
    touch(page, [(195, 300)])
    page.locator(".pumba-idle").wait_for()
    heart = lightbox(page).get_by_role("button", name="Favourite", exact=True)
    box = heart.bounding_box()
    touch(page, [(box["x"] + 20, box["y"] + 20)])
    expect(page.locator(".pumba-idle")).to_have_count(0)
    expect(heart).to_have_attribute("aria-pressed", "false")


def test_tools_never_fade_from_who_uses_keys(visit, link):
    page = visit(link, DESKTOP)
    page.mouse.move(5, 5)
    page.mouse.move(50, 50)
    page.locator(".pumba-tile__link").first.focus()
    page.keyboard.press("Enter")
    is_open(page)
    page.wait_for_timeout(3500)
    expect(page.locator(".pumba-idle")).to_have_count(0)
    page.mouse.move(300, 300)
    page.locator(".pumba-idle").wait_for()
    page.keyboard.press("Tab")
    expect(page.locator(".pumba-idle")).to_have_count(0)


# --- Choosing ------------------------------------------------------------------------------------


def test_who_only_looks_has_neither_heart_nor_note_and_no_keys_for_them(visit, gallery):
    page = visit(testing.make_link(gallery, may_choose=False), DESKTOP)
    open_tile(page)
    page.keyboard.press("f")
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    expect(counter(page)).to_have_text("2 of 4")
    expect(lightbox(page).get_by_role("button", name="Favourite")).to_have_count(0)
    expect(page.get_by_role("textbox")).to_have_count(0)
    assert not Pick.objects.exists()


def test_a_refused_heart_says_so_where_one_looks(visit, gallery, photos, link):
    Gallery.objects.update(included=1, maximum=1)
    picks.set_favourite(link, photos[1], True)
    page = visit(link)
    open_tile(page)
    lightbox(page).get_by_role("button", name="Favourite", exact=True).click()
    expect(lightbox(page).get_by_text("You can choose 1 photo at most.")).to_be_visible()


def test_what_is_shown_is_told_to_who_does_not_see_it(visit, photos, link):
    picks.set_favourite(link, photos[1], True)
    page = visit(link, DESKTOP)
    open_tile(page)
    told(page, "Photo 1 of 4")
    page.keyboard.press("ArrowRight")
    told(page, "Photo 2 of 4. Favourite")
    page.keyboard.press("f")
    told(page, "Not a favourite any more")
    page.keyboard.press("f")
    told(page, "Favourite")


def test_what_was_delivered_is_there_to_be_had_and_not_to_be_chosen(visit, gallery, photos):
    testing.make_delivery(gallery, [testing.make_edit(gallery, photos[0])])
    page = visit(
        testing.make_link(gallery, downloads="full"),
        DESKTOP,
        f"{gallery.main_page.url}?show=ready",
    )
    open_tile(page)
    expect(lightbox(page).get_by_role("link", name=re.compile("^Download"))).to_be_visible()
    expect(lightbox(page).get_by_role("button", name="Favourite")).to_have_count(0)
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    is_closed(page)
    assert not Pick.objects.exists()


# --- The way back --------------------------------------------------------------------------------


def test_one_step_back_closes_however_many_photos_were_seen(visit, gallery, photos, link):
    page = visit(link)
    wall = page.url
    open_tile(page)
    for number in (2, 3):
        page.keyboard.press("ArrowRight")
        expect(counter(page)).to_have_text(f"{number} of 4")
    page.wait_for_url(f"**{photo_path(gallery, photos[2])}")
    page.go_back()
    is_closed(page)
    assert page.url == wall
    page.wait_for_function("() => document.activeElement.matches('.pumba-tile__link')")
    assert focused_photo(page) == str(photos[2].uuid)
    page.go_forward()
    is_open(page)
    expect(counter(page)).to_have_text("3 of 4")


def test_back_puts_an_open_note_away_first(visit, photos, link):
    page = visit(link)
    open_tile(page)
    page.keyboard.press("n")
    page.get_by_role("textbox").fill("Warmer")
    page.go_back()
    expect(page.get_by_role("textbox")).to_be_hidden()
    expect(lightbox(page)).to_be_visible()
    page.go_back()
    is_closed(page)


def test_the_page_behind_is_out_of_reach_while_it_is_open(visit, link):
    page = visit(link, DESKTOP)
    open_tile(page)
    expect(lightbox(page)).to_have_attribute("aria-modal", "true")
    assert page.evaluate("document.querySelector('[data-pumba]').closest('[inert]') !== null")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || "
            "document.activeElement.closest('.pswp') !== null"
        )
    page.keyboard.press("Escape")
    is_closed(page)
    expect(page.locator("[inert]")).to_have_count(0)


def test_a_photo_that_did_not_arrive_says_so_and_comes_with_the_network(visit, gallery, link):
    gallery.photos.all().delete()
    hang_many(gallery, 200)
    page = visit(link)
    open_tile(page)
    page.context.set_offline(True)
    page.keyboard.press("End")
    expect(lightbox(page).get_by_text("This photo did not arrive.").first).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".pswp__item[aria-hidden=false] img.pswp__img")).to_have_js_property(
        "complete", True
    )
    expect(counter(page)).to_have_text("200 of 200")


def test_photos_that_are_hidden_meanwhile_do_not_mix_up_the_others(visit, gallery, link):
    gallery.photos.all().delete()
    hang_many(gallery, 200)
    page = visit(link)
    open_tile(page, 5)
    Photo.objects.filter(pk=gallery.photos.in_order().first().pk).update(is_hidden=True)
    page.keyboard.press("End")
    expect(counter(page)).to_have_text("199 of 199")
    last = gallery.photos.filter(is_hidden=False).in_order().last()
    page.wait_for_url(f"**/photo/{last.uuid}/")


# --- Its address ---------------------------------------------------------------------------------


def test_b71_an_address_opens_the_gallery_at_its_photo(visit, gallery, photos, link):
    for photo in photos[1:3]:
        picks.set_favourite(link, photo, True)
    page = visit(link, path=photo_path(gallery, photos[2], "?show=favourites"))
    is_open(page)
    expect(counter(page)).to_have_text("2 of 2")
    expect(page.locator(".pumba-photo__frame")).to_have_count(0)
    assert page.url.endswith(photo_path(gallery, photos[2], "?show=favourites"))
    page.reload()
    is_open(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**{photo_path(gallery, photos[1], '?show=favourites')}")
    page.go_back()
    is_closed(page)
    page.wait_for_url(f"**{gallery.main_page.url}?show=favourites")
    expect(page.locator(".pumba-tile")).to_have_count(2)


def test_a_tile_leads_to_its_photos_address(visit, gallery, photos, link):
    page = visit(link, path=f"{gallery.main_page.url}?show=all")
    tile = page.locator(".pumba-tile__link").nth(2)
    expect(tile).to_have_attribute("href", photo_path(gallery, photos[2], "?show=all"))


def test_without_javascript_an_address_shows_its_photo_and_takes_a_choice(
    visit, gallery, photos, link
):
    page = visit(link, path=gallery.main_page.url, java_script_enabled=False)
    page.locator(".pumba-tile__link").first.click()
    page.get_by_role("link", name="Next photo").click()
    expect(page.get_by_role("heading", name="Photo 2 of 4")).to_be_visible()
    page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("textbox").fill("Warmer")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("textbox")).to_have_value("Warmer")
    page.get_by_role("link", name="Back to all photos").click()
    assert page.url.endswith(f"{gallery.main_page.url}#photo-{photos[1].uuid}")
    pick = Pick.objects.get()
    assert (pick.photo, pick.is_favourite, pick.note) == (photos[1], True, "Warmer")


# --- For everybody -------------------------------------------------------------------------------


def test_where_one_reads_from_the_right_everything_is_mirrored(visit, gallery, photos, link):
    page = visit(link)
    # Before the page's own script, as a server would in Hebrew.
    page.add_init_script(
        "new MutationObserver(() => { document.documentElement.dir = 'rtl'; })"
        ".observe(document, {childList: true});"
    )
    page.reload()
    open_tile(page)
    page.keyboard.press("ArrowLeft")
    expect(counter(page)).to_have_text("2 of 4")
    swipe(page, to_left=False)
    expect(counter(page)).to_have_text("3 of 4")
    page.keyboard.press("End")
    expect(counter(page)).to_have_text("4 of 4")
    page.keyboard.press("ArrowRight")
    expect(counter(page)).to_have_text("3 of 4")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@BOTH
def test_axe_finds_nothing_in_any_state_of_it(visit, gallery, photos, link, device):
    page = visit(link, device)
    expect(page.get_by_role("button", name="Slideshow")).to_be_visible()
    open_tile(page)
    assert violations(page) == []
    page.keyboard.press("f")
    page.keyboard.press("n")
    page.get_by_role("textbox").fill("Warmer")
    assert violations(page) == []


def test_with_two_hundred_per_cent_text_everything_stays_in_view(visit, link):
    page = visit(link)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    open_tile(page)
    for name in ("Favourite", "Note", "Close", "Slideshow"):
        box = lightbox(page).get_by_role("button", name=name, exact=True).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 844
    number = counter(page).bounding_box()
    first = lightbox(page).get_by_role("button", name="Slideshow", exact=True).bounding_box()
    assert number["x"] + number["width"] <= first["x"]


def test_with_reduced_motion_it_opens_and_closes_at_once(visit, link):
    page = visit(link, reduced_motion="reduce")
    open_tile(page)
    assert page.evaluate("document.getAnimations().length") == 0
    page.keyboard.press("Escape")
    is_closed(page)
