import json
import os
import stat
import time
import uuid

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.test import override_settings

from pumbaphoto_wagtail.exceptions import BytesDiffer, NameTaken, StorageOffline
from pumbaphoto_wagtail.storage import SENTINEL_NAME, NASStorage, initialise_volume, is_inside
from pumbaphoto_wagtail.storage.volume import SENTINEL_CACHE_SECONDS


@pytest.fixture
def storage(tmp_path):
    storage = NASStorage(tmp_path / "volume")
    initialise_volume(storage, "originals")
    return storage


def contents(storage):
    return sorted(
        os.path.relpath(os.path.join(folder, name), storage.location)
        for folder, _, names in os.walk(storage.location)
        for name in names
    )


# --- The volume ----------------------------------------------------------------------------------

EVERY_ACT = {
    "save": lambda s: s.save("new.jpg", ContentFile(b"x")),
    "open": lambda s: s.open("a.jpg"),
    "exists": lambda s: s.exists("a.jpg"),
    "size": lambda s: s.size("a.jpg"),
    "listdir": lambda s: s.listdir(""),
    "modified": lambda s: s.get_modified_time("a.jpg"),
    "delete": lambda s: s.delete("a.jpg"),
    "create": lambda s: s.create_empty("new.part"),
    "append": lambda s: s.append("a.jpg", 0, [b"x"]),
    "replace": lambda s: s.replace("a.json", b"{}"),
    "link": lambda s: s.link_from(s, "a.jpg", "b.jpg"),
    "free": lambda s: s.free_bytes(),
    "total": lambda s: s.total_bytes(),
    "device": lambda s: s.device(),
    "sentinel": lambda s: s.sentinel(),
    "abandoned": lambda s: s.remove_abandoned(0),
}


@pytest.mark.parametrize("act", EVERY_ACT)
def test_without_a_sentinel_every_act_is_offline_and_leaves_no_trace(storage, act):
    storage.save("a.jpg", ContentFile(b"photo"))
    os.unlink(os.path.join(storage.location, SENTINEL_NAME))
    with pytest.raises(StorageOffline):
        EVERY_ACT[act](NASStorage(storage.location))
    assert contents(storage) == ["a.jpg"]


def test_a_sentinel_is_not_trusted_longer_than_a_second(storage):
    assert not storage.exists("a.jpg")
    os.unlink(os.path.join(storage.location, SENTINEL_NAME))
    time.sleep(SENTINEL_CACHE_SECONDS + 0.05)
    with pytest.raises(StorageOffline):
        storage.exists("a.jpg")


def test_a_missing_directory_is_offline_and_is_not_made(tmp_path):
    storage = NASStorage(tmp_path / "nowhere")
    with pytest.raises(StorageOffline):
        storage.save("a.jpg", ContentFile(b"x"))
    assert os.listdir(tmp_path) == []


def test_another_volume_is_offline_and_both_are_named(storage):
    expected = uuid.uuid4()
    found = storage.sentinel().uuid
    with pytest.raises(StorageOffline, match=f"{found}.*{expected}"):
        NASStorage(storage.location, volume=str(expected)).exists("a.jpg")


def test_the_expected_volume_is_accepted(storage):
    same = NASStorage(storage.location, volume=str(storage.sentinel().uuid).upper())
    assert same.save("a.jpg", ContentFile(b"x")) == "a.jpg"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"x"', b"null", b"{}", b'{"uuid": 1, "role": "", "created": ""}',
                b'{"uuid": "x", "role": "a", "created": "b"}', b"\xff\xfe"],
)  # fmt: skip
def test_a_damaged_sentinel_is_offline(storage, content):
    with open(os.path.join(storage.location, SENTINEL_NAME), "wb") as sentinel:
        sentinel.write(content)
    with pytest.raises(StorageOffline):
        storage.sentinel()


def test_a_directory_swapped_within_the_second_is_noticed(storage, tmp_path):
    storage.exists("a.jpg")
    os.rename(storage.location, tmp_path / "away")
    os.mkdir(storage.location)
    with pytest.raises(StorageOffline):
        storage.exists("a.jpg")
    with pytest.raises(StorageOffline):
        storage.save("a.jpg", ContentFile(b"x"))
    assert os.listdir(storage.location) == []


def test_writing_does_not_trust_a_sentinel_seen_a_moment_ago(storage):
    storage.exists("a.jpg")
    os.unlink(os.path.join(storage.location, SENTINEL_NAME))
    with pytest.raises(StorageOffline):
        storage.save("a.jpg", ContentFile(b"x"))
    with pytest.raises(StorageOffline):
        storage.delete("a.jpg")


def test_the_storage_is_found_again_when_the_volume_comes_back(storage, tmp_path):
    storage.save("a.jpg", ContentFile(b"x"))
    os.rename(storage.location, tmp_path / "away")
    with pytest.raises(StorageOffline):
        storage.exists("a.jpg")
    os.rename(tmp_path / "away", storage.location)
    assert storage.exists("a.jpg")


