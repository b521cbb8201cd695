"""The slideshow: what it shows to whom, in pieces, and what its page says without JavaScript."""

import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.models import Downloads, Gallery, LinkPurpose, Photo, State
from pumbaphoto_wagtail.pages.models import IndexKind, SlideshowPage, SlideshowSource
from pumbaphoto_wagtail.proofing import headers, links, picks
from pumbaphoto_wagtail.proofing.slide_order import name_of
from pumbaphoto_wagtail.proofing.slides import MOST_AT_ONCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio():
    return testing.make_index_page(IndexKind.PORTFOLIO)


def public_gallery(portfolio, title="Coast", amount=3, **fields):
    gallery = testing.make_gallery(title, has_page=False, is_listed=True, **fields)
    testing.make_page(gallery, index_page=portfolio)
    testing.make_policy(gallery=gallery)
    testing.make_many_photos(gallery, amount)
    return gallery


def address(gallery):
    return f"{gallery.main_page.url}slideshow/"


def plan(client, show, **query):
    return client.get(f"{show}slides/", {"seed": "a", **query}).json()


def slides(client, show, names):
    return client.get(f"{show}slides/", {"names": ".".join(names)}).json()["slides"]


def walk(client, show, piece=2, **query):
    """The names of all that is shown, as a browser gets it: piece by piece."""
    names = plan(client, show, **query)["names"]
    found = []
    for start in range(0, len(names), piece):
        found += [one["name"] for one in slides(client, show, names[start : start + piece])]
    return found


def names_of(*galleries):
    photos = Photo.objects.filter(gallery__in=galleries).in_order()
    return [name_of(uuid) for uuid in photos.values_list("uuid", flat=True)]


def holder(gallery, **fields):
    """A browser that has opened a link of the gallery, and the link."""
    browser, link = Client(), testing.make_link(gallery, **fields)
    browser.get(f"/galleries/s/{links.token(link)}")
    return browser, link


def make_show(portfolio, *pages, **fields):
    parent = portfolio.get_parent().specific
    show = parent.add_child(instance=SlideshowPage(title="Best of", slug="best-of", **fields))
    for page in pages:
        show.sources.add(SlideshowSource(page=page))
    show.save()
    return show


# --- One gallery ---------------------------------------------------------------------------------


def test_b62_every_photo_of_a_gallery_comes_once_over_all_pieces(client, portfolio):
    gallery = public_gallery(portfolio, amount=0)
    for more in (0, 1, 1, 3):
        testing.make_many_photos(gallery, more)
        for order in ("in_order", "shuffled"):
            assert sorted(walk(client, address(gallery), order=order)) == sorted(names_of(gallery))


def test_a_gallery_goes_in_its_order_unless_the_address_says_otherwise(client, portfolio):
    gallery = public_gallery(portfolio, amount=6)
    assert plan(client, address(gallery))["names"] == names_of(gallery)
    assert plan(client, address(gallery), order="shuffled")["names"] != names_of(gallery)


def test_b63_a_slide_has_its_pictures_in_two_tiers(client, portfolio):
    gallery = public_gallery(portfolio, amount=1)
    [slide] = slides(client, address(gallery), names_of(gallery))
    assert "/view/" in slide["view"]["url"]
    assert "/display/" in slide["display"]["url"]
    assert slide["view"]["width"] < slide["display"]["width"]


def test_a_piece_is_bounded_and_made_of_what_was_asked_for(client, portfolio):
    gallery = public_gallery(portfolio, amount=MOST_AT_ONCE + 5)
    names = names_of(gallery)
    assert len(slides(client, address(gallery), names)) == MOST_AT_ONCE
    wanted = [names[7], "nonsense", "0" * 12, names[3], names[7], "%"]
    found = [slide["name"] for slide in slides(client, address(gallery), wanted)]
    assert found == [names[7], names[3]]


def test_what_has_gone_is_skipped_and_what_has_come_is_told_by_a_new_version(client, portfolio):
    gallery = public_gallery(portfolio, amount=4)
    before = plan(client, address(gallery))
    assert plan(client, address(gallery), version=before["version"]) == {
        "version": before["version"]
    }
    gallery.photos.filter(pk=gallery.photos.in_order().first().pk).update(is_hidden=True)
    [new] = testing.make_many_photos(gallery, 1)
    after = plan(client, address(gallery), version=before["version"])
    assert {*after["names"]} == {*before["names"][1:], name_of(new.uuid)}
    assert [one["name"] for one in slides(client, address(gallery), before["names"])] == (
        before["names"][1:]
    )


