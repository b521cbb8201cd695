"""The wall in a real browser: 5,000 photos of which few are in the page, filters, keys, layouts."""

import itertools

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Photo, Rendition
from pumbaphoto_wagtail.proofing import links, picks
from tests.browser.conftest import DESKTOP, PHONE

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

MANY = 5000
MOST_NODES = 1500
# Of width and height, as they come from a card: mostly landscapes, some tall, some very wide.
SHAPES = [(6000, 4000), (4000, 6000), (6000, 4000), (4000, 4000), (6000, 4000), (9000, 3000)]


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


def hang_many(gallery, amount, **fields):
    """Rows of many photos in several proportions, which share few real pictures."""
    photos = testing.make_many_photos(gallery, amount, **fields)
    shapes = itertools.cycle(SHAPES)
    for photo in photos:
        photo.width, photo.height = next(shapes)
    Photo.objects.bulk_update(photos, ["width", "height"], batch_size=500)
    for width, height in dict.fromkeys(SHAPES):
        real = testing.make_stored_file()
        made = testing.make_renditions(real, width=width // 10, height=height // 10)
        alike = [
            photo.picture_id for photo in photos if (photo.width, photo.height) == (width, height)
        ]
        for rendition in made:
            Rendition.objects.filter(stored_file__in=alike, tier=rendition.tier).update(
                name=rendition.name,
                size=rendition.size,
                width=rendition.width,
                height=rendition.height,
            )
    return photos


@pytest.fixture
def gallery(db):
    return testing.make_gallery()


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery)


@pytest.fixture
def visit(live_server, person):
    """Open a link as its recipient does; the page they see."""

    def visit(link, device=PHONE, **options):
        someone = person(device, **options)
        someone.page.goto(f"{live_server.url}/galleries/s/{links.token(link)}")
        return someone.page

    return visit


def nodes(page):
    return page.evaluate("document.querySelectorAll('*').length")


def settled(page):
    """Wait until every tile that is in the page has its photo."""
    expect(page.locator(".pumba-wall .pumba-tile:not([data-photo])")).to_have_count(0)


def scroll_to(page, share):
    page.evaluate(f"window.scrollTo(0, document.documentElement.scrollHeight * {share})")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_of_five_thousand_photos_few_are_in_the_page(visit, gallery, link, device):
    hang_many(gallery, MANY)
    page = visit(link, device)
    most = []
    for share in (0, 0.3, 0.55, 0.9, 1):
        scroll_to(page, share)
        settled(page)
        most.append(nodes(page))
    assert max(most) < MOST_NODES
    expect(page.get_by_role("img", name=f"Photo {MANY}", exact=True)).to_be_in_viewport()


# --- Filters, sections, keys ---------------------------------------------------------------------


@pytest.fixture
def few(gallery):
    """Two sections, a page and a half of photos."""
    sections = [
        testing.make_section(gallery, title, position=place)
        for place, title in enumerate(("Ceremony", "Party"))
    ]
    return [photo for section in sections for photo in hang_many(gallery, 48, section=section)]


def first_visible(page):
    """The number of the first photo that begins in the window."""
    return page.locator(".pumba-tile img").evaluate_all(
        "images => Number(images.find(image => image.getBoundingClientRect().top >= 0)"
        ".alt.match(/\\d+/)[0])"
    )


def test_nothing_moves_when_the_script_takes_over(visit, few, link):
    plain = visit(link, java_script_enabled=False)
    laid = visit(link)
    settled(laid)
    boxes = (
        "tiles => tiles.slice(0, 40).map(tile => [tile, tile.closest('.pumba-wall')]"
        ".map(each => each.getBoundingClientRect()))"
        ".map(([box, wall]) => [box.left, box.top - wall.top, box.width, box.height])"
    )
    before = plain.locator(".pumba-tile").evaluate_all(boxes)
    after = laid.locator(".pumba-tile").evaluate_all(boxes)
    assert len(after) > 10
    assert after == [pytest.approx(box, abs=1) for box in before[: len(after)]]


