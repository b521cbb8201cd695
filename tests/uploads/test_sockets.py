"""Requests as no library would send them, byte by byte, and connections that end as lines do.

With tusd's end-to-end cases (read timeout, network close, network reset, lock release, length
exceeded, stopped upload, success), written anew for this server.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from contextlib import closing

import pytest

from pumbaphoto_wagtail.models import Upload, UploadState
from pumbaphoto_wagtail.testing import jpeg_bytes
from tests.faults.ledger import gallery_of
from tests.uploads.photographer import BODY_TYPE, VERSION

pytestmark = pytest.mark.xdist_group("live")

CONTENT = jpeg_bytes() + os.urandom(100_000)
LENGTH = len(CONTENT)


@pytest.fixture
def location(site, maria) -> str:
    return maria.create(gallery_of(site), LENGTH)


@pytest.fixture
def line(server):
    """A connection to the server; what is sent on it is exactly what is given."""
    with closing(socket.create_connection(("127.0.0.1", server.port), 30)) as connection:
        yield connection


def request(maria, method: str, path: str, *lines: str, length: int | None = 0) -> bytes:
    headers = [f"{name}: {value}" for name, value in {**maria.headers, **VERSION}.items()]
    if length is not None:
        headers.append(f"Content-Length: {length}")
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, *lines, "", ""]
    return "\r\n".join(head).encode()


def patch(maria, path: str, *lines: str, offset: str = "0", length: int | None = 0) -> bytes:
    return request(
        maria, "PATCH", path, f"Upload-Offset: {offset}", f"Content-Type: {BODY_TYPE}", *lines,
        length=length,
    )  # fmt: skip


def status(line: socket.socket) -> int:
    """The status of the next answer; 0 when the connection ends without one."""
    said = b""
    while b"\r\n\r\n" not in said:
        block = line.recv(65536)
        if not block:
            return 0
        said += block
    return int(said.split(b" ", 2)[1])


def reset(line: socket.socket) -> None:
    """End a connection with RST instead of FIN."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def settled_offset(site, maria, path: str, expected: int) -> int:
    """The offset, once the server has noticed how the connection ended."""
    site.wait_until(lambda: maria.offset(path) == expected, seconds=20, what=f"offset {expected}")
    return maria.offset(path)


class TestHeaders:
    @pytest.mark.parametrize(
        ("lines", "offset", "expected"),
        [
            ((), "9223372036854775808", {400}),
            ((), "18446744073709551616", {400}),
            ((), "-1", {400}),
            ((), "+5", {400}),
            ((), "0x10", {400}),
            ((), "1e3", {400}),
            ((), "", {400}),
            ((), "0 0", {400}),
            ((), "\u0661\u0662", {400}),
            (("Upload-Offset: 0",), "0", {400}),
            (("Tus-Resumable: 1.0.0",), "0", {412}),
            (("Content-Length: 0",), "0", {400}),
            (("Transfer-Encoding: chunked",), "0", {400, 411}),
            (("Upload-Checksum: sha1",), "0", {400, 460}),
            (("Upload Offset: 0",), "0", {400}),
            (("X-Long: " + "x" * 20_000,), "0", {400, 431}),
        ],
    )
    def test_odd_ones_are_refused_and_change_nothing(
        self, maria, location, line, lines, offset, expected
    ):
        line.sendall(patch(maria, location, *lines, offset=offset))
        assert status(line) in expected
        assert maria.offset(location) == 0

    @pytest.mark.parametrize("missing", ["Tus-Resumable", "Content-Type", "Upload-Offset"])
    def test_missing_ones_are_refused(self, maria, location, line, missing):
        head = patch(maria, location).split(b"\r\n")
        kept = [row for row in head if not row.lower().startswith(missing.lower().encode())]
        line.sendall(b"\r\n".join(kept))
        assert status(line) == {"Tus-Resumable": 412, "Content-Type": 415}.get(missing, 400)

    def test_more_headers_than_needed_do_no_harm(self, maria, location, line):
        extra = [f"X-Extra-{number}: yes" for number in range(50)]
        line.sendall(patch(maria, location, *extra, length=3) + CONTENT[:3])
        assert status(line) == 204
        assert maria.offset(location) == 3


