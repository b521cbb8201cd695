"""Visitors without a link, before galleries of every kind: page, picture, block, lists, sitemap."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.test import TestCase, override_settings
from wagtail.models import PageViewRestriction

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Gallery, State, Visibility
from pumbaphoto_wagtail.pages.models import IndexKind
from pumbaphoto_wagtail.proofing import links

from . import world as people
from .access_rules import LOGIN, MISSING, OPEN, Answer
from .test_access_matrix import Differences, answer_of
from .world import signed_in

EVERYBODY = {"anonymous", "with the password", "signed in", "member", "in the group"}
SIGNED_IN = {"signed in", "member", "in the group"}
PASSWORD = Answer.PASSWORD

# Of each kind of gallery: who is let in, and what the others get in place of its page.
KINDS: dict[str, tuple[set[str], Answer]] = {
    "public": (EVERYBODY, OPEN),
    "public, not listed": (EVERYBODY, OPEN),
    "for members": ({"member", "in the group"}, MISSING),
    "private": (set(), MISSING),
    "behind a password": ({"with the password"}, PASSWORD),
    "behind a login": (SIGNED_IN, LOGIN),
    "behind a group": ({"in the group"}, LOGIN),
    "a draft": (set(), MISSING),
    "archived": (set(), MISSING),
}
LISTED = {"public"}


def make_galleries() -> None:
    """One gallery of each kind in a portfolio, with a photo for all and one for the couple."""
    global portfolio, galleries, photos, restriction
    portfolio = testing.make_index_page(IndexKind.PORTFOLIO, title="Portfolio")
    member, grouped = testing.make_user("member"), testing.make_user("grouped")
    group = Group.objects.create(name="The Bergs")
    grouped.groups.add(group)
    galleries, photos = {}, {}
    for name in KINDS:
        gallery = testing.make_gallery(name, has_page=False, is_listed=name != "public, not listed")
        testing.make_page(gallery, index_page=portfolio)
        testing.make_photo(gallery, is_couple_only=True)
        photos[name] = testing.make_photo(gallery)
        if name == "for members":
            testing.make_policy(Visibility.MEMBERS, users=[member], groups=[group], gallery=gallery)
        elif name != "private":
            testing.make_policy(gallery=gallery)
        galleries[name] = gallery
    pages = {name: gallery.main_page for name, gallery in galleries.items()}
    restriction = people.restrict(pages["behind a password"], PageViewRestriction.PASSWORD)
    people.restrict(pages["behind a login"], PageViewRestriction.LOGIN)
    people.restrict(pages["behind a group"], PageViewRestriction.GROUPS, groups=[group])
    pages["a draft"].specific.unpublish()
    Gallery.objects.filter(pk=galleries["archived"].pk).update(state=State.ARCHIVED)
    make_viewers(member, grouped)


def make_viewers(member, grouped) -> None:
    global viewers
    viewers = {
        "anonymous": Browser(),
        "with the password": people.give_password(Browser(), restriction),
        "signed in": signed_in(testing.make_user()),
        "member": signed_in(member),
        "in the group": signed_in(grouped),
    }


def photo_address(name: str) -> str:
    photo = photos[name]
    digest = photo.picture.renditions.get(tier="grid").digest[:16]
    return f"/galleries/media/photo/{photo.uuid}/grid/{digest}.jpg"


@pytest.mark.xdist_group("access matrix")
@override_settings(ROOT_URLCONF="tests.client.urls")
class Visitors(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_galleries()

    def setUp(self):
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.differences = Differences()

    def everywhere(self):
        for name, (let_in, otherwise) in KINDS.items():
            for who, browser in viewers.items():
                yield SimpleNamespace(
                    name=name, who=who, browser=browser, is_in=who in let_in, otherwise=otherwise
                )

    def test_pages(self):
        for one in self.everywhere():
            found = answer_of(one.browser.get(galleries[one.name].main_page.url))
            wanted = OPEN if one.is_in else one.otherwise
            self.differences.expect(wanted, found, one.name, one.who)
        self.differences.report()

    def test_pictures(self):
        for one in self.everywhere():
            found = answer_of(one.browser.get(photo_address(one.name)))
            self.differences.expect(OPEN if one.is_in else MISSING, found, one.name, one.who)
        self.differences.report()

    def test_feeds_and_photos_at_their_own_addresses(self):
        for one in self.everywhere():
            page = galleries[one.name].main_page.url
            for address in (f"{page}photos/?page=1", f"{page}photo/{photos[one.name].uuid}/"):
                found = answer_of(one.browser.get(address))
                wanted = OPEN if one.is_in else one.otherwise
                self.differences.expect(wanted, found, address, one.name, one.who)
        self.differences.report()

    def test_blocks_and_tags_on_any_page(self):
        for one in self.everywhere():
            text = one.browser.get(f"/walls/{galleries[one.name].uuid}/").content.decode()
            tag, block = text.split("<hr>")
            # A page that is not live has no block; otherwise both ask who looks.
            for kind, shown in (("tag", tag), ("block", block)):
                has_it = str(photos[one.name].uuid) in shown
                if has_it != one.is_in:
                    self.differences.append(f"{kind} · {one.name} · {one.who}: {has_it}")
            for hidden in galleries[one.name].photos.filter(is_couple_only=True):
                if str(hidden.uuid) in text:
                    self.differences.append(f"for the couple · {one.name} · {one.who}")
        self.differences.report()

    def test_the_portfolio_names_what_this_visitor_may_see(self):
        for who, browser in viewers.items():
            text = browser.get(f"{portfolio.url}?show=everything").content.decode()
            for name, (let_in, _otherwise) in KINDS.items():
                is_named = f'href="{galleries[name].main_page.url}"' in text
                if is_named != (who in let_in and name != "public, not listed"):
                    self.differences.append(f"{name} · {who}: named {is_named}")
        self.differences.report()

    def test_the_sitemap_holds_what_everybody_may_see_and_is_listed(self):
        text = Browser().get("/sitemap.xml").content.decode()
        named = {name for name in KINDS if galleries[name].main_page.url in text}
        assert named == LISTED

    def test_search_engines_are_sent_away_from_what_is_not_listed(self):
        response = viewers["anonymous"].get(galleries["public, not listed"].main_page.url)
        assert "noindex" in response.headers["X-Robots-Tag"]


@pytest.mark.django_db
def test_a_closed_token_is_answered_as_one_that_never_was(client):
    gallery = testing.make_gallery()
    expired, revoked = (testing.make_link(gallery, name) for name in ("expired", "revoked"))
    tokens = {name: links.token(link) for name, link in (("e", expired), ("r", revoked))}
    links.revoke(revoked, gallery.owner)
    type(expired).objects.filter(pk=expired.pk).update(expires_at="2020-01-01T00:00:00Z")

    def looks(token: object) -> tuple:
        response = Browser().get(f"/galleries/s/{token}")
        return response.status_code, response.content, sorted(response.items())

    answers = [looks(token) for token in (*tokens.values(), "x", "0" * 32)]

    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
