"""Files in an S3-compatible storage: read in parts, and never missing because a bucket is away."""

import os

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import override_settings

from pumbaphoto_wagtail import storage
from pumbaphoto_wagtail.conf import MEBIBYTE
from pumbaphoto_wagtail.exceptions import BytesDiffer, NameTaken, PumbaphotoError, StorageOffline
from pumbaphoto_wagtail.storage import (
    FileDigest,
    digest,
    elsewhere,
    link_or_copy,
    objects,
    storage_for,
)
from tests.machines.buckets import Bucket, new_bucket

pytestmark = pytest.mark.xdist_group("machines")

S3 = "pumbaphoto_originals"
NAME = "gallery/photo.jpg"
SENTINEL = storage.SENTINEL_NAME


def using(bucket: Bucket, volume: str | None = None, **options):
    entry = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": bucket.options | options,
        "VOLUME": volume,
    }
    return override_settings(STORAGES={**django_settings.STORAGES, S3: entry})


@pytest.fixture
def originals(bucket):
    """Originals in a bucket that is declared ours, with one file of five MiB in it."""
    with using(bucket):
        storage_for(S3).declare("originals", None)
        storage.write_new(S3, NAME, os.urandom(5 * MEBIBYTE))
        yield bucket


def whole(name: str = NAME) -> bytes:
    with storage.open_file(S3, name) as file:
        return file.read()


def ask_in_every_way():
    return {
        "open": lambda: storage.open_file(S3, NAME),
        "read in parts": lambda: storage.opened(S3, NAME).__enter__(),
        "exists": lambda: storage_for(S3).exists(NAME),
        "size": lambda: storage_for(S3).size(NAME),
        "sizes": lambda: storage.sizes(S3, [NAME]),
        "sizes by list": lambda: storage.sizes(S3, [f"{NAME}{n}" for n in range(50)]),
        "walk": lambda: [*storage.walk(S3)],
        "write": lambda: storage.write_new(S3, "new.jpg", b"new"),
        "sidecar": lambda: storage.write_sidecar(S3, NAME, {}),
        "remove": lambda: storage.remove(S3, NAME),
    }


EVERY_WAY = sorted(ask_in_every_way())


def test_a_file_is_read_from_any_place(originals):
    content = whole()

    with storage.open_file(S3, NAME) as file:
        file.seek(-7, os.SEEK_END)
        assert file.read() == content[-7:]
        file.seek(3_000_000)
        assert file.read(10) == content[3_000_000:3_000_010]
        assert (file.tell(), file.size) == (3_000_010, len(content))


def test_a_part_is_sent_without_reading_the_rest(originals):
    content = whole()

    with storage.opened(S3, NAME) as file:
        assert file.size == len(content)
        assert b"".join(file.blocks(4_000_000, 100)) == content[4_000_000:4_000_100]
        assert b"".join(file.blocks(0, len(content))) == content


def test_a_file_comes_in_parts_of_a_few_mebibytes(bucket):
    size = 20 * MEBIBYTE
    with using(bucket):
        storage_for(S3).declare("originals", None)
        bucket.put(NAME, bytes(size))
        with storage.opened(S3, NAME) as file:
            lengths = [len(block) for block in file.blocks(0, size)]

    assert sum(lengths) == size
    assert max(lengths) == objects.MOST_BYTES


def test_another_object_under_the_name_is_not_read_on(originals):
    with storage.opened(S3, NAME) as file:
        blocks = file.blocks(0, file.size)
        next(blocks)
        originals.put(NAME, os.urandom(5 * MEBIBYTE))
        with pytest.raises(BytesDiffer):
            list(blocks)


def test_nothing_is_overwritten(originals):
    with pytest.raises(NameTaken):
        storage.write_new(S3, NAME, b"other")


def test_a_sidecar_takes_the_place_of_the_earlier_one(originals):
    storage.write_sidecar(S3, NAME, {"gallery": "1"})
    storage.write_sidecar(S3, NAME, {"gallery": "2"})

    assert storage.read_sidecar(S3, NAME) == {"gallery": "2"}
    assert [*storage.walk(S3)] == [NAME, f"{NAME}.json"]


