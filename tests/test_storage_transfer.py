import hashlib
import os
import zlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import override_settings

from pumbaphoto_wagtail import storage
from pumbaphoto_wagtail.exceptions import BytesDiffer, NameTaken
from pumbaphoto_wagtail.storage import INCOMING, ORIGINALS, RENDITIONS, FileDigest
from pumbaphoto_wagtail.testing import temporary_storages

COLD = "pumbaphoto_cold"
PHOTO = bytes(range(256)) * 9000
PHOTO_DIGEST = FileDigest(len(PHOTO), hashlib.sha256(PHOTO).hexdigest(), zlib.crc32(PHOTO))

# Another Django storage in the place of S3: no links, no exclusive create, names that evade.
OTHER = {"BACKEND": "django.core.files.storage.FileSystemStorage"}


@pytest.fixture(autouse=True)
def room(tmp_path):
    storages = temporary_storages(tmp_path)
    storages[COLD] = {**OTHER, "OPTIONS": {"location": str(tmp_path / "other")}}
    with override_settings(STORAGES=storages):
        yield tmp_path


def read(alias, name):
    with storage.open_file(alias, name) as stored:
        return stored.read()


@pytest.fixture
def upload():
    storage.write_new(INCOMING, "u.part", PHOTO)
    return "u.part"


# --- Reading -------------------------------------------------------------------------------------


def test_m3_a_storage_is_the_one_that_the_settings_name_now(room):
    storage.write_new(ORIGINALS, "1.jpg", PHOTO)
    there, other = storages[ORIGINALS], temporary_storages(room / "moved")

    assert storage.storage_for(ORIGINALS) is there
    with override_settings(STORAGES=other):
        assert storage.storage_for(ORIGINALS) is not there
        assert not storage.storage_for(ORIGINALS).exists("1.jpg")
    assert storage.storage_for(ORIGINALS).exists("1.jpg")


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_a_digest_proves_size_and_both_sums(alias):
    storage.write_new(alias, "a.jpg", PHOTO)
    assert storage.digest(alias, "a.jpg") == PHOTO_DIGEST


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
@pytest.mark.parametrize(
    ("start", "length"), [(0, len(PHOTO)), (0, 0), (5, 1), (1000, 100_000), (len(PHOTO) - 1, 1)]
)
def test_a_range_is_exactly_what_was_asked_for(alias, start, length):
    storage.write_new(alias, "a.jpg", PHOTO)
    with storage.opened(alias, "a.jpg") as file:
        assert file.size == len(PHOTO)
        assert b"".join(file.blocks(start, length)) == PHOTO[start : start + length]


def test_a_range_beyond_the_end_is_an_error_after_what_there_is():
    storage.write_new(ORIGINALS, "a.jpg", b"photo")
    with storage.opened(ORIGINALS, "a.jpg") as file:
        blocks = file.blocks(3, 10)
        assert next(blocks) == b"to"
        with pytest.raises(BytesDiffer):
            next(blocks)


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_sizes_of_many_are_told_at_once_and_of_those_that_are_not_there(alias):
    storage.write_new(alias, "a.jpg", b"photo")
    storage.write_new(alias, "b/c.jpg", b"pic")
    names = ["a.jpg", "b/c.jpg", "b/d.jpg", "nowhere/e.jpg"]
    assert storage.sizes(alias, names) == dict(zip(names, [5, 3, None, None], strict=True))


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_walking_names_every_file_once(alias):
    names = ["a.jpg", "a.jpg.json", "ab/c.jpg", "ab/cd/e.jpg", "z/y.jpg"]
    for name in names:
        storage.write_new(alias, name, b"x")
    assert sorted(storage.walk(alias)) == names


@override_settings(PUMBAPHOTO={"X_ACCEL_PREFIX": "/protected/"})
def test_the_accelerated_path_is_percent_encoded():
    path = storage.accelerated_path(ORIGINALS, "a b/50%?é.jpg")
    assert path == "/protected/pumbaphoto_originals/a%20b/50%25%3F%C3%A9.jpg"


# --- Writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_a_new_file_never_takes_a_name_that_is_there(alias):
    storage.write_new(alias, "a.jpg", b"first")
    with pytest.raises(NameTaken):
        storage.write_new(alias, "a.jpg", b"second")
    assert read(alias, "a.jpg") == b"first"
    assert list(storage.walk(alias)) == ["a.jpg"]


@pytest.mark.parametrize("alias", [RENDITIONS, COLD])
def test_publishing_the_same_bytes_twice_is_one_success(alias):
    storage.publish(alias, "a/grid.jpg", b"picture")
    storage.publish(alias, "a/grid.jpg", ContentFile(b"picture"))
    assert list(storage.walk(alias)) == ["a/grid.jpg"]