def test_a_filter_changes_the_wall_and_not_the_page(visit, few, link):
    picks.set_favourite(link, few[70], True)
    page = visit(link)
    page.evaluate("window.pumbaStayed = true")
    page.get_by_role("link", name="Favourites").click()
    expect(page.locator(".pumba-tile")).to_have_count(1)
    expect(page.locator(f"#photo-{few[70].uuid}")).to_be_visible()
    assert page.url.endswith("?show=favourites")
    page.get_by_role("link", name="With notes").click()
    expect(page.get_by_text("No notes yet.")).to_be_visible()
    page.go_back()
    expect(page.locator(".pumba-tile")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("heading", name="Party")).to_be_attached()
    assert page.evaluate("window.pumbaStayed") is True


def test_a_section_is_jumped_to_though_it_is_not_in_the_page(visit, few, link):
    page = visit(link)
    page.get_by_role("link", name="Party").click()
    expect(page.get_by_role("heading", name="Party")).to_be_in_viewport()
    settled(page)
    expect(page.locator(f"#photo-{few[48].uuid}")).to_be_visible()


def test_a_photo_in_the_address_is_found_wherever_it_hangs(visit, few, link):
    page = visit(link)
    address = f"{page.url}#photo-{few[90].uuid}"
    # From elsewhere: on the page itself it is no new visit.
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator(f"#photo-{few[90].uuid}")).to_be_in_viewport()


def test_a_later_page_opens_where_it_begins(visit, few, link):
    page = visit(link)
    page.goto(f"{page.url}?page=2")
    expect(page.get_by_role("img", name="Photo 61", exact=True)).to_be_in_viewport()
    scroll_to(page, 0)
    expect(page.get_by_role("img", name="Photo 1", exact=True)).to_be_attached()


def test_a_reload_stays_where_one_was(visit, gallery, link):
    hang_many(gallery, 300)
    page = visit(link)
    scroll_to(page, 0.5)
    settled(page)
    seen = first_visible(page)
    page.reload()
    settled(page)
    assert abs(first_visible(page) - seen) <= 3


def test_turning_the_phone_keeps_what_is_looked_at(visit, gallery, link):
    hang_many(gallery, 300)
    page = visit(link)
    scroll_to(page, 0.5)
    settled(page)
    seen = first_visible(page)
    page.set_viewport_size({"width": 844, "height": 390})
    settled(page)
    assert abs(first_visible(page) - seen) <= 8


def test_arrows_go_as_one_sees_the_tiles(visit, few, link):
    page = visit(link, DESKTOP)
    page.locator(".pumba-tile__link").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus img")).to_have_attribute("alt", "Photo 2")
    page.keyboard.press("ArrowLeft")
    for _row in range(12):
        page.keyboard.press("ArrowDown")
    expect(page.locator(":focus")).to_be_in_viewport()
    deep = int(page.locator(":focus img").get_attribute("alt").split()[1])
    assert deep > 30
    page.keyboard.press("ArrowUp")
    expect(page.locator(":focus img")).not_to_have_attribute("alt", f"Photo {deep}")


def test_what_has_the_focus_stays_in_the_page(visit, gallery, link):
    hang_many(gallery, 300)
    page = visit(link, DESKTOP)
    page.locator(".pumba-tile__link").first.focus()
    scroll_to(page, 0.8)
    settled(page)
    expect(page.locator(":focus img")).to_have_attribute("alt", "Photo 1")


def test_every_tile_says_which_of_how_many_it_is(visit, few, link):
    page = visit(link)
    scroll_to(page, 1)
    settled(page)
    tile = page.locator(f"#photo-{few[-1].uuid}")
    expect(tile).to_have_attribute("aria-posinset", "48")
    expect(tile).to_have_attribute("aria-setsize", "48")


