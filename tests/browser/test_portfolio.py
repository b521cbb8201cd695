"""A walk through a portfolio: its albums and years, a search, and from gallery to gallery."""

from datetime import date

import pytest

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.pages.models import GalleryIndexPage
from pumbaphoto_wagtail.proofing.portfolio import IndexKind

from .accessibility import violations
from .conftest import DESKTOP, PHONE
from .lightbox_steps import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
SIZES = ((600, 400), (400, 600), (600, 400), (500, 500), (600, 300))


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


@pytest.fixture
def index(db):
    index = testing.make_index_page(IndexKind.PORTFOLIO, title="Portfolio", slug="portfolio")
    weddings = index.add_child(
        instance=GalleryIndexPage(title="Weddings", kind=IndexKind.PORTFOLIO)
    )
    owner = testing.make_user(first_name="Maria")
    shoots = [
        ("Summer on the island", date(2026, 7, 4), index),
        ("Nets and boats", date(2025, 9, 9), index),
        ("Ida & Oskar", date(2025, 6, 14), weddings),
        ("Old barns", None, index),
    ]
    for title, day, page in shoots:
        gallery = testing.make_gallery(
            title, has_page=False, owner=owner, shoot_date=day, is_listed=True
        )
        testing.make_page(gallery, index_page=page)
        testing.make_policy(gallery=gallery)
        for width, height in SIZES[: 5 if page is index else 2]:
            testing.make_photo(gallery, width=width, height=height)
    return index


@pytest.mark.parametrize(
    ("device", "has_script"),
    [
        pytest.param(PHONE, True, id="phone"),
        pytest.param(DESKTOP, True, id="desktop"),
        pytest.param(PHONE, False, id="without-script"),
    ],
)
def test_m46_b15_a_portfolio_is_walked_through(live_server, person, index, device, has_script):
    someone = person(device, java_script_enabled=has_script)
    page = someone.page

    def look(name):
        width = device["viewport"]["width"]
        someone.photograph(f"portfolio-{name}-{width}")
        if has_script:
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    page.goto(live_server.url + index.url)
    expect(page.get_by_role("heading", level=2)).to_have_text(
        ["Weddings", "2026", "2025", "Undated"]
    )
    look("index")
    page.get_by_role("navigation", name="Years").get_by_role("link", name="2025").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(["Nets and boats", "Ida & Oskar"])
    look("year")
    page.get_by_role("searchbox").fill("barn")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", name="Results for “barn”")).to_be_visible()
    look("search")
    page.get_by_role("link", name="See all galleries").click()
    page.get_by_role("link", name="Weddings").click()
    look("album")
    page.get_by_role("link", name="Portfolio").click()
    page.get_by_role("link", name="Summer on the island").click()
    page.get_by_role("link", name="Next gallery").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nets and boats")
    look("gallery")
    page.get_by_role("link", name="All galleries").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Portfolio")
