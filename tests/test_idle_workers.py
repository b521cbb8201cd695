"""A worker that is killed while it waits for work leaves the others able to work."""

import multiprocessing
import os
import signal
import time

import pytest
from django_q.queues import Queue

from pumbaphoto_wagtail import idle_workers

SECONDS = 20


def read(queue: Queue, results: multiprocessing.SimpleQueue) -> None:
    while (item := queue.get()) != "STOP":
        results.put(item)


@pytest.fixture
def start():
    """Starts processes that read a queue; ends them."""
    fork = multiprocessing.get_context("fork")
    started = []

    def start(*arguments):
        process = fork.Process(target=read, args=arguments, daemon=True)
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def wait_for(amount: int, results) -> list:
    found, deadline = [], time.monotonic() + SECONDS
    while len(found) < amount:
        assert time.monotonic() < deadline, f"only {found} came"
        if results.empty():
            time.sleep(0.01)
        else:
            found.append(results.get())
    return found


def test_the_queues_of_clusters_are_read_like_this():
    assert Queue.get is idle_workers.get


def test_whoever_comes_after_a_killed_idle_worker_reads_on(start):
    queue, results = Queue(), multiprocessing.SimpleQueue()
    for number in range(3):
        worker = start(queue, results)
        queue.put(number)
        assert wait_for(1, results) == [number]
        # It waits for more now, and holds nothing.
        time.sleep(0.2)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    start(queue, results)
    queue.put("last")
    assert wait_for(1, results) == ["last"]


def test_several_readers_get_each_item_once(start):
    queue, results = Queue(), multiprocessing.SimpleQueue()
    for _number in range(4):
        start(queue, results)
    for number in range(200):
        queue.put(number)
    assert sorted(wait_for(200, results)) == list(range(200))
    assert queue.qsize() == 0


def test_a_reader_with_a_time_of_its_own_gets_nothing_in_time():
    with pytest.raises(idle_workers.Empty):
        Queue().get(timeout=0.01)