def test_a_tap_on_a_tile_that_came_later_is_kept(visit, few, link):
    page = visit(link)
    scroll_to(page, 1)
    page.get_by_role("button", name="Favourite, photo 96", exact=True).tap()
    expect(page.get_by_role("button", name="Favourite, photo 96", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    scroll_to(page, 0)
    scroll_to(page, 1)
    expect(page.get_by_role("button", name="Favourite, photo 96", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_photo_that_the_photographer_hides_makes_another_wall(visit, gallery, link):
    photos = hang_many(gallery, 300)
    page = visit(link)
    Photo.objects.filter(pk=photos[10].pk).update(is_hidden=True)
    scroll_to(page, 0.6)
    settled(page)
    scroll_to(page, 1)
    expect(page.get_by_role("img", name="Photo 299", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("img", name="Photo 300", exact=True)).to_have_count(0)


def test_when_the_server_cannot_be_asked_the_plain_pages_are_offered(visit, gallery, link):
    hang_many(gallery, 300)
    page = visit(link)
    page.route("**/photos/?*", lambda route: route.fulfill(body="not what was asked for"))
    scroll_to(page, 0.5)
    offered = page.get_by_role("link", name="More photos")
    expect(offered).to_be_in_viewport()
    page.unroute("**/photos/?*")
    offered.click()
    settled(page)
    assert first_visible(page) > 100


def test_without_javascript_there_are_plain_pages(visit, few, link):
    page = visit(link, java_script_enabled=False)
    expect(page.locator(".pumba-tile")).to_have_count(60)
    page.get_by_role("link", name="More photos").click()
    expect(page.locator(".pumba-tile")).to_have_count(36)


# --- Looks ---------------------------------------------------------------------------------------


def test_squares_are_square_and_nothing_else(visit, gallery, link):
    hang_many(gallery, 200)
    page_type = gallery.main_page.specific
    page_type.layout = "square"
    page_type.save()
    page = visit(link)
    scroll_to(page, 0.7)
    settled(page)
    sides = page.locator(".pumba-tile").evaluate_all(
        "tiles => tiles.map(tile => [tile.offsetWidth, tile.offsetHeight])"
    )
    assert all(width == pytest.approx(height, abs=1) for width, height in sides)
    assert nodes(page) < MOST_NODES


@pytest.mark.parametrize(
    ("theme", "ground"), [("light", "rgb(251, 250, 248)"), ("dark", "rgb(19, 18, 17)")]
)
def test_a_page_is_pinned_to_a_theme(visit, gallery, link, theme, ground):
    page_type = gallery.main_page.specific
    page_type.theme = theme
    page_type.save()
    device = {**PHONE, "color_scheme": "dark" if theme == "light" else "light"}
    page = visit(link, device)
    expect(page.locator(".pumba")).to_have_css("background-color", ground)


def test_where_one_reads_from_the_right_the_rows_do_too(visit, gallery, link):
    hang_many(gallery, 200)
    page = visit(link, DESKTOP)
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.set_viewport_size({"width": 1000, "height": 900})
    scroll_to(page, 0.5)
    settled(page)
    lefts = page.locator(".pumba-tile").evaluate_all(
        "tiles => tiles.map(tile => tile.getBoundingClientRect())"
        ".filter((box, place, all) => box.top === all[0].top).map(box => box.left)"
    )
    assert lefts == sorted(lefts, reverse=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000


def test_larger_text_makes_higher_rows_and_nothing_wider(visit, gallery, link):
    hang_many(gallery, 200)
    page = visit(link, DESKTOP)
    height = "tiles => tiles[0].offsetHeight"
    before = page.locator(".pumba-tile").evaluate_all(height)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.wait_for_function(
        "before => document.querySelector('.pumba-tile').offsetHeight > before", arg=before
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("amount", [0, 1, 3])
def test_few_photos_need_no_more_than_their_window(visit, gallery, link, amount):
    for _photo in range(amount):
        testing.make_photo(gallery, width=100, height=900)
    page = visit(link, DESKTOP)
    expect(page.locator(".pumba-tile")).to_have_count(amount)
    heights = page.locator(".pumba-tile").evaluate_all(
        "tiles => tiles.map(tile => tile.offsetHeight)"
    )
    assert all(height <= 900 for height in heights)


def test_no_picture_is_smaller_than_a_screen_of_two_pixels_shows(visit, gallery, link):
    """As far as there is a larger one: the wall never asks for ``display``."""
    hang_many(gallery, 200)
    page = visit(link)
    scroll_to(page, 0.6)
    settled(page)
    page.wait_for_load_state("networkidle")
    wrong = page.locator(".pumba-tile img").evaluate_all(
        "images => images.filter(image => parseInt(image.sizes) + 1 < image.clientWidth).length"
    )
    assert wrong == 0
