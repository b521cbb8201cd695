"""A client that takes a download as slowly as a test likes, and knows whether it got all of it."""

from __future__ import annotations

import http.client
import socket
import ssl

from tests.uploads.servers import Front

# As little as the kernel holds for somebody who does not read.
RECEIVE_BYTES = 16 * 1024


class Download:
    """A request whose answer is read bit by bit."""

    def __init__(self, front: Front, path: str, cookies: str, **headers: str) -> None:
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        plain.settimeout(120)
        plain.connect(("127.0.0.1", front.port))
        context = ssl.create_default_context(cafile=front.certificate)
        self._socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        lines = [
            *(f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookies}", "Connection: close"),
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._answer = http.client.HTTPResponse(self._socket)
        self._answer.begin()
        self.status = self._answer.status
        self.headers = self._answer.headers

    def read(self, amount: int) -> bytes:
        return self._answer.read(amount)

    def rest(self) -> tuple[bytes, bool]:
        """What still comes, and whether that was all that was promised."""
        try:
            return self._answer.read(), True
        except http.client.IncompleteRead as error:
            return error.partial, False
        except OSError:
            return b"", False

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Download:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
