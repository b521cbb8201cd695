from datetime import date

import pytest
from django.template import Context, Template

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.blocks import GalleryBlock, LatestGalleriesBlock
from pumbaphoto_wagtail.models import Gallery
from pumbaphoto_wagtail.pages.models import IndexKind
from pumbaphoto_wagtail.proofing import links

pytestmark = pytest.mark.django_db


def listed_gallery(index_page, title="Smith wedding", **fields):
    gallery = testing.make_gallery(title, has_page=False, is_listed=True, **fields)
    testing.make_page(gallery, index_page=index_page)
    testing.make_policy(gallery=gallery)
    testing.make_photo(gallery)
    return gallery


@pytest.fixture
def portfolio(db):
    return testing.make_index_page(IndexKind.PORTFOLIO)


def html(client, page):
    return client.get(page.url).content.decode()


def test_a_portfolio_names_what_visitors_may_see(client, portfolio):
    gallery = listed_gallery(portfolio)
    text = html(client, portfolio)
    assert gallery.title in text
    assert f'href="{gallery.main_page.url}"' in text
    assert "/media/photo/" in text


def test_a_client_area_lists_nothing(client):
    clients = testing.make_index_page(IndexKind.CLIENT_AREA)
    gallery = listed_gallery(clients)
    assert gallery.title not in html(client, clients)


def test_unlisted_private_and_unpublished_galleries_are_not_named(client, portfolio):
    unlisted = listed_gallery(portfolio, "Unlisted")
    Gallery.objects.filter(pk=unlisted.pk).update(is_listed=False)
    private = listed_gallery(portfolio, "Private")
    private.policy.delete()
    draft = listed_gallery(portfolio, "Draft")
    draft.main_page.specific.unpublish()
    text = html(client, portfolio)
    assert not any(title in text for title in ("Unlisted", "Private", "Draft"))


def test_a_gallery_elsewhere_is_not_named_here(client, portfolio):
    other = listed_gallery(testing.make_index_page(IndexKind.PORTFOLIO), "Elsewhere")
    assert other.title not in html(client, portfolio)


@pytest.mark.parametrize("amount", [2, 15])
def test_a_portfolio_costs_the_same_queries_for_any_number_of_galleries(
    client, portfolio, amount, django_assert_max_num_queries
):
    owner = testing.make_user()
    for number in range(amount):
        listed_gallery(portfolio, f"Wedding {number}", owner=owner)
    html(client, portfolio)
    with django_assert_max_num_queries(20):
        html(client, portfolio)


# --- The block -----------------------------------------------------------------------------------


def block_html(rf, gallery, user=None, cookies=None):
    request = rf.get("/")
    request.COOKIES = cookies or {}
    request.user = user or testing.make_user()
    block = GalleryBlock()
    value = block.to_python({"gallery": gallery.pk, "heading": "Seen", "amount": 2})
    return block.render(value, context={"request": request})


def test_a_block_presents_the_first_photos_to_who_may_see_them(rf, portfolio):
    gallery = listed_gallery(portfolio)
    for _ in range(3):
        testing.make_photo(gallery)
    text = block_html(rf, gallery)
    assert text.count('class="pumba-tile ') == 2
    assert "Seen" in text
    assert "give-heart" not in text


def test_a_block_says_nothing_at_all_to_who_may_not(rf):
    gallery = testing.make_gallery()
    testing.make_photo(gallery)
    assert block_html(rf, gallery).strip() == ""


def test_a_block_knows_a_link_holder(rf, client, gallery, link):
    testing.make_photo(gallery)
    client.get(f"/galleries/s/{links.token(link)}")
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    assert "pumba-tile" in block_html(rf, gallery, cookies=cookies)


def test_a_template_can_ask_for_the_first_tiles(rf, portfolio):
    gallery = listed_gallery(portfolio)
    request = rf.get("/")
    request.user = testing.make_user()
    template = Template(
        "{% load pumbaphoto_tags %}{% gallery_tiles gallery 1 as tiles %}"
        "{% for tile in tiles %}{{ tile.pictures.grid.url }}{% endfor %}"
    )
    text = template.render(Context({"request": request, "gallery": gallery}))
    assert text.startswith("/galleries/media/photo/")


# --- The latest galleries ------------------------------------------------------------------------


def latest(rf, user=None, **value):
    request = rf.get("/")
    request.user = user or testing.make_user()
    block = LatestGalleriesBlock()
    words = {"heading": "Lately", "page": None, "amount": 2, "link_text": "All of them", **value}
    return block.render(block.to_python(words), {"request": request})


def test_any_page_can_show_the_latest_galleries_that_everybody_may_see(rf, portfolio):
    shoots = {year: listed_gallery(portfolio, f"In {year}") for year in (2023, 2024, 2025, 2026)}
    for year, gallery in shoots.items():
        Gallery.objects.filter(pk=gallery.pk).update(shoot_date=date(year, 5, 1))
    shoots[2026].policy.delete()
    for user in (None, shoots[2026].owner):
        text = latest(rf, user)
        assert [year for year in shoots if f"In {year}" in text] == [2024, 2025]
        assert f'<a href="{portfolio.url}">All of them</a>' in text


def test_where_there_are_none_nothing_is_said(rf, portfolio):
    assert "Lately" not in latest(rf)
    listed_gallery(portfolio)
    assert "Lately" in latest(rf, page=portfolio.pk)
    assert "Lately" not in latest(rf, page=testing.make_index_page(IndexKind.PORTFOLIO).pk)


def test_a_template_can_ask_for_the_latest_galleries(rf, portfolio):
    gallery = listed_gallery(portfolio)
    template = Template(
        "{% load pumbaphoto_tags %}{% pumba_latest_galleries 3 as cards %}"
        "{% for card in cards %}{{ card.title }} {{ card.photos }} {{ card.url }}{% endfor %}"
    )
    request = rf.get("/")
    text = template.render(Context({"request": request}))
    assert text == f"{gallery.title} 1 {gallery.main_page.url}"
