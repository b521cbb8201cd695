"""Archiving that is announced and suggested, and never done by itself."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import timezone

from pumbaphoto_wagtail import tasks, testing
from pumbaphoto_wagtail.delivery import cold, keeping
from pumbaphoto_wagtail.exceptions import StaleState
from pumbaphoto_wagtail.models import (
    Gallery,
    Message,
    MessageKind,
    ShareLink,
    State,
    Transition,
)

from .shoot import present

pytestmark = pytest.mark.django_db
AFTER_100_DAYS = override_settings(PUMBAPHOTO={"ARCHIVE_SUGGESTED_AFTER_DAYS": 100})


def in_days(count):
    return timezone.localdate() + timedelta(days=count)


def happened(gallery, days_ago, *states):
    """The steps of a gallery's history, all that long ago."""
    for before, after in pairwise(states):
        step = Transition.objects.create(gallery=gallery, from_state=before, to_state=after)
        then = timezone.now() - timedelta(days=days_ago)
        Transition.objects.filter(pk=step.pk).update(at=then)
        gallery.deliveries.update(sent_at=then)


@pytest.fixture
def gallery(db):
    """Delivered 120 days ago, with an open link."""
    gallery = testing.make_gallery(has_page=False, state=State.DELIVERED)
    photo = testing.make_photo(gallery, is_rendered=False)
    testing.make_delivery(gallery, [testing.make_edit(gallery, photo)])
    happened(gallery, 120, State.EDITING, State.DELIVERED)
    return gallery


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, "Anna", email="anna@example.com")


def messages(kind):
    return Message.objects.filter(kind=kind)


def suggestions():
    keeping.reconcile()
    return messages(MessageKind.ARCHIVE_SUGGESTED).count()


# --- Announcing ----------------------------------------------------------------------------------


def test_a_day_is_announced_once_to_each_open_link_with_an_address(gallery, link):
    testing.make_link(gallery, "Tom", email="tom@example.com")
    testing.make_link(gallery, "Grandmother")
    testing.make_link(
        gallery, "Late", email="x@example.com", expires_at=timezone.now() - timedelta(1)
    )
    for _ in range(2):
        assert keeping.announce(gallery, in_days(30), actor=gallery.owner) == 2
    assert messages(MessageKind.ARCHIVE_ANNOUNCED).count() == 2
    assert present(gallery).archive_on == in_days(30)


def test_another_day_is_announced_anew_and_what_has_not_left_stays_at_home(gallery, link):
    keeping.announce(gallery, in_days(30), actor=gallery.owner)
    keeping.announce(gallery, in_days(60), actor=gallery.owner)
    assert messages(MessageKind.ARCHIVE_ANNOUNCED).count() == 1
    messages(MessageKind.ARCHIVE_ANNOUNCED).update(sent_at=timezone.now())
    keeping.announce(gallery, in_days(90), actor=gallery.owner)
    assert messages(MessageKind.ARCHIVE_ANNOUNCED).count() == 2


@pytest.mark.parametrize("days", [0, -1])
def test_a_day_has_to_be_still_to_come(gallery, days):
    with pytest.raises(ValidationError):
        keeping.announce(gallery, in_days(days), actor=gallery.owner)
    assert present(gallery).archive_on is None


@pytest.mark.parametrize("state", [State.ACTIVE, State.EDITING, State.ARCHIVED])
def test_only_a_delivered_gallery_is_announced(gallery, state):
    Gallery.objects.update(state=state)
    with pytest.raises(StaleState):
        keeping.announce(gallery, in_days(9), actor=gallery.owner)


@pytest.mark.parametrize("how", ["withdrawn", "archived"])
def test_a_day_is_forgotten_when_it_is_taken_back_or_was_kept(gallery, link, how):
    keeping.announce(gallery, in_days(30), actor=gallery.owner)
    if how == "withdrawn":
        keeping.withdraw(gallery, actor=gallery.owner)
    else:
        cold.archive(present(gallery), actor=gallery.owner)
    assert present(gallery).archive_on is None
    assert not messages(MessageKind.ARCHIVE_ANNOUNCED).exists()


# --- Suggesting ----------------------------------------------------------------------------------


def test_by_default_nothing_is_suggested(gallery):
    assert suggestions() == 0
    assert not keeping.is_suggested(gallery)


@AFTER_100_DAYS
def test_after_the_configured_time_it_is_suggested_once_and_never_done(gallery):
    assert suggestions() == 1
    assert suggestions() == 1
    assert keeping.is_suggested(gallery)
    assert present(gallery).state == State.DELIVERED
    assert messages(MessageKind.ARCHIVE_SUGGESTED).get().recipient == gallery.owner


@AFTER_100_DAYS
def test_a_later_delivery_begins_the_time_anew(gallery):
    gallery.deliveries.update(sent_at=timezone.now() - timedelta(days=99))
    assert suggestions() == 0


@AFTER_100_DAYS
def test_the_time_counts_from_the_last_step_to_delivered(gallery):
    happened(gallery, 9, State.DELIVERED, State.EDITING, State.DELIVERED)
    assert suggestions() == 0


@AFTER_100_DAYS
@pytest.mark.parametrize("state", [State.EDITING, State.ARCHIVED])
def test_only_delivered_galleries_are_suggested(gallery, state):
    Gallery.objects.update(state=state)
    assert suggestions() == 0


@AFTER_100_DAYS
def test_while_a_day_is_announced_nothing_else_is_suggested(gallery, link):
    keeping.announce(gallery, in_days(30), actor=gallery.owner)
    assert suggestions() == 0


def test_on_the_announced_day_it_is_suggested_once_and_not_done(gallery, link):
    keeping.announce(gallery, in_days(30), actor=gallery.owner)
    Gallery.objects.update(archive_on=in_days(0))
    assert suggestions() == 1
    assert suggestions() == 1
    assert present(gallery).state == State.DELIVERED


@AFTER_100_DAYS
def test_the_announced_day_is_suggested_also_after_an_earlier_suggestion(gallery, link):
    assert suggestions() == 1
    Gallery.objects.update(archive_on=in_days(-1))
    assert suggestions() == 2


def test_a_restored_gallery_is_suggested_once_its_links_have_closed_again(gallery, link):
    happened(gallery, 15, State.DELIVERED, State.ARCHIVED, State.DELIVERED)
    assert suggestions() == 0
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert suggestions() == 1
    assert suggestions() == 1
    assert present(gallery).state == State.DELIVERED


def test_a_restored_gallery_without_open_links_is_left_alone_for_a_while(gallery):
    happened(gallery, 3, State.DELIVERED, State.ARCHIVED, State.DELIVERED)
    assert suggestions() == 0


@AFTER_100_DAYS
def test_the_reconciling_of_the_house_suggests(gallery):
    assert tasks.reconcile()["archiving suggested"] == 1