def test_a_photo_for_the_couple_only_is_no_guests(portfolio):
    gallery = public_gallery(portfolio, amount=2)
    [secret] = testing.make_many_photos(gallery, 1, is_couple_only=True)
    couple, _link = holder(gallery)
    guest, _link = holder(gallery, purpose=LinkPurpose.PARTY)
    assert name_of(secret.uuid) in walk(couple, address(gallery))
    assert name_of(secret.uuid) not in walk(guest, address(gallery))
    assert slides(guest, address(gallery), [name_of(secret.uuid)]) == []


def test_a_link_shows_its_sections_only(portfolio):
    gallery = testing.make_gallery()
    section = testing.make_section(gallery)
    testing.make_many_photos(gallery, 2)
    [mine] = testing.make_many_photos(gallery, 1, section=section)
    browser, link = holder(gallery)
    link.sections.set([section])
    assert walk(browser, address(gallery)) == [name_of(mine.uuid)]


def test_the_photographer_who_comes_with_a_link_sees_what_it_shows(portfolio):
    maria = testing.make_photographer("maria")
    gallery = testing.make_gallery(owner=maria)
    testing.make_many_photos(gallery, 1, is_couple_only=True)
    browser, _link = holder(gallery, purpose=LinkPurpose.PARTY)
    browser.force_login(maria)
    assert walk(browser, address(gallery)) == []


def test_a_link_that_is_closed_ends_the_show_at_its_next_question(portfolio):
    gallery = testing.make_gallery()
    testing.make_many_photos(gallery, 2)
    browser, link = holder(gallery, purpose=LinkPurpose.PARTY)
    names = plan(browser, address(gallery))["names"]
    links.revoke(link, None)
    for query in ({"names": names[0]}, {"version": "x"}):
        assert browser.get(f"{address(gallery)}slides/", query).status_code == 404


def test_to_whom_the_gallery_does_not_exist_neither_does_its_show(client):
    gallery = testing.make_gallery()
    testing.make_many_photos(gallery, 1)
    assert client.get(address(gallery)).status_code == 404
    assert client.get(f"{address(gallery)}slides/").status_code == 404


def test_a_stored_gallery_has_no_show(portfolio):
    gallery = testing.make_gallery()
    testing.make_many_photos(gallery, 1)
    browser, _link = holder(gallery)
    Gallery.objects.update(state=State.ARCHIVED)
    assert browser.get(address(gallery))["Location"] == gallery.main_page.url
    assert browser.get(f"{address(gallery)}slides/").status_code == 404


def test_what_was_delivered_is_shown_in_the_place_of_its_proof_where_a_link_gives_it(client):
    gallery = testing.make_gallery(state=State.DELIVERED)
    photo = testing.make_photo(gallery)
    edit = testing.make_edit(gallery, photo)
    item = testing.make_delivery(gallery, [edit]).items.get()
    browser, _link = holder(gallery, purpose=LinkPurpose.PARTY)
    [slide] = slides(browser, address(gallery), [name_of(photo.uuid)])
    assert str(item.uuid) in slide["view"]["url"]
    testing.make_policy(gallery=gallery)
    [slide] = slides(client, address(gallery), [name_of(photo.uuid)])
    assert str(photo.uuid) in slide["view"]["url"]


def test_a_watermarked_proof_is_shown_with_its_mark(client):
    gallery = testing.make_gallery(watermark_key="mark")
    testing.make_policy(gallery=gallery)
    photo = testing.make_photo(gallery)
    assert walk(client, address(gallery)) == []
    testing.make_marked(photo)
    [slide] = slides(client, address(gallery), [name_of(photo.uuid)])
    clean = photo.picture.renditions.get(tier="display", watermark="")
    assert clean.digest[:16] not in slide["display"]["url"]


# --- Its page ------------------------------------------------------------------------------------


def plain_links(client, url):
    text = client.get(url).content.decode()
    nav = text[text.index("data-show-plain") :]
    found = dict(re.findall(r'<a rel="(prev|next)" href="([^"]*)"', nav))
    shown = re.findall(r'<img src="[^"]*/media/photo/([^/]*)/', text)
    return {rel: href.replace("&amp;", "&") for rel, href in found.items()}, shown


def test_without_javascript_links_lead_through_every_photo_once(client, portfolio):
    gallery = public_gallery(portfolio, amount=4)
    url, shown = f"{address(gallery)}?order=shuffled&seed=x", []
    while url:
        ways, photos = plain_links(client, url)
        shown += photos
        url = ways.get("next")
    everything = gallery.photos.values_list("uuid", flat=True)
    assert sorted(shown) == sorted(str(uuid) for uuid in everything)
    assert "at=3&" in ways["prev"] + "&"


