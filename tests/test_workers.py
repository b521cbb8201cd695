"""Which machines' workers were seen: told once a minute, and never in the way of their work."""

import multiprocessing
import socket
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.conf import Conf
from django_q.signals import pre_execute

from pumbaphoto_wagtail import __version__, workers
from pumbaphoto_wagtail.models import WorkerHost

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_worker(monkeypatch):
    """This process takes itself for a worker of the photographs' cluster."""
    monkeypatch.setattr(multiprocessing.current_process(), "_config", {"daemon": True})
    monkeypatch.setattr(Conf, "CLUSTER_NAME", "pumbaphoto")
    monkeypatch.setattr(workers, "_told_at", None)


def take_up_a_task():
    pre_execute.send(sender="django_q", func=None, task={})


def seen(name, days=0, **fields):
    fields = {"cluster": "pumbaphoto", "version": __version__} | fields
    at = timezone.now() - timedelta(days=days)
    return WorkerHost.objects.create(name=name, seen_at=at, **fields)


def test_a_worker_that_takes_up_a_task_tells_of_its_machine(in_worker):
    take_up_a_task()

    host = WorkerHost.objects.get()
    assert (host.name, host.cluster) == (socket.gethostname(), "pumbaphoto")
    assert host.version == __version__
    assert timezone.now() - host.seen_at < timedelta(seconds=10)


def test_a_worker_tells_once_a_minute(in_worker, django_assert_num_queries):
    take_up_a_task()

    with django_assert_num_queries(0):
        take_up_a_task()


def test_the_second_worker_of_a_machine_writes_nothing(django_assert_num_queries):
    workers.note_host("north", "pumbaphoto")

    with django_assert_num_queries(1):
        workers.note_host("north", "pumbaphoto")


def test_a_worker_is_seen_again_after_a_minute():
    seen("north", days=1)

    workers.note_host("north", "pumbaphoto")

    assert timezone.now() - WorkerHost.objects.get().seen_at < timedelta(seconds=10)


def test_a_new_version_is_told_at_once():
    seen("north", version="0.0.9")

    workers.note_host("north", "pumbaphoto")

    assert WorkerHost.objects.get().version == __version__


def test_what_is_no_worker_tells_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        take_up_a_task()


def test_a_worker_of_the_sites_own_cluster_tells_nothing(in_worker, monkeypatch):
    monkeypatch.setattr(Conf, "CLUSTER_NAME", "newsletter")

    take_up_a_task()

    assert not WorkerHost.objects.exists()


def test_a_database_that_is_away_does_not_fail_the_work(in_worker, monkeypatch):
    def away(*args):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(workers, "note_host", away)

    take_up_a_task()


def test_machines_are_told_for_thirty_days_and_then_forgotten():
    seen("north")
    seen("north", cluster="pumbaphoto-slow")
    seen("south", days=29)
    seen("retired", days=31)

    assert [host.name for host in workers.hosts()] == ["north", "north", "south"]
    assert workers.host_names() == {"north", "south"}
    assert workers.forget_unseen() == 1
    assert WorkerHost.objects.count() == 3


def test_a_machine_that_was_forgotten_at_an_upgrade_shows():
    seen("north")
    seen("south", version="0.0.9")
    seen("retired", days=2, version="0.0.9")

    assert [host.name for host in workers.of_other_versions()] == ["south"]
