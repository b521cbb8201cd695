"""Real faults: full and vanished file systems, errors at single system calls, kill -9 at each."""

import contextlib
import os
import re
import shutil
import subprocess

import pytest
from django.core.files.base import ContentFile

from pumbaphoto_wagtail.exceptions import StorageFull, StorageOffline
from pumbaphoto_wagtail.storage import (
    INCOMING,
    ORIGINALS,
    SENTINEL_NAME,
    NASStorage,
    initialise_volume,
)

from .storage_process import command, run

pytestmark = pytest.mark.faults
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
MEBIBYTE = 1024 * 1024


def volume(path, role="originals"):
    storage = NASStorage(path)
    initialise_volume(storage, role)
    return storage


@pytest.fixture
def locations(tmp_path):
    volume(tmp_path / "incoming")
    volume(tmp_path / "originals")
    return {INCOMING: tmp_path / "incoming", ORIGINALS: tmp_path / "originals"}


@pytest.fixture
def mount():
    """Mount something for the length of a test; skipped where that is not allowed."""
    with contextlib.ExitStack() as mounted:

        def mount(target, *arguments):
            target.mkdir(exist_ok=True)
            done = subprocess.run(["mount", *arguments, target], capture_output=True, check=False)
            if done.returncode:
                pytest.skip(f"mounting is not permitted here: {done.stderr.decode().strip()}")
            mounted.callback(subprocess.run, ["umount", "-l", target], capture_output=True)
            return target

        yield mount


def small_tmpfs(mount, path, size="1m"):
    return volume(mount(path, "-t", "tmpfs", "-o", f"size={size}", "pumbaphoto"))


def names(path):
    return sorted(file.name for file in path.rglob("*") if file.name != SENTINEL_NAME)


# --- Full ----------------------------------------------------------------------------------------


def test_a_full_volume_keeps_no_part_of_a_new_file(mount, tmp_path):
    storage = small_tmpfs(mount, tmp_path / "small")
    with pytest.raises(StorageFull):
        storage.save("a.jpg", ContentFile(b"x" * 2 * MEBIBYTE))
    assert names(tmp_path / "small") == []


def test_a_full_volume_keeps_an_upload_at_its_durable_offset(mount, tmp_path):
    storage = small_tmpfs(mount, tmp_path / "small")
    storage.create_empty("u.part")
    assert storage.append("u.part", 0, [b"a" * 500_000]) == 500_000
    with pytest.raises(StorageFull):
        storage.append("u.part", 500_000, [b"b" * MEBIBYTE])
    assert storage.size("u.part") == 500_000


def test_an_upload_goes_on_when_there_is_room_again(mount, tmp_path):
    storage = small_tmpfs(mount, tmp_path / "small")
    storage.create_empty("u.part")
    with pytest.raises(StorageFull):
        storage.append("u.part", 0, [b"b" * 2 * MEBIBYTE])
    assert storage.append("u.part", 0, [b"b" * 1000]) == 1000


def test_a_file_the_system_writes_short_is_never_stored_short(locations):
    code = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
