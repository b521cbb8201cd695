"""What stands in one studio's gallery, and is found by nobody whom it is not for.

Every text of studio A's gallery is a word of its own. Studio B's photographer, visitors and every
kind of client follow all that they can open, ask every search box, and go to studio A's addresses
directly; no page may show them a word, and no page anybody a link's token.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models
from django.test import Client as Browser
from django.test import TestCase, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import GroupPagePermission, Page, PageViewRestriction

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import (
    CameraClock,
    Client,
    Delivery,
    DeliveryItem,
    Downloads,
    Gallery,
    LinkPurpose,
    MailTemplate,
    Message,
    MessageKind,
    Photo,
    Pick,
    PinTry,
    ScanState,
    Section,
    ShareLink,
    State,
    StoredFile,
    Upload,
    Video,
    WatermarkPreset,
)
from pumbaphoto_wagtail.pages.models import GalleryIndexPage, GalleryPage, IndexKind
from pumbaphoto_wagtail.proofing import links

from . import planting
from . import world as people
from .addresses import NOBODY, routes
from .crawler import Crawler
from .planting import word
from .world import PARTY, Shoot, come_with, signed_in, values_of

PLANTED = re.compile(rf"{planting.MARK}[a-z]+\d+x")
SEARCHED = (
    word(Gallery, "title"),
    word(Client, "name"),
    word(Photo, "name"),
    word(GalleryPage, "title"),
    planting.MARK,
)
# Wagtail's report of page types names the page of each type that was edited last, to whoever may
# edit any page; nothing of it is ours to narrow.
WAGTAILS_OWN = ("/admin/reports/page-types-usage/",)


def plant_everything(shoot: Shoot) -> list[ShareLink]:
    """Records of every kind in the gallery, each text of them a word of its own; its links."""
    gallery = shoot.gallery
    made = [
        testing.make_link(gallery, "Anna", email="anna@example.com"),
        testing.make_link(gallery, "Tom", email="tom@example.com"),
        testing.make_link(
            gallery,
            "Guests",
            purpose=LinkPurpose.PARTY,
            decides=False,
            sections=[shoot.sections[PARTY]],
            downloads=Downloads.NONE,
        ),
    ]
    shoot.add_records(made[1])
    Video.objects.create(gallery=gallery, url="https://example.com/", title="A film")
    CameraClock.objects.create(gallery=gallery, serial="1", shift=timedelta(seconds=1))
    Message.objects.create(
        key="planted", kind=MessageKind.LINK, gallery=gallery, share_link=made[1]
    )
    WatermarkPreset.objects.create(collection=gallery.collection, title="Ours", words="Ours")
    MailTemplate.objects.create(collection=gallery.collection, kind=MessageKind.LINK, words="Hi")
    _plant_library(gallery)
    PinTry.objects.create(share_link=made[0], network="10.0.0.0/24", at="2026-07-01T12:00:00Z")
    return made


def _plant_library(gallery: Gallery) -> None:
    """A folder of the studio's library that this gallery was made from, and its scan."""
    library = testing.make_library(owner=gallery.owner, collection=gallery.collection)
    folder = library.folders.create(path="A", path_key="a", gallery=gallery)
    file = testing.make_stored_file(is_owned=False)
    library.files.create(
        folder=folder, gallery=gallery, path="A/1", path_key="b", stored_file=file, size=1
    )
    scan = library.scans.create(state=ScanState.DONE, finished_at=timezone.now())
    scan.notes.create(kind="added", path="A/1", words="Added")


def rows_of(model: type[models.Model], shoot: Shoot):
    """The gallery's rows of a model: all there are, since only this gallery has been made yet."""
    if model in (GalleryPage, GalleryIndexPage):
        return model.objects.filter(path__startswith=shoot.gallery.main_page.get_parent().path)
    return model.objects.order_by("pk")


