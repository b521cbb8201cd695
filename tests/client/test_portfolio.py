"""The portfolio as its visitors walk through it; the tests are named after what they owe."""

import re
from datetime import date
from itertools import pairwise
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection
from django.db.models.signals import post_init
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from wagtail.models import Page

from pumbaphoto_wagtail import access, testing
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, Photo, Visibility
from pumbaphoto_wagtail.pages.models import GalleryIndexPage, GalleryPage
from pumbaphoto_wagtail.proofing import links, portfolio, portfolio_cards
from pumbaphoto_wagtail.proofing.portfolio import IndexKind, Order

pytestmark = pytest.mark.django_db
EVERYBODY = access.Viewer()
LINKED = re.compile(r'<h[23] class="pumba-card__title"><a href="[^"]*">([^<]*)</a>')
YEARS = re.compile(r'class="pumba-group__year" id="[^"]*">([^<]*)<')


@pytest.fixture
def maria():
    return testing.make_photographer("maria")


@pytest.fixture
def index(db):
    return testing.make_index_page(IndexKind.PORTFOLIO, title="Portfolio", slug="portfolio")


def album(index, title, **fields):
    """An index page below another."""
    fields.setdefault("kind", IndexKind.PORTFOLIO)
    return index.add_child(instance=GalleryIndexPage(title=title, **fields))


@pytest.fixture
def make(index, maria):
    """Makes a listed gallery that everybody may see; ``on`` is the index page it is put on."""

    def make(title, shoot_date=None, *, on=None, photos=0, visibility=Visibility.PUBLIC, **fields):
        fields = {"is_listed": True, "owner": maria, **fields}
        gallery = testing.make_gallery(title, has_page=False, shoot_date=shoot_date, **fields)
        testing.make_page(gallery, index_page=Page.objects.get(pk=(on or index).pk))
        if visibility:
            testing.make_policy(visibility, gallery=gallery)
        if photos:
            testing.make_many_photos(gallery, photos)
        return gallery

    return make


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def page_of(address, client=None):
    answer = (client or Client()).get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def titles(address, client=None):
    """What is on the cards of a page, in their order."""
    return LINKED.findall(page_of(address, client))


# --- The listing ---------------------------------------------------------------------------------


def test_m46_twenty_galleries_a_page_the_newest_first_under_their_years(index, make):
    for month in range(1, 13):
        make(f"{month} in 2024", date(2024, month, 1))
        make(f"{month} in 2025", date(2025, month, 1))
    first, second = page_of(index.url), page_of(f"{index.url}?page=2")

    assert LINKED.findall(first)[:2] == ["12 in 2025", "11 in 2025"]
    assert [len(LINKED.findall(text)) for text in (first, second)] == [20, 4]
    assert [YEARS.findall(text) for text in (first, second)] == [["2025", "2024"], ["2024"]]
    assert "1–20 of 24" in first


def test_b17_galleries_of_one_title_stand_side_by_side_at_addresses_of_their_own(index, make):
    made = [make("Smith", date(year, 5, 1)) for year in (2025, 2024)]

    assert titles(index.url) == ["Smith", "Smith"]
    assert len({gallery.main_page.url for gallery in made}) == 2


def test_m46_future_and_empty_galleries_are_there_and_undated_ones_come_last(index, make):
    make("Undated")
    make("Long ago", date(1998, 5, 1))
    make("To come", date(2061, 5, 1))
    text = page_of(index.url)

    assert LINKED.findall(text) == ["To come", "Long ago", "Undated"]
    assert YEARS.findall(text) == ["2061", "1998", "Undated"]
    assert "No photos you can see" in text


def test_m46_a_page_that_is_not_there_is_the_first_or_the_last(index, make):
    make("Only one")
    for page in ("0", "-1", "²", "x", "999", ""):
        assert titles(f"{index.url}?page={page}") == ["Only one"], page


def test_m46_m57_counts_are_of_what_this_viewer_may_see(index, make):
    gallery = make("Coast", photos=3)
    hidden, members_only, _shown = gallery.photos.all()
    Photo.objects.filter(pk=hidden.pk).update(is_hidden=True)
    testing.make_policy(Visibility.MEMBERS, photo=members_only)

    assert "1 photo<" in page_of(index.url)
    assert "2 photos<" in page_of(index.url, signed_in(gallery.owner))


