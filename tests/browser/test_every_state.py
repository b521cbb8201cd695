"""Every screen a client can meet, in every state, on a phone and on a desktop: axe finds nothing.

The suite looks at half of them, always the same half, and `make browser` at all. Each is
photographed as well, where PUMBAPHOTO_SCREENSHOTS names a folder, for people to look at.
"""

import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.urls import reverse
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import DeliveryItem, Kind, LinkPurpose, ShareLink, State, Visibility
from pumbaphoto_wagtail.page_mixin import Layout, Theme
from pumbaphoto_wagtail.pages.models import IndexKind
from pumbaphoto_wagtail.proofing import links, picks, submission
from pumbaphoto_wagtail.proofing.pins import hash_pin
from pumbaphoto_wagtail.workflow import reopen
from tests.chromium import TIMEOUT_MILLISECONDS

from .accessibility import violations
from .conftest import DESKTOP, PHONE

pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
DEVICES = {"phone": PHONE, "desktop": DESKTOP}
# What a browser writes of the answers that are asked for here, and of the icon that is not there.
EXPECTED = re.compile(r"404|403|favicon|ERR_FAILED")
OUR_SCRIPTS = re.compile(r"pumbaphoto_wagtail/\w+\.js")
# Its pictures have come, and whatever the window's width asks for has been laid out.
ALL_IS_SHOWN = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return document.readyState === "complete" && document.fonts.status === "loaded"
    && [...document.images].every((image) => image.complete || image.loading === "lazy");
}"""
SIZES = ((600, 400), (400, 600), (600, 400), (600, 450), (300, 900), (1200, 300), (500, 500))


@dataclass(frozen=True, kw_only=True)
class Screen:
    """A link or an address to open, and what is done there before one looks."""

    link: ShareLink | None = None
    path: str = ""
    then: Callable = lambda page: None
    has_script: bool = True
    text_size: int = 100
    direction: str = ""


def choosing(**fields):
    fields = {"included": 5, "extras_words": "at 15 €", **fields}
    gallery = testing.make_gallery("Anna & Tom", shoot_date="2026-07-12", **fields)
    ceremony = testing.make_section(gallery, "Ceremony", position=1)
    party = testing.make_section(gallery, "Party", position=2)
    for number, (width, height) in enumerate(SIZES):
        section = ceremony if number < 4 else party
        testing.make_photo(gallery, width=width, height=height, section=section)
    return gallery


def picked(gallery, amount, **fields):
    link = testing.make_link(gallery, **fields)
    for number, photo in enumerate(gallery.photos.order_by("pk")[:amount]):
        picks.set_favourite(link, photo, True)
        if number % 2:
            picks.set_note(link, photo, "A little warmer, please.\nAnd closer.")
    return link


def sent(**fields):
    link = picked(choosing(**fields), 5)
    submission.submit_selection(link)
    return link


def in_state(state, **fields):
    link = sent(**fields)
    type(link.gallery).objects.update(state=state)
    return link


def delivered(**fields):
    link = in_state(State.DELIVERED, **fields)
    gallery = link.gallery
    edits = [testing.make_edit(gallery, photo) for photo in gallery.photos.order_by("pk")[:5]]
    testing.make_delivery(gallery, edits, words="Here they are. It was a pleasure!")
    return link


def _delivered_in_parts():
    """Two deliveries, black and white, a gift and a print release; and originals to be had."""
    link = delivered()
    ShareLink.objects.filter(pk=link.pk).update(may_download_originals=True)
    gallery = link.gallery
    first = gallery.photos.order_by("pk").first()
    edits = [
        testing.make_edit(gallery, first, name="bw.jpg", variant="black_and_white"),
        testing.make_edit(gallery, first, name="story.jpg", variant="social_crop 9x16"),
        testing.make_edit(gallery, name="card.jpg"),
    ]
    testing.make_delivery(gallery, edits, print_release=b"%PDF-1.7")
    return link


def _for_album(*, is_chosen=True):
    gallery = delivered(lists=["album"]).gallery
    if is_chosen:
        chosen = testing.make_link(gallery).selections.create(
            list="album", submitted_at=timezone.now()
        )
        for photo in gallery.photos.order_by("-pk")[:4]:
            chosen.picks.create(photo=photo, is_favourite=True, picked_at=timezone.now())
    return testing.make_link(
        gallery,
        "Bindery",
        purpose=LinkPurpose.ALBUM_DESIGNER,
        list="album",
        decides=False,
        may_choose=False,
    )


def public(**fields):
    index = testing.make_index_page(kind=IndexKind.PORTFOLIO)
    gallery = testing.make_gallery("Coast", has_page=False, is_listed=True, **fields)
    testing.make_page(gallery, index_page=index)
    for width, height in SIZES:
        testing.make_photo(gallery, width=width, height=height)
    testing.make_policy(gallery=gallery, visibility=Visibility.PUBLIC)
    return gallery


def _page_path(gallery):
    gallery.refresh_from_db()
    return gallery.main_page.specific.get_url()


def _with_pin():
    link = testing.make_link(choosing())
    ShareLink.objects.filter(pk=link.pk).update(pin_hash=hash_pin("4711"))
    link.refresh_from_db()
    return link


def _wrong_pin(page):
    page.get_by_label("PIN").fill("1234")
    page.get_by_role("button", name="Open the gallery").click()
    page.get_by_role("alert").wait_for()


def _revoked():
    link = testing.make_link(choosing())
    ShareLink.objects.filter(pk=link.pk).update(revoked_at=timezone.now())
    return link


def _without_page():
    gallery = choosing()
    gallery.main_page.unpublish()
    return testing.make_link(gallery)


def _open_first(page):
    page.locator(".pumba-tile__link").first.click()
    page.locator(".pswp:focus, .pswp :focus").wait_for()


def _write_note(page):
    _open_first(page)
    page.keyboard.press("n")
    page.get_by_role("textbox").wait_for()


def _go(path):
    return lambda page: page.goto(page.url.partition("?")[0] + path)


def _follow(name):
    return lambda page: page.get_by_role("link", name=name).first.click()


def _go_to(url_name, **names):
    return lambda page: page.goto(
        urljoin(page.url, reverse(f"pumbaphoto_wagtail:{url_name}", kwargs=names))
    )


def _first_photo(link):
    return _go(f"photo/{link.gallery.photos.in_order().first().uuid}/")


def _compared(page):
    page.goto(page.url.partition("?")[0] + "?show=favourites")
    page.locator("[data-pumba-compare]").first.click()
    page.locator("dialog[open]").wait_for()


def _second_round():
    link = sent()
    link.gallery.refresh_from_db()
    reopen(link.gallery, actor=link.gallery.owner)
    return link


def _with_lists():
    return picked(choosing(lists=["album", "prints"]), 3)


def _squares():
    gallery = choosing()
    page = gallery.main_page.specific
    page.layout, page.theme = Layout.SQUARE, Theme.DARK
    page.save()
    return picked(gallery, 2)


def _finished_part():
    gallery = choosing()
    gallery.sections.filter(title="Ceremony").update(is_finished=True)
    return testing.make_link(gallery)


def _delivered_item(link):
    return DeliveryItem.objects.filter(delivery__gallery=link.gallery).first().uuid


def _of_delivered(url_name, **fields):
    link = delivered(**fields)
    return Screen(link=link, then=_go_to(url_name, item_uuid=_delivered_item(link)))


def _of_link(url_name, link):
    return Screen(link=link, then=_go_to(url_name, gallery_uuid=link.gallery.uuid))


def _on_photo(link, **fields):
    return Screen(link=link, then=_first_photo(link), **fields)


SCREENS = {
    "choosing": lambda: Screen(link=testing.make_link(choosing())),
    "choosing-dark": lambda: Screen(link=picked(choosing(), 3)),
    "choosing-without-script": lambda: Screen(link=picked(choosing(), 3), has_script=False),
    "choosing-large-text": lambda: Screen(link=picked(choosing(), 3), text_size=200),
    "choosing-right-to-left": lambda: Screen(link=picked(choosing(), 3), direction="rtl"),
    "too-few": lambda: Screen(link=picked(choosing(minimum=5), 3)),
    "extras": lambda: Screen(link=picked(choosing(included=2), 4)),
    "favourites": lambda: Screen(link=picked(choosing(), 3), then=_go("?show=favourites")),
    "no-favourites": lambda: Screen(
        link=testing.make_link(choosing()), then=_go("?show=favourites")
    ),
    "with-notes": lambda: Screen(link=picked(choosing(), 3), then=_go("?show=notes")),
    "lightbox": lambda: Screen(link=picked(choosing(), 3), then=_open_first),
    "note": lambda: Screen(link=picked(choosing(), 3), then=_write_note),
    "review": lambda: Screen(link=picked(choosing(), 4), then=_go("review/")),
    "review-empty": lambda: Screen(link=testing.make_link(choosing()), then=_go("review/")),
    "compared": lambda: Screen(link=picked(choosing(), 4), then=_compared),
    "photo": lambda: _on_photo(picked(choosing(), 3)),
    "photo-without-script": lambda: _on_photo(picked(choosing(), 3), has_script=False),
    "lists": lambda: Screen(link=_with_lists()),
    "squares-and-pinned": lambda: Screen(link=_squares()),
    "family": lambda: _of_link("family", testing.make_link(choosing())),
    "finished-part": lambda: Screen(link=_finished_part()),
    "sent": lambda: Screen(link=sent()),
    "receipt": lambda: Screen(link=sent(), then=_follow("Your receipt")),
    "second-round": lambda: Screen(link=_second_round()),
    "look-only": lambda: Screen(
        link=testing.make_link(
            choosing(), purpose=LinkPurpose.FAMILY, may_choose=False, decides=False
        )
    ),
    "submitted": lambda: Screen(link=in_state(State.SUBMITTED)),
    "editing": lambda: Screen(link=in_state(State.EDITING)),
    "delivered": lambda: Screen(link=delivered()),
    "delivered-in-parts": lambda: Screen(link=_delivered_in_parts()),
    "delivered-without-script": lambda: Screen(link=_delivered_in_parts(), has_script=False),
    "album-designer": lambda: Screen(link=_for_album()),
    "album-designer-too-early": lambda: Screen(link=_for_album(is_chosen=False)),
    "delivered-lightbox": lambda: Screen(link=delivered(), then=_open_first),
    "change": lambda: _of_delivered("ask_for_change"),
    "before-and-after": lambda: _of_delivered("before_after", shows_before_after=True),
    "archived": lambda: Screen(link=in_state(State.ARCHIVED)),
    "finished-soon": lambda: Screen(link=testing.make_link(choosing(kind=Kind.FINISHED))),
    "one-photo": lambda: Screen(link=testing.make_link(_with_photos(1))),
    "no-photos": lambda: Screen(link=testing.make_link(_with_photos(0))),
    "public": lambda: Screen(path=_page_path(public())),
    "portfolio": lambda: Screen(path=_page_path(public()) + "../"),
    "pin": lambda: Screen(link=_with_pin()),
    "wrong-pin": lambda: Screen(link=_with_pin(), then=_wrong_pin),
    "closed-link": lambda: Screen(link=_revoked()),
    "link-again": lambda: Screen(path="/galleries/link/"),
    "no-page-yet": lambda: Screen(link=_without_page()),
}


def _with_photos(amount):
    gallery = testing.make_gallery("A portrait")
    for _ in range(amount):
        testing.make_photo(gallery, width=600, height=400)
    return gallery


@pytest.fixture(autouse=True)
def strict_policy(settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "enforce"}


def test_axe_finds_nothing_on_any_screen(live_server, browser):
    found = {}
    for name, make in SCREENS.items():
        if zlib.crc32(name.encode()) % 2 and os.environ.get("BROWSER_TESTS") != "all":
            continue
        problems = _problems(browser, live_server.url, make(), name)
        if problems:
            found[name] = problems
    assert found == {}


def _problems(browser, root, screen, name):
    """Opens a screen as somebody who comes for the first time, and says what is wrong with it.

    It is opened on a phone and then made as wide as a desktop's, where it has to hang anew.
    """
    context = browser.new_context(
        **PHONE,
        color_scheme="dark" if "dark" in name else "light",
        reduced_motion="reduce",
    )
    if not screen.has_script:
        # As with JavaScript off; axe is a script, and would wait for ever then.
        context.route(OUR_SCRIPTS, lambda route: route.abort())
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MILLISECONDS)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    try:
        page.goto(root + _address(screen))
        page.evaluate(f"document.documentElement.style.fontSize = '{screen.text_size}%'")
        page.evaluate(f"document.documentElement.dir = '{screen.direction}'")
        screen.then(page)
        problems = []
        for device, options in DEVICES.items():
            page.set_viewport_size(options["viewport"])
            page.wait_for_function(ALL_IS_SHOWN)
            _photograph(page, f"{name}-{device}")
            # The markup is the same at every width; the whole tour is `make browser`'s.
            if device == "phone" or os.environ.get("BROWSER_TESTS") == "all":
                problems += [f"{device}: {problem}" for problem in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                problems.append(f"{device}: wider than the screen")
        return problems + [text for text in complaints if not EXPECTED.search(text)]
    finally:
        context.close()


def _address(screen):
    return f"/galleries/s/{links.token(screen.link)}" if screen.link else screen.path


def _photograph(page, name):
    folder = os.environ.get("PUMBAPHOTO_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
