import hashlib
import io
import os
import signal
import socket
import tempfile
import time
from contextlib import contextmanager

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
from tests.intake.fake_clamd import (
    FakeClamd,
    answering,
    answering_descriptors,
    take_descriptor,
    take_stream,
)

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


@pytest.fixture
def fake():
    running = []

    def start(behave, *, by_tcp=False, **options):
        running.append(FakeClamd(behave, by_tcp=by_tcp))
        return ClamdClient(running[-1].address, **options)

    yield start
    for server in running:
        server.close()


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


def rewrite(path):
    path.write_bytes(PHOTO[::-1])
    os.utime(path, (1, 1))


def lengthen(path):
    with path.open("ab") as file:
        file.write(b"more")


def shorten(path):
    os.truncate(path, 10)


@pytest.mark.parametrize("change", [rewrite, lengthen, shorten])
def test_a_file_that_changes_while_it_is_scanned_gets_no_verdict(tmp_path, fake, change):
    path = tmp_path / "photo.jpg"
    path.write_bytes(PHOTO)

    def behave(connection):
        os.close(take_descriptor(connection))
        change(path)
        connection.sendall(b"fd[9]: OK\0")

    client = fake(behave)
    with path.open("rb") as file:
        assert client.scan_descriptor(file.fileno(), len(PHOTO)).outcome == "unclear"


def test_a_file_that_another_takes_the_name_of_is_judged_by_its_own_bytes(client, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(PHOTO)
    with path.open("rb") as file:
        path.unlink()
        path.write_bytes(PHOTO + eicar())
        answer = client.scan_descriptor(file.fileno(), len(PHOTO))

    assert (answer.outcome, answer.sha256) == ("clean", hashlib.sha256(PHOTO).hexdigest())


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


class Interrupted(io.BytesIO):
    """A file during whose reading something happens, once."""

    def __init__(self, size, happening):
        super().__init__(bytes(size))
        self.size, self.happening = size, happening

    def read(self, *arguments):
        if self.happening and self.tell() >= self.size // 2:
            self.happening()
            self.happening = None
        return super().read(*arguments)


def test_a_daemon_that_is_killed_while_a_file_is_sent_gives_no_verdict_until_it_is_back(limited):
    with limited() as daemon:
        client = ClamdClient(daemon.address)

        def kill():
            daemon.process.kill()
            daemon.process.wait()

        with pytest.raises(ScannerUnavailable):
            client.scan_stream(Interrupted(16 * MEBIBYTE, kill), 16 * MEBIBYTE)
        with pytest.raises(ScannerUnavailable):
            client.version()
    with limited() as daemon:
        assert scan_stream(ClamdClient(daemon.address)).outcome == "clean"


@pytest.mark.parametrize("is_described", [False, True], ids=["INSTREAM", "FILDES"])
def test_a_daemon_that_is_stopped_gives_no_verdict_within_the_time_allowed(
    limited, tmp_path, is_described
):
    with limited() as daemon:
        client = ClamdClient(
            daemon.address,
            connect_timeout_seconds=1,
            scan_timeout_seconds=1,
            scan_timeout_seconds_per_mebibyte=0.01,
        )

        def stop():
            os.kill(daemon.process.pid, signal.SIGSTOP)

        def scan():
            if is_described:
                stop()
                return scan_descriptor(client, PHOTO, tmp_path)
            return client.scan_stream(Interrupted(16 * MEBIBYTE, stop), 16 * MEBIBYTE)

        started = time.monotonic()
        try:
            with pytest.raises(ScannerUnavailable):
                scan()
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)

        assert time.monotonic() - started < 10
        assert scan_stream(client).outcome == "clean"


def test_the_daemon_that_answers_is_known_by_its_process(limited):
    with limited() as daemon:
        assert ClamdClient(daemon.address).version().process == daemon.process.pid


def test_the_version_is_told_while_all_threads_scan(limited):
    with limited(MaxThreads=1) as daemon:
        client = ClamdClient(daemon.address)
        size, versions = 64 * MEBIBYTE, []
        file = Interrupted(size, lambda: versions.append(client.version()))

        assert client.scan_stream(file, size).outcome == "clean"
        assert versions


def test_a_scan_tells_every_few_seconds_that_it_goes_on(fake):
    def behave(connection):
        take_stream(connection)
        time.sleep(0.2)
        connection.sendall(CLEAN)

    beats = []
    client = fake(behave)
    answer = client.scan_stream(io.BytesIO(PHOTO), len(PHOTO), lambda: beats.append(1))

    assert answer.outcome == "clean"
    assert len(beats) >= 3


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


