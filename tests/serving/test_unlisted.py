"""What sitemaps, menus, searches and the pages API say of a client's gallery: nothing."""

from types import SimpleNamespace

import pytest
from django.test import Client, override_settings
from django.urls import include, path
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.contrib.sitemaps.sitemap_generator import Sitemap
from wagtail.models import Page

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.creation import create_gallery
from pumbaphoto_wagtail.api.pages import ListedPagesAPIViewSet, only_listed
from pumbaphoto_wagtail.models import Visibility
from pumbaphoto_wagtail.pages.models import IndexKind
from tests.urls import urlpatterns as own_urls

pytestmark = pytest.mark.django_db

api = WagtailAPIRouter("api")
api.register_endpoint("pages", PagesAPIViewSet)
listed_api = WagtailAPIRouter("listed_api")
listed_api.register_endpoint("pages", ListedPagesAPIViewSet)
urlpatterns = [
    path("api/", api.urls),
    path("listed/", listed_api.urls),
    path("", include(own_urls)),
]


@pytest.fixture
def galleries(searchable):
    """A client's, as the photographer makes it; and in a portfolio one unlisted and one listed."""
    site = testing.make_site()
    client = create_gallery(
        title="Confidential wedding", actor=superuser(), site=site, makes_index=True
    )
    portfolio = testing.make_index_page(IndexKind.PORTFOLIO, site=site)
    unlisted = testing.make_gallery("Confidential portrait", has_page=False)
    listed = testing.make_gallery("Coast", has_page=False, is_listed=True)
    unseen = testing.make_gallery("Confidential draft", has_page=False, is_listed=True)
    for gallery in (unlisted, listed, unseen):
        testing.make_page(gallery, index_page=portfolio)
    for gallery in (unlisted, listed):
        testing.make_policy(gallery=gallery)
    client.refresh_from_db()
    return SimpleNamespace(client=client, unlisted=unlisted, listed=listed, unseen=unseen)


def superuser():
    return testing.make_user(is_superuser=True, is_staff=True)


def titles(pages) -> set[str]:
    return {page.title for page in pages}


def test_a_new_gallery_is_in_no_menu(galleries):
    assert galleries.client.main_page.live
    assert not Page.objects.in_menu().filter(title__startswith="Confidential").exists()


def test_the_sitemap_names_what_is_listed_and_nothing_else(galleries, rf):
    request = rf.get("/", HTTP_HOST="localhost")
    named = [page.get_sitemap_urls(request) for page in Sitemap(request).items()]
    found = {entry["location"] for entries in named for entry in entries}
    assert any(galleries.listed.main_page.url in address for address in found)
    for hidden in (galleries.client, galleries.unlisted, galleries.unseen):
        assert not any(hidden.main_page.url in address for address in found)


def test_wagtails_own_listings_leave_out_the_client_area(galleries):
    public = Page.objects.live().public()
    assert "Confidential wedding" not in titles(public.search("Confidential"))
    assert "Confidential wedding" not in titles(public)


def test_b18_what_everybody_may_open_and_nobody_may_find_is_left_out_by_ours(galleries):
    public = only_listed(Page.objects.live().public())
    assert titles(public.search("Confidential")) == set()
    assert titles(public.search("Coast")) == {"Coast"}


@override_settings(ROOT_URLCONF=__name__)
def test_wagtails_pages_api_leaves_out_the_client_area(galleries):
    answer = Client().get("/api/pages/", {"fields": "*"}).content.decode()
    assert "Confidential wedding" not in answer
    assert Client().get(f"/api/pages/{galleries.client.main_page.pk}/").status_code == 404


@override_settings(ROOT_URLCONF=__name__)
def test_our_pages_api_leaves_out_whatever_is_not_listed(galleries):
    browser = Client()
    answer = browser.get("/listed/pages/", {"fields": "*"}).content.decode()
    assert "Coast" in answer
    assert "Confidential" not in answer
    for hidden in (galleries.client, galleries.unlisted, galleries.unseen):
        assert browser.get(f"/listed/pages/{hidden.main_page.pk}/").status_code == 404


def test_an_unlisted_page_is_not_for_search_engines(galleries, client):
    assert "noindex" in client.get(galleries.unlisted.main_page.url)["X-Robots-Tag"]
    assert "X-Robots-Tag" not in client.get(galleries.listed.main_page.url)


def test_a_listed_page_that_is_for_members_is_not_for_search_engines(galleries, client):
    member = testing.make_user("member")
    galleries.listed.policy.delete()
    testing.make_policy(Visibility.MEMBERS, gallery=galleries.listed, users=[member])
    client.force_login(member)
    response = client.get(galleries.listed.main_page.url)
    assert response.status_code == 200
    assert "noindex" in response["X-Robots-Tag"]
