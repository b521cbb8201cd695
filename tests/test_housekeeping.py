"""What piles up over the years, and that nothing else goes with it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import Schedule, Task

from pumbaphoto_wagtail import notifications, tasks, testing
from pumbaphoto_wagtail.delivery import keeping
from pumbaphoto_wagtail.exceptions import SelectionClosed
from pumbaphoto_wagtail.housekeeping import CHORES, ONCE_FOR_ALL, keep_house
from pumbaphoto_wagtail.models import (
    Delivery,
    Gallery,
    Inspection,
    LinkVisit,
    Message,
    MessageKind,
    PinTry,
    State,
    Transition,
    UploadBatch,
    UploadState,
    WorkerHost,
)
from pumbaphoto_wagtail.proofing import picks, submission
from pumbaphoto_wagtail.proofing.acts import Act
from pumbaphoto_wagtail.verification.recording import KEPT_RUNS
from pumbaphoto_wagtail.workflow import take_step

pytestmark = pytest.mark.django_db
YEARS = timedelta(days=4 * 365)


@pytest.fixture(autouse=True)
def storages(tmp_path, settings):
    settings.STORAGES = testing.temporary_storages(tmp_path)


@pytest.fixture
def gallery():
    return testing.make_gallery(has_page=False)


@pytest.fixture
def link(gallery):
    return testing.make_link(gallery, email="anna@example.com")


def done() -> dict[str, int]:
    """What each chore took away, after a dry run has said so and changed nothing."""
    foretold = {one.name: one.amount for one in keep_house(is_dry_run=True)}
    kept = {one.name: one.amount for one in keep_house(is_dry_run=True)}
    assert foretold == kept
    found = list(keep_house())
    assert not [one.error for one in found if one.error]
    amounts = {one.name: one.amount for one in found}
    assert amounts == foretold
    assert not any(one.amount for one in keep_house())
    return {name: amount for name, amount in amounts.items() if amount}


def long_sent(kind, gallery, key, **about) -> Message:
    return Message.objects.create(
        kind=kind,
        gallery=gallery,
        key=key,
        recipient=gallery.owner,
        sent_at=timezone.now() - YEARS,
        **about,
    )


def test_in_a_clean_house_nothing_is_done(gallery, link):
    assert done() == {}
    assert Gallery.objects.count() == 1


@pytest.mark.parametrize("kind", ONCE_FOR_ALL)
def test_an_old_mail_about_a_single_moment_is_forgotten(gallery, kind):
    long_sent(kind, gallery, "of then")
    recent = long_sent(kind, gallery, "of now")
    Message.objects.filter(pk=recent.pk).update(sent_at=timezone.now() - timedelta(days=300))

    assert done() == {"e-mails forgotten": 1}
    assert Message.objects.get() == recent


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind not in ONCE_FOR_ALL])
def test_a_mail_whose_key_forbids_a_second_one_stays_for_ever(gallery, kind):
    long_sent(kind, gallery, f"{kind}-1")
    assert done() == {}


def test_a_link_asked_for_again_is_forgotten_and_the_link_that_was_sent_is_not(gallery, link):
    long_sent(MessageKind.LINK, gallery, f"link-{link.uuid}-1-again-1", share_link=link)
    long_sent(MessageKind.LINK, gallery, f"link-{link.uuid}-1", share_link=link)
    assert done() == {"e-mails forgotten": 1}


def test_an_unsent_mail_stays_however_old(gallery):
    message = long_sent(MessageKind.RECEIPT, gallery, "of then")
    Message.objects.update(sent_at=None, failed_at=timezone.now() - YEARS)
    assert done() == {}
    assert Message.objects.get() == message


def test_with_no_days_set_every_mail_stays(gallery, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "SENT_MESSAGE_DAYS": 0}
    long_sent(MessageKind.RECEIPT, gallery, "of then")
    assert done() == {}


def test_what_was_sent_and_forgotten_is_not_owed_again(gallery, link, settings):
    settings.PUMBAPHOTO = {**settings.PUMBAPHOTO, "ARCHIVE_SUGGESTED_AFTER_DAYS": 30}
    photo = testing.make_photo(gallery)
    picks.do_acts(link, [Act(id="1", photo=photo.uuid, on=True)], list_name="", round_number=1)
    submission.submit_selection(link)
    for state in (State.EDITING, State.DELIVERED):
        take_step(Gallery.objects.get(), state, actor=gallery.owner)
    testing.make_delivery(gallery, [testing.make_edit(gallery)])
    Delivery.objects.update(sent_at=timezone.now() - YEARS)
    Transition.objects.update(at=timezone.now() - YEARS)
    keeping.reconcile()
    Message.objects.update(sent_at=timezone.now() - YEARS)
    assert Message.objects.filter(kind=MessageKind.ARCHIVE_SUGGESTED).count() == 1

    assert done()["e-mails forgotten"] == 2
    with pytest.raises(SelectionClosed):
        submission.submit_selection(link)
    tasks.reconcile()
    assert not notifications.due_messages().exists()


def test_wrong_pins_slow_nobody_down_after_an_hour(link):
    for minutes in (59, 61):
        at = timezone.now() - timedelta(minutes=minutes)
        PinTry.objects.create(share_link=link, network="10.0.0.0", at=at)
    assert done() == {"wrong PINs": 1}


def test_days_of_visits_are_kept_for_three_years(link):
    now = timezone.now()
    for days in (1090, 1100):
        day = (now - timedelta(days=days)).date()
        LinkVisit.objects.create(share_link=link, day=day, first_at=now, last_at=now)
    assert done() == {"days of visits": 1}


def test_a_batch_of_which_nothing_came_is_forgotten_after_a_year(gallery):
    for settled, states in (
        (YEARS, ("abandoned", "abandoned")),
        (YEARS, ("abandoned", "accepted")),
        (timedelta(days=300), ("abandoned",)),
    ):
        batch = UploadBatch.objects.create(
            gallery=gallery, uploader=gallery.owner, settled_at=timezone.now() - settled
        )
        for number, state in enumerate(states):
            batch.uploads.create(file_name=f"{number}.jpg", length=10, state=UploadState(state))
    assert done() == {"batches of which nothing came": 1}
    assert UploadBatch.objects.count() == 2


def test_an_upload_without_progress_is_given_up(gallery):
    batch = UploadBatch.objects.create(gallery=gallery, uploader=gallery.owner)
    batch.uploads.create(file_name="a.jpg", length=10, expires_at=timezone.now() - YEARS)
    assert done() == {"uploads given up": 1}
    assert batch.uploads.get().state == UploadState.ABANDONED


def test_failed_tasks_of_ours_do_not_pile_up():
    now = timezone.now()
    for name, function, days, success in (
        ("1", "pumbaphoto_wagtail.tasks.scan_file", 91, False),
        ("2", "pumbaphoto_wagtail.tasks.scan_file", 91, True),
        ("3", "pumbaphoto_wagtail.tasks.scan_file", 89, False),
        ("4", "studio.tasks.newsletter", 91, False),
    ):
        at = now - timedelta(days=days)
        Task.objects.create(
            id=name, name=name, func=function, started=at, stopped=at, success=success
        )
    assert done() == {"results of tasks": 2}
    assert {task.name for task in Task.objects.all()} == {"3", "4"}


def test_schedules_that_nobody_takes_up_go_and_may_be_asked_for_again():
    Schedule.objects.all().delete()
    tasks.schedule_reconciling()
    amount = Schedule.objects.count()
    tasks.wake_later("settle_all_published", 60)
    Schedule.objects.filter(schedule_type=Schedule.ONCE).update(
        next_run=timezone.now() - timedelta(days=2)
    )
    Schedule.objects.create(
        name="pumbaphoto.of_old", func="pumbaphoto_wagtail.tasks.of_old", schedule_type="D"
    )
    Schedule.objects.create(name="newsletter", func="studio.tasks.newsletter", schedule_type="D")

    assert done() == {"schedules that nobody needs": 2}
    assert Schedule.objects.count() == amount + 1
    tasks.wake_later("settle_all_published", 60)
    assert Schedule.objects.filter(schedule_type=Schedule.ONCE).exists()


def test_old_inspections_machines_and_sessions_are_forgotten():
    now = timezone.now()
    Inspection.objects.bulk_create(
        Inspection(started_at=now - timedelta(days=number)) for number in range(KEPT_RUNS + 3)
    )
    for name, days in (("here", 1), ("gone", 40)):
        seen = now - timedelta(days=days)
        WorkerHost.objects.create(name=name, cluster="pumbaphoto", version="1", seen_at=seen)
        Session.objects.create(
            session_key=name, session_data="", expire_date=now + timedelta(days=20 - days)
        )
    assert done() == {
        "old inspections": 3,
        "machines that are gone": 1,
        "sessions that have ended": 1,
    }


def test_the_command_says_what_it_did(link):
    PinTry.objects.create(share_link=link, network="", at=timezone.now() - YEARS)
    said = StringIO()
    call_command("pumbaphoto_housekeeping", "--dry-run", stdout=said)
    assert "wrong PINs: 1\n" in said.getvalue()
    assert PinTry.objects.exists()

    call_command("pumbaphoto_housekeeping", stdout=said)
    assert not PinTry.objects.exists()
    assert said.getvalue().count("\n") == 2 * len(CHORES)


def test_trouble_with_one_chore_is_told_and_the_others_are_done(link, settings, tmp_path):
    PinTry.objects.create(share_link=link, network="", at=timezone.now() - YEARS)
    (tmp_path / "incoming" / ".pumbaphoto-volume").unlink()
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("pumbaphoto_housekeeping", "--dry-run", stdout=said)
    assert "Storage" in said.getvalue()
    call_command("pumbaphoto_housekeeping", stdout=said)
    assert not PinTry.objects.exists()


def test_it_is_done_every_night():
    Schedule.objects.all().delete()
    tasks.schedule_reconciling()
    schedule = Schedule.objects.get(name="pumbaphoto.keep_house")
    assert schedule.schedule_type == Schedule.DAILY
    tasks.keep_house()
