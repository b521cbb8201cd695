"""B1-B5, B51, X82: ``pumbaphoto_setup_site``, and several studios on one installation."""

import re
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from wagtail.models import Collection, GroupSitePermission, Page, Site

from pumbaphoto_wagtail import notifications, testing
from pumbaphoto_wagtail.exceptions import StorageFull
from pumbaphoto_wagtail.intake import batches
from pumbaphoto_wagtail.intake.space import bytes_kept, quota_of
from pumbaphoto_wagtail.models import Gallery, Message, MessageKind, Purpose, StudioSettings
from pumbaphoto_wagtail.pages.models import GalleryIndexPage, IndexKind
from pumbaphoto_wagtail.permissions import may
from pumbaphoto_wagtail.proofing import links

pytestmark = pytest.mark.django_db
LISA, BERT = "lisa.example.com", "bert-s.example.com"


@pytest.fixture(autouse=True)
def default_site(db):
    """The site that was there before; and Wagtail's memory of sites, forgotten afterwards."""
    yield testing.make_site()
    Site.clear_site_root_paths_cache()


def set_up(hostname, **options) -> str:
    out = StringIO()
    call_command("pumbaphoto_setup_site", hostname, stdout=out, **options)
    Site.clear_site_root_paths_cache()
    return out.getvalue()


def at(hostname) -> Client:
    return Client(headers={"host": hostname})


def site_of(hostname) -> Site:
    return Site.objects.get(hostname=hostname)


def public_gallery(hostname, title) -> Gallery:
    site = site_of(hostname)
    home = site.root_page.specific
    gallery = testing.make_gallery(
        title,
        has_page=False,
        site=site,
        is_listed=True,
        owner=StudioSettings.objects.get(site=site).owner,
        collection=Collection.objects.get(name=hostname),
    )
    testing.make_page(gallery, index_page=home)
    testing.make_policy(gallery=gallery)
    testing.make_many_photos(gallery, 1)
    return gallery


@pytest.fixture
def studios():
    """Two studios on one installation, each with a public gallery."""
    set_up(LISA, name="Lisa's pictures", owner="lisa", email="lisa@example.com", language="de")
    set_up(BERT, name="Bert", owner="bert")
    StudioSettings.objects.filter(site=site_of(LISA)).update(
        accent="#8a4b2d", sender_name="Lisa", sender_email="hello@lisa.example.com"
    )
    return public_gallery(LISA, "Lisa's coast"), public_gallery(BERT, "Bert's hills")


# --- The command ---------------------------------------------------------------------------------


def test_b1_b2_b3_a_site_has_all_a_studio_begins_with():
    said = set_up(LISA, name="Lisa", owner="lisa", email="l@example.com", quota_gigabytes=3)

    site = site_of(LISA)
    home = site.root_page.specific
    assert isinstance(home, GalleryIndexPage)
    assert (home.kind, home.live, home.title) == (IndexKind.PORTFOLIO, True, "Lisa")
    area = GalleryIndexPage.objects.child_of(home).get(kind=IndexKind.CLIENT_AREA)
    assert area.live
    assert area.view_restrictions.exists()
    kept = StudioSettings.objects.get(site=site)
    assert (kept.studio_name, kept.owner.username, kept.quota_gigabytes) == ("Lisa", "lisa", 3)
    assert Collection.objects.filter(name=LISA).exists()
    for words in ("Made the site http://lisa.example.com", "Made the account lisa", "password"):
        assert words in said


def test_b51_the_password_is_random_told_once_and_works():
    said = set_up(LISA, owner="lisa")
    password = re.search(r"the password (\w{16}) ", said)[1]
    assert Client().login(username="lisa", password=password)
    assert password not in set_up(LISA, owner="lisa")
    assert password not in set_up(BERT, owner="bert")


def test_run_again_it_changes_nothing_and_says_where_things_are():
    options = {"name": "Lisa", "owner": "lisa", "language": "de", "keep_robots_out": True}
    set_up(LISA, **options)
    counts = [model.objects.count() for model in (Page, Collection, Group, Site)]
    said = set_up(LISA, **options)
    assert [model.objects.count() for model in (Page, Collection, Group, Site)] == counts
    assert said.splitlines() == [
        "Portfolio: http://lisa.example.com/",
        "Client area: http://lisa.example.com/clients/",
    ]


def test_what_is_missing_is_added_and_what_was_renamed_stays():
    set_up(LISA, name="Lisa")
    site = site_of(LISA)
    StudioSettings.objects.filter(site=site).update(studio_name="Lisa & Co")
    GalleryIndexPage.objects.filter(kind=IndexKind.CLIENT_AREA).delete()
    said = set_up(LISA, name="Another name", language="de")
    kept = StudioSettings.objects.get(site=site)
    assert (kept.studio_name, kept.language) == ("Lisa & Co", "de")
    assert "Made the page Clients" in said


def test_a_site_that_is_there_keeps_its_home_page(default_site):
    home = default_site.root_page
    set_up("localhost", owner="maria")
    default_site.refresh_from_db()
    assert default_site.root_page == home
    kinds = GalleryIndexPage.objects.child_of(home).values_list("kind", flat=True)
    assert sorted(kinds) == ["clients", "portfolio"]