def test_m37_a_gallery_that_shows_this_viewer_no_photo_is_listed_all_the_same(index, make):
    gallery = make("Coast", photos=1)
    testing.make_policy(Visibility.MEMBERS, photo=gallery.photos.get())

    assert titles(index.url) == ["Coast"]
    assert "1 photo<" not in page_of(index.url)
    assert str(gallery.photos.get().uuid) not in page_of(gallery.main_page.url)


def test_m45_each_thing_has_an_address_below_its_page(index, make):
    gallery = make("Coast", date(2025, 3, 1), photos=1)
    page = gallery.main_page.specific
    photo = page.url + page.reverse_subpage("photo_view", [gallery.photos.get().uuid])
    year = index.url + index.reverse_subpage("year", ["2025"])

    assert year == f"{index.url}year/2025/"
    for address in (index.url, year, page.url, photo):
        page_of(address)
    latest = Client().get(index.url + index.reverse_subpage("latest"))
    assert (latest.status_code, latest["Location"]) == (302, page.url)


def test_m58_what_stands_around_years_and_galleries_can_be_said_in_any_language(
    index, make, monkeypatch
):
    make("Coast", date(2025, 3, 1))
    make("Sea")
    monkeypatch.setattr(translation._trans, "gettext", lambda words: f"«{words}»")

    assert YEARS.findall(page_of(index.url)) == ["2025", "«Undated»"]
    assert titles(index.url) == ["Coast", "Sea"]


def test_b23_b32_the_page_says_in_which_order(index, make):
    for title, day in (("Undated", None), ("Cod", 9), ("ash", 1), ("Bay", 5)):
        make(title, day and date(2025, 3, day))
    expected = {
        Order.NEWEST: ["Cod", "Bay", "ash", "Undated"],
        Order.OLDEST: ["ash", "Bay", "Cod", "Undated"],
        Order.TITLE: ["ash", "Bay", "Cod", "Undated"],
        Order.BY_HAND: ["Undated", "Cod", "ash", "Bay"],
    }
    for order in Order.values:
        GalleryIndexPage.objects.filter(pk=index.pk).update(order=order)
        assert titles(index.url) == expected[order], order


def test_m56_the_page_title_is_the_title_and_cards_have_what_the_page_says(index, make):
    gallery = make("Smith 2025-03 proofs v2")
    Page.objects.filter(pk=gallery.main_page_id).update(title="Anna & Tom")
    text = page_of(index.url)

    assert '<h1 class="pumba-title">Portfolio</h1>' in text
    assert LINKED.findall(text) == ["Anna &amp; Tom"]
    assert "proofs" not in text


# --- Years ---------------------------------------------------------------------------------------


def test_m48_a_year_has_its_galleries_and_the_ways_to_the_years_beside_it(index, make):
    for year in (2022, 2024, 2025):
        make(f"In {year}", date(year, 2, 1))
    text = page_of(f"{index.url}year/2024/")

    assert LINKED.findall(text) == ["In 2024"]
    assert f'rel="prev" href="{index.url}year/2025/"' in text
    assert f'rel="next" href="{index.url}year/2022/"' in text
    assert 'aria-current="page">2024</a>' in text


def test_m48_x75_a_year_of_nothing_is_not_there(index, make):
    make("In 2024", date(2024, 2, 1))
    for year in ("²²²²", "0", "0000", "2023", "20245", "-2024", "٢٠٢٤", "2024.0"):
        assert Client().get(f"{index.url}year/{year}/").status_code == 404, year


def test_m48_a_year_is_there_for_whom_there_is_anything_in_it(index, make, maria):
    make("Private", date(2023, 2, 1), visibility=None)
    address = f"{index.url}year/2023/"

    assert Client().get(address).status_code == 404
    assert titles(address, signed_in(maria)) == ["Private"]


def test_b25_x75_years_are_of_the_whole_tree_below_and_on_every_level(index, make):
    weddings = album(index, "Weddings")
    make("Deep", date(2024, 2, 1), on=album(weddings, "Summer weddings"))
    make("Other", date(2024, 3, 1))

    assert titles(f"{index.url}year/2024/") == ["Other", "Deep"]
    assert titles(f"{weddings.url}year/2024/") == ["Deep"]