def test_a_copy_is_read_again_before_it_counts(originals, tmp_path):
    content = whole()
    expected = digest(S3, NAME)

    link_or_copy(S3, NAME, storage.RENDITIONS, "copy.jpg", expected)
    link_or_copy(storage.RENDITIONS, "copy.jpg", S3, "back.jpg", expected)
    assert whole("back.jpg") == content

    wrong = FileDigest(expected.size, "0" * 64, 0)
    with pytest.raises(BytesDiffer):
        link_or_copy(storage.RENDITIONS, "copy.jpg", S3, "wrong.jpg", wrong)
    assert not storage_for(S3).exists("wrong.jpg")
    storage.remove(storage.RENDITIONS, "copy.jpg")


@pytest.mark.parametrize("count", [3, 22], ids=["one by one", "by a list"])
def test_sizes_of_many_files_are_found_out(count, originals):
    for number in range(count - 1):
        originals.put(f"gallery/{number}.jpg", bytes(number))
    names = [NAME, "gallery/gone.jpg", *(f"gallery/{number}.jpg" for number in range(count - 1))]

    found = storage.sizes(S3, names)

    assert found[NAME] == 5 * MEBIBYTE
    assert found["gallery/gone.jpg"] is None
    assert found["gallery/1.jpg"] == 1


def test_what_is_not_there_is_missing(originals):
    with pytest.raises(FileNotFoundError):
        storage.open_file(S3, "gone.jpg")
    assert storage_for(S3).exists("gone.jpg") is False
    storage.remove(S3, "gone.jpg")


@pytest.mark.parametrize("way", EVERY_WAY)
def test_of_a_bucket_that_is_not_there_nothing_is_missing(way, originals):
    with using(originals, bucket_name="no-such-bucket"), pytest.raises(StorageOffline):
        ask_in_every_way()[way]()


@pytest.mark.parametrize("way", EVERY_WAY)
def test_of_a_wrong_bucket_nothing_is_missing_and_nothing_is_written_to_it(way, originals):
    wrong = new_bucket(originals.options["endpoint_url"])

    with using(wrong), pytest.raises(StorageOffline):
        ask_in_every_way()[way]()
    assert wrong.names() == []


@pytest.mark.parametrize("way", EVERY_WAY)
def test_of_a_server_that_is_away_nothing_is_missing(way, originals):
    with (
        using(originals, endpoint_url="http://127.0.0.1:1"),
        pytest.raises(StorageOffline, match="Could not connect"),
    ):
        ask_in_every_way()[way]()


def test_a_bucket_that_is_emptied_while_we_work_is_away(originals):
    assert storage_for(S3).exists(NAME)
    originals.delete(SENTINEL)
    originals.delete(NAME)
    elsewhere._proven.clear()

    with pytest.raises(StorageOffline):
        storage.open_file(S3, NAME)


def test_the_volume_of_the_settings_is_the_one_that_counts(originals):
    other = "11111111-1111-4111-8111-111111111111"

    with using(originals, other), pytest.raises(StorageOffline, match="is expected"):
        storage_for(S3).exists("gone.jpg")


def test_waiting_for_a_server_is_bounded(bucket):
    with using(bucket):
        config = storage_for(S3).inner.client_config

    assert config.read_timeout <= 15
    assert config.retries["total_max_attempts"] == 2


def test_waiting_as_the_site_has_set_it_is_left(bucket):
    from botocore.config import Config

    with using(bucket, client_config=Config(connect_timeout=1, read_timeout=7)):
        assert storage_for(S3).inner.client_config.read_timeout == 7


def test_a_bucket_is_declared_by_the_command(bucket, capsys):
    with using(bucket):
        call_command("pumbaphoto_init_storage")
        first = storage_for(S3).sentinel()
        call_command("pumbaphoto_init_storage")

        assert storage_for(S3).sentinel() == first
    assert first.role == "originals"
    assert "S3Storage" in capsys.readouterr().out


def test_a_bucket_that_holds_other_things_is_not_declared_ours(bucket):
    bucket.put("somebody/else.txt", b"theirs")

    with using(bucket), pytest.raises(PumbaphotoError, match="not empty"):
        storage_for(S3).declare("originals", None)
    assert SENTINEL not in bucket.names()


def test_a_place_within_a_bucket_is_enough(bucket):
    bucket.put("somebody/else.txt", b"theirs")

    with using(bucket, location="studio"):
        storage_for(S3).declare("originals", None)
        storage.write_new(S3, NAME, b"mine")
        assert storage.sizes(S3, [NAME]) == {NAME: 4}
        assert whole() == b"mine"
        assert [*storage.walk(S3)] == [NAME]
    assert f"studio/{NAME}" in bucket.names()