def test_without_javascript_it_runs_by_itself_where_one_wants(client, portfolio):
    gallery = public_gallery(portfolio, amount=2)
    assert b"http-equiv" not in client.get(address(gallery)).content
    text = client.get(f"{address(gallery)}?run=1&seconds=9&seed=q").content.decode()
    assert re.search(r'<noscript><meta http-equiv="refresh" content="9;url=[^"]*at=2', text)


def test_an_odd_address_shows_a_photo_all_the_same(client, portfolio):
    gallery = public_gallery(portfolio, amount=2)
    for name, values in {"at": ("0", "99", "-1", "x", "²", ""), "seconds": ("0", "x")}.items():
        for value in values:
            response = client.get(address(gallery), {name: value, "seed": "\0"})
            assert b"/media/photo/" in response.content, (name, value)


def test_its_page_is_the_packages_own_under_the_strict_policy(client, portfolio, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "CSP": "off"}
    gallery = public_gallery(portfolio, amount=1)
    response = client.get(address(gallery))
    assert response["Content-Security-Policy"] == headers.PAGE_POLICY
    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert client.get(f"{address(gallery)}slides/")["Cache-Control"] == "private, no-store"


def test_it_costs_as_many_queries_for_two_photos_as_for_many(client, portfolio):
    gallery = public_gallery(portfolio, amount=2)

    def cost(url):
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        return len(asked)

    def costs():
        names = ".".join(names_of(gallery)[:90])
        feed = f"{address(gallery)}slides/"
        return [cost(address(gallery)), cost(feed), cost(f"{feed}?names={names}")]

    few = costs()
    testing.make_many_photos(gallery, 150)
    assert costs() == few
    assert max(few) <= 16, few


def test_who_only_looks_is_offered_it_on_the_gallerys_page(client, portfolio):
    gallery = public_gallery(portfolio, amount=2)
    way = f'href="{address(gallery)}"'
    assert way in client.get(gallery.main_page.url).content.decode()
    couple, _link = holder(gallery)
    assert way not in couple.get(gallery.main_page.url).content.decode()
    gallery.photos.last().delete()
    assert way not in client.get(gallery.main_page.url).content.decode()


# --- A party's link ------------------------------------------------------------------------------


@pytest.fixture
def party():
    gallery = testing.make_gallery()
    testing.make_many_photos(gallery, 3)
    link = testing.make_link(
        gallery,
        purpose=LinkPurpose.PARTY,
        decides=False,
        may_choose=False,
        downloads=Downloads.NONE,
    )
    return gallery, link


def test_a_partys_link_leads_to_the_slideshow(client, party):
    gallery, link = party
    response = client.get(f"/galleries/s/{links.token(link)}")
    assert (response.status_code, response["Location"]) == (303, address(gallery))


def test_a_partys_show_waits_for_a_touch_and_goes_on_for_ever(client, party):
    gallery, link = party
    client.get(f"/galleries/s/{links.token(link)}")
    start = client.get(address(gallery)).context["for_browser"]
    assert (start["is_opened_by_hand"], start["is_endless"], start["order"]) == (
        True,
        True,
        "shuffled",
    )
    # And without JavaScript as well: after the last one it begins anew.
    last = client.get(f"{address(gallery)}?at=3&seed=x").content.decode()
    refresh = re.search(r'http-equiv="refresh" content="6;url=([^"]*)"', last)[1]
    assert "at=" not in refresh
    assert "seed=x" not in refresh


def test_a_partys_link_chooses_nothing_and_downloads_nothing(client, party):
    gallery, link = party
    client.get(f"/galleries/s/{links.token(link)}")
    assert not client.get(gallery.main_page.url).context["presentation"].can_choose
    with pytest.raises(PermissionDenied):
        picks.set_favourite(link, gallery.photos.first(), True)


def test_any_show_goes_on_for_ever_where_its_address_says_so(client, portfolio):
    gallery = public_gallery(portfolio, amount=1)
    start = client.get(f"{address(gallery)}?endless").context["for_browser"]
    assert start["is_endless"]
    assert not client.get(address(gallery)).context["for_browser"]["is_endless"]


# --- Over several galleries ----------------------------------------------------------------------


def test_b62_a_page_shows_what_hangs_on_and_below_its_sources_once(client, portfolio):
    coast = public_gallery(portfolio, amount=1)
    forest = public_gallery(portfolio, "Forest", amount=4)
    elsewhere = testing.make_index_page(IndexKind.PORTFOLIO, title="Elsewhere")
    public_gallery(elsewhere, "Far away")
    show = make_show(portfolio, portfolio, coast.main_page)
    assert sorted(walk(client, show.url)) == sorted(names_of(coast, forest))