def test_pages_named_as_the_ways_of_an_index_are_still_found(index, make):
    make("Latest", date(2024, 2, 1))
    Page.objects.filter(title="Latest").update(slug="latest", url_path=f"{index.url_path}latest/")
    inside = album(album(index, "Year", slug="year"), "2024", slug="2024")

    assert "<title>Latest" in page_of(f"{index.url}latest/")
    assert inside.title in page_of(f"{index.url}year/2024/")


# --- Latest --------------------------------------------------------------------------------------


def test_m54_latest_leads_to_the_newest_that_is_visible_or_back(index, make):
    assert Client().get(f"{index.url}latest/").url == index.url
    make("Undated")
    older = make("Older", date(2024, 2, 1), on=album(index, "Weddings"))
    make("Private", date(2025, 2, 1), visibility=None)
    answer = Client().get(f"{index.url}latest/")

    assert (answer.status_code, answer.url) == (302, older.main_page.url)


# --- Search --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("searchable")
def test_m47_x57_a_search_finds_titles_in_any_case(index, make):
    make("Harbour wedding on Öland")
    make("Portraits")
    for words in ("harbour", "HARBOUR", "harb", "arbour", "wedding harbour", "ÖLAND", " öla "):
        text = page_of(f"{index.url}?q={words}")
        assert LINKED.findall(text) == ["Harbour wedding on Öland"], words
        assert f"Results for “{words.strip()}”" in text
        assert f'<a href="{index.url}">See all galleries</a>' in text


@pytest.mark.usefixtures("searchable")
def test_m47_whatever_is_searched_for_is_answered_in_words(index, make):
    make("Harbour")
    for words in ("zebra", "%25", "_", "'", '"', "*", "(", "AND", "a OR", "\\", "-x", "x" * 5000):
        text = page_of(f"{index.url}?q={words}")
        assert LINKED.findall(text) == [], words
        assert "No gallery matches." in text, words
    for nothing in ("%00", "%20", ""):
        assert titles(f"{index.url}?q={nothing}") == ["Harbour"]


def test_m47_a_search_goes_on_over_pages_and_through_the_tree(index, make):
    weddings = album(index, "Weddings")
    for number in range(21):
        make(f"Sea {number}", on=weddings)
    make("Land")
    text = page_of(f"{index.url}?q=sea")

    assert len(LINKED.findall(text)) == 20
    assert 'href="?q=sea&amp;page=2"' in text
    assert titles(f"{index.url}?q=sea&page=2") == ["Sea 0"]
    assert titles(f"{index.url}?q=wedd") == ["Weddings"], "albums have titles, too"


def test_m47_a_search_knows_nothing_of_clients_or_of_what_is_not_visible(index, make):
    gallery = make("By the sea")
    gallery.clients.add(testing.make_client("Gerda Holm", collection=gallery.collection))
    make("Secret sea", visibility=None)

    assert titles(f"{index.url}?q=gerda") == []
    assert titles(f"{index.url}?q=sea") == ["By the sea"]


# --- Covers and samples --------------------------------------------------------------------------


def cards(index, *galleries, size=5, viewer=EVERYBODY):
    found = portfolio_cards.with_covers(Gallery.objects.filter(pk__in=[g.pk for g in galleries]))
    return portfolio_cards.gallery_cards(
        found.order_by("pk"), viewer, None, sample_size=size, on=index
    )


def shown(card):
    return [card.lead, *card.others] if card.lead else []


def addresses(card):
    return [one.pictures.grid.url for one in shown(card)]


def test_m49_five_photos_the_same_all_day_and_in_their_order(index, make, monkeypatch):
    gallery = make("Coast", photos=60)
    order = [photo.uuid for photo in gallery.photos.in_order()]

    def drawn():
        [card] = cards(index, gallery)
        assert card.photos == 60
        return [order.index(_uuid(address)) for address in addresses(card)]

    today = drawn()
    assert today == drawn() == sorted(today)
    assert len(today) == 5
    other_days = set()
    for day in (1, 2, 3):
        monkeypatch.setattr(
            portfolio_cards.timezone, "localdate", lambda day=day: date(2031, 1, day)
        )
        other_days.add(tuple(drawn()))
    assert len(other_days) == 3


