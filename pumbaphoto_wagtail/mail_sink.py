"""A mail server for tests and demonstrations; ``testing`` names it, too."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from time import monotonic, sleep


class MailSink:
    """A mail server that keeps what it is given: ``messages`` in the order of their arrival.

    While ``refusal`` is set ("451 Try again later"), it is the answer to every message instead.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refusal = ""
        self.host = "127.0.0.1"
        self.port = 0

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refusal:
            return self.refusal
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Taken"

    def wait_for(self, amount: int, *, seconds: float = 20) -> list[EmailMessage]:
        """The messages, once there are at least so many; TimeoutError if they do not come."""
        deadline = monotonic() + seconds
        while len(self.messages) < amount:
            if monotonic() > deadline:
                raise TimeoutError(f"{len(self.messages)} of {amount} messages came")
            sleep(0.05)
        return self.messages


@contextmanager
def smtp_sink() -> Iterator[MailSink]:
    """Run a mail server on a free local port; needs aiosmtpd, as the "testing" extra brings it."""
    from aiosmtpd.controller import Controller

    sink = MailSink()
    with socket.socket() as free:
        free.bind((sink.host, 0))
        sink.port = free.getsockname()[1]
    controller = Controller(sink, hostname=sink.host, port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
