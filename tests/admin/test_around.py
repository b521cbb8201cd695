"""What of a gallery shows elsewhere in the admin, and what guards our own pages."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import GroupCollectionPermission
from wagtail.permissions import policy_registry

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import gallery_url
from pumbaphoto_wagtail.models import EditStatus, Gallery, State

from .conftest import in_state

HOME = reverse("wagtailadmin_home")


class TestMenu:
    def test_is_there_for_photographers(self, maria):
        page = maria.get(HOME).content.decode()

        for words in ("All galleries", "Clients"):
            assert words in page

    def test_is_not_there_for_others(self, studios, log_in):
        page = log_in(studios.outsider).get(HOME).content.decode()

        for words in ("All galleries", "Upload log", "pumbaphoto/galleries"):
            assert words not in page


class TestHomePanel:
    def test_names_what_waits_and_leads_there(self, maria, gallery, submitted):
        page = maria.get(HOME).content.decode()

        assert "Galleries waiting for you" in page
        assert "Anna has chosen 2 photos" in page
        assert gallery_url(gallery, "selections") in page

    def test_edits_to_decide_are_counted(self, maria, gallery):
        in_state(gallery, State.EDITING)
        for _number in range(2):
            testing.make_edit(gallery, status=EditStatus.UNMATCHED, method="")

        assert "2 edits to decide" in maria.get(HOME).content.decode()

    def test_is_silent_about_another_studio(self, studios, log_in, gallery, submitted):
        assert b"Smith wedding" not in log_in(studios.bert).get(HOME).content

    def test_is_not_there_for_others(self, studios, log_in, gallery, submitted):
        assert b"Galleries waiting" not in log_in(studios.outsider).get(HOME).content

    def test_asks_as_often_for_many_galleries_as_for_one(self, maria, studios, gallery, submitted):
        def count():
            with CaptureQueriesContext(connection) as queries:
                maria.get(HOME)
            return len(queries)

        count()
        before = count()
        for number in range(20):
            other = testing.make_gallery(
                f"Shoot {number}", owner=studios.maria, collection=studios.collection
            )
            in_state(other, State.SUBMITTED)

        assert count() == before


class TestGalleryPage:
    @pytest.fixture
    def editor(self, studios, gallery, may_write_pages, log_in):
        may_write_pages(studios.maria, gallery.main_page.get_parent())
        return log_in(studios.maria)

    def test_its_editor_shows_the_gallery_and_leads_to_it(self, studios, log_in, gallery):
        page = (
            log_in(studios.chief)
            .get(reverse("wagtailadmin_pages:edit", args=[gallery.main_page_id]))
            .content.decode()
        )

        assert "4 photos" in page
        assert gallery_url(gallery) in page

    def test_the_panel_has_no_inputs(self, studios, log_in, gallery):
        """The page form saves itself and would take them for its own."""
        page = (
            log_in(studios.chief)
            .get(reverse("wagtailadmin_pages:edit", args=[gallery.main_page_id]))
            .content.decode()
        )

        panel = page.split("pumba-page-panel")[1].split("</section>")[0]
        assert not re.search(r"<(input|select|textarea|form)\b", panel)

    def test_the_explorer_has_a_button_to_its_photos(self, studios, log_in, gallery):
        browser = log_in(studios.chief)
        parent = gallery.main_page.get_parent()
        page = browser.get(reverse("wagtailadmin_explore", args=[parent.pk])).content.decode()
        address = reverse("pumbaphoto_galleries:of_page", args=[gallery.main_page_id])

        assert address in page
        assert browser.get(address).url == gallery_url(gallery)

    def test_a_page_of_another_kind_has_none(self, studios, log_in, gallery):
        other = studios.site.root_page

        assert (
            log_in(studios.chief)
            .get(reverse("pumbaphoto_galleries:of_page", args=[other.pk]))
            .status_code
            == 404
        )

    def test_the_workspace_leads_back_to_the_page(self, studios, log_in, gallery):
        page = log_in(studios.chief).get(gallery_url(gallery)).content.decode()

        assert reverse("wagtailadmin_pages:edit", args=[gallery.main_page_id]) in page


class TestBanner:
    WORDS = "Files here are not scanned for viruses."

    def test_is_not_there_on_an_orderly_site(self, maria, gallery):
        assert self.WORDS not in maria.get(HOME).content.decode()

    @pytest.mark.parametrize(
        "name", ["wagtailadmin_home", "wagtailimages:index", "pumbaphoto_galleries:index"]
    )
    def test_is_on_every_page_while_one_file_was_not_scanned(self, name, studios, log_in):
        testing.make_stored_file(verdict="demo")

        assert self.WORDS in log_in(studios.chief).get(reverse(name)).content.decode()

    @override_settings(DEBUG=True, PUMBAPHOTO={"DEMO_WITHOUT_SCANNER": True})
    def test_is_there_as_soon_as_files_would_not_be_scanned(self, maria):
        assert self.WORDS in maria.get(HOME).content.decode()

    def test_goes_when_the_last_such_file_is_gone(self, maria):
        testing.make_stored_file(verdict="demo").delete()
        cache.clear()

        assert self.WORDS not in maria.get(HOME).content.decode()


class TestWagtailsOwn:
    def test_names_of_galleries_lead_to_their_workspace(self, studios, gallery):
        assert AdminURLFinder(studios.maria).get_edit_url(gallery) == gallery_url(gallery)
        assert AdminURLFinder(studios.bert).get_edit_url(gallery) is None

    def test_permissions_are_given_by_collection_in_the_groups_form(self, studios, log_in, gallery):
        group = studios.bert.groups.get()
        group.collection_permissions.all().delete()
        browser = log_in(studios.chief)
        address = reverse("wagtailusers_groups:edit", args=[group.pk])
        form = browser.get(address).context
        panel = next(
            panel for panel in form["permission_panels"] if panel.prefix == "gallery_permissions"
        )
        chosen = panel.permission_queryset.get(codename="share_gallery")
        data = {"name": group.name}
        for one in form["permission_panels"]:
            data |= {
                f"{one.prefix}-{name}_FORMS": value
                for name, value in (("TOTAL", 0), ("INITIAL", 0), ("MIN_NUM", 0), ("MAX_NUM", 1000))
            }
        data |= {
            "gallery_permissions-TOTAL_FORMS": 1,
            "gallery_permissions-0-collection": studios.collection.pk,
            "gallery_permissions-0-permissions": [chosen.pk],
        }

        browser.post(address, data)

        assert GroupCollectionPermission.objects.get(group=group).permission == chosen
        policy = policy_registry.get_by_type(Gallery)
        assert policy.user_has_permission_for_instance(
            type(studios.bert).objects.get(pk=studios.bert.pk), "share", gallery
        )

    def test_a_collection_with_galleries_says_so_before_it_is_deleted(
        self, studios, log_in, gallery
    ):
        page = log_in(studios.chief).get(
            reverse("wagtailadmin_collections:delete", args=[studios.collection.pk])
        )

        assert "1 gallery" in page.content.decode()
        assert "1 client" in page.content.decode()


class TestContentSecurityPolicy:
    NAMES = ("index", "add")
    TABS = ("photos", "selections", "edits", "sharing", "delivery", "history", "settings")

    def pages(self, browser, gallery):
        addresses = [reverse(f"pumbaphoto_galleries:{name}") for name in self.NAMES]
        addresses += [gallery_url(gallery, tab) for tab in self.TABS]
        addresses.append(gallery_url(gallery, "step", step_name="reopen"))
        return [browser.get(address) for address in addresses]

    def test_is_strict_on_every_page_of_ours(self, maria, gallery, submitted):
        for page in self.pages(maria, gallery):
            policy = page["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy

    def test_no_page_of_ours_has_anything_inline(self, maria, gallery, submitted):
        inline = re.compile(
            r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=\"|\son[a-z]+=\""
        )
        for page in self.pages(maria, gallery):
            assert not inline.search(page.content.decode())

    @override_settings(STATIC_URL="https://cdn.example/static/")
    def test_lets_the_sites_own_static_files_in(self, maria, gallery):
        policy = maria.get(gallery_url(gallery))["Content-Security-Policy"]

        assert "script-src 'self' https://cdn.example;" in policy

    @override_settings(WAGTAIL_GRAVATAR_PROVIDER_URL="//www.gravatar.com/avatar")
    def test_lets_the_avatars_in_that_wagtail_shows(self, maria, gallery):
        policy = maria.get(gallery_url(gallery))["Content-Security-Policy"]

        assert "https://www.gravatar.com" in policy


def test_the_session_is_told_to_the_uploader(maria, client):
    address = reverse("pumbaphoto_galleries:session")

    assert maria.get(address).json()["csrfToken"]
    lost = client.get(address, headers={"X-Requested-With": "XMLHttpRequest"})
    assert lost.status_code == 403


def test_the_upload_log_tells_what_became_of_a_batch(maria, studios, log_in, batch):
    index = reverse("pumbaphoto_wagtail_uploadbatch_modeladmin_index")
    log = log_in(studios.chief).get(index).content.decode()
    one = maria.get(
        reverse("pumbaphoto_wagtail_uploadbatch_modeladmin_inspect", args=[batch.pk])
    ).content.decode()

    assert "2 accepted · 1 refused" in log
    for words in ("IMG_0001.xmp", "Sidecar files are no photos.", "Eicar-Test-Signature"):
        assert words in one


def test_the_upload_log_finds_a_batch_by_a_files_name(studios, log_in, batch):
    address = reverse("pumbaphoto_wagtail_uploadbatch_modeladmin_index")
    chief = log_in(studios.chief)

    assert b"2 accepted" in chief.get(address, {"q": "invoice"}).content
    assert b"2 accepted" not in chief.get(address, {"q": "nowhere"}).content