@pytest.mark.xdist_group("planted words")
@override_settings(ROOT_URLCONF="tests.client.urls")
@override_settings(TASKS=settings.TASKS_AT_ONCE)
class PlantedWords(TestCase):
    @classmethod
    def setUpTestData(cls):
        global studios, shoot, studio_a_links, own_shoot, bert
        studios = people.make_studios()
        shoot = Shoot(studios, "To be planted")
        studio_a_links = plant_everything(shoot)
        for model in planting.plantable():
            planting.plant(model, rows_of(model, shoot))
        page = GalleryPage.objects.get(gallery=shoot.gallery)
        # A host's own API and search name every page that Wagtail holds to be public: a client area
        # is closed to them as Wagtail has it, here to all but the groups that are named (none).
        people.restrict(page.get_parent(), PageViewRestriction.GROUPS)
        for name in ("title", "slug", "seo_title", "search_description", "draft_title"):
            setattr(page, name, word(GalleryPage, name))
        page.save_revision().publish()
        shoot.gallery.refresh_from_db()
        log(shoot.gallery, "pumbaphoto.share", data={"recipient": word(ShareLink, "log")})
        studios.owner.last_name = word(type(studios.owner), "lastname")
        studios.owner.save()
        bert = studios.other
        own_shoot = OwnShoot(studios)

    def setUp(self):
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.found: dict[str, str] = {}
        self.tokens = [str(links.token(link)) for link in ShareLink.objects.all()]
        self.tokens += [token.replace("-", "") for token in self.tokens]

    def crawl(
        self, browser: Browser, *starts: str, allowed=(), known_tokens=(), is_deep=True
    ) -> int:
        """Walk, and note each word and token that is shown; how many addresses were opened."""
        allowed_words, known = set(allowed), set(known_tokens)

        def look(address: str, text: str, asked: str) -> None:
            # An answer may repeat what was asked, and the address that it was asked at.
            for planted in {*PLANTED.findall(text)} - {*PLANTED.findall(asked + address)}:
                if planted not in allowed_words and not address.startswith(WAGTAILS_OWN):
                    self.found.setdefault(planted, address)
            for token in self.tokens:
                if token in text and token not in known:
                    self.found.setdefault(f"the token {token}", address)

        crawler = Crawler(browser, look, SEARCHED, is_deep=is_deep)
        crawler.walk(*starts, *self.direct_addresses())
        return len(crawler.seen)

    def direct_addresses(self) -> list[str]:
        """Studio A's own addresses, as somebody has them who was told or has guessed them."""
        return [
            route.address(values_of(shoot, route))
            for route in routes()
            if not route.name.endswith(":door")
        ] + [f"/galleries/s/{NOBODY}"]

    def nothing_was_found(self) -> None:
        assert not self.found, "\n".join(f"{word} at {place}" for word, place in self.found.items())

    def test_every_kind_of_text_is_planted(self):
        planted = {model for model in planting.plantable() if rows_of(model, shoot).exists()}
        assert set(planting.plantable()) - planted == set(), "make one in plant_everything()"

    def test_the_photographer_meets_the_words(self):
        # The crawl is worth something only if it finds what is there to be found.
        self.crawl(signed_in(studios.owner), known_tokens=self.tokens, is_deep=False)
        seen = {planted.rstrip("x0123456789") for planted in self.found}
        for name in (
            *(word(Gallery, "title"), word(Client, "name"), word(Photo, "name")),
            *(word(Upload, "file_name"), word(Delivery, "words"), word(Pick, "note")),
            *(word(ShareLink, "recipient"), word(ShareLink, "log"), word(Client, "phone")),
        ):
            assert name.rstrip("x0123456789") in seen, f"{name} was not met by its owner"

    def test_another_studio_finds_none(self):
        own = str(links.token(own_shoot.link))
        opened = self.crawl(signed_in(bert), *admin_starts(), known_tokens=[own])
        assert opened > 150
        self.nothing_was_found()

    def test_staff_without_rights_find_none(self):
        self.crawl(signed_in(studios.outsider), *admin_starts())
        self.nothing_was_found()

    def test_b14_visitors_find_none(self):
        assert self.crawl(Browser(), *public_starts()) > 50
        self.nothing_was_found()

    def test_members_of_the_site_find_none(self):
        self.crawl(signed_in(testing.make_user()), *public_starts())
        self.nothing_was_found()

    def test_another_studios_client_finds_none(self):
        self.crawl(come_with(own_shoot.link), *public_starts(), *own_shoot.addresses)
        self.nothing_was_found()

    def test_a_former_client_finds_none(self):
        link = testing.make_link(shoot.gallery, "Former")
        browser = come_with(link)
        links.revoke(link, studios.owner)
        self.crawl(browser, *public_starts())
        self.nothing_was_found()

    def test_a_client_finds_what_is_for_them_and_no_more(self):
        browser = come_with(studio_a_links[0])
        for state in State:
            Gallery.objects.filter(pk=shoot.gallery.pk).update(state=state)
            self.crawl(browser, *public_starts(), allowed=for_the_couple())
        self.nothing_was_found()

    def test_guests_of_one_section_find_nothing_of_the_others(self):
        browser = come_with(studio_a_links[2])
        for state in State:
            Gallery.objects.filter(pk=shoot.gallery.pk).update(state=state)
            self.crawl(browser, *public_starts(), allowed=for_guests())
        self.nothing_was_found()