storage.write_new(ORIGINALS, "a.jpg", b"x" * 100_000)
"""
    assert run(locations, code).stdout == "StorageFull\n"
    assert names(locations[ORIGINALS]) == []


# --- Away ----------------------------------------------------------------------------------------


def test_an_unmounted_volume_leaves_the_mountpoint_bare_and_comes_back_by_itself(mount, tmp_path):
    volume(tmp_path / "nas")
    target = mount(tmp_path / "mountpoint", "--bind", tmp_path / "nas")
    storage = NASStorage(target)
    storage.create_empty("u.part")
    subprocess.run(["umount", target], check=True)
    for act in (
        lambda: storage.append("u.part", 0, [b"x"]),
        lambda: storage.create_empty("v.part"),
        lambda: storage.replace("a/b.json", b"{}"),
        lambda: storage.open("u.part"),
        lambda: storage.delete("u.part"),
    ):
        with pytest.raises(StorageOffline):
            act()
    assert os.listdir(target) == []
    mount(target, "--bind", tmp_path / "nas")
    assert storage.append("u.part", 0, [b"x"]) == 1


def test_another_volume_at_the_mountpoint_is_noticed_at_once(mount, tmp_path):
    volume(tmp_path / "nas")
    volume(tmp_path / "wrong")
    target = mount(tmp_path / "mountpoint", "--bind", tmp_path / "nas")
    storage = NASStorage(target, volume=str(NASStorage(target).sentinel().uuid))
    storage.create_empty("u.part")
    subprocess.run(["umount", target], check=True)
    mount(target, "--bind", tmp_path / "wrong")
    with pytest.raises(StorageOffline, match="expected"):
        storage.create_empty("v.part")
    assert names(tmp_path / "wrong") == []


def test_a_volume_gone_read_only_is_still_read(mount, tmp_path):
    storage = small_tmpfs(mount, tmp_path / "small")
    storage.create_empty("u.part")
    storage.append("u.part", 0, [b"photo"])
    subprocess.run(["mount", "-o", "remount,ro", tmp_path / "small"], check=True)
    for act in (
        lambda: storage.append("u.part", 0, [b"x"]),
        lambda: storage.create_empty("v.part"),
        lambda: storage.delete("u.part"),
    ):
        with pytest.raises(StorageOffline):
            act()
    assert storage.open("u.part").read() == b"photo"


# --- Two devices ---------------------------------------------------------------------------------

MOVE = """
digest = storage.digest(INCOMING, "u.part")
storage.link_or_copy(INCOMING, "u.part", ORIGINALS, "g/a.jpg", digest, same_device={same_device})
"""


def two_devices(mount, tmp_path):
    for name in ("incoming", "originals"):
        small_tmpfs(mount, tmp_path / name)
    (tmp_path / "incoming" / "u.part").write_bytes(b"photo")
    return {INCOMING: tmp_path / "incoming", ORIGINALS: tmp_path / "originals"}


def test_between_two_devices_a_demanded_link_is_refused(mount, tmp_path):
    locations = two_devices(mount, tmp_path)
    assert run(locations, MOVE.format(same_device=True)).stdout == "DifferentDevices\n"
    assert names(locations[ORIGINALS]) == []


def test_between_two_devices_the_file_is_copied(mount, tmp_path):
    locations = two_devices(mount, tmp_path)
    done = run(locations, MOVE.format(same_device=False))
    assert (done.stdout, done.returncode) == ("", 0)
    assert (locations[ORIGINALS] / "g/a.jpg").read_bytes() == b"photo"


def test_two_mounts_of_one_device_share_no_links(mount, tmp_path):
    """rename(2) and link(2) give EXDEV between bind mounts, although st_dev is the same."""
    locations = {}
    for alias, name in ((INCOMING, "incoming"), (ORIGINALS, "originals")):
        volume(tmp_path / name)
        locations[alias] = mount(tmp_path / f"{name}-mounted", "--bind", tmp_path / name)
    (tmp_path / "incoming" / "u.part").write_bytes(b"photo")
    assert run(locations, MOVE.format(same_device=True)).stdout == "DifferentDevices\n"
    assert run(locations, MOVE.format(same_device=False)).stdout == ""
    assert (tmp_path / "originals/g/a.jpg").read_bytes() == b"photo"


# --- Many at once --------------------------------------------------------------------------------


def test_of_two_processes_exactly_one_gets_each_name(locations):
    code = """
from pumbaphoto_wagtail.exceptions import NameTaken
import os
for number in range(100):
    name = f"{number}.jpg"
    try:
        storage.write_new(ORIGINALS, name, str(os.getpid()).encode() * 1000)
        print(name, os.getpid())
    except NameTaken:
        pass
