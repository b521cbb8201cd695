"""One conversation with clamd per file, and no benefit of the doubt.

A thin layer over the ``clamd`` package, whose own scanning commands send 1 KiB at a time, share
one socket and answer a lost connection with nothing. Kept from it: addresses, connections, and the
commands without a file. Added: FILDES, large chunks, a hash of exactly what was scanned, a time
limit for the whole conversation, and an answer that is clean only where it is, letter by letter,
the clean answer of the command that was sent.

Source of the protocol: clamd(8), sections COMMANDS (FILDES, INSTREAM) and the ``z`` prefix.
"""

from __future__ import annotations

import hashlib
import os
import re
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal

import clamd

from pumbaphoto_wagtail.exceptions import ScannerUnavailable

CHUNK_BYTES = 128 * 1024
MEBIBYTE = 1024 * 1024
MAX_ANSWER_BYTES = 4096
# How often ``beat`` is called while clamd thinks.
BEAT_SECONDS = 1
PEER_CREDENTIALS = struct.Struct("3i")

Outcome = Literal["clean", "infected", "limits", "unclear"]

# What the answer must be before its last part; FILDES names clamd's own number for the file.
STREAM_ANSWER = re.compile(r"stream: (?P<said>.+)")
DESCRIPTOR_ANSWER = re.compile(r"fd\[\d+\]: (?P<said>.+)")

# Said of files that were not scanned to their end; with a name like a virus's, but none.
LIMITS_PREFIX = "Heuristics.Limits."
STREAM_TOO_LONG = "INSTREAM size limit exceeded. ERROR"


@dataclass(frozen=True, kw_only=True)
class ScanAnswer:
    """What clamd said of ``size`` bytes with this SHA-256.

    "clean" and "infected" are verdicts. "limits" (``signature`` says which, where clamd does) and
    "unclear" are none: the file was not, or not surely, scanned.
    """

    outcome: Outcome
    signature: str
    raw_answer: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class ScannerVersion:
    """ "ClamAV 1.4.3" and "27500" with its date; no signatures, where clamd has only local ones.

    ``process`` is the number of the process that answered, 0 where it cannot be known: another one
    was started anew, and may have another configuration.
    """

    engine: str
    signatures: str
    process: int = 0


