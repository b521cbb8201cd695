"""Asking for changes: who may, when, and that the photographer hears of each wish exactly once."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from pumbaphoto_wagtail import notifications, testing
from pumbaphoto_wagtail.conf import settings
from pumbaphoto_wagtail.delivery import sending
from pumbaphoto_wagtail.exceptions import LimitExceeded, TransitionNotAllowed
from pumbaphoto_wagtail.mail.gathering import gathered_changes
from pumbaphoto_wagtail.models import (
    ChangeRequest,
    DeliveryItem,
    Gallery,
    Kind,
    LinkPurpose,
    Message,
    MessageKind,
    ShareLink,
    State,
)
from pumbaphoto_wagtail.proofing import changes, links
from pumbaphoto_wagtail.proofing.changes import OPEN_AT_MOST, answer, ask_for_change, withdraw
from tests.threads import at_once

pytestmark = pytest.mark.django_db

BRIGHTER = "A little brighter, please"


def deliver(gallery, *, amount=1, state=State.DELIVERED, **photo) -> list[DeliveryItem]:
    photos = [testing.make_photo(gallery, **photo) for _ in range(amount)]
    delivery = testing.make_delivery(gallery, [testing.make_edit(gallery, each) for each in photos])
    Gallery.objects.filter(pk=gallery.pk).update(state=state)
    gallery.refresh_from_db()
    return [*delivery.items.order_by("position")]


@pytest.fixture
def item(gallery):
    return deliver(gallery)[0]


def page_of(item):
    return f"/galleries/delivered/{item.uuid}/change/"


def mails():
    return Message.objects.filter(kind=MessageKind.CHANGE_ASKED).order_by("pk")


def due(message) -> str:
    """Send a mail whose time has come; its text."""
    Message.objects.filter(pk=message.pk).update(retry_at=None)
    assert notifications.send_message(message.pk)
    return mail.outbox[-1].body


# --- Who may, and when ---------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_changes_are_asked_for_what_is_delivered_and_still_open(gallery, link, state):
    (item,) = deliver(gallery, state=state)
    if state in (State.EDITING, State.DELIVERED):
        assert ask_for_change(link, item, BRIGHTER).photo == item.photo
        gallery.refresh_from_db()
        assert gallery.state == state, "only the photographer moves the state"
    else:
        with pytest.raises((TransitionNotAllowed, DeliveryItem.DoesNotExist)):
            ask_for_change(link, item, BRIGHTER)
        assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize("purpose", [each for each in LinkPurpose if each != LinkPurpose.CLIENT])
def test_only_the_clients_own_link_asks(gallery, item, enter, client, purpose):
    link = testing.make_link(gallery, purpose=purpose)
    with pytest.raises(PermissionDenied):
        ask_for_change(link, item, BRIGHTER)
    enter(link)
    assert client.get(page_of(item)).status_code == 404
    assert client.post(page_of(item), {"words": BRIGHTER}).status_code == 404
    assert "data-pumba-open" not in re.sub(
        r"<template.*?</template>",
        "",
        client.get(gallery.main_page.url).content.decode(),
        flags=re.S,
    )


def test_what_a_link_does_not_show_is_not_asked_about(gallery, item, client, enter):
    section = testing.make_section(gallery)
    link = testing.make_link(gallery, sections=[section])
    with pytest.raises(DeliveryItem.DoesNotExist):
        ask_for_change(link, item, BRIGHTER)
    enter(link)
    assert client.post(page_of(item), {"words": BRIGHTER}).status_code == 404


def test_a_link_of_another_gallery_asks_for_nothing(item, client, enter):
    other = testing.make_link(testing.make_gallery())
    with pytest.raises(DeliveryItem.DoesNotExist):
        ask_for_change(other, item, BRIGHTER)
    enter(other)
    assert client.get(page_of(item)).status_code == 404


def test_a_closed_link_asks_for_nothing(gallery, item, link, recipient):
    links.revoke(link, None)
    with pytest.raises(ShareLink.DoesNotExist):
        ask_for_change(link, item, BRIGHTER)
    assert recipient.post(page_of(item), {"words": BRIGHTER}).status_code == 404


def test_a_superseded_version_is_not_asked_about(gallery, item, link):
    newer = testing.make_edit(gallery, item.photo, version=2)
    testing.make_delivery(gallery, [newer])
    with pytest.raises(DeliveryItem.DoesNotExist):
        ask_for_change(link, item, BRIGHTER)


def test_the_photographer_without_a_link_asks_for_nothing(gallery, item, client):
    client.force_login(testing.make_photographer())
    assert client.get(page_of(item)).status_code == 404


def test_a_stranger_cannot_tell_an_item_from_none(item, client):
    here = client.get(page_of(item))
    nowhere = client.get(page_of(item).replace(str(item.uuid)[:8], "00000000"))
    assert (here.status_code, here.content) == (nowhere.status_code, nowhere.content)


# --- What is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["", "  \n ", "\0"])
def test_a_wish_needs_words(item, link, words):
    with pytest.raises(ValidationError):
        ask_for_change(link, item, words)


def test_a_wish_that_is_too_long_is_refused_and_stays_in_the_form(item, recipient):
    words = "x" * (settings.NOTE_MAX_LENGTH + 1)
    response = recipient.post(page_of(item), {"words": words})
    assert response.status_code == 400
    assert words in response.content.decode()
    assert not ChangeRequest.objects.exists()


def test_the_same_words_twice_are_one_wish(item, link):
    first = ask_for_change(link, item, BRIGHTER)
    assert ask_for_change(link, item, f" {BRIGHTER}\r\n") == first
    assert mails().count() == 1
    assert ask_for_change(link, item, "And warmer") != first


def test_nobody_asks_without_an_end(item, link):
    for number in range(OPEN_AT_MOST):
        ask_for_change(link, item, f"wish {number}")
    with pytest.raises(LimitExceeded):
        ask_for_change(link, item, "one more")


def test_words_are_inert_wherever_they_stand(gallery, item, link, recipient):
    ask_for_change(link, item, "<script>x</script>{{ settings }}")
    maria = Client()
    maria.force_login(testing.make_photographer())
    for browser, address in (
        (recipient, page_of(item)),
        (recipient, gallery.main_page.url),
        (maria, f"/admin/pumbaphoto/galleries/{gallery.uuid}/delivery/"),
    ):
        text = browser.get(address).content.decode()
        assert "&lt;script&gt;x" in text, address
        assert "<script>x" not in text


# --- The page ------------------------------------------------------------------------------------


def test_a_wish_is_sent_with_a_plain_form_and_seen_afterwards(gallery, item, recipient):
    assert page_of(item) in recipient.get(gallery.main_page.url).content.decode()
    response = recipient.post(page_of(item), {"words": BRIGHTER})
    assert response.status_code == 303
    text = recipient.get(response["Location"]).content.decode()
    assert "You asked Maria on" in text
    assert BRIGHTER in text
    wall = recipient.get(gallery.main_page.url).content.decode()
    assert "You asked Maria for 1 change" in wall
    assert BRIGHTER in wall
    assert f"/galleries/download/item/{item.uuid}" in wall, "downloads stay"


def test_the_page_is_our_own_and_private(item, recipient):
    response = recipient.get(page_of(item))
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, no-store"


def test_a_refusal_is_said_in_words(gallery, item, recipient):
    Gallery.objects.update(state=State.ACTIVE)
    response = recipient.post(page_of(item), {"words": BRIGHTER})
    assert response.status_code == 409
    assert "The client has not" in response.content.decode()


def test_a_form_needs_the_csrf_token(item, link):
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/galleries/s/{links.token(link)}")
    assert browser.post(page_of(item), {"words": BRIGHTER}).status_code == 403


def test_each_recipient_reads_their_own_wishes(gallery, item, link, client, enter):
    ask_for_change(link, item, BRIGHTER)
    enter(testing.make_link(gallery, recipient="Tom"))
    assert BRIGHTER not in client.get(page_of(item)).content.decode()
    assert BRIGHTER not in client.get(gallery.main_page.url).content.decode()


# --- Withdrawing and answering -------------------------------------------------------------------


def test_a_wish_is_withdrawn_until_it_is_answered(item, link, recipient):
    request = ask_for_change(link, item, BRIGHTER)
    assert recipient.post(page_of(item), {"withdraw": request.pk}).status_code == 303
    assert not ChangeRequest.objects.exists()
    withdraw(link, request.pk)

    request = ask_for_change(link, item, BRIGHTER)
    answer(item.delivery.gallery, request.pk, actor=None)
    assert recipient.post(page_of(item), {"withdraw": request.pk}).status_code == 409
    assert ChangeRequest.objects.exists()
    assert "Maria answered this on" in recipient.get(page_of(item)).content.decode()


def test_nobody_withdraws_anothers_wish(gallery, item, link):
    request = ask_for_change(link, item, BRIGHTER)
    withdraw(testing.make_link(gallery, recipient="Tom"), request.pk)
    assert ChangeRequest.objects.exists()


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "¹"])
def test_nonsense_is_withdrawn_quietly(item, link, recipient, number):
    ask_for_change(link, item, BRIGHTER)
    assert recipient.post(page_of(item), {"withdraw": number}).status_code == 303
    assert ChangeRequest.objects.exists()


def test_a_newer_version_answers_the_wish_by_itself(gallery, item, link):
    (other,) = deliver(gallery)
    asked, untouched = (ask_for_change(link, each, BRIGHTER) for each in (item, other))
    testing.make_edit(gallery, item.photo, version=2)
    sending.deliver(gallery, actor=gallery.owner, include_unselected=True)
    asked.refresh_from_db()
    untouched.refresh_from_db()
    assert asked.answered_at is not None
    assert untouched.answered_at is None


def test_the_photographer_sees_wishes_and_marks_them_as_answered(gallery, item, link, client):
    request = ask_for_change(link, item, BRIGHTER)
    client.force_login(testing.make_photographer())
    address = f"/admin/pumbaphoto/galleries/{gallery.uuid}/delivery/"
    text = client.get(address).content.decode()
    assert BRIGHTER in text
    assert "1 without an answer" in text
    assert client.post(f"{address}wishes/{request.pk}/").status_code == 302
    request.refresh_from_db()
    gallery.refresh_from_db()
    assert request.answered_at is not None
    assert gallery.state == State.DELIVERED
    assert "Mark as answered" not in client.get(address).content.decode()
    history = client.get(f"/admin/pumbaphoto/galleries/{gallery.uuid}/history/").content.decode()
    assert "Anna asked for a change" in history
    assert "Answered what Anna asked for" in history


def test_a_photographer_of_another_studio_answers_nothing(gallery, item, link, client):
    request = ask_for_change(link, item, BRIGHTER)
    other = testing.make_gallery()
    answer(other, request.pk, actor=None)
    client.force_login(testing.make_user())
    address = f"/admin/pumbaphoto/galleries/{gallery.uuid}/delivery/wishes/{request.pk}/"
    client.post(address)
    request.refresh_from_db()
    assert request.answered_at is None


# --- The mail ------------------------------------------------------------------------------------


def test_wishes_of_some_minutes_are_one_mail(gallery, link):
    items = deliver(gallery, amount=3)
    for number, each in enumerate(items):
        ask_for_change(link, each, f"wish {number}")
    (message,) = mails()
    assert not notifications.send_message(message.pk), "gathered for some minutes first"
    assert message.retry_at - timezone.now() < timedelta(minutes=6)
    text = due(message)
    assert all(f"wish {number}" in text for number in range(3))
    assert mail.outbox[-1].subject == "Anna asks for 3 changes: Smith wedding"
    assert mail.outbox[-1].to == [gallery.owner.email]


def test_what_comes_after_a_mail_is_in_the_next_one_and_nothing_in_both(item, link):
    ask_for_change(link, item, "the first")
    first = mails().get()
    assert "the first" in due(first)
    ask_for_change(link, item, "the second")
    second = mails().last()
    assert second != first
    text = due(second)
    assert "the second" in text
    assert "the first" not in text


def test_nothing_is_added_to_a_mail_that_is_being_sent(item, link):
    ask_for_change(link, item, "the first")
    first = mails().get()
    soon = timezone.now() + timedelta(minutes=1)
    assert Message.objects.take_lease(first.pk, holder=first.uuid, now=timezone.now(), until=soon)
    ask_for_change(link, item, "the second")
    assert mails().count() == 2
    words = [request.words for request in gathered_changes(first)]
    assert words == ["the first"]


def test_a_repeat_after_trouble_has_the_same_words(item, link, monkeypatch):
    ask_for_change(link, item, "the first")
    first = mails().get()
    Message.objects.update(retry_at=None)
    monkeypatch.setattr(notifications, "compose", lambda message: 1 / 0)
    assert not notifications.send_message(first.pk)
    monkeypatch.undo()
    ask_for_change(link, item, "the second")
    assert "the second" not in due(first)
    assert "the second" in due(mails().last())


def test_a_withdrawn_wish_is_not_mailed(item, link):
    kept = ask_for_change(link, item, "the first")
    withdraw(link, ask_for_change(link, item, "the second").pk)
    assert "the second" not in due(mails().get())
    assert kept in gathered_changes(mails().get())


def test_when_all_is_withdrawn_nothing_is_mailed(item, link):
    for _ in range(2):
        withdraw(link, ask_for_change(link, item, BRIGHTER).pk)
    assert not mails().exists()
    ask_for_change(link, item, BRIGHTER)
    assert BRIGHTER in due(mails().get())


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_wishes_at_once_are_all_in_one_mail():
    gallery = testing.make_gallery()
    link = testing.make_link(gallery)
    items = deliver(gallery, amount=4)
    numbers = iter(range(20))
    results = at_once(
        lambda: ask_for_change(link, items[(number := next(numbers)) % 4], f"wish {number}"), 20
    )
    assert {type(result) for result in results} == {ChangeRequest}, results
    assert mails().count() == 1
    assert gathered_changes(mails().get()).count() == 20


# --- Many ----------------------------------------------------------------------------------------


def test_the_wall_costs_the_same_queries_with_wishes_and_comparisons(
    gallery, link, recipient, django_assert_max_num_queries
):
    Gallery.objects.update(shows_before_after=True)
    for each in deliver(gallery, amount=12):
        ask_for_change(link, each, BRIGHTER)
    recipient.get(gallery.main_page.url)
    with django_assert_max_num_queries(26):
        recipient.get(gallery.main_page.url)


def test_only_client_links_are_asked_for_wishes(gallery):
    client, family = (testing.make_link(gallery, purpose=each) for each in ("client", "family"))
    assert changes.is_for_changes(client)
    assert not changes.is_for_changes(family)


# --- Files without an original -------------------------------------------------------------------


@pytest.fixture
def gift(gallery):
    delivery = testing.make_delivery(gallery, [testing.make_edit(gallery, name="card.jpg")])
    Gallery.objects.update(state=State.DELIVERED)
    return delivery.items.get()


def test_a_change_is_asked_for_of_a_gift_and_answered(gallery, gift, recipient):
    assert page_of(gift) in recipient.get(gallery.main_page.url).content.decode()
    assert recipient.post(page_of(gift), {"words": BRIGHTER}).status_code == 303
    wish = ChangeRequest.objects.get()
    assert (wish.photo, wish.edit, str(wish)) == (None, gift.edit, "card.jpg")
    assert BRIGHTER in recipient.get(page_of(gift)).content.decode()
    assert "card.jpg" in due(mails().get())
    maria = Client()
    maria.force_login(testing.make_photographer())
    address = f"/admin/pumbaphoto/galleries/{gallery.uuid}/delivery/"
    page = maria.get(address).content.decode()
    assert BRIGHTER in page
    assert "card.jpg" in page
    answer(gallery, wish.pk, actor=None)
    wish.refresh_from_db()
    assert wish.answered_at is not None


def test_what_is_said_about_a_gift_is_not_said_about_another(gallery, gift, link, recipient):
    other = testing.make_delivery(gallery, [testing.make_edit(gallery, name="film.jpg")])
    recipient.post(page_of(gift), {"words": BRIGHTER})
    assert BRIGHTER not in recipient.get(page_of(other.items.get())).content.decode()


def test_of_finished_photos_a_part_can_be_asked_about_before_the_rest_is_there(link):
    gallery = testing.make_gallery(kind=Kind.FINISHED)
    (item,) = deliver(gallery, state=State.ACTIVE)
    own = testing.make_link(gallery)
    assert ask_for_change(own, item, BRIGHTER).photo == item.photo