def _uuid(address):
    return UUID(re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", address)[0])


def test_m49_where_there_are_fewer_all_are_shown(index, make):
    [few, none] = cards(index, make("Few", photos=3), make("None"))
    assert [len(shown(card)) for card in (few, none)] == [3, 0]


def test_m49_only_what_the_viewer_may_see_is_drawn_from(index, make):
    gallery = make("Coast", photos=12)
    allowed = {photo.uuid for photo in gallery.photos.all()[:6]}
    for photo in gallery.photos.exclude(uuid__in=allowed):
        testing.make_policy(Visibility.MEMBERS, photo=photo)
    [card] = cards(index, gallery)

    assert card.photos == 6
    assert {_uuid(address) for address in addresses(card)} < allowed
    [staff] = cards(index, gallery, size=12, viewer=access.Viewer(user=gallery.owner))
    assert len(shown(staff)) == 12


def test_m49_the_page_says_how_many(index, make):
    gallery = make("Coast", photos=20)
    for size in (0, 1, 12):
        [card] = cards(index, gallery, size=size)
        assert len(shown(card)) == max(1, size)


def test_m49_b70_the_cover_of_a_page_comes_first_for_who_may_see_it(index, make):
    gallery = make("Coast", photos=20)
    cover = gallery.photos.all()[7]
    GalleryPage.objects.filter(gallery=gallery).update(cover=cover)
    [card] = cards(index, gallery)

    assert _uuid(card.lead.pictures.grid.url) == cover.uuid
    assert len(set(addresses(card))) == 5
    testing.make_policy(Visibility.MEMBERS, photo=cover)
    [card] = cards(index, gallery)
    assert cover.uuid not in {_uuid(address) for address in addresses(card)}


def test_m49_a_landscape_fills_the_card_where_there_is_one(index, make):
    gallery = make("Tall", photos=4)
    tall, *_others, wide = gallery.photos.in_order()
    gallery.photos.exclude(pk=wide.pk).update(width=4000, height=6000)
    [card] = cards(index, gallery)

    assert _uuid(card.lead.pictures.grid.url) == wide.uuid
    assert _uuid(card.others[0].pictures.grid.url) == tall.uuid


def test_x56_no_photo_is_read_but_those_that_are_shown(index, make):
    for number in range(4):
        make(f"Coast {number}", photos=100)
    read = []
    count = lambda sender, **kwargs: read.append(sender)  # noqa: E731
    post_init.connect(count, sender=Photo)
    try:
        page_of(index.url)
    finally:
        post_init.disconnect(count, sender=Photo)

    assert len(read) == 4 * 5


@pytest.mark.parametrize("who", ["anybody", "member", "staff"])
def test_x56_a_listing_costs_the_same_queries_for_any_number(
    index, make, maria, who, django_assert_num_queries
):
    make("Few", date(2025, 2, 1), photos=8, on=album(index, "Weddings"))
    make("First", date(2025, 2, 1), photos=8)
    browser = Client()
    if who != "anybody":
        browser.force_login(maria if who == "staff" else testing.make_user("eva"))
    page_of(index.url, browser)
    expected = {"anybody": 21, "member": 32, "staff": 37}[who]
    with django_assert_num_queries(expected):
        page_of(index.url, browser)
    for number in range(3):
        make(f"More {number}", date(2019 + number, 2, 1), photos=8)
        make(f"Deep {number}", date(2019 + number, 2, 1), photos=8, on=album(index, f"A{number}"))
    with django_assert_num_queries(expected):
        assert len(titles(index.url, browser)) == 8


# --- Albums --------------------------------------------------------------------------------------


def test_b15_an_index_page_has_albums_and_galleries_and_says_what_is_below(index, make):
    weddings = album(index, "Weddings")
    make("One", on=weddings, photos=2)
    make("Two", on=album(weddings, "Summer weddings"), photos=3)
    make("Portraits", photos=1)
    text = page_of(index.url)

    assert LINKED.findall(text) == ["Weddings", "Portraits"]
    assert "2 galleries<" in text
    assert "5 photos<" in text
    assert titles(weddings.url) == ["Summer weddings", "One"]


def test_b26_an_album_with_nothing_to_see_is_not_there(index, make, maria):
    album(index, "Empty")
    make("Private", on=album(index, "Only private ones"), visibility=None)
    unlisted = album(index, "Quiet")
    make("Quiet one", on=unlisted)
    testing.make_policy(Visibility.UNLISTED, page=Page.objects.get(pk=unlisted.pk))
    draft = album(index, "Draft", live=False)
    make("In a draft", on=draft)

    assert titles(index.url) == []
    assert "Nothing to see here yet." in page_of(index.url)
    assert titles(unlisted.url) == ["Quiet one"]
    assert titles(index.url, signed_in(maria)) == ["Only private ones", "Quiet one"]


def test_a_client_area_lists_nothing_and_is_in_no_list_above_it(index, make, maria):
    clients = album(index, "Clients", kind=IndexKind.CLIENT_AREA)
    make("Imported", date(2025, 2, 1), on=clients)
    make("Deeper", date(2025, 2, 1), on=album(clients, "Deeper"))
    for browser in (Client(), signed_in(maria)):
        assert titles(index.url, browser) == titles(clients.url, browser) == []
        assert browser.get(f"{index.url}year/2025/").status_code == 404
        assert browser.get(f"{clients.url}year/2025/").status_code == 404
        assert browser.get(f"{clients.url}latest/").url == clients.url
        assert titles(f"{index.url}?q=imported", browser) == []


def test_b15_b70_an_album_shows_its_cover_or_its_newest_galleries(index, make):
    weddings = album(index, "Weddings")
    old = make("Old", date(2020, 1, 1), on=weddings, photos=4)
    make("New and empty", date(2025, 1, 1), on=weddings)
    new = make("New", date(2024, 1, 1), on=weddings, photos=4)
    galleries = {gallery.pk: gallery.title for gallery in (old, new)}

    def of_pictures():
        pictures = re.findall(r"/photo/([0-9a-f-]{36})/view", page_of(index.url))
        photos = Photo.objects.in_bulk(dict.fromkeys(pictures), field_name="uuid")
        return [galleries[photos[uuid].gallery_id] for uuid in photos], photos

    names, _photos = of_pictures()
    assert sorted(names) == ["New", "New", "New", "Old", "Old"]
    cover = old.photos.in_order().last()
    GalleryIndexPage.objects.filter(pk=weddings.pk).update(cover=cover)
    assert f"{cover.uuid}/display" in page_of(index.url)
    testing.make_policy(Visibility.MEMBERS, photo=cover)
    assert str(cover.uuid) not in page_of(index.url)


def test_b24_the_way_up_is_named_as_far_as_one_may_see_it(index, make):
    weddings = album(index, "Weddings")
    gallery = make("Anna and Tom", on=album(weddings, "Summer weddings"))
    way = re.findall(r'<li><a href="([^"]*)">', page_of(gallery.main_page.url).split("</nav>")[0])

    assert way == [index.url, weddings.url, f"{weddings.url}summer-weddings/"]
    testing.make_policy(Visibility.MEMBERS, page=Page.objects.get(pk=index.pk))
    way = re.findall(r'<li><a href="([^"]*)">', page_of(gallery.main_page.url).split("</nav>")[0])
    assert index.url not in way


def test_b21_what_is_not_for_everybody_is_marked_for_those_who_see_it(index, make, maria):
    make("Public")
    make("Private", visibility=None)

    assert "Not for everybody" not in page_of(index.url)
    assert page_of(index.url, signed_in(maria)).count("Not for everybody") == 1


def test_b27_x76_no_album_can_be_put_below_itself(index):
    weddings = album(index, "Weddings")
    deeper = album(weddings, "Deeper")
    with pytest.raises(Exception, match=r"(?i)descendant"):
        Page.objects.get(pk=weddings.pk).move(Page.objects.get(pk=deeper.pk), pos="last-child")


# --- From gallery to gallery ---------------------------------------------------------------------


def beside(address, client=None):
    text = page_of(address, client)
    return {
        rel: match and match[1]
        for rel in ("prev", "next")
        for match in [re.search(rf'<a class="pumba-beside__\w+" rel="{rel}" href="([^"]*)"', text)]
    }


def test_m51_x40_every_gallery_has_one_before_and_one_after_it_in_every_order(index, make):
    days = [None, date(2025, 3, 1), date(2025, 3, 1), None, date(2024, 1, 1), date(2025, 3, 1)]
    galleries = {make("Same title", day).pk for day in days}
    listed = portfolio.galleries_below([index], EVERYBODY)
    for order in Order.values:
        walk = [*portfolio.ordered(listed, order)]
        assert {gallery.pk for gallery in walk} == galleries
        for before, gallery, after in zip([None, *walk], walk, [*walk[1:], None], strict=False):
            found = portfolio.beside(listed, order, gallery)
            assert (found.previous, found.next) == (before, after), order


def test_m50_it_goes_no_further_than_what_the_viewer_may_list(index, make, maria):
    first = make("First", date(2025, 3, 3))
    private = make("Private", date(2025, 3, 2), visibility=None)
    last = make("Last", date(2025, 3, 1))
    unlisted = make("Unlisted", date(2025, 3, 1), visibility=Visibility.UNLISTED)

    assert beside(first.main_page.url) == {"prev": None, "next": last.main_page.url}
    assert beside(last.main_page.url) == {"prev": first.main_page.url, "next": None}
    assert beside(first.main_page.url, signed_in(maria))["next"] == private.main_page.url
    assert beside(unlisted.main_page.url) == {"prev": None, "next": None}
    assert f'href="{index.url}">All galleries</a>' in page_of(unlisted.main_page.url)


def test_who_comes_with_a_link_is_shown_no_portfolio(index, make):
    gallery = make("First", date(2025, 3, 3))
    make("Second", date(2025, 3, 2))
    link = testing.make_link(gallery)
    browser = Client()
    browser.get(f"/galleries/s/{links.token(link)}")
    text = page_of(gallery.main_page.url, browser)

    assert "pumba-beside" not in text
    assert "pumba-ways" not in text


def test_a_client_area_has_no_ways(make):
    clients = testing.make_index_page(IndexKind.CLIENT_AREA)
    gallery = make("First", on=clients)
    make("Second", on=clients)
    text = page_of(gallery.main_page.url)
    assert "pumba-beside" not in text
    assert "pumba-ways" not in text


def test_the_ways_cost_a_gallery_page_two_queries(index, make):
    gallery = make("First", date(2025, 3, 3), photos=3)
    elsewhere = make(
        "Elsewhere", photos=3, on=testing.make_index_page(IndexKind.CLIENT_AREA, title="Clients")
    )
    counts = []
    for address in (elsewhere.main_page.url, gallery.main_page.url):
        page_of(address)
        with CaptureQueriesContext(connection) as asked:
            page_of(address)
        counts.append(len(asked))
    assert counts[1] - counts[0] <= 2


def test_m52_m53_photos_without_a_date_have_their_places_too(index, make):
    gallery = make("Coast", photos=4)
    Photo.objects.filter(pk=gallery.photos.last().pk).update(ordered_at="2025-03-01T10:00:00Z")
    walk = [photo.uuid for photo in gallery.photos.in_order()]
    for before, after in pairwise(walk):
        text = page_of(f"{gallery.main_page.url}photo/{before}/")
        assert f'rel="next" href="{gallery.main_page.url}photo/{after}/"' in text


# --- Shared with me ------------------------------------------------------------------------------


@pytest.fixture
def eva(make):
    """Somebody who may see one gallery that others may not."""
    eva = testing.make_user("eva")
    friends = Group.objects.create(name="Friends")
    eva.groups.add(friends)
    shared = make("Shared", date(2025, 1, 2), visibility=None)
    testing.make_policy(Visibility.MEMBERS, gallery=shared, groups=[friends])
    make("Public", date(2024, 1, 1))
    return eva


def test_m39_who_is_signed_in_finds_what_was_shared_first_and_everything_behind_a_tab(index, eva):
    browser = signed_in(eva)
    text = page_of(index.url, browser)

    assert LINKED.findall(text) == ["Shared"]
    assert 'href="/portfolio/?show=everything">Everything</a>' in text
    assert titles(f"{index.url}?show=everything", browser) == ["Shared", "Public"]
    assert titles(index.url, browser) == ["Shared", "Public"], "it is remembered"
    assert titles(f"{index.url}?show=shared", browser) == ["Shared"]


def test_m39_everybody_else_finds_everything_and_no_tabs(index, eva, maria):
    for browser in (Client(), signed_in(maria)):
        text = page_of(f"{index.url}?show=shared", browser)
        assert "Public" in LINKED.findall(text)
        assert "Shared with me" not in text
        assert browser.cookies.keys() <= {"sessionid"}
    visitor = Client()
    visitor.get(f"{index.url}?show=everything")
    assert "sessionid" not in visitor.cookies, "no session is made for who is not signed in"


def test_m40_it_is_about_lists_alone(index, eva):
    browser = signed_in(eva)
    public = Gallery.objects.get(title="Public").main_page
    shared = Gallery.objects.get(title="Shared").main_page

    assert browser.get(f"{index.url}latest/").url == shared.url
    assert browser.get(public.url).status_code == 200, "X41: what may be seen opens"
    assert beside(shared.url, browser) == {"prev": None, "next": None}
    assert "Nothing of 2024 has been shared" in page_of(f"{index.url}year/2024/", browser)
    page_of(f"{index.url}?show=everything", browser)
    assert beside(shared.url, browser)["next"] == public.url
    assert titles(f"{index.url}year/2024/", browser) == ["Public"]


def test_m39_who_shares_nothing_finds_everything_at_once(index, eva):
    text = page_of(index.url, signed_in(testing.make_user("tom")))
    assert LINKED.findall(text) == ["Public"]
    assert 'aria-current="true">Everything' in text


def test_m39_a_gallery_one_came_to_with_a_link_is_shared_with_one(index, eva):
    public = Gallery.objects.get(title="Public")
    browser = signed_in(testing.make_user("tom"))
    browser.get(f"/galleries/s/{links.token(testing.make_link(public))}")
    assert titles(f"{index.url}?show=shared", browser) == ["Public"]


# --- Who may look, and what caches may keep ------------------------------------------------------


def test_b20_m55_what_may_not_be_seen_looks_like_what_is_not_there(index, make):
    members = album(index, "Members")
    make("For members", date(2025, 2, 1), on=members, visibility=None)
    testing.make_policy(Visibility.MEMBERS, page=Page.objects.get(pk=members.pk))
    for address in (members.url, f"{members.url}latest/", f"{members.url}year/2025/"):
        assert Client().get(address).status_code == 404


def test_x77_no_cache_keeps_a_listing_and_what_was_made_private_is_gone_at_once(index, make):
    gallery = make("Coast", date(2025, 2, 1))
    for address in (index.url, f"{index.url}year/2025/", f"{index.url}latest/"):
        answer = Client().get(address)
        assert answer["Cache-Control"] == "private, no-store"
        assert "Cookie" in answer["Vary"]
    assert "X-Robots-Tag" not in Client().get(index.url)
    assert "noindex" in Client().get(f"{index.url}?q=coast")["X-Robots-Tag"]
    AccessPolicy.objects.filter(gallery=gallery).delete()
    assert titles(index.url) == []


def test_b19_the_listing_agrees_with_the_resolver_for_everybody(index, make, maria, eva):
    make("Unlisted", visibility=Visibility.UNLISTED)
    make("Not ticked", is_listed=False)
    make("Private", visibility=None)
    for user in (AnonymousUser(), testing.make_user("tom"), eva, maria):
        viewer = access.Viewer(user=user)
        found = {gallery.title for gallery in portfolio.galleries_below([index], viewer)}
        named = {
            gallery.title
            for gallery in Gallery.objects.all()
            if access.may_be_named(viewer, gallery, on=index)
        }
        assert found == named


def test_galleries_below_several_pages_are_those_below_each(index, make):
    weddings, portraits = album(index, "Weddings"), album(index, "Portraits")
    make("Elsewhere")
    for on in (weddings, portraits):
        make(f"On {on.title}", on=on)
    found = portfolio.galleries_below([weddings, portraits, weddings], EVERYBODY)

    assert sorted(gallery.title for gallery in found) == ["On Portraits", "On Weddings"]
    assert not portfolio.galleries_below([], EVERYBODY).exists()
