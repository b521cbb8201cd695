"""An archived gallery: a friendly page behind the same link, and asking for the photos."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from pumbaphoto_wagtail import notifications, testing, workflow
from pumbaphoto_wagtail.exceptions import TransitionNotAllowed
from pumbaphoto_wagtail.models import Gallery, Message, MessageKind, ShareLink, State
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.proofing.closed_gallery import ask_for_photos, asked_at
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def archived(gallery):
    testing.make_delivery(gallery, [testing.make_edit(gallery, testing.make_photo(gallery))])
    Gallery.objects.filter(pk=gallery.pk).update(state=State.DELIVERED)
    gallery.refresh_from_db()
    workflow.take_step(gallery, State.ARCHIVED, actor=gallery.owner)
    return gallery


def closed_address(gallery):
    return f"/galleries/closed/{gallery.uuid}/"


def asked():
    return Message.objects.filter(kind=MessageKind.PHOTOS_ASKED)


# --- The page ------------------------------------------------------------------------------------


def test_the_gallerys_page_is_a_friendly_closed_page_with_a_button(recipient, archived):
    text = recipient.get(archived.main_page.url).content.decode()
    assert "Safely stored" in text
    assert "Ask for your photos" in text
    assert closed_address(archived) in text
    assert "/media/" not in text
    assert "/download/" not in text


@pytest.mark.parametrize("page", ["draft", "gone"])
def test_the_same_link_leads_to_the_closed_page_when_the_main_page_is_taken_down(
    client, archived, link, enter, page
):
    if page == "draft":
        archived.main_page.unpublish()
    else:
        archived.main_page.delete()
    response = enter(link)
    assert response.status_code == 303
    assert response["Location"] == closed_address(archived)
    response = client.get(response["Location"])
    assert response.status_code == 200
    assert "Safely stored" in response.content.decode()
    assert "Ask for your photos" in response.content.decode()
    assert response["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_an_open_gallery_without_a_page_is_still_being_hung(client, gallery, link, enter):
    gallery.main_page.delete()
    assert "is being hung" in enter(link).content.decode()
    assert "is being hung" in client.get(closed_address(gallery)).content.decode()


def test_once_restored_the_closed_page_leads_to_the_gallery(recipient, archived):
    Gallery.objects.update(state=State.DELIVERED)
    for answer in (recipient.get, recipient.post):
        response = answer(closed_address(archived))
        assert response.status_code == 303
        assert response["Location"] == archived.main_page.url
    assert not asked().exists()


def test_without_a_link_there_is_no_closed_page(client, archived):
    testing.make_policy(gallery=archived)
    assert client.get(closed_address(archived)).status_code == 404
    assert client.post(closed_address(archived)).status_code == 404


def test_a_revoked_link_asks_for_nothing(recipient, archived, link):
    links.revoke(link, None)
    assert recipient.post(closed_address(archived)).status_code == 404
    assert not asked().exists()


def test_nothing_of_an_archived_gallery_is_had_through_its_link(recipient, archived, link):
    item = archived.deliveries.get().items.get()
    for address in (
        f"/galleries/download/item/{item.uuid}",
        f"/galleries/download/item/{item.uuid}/web",
        f"/galleries/download/gallery/{archived.uuid}",
        f"{archived.main_page.url}photos/?page=1",
    ):
        assert recipient.get(address).status_code == 404, address
    photo = archived.photos.get()
    response = recipient.post(archived.main_page.url, {"give-heart": photo.uuid})
    assert response.status_code == 409


def keep_online(gallery):
    Gallery.objects.filter(pk=gallery.pk).update(keeps_delivered_online=True)


def test_what_is_kept_online_hangs_on_the_closed_page_with_its_downloads(recipient, archived, link):
    item = archived.deliveries.get().items.get()
    keep_online(archived)
    text = recipient.get(archived.main_page.url).content.decode()
    assert "the finished photos stay here for you" in text
    assert "Ask for the other photos" in text
    assert f"/galleries/download/gallery/{archived.uuid}" in text
    for address in (
        f"/galleries/download/item/{item.uuid}",
        f"/galleries/download/gallery/{archived.uuid}",
        f"{archived.main_page.url}photos/?page=1",
        f"{archived.main_page.url}photo/{item.uuid}/",
    ):
        assert recipient.get(address).status_code == 200, address
    photo = archived.photos.get()
    assert str(photo.uuid) not in text
    assert recipient.get(f"{archived.main_page.url}photo/{photo.uuid}/").status_code == 404
    assert recipient.get(f"/galleries/delivered/{item.uuid}/before/").status_code == 404


def test_what_is_kept_online_is_had_without_a_page_of_the_site_as_well(
    client, archived, link, enter
):
    item = archived.deliveries.get().items.get()
    keep_online(archived)
    archived.main_page.delete()
    text = client.get(enter(link)["Location"]).content.decode()
    assert f"/galleries/download/item/{item.uuid}" in text
    assert f"/galleries/download/gallery/{archived.uuid}" in text


def test_on_a_link_that_gives_web_sizes_only_those_are_had(client, archived, enter):
    item = archived.deliveries.get().items.get()
    keep_online(archived)
    archived.main_page.delete()
    link = testing.make_link(archived, "Tom", downloads="web")
    text = client.get(enter(link)["Location"]).content.decode()
    assert f"/galleries/download/item/{item.uuid}/web" in text
    assert f"/galleries/download/gallery/{archived.uuid}" not in text


# --- Ten years later -----------------------------------------------------------------------------


@pytest.fixture
def years_later(archived, link):
    """The link has long expired; nobody took it back."""
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(days=3650))
    archived.transitions.update(at=timezone.now() - timedelta(days=3653))
    return archived


def test_years_later_the_same_link_leads_to_the_closed_page(client, years_later, link, enter):
    item = years_later.deliveries.get().items.get()
    keep_online(years_later)
    response = enter(link)
    assert (response.status_code, response["Location"]) == (303, closed_address(years_later))
    text = client.get(closed_address(years_later)).content.decode()
    assert "Safely stored" in text
    assert "/download/" not in text
    response = client.get(years_later.main_page.url)
    assert (response.status_code, response["Location"]) == (303, closed_address(years_later))
    assert client.get(f"/galleries/download/item/{item.uuid}").status_code == 404
    response = client.post(closed_address(years_later))
    assert (response.status_code, response["Location"]) == (303, closed_address(years_later))
    assert asked().get().share_link == link


def test_a_link_that_was_taken_back_leads_nowhere_however_late(client, years_later, link, enter):
    links.revoke(link, None)
    assert enter(link).status_code == 404
    assert client.get(closed_address(years_later)).status_code == 404


def test_an_expired_link_of_an_open_gallery_leads_nowhere(client, gallery, link, enter):
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert enter(link).status_code == 404


def test_what_a_link_that_was_taken_back_shared_on_leads_nowhere(client, years_later, link, enter):
    other = testing.make_link(years_later, "Tom", expires_at=timezone.now() - timedelta(days=9))
    ShareLink.objects.filter(pk=other.pk).update(shared_by=link)
    assert enter(other).status_code == 303
    ShareLink.objects.filter(pk=link.pk).update(revoked_at=timezone.now())
    assert enter(other).status_code == 404
    assert client.get(closed_address(years_later)).status_code == 404


# --- Asking --------------------------------------------------------------------------------------


def test_asking_tells_the_photographer_and_says_so(recipient, archived, link):
    response = recipient.post(closed_address(archived))
    assert response.status_code == 303
    text = recipient.get(response["Location"]).content.decode()
    assert "Maria knows since" in text
    assert "Ask for your photos" not in text
    assert notifications.send_message(asked().get().pk)
    (message,) = mail.outbox
    assert message.to == [archived.owner.email]
    assert message.subject == "Anna asks for the photos: Smith wedding"


def test_asked_again_the_same_day_it_is_the_same_wish(recipient, archived):
    for _ in range(3):
        recipient.post(closed_address(archived))
    assert asked().count() == 1


def test_asked_again_on_another_day_the_photographer_is_reminded(recipient, archived):
    recipient.post(closed_address(archived))
    archived.transitions.update(at=timezone.now() - timedelta(days=9))
    asked().update(created_at=timezone.now() - timedelta(days=2))
    assert "Ask again" in recipient.get(archived.main_page.url).content.decode()
    recipient.post(closed_address(archived))
    assert asked().count() == 2


def test_what_was_asked_before_the_last_restoring_is_forgotten(archived, link):
    ask_for_photos(link)
    workflow.take_step(archived, State.DELIVERED, actor=archived.owner)
    with pytest.raises(TransitionNotAllowed):
        ask_for_photos(link)
    workflow.take_step(archived, State.ARCHIVED, actor=archived.owner)
    assert asked_at(link, archived) is None
    ask_for_photos(link)
    assert asked().count() == 2


def test_each_recipient_asks_for_themselves(archived, link):
    other = testing.make_link(archived, recipient="Tom")
    ask_for_photos(link)
    ask_for_photos(other)
    assert asked().count() == 2


def test_asking_is_in_the_history(archived, link):
    ask_for_photos(link)
    maria = testing.make_photographer()
    browser = Client()
    browser.force_login(maria)
    text = browser.get(f"/admin/pumbaphoto/galleries/{archived.uuid}/history/").content.decode()
    assert "Anna asked for the photos of the archived gallery" in text


def test_asking_needs_the_csrf_token(archived, link):
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/galleries/s/{links.token(link)}")
    assert browser.post(closed_address(archived)).status_code == 403
    assert not asked().exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_that_ask_at_once_ask_once():
    gallery = testing.make_gallery(state=State.ARCHIVED)
    link = testing.make_link(gallery)
    results = at_once(lambda: ask_for_photos(link), 20)
    assert len(set(results)) == 1, results
    assert asked().count() == 1
