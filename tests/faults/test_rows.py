"""Faults of the surroundings: a volume that is gone or read-only, a locked database, no mail.

Single rows of the table in ``docs/faults.md`` that no other drill is about.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import threading
import time

import pytest

from tests.faults.test_every_call import ANSWERS, FIRST_KEY, IS_THOROUGH, WAY_IN, recovered

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("drills")]

STAGES = (*WAY_IN[1:], "scan", "render")
VOLUMES = ("incoming", "originals", "renditions")
WAITING = {"waiting", "clean", "received"}


@pytest.fixture
def good_machine(machine):
    machine.wipe()
    machine.do("fresh")
    machine.insert("good", "IMG_1.jpg", FIRST_KEY)
    return machine


@pytest.fixture
def mounted():
    """Mount over folders for the length of a ``with``; skipped where that is not allowed."""

    @contextlib.contextmanager
    def mount(folders, *ways):
        with contextlib.ExitStack() as stack:
            for folder in folders:
                for arguments in ways:
                    words = [str(folder) if word == "HERE" else word for word in arguments]
                    done = subprocess.run(["mount", *words, folder], capture_output=True)
                    if done.returncode:
                        pytest.skip(f"mounting is not permitted here: {done.stderr.decode()}")
                    if "remount" not in arguments[1]:
                        stack.callback(subprocess.run, ["umount", "-l", folder], check=True)
            yield

    return mount


def volumes(machine):
    return [machine.directory / "volume" / name for name in VOLUMES]


@pytest.mark.parametrize("stage", STAGES)
def test_an_unmounted_volume_is_waited_for_and_its_mountpoint_stays_bare(
    good_machine, mounted, stage
):
    done = STAGES.index(stage)
    good_machine.do(*WAY_IN[:1], *STAGES[:done])
    with mounted(volumes(good_machine), ["-t", "tmpfs", "bare"]):
        ended = good_machine.run(stage)
        assert [os.listdir(folder) for folder in volumes(good_machine)] == [[], [], []]
        good_machine.do("reconcile")
        assert [os.listdir(folder) for folder in volumes(good_machine)] == [[], [], []]

    assert not ended.error
    assert ended.answer == 503 if isinstance(ended.answer, int) else set(ended.answer) <= WAITING
    whole_again(good_machine)


@pytest.mark.parametrize("stage", STAGES)
def test_a_volume_gone_read_only_is_waited_for(good_machine, mounted, stage):
    done = STAGES.index(stage)
    good_machine.do(*WAY_IN[:1], *STAGES[:done])
    ways = (["--bind", "HERE"], ["-o", "remount,ro,bind"])
    with mounted(volumes(good_machine), *ways):
        ended = good_machine.run(stage)

    assert not ended.error
    if isinstance(ended.answer, int):
        assert ended.answer in (503, 507)
    else:
        # A scan only reads.
        assert set(ended.answer) <= WAITING | {"None"}
    whole_again(good_machine)


def whole_again(machine) -> None:
    state = recovered(machine)
    assert state["findings"] == []
    assert [file["stage"] for file in state["files"]] == ["ready"]
    assert (state["photos"], state["messages"], len(state["names"])) == (1, 1, 5)


def test_bytes_that_cannot_be_read_are_told_and_nothing_else_is_done(good_machine):
    good_machine.do(*WAY_IN, "scan", "render")
    (original,) = good_machine.directory.glob("volume/originals/*/*.jpg")
    content = original.read_bytes()
    strace = ["-P", str(original), "-e", "trace=read", "-e", "inject=read:error=EIO"]

    found = good_machine.run("findings", strace=strace).answer

    assert len(found) == 1
    assert found[0].startswith("unreadable: StorageOffline")
    assert original.read_bytes() == content
    assert good_machine.run("findings").answer == []


def test_a_database_that_is_locked_for_a_moment_is_waited_for(good_machine):
    good_machine.do(*WAY_IN[:3])
    with locked(good_machine, seconds=2):
        assert good_machine.run("second_half").answer == 204


@pytest.mark.skipif(not IS_THOROUGH, reason="waits for SQLite's timeout: make drills")
def test_a_database_that_stays_locked_is_503_and_nothing_is_lost(good_machine):
    good_machine.do(*WAY_IN[:3])
    with locked(good_machine, seconds=60):
        assert good_machine.run("second_half").answer in ANSWERS - {204}
    whole_again(good_machine)


@contextlib.contextmanager
def locked(machine, *, seconds: float):
    """Another program writes to the database for so long, or to the end of the ``with``."""
    connection = sqlite3.connect(
        machine.directory / "studio.sqlite3", isolation_level=None, check_same_thread=False
    )
    connection.execute("BEGIN IMMEDIATE")
    end = threading.Event()

    def let_go() -> None:
        end.wait(seconds)
        connection.execute("ROLLBACK")

    writer = threading.Thread(target=let_go)
    writer.start()
    began = time.monotonic()
    try:
        yield
    finally:
        end.set()
        writer.join()
        connection.close()
    assert time.monotonic() - began >= min(seconds, 2)


def test_a_batch_settles_although_the_mail_server_is_away(good_machine):
    good_machine.do(*WAY_IN, "scan", "render")
    assert good_machine.run("mail").answer == {"sent": 0, "waiting": 1}
    whole_again(good_machine)
