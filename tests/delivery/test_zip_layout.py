import io
import itertools
import random
import shutil
import subprocess
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumbaphoto_wagtail.delivery.zip_layout import Piece, ZipLayout, ZipMember, send
from pumbaphoto_wagtail.delivery.zip_names import safe_member_paths
from pumbaphoto_wagtail.exceptions import BytesDiffer
from tests.work import calls_in

TAKEN = datetime(2026, 6, 13, 15, 4, 6, tzinfo=timezone(timedelta(hours=2)))
GIBIBYTE = 1024**3


def member(name="a.jpg", content=b"picture", **changes):
    facts = {"size": len(content), "crc32": zlib.crc32(content), "modified": TAKEN}
    return ZipMember(**{"name": name, "source": content, **facts, **changes})


def virtual(name, size):
    """A member that nobody reads: only its place in the ZIP counts."""
    return ZipMember(name=name, size=size, crc32=1, modified=TAKEN)


def directory_of(layout):
    """The last segment: central directory and end record."""
    *_, directory = layout.segments()
    return directory


def read_in_chunks(content, offset, length):
    for start in range(offset, offset + length, 7):
        yield content[start : min(start + 7, offset + length)]


def iterate(layout, start, stop, read, proven=None):
    return send(layout.segments(start, stop), read, proven)


def whole(layout, read=read_in_chunks):
    return b"".join(iterate(layout, 0, layout.size, read))


@pytest.fixture
def contents():
    chance = random.Random(5)
    return {
        "IMG_0001.jpg": chance.randbytes(1000),
        "Trauung/Müller 日本 😀.jpg": chance.randbytes(333),
        "empty.txt": b"",
        "one.txt": b"1",
        "IMG_0001 (2).jpg": chance.randbytes(50),
    }


@pytest.fixture
def layout(contents):
    return ZipLayout(member(name, content) for name, content in contents.items())


def test_python_reads_what_was_put_in(layout, contents):
    with zipfile.ZipFile(io.BytesIO(whole(layout))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


def test_members_are_stored_in_order_as_regular_files(layout, contents):
    with zipfile.ZipFile(io.BytesIO(whole(layout))) as archive:
        assert archive.namelist() == list(contents)
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.external_attr >> 16 == 0o100644
            assert info.date_time == (2026, 6, 13, 15, 4, 6)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="Info-ZIP is not installed")
def test_info_zip_finds_no_fault(layout, contents, tmp_path):
    (tmp_path / "a.zip").write_bytes(whole(layout))
    unzip = shutil.which("unzip")
    tested = subprocess.run(
        [unzip, "-tqq", "a.zip"], cwd=tmp_path, capture_output=True, check=False
    )
    assert (tested.returncode, tested.stdout, tested.stderr) == (0, b"", b"")
    environment = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    subprocess.run([unzip, "-qq", "a.zip", "-d", "out"], cwd=tmp_path, env=environment, check=True)
    unpacked = tmp_path / "out"
    assert {
        str(path.relative_to(unpacked)): path.read_bytes()
        for path in unpacked.rglob("*")
        if path.is_file()
    } == contents
    assert (unpacked / "one.txt").stat().st_mtime == TAKEN.timestamp()


def test_the_size_is_exact(layout):
    assert len(whole(layout)) == layout.size


def test_a_zip_of_nothing_is_a_zip():
    empty = ZipLayout([])
    assert zipfile.ZipFile(io.BytesIO(whole(empty))).namelist() == []
    assert empty.size == 22


def test_any_range_is_a_slice_of_the_whole(layout):
    data, chance = whole(layout), random.Random(7)
    for _ in range(300):
        start, stop = sorted(chance.choices(range(layout.size + 1), k=2))
        assert b"".join(iterate(layout, start, stop, read_in_chunks)) == data[start:stop]


def test_every_single_byte_can_be_asked_for(layout):
    data = whole(layout)
    parts = (b"".join(iterate(layout, i, i + 1, read_in_chunks)) for i in range(layout.size))
    assert b"".join(parts) == data


def test_a_range_beyond_the_end_stops_at_the_end(layout):
    found = b"".join(iterate(layout, layout.size - 5, layout.size + 99, read_in_chunks))
    assert found == whole(layout)[-5:]


def test_a_range_reads_only_what_it_needs(layout):
    [piece] = layout.segments(500, 510)
    assert isinstance(piece, Piece)
    assert (piece.member.name, piece.length) == ("IMG_0001.jpg", 10)