"""
    children = [
        subprocess.Popen(command(locations, code), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    lines = [line.split() for child in children for line in child.communicate()[0].splitlines()]
    assert len(lines) == len(dict(lines)) == 100
    for name, winner in lines:
        assert (locations[ORIGINALS] / name).read_text() == winner * 1000
    assert len(names(locations[ORIGINALS])) == 100


# --- Single system calls -------------------------------------------------------------------------


def calls(trace, root):
    """(call, path relative to the root) of each traced line, in order."""
    found = re.findall(rf"(\w+)\(\d+<{re.escape(str(root))}/?([^>]*)>", trace)
    return [(call, re.sub(r"-part-\w+", "-part", path)) for call, path in found]


@needs_strace
def test_a_new_file_is_synced_before_it_gets_its_name_and_its_directories_after(locations):
    root = locations[ORIGINALS]
    code = 'storage.write_new(ORIGINALS, "ab/a.jpg", b"photo")'
    trace = run(locations, code, strace=["-y", "-e", "trace=fsync,pwrite64,linkat,mkdirat"]).stderr
    assert calls(trace, root) == [
        ("mkdirat", ""),
        ("fsync", ""),
        ("pwrite64", "ab/.pumbaphoto-part"),
        ("fsync", "ab/.pumbaphoto-part"),
        ("linkat", "ab"),
        ("fsync", "ab"),
    ]


@needs_strace
def test_an_appended_chunk_is_synced(locations):
    root = locations[INCOMING]
    (root / "u.part").touch()
    code = 'nas(INCOMING).append("u.part", 0, [b"one", b"two"])'
    trace = run(locations, code, strace=["-y", "-e", "trace=fsync,pwrite64"]).stderr
    assert [call for call, _ in calls(trace, root)] == ["pwrite64", "pwrite64", "fsync"]


@needs_strace
@pytest.mark.parametrize(
    "code",
    [
        'nas(ORIGINALS).delete("ab/a.jpg")',
        'nas(ORIGINALS).replace("ab/a.json", b"{}")',
        'nas(ORIGINALS).link_from(nas(INCOMING), "u.part", "ab/b.jpg")',
        'nas(ORIGINALS).create_empty("ab/v.part")',
    ],
)
def test_a_directory_is_synced_after_every_change_of_its_names(locations, code):
    root = locations[ORIGINALS]
    (root / "ab").mkdir()
    (root / "ab" / "a.jpg").touch()
    (locations[INCOMING] / "u.part").touch()
    done = run(locations, code, strace=["-y", "-e", "trace=fsync"])
    assert done.stdout == ""
    assert calls(done.stderr, root)[-1] == ("fsync", "ab")


@needs_strace
def test_a_failed_fsync_is_not_repeated_and_the_chunk_is_taken_back(locations):
    part = locations[INCOMING] / "u.part"
    part.write_bytes(b"durable")
    code = 'nas(INCOMING).append("u.part", 7, [b"lost"])'
    done = run(locations, code, strace=["-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1"])
    assert done.stdout == "StorageOffline\n"
    assert done.stderr.count("fsync(") == 1
    assert part.read_bytes() == b"durable"


@needs_strace
@pytest.mark.parametrize(
    ("call", "code"),
    [
        *((call, "EIO") for call in ("pwrite64", "fsync", "close", "linkat", "mkdirat")),
        *((call, "ENOSPC") for call in ("pwrite64", "fsync", "close", "linkat", "mkdirat")),
        *(("fsync", code) for code in ("EDQUOT", "ESTALE", "EROFS", "EACCES")),
    ],
)
def test_an_error_at_any_call_is_the_storage_s_and_leaves_no_part(locations, call, code):
    """close is counted on the new file's descriptor alone, since Python closes many others."""
    root = locations[ORIGINALS]
    body = 'storage.write_new(ORIGINALS, "ab/a.jpg", b"photo")'
    if call == "close":
        # The interpreter's own closes come first: count them up to the one behind the fsync.
        clean = run(locations, body, strace=["-e", "trace=close,fsync,linkat"])
        lines = [line for line in clean.stderr.splitlines() if "(" in line]
        linked = next(i for i, line in enumerate(lines) if "linkat(" in line)
        when = sum("close(" in line for line in lines[:linked])
        shutil.rmtree(root / "ab")
    else:
        when = 1
    done = run(locations, body, strace=["-e", f"trace={call}", "-e",
                                        f"inject={call}:error={code}:when={when}"])  # fmt: skip
    is_full = code in ("ENOSPC", "EDQUOT")
    assert done.stdout == ("StorageFull\n" if is_full else "StorageOffline\n")
    assert [name for name in names(root) if name != "ab"] == []


@needs_strace
def test_a_stale_handle_is_opened_once_more(locations):
    root = locations[ORIGINALS]
    (root / "a.jpg").write_bytes(b"photo")
    code = 'print(storage.open_file(ORIGINALS, "a.jpg").read())'
    # Opened in the root: its own path, the sentinel, the file.
    strace = ["-P", str(root), "-e", "trace=openat", "-e", "inject=openat:error=ESTALE:when=3"]
    done = run(locations, code, strace=strace)
    assert "ESTALE" in done.stderr
    assert done.stdout == "b'photo'\n"


