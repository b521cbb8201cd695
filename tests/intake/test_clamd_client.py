import hashlib
import io
import os
import socket
import struct
import tempfile
import threading
import time

import pytest

from pumbaphoto_wagtail.exceptions import ScannerUnavailable
from pumbaphoto_wagtail.intake.clamd_client import (
    MEBIBYTE,
    ClamdClient,
    ZerosThenEicar,
    eicar,
)
from pumbaphoto_wagtail.intake.clamd_process import find_clamd
from pumbaphoto_wagtail.testing import running_clamd

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
CLEAN = b"stream: OK\0"


@pytest.fixture
def client(clamd):
    return ClamdClient(clamd.address)


@pytest.fixture
def limited():
    """A clamd with small limits, and silent about them or not, as the test asks."""
    if find_clamd() is None:
        pytest.skip("clamd is not installed")
    with tempfile.TemporaryDirectory(prefix="pumba") as directory:
        yield lambda **options: running_clamd(directory, **options)


class FakeClamd:
    """Reads what is sent and answers what it was told, one connection after the other."""

    def __init__(self, behave):
        self.directory = tempfile.TemporaryDirectory(prefix="pumba")
        path = os.path.join(self.directory.name, "clamd.ctl")
        self.address = f"unix:{path}"
        self.behave = behave
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(path)
        self.server.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection = self.server.accept()[0]
            except OSError:
                return
            with connection:
                self.behave(connection)

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(5)
        self.directory.cleanup()


@pytest.fixture
def fake():
    running = []

    def start(behave, **options):
        running.append(FakeClamd(behave))
        return ClamdClient(running[-1].address, **options)

    yield start
    for server in running:
        server.close()


def take_stream(connection):
    """Read an INSTREAM command to its last chunk; the bytes of the file."""
    reader = connection.makefile("rb")
    assert reader.read(10) == b"zINSTREAM\0"
    received = b""
    while length := struct.unpack("!L", reader.read(4))[0]:
        received += reader.read(length)
    return received


def answering(answer):
    def behave(connection):
        take_stream(connection)
        connection.sendall(answer)

    return behave


def scan_stream(client, content=PHOTO):
    return client.scan_stream(io.BytesIO(content), len(content))


def scan_descriptor(client, content, tmp_path, size=None):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    path.chmod(0)
    with open(os.open(path, os.O_RDONLY), "rb") as file:
        return client.scan_descriptor(file.fileno(), len(content) if size is None else size)


# --- The real clamd ------------------------------------------------------------------------------


def test_the_version_names_the_engine(client):
    assert client.version().engine.startswith("ClamAV ")


def test_a_clean_file_is_clean_by_both_transports(client, tmp_path):
    expected = hashlib.sha256(PHOTO).hexdigest()
    for answer in (scan_stream(client), scan_descriptor(client, PHOTO, tmp_path)):
        assert answer.outcome == "clean"
        assert (answer.sha256, answer.size) == (expected, len(PHOTO))


def test_an_infected_file_is_found_by_both_transports(client, tmp_path):
    content = PHOTO + eicar()
    for answer in (scan_stream(client, content), scan_descriptor(client, content, tmp_path)):
        assert answer.outcome == "infected"
        assert "EICAR" in answer.signature


def test_a_file_whose_size_is_not_the_expected_one_gets_no_verdict(client, tmp_path):
    assert client.scan_stream(io.BytesIO(PHOTO), len(PHOTO) + 1).outcome == "unclear"
    assert scan_descriptor(client, PHOTO, tmp_path, len(PHOTO) - 1).outcome == "unclear"


def test_an_empty_stream_of_an_expected_file_gets_no_verdict(client):
    assert client.scan_stream(io.BytesIO(b""), 10).outcome == "unclear"


def test_a_file_that_changes_while_it_is_scanned_gets_no_verdict(tmp_path, fake):
    path = tmp_path / "photo.jpg"
    path.write_bytes(PHOTO)

    def behave(connection):
        _data, descriptors, _flags, _address = socket.recv_fds(connection, 100, 2)
        if not descriptors:
            _data, descriptors, _flags, _address = socket.recv_fds(connection, 100, 2)
        for descriptor in descriptors:
            os.close(descriptor)
        path.write_bytes(PHOTO[::-1])
        os.utime(path, (1, 1))
        connection.sendall(b"fd[9]: OK\0")

    client = fake(behave)
    with path.open("rb") as file:
        assert client.scan_descriptor(file.fileno(), len(PHOTO)).outcome == "unclear"


def test_a_file_over_the_limits_is_neither_clean_nor_condemned(limited, tmp_path):
    with limited(max_file_bytes=5 * MEBIBYTE) as daemon:
        client = ClamdClient(daemon.address)
        content = bytes(8 * MEBIBYTE) + eicar()
        streamed = scan_stream(client, content)
        described = scan_descriptor(client, content, tmp_path)

    assert streamed.outcome == "limits"
    assert (described.outcome, described.signature) == (
        "limits",
        "Heuristics.Limits.Exceeded.MaxFileSize",
    )