def test_b11_a_home_page_of_the_sites_own_type_has_the_portfolio_below_it(monkeypatch):
    # In the place of types that a site has of its own.
    monkeypatch.setattr(Page, "is_creatable", True)
    said = set_up(LISA, home_page_type="wagtailcore.Page", about_page_type="wagtailcore.Page")
    home = site_of(LISA).root_page
    assert [page.title for page in home.get_children()] == ["Portfolio", "Clients", "About"]
    assert "Portfolio: http://lisa.example.com/portfolio/" in said


@pytest.mark.parametrize(
    ("hostname", "options", "words"),
    [
        ("http://lisa.example.com", {}, "no host name"),
        ("lisa.example.com:8000", {}, "no host name"),
        ("", {}, "no host name"),
        (LISA, {"port": 70000}, "no port"),
        (LISA, {"language": "xx"}, "LANGUAGES"),
        (LISA, {"home_page_type": "auth.User"}, "no page type"),
        (LISA, {"home_page_type": "nonsense"}, "no page type"),
        (LISA, {"home_page_type": "pumbaphoto_pages.GalleryPage"}, "cannot be made below"),
        (LISA, {"owner": "lisa", "email": "nonsense"}, "valid email"),
        (LISA, {"owner": "not a name!"}, "valid username"),
        (LISA, {"quota_gigabytes": -1}, "at least 0"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing_behind(hostname, options, words):
    before = Page.objects.count(), get_user_model().objects.count()
    with pytest.raises(CommandError, match=words):
        set_up(hostname, **options)
    assert (Page.objects.count(), get_user_model().objects.count()) == before
    assert not Site.objects.filter(hostname=LISA).exists()


# --- Several studios -----------------------------------------------------------------------------


def test_b4_b5_each_domain_shows_its_own_studio_and_galleries(studios):
    for hostname, own, other in ((LISA, "Lisa", "Bert"), (BERT, "Bert", "Lisa")):
        page = at(hostname).get("/").content.decode()
        assert own in page
        assert other not in page
        listed = at(hostname).get("/api/v2/galleries/").json()["items"]
        assert [item["title"][:4] for item in listed] == [own]
    assert "8a4b2d" in at(LISA).get("/").content.decode()
    assert "8a4b2d" not in at(BERT).get("/").content.decode()


def test_b68_nobody_of_one_studio_meets_what_is_the_others(studios):
    lisas, berts = studios
    lisa = get_user_model().objects.get(username="lisa")
    assert may(lisa, "deliver", lisas)
    assert not may(lisa, "view", berts)
    browser = Client()
    browser.force_login(lisa)
    own, other = (
        reverse("wagtailsettings:edit", args=["pumbaphoto_wagtail", "studiosettings", site.pk])
        for site in (lisas.site, berts.site)
    )
    assert browser.get(own).status_code == 200
    assert browser.get(other).status_code == 302
    assert GroupSitePermission.objects.filter(site=lisas.site).count() == 1


def test_mails_come_from_the_studio_of_the_gallery_and_lead_to_its_domain(studios):
    for gallery in studios:
        link = testing.make_link(gallery, "Anna", email="anna@example.com")
        links.send(link, gallery.owner)
    for message in gallery_messages():
        notifications.send_message(message.pk)
    first, second = mail.outbox
    assert first.from_email == "Lisa <hello@lisa.example.com>"
    assert f"http://{LISA}/galleries/s/" in first.body
    assert LISA not in second.body + second.from_email
    assert f"http://{BERT}/galleries/s/" in second.body


def gallery_messages():
    return Message.objects.filter(kind=MessageKind.LINK).order_by("pk")


def test_each_studio_has_its_own_quota(studios, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "SITE_QUOTA_BYTES": 1000}
    lisas, berts = studios
    assert quota_of(lisas.site) == 1000
    StudioSettings.objects.filter(site=lisas.site).update(quota_gigabytes=1)
    assert (quota_of(lisas.site), quota_of(berts.site)) == (2**30, 1000)
    StudioSettings.objects.filter(site=lisas.site).update(quota_gigabytes=0)
    assert quota_of(lisas.site) == 0
    testing.make_photo(berts, content=b"0" * 600, is_rendered=False)
    assert (bytes_kept(lisas.site), bytes_kept(berts.site)) == (0, 600)
    announce(lisas)
    with pytest.raises(StorageFull):
        announce(berts)


def announce(gallery):
    file = batches.Announcement(name="IMG_1.jpg", size=500)
    return batches.announce(
        gallery, uploader=gallery.owner, purpose=Purpose.ORIGINAL, announcements=[file]
    )


HOSTS = {
    LISA: True,
    LISA.upper(): True,
    f"{LISA}:80": True,
    f"{LISA}:50123": True,
    f"www.{LISA}": False,
    "lisa": False,
    "wwwlisa.example.com": False,
}


def test_x82_hosts_are_told_apart_as_wagtail_does(studios):
    texts = {host: at(host).get("/").content.decode() for host in HOSTS}
    assert {host: "Lisa" in text for host, text in texts.items()} == HOSTS
