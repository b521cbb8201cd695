"""Trying a volume out: what real file systems of several kinds are found to do."""

import contextlib
import os
import subprocess
import time

import pytest

from pumbaphoto_wagtail.exceptions import StorageFull, StorageOffline
from pumbaphoto_wagtail.storage import SENTINEL_NAME, NASStorage, probing
from pumbaphoto_wagtail.storage.files import PROBE_PREFIX
from pumbaphoto_wagtail.storage.probing import TRIALS, clock_ahead, probe

from .storage_process import command
from .test_storage_faults import mount, volume

__all__ = ["mount"]
pytestmark = pytest.mark.faults


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The same trials with less, since what they find does not depend on it."""
    monkeypatch.setattr(probing, "LARGE_BYTES", 2 * 1024 * 1024)
    monkeypatch.setattr(probing, "MANY_ENTRIES", 200)
    monkeypatch.setattr(probing, "CREATED_FILES", 10)
    monkeypatch.setattr(probing, "SMALL_WRITES", 20)
    monkeypatch.setattr(probing, "RENAMES", 50)


def found(storage) -> dict[str, dict]:
    """What the trials found by their name; an error by the same name."""
    return {trial.name: trial.figures or {"error": trial.error} for trial in probe(storage)}


def test_a_sound_volume_keeps_all_its_promises(tmp_path):
    trials = found(volume(tmp_path / "nas"))

    assert set(trials) == set(TRIALS)
    assert trials["exclusive_create"] == {"names": 100, "given": 100, "given_twice": 0}
    assert trials["links"] == {"made": 20, "counted": 20, "refuses_taken": True}
    renamed = trials["rename_under_reader"]
    assert (renamed["torn"], renamed["missing"], renamed["is_done"]) == (0, 0, True)
    assert renamed["reads"] > 0
    assert trials["unlink_while_open"]["is_readable"]
    assert trials["large_write"]["is_same"]
    assert 0 < trials["small_writes"]["p50"] <= trials["small_writes"]["p95"] < 60
    assert trials["many_entries"]["made"] == trials["many_entries"]["listed"] == 200
    assert trials["letter_case"] == {"is_told_apart": True}
    assert trials["long_names"] == {"letters": 255, "others": 255}
    assert trials["unicode_names"] == {"given": 4, "kept": 4}
    assert trials["short_names"] == {"has_second": False}
    assert trials["ownership"]["owner"] == os.geteuid()
    assert trials["ownership"]["keeps_mode"]
    assert abs(trials["clock"]["ahead"]) < 2
    assert trials["room"]["free"] > 0


def test_nothing_is_left_and_nothing_else_touched(tmp_path):
    storage = volume(tmp_path / "nas")
    (tmp_path / "nas" / "original.cr3").write_bytes(b"photo")
    found(storage)
    clock_ahead(storage)

    assert sorted(os.listdir(tmp_path / "nas")) == [SENTINEL_NAME, "original.cr3"]
    assert (tmp_path / "nas" / "original.cr3").read_bytes() == b"photo"


def test_who_lists_the_volume_is_not_shown_the_trials(tmp_path):
    storage = volume(tmp_path / "nas")
    trials = probe(storage)
    next(trials)
    made = [name for name in os.listdir(tmp_path / "nas") if name.startswith(PROBE_PREFIX)]
    (tmp_path / "nas" / made[0] / ".pumbaphoto-part-x").touch()

    assert storage.listdir("") == ([], [])
    assert list(storage.abandoned(-60)) == []
    assert storage.remove_abandoned(-60) == 0
    trials.close()
    assert os.listdir(tmp_path / "nas") == [SENTINEL_NAME]


def test_what_a_killed_one_has_left_the_next_takes_away(tmp_path):
    storage = volume(tmp_path / "nas")
    code = """
from pumbaphoto_wagtail.storage.probing import probe
for trial in probe(nas(ORIGINALS)):
    print(trial.name, flush=True)
    import time; time.sleep(60)
