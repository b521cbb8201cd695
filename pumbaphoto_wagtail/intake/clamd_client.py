"""One conversation with clamd per file, and no benefit of the doubt.

A thin layer over the ``clamd`` package, whose own scanning commands send 1 KiB at a time, share
one socket and answer a lost connection with nothing. Kept from it: addresses, connections, and the
commands without a file. Added: FILDES, large chunks, a hash of exactly what was scanned, a time
limit for the whole conversation, and an answer that is clean only where it is, letter by letter,
the clean answer of the command that was sent.

Source of the protocol: clamd(8), sections COMMANDS (FILDES, INSTREAM) and the ``z`` prefix.
"""

from __future__ import annotations

import array
import hashlib
import os
import re
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal

import clamd
from django.utils.translation import gettext as _

from pumbaphoto_wagtail.exceptions import ScannerUnavailable

CHUNK_BYTES = 128 * 1024
MEBIBYTE = 1024 * 1024
MAX_ANSWER_BYTES = 4096

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
    """ "ClamAV 1.4.3" and "27500" with its date; no signatures, where clamd has only local ones."""

    engine: str
    signatures: str


@dataclass(frozen=True, kw_only=True)
class SelfTest:
    """Whether files of the configured size are really scanned to their end, and if not, why."""

    is_passed: bool
    explanation: str


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
        try:
            answer = self._daemon().version()
        except (clamd.ClamdError, OSError) as error:
            raise ScannerUnavailable from error
        engine, _slash, signatures = answer.strip("\0 ").partition("/")
        if not engine.startswith("ClamAV"):
            raise ScannerUnavailable
        return ScannerVersion(engine=engine[:100], signatures=signatures[:100])

    def scan_descriptor(self, descriptor: int, size: int) -> ScanAnswer:
        """Scan an open file of ``size`` bytes by handing over its descriptor (local clamd only).

        The file needs no permission for clamd's user. It is hashed through the same descriptor,
        and a file that changes meanwhile gets no verdict.
        """
        before = _identity(descriptor)
        with self._conversation(size) as conversation:
            conversation.send(b"zFILDES\0")
            conversation.send_descriptor(descriptor)
            answer = conversation.answer()
        sha256, hashed = _hash_descriptor(descriptor)
        is_sure = hashed == size and before == _identity(descriptor)
        return _judge(answer, DESCRIPTOR_ANSWER, sha256, hashed, is_sure)

    def scan_stream(self, file: BinaryIO, size: int) -> ScanAnswer:
        """Scan what ``file`` holds from its present position, ``size`` bytes, by sending it."""
        digest, sent = hashlib.sha256(), 0
        with self._conversation(size) as conversation:
            is_heard = conversation.send(b"zINSTREAM\0")
            while is_heard and (chunk := file.read(CHUNK_BYTES)):
                digest.update(chunk)
                is_heard = conversation.send(struct.pack("!L", len(chunk)) + chunk)
                sent += len(chunk) if is_heard else 0
            # An answer to something that was not yet said cannot be about the file.
            is_early = is_heard and conversation.has_answer()
            is_heard = is_heard and conversation.send(struct.pack("!L", 0))
            answer = conversation.answer()
        is_sure = is_heard and not is_early and sent == size
        return _judge(answer, STREAM_ANSWER, digest.hexdigest(), sent, is_sure)

    def self_test(self, max_file_bytes: int) -> SelfTest:
        """Whether a virus in the last bytes of the largest accepted file is found.

        The file is zeros with the EICAR test file at their end, made while it is sent. Each of
        clamd's limits, left at its default, would answer OK.
        """
        file = ZerosThenEicar(max_file_bytes)
        answer = self.scan_stream(file, max_file_bytes)
        if answer.outcome == "infected":
            return SelfTest(is_passed=True, explanation="")
        return SelfTest(is_passed=False, explanation=_explain(answer))

    def _daemon(self, timeout: float | None = None) -> clamd.ClamdNetworkSocket:
        timeout = self.connect_timeout_seconds if timeout is None else timeout
        kind, _colon, rest = self.address.partition(":")
        if kind == "unix":
            return _UnixDaemon(rest, timeout=timeout)
        host, _colon, port = rest.rpartition(":")
        return _NetworkDaemon(host.strip("[]"), int(port), timeout=timeout)

    @contextmanager
    def _conversation(self, size: int) -> Iterator[_Conversation]:
        seconds = (
            self.scan_timeout_seconds + self.scan_timeout_seconds_per_mebibyte * size / MEBIBYTE
        )
        daemon = self._daemon()
        try:
            daemon._init_socket()
        except (clamd.ClamdError, OSError) as error:
            raise ScannerUnavailable from error
        try:
            yield _Conversation(daemon.clamd_socket, time.monotonic() + seconds)
        finally:
            daemon._close_socket()


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


