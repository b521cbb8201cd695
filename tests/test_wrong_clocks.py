"""Times that a wrong clock has left behind end when anybody could have meant them to end."""

import time
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from django_q.models import Schedule

from pumbaphoto_wagtail import tasks, testing, wrong_clocks
from pumbaphoto_wagtail.exceptions import ScannerUnavailable
from pumbaphoto_wagtail.housekeeping import idle_schedules
from pumbaphoto_wagtail.intake import scanner_trust
from pumbaphoto_wagtail.intake.claims import claim
from pumbaphoto_wagtail.intake.clamd_client import ClamdClient
from pumbaphoto_wagtail.management.commands.scan_uploads import Command
from pumbaphoto_wagtail.models import Message, MessageKind, Stage, StoredFile

pytestmark = pytest.mark.django_db
TWO_HOURS = timedelta(hours=2)


@pytest.fixture
def file():
    return testing.make_stored_file(stage=Stage.RECEIVED)


def test_a_lease_of_a_machine_two_hours_ahead_is_taken_back(file):
    file.lease_until = timezone.now() + TWO_HOURS
    file.lease_holder = uuid.uuid4()
    file.save()
    way = {"from_stages": (Stage.RECEIVED,), "to_stage": Stage.SCANNING}
    assert claim(file.pk, **way, counter="scan_attempts") is None

    assert wrong_clocks.reconcile()["leases taken back"] == 1
    assert claim(file.pk, **way, counter="scan_attempts") is not None


def test_a_lease_that_somebody_may_hold_stays(file):
    way = {"from_stages": (Stage.RECEIVED,), "to_stage": Stage.SCANNING}
    claimed = claim(file.pk, **way, counter="scan_attempts")
    assert not any(wrong_clocks.reconcile().values())
    assert claimed.update(reason="still mine")


@pytest.mark.parametrize(
    ("stage", "wait", "is_cut"),
    [
        (Stage.WAITING, timedelta(minutes=5), False),
        (Stage.WAITING, TWO_HOURS, True),
        (Stage.CLEAN, timedelta(hours=1), False),
        (Stage.CLEAN, TWO_HOURS, True),
        (Stage.READY, timedelta(hours=24), False),
        (Stage.READY, timedelta(hours=26), True),
    ],
)
def test_a_file_waits_no_longer_than_its_stage_ever_waits(file, stage, wait, is_cut):
    StoredFile.objects.update(stage=stage, retry_at=timezone.now() + wait)
    assert wrong_clocks.reconcile()["waits cut short"] == int(is_cut)
    assert (StoredFile.objects.get().retry_at <= timezone.now()) == is_cut


def test_a_file_that_came_from_the_future_is_woken_in_its_time(file):
    StoredFile.objects.update(stage_changed_at=timezone.now() + TWO_HOURS)
    assert wrong_clocks.reconcile()["waits cut short"] == 1
    assert StoredFile.objects.get().stage_changed_at <= timezone.now()


def test_mail_is_not_put_off_beyond_its_longest_wait():
    gallery = testing.make_gallery(has_page=False)
    now = timezone.now()
    for key, attempts, wait, created in (
        ("a", 1, timedelta(hours=23), now),
        ("b", 1, timedelta(hours=26), now),
        ("c", 0, None, now + TWO_HOURS),
    ):
        message = Message.objects.create(
            kind=MessageKind.RECEIPT,
            key=key,
            gallery=gallery,
            recipient=gallery.owner,
            attempts=attempts,
            retry_at=wait and now + wait,
        )
        Message.objects.filter(pk=message.pk).update(created_at=created)

    assert wrong_clocks.reconcile()["waits cut short"] == 2
    due = Message.objects.filter(retry_at__lte=timezone.now()).order_by("key")
    assert [message.key for message in due] == ["b", "c"]


def test_a_schedule_that_sleeps_for_too_long_runs_at_once():
    Schedule.objects.all().delete()
    tasks.schedule_reconciling()
    later = Schedule.objects.get(name="pumbaphoto.reconcile")
    later.next_run = timezone.now() + TWO_HOURS
    later.save()
    theirs = Schedule.objects.create(
        name="newsletter", func="f", schedule_type="I", minutes=1, next_run=later.next_run
    )

    # Whoever watches the uploads is not called by a schedule, and finds it.
    Command()._mind_schedules()
    later.refresh_from_db()
    assert later.next_run <= timezone.now()
    theirs.refresh_from_db()
    assert theirs.next_run > timezone.now()
    assert wrong_clocks.mend_schedules() == 0


def test_two_that_ask_for_a_wake_up_at_the_same_moment_break_nothing():
    for _number in range(2):
        Schedule.objects.create(
            name="pumbaphoto.scan_waiting",
            func="pumbaphoto_wagtail.tasks.scan_waiting",
            schedule_type=Schedule.ONCE,
            next_run=timezone.now() + timedelta(seconds=10),
        )
    tasks.wake_later("scan_waiting", 15)
    assert Schedule.objects.filter(name="pumbaphoto.scan_waiting").count() == 2


def test_a_wake_up_from_a_day_ahead_is_brought_back_by_whoever_asks_again():
    tasks.wake_later("scan_waiting", 86_400)
    tasks.wake_later("scan_waiting", 15)
    schedule = Schedule.objects.get(name="pumbaphoto.scan_waiting")
    assert schedule.next_run < timezone.now() + timedelta(seconds=16)


def test_two_that_migrate_at_the_same_moment_leave_schedules_that_work():
    Schedule.objects.all().delete()
    tasks.schedule_reconciling()
    first = Schedule.objects.get(name="pumbaphoto.reconcile")
    Schedule.objects.create(name=first.name, func=first.func, schedule_type="I", minutes=1)
    tasks.schedule_reconciling()
    assert list(idle_schedules()) == [Schedule.objects.exclude(pk=first.pk).get(name=first.name)]


def test_a_scanner_that_was_away_for_a_machine_a_day_ahead_is_asked_now(monkeypatch):
    """As a cache keeps it that goes by the clock of who wrote: for more than a day."""
    cache.clear()
    client = ClamdClient("unix:/nowhere", connect_timeout_seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda now=time.time: now() + 86_400)
        with pytest.raises(ScannerUnavailable):
            scanner_trust.trusted_version(client, "pumbaphoto_incoming")
        assert scanner_trust.is_away(client)
    assert not scanner_trust.is_away(client)

    with pytest.raises(ScannerUnavailable):
        scanner_trust.trusted_version(client, "pumbaphoto_incoming")
    assert scanner_trust.is_away(client)
    cache.clear()
