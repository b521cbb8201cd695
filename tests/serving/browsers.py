"""Requests that say exactly what a test wants said: no library tidies an address up first."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass

from tests.uploads.servers import Front


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Raw:
    """Somebody with these cookies before a front."""

    def __init__(self, front: Front, cookies: str = "") -> None:
        self.front = front
        self.cookies = cookies

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """A request with headers by name, underscores for hyphens, on a connection of its own."""
        context = ssl.create_default_context(cafile=self.front.certificate)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.front.port, context=context, timeout=60
        )
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            if self.cookies:
                connection.putheader("Cookie", self.cookies)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def open(self, token: str) -> Answer:
        """Come with a share link, and keep its cookie."""
        answer = self.ask(f"/galleries/s/{token}")
        found = answer.headers.get("Set-Cookie", "")
        if found:
            self.cookies = found.partition(";")[0]
        return answer