def test_a_path_inside_another_is_told_also_through_a_link(tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "media")
    assert is_inside(tmp_path / "link" / "photos", tmp_path / "media")
    assert is_inside(tmp_path / "media", tmp_path / "media")
    assert not is_inside(tmp_path / "media-photos", tmp_path / "media")


# --- Names ---------------------------------------------------------------------------------------

HOSTILE_NAMES = ["/etc/passwd", "../x", "a/../b", "a/..", "..", ".", "", "a//b", "a/./b", "a\0b",
                 "a\\b", "a/", SENTINEL_NAME]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("act", ["open", "exists", "delete", "size", "create_empty", "save"])
def test_a_hostile_name_is_refused_before_the_disk_is_touched(storage, name, act):
    arguments = (name, ContentFile(b"x")) if act == "save" else (name,)
    with pytest.raises(SuspiciousFileOperation):
        getattr(storage, act)(*arguments)
    assert contents(storage) == [SENTINEL_NAME]


def test_a_linked_directory_is_not_followed(storage, tmp_path):
    (tmp_path / "outside").mkdir()
    os.symlink(tmp_path / "outside", os.path.join(storage.location, "door"))
    with pytest.raises(SuspiciousFileOperation):
        storage.save("door/a.jpg", ContentFile(b"x"))
    assert os.listdir(tmp_path / "outside") == []


