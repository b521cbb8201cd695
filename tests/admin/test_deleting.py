"""Deleting a gallery in the admin: what is said, who may, and what happens to its pages."""

import pytest
from django.urls import reverse
from wagtail.models import GroupCollectionPermission

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.admin.addresses import galleries_url, gallery_url
from pumbaphoto_wagtail.delivery.erasing import erase_gallery
from pumbaphoto_wagtail.models import Gallery
from pumbaphoto_wagtail.pages.models import GalleryPage

from .conftest import words_of


def delete(browser, gallery, title="Smith wedding", **options):
    return browser.post(gallery_url(gallery, "delete"), {"title": title}, **options)


# --- A gallery -----------------------------------------------------------------------------------


def test_what_goes_is_named_before(maria, gallery, link, selection):
    testing.make_edit(gallery)

    words = maria.get(gallery_url(gallery, "delete")).content.decode()

    for said in ("4 photos", "1 edit", "1 selection, with its hearts", "1 share link", "5 files"):
        assert said in words


def test_with_its_title_it_is_deleted(maria, gallery, link):
    answer = delete(maria, gallery, " smith  wedding".replace("smith", "Smith"), follow=True)

    assert words_of(answer) == [
        "“Smith wedding” is deleted. Its files are being taken from the storage."
    ]
    assert maria.get(gallery_url(gallery)).status_code == 404
    assert gallery_url(gallery) not in maria.get(galleries_url()).content.decode()
    assert not Gallery.objects.filter(pk=gallery.pk).exists()


@pytest.mark.parametrize("title", ["", "smith wedding", "Smith wedding!"])
def test_without_its_title_it_stays(maria, gallery, title):
    assert delete(maria, gallery, title).status_code == 422
    assert Gallery.objects.filter(pk=gallery.pk).exists()


def test_who_may_not_delete_it_is_refused(log_in, studios, gallery):
    assistant = testing.make_photographer("assistant", collection=studios.collection)
    given = GroupCollectionPermission.objects.filter(group__in=assistant.groups.all())
    given.filter(permission__codename="delete_gallery").delete()
    browser = log_in(assistant)

    assert (
        "Delete this gallery" not in browser.get(gallery_url(gallery, "settings")).content.decode()
    )
    assert browser.get(gallery_url(gallery, "delete")).status_code in (302, 403)
    delete(browser, gallery)
    assert Gallery.objects.filter(pk=gallery.pk).exists()


def test_another_studio_finds_nothing(log_in, studios, gallery):
    assert delete(log_in(studios.bert), gallery).status_code == 404
    assert Gallery.objects.filter(pk=gallery.pk).exists()


def test_its_page_goes_where_the_photographer_may_delete_it(log_in, studios, gallery):
    page = testing.make_page(gallery) if gallery.main_page is None else gallery.main_page

    delete(log_in(studios.chief), gallery)

    assert not GalleryPage.objects.filter(pk=page.pk).exists()


def test_its_page_stays_without_photos_where_they_may_not(maria, client, gallery):
    page = testing.make_page(gallery) if gallery.main_page is None else gallery.main_page

    words = maria.get(gallery_url(gallery, "delete")).content.decode()
    delete(maria, gallery)

    assert "stays, without photos" in words
    page.refresh_from_db()
    assert page.live
    assert client.get(page.url).status_code in (200, 404)
    assert erase_gallery(gallery.pk)
    assert client.get(page.url).status_code in (200, 404)


def test_the_log_entry_stays_readable_in_wagtails_own_report(log_in, studios, gallery):
    chief = log_in(studios.chief)
    delete(chief, gallery)
    erase_gallery(gallery.pk)

    report = chief.get(reverse("wagtailadmin_reports:site_history")).content.decode()

    assert "Smith wedding" in report
    assert "Gallery deleted: 4 photos" in report