class ClamdClient:
    """Scans files with the clamd at ``address``: ``unix:/path`` or ``tcp:host:port``.

    Every method opens a connection of its own and raises ScannerUnavailable where clamd cannot be
    reached, hangs, or says nothing. One object may be shared by threads.
    """

    def __init__(
        self,
        address: str,
        *,
        connect_timeout_seconds: float = 5,
        scan_timeout_seconds: float = 30,
        scan_timeout_seconds_per_mebibyte: float = 1,
    ) -> None:
        self.address = address
        self.connect_timeout_seconds = connect_timeout_seconds
        self.scan_timeout_seconds = scan_timeout_seconds
        self.scan_timeout_seconds_per_mebibyte = scan_timeout_seconds_per_mebibyte

    @property
    def is_local(self) -> bool:
        """Whether descriptors can be handed over."""
        return self.address.startswith("unix:")

    def version(self) -> ScannerVersion:
        """The versions of engine and signatures."""
        with self._conversation(0, self.connect_timeout_seconds) as conversation:
            conversation.send(b"zVERSION\0")
            answer = conversation.answer()
            process = conversation.process()
        engine, _slash, signatures = answer.decode("utf-8", "replace").strip("\0 ").partition("/")
        if not engine.startswith("ClamAV"):
            raise ScannerUnavailable
        return ScannerVersion(engine=engine[:100], signatures=signatures[:100], process=process)

    def scan_descriptor(
        self, descriptor: int, size: int, beat: Callable[[], None] | None = None
    ) -> ScanAnswer:
        """Scan an open file of ``size`` bytes by handing over its descriptor (local clamd only).

        The file needs no permission for clamd's user. It is hashed through the same descriptor,
        and a file that changes meanwhile gets no verdict. ``beat`` is called every few seconds.
        """
        before = _identity(descriptor)
        with self._conversation(size, beat=beat) as conversation:
            is_heard = conversation.send(b"zFILDES\0")
            # An answer to something that was not yet said cannot be about the file.
            is_early = conversation.has_answer()
            is_heard = is_heard and conversation.send_descriptor(descriptor)
            answer = conversation.answer()
        sha256, hashed = _hash_descriptor(descriptor, beat or _nothing)
        is_whole = hashed == size and before == _identity(descriptor)
        return _judge(
            answer, DESCRIPTOR_ANSWER, sha256, hashed, is_heard and not is_early and is_whole
        )

    def scan_stream(
        self, file: BinaryIO, size: int, beat: Callable[[], None] | None = None
    ) -> ScanAnswer:
        """Scan what ``file`` holds from its present position, ``size`` bytes, by sending it."""
        digest, sent = hashlib.sha256(), 0
        with self._conversation(size, beat=beat) as conversation:
            is_heard = conversation.send(b"zINSTREAM\0")
            while is_heard and (chunk := file.read(CHUNK_BYTES)):
                digest.update(chunk)
                is_heard = conversation.send(struct.pack("!L", len(chunk)) + chunk)
                sent += len(chunk) if is_heard else 0
            is_early = is_heard and conversation.has_answer()
            is_heard = is_heard and conversation.send(struct.pack("!L", 0))
            answer = conversation.answer()
        is_sure = is_heard and not is_early and sent == size
        return _judge(answer, STREAM_ANSWER, digest.hexdigest(), sent, is_sure)

    def _daemon(self) -> clamd.ClamdNetworkSocket:
        kind, _colon, rest = self.address.partition(":")
        if kind == "unix":
            return _UnixDaemon(rest, timeout=self.connect_timeout_seconds)
        host, _colon, port = rest.rpartition(":")
        return _NetworkDaemon(host.strip("[]"), int(port), timeout=self.connect_timeout_seconds)

    @contextmanager
    def _conversation(
        self,
        size: int,
        seconds: float | None = None,
        beat: Callable[[], None] | None = None,
    ) -> Iterator[_Conversation]:
        if seconds is None:
            seconds = self.time_allowed(size)
        daemon = self._daemon()
        try:
            daemon._init_socket()
        except (clamd.ClamdError, OSError) as error:
            raise ScannerUnavailable from error
        try:
            yield _Conversation(daemon.clamd_socket, time.monotonic() + seconds, beat or _nothing)
        finally:
            daemon._close_socket()

    def time_allowed(self, size: int) -> float:
        """How many seconds the scan of so many bytes may take."""
        return self.scan_timeout_seconds + self.scan_timeout_seconds_per_mebibyte * size / MEBIBYTE


class ZerosThenEicar:
    """A file of zeros that ends with the EICAR test file, and exists nowhere."""

    def __init__(self, size: int) -> None:
        self.eicar = eicar()
        self.zeros_left = max(0, size - len(self.eicar))

    def read(self, length: int) -> bytes:
        if self.zeros_left:
            count = min(length, self.zeros_left)
            self.zeros_left -= count
            return bytes(count)
        chunk, self.eicar = self.eicar[:length], self.eicar[length:]
        return chunk


def eicar() -> bytes:
    """The 68 bytes that every virus scanner takes for a virus (eicar.org, 2003).

    Put together when it is needed, so that no scanner removes this module.
    """
    return rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE" + b"!$H+H*"


class _UnixDaemon(clamd.ClamdUnixSocket):
    """The package sets its timeout only after connecting, which a full queue holds for ever."""

    def _init_socket(self) -> None:
        self.clamd_socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.clamd_socket.settimeout(self.timeout)
        try:
            self.clamd_socket.connect(self.unix_socket)
        except OSError:
            self.clamd_socket.close()
            raise