@needs_strace
def test_a_read_error_is_the_storage_s_not_the_photo_s(locations):
    path = locations[ORIGINALS] / "a.jpg"
    path.write_bytes(b"photo")
    strace = ["-P", str(path), "-e", "trace=read", "-e", "inject=read:error=EIO"]
    done = run(locations, 'storage.digest(ORIGINALS, "a.jpg")', strace=strace)
    assert done.stdout == "StorageOffline\n"
    assert path.read_bytes() == b"photo"


@needs_strace
def test_a_short_write_is_carried_on(locations):
    """The injected call writes nothing and claims 5,000; a single write would leave no byte."""
    code = 'storage.write_new(ORIGINALS, "a.jpg", b"x" * 20_000)'
    strace = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:retval=5000:when=1"]
    run(locations, code, strace=strace)
    assert (locations[ORIGINALS] / "a.jpg").stat().st_size == 20_000


@needs_strace
def test_a_copy_whose_bytes_were_lost_is_not_given_the_name(mount, tmp_path):
    locations = two_devices(mount, tmp_path)
    strace = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:retval=5:when=1"]
    done = run(locations, MOVE.format(same_device=False), strace=strace)
    assert done.stdout == "BytesDiffer\n"
    assert "a.jpg" not in names(locations[ORIGINALS])


# --- Killed at every step ------------------------------------------------------------------------

STEPS = ("mkdirat", "pwrite64", "fsync", "linkat", "unlinkat")
MANY = 10


def kill_at_each_step(locations, code, check):
    """Run the code and kill it at every changing call in turn; return how often it was killed."""
    kills = 0
    for call in STEPS:
        # strace counts each call by itself.
        for occurrence in range(1, MANY):
            inject = f"inject={call}:signal=KILL:when={occurrence}"
            done = run(locations, code, strace=["-e", f"trace={call}", "-e", inject])
            survived = done.returncode == 0
            check()
            if survived:
                break
            kills += 1
    return kills


@needs_strace
@pytest.mark.parametrize("devices", ["one device", "two devices"])
def test_a_move_killed_at_any_step_is_completed_by_a_second_try(
    devices, mount, tmp_path, locations
):
    if devices == "two devices":
        locations = two_devices(mount, tmp_path)
    source = locations[INCOMING] / "u.part"
    source.write_bytes(b"photo" * 1000)
    destination = locations[ORIGINALS] / "g" / "a.jpg"

    def check():
        assert source.read_bytes() == b"photo" * 1000
        assert not destination.exists() or destination.read_bytes() == b"photo" * 1000
        again = run(locations, MOVE.format(same_device=False))
        assert (again.stdout, again.returncode) == ("", 0)
        assert destination.read_bytes() == b"photo" * 1000
        shutil.rmtree(destination.parent)

    kills = kill_at_each_step(locations, MOVE.format(same_device=False), check)
    # Directory and its fsync, link and its fsync; a copy also writes, syncs and drops a part.
    assert kills == (4 if devices == "one device" else 7)


@needs_strace
def test_a_new_file_killed_at_any_step_is_there_whole_or_not_at_all(locations):
    root = locations[ORIGINALS]

    def check():
        stored = root / "a.jpg"
        assert not stored.exists() or stored.read_bytes() == b"photo" * 1000
        stored.unlink(missing_ok=True)
        NASStorage(root).remove_abandoned(-1)
        assert names(root) == []

    code = 'storage.write_new(ORIGINALS, "a.jpg", b"photo" * 1000)'
    # Write, fsync, link, unlink, fsync of the directory.
    assert kill_at_each_step(locations, code, check) == 5


@needs_strace
def test_a_second_try_syncs_what_the_first_may_have_left_unsynced(locations):
    root = locations[ORIGINALS]
    (locations[INCOMING] / "u.part").write_bytes(b"photo")
    code = MOVE.format(same_device=True)
    run(locations, code)
    trace = run(locations, code, strace=["-y", "-e", "trace=fsync"]).stderr
    assert calls(trace, root) == [("fsync", ""), ("fsync", "g/a.jpg"), ("fsync", "g")]
