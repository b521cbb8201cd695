"""F58: a cold move killed before every call that changes something, on disk or in the database.

The suite takes a part of the calls, ``make drills`` (FAULT_DRILLS=all) every single one, also with
two devices and with a storage that is not ours.
"""

import contextlib
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from pumbaphoto_wagtail import testing
from pumbaphoto_wagtail.delivery import cold
from pumbaphoto_wagtail.models import FileMove, Photo, State, StoredFile
from pumbaphoto_wagtail.storage import (
    ORIGINALS,
    NASStorage,
    digest,
    initialise_volume,
    storage_for,
    walk,
)
from pumbaphoto_wagtail.verification import Inspection, verify
from pumbaphoto_wagtail.workflow import take_step
from tests.verification.conftest import remember

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
COLD = "pumbaphoto_cold"
IS_THOROUGH = os.environ.get("FAULT_DRILLS") == "all"
ONLY_IN_DRILLS = pytest.mark.skipif(not IS_THOROUGH, reason="belongs to make drills")
EVERY = 1 if IS_THOROUGH else 6
# C functions by name: system calls that change a file system, and whatever is told a database.
CHANGING_CALLS = {"mkdir", "pwrite", "fsync", "link", "unlink", "rename", "execute", "commit"}
CHANGING_CALLS |= {"write", "remove"}
# Far more than there are, so that a test that never ends says so.
MANY = 400


@contextlib.contextmanager
def small_device(path):
    """Something else mounted there, as a second device."""
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "pumbaphoto", path]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        initialise_volume(NASStorage(path), "cold")
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


@pytest.fixture(
    params=[
        "one device",
        pytest.param("two devices", marks=ONLY_IN_DRILLS),
        pytest.param("a foreign storage", marks=ONLY_IN_DRILLS),
    ]
)
def gallery(request, tmp_path):
    """A delivered gallery of one photo, as intake leaves it."""
    storages = testing.temporary_storages(tmp_path)
    with contextlib.ExitStack() as stack:
        if request.param == "two devices":
            stack.enter_context(small_device(tmp_path / "cold"))
        if request.param == "a foreign storage":
            storages[COLD] = {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": tmp_path / "foreign"},
            }
        stack.enter_context(override_settings(STORAGES=storages))
        gallery = testing.make_gallery(has_page=False)
        testing.make_photo(gallery)
        for state in (State.SUBMITTED, State.EDITING, State.DELIVERED):
            take_step(gallery, state, actor=gallery.owner)
        remember(StoredFile.objects.get())
        yield gallery


def killed_before(call, work):
    """Do the work in a child and kill it before so many changing calls; False if it survived."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            _die_before(call)
            work()
        except BaseException:
            os._exit(1)
        finally:
            sys.setprofile(None)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL


def _die_before(call):
    seen = 0

    def watch(frame, event, function):
        nonlocal seen
        if event == "c_call" and function.__name__ in CHANGING_CALLS:
            seen += 1
            if seen == call:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


def check_nothing_is_lost():
    """The row names a whole file, and whatever else there is has a FileMove that names it."""
    file = StoredFile.objects.get()
    assert digest(file.storage, file.name).sha256 == file.sha256
    known = {(file.storage, file.name)}
    known |= set(FileMove.objects.values_list("to_storage", "to_name"))
    for alias in (ORIGINALS, COLD):
        there = {(alias, name.removesuffix(".json")) for name in walk(alias)}
        assert there <= known


def check_all_is_done(alias):
    file = StoredFile.objects.get()
    assert file.storage == alias
    assert [*walk(alias)] == [file.name, f"{file.name}.json"]
    assert [*walk(COLD if alias == ORIGINALS else ORIGINALS)] == []
    assert digest(file.storage, file.name).sha256 == file.sha256
    assert not FileMove.objects.exists()


def archive(gallery):
    take_step(gallery, State.ARCHIVED, actor=gallery.owner)


def fetch(gallery):
    assert cold.fetch_photo(Photo.objects.get(), actor=gallery.owner) == 1


def let_go(gallery):
    StoredFile.objects.update(hot_until=timezone.now() - timedelta(seconds=1))


def restore(gallery):
    take_step(gallery, State.DELIVERED, actor=gallery.owner)


# What the photographer or time does, what the mover is called by, and where the file ends.
WAYS = (
    (archive, cold.archive_files, COLD),
    (fetch, cold.restore_files, ORIGINALS),
    (let_go, cold.archive_files, COLD),
    (restore, cold.restore_files, ORIGINALS),
)


def test_a_move_killed_anywhere_is_completed_by_the_next_worker(gallery):
    content = storage_for(ORIGINALS).open(StoredFile.objects.get().name).read()
    kills = 0
    for call in range(1, MANY, EVERY):
        was_killed = False
        for happen, work, alias in WAYS:
            happen(gallery)
            was_killed |= killed_before(call, lambda work=work: work(gallery.pk))
            check_nothing_is_lost()
            # The dead worker's lease runs out.
            StoredFile.objects.update(lease_until=timezone.now())
            work(gallery.pk)
            check_all_is_done(alias)
            assert [*verify(Inspection())] == []
        if not was_killed:
            break
        kills += 1
    # That many touch the disk; SQLite adds those of the database.
    assert kills >= 14 // EVERY
    assert storage_for(ORIGINALS).open(StoredFile.objects.get().name).read() == content
