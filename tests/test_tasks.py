"""Waking workers: by name, in the row's own transaction, for a row that exists."""

import inspect

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings

# Queued work carries these names across deployments, so they may be added to but never changed.
STABLE_NAMES = {
    "scan_file",
    "render_file",
    "match_edits",
    "archive_files",
    "restore_files",
    "send_message",
}
NOT_TASKS = ("wake", "wake_later", "queued", "queues_with_rows", "is_task", "_schedule")


def all_tasks() -> set[str]:
    return {
        name
        for name, function in inspect.getmembers(tasks, inspect.isfunction)
        if function.__module__ == tasks.__name__ and name not in NOT_TASKS
    }


def test_the_names_of_tasks_are_stable():
    assert all_tasks() >= STABLE_NAMES


def test_slow_tasks_exist():
    assert all_tasks() >= tasks.SLOW_TASKS


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(STABLE_NAMES))
def test_waking_queues_the_dotted_name_and_a_primary_key(name):
    tasks.wake(name, 7)

    task = OrmQ.objects.get().task
    assert task["func"] == f"pumbaphoto_wagtail.tasks.{name}"
    assert task["args"] == (7,)


@pytest.mark.django_db
def test_b72_mail_does_not_wait_behind_photographs():
    tasks.wake("send_message", 1)
    tasks.wake("render_file", 1)

    clusters = {row.task["func"].rpartition(".")[2]: row.key for row in OrmQ.objects.all()}
    assert clusters == {
        "send_message": settings.SLOW_QUEUE_CLUSTER,
        "render_file": settings.QUEUE_CLUSTER,
    }


@pytest.mark.django_db
def test_the_clusters_have_the_names_the_site_gave_them():
    with override_settings(PUMBAPHOTO={"QUEUE_CLUSTER": "photos"}):
        tasks.wake("scan_file", 1)

    assert OrmQ.objects.get().key == "photos"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["no_such_task", "settings", "wake", "async_task", *NOT_TASKS])
def test_only_tasks_can_be_woken(name):
    with pytest.raises(LookupError):
        tasks.wake(name, 1)
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_what_is_woken_later_is_scheduled_once_on_the_photographs_cluster():
    from django_q.models import Schedule

    tasks.wake_later("scan_waiting", 15)
    tasks.wake_later("scan_waiting", 15)

    schedule = Schedule.objects.get(name="pumbaphoto.scan_waiting")
    assert (schedule.func, schedule.schedule_type, schedule.cluster) == (
        "pumbaphoto_wagtail.tasks.scan_waiting",
        Schedule.ONCE,
        settings.QUEUE_CLUSTER,
    )
    assert schedule.next_run > timezone.now()
    assert not OrmQ.objects.exists()
    with pytest.raises(LookupError):
        tasks.wake_later("wake", 1)


@pytest.mark.django_db
def test_what_is_queued_is_counted():
    tasks.wake("scan_file", 1)
    tasks.wake("send_message", 1)

    assert tasks.queued() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_waking_is_undone_with_the_callers_transaction():
    with transaction.atomic():
        tasks.wake("scan_file", 1)
        transaction.set_rollback(True)

    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_another_broker_hears_of_it_after_the_commit(
    monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(Conf, "ORM", None)
    monkeypatch.setattr(tasks, "_away_until", 0.0)
    told = []
    monkeypatch.setattr(tasks, "async_task", lambda *args, **kwargs: told.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.wake("scan_file", 1)
        assert told == []

    assert told == [("pumbaphoto_wagtail.tasks.scan_file", 1)]


@pytest.mark.django_db
def test_a_queue_in_another_database_hears_of_it_after_the_commit(
    monkeypatch, django_capture_on_commit_callbacks
):
    """It is in no transaction of ours: its worker would look for a row that is not there yet."""
    monkeypatch.setattr(Conf, "ORM", "queue")
    monkeypatch.setattr(tasks, "_away_until", 0.0)
    told = []
    monkeypatch.setattr(tasks, "async_task", lambda *args, **kwargs: told.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.wake("scan_file", 1)
        assert told == []

    assert told == [("pumbaphoto_wagtail.tasks.scan_file", 1)]


@pytest.fixture
def broker_away(monkeypatch):
    """Another broker than the database's, which refuses; the list of what it was asked."""
    asked = []

    def refuse(*args, **kwargs):
        asked.append(args)
        raise ConnectionError

    monkeypatch.setattr(Conf, "ORM", None)
    monkeypatch.setattr(tasks, "_away_until", 0.0)
    monkeypatch.setattr(tasks, "async_task", refuse)
    monkeypatch.setattr(tasks, "get_broker", refuse)
    return asked


@pytest.mark.django_db
def test_a_broker_that_is_away_does_not_fail_what_is_committed(
    broker_away, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        tasks.wake("scan_file", 1)

    assert len(broker_away) == 1


@pytest.mark.django_db
def test_a_broker_that_is_away_is_left_alone_for_a_while(
    broker_away, monkeypatch, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        for key in range(20):
            tasks.wake("scan_file", key)
    assert len(broker_away) == 1

    monkeypatch.setattr(tasks, "AWAY_SECONDS", 0)
    monkeypatch.setattr(tasks, "_away_until", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.wake("scan_file", 1)
    assert len(broker_away) == 2


def test_what_is_queued_is_unknown_while_the_broker_is_away(broker_away):
    assert tasks.queued() is None


@pytest.mark.django_db
def test_reconciling_is_scheduled_once_on_the_slow_cluster_and_left_as_the_operator_set_it():
    from django_q.models import Schedule

    schedule = Schedule.objects.get(name="pumbaphoto.reconcile")
    assert (schedule.func, schedule.cluster) == (
        "pumbaphoto_wagtail.tasks.reconcile",
        "pumbaphoto-slow",
    )
    sweep = Schedule.objects.get(name="pumbaphoto.sweep_storages")
    assert (sweep.schedule_type, sweep.cluster) == (Schedule.DAILY, "pumbaphoto-slow")
    Schedule.objects.update(minutes=30)
    tasks.schedule_reconciling()
    assert Schedule.objects.get(name="pumbaphoto.reconcile").minutes == 30
