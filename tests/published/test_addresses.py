"""Who gets published addresses of pictures, and what the site answers there."""

import pytest
from django.test import Client

from pumbaphoto_wagtail import access, published, testing
from pumbaphoto_wagtail.models import Gallery, Visibility
from pumbaphoto_wagtail.pages.models import IndexKind
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.proofing.pictures import photo_pictures

pytestmark = pytest.mark.django_db

PUBLISHED, ASKED = "/galleries/published/", "/galleries/media/photo/"


@pytest.fixture
def wall(gallery):
    """What a browser gets as the gallery's page and as the list for its script."""

    def get(browser: Client) -> str:
        page = gallery.main_page.url
        answers = [browser.get(page), browser.get(f"{page}photos/")]
        return "".join(answer.content.decode() for answer in answers)

    return get


def test_anybody_gets_published_addresses(gallery, wall):
    text = wall(Client())
    assert text.count(PUBLISHED) >= 2 * 5
    assert ASKED not in text


def test_whoever_is_known_is_asked_for(gallery, wall):
    """So that a link is noted as used, and one that is closed shows nothing."""
    anna, member = Client(), Client()
    anna.get(f"/galleries/s/{links.token(testing.make_link(gallery))}")
    member.force_login(testing.make_user())
    for browser in (anna, member):
        text = wall(browser)
        assert ASKED in text
        assert PUBLISHED not in text


def test_where_nothing_is_published_the_site_is_asked(gallery, wall):
    Gallery.objects.update(published_at=None)
    text = wall(Client())
    assert ASKED in text
    assert PUBLISHED not in text


def test_a_portfolio_names_published_pictures(root, db):
    portfolio = testing.make_index_page(IndexKind.PORTFOLIO)
    gallery = testing.make_gallery(has_page=False, is_listed=True)
    testing.make_page(gallery, index_page=portfolio)
    testing.make_policy(gallery=gallery)
    testing.make_photo(gallery, width=90, height=60)
    published.settle(gallery.pk)
    text = Client().get(portfolio.url).content.decode()
    assert PUBLISHED in text
    assert ASKED not in text


def test_at_such_an_address_the_site_looks_at_who_asks(gallery):
    photo = gallery.photos.first()
    gallery.refresh_from_db()
    address = photo_pictures(photo, access.Viewer()).view.url
    anna = Client()
    anna.get(f"/galleries/s/{links.token(testing.make_link(gallery))}")
    assert Client().get(address).status_code == 200
    gallery.policy.visibility = Visibility.MEMBERS
    gallery.policy.save()
    refused = Client().get(address)
    assert (refused.status_code, refused["Cache-Control"]) == (404, "private, no-store")
    assert anna.get(address).status_code == 200, "who may see it elsewhere may see it here"