class _NetworkDaemon(clamd.ClamdNetworkSocket):
    """As above; and by IPv6 too."""

    def _init_socket(self) -> None:
        self.clamd_socket = socket.create_connection((self.host, self.port), self.timeout)


class _Conversation:
    """One connection, with one deadline for all that is said on it."""

    def __init__(
        self, connection: socket.socket, deadline: float, beat: Callable[[], None]
    ) -> None:
        self.connection = connection
        self.deadline = deadline
        self.beat = beat

    def send(self, data: bytes) -> bool:
        """False where clamd has hung up; its reason may still be waiting to be read."""
        return self._said(lambda: self.connection.sendall(data))

    def send_descriptor(self, descriptor: int) -> bool:
        """As above."""
        return self._said(lambda: socket.send_fds(self.connection, [b"\0"], [descriptor]))

    def _said(self, say: Callable[[], object]) -> bool:
        self.beat()
        self.connection.settimeout(self._seconds_left())
        try:
            say()
        except (BrokenPipeError, ConnectionResetError):
            return False
        except OSError as error:
            raise ScannerUnavailable from error
        return True

    def has_answer(self) -> bool:
        return bool(select.select([self.connection], [], [], 0)[0])

    def answer(self) -> bytes:
        """Everything clamd says until it hangs up. ScannerUnavailable where that is nothing."""
        received = b""
        while len(received) <= MAX_ANSWER_BYTES:
            chunk = self._hear()
            if not chunk:
                break
            received += chunk
        if not received:
            raise ScannerUnavailable
        return received

    def _hear(self) -> bytes:
        try:
            while True:
                self.connection.settimeout(min(BEAT_SECONDS, self._seconds_left()))
                self.beat()
                try:
                    return self.connection.recv(MAX_ANSWER_BYTES)
                except TimeoutError:
                    continue
        except ConnectionResetError:
            return b""
        except OSError as error:
            raise ScannerUnavailable from error

    def process(self) -> int:
        """The number of the process at the other end; 0 for another machine's."""
        if self.connection.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
            return 0
        credentials = self.connection.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, PEER_CREDENTIALS.size
        )
        return PEER_CREDENTIALS.unpack(credentials)[0]

    def _seconds_left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise ScannerUnavailable
        return left


def _nothing() -> None:
    """What is done every few seconds where nothing has to be."""


def _judge(
    answer: bytes, expected: re.Pattern[str], sha256: str, size: int, is_sure: bool
) -> ScanAnswer:
    text = answer.decode("utf-8", "replace").removesuffix("\0")
    outcome, signature = _read_answer(answer, text, expected)
    if outcome in {"clean", "infected"} and not is_sure:
        outcome, signature = "unclear", ""
    return ScanAnswer(
        outcome=outcome, signature=signature, raw_answer=text, sha256=sha256, size=size
    )


def _read_answer(answer: bytes, text: str, expected: re.Pattern[str]) -> tuple[Outcome, str]:
    if text == STREAM_TOO_LONG:
        return "limits", "StreamMaxLength"
    match = expected.fullmatch(text)
    # One answer, and ended: half of one could be the beginning of any other.
    if match is None or not answer.endswith(b"\0") or answer.count(b"\0") != 1:
        return "unclear", ""
    said = match["said"]
    if said == "OK":
        return "clean", ""
    if not said.endswith(" FOUND"):
        return "unclear", ""
    signature = said.removesuffix(" FOUND")
    return ("limits" if signature.startswith(LIMITS_PREFIX) else "infected"), signature


def _identity(descriptor: int) -> tuple[int, int, int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _hash_descriptor(descriptor: int, beat: Callable[[], None]) -> tuple[str, int]:
    digest, position = hashlib.sha256(), 0
    while chunk := os.pread(descriptor, MEBIBYTE, position):
        beat()
        digest.update(chunk)
        position += len(chunk)
    return digest.hexdigest(), position
