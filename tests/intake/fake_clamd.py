"""A clamd that behaves as it is told, at a socket of this machine or at a port."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
import threading
from collections.abc import Callable


class FakeClamd:
    """Reads what is sent and answers what it was told, one connection after the other."""

    def __init__(self, behave: Callable[[socket.socket], None], *, by_tcp: bool = False) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="pumba")
        self.behave = behave
        if by_tcp:
            self.server = socket.create_server(("127.0.0.1", 0))
            self.address = f"tcp:127.0.0.1:{self.server.getsockname()[1]}"
        else:
            path = os.path.join(self.directory.name, "clamd.ctl")
            self.address = f"unix:{path}"
            self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.server.bind(path)
            self.server.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                connection = self.server.accept()[0]
            except OSError:
                return
            with connection:
                self.behave(connection)

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(5)
        self.directory.cleanup()


def take_stream(connection: socket.socket) -> bytes:
    """Read an INSTREAM command to its last chunk; the bytes of the file."""
    reader = connection.makefile("rb")
    assert reader.read(10) == b"zINSTREAM\0"
    received = b""
    while length := struct.unpack("!L", reader.read(4))[0]:
        received += reader.read(length)
    return received


def take_descriptor(connection: socket.socket) -> int:
    """Read a FILDES command; the descriptor that was handed over."""
    data, descriptors, _flags, _address = socket.recv_fds(connection, 100, 1)
    if not descriptors:
        assert data == b"zFILDES\0"
        _data, descriptors, _flags, _address = socket.recv_fds(connection, 100, 1)
    return descriptors[0]


def answering(answer: bytes) -> Callable[[socket.socket], None]:
    """Take a stream whole, and answer."""

    def behave(connection: socket.socket) -> None:
        take_stream(connection)
        connection.sendall(answer)

    return behave


def answering_descriptors(answer: bytes) -> Callable[[socket.socket], None]:
    """Take a descriptor, and answer."""

    def behave(connection: socket.socket) -> None:
        os.close(take_descriptor(connection))
        connection.sendall(answer)

    return behave