"""
    child = subprocess.Popen(
        command({"pumbaphoto_originals": tmp_path / "nas"}, code), stdout=subprocess.PIPE
    )
    child.stdout.readline()
    child.kill()
    child.wait()
    child.stdout.close()
    left = [name for name in os.listdir(tmp_path / "nas") if name.startswith(PROBE_PREFIX)]
    assert len(left) == 1

    clock_ahead(storage)
    assert os.listdir(tmp_path / "nas") == [SENTINEL_NAME]


def test_another_machines_trials_are_left_alone_until_they_are_old(tmp_path):
    storage = volume(tmp_path / "nas")
    theirs = tmp_path / "nas" / f"{PROBE_PREFIX}elsewhere-1"
    theirs.mkdir()
    clock_ahead(storage)
    assert theirs.is_dir()

    long_ago = time.time() - 2 * probing.FORGOTTEN_SECONDS
    os.utime(theirs, (long_ago, long_ago))
    clock_ahead(storage)
    assert not theirs.exists()


def test_directories_of_others_are_never_taken_for_ours(tmp_path):
    storage = volume(tmp_path / "nas")
    for name in (PROBE_PREFIX, f"{PROBE_PREFIX}keep", f"x{PROBE_PREFIX}host-1"):
        (tmp_path / "nas" / name).mkdir()
    clock_ahead(storage)

    assert len(os.listdir(tmp_path / "nas")) == 4


def test_a_volume_that_is_not_ours_is_not_touched(tmp_path):
    (tmp_path / "bare").mkdir()
    with pytest.raises(StorageOffline):
        found(NASStorage(tmp_path / "bare"))

    assert os.listdir(tmp_path / "bare") == []


def test_a_read_only_volume_is_said_to_be_one(mount, tmp_path):
    storage = volume(mount(tmp_path / "nas", "-t", "tmpfs", "-o", "size=8m", "pumbaphoto"))
    subprocess.run(["mount", "-o", "remount,ro", tmp_path / "nas"], check=True)

    with pytest.raises(StorageOffline, match="Read-only"):
        found(storage)


def test_a_full_volume_fails_what_writes_and_is_left_clean(mount, tmp_path):
    storage = volume(mount(tmp_path / "nas", "-t", "tmpfs", "-o", "size=64k", "pumbaphoto"))
    trials = found(storage)

    assert "No space" in trials["large_write"]["error"]
    assert trials["letter_case"] == {"is_told_apart": True}
    assert os.listdir(tmp_path / "nas") == [SENTINEL_NAME]


def test_a_volume_without_files_left_is_said_to_be_full(mount, tmp_path):
    storage = volume(mount(tmp_path / "nas", "-t", "tmpfs", "-o", "nr_inodes=3", "pumbaphoto"))
    (tmp_path / "nas" / "last").touch()

    with pytest.raises(StorageFull):
        found(storage)


def test_an_ext4_is_measured_past_the_memory(mount, tmp_path):
    image = tmp_path / "image"
    with open(image, "wb") as file:
        file.truncate(48 * 1024 * 1024)
    made = subprocess.run(["mkfs.ext4", "-q", image], capture_output=True)
    if made.returncode:
        pytest.skip("no ext4 can be made here")
    trials = found(volume(mount(tmp_path / "nas", "-o", "loop", image)))

    assert trials["large_write"]["is_same"]
    assert trials["exclusive_create"]["given_twice"] == 0
    assert trials["long_names"]["letters"] == 255


def without(monkeypatch, name, replacement):
    monkeypatch.setattr(probing, name, replacement)


class TestWhatVolumesOfOtherKindsDo:
    """Behaviour that no file system of this machine has, put in the place of one call."""

    @pytest.fixture
    def place(self, tmp_path):
        with contextlib.closing(DirectoryDescriptor(tmp_path)) as opened:
            yield opened.number

    def test_names_that_two_get_are_counted(self, place, monkeypatch):
        without(monkeypatch, "_is_created", lambda place, name: True)

        assert probing.exclusive_create(place)["given_twice"] == 100

    def test_letters_that_are_not_told_apart(self, place, monkeypatch):
        without(monkeypatch, "_is_there", lambda place, name: name.lower() == "case")

        assert probing.letter_case(place) == {"is_told_apart": False}

    def test_torn_and_missing_files_are_counted(self, place, monkeypatch):
        answers = [b"ab" * 100, None] * 10
        without(monkeypatch, "_is_there", lambda place, name: not answers)
        without(monkeypatch, "_read_or_none", lambda place, name: answers.pop())
        trial = probing.rename_under_reader(place)

        assert (trial["torn"], trial["missing"]) == (10, 10)

    def test_names_that_come_back_otherwise_are_counted(self, place, monkeypatch):
        write = probing._write
        without(
            monkeypatch,
            "_write",
            lambda place, name, content: write(place, name.replace("A\u030a", "\u00c5"), content),
        )

        assert probing.unicode_names(place) == {"given": 4, "kept": 3}

    def test_a_server_that_squashes_owners_and_modes(self, place, monkeypatch):
        def refuse(*arguments, **options):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "chmod", refuse)

        assert probing.ownership(place)["keeps_mode"] is False

    @pytest.mark.parametrize("shift", [-90.0, 90.0])
    def test_a_clock_that_goes_otherwise(self, place, monkeypatch, shift):
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - shift)

        assert abs(probing.clock(place)["ahead"] - shift) < 3


class DirectoryDescriptor:
    def __init__(self, path):
        self.number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def close(self):
        os.close(self.number)
