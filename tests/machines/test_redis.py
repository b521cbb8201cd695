"""Redis as the queue: told after the commit, lost at any time, away at any time."""

import time

import pytest
from django.db import transaction
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.signing import SignedPackage

from pumbaphoto_wagtail import tasks
from pumbaphoto_wagtail.conf import settings
from tests.faults.ledger import settle, shoot_of
from tests.machines.batches import assert_all_came, await_ready, send_in_the_background
from tests.machines.hosts import running_studio

pytestmark = pytest.mark.xdist_group("machines")

AMOUNT = 30


@pytest.fixture
def queue(redis_server, monkeypatch):
    """Redis is the broker of this process."""
    monkeypatch.setattr(Conf, "ORM", None)
    monkeypatch.setattr(Conf, "REDIS", redis_server.options)
    monkeypatch.setattr(tasks, "_away_until", 0.0)
    redis_server.client().flushall()
    return redis_server.client()


def names_in(queue, cluster):
    packages = queue.lrange(get_broker(cluster).list_key, 0, -1)
    return [SignedPackage.loads(package)["func"].rpartition(".")[2] for package in packages]


@pytest.mark.django_db
def test_each_cluster_has_a_queue_of_its_own_in_redis(queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tasks.wake("scan_file", 1)
        tasks.wake("send_message", 1)
        assert tasks.queued() == 0

    assert names_in(queue, settings.QUEUE_CLUSTER) == ["scan_file"]
    assert names_in(queue, settings.SLOW_QUEUE_CLUSTER) == ["send_message"]
    assert (tasks.queued(), tasks.queued(settings.SLOW_QUEUE_CLUSTER)) == (1, 1)


@pytest.mark.django_db
def test_what_is_rolled_back_is_not_asked_for(queue, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                tasks.wake("scan_file", 1)
                raise ValueError
        except ValueError:
            pass

    assert tasks.queued() == 0


@pytest.mark.django_db
def test_a_redis_that_is_away_costs_a_commit_next_to_nothing(
    queue, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(Conf, "REDIS", {"host": "127.0.0.1", "port": 1, "retry": None})
    begin = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        for key in range(50):
            tasks.wake("scan_file", key)

    assert time.monotonic() - begin < 2
    assert tasks.queued() is None


# --- A whole site --------------------------------------------------------------------------------


@pytest.fixture
def studio(bridge, redis_server, django_db_blocker):
    with (
        django_db_blocker.unblock(),
        running_studio(bridge, "north", "south", has_redis=True) as studio,
    ):
        studio.start_host("north")
        studio.start_host("south")
        yield studio


@pytest.mark.machines
def test_f18_redis_is_emptied_in_mid_batch(studio):
    files = shoot_of(AMOUNT)
    sending, result = send_in_the_background(studio, files)
    await_ready(studio, 3)
    studio.redis.client().flushall()
    sending.join()
    studio.redis.client().flushall()

    settle(studio, seconds=180)
    assert_all_came(studio, files, result)


@pytest.mark.machines
def test_redis_is_away_while_files_come_and_starts_again_empty(studio):
    files = shoot_of(AMOUNT)
    sending, result = send_in_the_background(studio, files)
    await_ready(studio, 3)
    studio.redis.kill()
    begin = time.monotonic()
    sending.join()
    assert result["ledger"].refused == {}
    assert time.monotonic() - begin < 120
    studio.redis.start()

    settle(studio, seconds=240)
    assert_all_came(studio, files, result)


@pytest.mark.machines
def test_a_host_that_is_switched_off_had_taken_from_redis_what_nobody_has_now(studio):
    files = shoot_of(AMOUNT)
    sending, result = send_in_the_background(studio, files)
    await_ready(studio, 8)
    studio.switch_off("south")
    sending.join()

    settle(studio, seconds=240)
    assert_all_came(studio, files, result)