class TestBodies:
    def test_a_body_without_a_length_is_refused_and_kept_out(self, maria, location, line):
        head = patch(maria, location, "Transfer-Encoding: chunked", length=None)
        line.sendall(head + b"5\r\n" + CONTENT[:5] + b"\r\n0\r\n\r\n")
        assert status(line) == 411
        assert maria.offset(location) == 0

    def test_a_body_of_chunks_with_a_length_besides_is_no_request(self, maria, location, line):
        head = patch(maria, location, "Transfer-Encoding: chunked", length=5)
        line.sendall(head + b"5\r\n" + CONTENT[:5] + b"\r\n0\r\n\r\n")
        assert status(line) in (400, 411)
        assert maria.offset(location) == 0

    def test_no_body_at_all_is_no_progress(self, maria, location, line):
        line.sendall(patch(maria, location))
        assert status(line) == 204
        assert maria.offset(location) == 0

    def test_a_body_longer_than_told_is_cut_at_what_was_told(self, maria, location, line):
        line.sendall(patch(maria, location, length=10) + CONTENT[:500])
        assert status(line) == 204
        assert maria.offset(location) == 10

    def test_a_body_longer_than_the_file_is_refused_whole(self, maria, location, line):
        line.sendall(patch(maria, location, length=LENGTH + 1) + CONTENT + b"x")
        assert status(line) == 413
        assert maria.offset(location) == 0

    def test_requests_in_a_row_on_one_line_are_answered_in_their_order(
        self, site, maria, location, line
    ):
        first = patch(maria, location, length=10) + CONTENT[:10]
        second = patch(maria, location, offset="10", length=10) + CONTENT[10:20]
        line.sendall(first + second)
        assert settled_offset(site, maria, location, 20) == 20

    def test_a_client_that_waits_for_leave_to_send_gets_it(self, maria, location, line):
        line.sendall(patch(maria, location, "Expect: 100-continue", length=10))
        assert status(line) == 100
        line.sendall(CONTENT[:10])
        assert status(line) == 204
        assert maria.offset(location) == 10


class TestBrokenLines:
    """tusd's cases: what arrived before the line broke is kept, and the next request gets in."""

    @pytest.mark.parametrize("end", [socket.socket.close, reset])
    def test_a_line_that_ends_half_way_keeps_the_half(self, site, maria, location, line, end):
        half = LENGTH // 2
        line.sendall(patch(maria, location, length=LENGTH) + CONTENT[:half])
        # Long enough for the server to have read them: a reset throws away what it has not.
        row = site.rows(Upload).filter(uuid=location.rstrip("/").rsplit("/", 1)[-1])
        site.wait_until(lambda: row.get().lease_until is not None, what="the writer")
        time.sleep(0.5)
        end(line)
        site.wait_until(lambda: row.get().lease_until is None, seconds=20, what="the lock's end")
        offset = maria.offset(location)
        assert 0 <= offset <= half
        assert offset == half or end is reset
        answer = maria.patch(location, offset, CONTENT[offset:])
        assert answer.status_code == 204
        assert answer.headers["X-Sha256"]

    def test_a_client_gets_in_while_the_server_still_waits_for_its_lost_half(
        self, site, maria, location, line
    ):
        line.sendall(patch(maria, location, length=LENGTH) + CONTENT[: LENGTH // 2])
        row = site.rows(Upload).filter(uuid=location.rstrip("/").rsplit("/", 1)[-1])
        site.wait_until(lambda: row.get().lease_until is not None, what="the writer")
        began = time.monotonic()
        answer = maria.patch(location, 0, CONTENT)
        assert answer.status_code == 204
        assert time.monotonic() - began < 15
        line.close()
        assert maria.offset(location) == LENGTH

    def test_a_stopped_upload_stays_stopped(self, site, maria, location, line):
        line.sendall(patch(maria, location, length=LENGTH) + CONTENT[:1000])
        row = site.rows(Upload).filter(uuid=location.rstrip("/").rsplit("/", 1)[-1])
        site.wait_until(lambda: row.get().lease_until is not None, what="the writer")
        assert maria.ask("DELETE", location).status_code == 204
        line.sendall(CONTENT[1000:])
        assert status(line) in (410, 423)
        assert maria.ask("HEAD", location).status_code == 410
        assert row.get().state == UploadState.ABANDONED

    def test_a_file_sent_at_one_go_succeeds(self, maria, location, line):
        line.sendall(patch(maria, location, length=LENGTH) + CONTENT)
        assert status(line) == 204


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        [
            "/galleries/uploads/../../etc/passwd/",
            "/galleries/uploads/%2e%2e/%2e%2e/",
            "/galleries/uploads/none/",
            "/galleries/uploads/00000000-0000-4000-8000-000000000000/",
            "/galleries/uploads/00000000-0000-4000-8000-000000000000/"
            "00000000-0000-4000-8000-000000000000/",
        ],
    )
    def test_what_is_no_upload_is_not_found(self, maria, line, path):
        line.sendall(request(maria, "HEAD", path))
        assert status(line) == 404
