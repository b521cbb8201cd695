"""A bad line: a proxy that fails a share of all requests in the ways that lines and servers fail.

A request may be answered with an error before the server hears of it, or after (so that what was
stored is not acknowledged); it may be cut off in its middle, and so may its answer. Which it is, is
decided by a seed.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from contextlib import suppress
from http import HTTPStatus

from tests.lines import BLOCK_BYTES, Line

STATUSES = (409, 423, 500, 502, 503)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)


class Cut(Exception):
    """The line breaks here."""


class BadLine(Line):
    """A context manager; while it is open, ``port`` leads to ``target_port``, more or less.

    ``share`` of the requests fail; ``faults`` counts how. Without ``cuts_heads`` an answer ends
    before its first byte rather than in its headers: over plain HTTP, and there alone, Chromium
    takes what came of them for all, half an address as well.
    """

    def __init__(
        self, target_port: int, *, seed: int, share: float = 0.2, cuts_heads: bool = True
    ) -> None:
        super().__init__()
        self.target_port = target_port
        self.cuts_heads = cuts_heads
        self.share = share
        self.chance = random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.requests = 0

    # --- One request: each has connections of its own

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        # Cancelled when the test is over; asyncio would write that down as an error.
        ends = (Cut, OSError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with suppress(*ends):
            head = await client.readuntil(b"\r\n\r\n")
            self.requests += 1
            await self._do(self._fate(), head, client, answer)
        # Without a farewell: what is still under way is lost.
        answer.transport.abort() if answer.is_closing() else answer.close()

    def _fate(self) -> str:
        if self.chance.random() >= self.share:
            return "passes"
        fate = self.chance.choice(
            ["refused", "refused", "cut while sending", "answer lost", "answer cut"]
        )
        self.faults[fate] += 1
        return fate

    async def _do(
        self,
        fate: str,
        head: bytes,
        client: asyncio.StreamReader,
        answer: asyncio.StreamWriter,
    ) -> None:
        if fate == "refused":
            await self._refuse(answer)
            return
        length = int(found[1]) if (found := _LENGTH.search(head)) else 0
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            await self._refuse(answer, 502)
            return
        try:
            writer.write(_CONNECTION.sub(b"", head[:-4]) + b"\r\nConnection: close\r\n\r\n")
            cut_at = self.chance.randrange(length + 1) if fate == "cut while sending" else None
            await self._pump(client, writer, length, cut_at)
            said = await reader.read()
        finally:
            writer.close()
        if not said:
            # The server was killed over it.
            await self._refuse(answer, 502)
        elif fate == "answer lost":
            await self._refuse(answer)
        elif fate == "answer cut":
            end = self.chance.randrange(len(said))
            if self.cuts_heads or end >= said.index(b"\r\n\r\n") + 4:
                answer.write(said[:end])
                await answer.drain()
        else:
            answer.write(said)
            await answer.drain()

    async def _pump(
        self,
        client: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        length: int,
        cut_at: int | None,
    ) -> None:
        passed = 0
        while passed < length:
            block = await client.read(min(BLOCK_BYTES, length - passed))
            if not block:
                raise Cut
            if cut_at is not None and passed + len(block) > cut_at:
                writer.write(block[: cut_at - passed])
                await writer.drain()
                raise Cut
            writer.write(block)
            await writer.drain()
            passed += len(block)
        if cut_at is not None:
            raise Cut

    async def _refuse(self, answer: asyncio.StreamWriter, status: int | None = None) -> None:
        status = status or self.chance.choice(STATUSES)
        self.faults[str(status)] += 1
        reason = HTTPStatus(status).phrase
        text = f"HTTP/1.1 {status} {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        answer.write(text.encode())
        await answer.drain()