class OwnShoot:
    """What studio B has: a gallery, a client with a link, and pages it may edit."""

    def __init__(self, studios) -> None:
        index = testing.make_index_page(IndexKind.PORTFOLIO, title="Bert's portfolio")
        self.gallery = testing.make_gallery(
            "Bert's own", owner=bert, collection=studios.other_collection, has_page=False
        )
        testing.make_page(self.gallery, index_page=index)
        photo = testing.make_photo(self.gallery, "own.jpg")
        testing.make_delivery(self.gallery, [testing.make_edit(self.gallery, photo)])
        self.link = testing.make_link(self.gallery, "Carla")
        self.addresses = [self.gallery.main_page.url, index.url]
        for codename in ("add_page", "change_page", "publish_page"):
            GroupPagePermission.objects.create(
                group=bert.groups.get(),
                page=Page.objects.get(pk=index.pk),
                permission=Permission.objects.get(
                    content_type__app_label="wagtailcore", codename=codename
                ),
            )


def admin_starts() -> list[str]:
    """Every address of the admin that needs nothing to be put in."""
    return ["/admin/", *_without_places(get_resolver().url_patterns, "")]


def _without_places(patterns, prefix: str):
    for pattern in patterns:
        text = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _without_places(pattern.url_patterns, text)
        elif isinstance(pattern, URLPattern) and not re.search(r"[<(\[\\]", text):
            address = "/" + text.replace("^", "").replace("$", "")
            if address.startswith("/admin/"):
                yield address


def public_starts() -> list[str]:
    searches = [f"/search/?q={text}" for text in SEARCHED]
    kinds = ("pages", "galleries", "photos")
    api = [f"/api/v2/{kind}/?search={text}" for kind in kinds for text in SEARCHED]
    return [
        "/",
        "/sitemap.xml",
        "/robots.txt",
        *(f"/api/v2/{name}/" for name in ("pages", "images", "documents")),
        *(f"/api/v2/{name}/?fields=*" for name in ("pages", "galleries", "photos", "videos")),
        *api,
        *searches,
        shoot.gallery.main_page.get_parent().url,
        "/admin/",
    ]


def every_word(model: type[models.Model], field: str, most: int = 60) -> set[str]:
    return {word(model, field, number) for number in range(most)}


def numbers_of(model: type[models.Model], kept) -> list[int]:
    """Which of the planted rows these are, as of :func:`planting.plant`."""
    order = [*model.objects.order_by("pk").values_list("pk", flat=True)]
    return [order.index(row.pk) for row in kept]


def words_of(model: type[models.Model], kept, *fields: str) -> set[str]:
    return {word(model, name, number) for number in numbers_of(model, kept) for name in fields}


def of_the_gallery() -> set[str]:
    """What everybody who comes with a link may read, whatever they are shown."""
    pages = {word(GalleryPage, name) for name in ("title", "slug", "seo_title", "intro")}
    owner = word(type(studios.owner), "lastname")
    about = {word(GalleryPage, "search_description"), word(Gallery, "extras_words")}
    return {word(Gallery, "title"), owner, *pages, *about}


def for_the_couple() -> set[str]:
    """Beside that: the photographs shown, their sections, what was delivered, one's own name."""
    shown = [thing.photo for thing in shoot.things if thing.is_shown]
    items = [one.item for one in shoot.delivered if one.is_newest and not one.is_hidden]
    files = StoredFile.objects.filter(photo_files__photo__in=shown)
    return {
        *of_the_gallery(),
        *words_of(Photo, shown, "name"),
        *words_of(StoredFile, files, "original_name"),
        *words_of(Section, shoot.sections.values(), "title"),
        *words_of(DeliveryItem, items, "member_name"),
        *words_of(DeliveryItem, items, "folder"),
        *words_of(ShareLink, studio_a_links[:1], "recipient"),
        *every_word(Delivery, "words", 3),
        *every_word(Video, "title", 2),
        *every_word(Video, "url", 2),
        *every_word(Video, "provider", 2),
        *every_word(Video, "player_url", 2),
    }


def for_guests() -> set[str]:
    party = shoot.thing("of the party").photo
    item = next(one.item for one in shoot.delivered if one.section == PARTY)
    return {
        *of_the_gallery(),
        *words_of(Photo, [party], "name"),
        *words_of(Section, [shoot.sections[PARTY]], "title"),
        *words_of(DeliveryItem, [item], "member_name"),
        *words_of(DeliveryItem, [item], "folder"),
        *words_of(ShareLink, studio_a_links[2:], "recipient"),
        # The film of the party; the other one hangs before all sections.
        *words_of(Video, [shoot.film], "title"),
        *words_of(Video, [shoot.film], "provider"),
        *words_of(Video, [shoot.film], "player_url"),
        *every_word(Delivery, "words", 3),
    }
