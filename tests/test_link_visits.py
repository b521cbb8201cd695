"""How share links are used is counted: truly, once, and without ever being in the way."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Collection

from pumbaphoto_wagtail import link_visits, testing
from pumbaphoto_wagtail.models import LinkVisit, ShareLink
from pumbaphoto_wagtail.proofing import links

from .threads import at_once

VISITORS = 50


@pytest.fixture(autouse=True)
def own_storages(settings, tmp_path):
    settings.STORAGES = testing.temporary_storages(tmp_path)


@pytest.fixture
def gallery(db):
    root = Collection.get_first_root_node()
    maria = testing.make_photographer("maria", collection=root)
    return testing.make_gallery(state="delivered", owner=maria, collection=root)


@pytest.fixture
def photo(gallery):
    return testing.make_photo(gallery)


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, may_download_originals=True)


@pytest.fixture
def item(gallery, photo):
    edit = testing.make_edit(gallery, photo)
    return testing.make_delivery(gallery, [edit]).items.get()


@pytest.fixture
def anna(link):
    """A browser that has come with the link."""
    browser = Client()
    browser.get(reverse("pumbaphoto_wagtail:door", args=[links.token(link)]))
    return browser


def picture(photo):
    rendition = photo.picture.renditions.get(tier="grid")
    return reverse(
        "pumbaphoto_wagtail:photo_picture",
        args=[photo.uuid, "grid", rendition.digest[:16], "jpg"],
    )


def counts(link):
    return LinkVisit.objects.filter(share_link=link).values_list("opened", "downloads").first()


def ask(browser, name, *args, **headers):
    response = browser.get(reverse(f"pumbaphoto_wagtail:{name}", args=args), headers=headers)
    b"".join(response)  # as the web server does
    return response


class TestOpening:
    def test_the_first_picture_of_a_visit_is_an_opening_and_the_next_are_none(
        self, anna, link, photo
    ):
        for _time in range(3):
            anna.get(picture(photo))
        assert counts(link) == (1, 0)

    def test_the_address_alone_is_none(self, anna, link):
        assert counts(link) is None

    def test_after_half_an_hour_without_pictures_there_is_another(self, anna, link, photo):
        anna.get(picture(photo))
        ShareLink.objects.update(last_used_at=timezone.now() - timedelta(minutes=31))
        anna.get(picture(photo))
        assert counts(link) == (2, 0)

    def test_who_goes_on_looking_goes_on_with_the_same(self, anna, link, photo):
        anna.get(picture(photo))
        ShareLink.objects.update(last_used_at=timezone.now() - timedelta(minutes=11))
        anna.get(picture(photo))
        assert counts(link) == (1, 0)

    def test_each_day_has_its_own_count_from_first_to_last(self, link):
        link_visits.note_opening(link)
        yesterday = timezone.now() - timedelta(days=1)
        LinkVisit.objects.update(day=yesterday.date(), first_at=yesterday, last_at=yesterday)
        link_visits.note_opening(link)
        link_visits.note_download(link)
        today, before = LinkVisit.objects.all()
        assert (today.opened, today.downloads) == (1, 1)
        assert today.first_at <= today.last_at
        assert (before.opened, before.downloads) == (1, 0)


class TestDownloads:
    @pytest.mark.parametrize("name", ["download_item", "download_web"])
    def test_a_file_counts_once_and_is_remembered_on_the_link(self, anna, link, item, name):
        assert ask(anna, name, item.uuid).status_code == 200
        assert counts(link)[1] == 1
        link.refresh_from_db()
        assert timezone.now() - link.downloaded_at < timedelta(minutes=1)

    @pytest.mark.parametrize("name", ["download_all", "originals_zip"])
    def test_so_does_a_zip(self, anna, link, item, gallery, name):
        assert ask(anna, name, gallery.uuid).status_code == 200
        assert counts(link)[1] == 1

    def test_so_does_an_original(self, anna, link, photo):
        assert ask(anna, "original", photo.uuid).status_code == 200
        assert counts(link)[1] == 1

    def test_one_that_goes_on_where_it_stopped_is_the_same_download(
        self, anna, link, item, gallery
    ):
        ask(anna, "download_all", gallery.uuid, range="bytes=0-99")
        for start in (100, 200, 300):
            assert (
                ask(
                    anna, "download_all", gallery.uuid, range=f"bytes={start}-{start + 99}"
                ).status_code
                == 206
            )
        assert counts(link)[1] == 1

    def test_asking_how_large_it_is_is_none(self, anna, link, item, gallery):
        anna.head(reverse("pumbaphoto_wagtail:download_all", args=[gallery.uuid]))
        anna.head(reverse("pumbaphoto_wagtail:download_item", args=[item.uuid]))
        assert ask(anna, "download_item", item.uuid, range="bytes=0-0").status_code == 206
        assert not LinkVisit.objects.exclude(downloads=0).exists()
        link.refresh_from_db()
        assert link.downloaded_at is None

    def test_what_the_browser_has_already_is_none(self, anna, link, item):
        etag = ask(anna, "download_item", item.uuid)["ETag"]
        assert ask(anna, "download_item", item.uuid, if_none_match=etag).status_code == 304
        assert counts(link)[1] == 1

    @pytest.mark.parametrize("asked", ["", "bytes=0-", "bytes=0-99,200-299"])
    def test_behind_nginx_the_request_counts_that_sends_it_off(
        self, anna, link, item, settings, asked
    ):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "X_ACCEL_PREFIX": "/protected/"}
        response = anna.get(
            reverse("pumbaphoto_wagtail:download_item", args=[item.uuid]),
            headers={"range": asked} if asked else {},
        )
        assert "X-Accel-Redirect" in response
        assert counts(link)[1] == 1

    def test_behind_nginx_neither_the_rest_of_a_file_counts_nor_one_it_did_not_find(
        self, anna, link, item, settings
    ):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "X_ACCEL_PREFIX": "/protected/"}
        address = reverse("pumbaphoto_wagtail:download_item", args=[item.uuid])
        assert "X-Accel-Redirect" in anna.get(address, headers={"range": "bytes=100-"})
        b"".join(anna.get(address, headers={"x-pumbaphoto-lost": "1"}))
        assert counts(link)[1] == 0

    def test_nor_do_the_pieces_of_a_zip_that_it_fetches(self, anna, link, item, gallery, settings):
        settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "X_ACCEL_PREFIX": "/protected/"}
        address = reverse("pumbaphoto_wagtail:download_all", args=[gallery.uuid])
        sent_off = anna.get(address)["X-Accel-Redirect"]
        key = sent_off.split("/zip/")[1].split("/")[0]
        for start in (0, 100):
            piece = anna.get(
                address,
                headers={"x-pumbaphoto-zip": key, "range": f"bytes={start}-{start + 99}"},
            )
            assert piece.status_code == 206
            b"".join(piece)
        assert counts(link)[1] == 1


class TestThePhotographer:
    def test_looking_through_a_lent_link_counts_for_nothing(self, gallery, link, photo, item):
        browser = Client()
        browser.force_login(gallery.owner)
        browser.post(reverse("pumbaphoto_galleries:preview_as", args=[gallery.uuid, link.uuid]))
        assert browser.get(picture(photo)).status_code == 200
        assert ask(browser, "download_all", gallery.uuid).status_code == 200
        assert not LinkVisit.objects.exists()
        link.refresh_from_db()
        assert (link.last_used_at, link.downloaded_at) == (None, None)

    def test_nor_does_trying_the_link_out_while_logged_in(self, gallery, photo, item, anna, link):
        anna.force_login(gallery.owner)
        assert anna.get(picture(photo)).status_code == 200
        assert ask(anna, "download_item", item.uuid).status_code == 200
        assert not LinkVisit.objects.exists()

    def test_a_lent_link_itself_is_never_counted(self, link):
        link.is_lent = True
        link_visits.note_opening(link)
        link_visits.note_download(link)
        assert not LinkVisit.objects.exists()


def test_trouble_with_counting_fails_no_download(anna, item, monkeypatch, caplog):
    def fail(*args):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(link_visits, "_count", fail)
    assert ask(anna, "download_item", item.uuid).status_code == 200
    assert "was not counted" in caplog.text


def test_counting_for_a_link_that_was_deleted_meanwhile_fails_nothing(link):
    stale = ShareLink.objects.get(pk=link.pk)
    link.delete()
    link_visits.note_download(stale)
    # Otherwise the foreign key's own check, which SQLite makes last, fails the test's end.
    LinkVisit.objects.all().delete()


def test_visits_go_with_their_gallery(link, gallery):
    link_visits.note_opening(link)
    gallery.delete()
    assert not LinkVisit.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_50_at_once_none_is_lost():
    link = testing.make_link(testing.make_gallery())

    def use():
        link_visits.note_opening(link)
        link_visits.note_download(link)

    assert at_once(use, VISITORS) == [None] * VISITORS
    assert counts(link) == (VISITORS, VISITORS)
