"""As each kind of viewer, everything that can be reached from the portfolio: nothing foreign."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.test import Client, override_settings
from django.urls import include, path
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.models import Collection, Page, Site

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.mail.addresses import share_address
from pumbaphoto_wagtail.models import Gallery, Visibility
from pumbaphoto_wagtail.pages.models import GalleryIndexPage, IndexKind
from pumbaphoto_wagtail.secret_addresses import has_secret_ending, hide_addresses, pages_of
from tests.urls import urlpatterns as own_urls

from .crawler import Crawler

urlpatterns = [path("sitemap.xml", sitemap), path("", include(own_urls))]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ADDRESS = re.compile(r"https?://(?:testserver|localhost)[^\"'<>\s\\]*")
# Words that stand in titles and addresses, and nowhere else.
PLANTED = re.compile(r"plant[a-z]+", re.IGNORECASE)
PUBLIC = {"plantpublic"}
EVERYTHING = {
    *PUBLIC,
    *("plantunlisted", "plantprivate", "plantmembers", "plantgroup", "plantinside"),
    *("plantsecretindex", "plantbelowsecret", "plantclosedindex"),
}
FOREIGN = {"plantelsewhere", "plantarchived", "plantdraft"}


@pytest.fixture
def world(searchable):
    """A portfolio with a gallery of every kind, and another studio's on a site of its own."""
    site = testing.make_site()
    portfolio = testing.make_index_page(IndexKind.PORTFOLIO)
    testing.make_policy(Visibility.PUBLIC, page=portfolio)
    collection = Collection.get_first_root_node().add_child(name="Studio A")
    member, outsider, guest = (testing.make_user(name) for name in ("member", "outsider", "guest"))
    family = Group.objects.create(name="Family")
    guest.groups.add(family)

    def below(title, parent=portfolio, **policy) -> GalleryIndexPage:
        parent = GalleryIndexPage.objects.get(pk=parent.pk)
        made = GalleryIndexPage(title=title, slug=title, kind=IndexKind.PORTFOLIO)
        parent.add_child(instance=made)
        testing.make_policy(page=made, **policy)
        if policy.get("visibility") == Visibility.UNLISTED:
            hide_addresses([made])
        return made

    def gallery(title, index=portfolio, **policy) -> Gallery:
        fields = {"site": site, "collection": collection, "is_listed": True, "has_page": False}
        made = testing.make_gallery(title, **fields)
        index = type(index).objects.get(pk=index.pk)
        testing.make_page(made, index_page=index, slug=title)
        if policy:
            testing.make_policy(gallery=made, **policy)
        if policy.get("visibility") == Visibility.UNLISTED:
            hide_addresses(pages_of(made))
        testing.make_photo(made, f"{title}photo.jpg")
        made.refresh_from_db()
        return made

    members = {"visibility": Visibility.MEMBERS}
    secret = below("plantsecretindex", visibility=Visibility.UNLISTED)
    closed = below("plantclosedindex", **members, users=[member])
    public = gallery("plantpublic")
    unlisted = gallery("plantunlisted", visibility=Visibility.UNLISTED)
    private = gallery("plantprivate", **members)
    gallery("plantmembers", **members, users=[member])
    gallery("plantgroup", **members, groups=[family])
    inside = gallery("plantinside", closed)
    # Everybody may see it, and its address would tell that of the page above.
    gallery("plantbelowsecret", secret, visibility=Visibility.PUBLIC)
    Page.objects.filter(pk=gallery("plantdraft").main_page_id).update(live=False)
    Gallery.objects.filter(pk=gallery("plantarchived").pk).update(state="archived")
    lone = testing.make_photo(public, "plantlone.jpg")
    testing.make_policy(Visibility.UNLISTED, photo=lone)
    root = Page.get_first_root_node()
    home = root.add_child(instance=Page(title="Other home", slug="other-home"))
    other = Site.objects.create(hostname="other.example", root_page=home)
    others = GalleryIndexPage(title="Other", slug="other", kind=IndexKind.PORTFOLIO)
    home.add_child(instance=others)
    testing.make_policy(page=others, visibility=Visibility.MEMBERS, users=[outsider])
    elsewhere = testing.make_gallery("plantelsewhere", site=other, is_listed=True, has_page=False)
    testing.make_page(elsewhere, index_page=others)
    return SimpleNamespace(
        portfolio=portfolio,
        secret=secret,
        unlisted=unlisted,
        inside=inside,
        lone=lone,
        public=public,
        member=member,
        outsider=outsider,
        guest=guest,
        stranger=testing.make_user("stranger"),
        staff=testing.make_photographer(collection=collection),
        link=testing.make_link(private),
    )


class Visitor(Crawler):
    """Stays on the site that visitors see."""

    def add(self, address: str, asked: str = "") -> None:
        if "/admin/" not in address:
            super().add(address, asked)


def found_by(world, browser, *more: str) -> set[str]:
    """Every planted word that following all addresses shows."""
    found: set[str] = set()

    def look(address: str, text: str, asked: str) -> None:
        words = {word.casefold() for word in PLANTED.findall(text)}
        found.update(words - {asked})
        # What is for machines has addresses, too; those of the admin are other tests' business.
        for there in ADDRESS.findall(text):
            crawler.add(there)

    crawler = Visitor(browser, look, ["plantunlisted", "plantclosedindex"])
    api = [f"/api/v2/{name}/" for name in ("galleries", "photos", "pages")]
    crawler.walk(world.portfolio.url, "/sitemap.xml", *api, *more)
    return {word.removesuffix("photo") for word in found}


def browser_of(world, who: str) -> Client:
    browser = Client()
    if who == "client":
        browser.get(share_address(world.link))
    elif who != "anonymous":
        browser.force_login(getattr(world, who))
    return browser


FINDS = {
    **dict.fromkeys(("anonymous", "stranger", "outsider"), PUBLIC),
    "client": PUBLIC | {"plantprivate"},
    "guest": PUBLIC | {"plantgroup"},
    "member": PUBLIC | {"plantmembers", "plantinside", "plantclosedindex"},
}


@override_settings(ALLOWED_HOSTS=["*"])
def test_everybody_finds_what_is_theirs_and_nothing_foreign(world):
    assert {who: found_by(world, browser_of(world, who)) for who in FINDS} == FINDS
    # To a superuser nothing is foreign.
    found = found_by(world, browser_of(world, "staff"))
    assert found >= EVERYTHING - {"plantsecretindex", "plantclosedindex"}
    assert "plantelsewhere" not in found


@override_settings(ALLOWED_HOSTS=["*"])
def test_who_knows_an_address_sees_what_is_there_and_below(world, client):
    """Three addresses that are named nowhere: an index page, a gallery and a photograph."""
    assert has_secret_ending(world.secret.slug)
    assert has_secret_ending(world.unlisted.main_page.slug)
    photo = f"{world.public.main_page.url}photo/{world.lone.uuid}/"
    known = (world.secret.url, world.unlisted.main_page.url, photo)
    assert [client.get(address).status_code for address in known] == [200] * 3

    found = found_by(world, client, *known)
    assert found == PUBLIC | {"plantsecretindex", "plantbelowsecret", "plantunlisted"}