NAMES = st.text(min_size=1, max_size=20)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC))


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES, NAMES, st.binary(max_size=200), TIMES), max_size=8),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=5),
)
def test_whatever_is_put_in_python_reads_and_any_range_is_a_part(files, ranges):
    paths = safe_member_paths((folder, name) for folder, name, *_ in files)
    layout = ZipLayout(
        member(path, content, modified=moment)
        for path, (_folder, _name, content, moment) in zip(paths, files, strict=True)
    )
    data = whole(layout)
    assert len(data) == layout.size
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == paths
        assert [archive.read(path) for path in paths] == [content for *_, content, _ in files]
    for shares in ranges:
        start, stop = sorted(round(share * layout.size) for share in shares)
        assert b"".join(iterate(layout, start, stop, read_in_chunks)) == data[start:stop]


# --- What a download resumes from ----------------------------------------------------------------


def test_equal_members_have_an_equal_strong_tag():
    first, second = (ZipLayout([member()]) for _ in range(2))
    assert first.etag == second.etag
    assert first.etag.startswith('"')
    assert first.etag.endswith('"')


@pytest.mark.parametrize(
    "changes",
    [{"name": "b.jpg"}, {"size": 8}, {"crc32": 1}, {"modified": TAKEN + timedelta(seconds=2)}],
)
def test_any_difference_changes_the_tag(changes):
    assert ZipLayout([member()]).etag != ZipLayout([replace(member(), **changes)]).etag


def test_another_order_or_one_more_changes_the_tag():
    one, two = member("a"), member("b")
    tags = {ZipLayout(members).etag for members in ([one], [one, two], [two, one], [])}
    assert len(tags) == 4


def test_names_cannot_run_into_each_other_in_the_tag():
    assert ZipLayout([member('a", 1')]).etag != ZipLayout([member("a")]).etag


# --- ZIP64 ---------------------------------------------------------------------------------------


class Window(io.RawIOBase):
    """A ZIP that is read by ranges, whose members are zeros nobody ever holds."""

    def __init__(self, layout):
        self.layout, self.position = layout, 0

    def seekable(self):
        return True

    def readable(self):
        return True

    def seek(self, offset, whence=io.SEEK_SET):
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.layout.size}
        self.position = base[whence] + offset
        return self.position

    def tell(self):
        return self.position

    def readinto(self, buffer):
        stop = min(self.position + len(buffer), self.layout.size)
        data = b"".join(
            bytes(segment.length) if isinstance(segment, Piece) else segment
            for segment in self.layout.segments(self.position, stop)
        )
        buffer[: len(data)] = data
        self.position = stop
        return len(data)


@pytest.mark.parametrize(
    "sizes",
    [
        [5 * GIBIBYTE],
        [0xFFFFFFFF, 1],
        [0xFFFFFFFE, 1],
        [3 * GIBIBYTE, 3 * GIBIBYTE, 10],
        [5 * GIBIBYTE, 10, 6 * GIBIBYTE, 20],
    ],
)
def test_python_finds_its_way_beyond_four_gigabytes(sizes):
    layout = ZipLayout(virtual(f"{i}-é.jpg", size) for i, size in enumerate(sizes))
    with zipfile.ZipFile(Window(layout)) as archive:
        assert [info.file_size for info in archive.infolist()] == sizes
        for info in archive.infolist():
            # Opening compares the local header with the directory.
            archive.open(info).close()


@pytest.mark.skipif(shutil.which("unzip") is None, reason="Info-ZIP is not installed")
def test_info_zip_finds_its_way_beyond_four_gigabytes(tmp_path):
    last = member("last.txt", b"after four gigabytes")
    layout = ZipLayout([virtual("big.tif", 5 * GIBIBYTE), last])
    target = tmp_path / "big.zip"
    # The big member is a hole in the file, which takes no room on the disk.
    with target.open("wb") as file:
        for segment in layout.segments():
            if isinstance(segment, bytes):
                file.write(segment)
            elif segment.member is last:
                file.write(last.source)
            else:
                file.seek(segment.length, io.SEEK_CUR)
    assert target.stat().st_size == layout.size
    unzip = ["unzip", "-tqq", target, "last.txt"]
    tested = subprocess.run(unzip, capture_output=True, check=False)
    assert (tested.returncode, tested.stderr) == (0, b"")
    listed = subprocess.run(["unzip", "-l", target], capture_output=True, check=True, text=True)
    assert f"{5 * GIBIBYTE}" in listed.stdout


@pytest.mark.parametrize("count", [65_534, 65_535])
def test_more_members_than_the_old_format_can_count(count):
    layout = ZipLayout(replace(virtual(f"{n}.jpg", 0), crc32=0) for n in range(count))
    with zipfile.ZipFile(io.BytesIO(whole(layout))) as archive:
        assert len(archive.namelist()) == count


def test_a_small_zip_has_no_zip64_records(layout):
    assert b"PK\6\6" not in whole(layout)[-200:]


