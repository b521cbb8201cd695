"""ZIPs through the shipped nginx: in pieces, at the pace of each client, and never a wrong one."""

import io
import os
import random
import signal
import zipfile
from contextlib import ExitStack, contextmanager

import pytest
from django.utils import timezone

from pumbaphoto_wagtail.models import Delivery, DeliveryItem, Photo, ShareLink, StoredFile
from tests.serving.browsers import Raw
from tests.serving.patient import Download
from tests.serving.plant import DOWNLOADED_BYTES, DOWNLOADED_FILES
from tests.uploads.servers import DEPLOY, Front

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("live")]

# What nginx and the kernel may have taken ahead of a client that has stopped reading.
AHEAD = 8 * 1024 * 1024


def in_small_pieces(text: str) -> str:
    return text.replace("slice 8m;", "slice 1m; log_subrequest on;").replace(
        "rate=30r/m", "rate=6000r/m"
    )


@pytest.fixture(scope="module")
def front(site, plain):
    with Front(site, in_small_pieces, beside=plain) as front:
        yield front


@pytest.fixture(scope="module")
def takes(planted) -> dict:
    return planted["downloads"]


@pytest.fixture(scope="module")
def eva(front, takes) -> Raw:
    browser = Raw(front)
    assert browser.open(takes["token"]).status == 303
    return browser


@pytest.fixture(scope="module")
def whole(eva, takes):
    return eva.ask(takes["address"])


@pytest.fixture
def begin(front, eva, takes):
    """Start a download and stop reading soon."""
    with ExitStack() as stack:

        def started(**headers) -> Download:
            return stack.enter_context(Download(front, takes["address"], eva.cookies, **headers))

        yield started


def pieces_asked(front: Front, address: str) -> int:
    return front.log("studio.log").count(f'"GET {address} HTTP/1.1" 206')


def test_a_zip_is_whole_and_comes_in_pieces(front, eva, takes, whole):
    assert "slice 8m;" in (DEPLOY / "nginx.conf").read_text()
    assert whole.status == 200
    assert whole.headers["Content-Length"] == str(len(whole.body))
    assert len(whole.body) > DOWNLOADED_FILES * DOWNLOADED_BYTES
    with zipfile.ZipFile(io.BytesIO(whole.body)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"Müller {n}.jpg" for n in range(DOWNLOADED_FILES)]
    expected = {
        "Accept-Ranges": "bytes",
        "Content-Type": "application/zip",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex",
    }
    for name, value in expected.items():
        assert whole.headers.get_all(name) == [value], name
    [disposition] = whole.headers.get_all("Content-Disposition")
    assert disposition.endswith('Much to take.zip"')
    assert len(whole.headers["ETag"]) > 60
    assert not [name for name in whole.headers if name.startswith(("X-Accel", "X-Pumba"))]


def test_any_range_is_that_part_of_the_whole(eva, takes, whole):
    chance = random.Random(3)
    for _ in range(12):
        start = chance.randrange(len(whole.body))
        stop = min(len(whole.body), start + chance.randrange(1, 3_000_000))
        part = eva.ask(takes["address"], Range=f"bytes={start}-{stop - 1}")
        assert (part.status, part.body == whole.body[start:stop]) == (206, True)
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole.body)}"
    last = eva.ask(takes["address"], Range="bytes=-1000")
    assert last.body == whole.body[-1000:]


def test_what_cannot_be_asked_for_is_said(eva, takes, whole):
    beyond = eva.ask(takes["address"], Range=f"bytes={len(whole.body)}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.body)}")
    unchanged = eva.ask(takes["address"], If_None_Match=whole.headers["ETag"])
    assert (unchanged.status, unchanged.body) == (304, b"")
    several = eva.ask(takes["address"], Range="bytes=0-9,20-29")
    assert (several.status, several.body == whole.body) == (200, True)