def test_a_daemon_that_was_killed_is_unavailable(limited):
    with limited() as daemon:
        client = ClamdClient(daemon.address)
        assert scan_stream(client).outcome == "clean"
        daemon.process.kill()
        daemon.process.wait()
        with pytest.raises(ScannerUnavailable):
            scan_stream(client)


def test_the_test_file_is_eicar_in_its_last_bytes():
    file = ZerosThenEicar(1000)
    content = b"".join(iter(lambda: file.read(300), b""))

    assert content == bytes(932) + eicar()
    assert hashlib.sha256(eicar()).hexdigest().startswith("275a021bbfb6489e")


# --- Answers that are none -----------------------------------------------------------------------


def test_what_is_sent_is_the_file(fake):
    received = []

    def behave(connection):
        received.append(take_stream(connection))
        connection.sendall(CLEAN)

    assert scan_stream(fake(behave), PHOTO * 40).outcome == "clean"
    assert received == [PHOTO * 40]


@pytest.mark.parametrize(
    "answer",
    [
        b"stream: OK",
        b"stream: OK\n",
        b"stream: OK\0stream: OK\0",
        b"stream: OK\0junk",
        b"stream: OK \0",
        b" stream: OK\0",
        b"stream: ok\0",
        b"fd[9]: OK\0",
        b"1: stream: OK\0",
        b"stream: not OK\0",
        b"stream: Eicar FOUN",
        b"stream: Eicar FOUND",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"OK\0",
        b"\xff\xfe\0",
        b"\0",
        b"x" * 10000,
    ],
)
def test_any_other_answer_is_no_verdict(fake, answer):
    assert scan_stream(fake(answering(answer))).outcome == "unclear"


@pytest.mark.parametrize("answer", [b"stream: OK\0", b"fd[]: OK\0", b"fd[9]: OK", b"fd[x]: OK\0"])
def test_a_descriptor_is_clean_by_its_own_answer_alone(fake, answer, tmp_path):
    def behave(connection):
        socket.recv_fds(connection, 100, 1)
        connection.sendall(answer)

    assert scan_descriptor(fake(behave), PHOTO, tmp_path).outcome == "unclear"


def test_limits_are_told_from_viruses(fake):
    answer = scan_stream(fake(answering(b"stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND\0")))

    assert answer.outcome == "limits"
    assert scan_stream(fake(answering(b"stream: A.B-1 FOUND\0"))).outcome == "infected"


@pytest.mark.parametrize("verdict", [CLEAN, b"stream: Eicar FOUND\0"])
def test_an_answer_before_the_end_of_the_file_is_no_verdict(fake, verdict):
    def behave(connection):
        connection.sendall(verdict)
        take_stream(connection)

    class Slow(io.BytesIO):
        def read(self, *arguments):
            time.sleep(0.05)
            return super().read(*arguments)

    assert fake(behave).scan_stream(Slow(PHOTO), len(PHOTO)).outcome == "unclear"


def test_the_reason_is_read_after_the_daemon_has_hung_up(fake):
    def behave(connection):
        connection.recv(100)
        connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")

    answer = scan_stream(fake(behave), bytes(4 * MEBIBYTE))

    assert (answer.outcome, answer.signature) == ("limits", "StreamMaxLength")


def test_a_clean_answer_after_half_of_the_file_is_no_verdict(fake):
    def behave(connection):
        connection.recv(100)
        connection.sendall(CLEAN)

    assert scan_stream(fake(behave), bytes(4 * MEBIBYTE)).outcome == "unclear"


def test_silence_is_unavailable(fake):
    with pytest.raises(ScannerUnavailable):
        scan_stream(fake(take_stream))


def test_a_hung_daemon_is_unavailable_after_the_time_allowed(fake):
    def behave(connection):
        take_stream(connection)
        connection.recv(1)

    client = fake(behave, scan_timeout_seconds=0.3)
    started = time.monotonic()
    with pytest.raises(ScannerUnavailable):
        scan_stream(client)

    assert time.monotonic() - started < 2


def test_a_dripping_daemon_is_unavailable_after_the_time_allowed(fake):
    def behave(connection):
        take_stream(connection)
        for _ in range(40):
            time.sleep(0.1)
            try:
                connection.sendall(b"s")
            except OSError:
                return

    client = fake(behave, scan_timeout_seconds=0.3)
    started = time.monotonic()
    with pytest.raises(ScannerUnavailable):
        scan_stream(client)

    assert time.monotonic() - started < 2


@pytest.mark.parametrize("address", ["unix:/nonexistent/clamd.ctl", "tcp:127.0.0.1:1"])
def test_nobody_there_is_unavailable(address):
    client = ClamdClient(address, connect_timeout_seconds=1)
    with pytest.raises(ScannerUnavailable):
        client.version()
    with pytest.raises(ScannerUnavailable):
        scan_stream(client)


def test_a_version_that_is_none_is_unavailable(fake):
    def behave(connection):
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\n")

    with pytest.raises(ScannerUnavailable):
        fake(behave).version()


def test_a_daemon_is_reached_by_tcp():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with server.accept()[0] as connection:
                answering(CLEAN)(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        client = ClamdClient(f"tcp:127.0.0.1:{server.getsockname()[1]}")
        assert not client.is_local
        assert scan_stream(client).outcome == "clean"
        thread.join(5)