def test_a_large_delivery_is_laid_out_at_a_cost_for_each_file_and_cut_at_none():
    def laid_out(count):
        layouts = []
        members = [virtual(f"IMG_{number:05}.jpg", 10_000_000) for number in range(count)]
        making = calls_in(lambda: layouts.append(ZipLayout(members)))
        (layout,) = layouts
        assert layout.etag
        pieces = []
        middle = layout.size // 2
        cutting = calls_in(lambda: pieces.extend(layout.segments(middle, middle + 2**23)))
        assert len(pieces) <= 4
        return making, cutting

    small, large = laid_out(150), laid_out(15_000)
    assert large[0] < 110 * small[0]
    assert large[1] < 2 * small[1]


# --- Files that are not what was promised --------------------------------------------------------


@pytest.mark.parametrize("now", [b"pictur", b"", b"picture and more", b"Picture"])
def test_a_changed_file_cuts_the_download_before_its_end(now):
    layout = ZipLayout([member(content=b"picture", source=now)])
    sent = []
    with pytest.raises(BytesDiffer):
        sent.extend(iterate(layout, 0, layout.size, lambda *_: [now[:3], now[3:]]))
    # list.extend keeps what came before the error: never all that belongs to the member.
    assert sum(map(len, sent)) < layout.size - len(directory_of(layout))


def test_a_wrong_file_at_the_very_end_of_a_range_does_not_look_finished():
    layout = ZipLayout([member(content=b"picture", source=b"Picture")])
    stop = layout.size - len(directory_of(layout))
    sent = []
    with pytest.raises(BytesDiffer):
        sent.extend(iterate(layout, 0, stop, read_in_chunks))
    assert sum(map(len, sent)) < stop


def test_a_part_of_a_file_is_checked_for_its_length():
    layout = ZipLayout([member(content=b"p" * 100)])
    with pytest.raises(BytesDiffer):
        list(iterate(layout, 60, 80, lambda *_: [b"short"]))


@pytest.mark.parametrize("start", [0, 31, 40, 99])
def test_the_last_piece_of_a_changed_file_is_not_sent_whoever_sent_the_others(start):
    content, now = b"p" * 100, b"P" + b"p" * 99
    layout = ZipLayout([member(content=content, source=now)])
    header = layout.size - len(directory_of(layout)) - 100
    sent = []
    with pytest.raises(BytesDiffer):
        sent.extend(iterate(layout, header + start, layout.size, read_in_chunks))
    assert sum(map(len, sent)) < 100 + header - start


def test_what_was_proved_once_is_not_proved_again():
    reads = []

    def read(content, offset, length):
        reads.append((offset, length))
        return read_in_chunks(content, offset, length)

    layout, proven = ZipLayout([member(content=b"p" * 100)]), set()
    header = layout.size - len(directory_of(layout)) - 100
    for _ in range(2):
        list(iterate(layout, header + 60, layout.size, read, proven))
    assert proven == {b"p" * 100}
    assert reads == [(0, 60), (60, 40), (60, 40)]


def test_a_file_that_never_ends_is_given_up_at_once():
    layout = ZipLayout([member()])
    taken = itertools.count()
    with pytest.raises(BytesDiffer):
        whole(layout, lambda *_: (b"more" for _ in taken))
    assert next(taken) == 2


def test_the_storages_own_error_passes_through():
    def gone(*_):
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        whole(ZipLayout([member()]), gone)


def test_an_empty_file_is_not_even_opened():
    layout = ZipLayout([member(content=b"")])
    assert whole(layout, lambda *_: pytest.fail("opened"))


def test_memory_views_pass_as_they_are():
    layout = ZipLayout([member()])
    assert whole(layout, lambda source, *_: [memoryview(source)]) == whole(layout)


# --- What no archive can hold --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a/", "../a", "a/../b", "a//b", "./a", "a\\b", "a\0", "\ud800", "x" * 70_000],
)
def test_a_name_that_leaves_its_folder_is_refused(name):
    with pytest.raises(ValueError):  # noqa: PT011
        ZipLayout([member(name)])


@pytest.mark.parametrize(
    "changes",
    [
        {"size": -1},
        {"crc32": -1},
        {"crc32": 2**32},
        {"size": 0},
        {"modified": datetime(2026, 6, 13)},
    ],
)
def test_impossible_facts_are_refused(changes):
    with pytest.raises(ValueError):  # noqa: PT011
        ZipLayout([member(**changes)])


def test_one_name_twice_is_refused():
    with pytest.raises(ValueError, match="same name"):
        ZipLayout([member(), member()])


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(1904, 1, 1, tzinfo=UTC), (1980, 1, 1, 0, 0, 0)),
        (datetime(2200, 1, 1, tzinfo=UTC), (2107, 12, 31, 23, 59, 58)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), (2026, 12, 31, 23, 59, 58)),
    ],
)
def test_a_camera_clock_gone_wrong_does_no_harm(moment, shown):
    layout = ZipLayout([member(modified=moment)])
    with zipfile.ZipFile(io.BytesIO(whole(layout))) as archive:
        assert archive.infolist()[0].date_time == shown
        assert archive.testzip() is None