NO_VERDICTS = [
    b"stream: OK",
    b"stream: OK\n",
    b"stream: OK\n\0",
    b"stream: OK\0\n",
    b"stream: OK\0stream: OK\0",
    b"stream: OK\0stream: Eicar FOUND\0",
    b"stream: Eicar FOUND\0stream: OK\0",
    b"stream: OK\0junk",
    b"stream: OK\0\0",
    b"stream: OK \0",
    b"stream: OK FOUND OK\0",
    b" stream: OK\0",
    b"\0stream: OK\0",
    b"stream: ok\0",
    b"stream:OK\0",
    b"Stream: OK\0",
    b"fd[9]: OK\0",
    b"fd[9]: Eicar FOUND\0",
    b"instream(local): OK\0",
    b"/tmp/clamav-1: OK\0",
    b"1: stream: OK\0",
    b"stream: not OK\0",
    b"stream: Eicar FOUN",
    b"stream: Eicar FOUND",
    b"stream: FOUND\0",
    b"stream: Can't allocate memory ERROR\0",
    b"stream: Access denied. ERROR\0",
    b"COMMAND READ TIMED OUT\0",
    b"UNKNOWN COMMAND\0",
    b"OK\0",
    b"PONG\0",
    b"\xff\xfe\0",
    b"\0",
    b"x" * 10000,
    b"stream: OK\0" * 1000,
]


@pytest.mark.parametrize("by_tcp", [False, True], ids=["unix", "tcp"])
@pytest.mark.parametrize("answer", NO_VERDICTS)
def test_any_other_answer_is_no_verdict(fake, answer, by_tcp):
    client = fake(answering(answer), by_tcp=by_tcp)
    assert scan_stream(client).outcome == "unclear"


@pytest.mark.parametrize(
    "answer",
    [
        *NO_VERDICTS[:6],
        b"stream: OK\0",
        b"fd[]: OK\0",
        b"fd[9]: OK",
        b"fd[9]: OK\n",
        b"fd[x]: OK\0",
        b"fd[-1]: OK\0",
        b"fd[9] OK\0",
        b"fd[9]: OK\0fd[9]: OK\0",
        b"fd[9]: OK\0fd[10]: Eicar FOUND\0",
        b"fd[9]: OK\0junk",
        b"fd[9]: No file descriptor received. ERROR\0",
        b"1: fd[9]: OK\0",
    ],
)
def test_a_descriptor_is_clean_by_its_own_answer_alone(fake, answer, tmp_path):
    client = fake(answering_descriptors(answer))
    assert scan_descriptor(client, PHOTO, tmp_path).outcome == "unclear"


def test_the_literal_answer_of_each_transport_is_a_verdict(fake, tmp_path):
    by_stream = [b"stream: OK\0", b"stream: A.B-1 FOUND\0"]
    by_descriptor = [b"fd[9]: OK\0", b"fd[12]: A.B-1 FOUND\0"]
    streamed = [scan_stream(fake(answering(said))) for said in by_stream]
    handed = [
        scan_descriptor(fake(answering_descriptors(said)), PHOTO, tmp_path)
        for said in by_descriptor
    ]

    assert [answer.outcome for answer in streamed] == ["clean", "infected"]
    assert [answer.outcome for answer in handed] == ["clean", "infected"]
    assert streamed[1].signature == handed[1].signature == "A.B-1"


def test_an_answer_to_a_descriptor_that_was_not_handed_over_is_no_verdict(fake, tmp_path):
    def behave(connection):
        connection.recv(8)
        connection.sendall(b"fd[9]: OK\0")
        connection.shutdown(socket.SHUT_RD)

    class Late(ClamdClient):
        def _conversation(self, *arguments, **options):
            return late(super()._conversation(*arguments, **options))

    @contextmanager
    def late(conversations):
        with conversations as conversation:
            has_answer = conversation.has_answer
            conversation.has_answer = lambda: bool(time.sleep(0.1)) or has_answer()
            yield conversation

    client = Late(fake(behave).address)
    assert scan_descriptor(client, PHOTO, tmp_path).outcome == "unclear"


def test_limits_are_told_from_viruses(fake):
    answer = scan_stream(fake(answering(b"stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND\0")))

    assert answer.outcome == "limits"


@pytest.mark.parametrize(
    "signature",
    [
        "Heuristics.Phishing.Email.SpoofedDomain",
        "Heuristics.Broken.Media.JPEG.JFIFdupAppMarker",
        "PUA.Win.Trojan.Xored-1",
        "Heuristics.Limits",
        "Win.Heuristics.Limits.Exceeded",
    ],
)
def test_everything_else_that_is_found_is_found(fake, signature):
    answer = scan_stream(fake(answering(f"stream: {signature} FOUND\0".encode())))

    assert (answer.outcome, answer.signature) == ("infected", signature)


@pytest.mark.parametrize("by_tcp", [False, True], ids=["unix", "tcp"])
@pytest.mark.parametrize("verdict", [CLEAN, b"stream: Eicar FOUND\0"])
def test_an_answer_before_the_end_of_the_file_is_no_verdict(fake, verdict, by_tcp):
    def behave(connection):
        connection.sendall(verdict)
        take_stream(connection)

    class Slow(io.BytesIO):
        def read(self, *arguments):
            time.sleep(0.05)
            return super().read(*arguments)

    client = fake(behave, by_tcp=by_tcp)
    assert client.scan_stream(Slow(PHOTO), len(PHOTO)).outcome == "unclear"


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


def test_a_daemon_at_a_port_is_never_handed_descriptors(fake):
    client = fake(answering(CLEAN), by_tcp=True)

    assert not client.is_local
    assert scan_stream(client).outcome == "clean"


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