def test_head_tells_length_and_tag(eva, takes, whole):
    answer = eva.ask(takes["address"], "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    for name in ("Content-Length", "ETag", "Accept-Ranges", "Content-Disposition"):
        assert answer.headers[name] == whole.headers[name]


def test_a_download_that_broke_goes_on_where_it_stopped(begin, whole):
    broken = begin()
    taken = broken.read(5_000_000)
    broken.close()
    resumed = begin(Range=f"bytes={len(taken)}-", If_Range=whole.headers["ETag"])
    rest, is_complete = resumed.rest()
    assert (resumed.status, is_complete) == (206, True)
    assert taken + rest == whole.body


def test_whoever_goes_on_with_another_zip_gets_the_present_one_whole(eva, takes, whole):
    answer = eva.ask(takes["address"], Range="bytes=1000-", If_Range='"of yesterday"')
    assert (answer.status, answer.body == whole.body) == (200, True)


def test_clients_that_do_not_read_hold_no_worker(front, begin, eva, takes):
    """More of them than gunicorn has threads, and a page comes all the same."""
    paused = [begin() for _ in range(20)]
    asked = pieces_asked(front, takes["address"])
    assert eva.ask(takes["page"]).status == 200
    assert all(each.read(1) == b"P" for each in paused)
    # Nobody reads on, so nothing more is fetched.
    assert pieces_asked(front, takes["address"]) <= asked + len(paused)


# --- While it is being downloaded ----------------------------------------------------------------


@contextmanager
def gone(site, takes):
    path = site.volume("originals") / takes["names"][-1]
    aside = path.rename(path.with_suffix(".aside"))
    try:
        yield
    finally:
        aside.rename(path)


@contextmanager
def changed(site, takes):
    path = site.volume("originals") / takes["names"][-1]
    before = path.read_bytes()
    path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    try:
        yield
    finally:
        path.write_bytes(before)


@contextmanager
def hidden(site, takes):
    rows = site.rows(Photo).filter(pk=takes["photos"][-1])
    rows.update(is_hidden=True)
    try:
        yield
    finally:
        rows.update(is_hidden=False)


@contextmanager
def revoked(site, takes):
    rows = site.rows(ShareLink).filter(pk=takes["link"])
    rows.update(revoked_at=timezone.now())
    try:
        yield
    finally:
        rows.update(revoked_at=None)


@pytest.mark.parametrize("event", [gone, changed, hidden, revoked])
def test_what_may_not_be_kept_cuts_the_download(site, begin, takes, whole, event):
    """F55, F53: never a wrong archive that looks whole, and nothing after it was taken away."""
    download = begin()
    taken = download.read(1_000_000)
    with event(site, takes):
        rest, is_complete = download.rest()
    got = taken + rest
    assert not is_complete
    assert len(got) < len(whole.body) - DOWNLOADED_FILES * 50
    assert got == whole.body[: len(got)]
    if event is revoked:
        assert len(got) < AHEAD


def test_the_next_download_names_what_is_gone(site, begin, eva, takes, whole):
    with gone(site, takes):
        begin().rest()
        answer = eva.ask(takes["address"])
    assert answer.headers["ETag"] != whole.headers["ETag"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "READ ME.txt"
        assert len(archive.namelist()) == DOWNLOADED_FILES
        words = archive.read("READ ME.txt").decode("utf-8-sig")
    assert f"Müller {DOWNLOADED_FILES - 1}.jpg: It is missing" in words


def test_a_file_that_is_archived_meanwhile_is_followed(site, begin, takes, whole):
    download = begin()
    taken = download.read(1_000_000)
    name = takes["names"][-1]
    row = site.rows(StoredFile).filter(pk=takes["files"][-1])
    hot, cold = site.volume("originals") / name, site.volume("cold") / "moved.jpg"
    hot.rename(cold)
    row.update(storage="pumbaphoto_cold", name="moved.jpg")
    try:
        rest, is_complete = download.rest()
    finally:
        cold.rename(hot)
        row.update(storage="pumbaphoto_originals", name=name)
    assert (is_complete, taken + rest == whole.body) == (True, True)


def test_a_killed_worker_does_not_end_a_download(site, plain, begin, whole):
    """The next piece is laid out by a process that has never heard of this ZIP."""
    download = begin()
    taken = download.read(1_000_000)
    before = set(plain.pages.workers())
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    site.wait_until(
        lambda: len(set(plain.pages.workers()) - before) == 2, what="new workers of gunicorn"
    )
    rest, is_complete = download.rest()
    assert (is_complete, taken + rest == whole.body) == (True, True)


def test_what_is_taken_out_of_it_meanwhile_changes_the_next_one_at_once(site, eva, takes, whole):
    with hidden(site, takes):
        fewer = eva.ask(takes["address"], "HEAD")
    assert fewer.headers["ETag"] != whole.headers["ETag"]
    assert int(fewer.headers["Content-Length"]) < len(whole.body) - DOWNLOADED_BYTES


def test_what_is_delivered_meanwhile_does_not_break_it(site, eva, begin, takes, whole):
    """The pieces of a download come from one ZIP; the next download is of the new one."""
    deliveries = site.rows(Delivery).filter(gallery=takes["gallery"])
    items = site.rows(DeliveryItem).filter(delivery__in=deliveries)
    download = begin()
    taken = download.read(1_000_000)
    second = deliveries.create(gallery_id=takes["gallery"], number=2)
    facts = items.values("stored_file_id", "size", "crc32", "sha256").first()
    items.create(delivery=second, position=0, member_name="new.jpg", **facts)
    try:
        rest, is_complete = download.rest()
        later = eva.ask(takes["address"], "HEAD")
    finally:
        site.rows(Delivery).filter(pk=second.pk).delete()
    assert (is_complete, taken + rest == whole.body) == (True, True)
    assert int(later.headers["Content-Length"]) > len(whole.body) + DOWNLOADED_BYTES
