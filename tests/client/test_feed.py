"""B13, B73: the feed of a portfolio, social cards, sitemaps, and search engines that stay out."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from django.test import Client
from wagtail.contrib.sitemaps.sitemap_generator import Sitemap
from wagtail.models import Page

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, Photo, StudioSettings, Visibility
from pumbaphoto_wagtail.pages.models import IndexKind
from pumbaphoto_wagtail.proofing import links

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
ODD = 'Sea & <Sky> "2026" \u2014 caf\u00e9'


def gallery(index, title, visibility=None, **policy):
    made = testing.make_gallery(title, has_page=False, is_listed=True)
    testing.make_page(made, index_page=index, first_published_at=datetime(2026, 7, 1, tzinfo=UTC))
    if visibility:
        testing.make_policy(visibility, gallery=made, **policy)
    return Gallery.objects.get(pk=made.pk)


@pytest.fixture
def world(db):
    index = testing.make_index_page(
        IndexKind.PORTFOLIO, title="Work", search_description="What I like"
    )
    album = index.add_child(instance=type(index)(title="Album", kind=IndexKind.PORTFOLIO))
    member = testing.make_user("member")
    found = SimpleNamespace(
        index=index,
        album=album,
        member=member,
        public=gallery(index, ODD, Visibility.PUBLIC),
        below=gallery(album, "Below", Visibility.PUBLIC),
        unlisted=gallery(index, "Secret address", Visibility.UNLISTED),
        members=gallery(index, "Secret club", Visibility.MEMBERS, users=[member]),
        private=gallery(index, "Secret wedding"),
    )
    found.photo = testing.make_photo(found.public, width=90, height=60)
    return found


def feed(index, browser=None):
    return (browser or Client()).get(f"{index.url}feed/")


def entries(response):
    return ElementTree.fromstring(response.content).findall(f"{ATOM}entry")


# --- The feed ------------------------------------------------------------------------------------


def test_b73_it_names_what_everybody_finds_listed_and_nothing_else(world):
    response = feed(world.index)
    assert response["Content-Type"].startswith("application/atom+xml")
    assert {entry.find(f"{ATOM}title").text for entry in entries(response)} == {ODD, "Below"}
    assert b"Secret" not in response.content
    assert [entry.find(f"{ATOM}title").text for entry in entries(feed(world.album))] == ["Below"]


def test_b73_it_is_the_same_whoever_asks(world):
    public = feed(world.index)
    for user in (world.private.owner, world.member, testing.make_user(is_superuser=True)):
        browser = Client()
        browser.force_login(user)
        assert feed(world.index, browser).content == public.content
    holder = Client()
    holder.get(f"/galleries/s/{links.token(testing.make_link(world.private))}")
    assert feed(world.index, holder).content == public.content


def test_an_entry_says_when_where_and_with_which_picture(world):
    [entry] = [e for e in entries(feed(world.index)) if e.find(f"{ATOM}title").text == ODD]
    assert entry.find(f"{ATOM}id").text == f"urn:uuid:{world.public.uuid}"
    assert entry.find(f"{ATOM}published").text == "2026-07-01T00:00:00+00:00"
    assert entry.find(f"{ATOM}updated").text > "2026-07-01T00:00:00+00:00"
    by_kind = {link.get("rel"): link for link in entry.findall(f"{ATOM}link")}
    assert by_kind["alternate"].get("href") == world.public.main_page.full_url
    enclosed = by_kind["enclosure"]
    picture = Client().get(enclosed.get("href").removeprefix("http://localhost"))
    assert picture["Content-Type"] == enclosed.get("type") == "image/jpeg"
    assert len(b"".join(picture)) == int(enclosed.get("length"))


def test_the_feeds_identity_stays_when_its_page_is_moved_and_renamed(world):
    def identity():
        return ElementTree.fromstring(feed(world.index).content).find(f"{ATOM}id").text

    before = identity()
    assert before.startswith("urn:uuid:")
    world.index.slug, world.index.title = "other", "Other"
    world.index.save()
    world.index.refresh_from_db()
    assert identity() == before


def test_a_title_that_xml_cannot_hold_breaks_nothing(world):
    Page.objects.filter(pk=world.public.main_page_id).update(title="Sea\x0b & \x00sky\ufffe")
    found = {entry.find(f"{ATOM}title").text for entry in entries(feed(world.index))}
    assert "Sea & sky" in found


def test_who_has_it_still_gets_no_bytes(world):
    first = feed(world.index)
    assert first["Cache-Control"] == "no-cache"
    address = f"{world.index.url}feed/"
    again = Client().get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    AccessPolicy.objects.filter(gallery=world.public).delete()
    changed = Client().get(address, headers={"if-none-match": first["ETag"]})
    assert (changed.status_code, len(entries(changed))) == (200, 1)


def test_what_is_not_for_everybody_has_no_feed_for_anybody(world):
    clients = testing.make_index_page(IndexKind.CLIENT_AREA)
    closed = testing.make_index_page(IndexKind.PORTFOLIO)
    testing.make_policy(Visibility.MEMBERS, page=closed, users=[world.member])
    browser = Client()
    browser.force_login(world.member)
    for page in (clients, closed):
        assert feed(page).status_code == 404
        assert feed(page, browser).status_code == 404


def test_a_feed_asks_the_same_however_long_it_is(world, django_assert_max_num_queries):
    for number in range(5):
        testing.make_many_photos(gallery(world.index, f"More {number}", Visibility.PUBLIC), 2)
    with django_assert_max_num_queries(20):
        assert len(entries(feed(world.index))) == 7


# --- Cards ---------------------------------------------------------------------------------------


def head(address, browser=None):
    text = (browser or Client()).get(address).content.decode()
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', text)
    links_there = re.findall(r'<link rel="(canonical|alternate)".*? href="([^"]+)"', text)
    return dict([*found, *links_there])


def test_a_public_page_has_a_card_with_its_picture_and_one_address(world):
    told = head(f"{world.public.main_page.url}?page=1&show=all")
    assert told["canonical"] == told["og:url"] == world.public.main_page.full_url
    assert told["og:title"] == "Sea &amp; &lt;Sky&gt; &quot;2026&quot; \u2014 caf\u00e9"
    assert told["og:site_name"] == "Test studio"
    assert told["twitter:card"] == "summary_large_image"
    assert (told["og:image:width"], told["og:image:height"]) == ("90", "60")
    picture = Client().get(told["og:image"].removeprefix("http://localhost"))
    assert picture.status_code == 200


def test_a_photo_of_it_has_a_card_of_its_own(world):
    page = world.public.main_page
    told = head(f"{page.url}photo/{world.photo.uuid}/")
    assert told["canonical"] == f"{page.full_url}photo/{world.photo.uuid}/"
    assert str(world.photo.uuid) in told["og:image"]


def test_an_index_has_a_card_and_leads_to_its_feed(world):
    told = head(world.index.url)
    assert told["og:title"] == "Work"
    assert told["og:description"] == "What I like"
    assert told["alternate"] == f"{world.index.full_url}feed/"
    assert str(world.photo.uuid) in told["og:image"]


def test_what_is_not_for_everybody_has_no_card(world):
    holder, member = Client(), Client()
    holder.get(f"/galleries/s/{links.token(testing.make_link(world.private))}")
    member.force_login(world.member)
    for browser, hidden in ((holder, world.private), (member, world.members)):
        address = hidden.main_page.url
        assert browser.get(address).status_code == 200
        assert not [name for name in head(address, browser) if name.startswith(("og:", "tw"))]
        robot = Client(headers={"user-agent": "facebookexternalhit/1.1"}).get(address)
        assert robot.status_code == 404
        assert b"Secret" not in robot.content


def test_a_cards_picture_is_one_that_everybody_sees(world):
    page = world.public.main_page.specific
    page.cover = testing.make_photo(world.public, is_hidden=True)
    page.save()
    assert str(world.photo.uuid) in head(page.url)["og:image"]
    Photo.objects.update(is_hidden=True)
    assert "og:image" not in head(page.url)


# --- Robots and sitemaps -------------------------------------------------------------------------


def locations(rf):
    request = rf.get("/", HTTP_HOST="localhost")
    named = [page.get_sitemap_urls(request) for page in Sitemap(request).items()]
    return {entry["location"] for each in named for entry in each}


def test_the_sitemap_has_what_everybody_may_find(world, rf):
    found = locations(rf)
    public = (world.index, world.album, world.public.main_page, world.below.main_page)
    assert {page.full_url for page in public} <= found
    hidden = (world.unlisted, world.members, world.private)
    assert not {each.main_page.full_url for each in hidden} & found


def test_b13_a_site_that_keeps_robots_out_says_so_on_every_page_of_ours(world, rf):
    addresses = (world.index.url, world.public.main_page.url, world.album.url)
    assert not [a for a in addresses if "X-Robots-Tag" in Client().get(a)]
    StudioSettings.objects.create(site=world.public.site, keeps_robots_out=True)
    for address in addresses:
        assert "noindex" in Client().get(address)["X-Robots-Tag"]
        assert head(address)["robots"] == "noindex, nofollow"
    assert "noindex" in feed(world.index)["X-Robots-Tag"]
    assert not {a for a in locations(rf) if "gallery-" in a or "clients-" in a}


def test_an_unlisted_index_page_is_not_for_search_engines(world):
    page = testing.make_index_page(IndexKind.PORTFOLIO)
    testing.make_policy(Visibility.UNLISTED, page=page)
    assert "noindex" in Client().get(page.url)["X-Robots-Tag"]
