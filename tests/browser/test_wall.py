"""The wall in a real browser: 5,000 photos of which few are in the page, filters, keys, layouts."""

import itertools

import pytest
from django.utils import timezone

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