def test_x80_a_gallery_with_one_photo_comes_in_the_first_half(client, portfolio):
    one = public_gallery(portfolio, amount=1)
    public_gallery(portfolio, "Forest", amount=8)
    show = make_show(portfolio, portfolio, photo_share="half_first")
    for seed in "abc":
        assert names_of(one)[0] in plan(client, show.url, seed=seed)["names"][:5]


def test_a_page_goes_in_the_order_of_its_sources(client, portfolio):
    coast = public_gallery(portfolio, shoot_date="2020-01-01")
    forest = public_gallery(portfolio, "Forest", shoot_date="2024-01-01")
    show = make_show(portfolio, coast.main_page, forest.main_page, photo_order="in_order")
    assert plan(client, show.url)["names"] == names_of(coast) + names_of(forest)


def test_b67_a_page_shows_to_each_what_they_may_see_and_names_nothing_else(client, portfolio):
    shown = public_gallery(portfolio)
    private = public_gallery(portfolio, "Private")
    private.policy.delete()
    unlisted = public_gallery(portfolio, "Unlisted")
    Gallery.objects.filter(pk=unlisted.pk).update(is_listed=False)
    show = make_show(portfolio, portfolio, private.main_page, unlisted.main_page)
    assert sorted(walk(client, show.url)) == sorted(names_of(shown))
    assert slides(client, show.url, names_of(private, unlisted)) == []
    guest, _link = holder(private)
    assert sorted(walk(guest, show.url)) == sorted(names_of(shown, private))


def test_a_page_says_which_gallery_a_photo_is_from(client, portfolio):
    gallery = public_gallery(portfolio, amount=1)
    section = testing.make_section(gallery, "Dunes")
    gallery.photos.update(section=section)
    show = make_show(portfolio, portfolio)
    assert slides(client, show.url, names_of(gallery))[0]["caption"] == "Coast · Dunes"
    assert slides(client, address(gallery), names_of(gallery))[0]["caption"] == "Dunes"


def test_a_page_without_photos_says_so(client, portfolio):
    show = make_show(portfolio, portfolio)
    response = client.get(show.url)
    assert "There are no photos here yet." in response.content.decode()
    assert plan(client, show.url)["names"] == []


def test_search_engines_may_find_a_page_that_shows_anything(client, portfolio):
    show = make_show(portfolio, portfolio)
    assert show.get_sitemap_urls() == []
    public_gallery(portfolio)
    assert show.get_sitemap_urls() != []
    assert "X-Robots-Tag" not in client.get(show.url).headers


def test_a_slideshow_is_made_in_the_admin_over_pages_that_have_photos(portfolio):
    public_gallery(portfolio)
    editor, browser = testing.make_user(is_superuser=True, is_staff=True), Client()
    browser.force_login(editor)
    url = reverse(
        "wagtailadmin_pages:add", args=["pumbaphoto_pages", "slideshowpage", portfolio.pk]
    )
    form = browser.get(url).content.decode()
    assert "pumbaphoto_pages.galleryindexpage" in form
    data = {
        "title": "Best of",
        "slug": "best-of",
        "intro": "null",
        "action-publish": "1",
        "photo_order": "shuffled",
        "photo_share": "all",
        "seconds": "6",
        "sources-TOTAL_FORMS": "1",
        "sources-INITIAL_FORMS": "0",
        "sources-0-ORDER": "1",
        "sources-0-page": str(portfolio.pk),
    }
    browser.post(url, data)
    show = SlideshowPage.objects.get()
    assert [source.page_id for source in show.sources.all()] == [portfolio.pk]
    preview = show.make_preview_request(original_request=None)
    assert len(preview.context_data["for_browser"]["slides"]) == 3


def test_only_pages_with_photos_are_sources(portfolio):
    home = portfolio.get_parent()
    with pytest.raises(ValidationError):
        SlideshowSource(page=home).clean()
    SlideshowSource(page=portfolio).clean()


def test_a_page_costs_as_many_queries_for_one_gallery_as_for_many(client, portfolio):
    show = make_show(portfolio, portfolio)

    def cost():
        names = ".".join(plan(client, show.url)["names"][:30])
        with CaptureQueriesContext(connection) as asked:
            client.get(f"{show.url}slides/")
            client.get(f"{show.url}slides/?names={names}")
        return len(asked)

    public_gallery(portfolio)
    few = cost()
    for number in range(5):
        public_gallery(portfolio, f"More {number}")
    assert cost() == few
