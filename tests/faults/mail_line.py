"""The line between a site and its mail server, which may hang, break, or lose the last answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from pumbaphoto_wagtail.mail_sink import MailSink
from tests.lines import BLOCK_BYTES, Line

PASSES, REFUSES, HANGS, DROPS, SLOW = "passes", "refuses", "hangs", "drops", "slow"


class MailLine(Line):
    """A context manager; while it is open, ``port`` leads to the sink's, as :attr:`way` says.

    :data:`REFUSES` ends each connection, :data:`HANGS` says nothing for as long as it is set,
    :data:`DROPS` ends a connection when the server has taken a message and before that is said,
    :data:`SLOW` holds every answer back for a moment. ``dropped`` counts answers lost that way.
    """

    def __init__(self, sink: MailSink) -> None:
        super().__init__()
        self.target = (sink.host, sink.port)
        self.way = PASSES
        self.dropped = 0
        self.slow_seconds = 0.5

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            while self.way == HANGS:
                await asyncio.sleep(0.05)
            if self.way != REFUSES:
                reader, writer = await asyncio.open_connection(*self.target)
                forth = asyncio.ensure_future(self._pump(client, writer))
                await self._bring_back(reader, answer)
                forth.cancel()
                writer.close()
        answer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            while block := await reader.read(BLOCK_BYTES):
                writer.write(block)
                await writer.drain()

    async def _bring_back(self, reader: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        while block := await reader.read(BLOCK_BYTES):
            if self.way == DROPS and b"250 Taken" in block:
                self.dropped += 1
                return
            if self.way == SLOW:
                await asyncio.sleep(self.slow_seconds)
            answer.write(block)
            await answer.drain()