def eicar_signature() -> str:
    """A line for a local ``.ndb`` file, by which clamd finds EICAR anywhere in any file.

    Official signatures may know it only as a whole small file, which proves nothing about limits.
    """
    return f"PumbaPhoto.Test.EICAR:0:*:{eicar().hex()}"


def clamd_configuration(max_file_bytes: int) -> str:
    """The lines of ``clamd.conf`` with which files up to ``max_file_bytes`` are scanned whole."""
    largest = -(-max_file_bytes * 21 // (20 * MEBIBYTE))
    lines = (
        ("StreamMaxLength", f"{largest}M", "what may be sent: the largest upload and 5 %"),
        ("MaxFileSize", f"{largest}M", "larger files would be passed over, and called OK"),
        ("MaxScanSize", f"{2 * largest}M", "what is unpacked counts as well"),
        ("PCREMaxFileSize", f"{largest}M", "or patterns are not looked for in large files"),
        ("MaxScanTime", str(max(120_000, 250 * largest)), "milliseconds; after them it says OK"),
        ("AlertExceedsMax", "yes", "say so instead of OK where a limit was met"),
        ("ScanImageFuzzyHash", "no", "it decodes every picture, and takes four times as long"),
        ("ConcurrentDatabaseReload", "no", "or signatures are in memory twice while reloading"),
        ("MaxThreads", "2", "scans at once: raise it with the cores"),
        ("ReadTimeout", "60", "seconds to wait for the next chunk of an upload"),
        ("CommandReadTimeout", "10", "seconds to wait for a command"),
    )
    return "".join(f"# {reason}\n{name} {value}\n" for name, value, reason in lines)


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

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self.connection = connection
        self.deadline = deadline

    def send(self, data: bytes) -> bool:
        """False where clamd has hung up; its reason may still be waiting to be read."""
        try:
            self._await()
            self.connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        except OSError as error:
            raise ScannerUnavailable from error
        return True

    def send_descriptor(self, descriptor: int) -> None:
        rights = array.array("i", [descriptor]).tobytes()
        try:
            self.connection.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        except (BrokenPipeError, ConnectionResetError):
            return
        except OSError as error:
            raise ScannerUnavailable from error

    def has_answer(self) -> bool:
        return bool(select.select([self.connection], [], [], 0)[0])

    def answer(self) -> bytes:
        """Everything clamd says until it hangs up. ScannerUnavailable where that is nothing."""
        received = b""
        while len(received) <= MAX_ANSWER_BYTES:
            try:
                self._await()
                chunk = self.connection.recv(MAX_ANSWER_BYTES)
            except ConnectionResetError:
                break
            except OSError as error:
                raise ScannerUnavailable from error
            if not chunk:
                break
            received += chunk
        if not received:
            raise ScannerUnavailable
        return received

    def _await(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise ScannerUnavailable
        self.connection.settimeout(left)


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


def _hash_descriptor(descriptor: int) -> tuple[str, int]:
    digest, position = hashlib.sha256(), 0
    while chunk := os.pread(descriptor, MEBIBYTE, position):
        digest.update(chunk)
        position += len(chunk)
    return digest.hexdigest(), position


def _explain(answer: ScanAnswer) -> str:
    """Which line of clamd.conf is wrong."""
    if answer.outcome == "limits":
        limit = answer.signature.rpartition(".")[2]
        return _("clamd does not scan files of the configured size: raise %(limit)s.") % {
            "limit": limit
        }
    if answer.outcome == "clean":
        return _(
            "clamd calls the EICAR test file clean in a file of the configured size: check"
            " MaxFileSize, MaxScanSize, MaxScanTime and AlertExceedsMax, and that its signatures"
            " are loaded."
        )
    return _("clamd gave no clear answer: %(answer)s") % {"answer": answer.raw_answer[:200]}
