"""The bytes of a ZIP from files on a volume: huge ones, changing ones, and those known already."""

import os
import zipfile
import zlib
from datetime import UTC, datetime

import pytest

from pumbaphoto_wagtail.delivery import zip_sending
from pumbaphoto_wagtail.delivery.zip_layout import ZipLayout, ZipMember
from pumbaphoto_wagtail.exceptions import BytesDiffer, StorageOffline
from pumbaphoto_wagtail.storage import ORIGINALS, initialise_volume, storage_for
from tests.delivery.test_zip_layout import Window

TAKEN = datetime(2026, 6, 13, tzinfo=UTC)
GIBIBYTE = 1024**3
LONG_AGO = 1_700_000_000


@pytest.fixture
def volume(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        ORIGINALS: {
            "BACKEND": "pumbaphoto_wagtail.storage.NASStorage",
            "OPTIONS": {"location": str(tmp_path / "volume")},
        },
    }
    initialise_volume(storage_for(ORIGINALS), "originals")
    return tmp_path / "volume"


def places(sources):
    return {source: (ORIGINALS, f"{source[1]}.jpg") for source in sources}


def put(volume, key, content):
    path = volume / f"{key}.jpg"
    path.write_bytes(content)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return ZipMember(
        name=path.name,
        size=len(content),
        crc32=zlib.crc32(content),
        modified=TAKEN,
        source=("file", key),
    )


def part(layout, start=0, stop=None):
    stop = layout.size if stop is None else stop
    return b"".join(zip_sending.send(layout, start, stop, places))


class FromVolume(Window):
    """A ZIP that is read through its ranges, as a client with patience would."""

    def readinto(self, buffer):
        stop = min(self.position + len(buffer), self.layout.size)
        data = part(self.layout, self.position, stop)
        buffer[: len(data)] = data
        self.position = stop
        return len(data)


def test_a_file_beyond_four_gigabytes_and_what_comes_after(volume):
    """Read at its beginning and in its middle only: the file is a hole on the disk."""
    size = 5 * GIBIBYTE
    with (volume / "big.jpg").open("wb") as hole:
        hole.write(b"begin")
        hole.seek(4 * GIBIBYTE + 7)
        hole.write(b"beyond")
        hole.truncate(size)
    big = ZipMember(name="big.tif", size=size, crc32=1, modified=TAKEN, source=("file", "big"))
    layout = ZipLayout([big, put(volume, "after", b"after four gigabytes")])
    with zipfile.ZipFile(FromVolume(layout)) as archive:
        assert archive.read("after.jpg") == b"after four gigabytes"
        info = archive.getinfo("big.tif")
        assert (info.file_size, archive.open(info).read(5)) == (size, b"begin")
    data = part(layout, 0, 4096)
    offset = data.index(b"begin") + 4 * GIBIBYTE + 7
    assert part(layout, offset, offset + 6) == b"beyond"


def test_bytes_that_were_right_are_not_summed_again_until_the_file_is_written(volume, monkeypatch):
    layout = ZipLayout([put(volume, "known", b"p" * 100_000)])
    expected = part(layout)
    summed = []
    monkeypatch.setattr(zlib, "crc32", lambda *data: summed.append(data) or 0)
    assert part(layout) == expected
    assert summed == []
    os.utime(volume / "known.jpg", (LONG_AGO, LONG_AGO + 1))
    with pytest.raises(BytesDiffer):
        part(layout)
    assert summed


def test_a_file_that_is_written_while_it_is_sent_is_not_finished(volume):
    layout = ZipLayout([put(volume, "busy", b"p" * 2_000_000)])
    part(layout)
    blocks = zip_sending.send(layout, 0, layout.size, places)
    sent = [next(blocks) for _ in range(3)]
    with (volume / "busy.jpg").open("r+b") as file:
        file.write(b"P")
    with pytest.raises(BytesDiffer):
        sent.extend(blocks)
    assert sum(map(len, sent)) < 2_000_000


def test_a_file_whose_name_is_gone_is_sent_to_its_end(volume):
    layout = ZipLayout([put(volume, "unlinked", b"p" * 2_000_000)])
    blocks = zip_sending.send(layout, 0, layout.size, places)
    sent = [next(blocks) for _ in range(3)]
    (volume / "unlinked.jpg").unlink()
    assert sum(map(len, [*sent, *blocks])) == layout.size


def test_a_read_error_cuts_the_download(volume, monkeypatch):
    """F31"""
    layout = ZipLayout([put(volume, "broken", b"p" * 2_000_000)])
    read = os.pread

    def broken(descriptor, length, offset):
        if offset:
            raise OSError(5, "Input/output error")
        return read(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", broken)
    sent = []
    with pytest.raises((OSError, StorageOffline)):
        sent.extend(zip_sending.send(layout, 0, layout.size, places))
    assert sum(map(len, sent)) < 2_000_000