def test_a_linked_file_is_not_followed(storage, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    os.symlink(tmp_path / "secret", os.path.join(storage.location, "a.jpg"))
    with pytest.raises(SuspiciousFileOperation):
        storage.open("a.jpg")
    with pytest.raises(SuspiciousFileOperation):
        storage.append("a.jpg", 0, [b"x"])
    assert (tmp_path / "secret").read_bytes() == b"secret"


# --- Whole files ---------------------------------------------------------------------------------


def test_a_saved_file_is_read_back(storage):
    assert storage.save("ab/cd/a.jpg", ContentFile(b"photo")) == "ab/cd/a.jpg"
    with storage.open("ab/cd/a.jpg") as stored:
        assert stored.read() == b"photo"
    assert storage.size("ab/cd/a.jpg") == 5


def test_a_second_save_neither_overwrites_nor_evades(storage):
    storage.save("a.jpg", ContentFile(b"first"))
    with pytest.raises(NameTaken):
        storage.save("a.jpg", ContentFile(b"second"))
    assert storage.open("a.jpg").read() == b"first"
    assert contents(storage) == [SENTINEL_NAME, "a.jpg"]


def test_files_and_directories_are_for_the_service_alone(storage):
    storage.save("ab/a.jpg", ContentFile(b"x"))
    location = storage.location
    assert stat.S_IMODE(os.stat(f"{location}/ab/a.jpg").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(f"{location}/ab").st_mode) == 0o700


def test_f20_a_wider_mode_is_set_against_the_umask(storage):
    shared = NASStorage(storage.location, file_permissions_mode=0o640)
    before = os.umask(0o077)
    try:
        shared.save("a.jpg", ContentFile(b"x"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(f"{storage.location}/a.jpg").st_mode) == 0o640


def test_an_error_of_the_source_leaves_nothing(storage):
    class Broken(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"begin"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        storage.save("a.jpg", Broken(b""))
    assert contents(storage) == [SENTINEL_NAME]


@pytest.mark.parametrize("mode", ["wb", "r+b", "ab", "r", "w", "rb+"])
def test_no_mode_but_reading_bytes_opens_a_file(storage, mode):
    storage.save("a.jpg", ContentFile(b"x"))
    with pytest.raises(ValueError, match="reading only"):
        storage.open("a.jpg", mode)


def test_an_open_file_cannot_be_written(storage):
    storage.save("a.jpg", ContentFile(b"x"))
    with storage.open("a.jpg") as stored, pytest.raises(OSError, match="write"):
        stored.write(b"y")


def test_a_file_that_is_not_there_is_said_so(storage):
    with pytest.raises(FileNotFoundError):
        storage.open("a.jpg")
    with pytest.raises(FileNotFoundError):
        storage.size("ab/a.jpg")
    assert not storage.exists("ab/a.jpg")


def test_deleting_twice_is_one_success(storage):
    storage.save("a.jpg", ContentFile(b"x"))
    storage.delete("a.jpg")
    storage.delete("a.jpg")
    storage.delete("never/was.jpg")
    assert contents(storage) == [SENTINEL_NAME]


def test_listing_leaves_out_the_sentinel_and_unfinished_files(storage):
    storage.save("a.jpg", ContentFile(b"x"))
    storage.save("folder/b.jpg", ContentFile(b"x"))
    with storage.temporary_file("c.jpg") as unfinished:
        unfinished.write(b"x")
        assert storage.listdir("") == (["folder"], ["a.jpg"])
    assert storage.listdir("folder") == ([], ["b.jpg"])


def test_the_time_of_a_file_is_aware(storage):
    storage.save("a.jpg", ContentFile(b"x"))
    moment = storage.get_modified_time("a.jpg")
    assert moment.tzinfo is not None
    assert abs(moment.timestamp() - time.time()) < 60


def test_there_is_no_public_address(storage):
    with pytest.raises(ValueError, match="no public address"):
        storage.url("a.jpg")


def test_a_descriptor_reads_and_does_not_write(storage):
    storage.save("a.jpg", ContentFile(b"photo"))
    with storage.descriptor("a.jpg") as descriptor:
        assert os.read(descriptor, 10) == b"photo"
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(descriptor, b"x")


def test_what_a_crash_left_is_removed_once_it_is_old(storage):
    storage.save("ab/a.jpg", ContentFile(b"x"))
    left = os.path.join(storage.location, "ab", ".pumbaphoto-part-left")
    open(left, "w").close()
    assert storage.remove_abandoned(older_than_seconds=3600) == 0
    os.utime(left, (1, 1))
    assert storage.remove_abandoned(older_than_seconds=3600) == 1
    assert contents(storage) == [SENTINEL_NAME, "ab/a.jpg"]


def test_a_storage_is_written_into_migrations_by_its_public_name(storage):
    path, _, options = storage.deconstruct()
    assert path == "pumbaphoto_wagtail.storage.NASStorage"
    assert options == {}


# --- Uploads -------------------------------------------------------------------------------------


def test_an_upload_grows_at_its_offset(storage):
    storage.create_empty("u.part")
    assert storage.append("u.part", 0, [b"abc", b"", b"de"]) == 5
    assert storage.append("u.part", 5, [b"fg"]) == 7
    assert storage.open("u.part").read() == b"abcdefg"


def test_what_was_not_acknowledged_is_written_anew(storage):
    storage.create_empty("u.part")
    storage.append("u.part", 0, [b"abcdefgh"])
    assert storage.append("u.part", 3, [b"X"]) == 4
    assert storage.open("u.part").read() == b"abcX"


def test_creating_an_upload_twice_is_refused_and_harmless(storage):
    storage.create_empty("u.part")
    storage.append("u.part", 0, [b"abc"])
    with pytest.raises(NameTaken):
        storage.create_empty("u.part")
    assert storage.size("u.part") == 3


def test_bytes_lost_by_the_storage_are_noticed(storage):
    storage.create_empty("u.part")
    with pytest.raises(BytesDiffer):
        storage.append("u.part", 3, [b"x"])


def test_an_interrupted_chunk_is_taken_back(storage):
    def chunks():
        yield b"half"
        raise ConnectionResetError

    storage.create_empty("u.part")
    storage.append("u.part", 0, [b"abc"])
    with pytest.raises(ConnectionResetError):
        storage.append("u.part", 3, chunks())
    assert storage.open("u.part").read() == b"abc"


def test_an_upload_that_has_become_an_original_is_not_appended_to(storage):
    storage.create_empty("u.part")
    storage.append("u.part", 0, [b"abc"])
    storage.link_from(storage, "u.part", "original.jpg")
    with pytest.raises(NameTaken):
        storage.append("u.part", 0, [b"X"])
    assert storage.open("original.jpg").read() == b"abc"


def test_appending_never_creates_a_file(storage):
    with pytest.raises(FileNotFoundError):
        storage.append("u.part", 0, [b"x"])
    assert contents(storage) == [SENTINEL_NAME]


# --- Room ----------------------------------------------------------------------------------------


def test_the_larger_reserve_counts(storage):
    total = storage.total_bytes()
    with override_settings(PUMBAPHOTO={"DISK_RESERVE_SHARE": 0.5, "DISK_RESERVE_BYTES": 1}):
        assert storage.reserve_bytes() == total // 2
    with override_settings(PUMBAPHOTO={"DISK_RESERVE_SHARE": 0.0, "DISK_RESERVE_BYTES": 99}):
        assert storage.reserve_bytes() == 99


def test_planned_bytes_beyond_the_reserve_go_negative(storage):
    with override_settings(PUMBAPHOTO={"DISK_RESERVE_SHARE": 0.0, "DISK_RESERVE_BYTES": 0}):
        assert storage.reserve_left() > 0
        assert storage.reserve_left(storage.total_bytes()) < 0


def test_the_sentinel_says_what_the_volume_is_for(storage):
    with open(os.path.join(storage.location, SENTINEL_NAME)) as sentinel:
        written = json.load(sentinel)
    assert set(written) == {"uuid", "role", "created"}
    assert written["role"] == "originals"