@pytest.mark.parametrize("alias", [RENDITIONS, COLD])
def test_publishing_other_bytes_under_a_name_is_refused(alias):
    storage.publish(alias, "a/grid.jpg", b"picture")
    with pytest.raises(NameTaken):
        storage.publish(alias, "a/grid.jpg", b"another")
    assert read(alias, "a/grid.jpg") == b"picture"


def test_content_is_stored_from_its_beginning():
    content = ContentFile(b"picture")
    content.read(3)
    storage.write_new(ORIGINALS, "a.jpg", content)
    assert read(ORIGINALS, "a.jpg") == b"picture"


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_removing_twice_is_one_success(alias):
    storage.write_new(alias, "a.jpg", b"x")
    storage.remove(alias, "a.jpg")
    storage.remove(alias, "a.jpg")
    assert list(storage.walk(alias)) == []


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_a_sidecar_stands_beside_its_file_and_may_be_written_again(alias):
    storage.write_sidecar(alias, "ab/a.jpg", {"name": "Müller.jpg", "attempt": 1})
    storage.write_sidecar(alias, "ab/a.jpg", {"name": "Müller.jpg", "attempt": 2})
    assert list(storage.walk(alias)) == ["ab/a.jpg.json"]
    assert storage.read_sidecar(alias, "ab/a.jpg") == {"name": "Müller.jpg", "attempt": 2}


# --- Moving --------------------------------------------------------------------------------------


def test_on_one_device_a_link_is_made_and_the_source_stays(upload, room):
    storage.link_or_copy(INCOMING, upload, ORIGINALS, "g/a.jpg", PHOTO_DIGEST, same_device=True)
    assert (room / "originals/g/a.jpg").samefile(room / "incoming/u.part")


def test_towards_another_storage_the_file_is_copied(upload):
    storage.link_or_copy(INCOMING, upload, COLD, "g/a.jpg", PHOTO_DIGEST)
    assert storage.digest(COLD, "g/a.jpg") == PHOTO_DIGEST
    assert read(INCOMING, upload) == PHOTO


def test_back_from_another_storage_the_file_is_copied(upload):
    storage.link_or_copy(INCOMING, upload, COLD, "g/a.jpg", PHOTO_DIGEST)
    storage.link_or_copy(COLD, "g/a.jpg", ORIGINALS, "g/a.jpg", PHOTO_DIGEST)
    assert storage.digest(ORIGINALS, "g/a.jpg") == PHOTO_DIGEST


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_moving_twice_is_one_success_even_when_the_source_is_gone(upload, alias):
    storage.link_or_copy(INCOMING, upload, alias, "g/a.jpg", PHOTO_DIGEST)
    storage.link_or_copy(INCOMING, upload, alias, "g/a.jpg", PHOTO_DIGEST)
    storage.remove(INCOMING, upload)
    storage.link_or_copy(INCOMING, upload, alias, "g/a.jpg", PHOTO_DIGEST)
    assert list(storage.walk(alias)) == ["g/a.jpg"]


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_other_bytes_at_the_destination_stay(upload, alias):
    storage.write_new(alias, "g/a.jpg", b"other")
    with pytest.raises(NameTaken):
        storage.link_or_copy(INCOMING, upload, alias, "g/a.jpg", PHOTO_DIGEST)
    assert read(alias, "g/a.jpg") == b"other"


@pytest.mark.parametrize("alias", [ORIGINALS, COLD])
def test_a_source_of_another_size_goes_nowhere(alias):
    storage.write_new(INCOMING, "u.part", b"short")
    with pytest.raises(BytesDiffer):
        storage.link_or_copy(INCOMING, "u.part", alias, "g/a.jpg", PHOTO_DIGEST)
    assert list(storage.walk(alias)) == []


@pytest.mark.parametrize("direction", [(INCOMING, COLD), (COLD, ORIGINALS)])
def test_a_copy_of_a_flipped_byte_is_not_kept(direction):
    source, destination = direction
    storage.write_new(source, "u.part", b"X" + PHOTO[1:])
    with pytest.raises(BytesDiffer):
        storage.link_or_copy(source, "u.part", destination, "g/a.jpg", PHOTO_DIGEST)
    assert list(storage.walk(destination)) == []


def test_a_source_that_is_gone_is_said_so():
    with pytest.raises(FileNotFoundError):
        storage.link_or_copy(INCOMING, "u.part", ORIGINALS, "g/a.jpg", PHOTO_DIGEST)
    assert list(storage.walk(ORIGINALS)) == []


def test_abandoned_parts_are_removed_by_alias(room):
    left = room / "originals" / ".pumbaphoto-part-left"
    left.touch()
    os.utime(left, (1, 1))
    assert storage.remove_abandoned(ORIGINALS, 3600) == 1
    assert storage.remove_abandoned(COLD, 3600) == 0
