"""Reminders: who is reminded of what, once for each date."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from wagtail.models import Site

from pumbaphoto_wagtail import notifications, reminders, testing
from pumbaphoto_wagtail.models import (
    Delivery,
    Downloads,
    Gallery,
    Message,
    MessageKind,
    Selection,
    ShareLink,
    State,
    StudioSettings,
)
from tests.threads import at_once

DUE, EXPIRING = MessageKind.DUE_SOON, MessageKind.LINK_EXPIRING


@pytest.fixture
def gallery(db) -> Gallery:
    return testing.make_gallery(has_page=False, due_date=timezone.localdate() + timedelta(days=2))


@pytest.fixture
def link(gallery) -> ShareLink:
    return testing.make_link(gallery, recipient="Anna", email="anna@example.com")


@pytest.fixture
def delivered(gallery, link) -> Gallery:
    photo = testing.make_many_photos(gallery, 1)[0]
    testing.make_delivery(gallery, [testing.make_edit(gallery, photo)])
    Gallery.objects.update(state=State.DELIVERED)
    ShareLink.objects.update(expires_at=timezone.now() + timedelta(days=3))
    gallery.refresh_from_db()
    return gallery


def reminded(kind: MessageKind) -> int:
    reminders.reconcile()
    return Message.objects.filter(kind=kind).count()


def test_who_has_not_sent_is_reminded_once(gallery, link):
    assert reminded(DUE) == 1
    assert reminded(DUE) == 1

    message = Message.objects.get()
    assert message.share_link == link
    assert notifications.send_message(message.pk)
    assert "Please choose until" in mail.outbox[0].subject


def test_another_due_date_is_spoken_of_anew(gallery, link):
    reminded(DUE)
    Gallery.objects.update(due_date=timezone.localdate() + timedelta(days=3))

    assert reminded(DUE) == 2


def _due_in(days):
    return lambda gallery, link: Gallery.objects.update(
        due_date=timezone.localdate() + timedelta(days=days)
    )


NOT_REMINDED = {
    "not near yet": _due_in(4),
    "past": _due_in(-1),
    "no date": lambda gallery, link: Gallery.objects.update(due_date=None),
    "submitted": lambda gallery, link: Selection.objects.create(
        share_link=link, submitted_at=timezone.now()
    ),
    "state": lambda gallery, link: Gallery.objects.update(state=State.SUBMITTED),
    "deleted": lambda gallery, link: Gallery.objects.update(deleted_at=timezone.now()),
    "revoked": lambda gallery, link: ShareLink.objects.update(revoked_at=timezone.now()),
    "expired": lambda gallery, link: ShareLink.objects.update(expires_at=timezone.now()),
    "no e-mail": lambda gallery, link: ShareLink.objects.update(email=""),
    "only looks": lambda gallery, link: ShareLink.objects.update(may_choose=False),
    "only suggests": lambda gallery, link: ShareLink.objects.update(decides=False),
    "another list": lambda gallery, link: ShareLink.objects.update(list="album"),
    "turned off": lambda gallery, link: StudioSettings.objects.create(
        site=gallery.site, due_soon_days=0
    ),
}


@pytest.mark.parametrize("why", NOT_REMINDED)
def test_nobody_else_is_reminded_of_the_due_date(gallery, link, why):
    NOT_REMINDED[why](gallery, link)

    assert reminded(DUE) == 0


def test_each_site_has_its_own_days(gallery, link):
    StudioSettings.objects.create(site=gallery.site, due_soon_days=1)
    assert reminded(DUE) == 0
    StudioSettings.objects.update(due_soon_days=2)
    assert reminded(DUE) == 1


def test_the_first_round_that_was_sent_does_not_count_in_the_second(gallery, link):
    Selection.objects.create(share_link=link, round=1, submitted_at=timezone.now())
    Gallery.objects.update(round=2)

    assert reminded(DUE) == 1


@pytest.mark.parametrize(
    "why", [why for why in NOT_REMINDED if why in ("submitted", "state", "expired")]
)
def test_a_reminder_without_a_reason_any_more_stays_at_home(gallery, link, why):
    reminded(DUE)
    NOT_REMINDED[why](gallery, link)

    assert not notifications.send_message(Message.objects.get().pk)
    assert not mail.outbox
    assert not Message.objects.exists(), "nobody has to hear of it as a failure"


def test_who_has_not_downloaded_is_reminded_that_the_link_ends(delivered, link):
    assert reminded(EXPIRING) == 1
    assert reminded(EXPIRING) == 1
    assert notifications.send_message(Message.objects.get().pk)
    assert "Please download until" in mail.outbox[0].subject


def test_another_end_is_spoken_of_anew(delivered, link):
    reminded(EXPIRING)
    ShareLink.objects.update(expires_at=timezone.now() + timedelta(days=5))

    assert reminded(EXPIRING) == 2


def test_what_was_downloaded_before_the_last_delivery_was_not_all(delivered, link):
    ShareLink.objects.update(downloaded_at=timezone.now() - timedelta(hours=1))
    Delivery.objects.update(sent_at=timezone.now())

    assert reminded(EXPIRING) == 1


NOT_TOLD = {
    "downloaded": lambda gallery, link: ShareLink.objects.update(downloaded_at=timezone.now()),
    "not near yet": lambda gallery, link: ShareLink.objects.update(
        expires_at=timezone.now() + timedelta(days=8)
    ),
    "no end": lambda gallery, link: ShareLink.objects.update(expires_at=None),
    "ended": lambda gallery, link: ShareLink.objects.update(expires_at=timezone.now()),
    "revoked": lambda gallery, link: ShareLink.objects.update(revoked_at=timezone.now()),
    "no downloads": lambda gallery, link: ShareLink.objects.update(downloads=Downloads.NONE),
    "archived": lambda gallery, link: Gallery.objects.update(state=State.ARCHIVED),
    "nothing delivered": lambda gallery, link: Delivery.objects.all().delete(),
    "sees nothing of it": lambda gallery, link: link.sections.add(testing.make_section(gallery)),
    "turned off": lambda gallery, link: StudioSettings.objects.create(
        site=gallery.site, link_expiring_days=0
    ),
}


@pytest.mark.parametrize("why", NOT_TOLD)
def test_nobody_else_is_told_that_a_link_ends(delivered, link, why):
    NOT_TOLD[why](delivered, link)

    assert reminded(EXPIRING) == 0


def test_who_downloads_meanwhile_is_not_bothered(delivered, link):
    reminded(EXPIRING)
    ShareLink.objects.update(downloaded_at=timezone.now())

    assert not notifications.send_message(Message.objects.get().pk)
    assert not Message.objects.exists()


def test_reminding_costs_the_same_for_many_links(gallery, django_assert_max_num_queries):
    for number in range(5):
        testing.make_link(gallery, recipient=f"Guest {number}", email=f"{number}@example.com")
    reminders.reconcile()
    Site.objects.get()
    with django_assert_max_num_queries(8):
        reminders.reconcile()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_at_once_one_reminds():
    gallery = testing.make_gallery(has_page=False, due_date=timezone.localdate())
    testing.make_link(gallery, recipient="Anna", email="anna@example.com")
    results = at_once(reminders.reconcile, 6)

    assert {type(result) for result in results} == {dict}, results
    assert Message.objects.count() == 1
    assert sum(result["reminded of the due date"] for result in results) == 1
