"""Galleries in Wagtail's own places: page editor, explorer, userbar, and what publishing keeps."""

import re
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.admin.userbar import AdminItem
from wagtail.blocks import StreamBlock
from wagtail.fields import StreamField
from wagtail.models import Page

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.admin.gallery_pages import (
    GalleryItem,
    add_userbar_item,
    keep_main_page,
    page_header_buttons,
)
from pumbaphoto_wagtail.admin.page_panel import GalleriesPanel
from pumbaphoto_wagtail.blocks import GalleryBlock
from pumbaphoto_wagtail.models import AccessPolicy, Gallery, State, Visibility
from pumbaphoto_wagtail.pages.models import GalleryIndexPage, GalleryPage

from .conftest import in_state


@pytest.fixture
def page(gallery):
    return gallery.main_page.specific


@pytest.fixture
def chief(studios, log_in):
    return log_in(studios.chief)


@pytest.fixture
def other_gallery(studios):
    return testing.make_gallery(
        "Berg family", owner=studios.bert, collection=studios.other_collection, site=studios.site
    )


def edit_url(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def panel_of(text):
    return text.split('class="pumba-page-panel"')[1].split("</section>")[0]


class TestEditor:
    def test_the_panel_says_how_the_gallery_stands_and_leads_there(self, chief, page, gallery):
        panel = panel_of(chief.get(edit_url(page)).content.decode())

        for words in (
            "Smith wedding",
            "Anna Smith",
            "Active",
            "4 photos",
            "Nobody else can see it",
        ):
            assert words in panel
        for name in ("photos", "selections", "sharing", "delivery"):
            assert gallery_url(gallery, name) in panel

    def test_it_has_nothing_to_fill_in(self, chief, page):
        """The page form saves itself and would take inputs for its own."""
        text = chief.get(edit_url(page)).content.decode()
        inside = text.split('class="pumba-page-panel"')[1].split("pumba-page-panel__ways")[1]

        assert not re.search(r"<(input|select|textarea|form)\b", inside.split("</div>")[0])

    def test_it_is_silent_about_another_studios(
        self, studios, log_in, may_write_pages, other_gallery
    ):
        page = other_gallery.main_page
        may_write_pages(studios.maria, page.get_parent())
        page.owner = studios.maria
        page.save()

        text = log_in(studios.maria).get(edit_url(page)).content.decode()

        assert "pumba-page-panel" not in text.replace("around.css", "")

    def test_the_number_of_queries_is_constant(self, chief, page, gallery):
        before = _queries(chief, edit_url(page))
        testing.make_many_photos(gallery, 30)
        for number in range(5):
            testing.make_link(gallery, f"Guest {number}")

        assert _queries(chief, edit_url(page)) == before

    def test_the_header_leads_to_photos_and_sharing(self, chief, page, gallery):
        header = chief.get(edit_url(page)).content.decode().split("<form")[0]

        assert gallery_url(gallery) in header
        assert gallery_url(gallery, "sharing") in header

    def test_a_page_of_another_kind_has_no_such_buttons(self, studios):
        assert not [*page_header_buttons(studios.site.root_page, studios.chief, "edit")]

    def test_the_gallery_and_its_cover_are_chosen_in_dialogs(self, chief, page, gallery):
        text = chief.get(edit_url(page)).content.decode()

        assert f'name="gallery" value="{gallery.uuid}"' in text
        assert reverse("pumbaphoto_gallery_chooser:choose") in text
        assert reverse("pumbaphoto_cover_chooser:choose") in text

    def test_a_cover_is_kept_and_taken_away(self, page, photos, chief):
        chief.post(edit_url(page), _form_of(page, cover=photos[1].uuid))
        page.refresh_from_db()
        assert page.cover == photos[1]

        chief.post(edit_url(page), _form_of(page, cover=""))
        page.refresh_from_db()
        assert page.cover is None

    def test_a_cover_of_another_gallery_is_refused(self, page, chief, other_gallery):
        theirs = testing.make_photo(other_gallery)

        response = chief.post(edit_url(page), _form_of(page, cover=theirs.uuid))

        page.refresh_from_db()
        assert page.cover is None
        assert "This photo is not in the page’s gallery." in response.content.decode()

    @pytest.mark.parametrize("field", ["gallery", "cover"])
    def test_primary_keys_choose_nothing(self, field, page, photos, chief, gallery):
        key = gallery.pk if field == "gallery" else photos[0].pk

        response = chief.post(edit_url(page), _form_of(page, **{field: key}))

        assert response.status_code == 200
        page.refresh_from_db()
        assert page.cover is None


class TestGalleriesPanel:
    """On pages that show galleries in a StreamField."""

    @pytest.fixture
    def bound(self):
        """The panel on a page with blocks of these galleries."""

        def bound(user, galleries):
            block = StreamBlock([("gallery", GalleryBlock())])
            raw = [{"type": "gallery", "value": {"gallery": one.pk}} for one in galleries]
            page = SimpleNamespace(
                _meta=SimpleNamespace(get_fields=lambda: [StreamField(block, name="body")]),
                body=block.to_python(raw),
            )
            request = RequestFactory().get("/")
            request.user = user
            panel = GalleriesPanel(heading="Galleries")
            return panel.BoundPanel(
                panel=panel, instance=page, request=request, form=None, prefix="p"
            )

        return bound

    def test_names_the_galleries_this_user_may_see(self, bound, studios, gallery, other_gallery):
        panel = bound(studios.maria, [gallery, other_gallery])

        html = panel.render_html({})

        assert "Smith wedding" in html
        assert gallery_url(gallery) in html
        assert "Berg family" not in html

    def test_is_not_there_without_any(self, bound, studios, other_gallery):
        assert not bound(studios.maria, []).is_shown()
        assert not bound(studios.maria, [other_gallery]).is_shown()


class TestExplorer:
    @pytest.fixture
    def address(self, page):
        return reverse("wagtailadmin_explore", args=[page.get_parent().pk])

    def test_says_of_each_page_how_its_gallery_stands(self, chief, gallery, address):
        gallery.shoot_date = "2026-07-04"
        gallery.save()
        AccessPolicy.objects.create(gallery=gallery, visibility=Visibility.PUBLIC)

        text = chief.get(address).content.decode()

        for words in (
            "Active",
            "Anna Smith",
            "July 4, 2026",
            "Everyone, not listed",
            "pumba-cover",
        ):
            assert words in text

    def test_m79_leads_to_what_visitors_see(self, chief, page, address):
        assert f'href="{page.url}"' in chief.get(address).content.decode()

    def test_says_nothing_about_another_studios(
        self, studios, log_in, may_write_pages, gallery, page, other_gallery
    ):
        in_state(other_gallery, State.ARCHIVED)
        index = page.get_parent()
        may_write_pages(studios.maria, index)
        address = reverse("wagtailadmin_explore", args=[index.pk])
        table = log_in(studios.maria).get(address).content.decode().split("<tbody")[-1]

        assert "Active" in table
        assert "Archived" not in table

    def test_lists_index_pages_below_as_well(self, chief, page):
        index = page.get_parent()
        below = GalleryIndexPage(title="Families 2026", slug="families")
        index.add_child(instance=below)
        address = reverse("wagtailadmin_explore", args=[index.pk])

        assert below.title in chief.get(address).content.decode()

    def test_is_filtered_by_the_state(self, chief, gallery, page, address, other_gallery):
        in_state(gallery, State.DELIVERED)

        found = chief.get(address, {"gallery_state": "delivered"}).context["object_list"]

        assert [one.pk for one in found] == [page.pk]

    @pytest.mark.parametrize("ordering", ["gallery_state", "-shoot_date"])
    def test_is_sorted_by_what_the_gallery_says(self, ordering, chief, gallery, address):
        for query in ({}, {"q": "smith"}):
            assert chief.get(address, {"ordering": ordering, **query}).status_code == 200

    def test_other_pages_are_listed_as_ever(self, chief, studios, page):
        address = reverse("wagtailadmin_explore", args=[studios.site.root_page.pk])

        assert "Who sees it" not in chief.get(address).content.decode()

    def test_the_list_of_all_gallery_pages_is_wagtails_own(self, chief, page):
        address = reverse("wagtailadmin_pages:type_use", args=["pumbaphoto_pages", "gallerypage"])

        response = chief.get(address)
        offered = {column.sort_key for column in response.context["table"].columns.values()}

        assert {"title", "latest_revision_created_at", "live"} <= offered
        for ordering in (*(offered - {None}), "_updated_at"):
            assert page.title in chief.get(address, {"ordering": ordering}).content.decode()

    def test_the_number_of_queries_is_constant(self, chief, studios, gallery, address):
        before = _queries(chief, address)
        for number in range(6):
            one = testing.make_gallery(
                f"Shoot {number}",
                owner=studios.maria,
                collection=studios.collection,
                site=studios.site,
            )
            testing.make_photo(one)

        # Wagtail itself asks once more for each row whether one may publish it.
        assert _queries(chief, address) - before <= 6

    def test_an_index_offers_a_new_gallery_there(self, chief, page, address):
        assert f"?index_page={page.get_parent().pk}" in chief.get(address).content.decode()


class TestUserbar:
    def items(self, user, page):
        request = RequestFactory().get("/")
        request.user = user
        items = [AdminItem()]
        add_userbar_item(request, items, page)
        return [item for item in items if isinstance(item, GalleryItem)]

    def test_leads_to_the_photos(self, studios, page, gallery):
        (item,) = self.items(studios.maria, page)

        request = RequestFactory().get("/")
        assert gallery_url(gallery) in item.render_html({"request": request})

    def test_is_for_those_who_may(self, studios, page):
        assert self.items(studios.bert, page) == []
        assert self.items(studios.outsider, page) == []

    def test_is_on_pages_of_galleries_alone(self, studios):
        assert self.items(studios.maria, studios.site.root_page) == []
        assert self.items(studios.maria, None) == []


class TestPublishing:
    def test_the_first_page_of_a_gallery_is_where_its_links_lead(self, studios, page):
        fresh = testing.make_gallery(
            "Fresh", owner=studios.maria, collection=studios.collection, has_page=False
        )
        new = GalleryPage(title="Fresh", slug="fresh", gallery=fresh)
        page.get_parent().add_child(instance=new)

        keep_main_page(Page.objects.get(pk=new.pk), studios.maria)

        fresh.refresh_from_db()
        assert fresh.main_page_id == new.pk

    def test_not_by_somebody_who_may_not_change_it(self, studios, page):
        fresh = testing.make_gallery(
            "Fresh", owner=studios.maria, collection=studios.collection, has_page=False
        )
        new = GalleryPage(title="Fresh", slug="fresh", gallery=fresh)
        page.get_parent().add_child(instance=new)

        keep_main_page(Page.objects.get(pk=new.pk), studios.bert)

        fresh.refresh_from_db()
        assert fresh.main_page is None

    def test_links_lead_to_no_page_that_presents_another(self, studios, page, gallery):
        second = testing.make_gallery(
            "Second", owner=studios.maria, collection=studios.collection, has_page=False
        )
        page.gallery = second
        page.save()

        keep_main_page(Page.objects.get(pk=page.pk), studios.maria)

        found = dict(Gallery.objects.values_list("title", "main_page"))
        assert found == {"Smith wedding": None, "Second": page.pk}


def _form_of(page, **changes):
    return {
        "title": page.title,
        "slug": page.slug,
        "gallery": page.gallery.uuid,
        "cover": page.cover.uuid if page.cover else "",
        "intro": "null",
        "layout": page.layout,
        "theme": page.theme,
        "comments-TOTAL_FORMS": 0,
        "comments-INITIAL_FORMS": 0,
        "comments-MIN_NUM_FORMS": 0,
        "comments-MAX_NUM_FORMS": 1000,
        "action-publish": "publish",
        **changes,
    }


def _queries(browser, address):
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)
