"""The client that remembers: many connections, the same bytes again until they are acknowledged."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise

from bench.faults.memory import Diary, Visit
from bench.faults.stage import Stage
from bench.faults.visitors import AGAIN, CUT, GONE, ONCE, PAIR, Visitor
from checkin.visits.tokens import read_visit

CONNECTIONS = 16
ANSWER_SECONDS = 30
PATIENCE = 90  # seconds until a visitor gives up, which no visitor should have to
HIDDEN = re.compile(r'type="hidden" name="([^"]*)" value="([^"]*)"')
BROKEN = (OSError, EOFError, TimeoutError, ValueError)


class Connection:
    """A connection that is kept alive and made anew when it broke."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, data: bytes) -> None:
        """Send these bytes and wait for nothing."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        self._streams[1].write(data)
        await self._streams[1].drain()

    async def post(self, request: bytes) -> tuple[int, str]:
        """(status, page) of a request; raises one of BROKEN when no whole answer came."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.send(request)
                return await self._answer()
        except BROKEN:
            self.close()
            raise

    async def _answer(self) -> tuple[int, str]:
        assert self._streams
        reader = self._streams[0]
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        page = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        if headers.get("connection") == "close":
            self.close()
        return int(head.split(" ", 2)[1]), page

    async def let_go(self) -> None:
        """Wait until the server answers or hangs up."""
        if self._streams:
            with suppress(OSError):
                await self._streams[0].read(1)

    def close(self) -> None:
        """Hang up at once."""
        if self._streams:
            self._streams[1].transport.abort()
            self._streams = None


@dataclass
class Client:
    """Visitors of one round, and what came of them."""

    stage: Stage
    diary: Diary
    visitors: Iterator[Visitor]
    acknowledged: int = 0
    retried: int = 0
    refused: int = 0  # answers 503
    gave_up: int = 0
    strange: Counter[str] = field(default_factory=Counter)  # answers that no visitor should ever get
    good: list[float] = field(default_factory=list)  # when each good answer came

    async def run(self) -> None:
        """Send all of them, so many at a time."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._serve())

    async def _serve(self) -> None:
        for visitor in self.visitors:
            self.stage.known.add(visitor.submission)
            self.diary.sending(visitor.submission)
            # Everybody comes on a connection of their own, which is kept for what they send again.
            own, second = Connection(self.stage.server.port), Connection(self.stage.server.port)
            try:
                await self._send(visitor, own, second)
            finally:
                own.close()
                second.close()

    async def _send(self, visitor: Visitor, own: Connection, second: Connection) -> None:
        if visitor.manner in {CUT, GONE}:
            with suppress(*BROKEN):
                await second.send(visitor.request[: visitor.cut_at] if visitor.manner == CUT else visitor.request)
            second.close()
            if not visitor.comes_back:
                return
        self.retried += visitor.manner != ONCE
        if visitor.manner == PAIR:
            await asyncio.gather(self._insist(own, visitor), self._insist(second, visitor))
            return
        await self._insist(own, visitor)
        if visitor.manner == AGAIN:
            await self._insist(own, visitor)

    async def _insist(self, connection: Connection, visitor: Visitor) -> None:
        """Send the same bytes until the visit is acknowledged."""
        deadline, pause = time.monotonic() + PATIENCE, 0.02
        while time.monotonic() < deadline:
            try:
                status, page = await connection.post(visitor.request)
            except BROKEN:
                status, page = 0, ""
            visit = self._visit(page) if status == 200 else None
            if visit:
                self.diary.acknowledged(visitor.submission, visit)
                self.good.append(time.monotonic())
                self.acknowledged += 1
                return
            self.retried += 1
            if status == 503:
                self.refused += 1
                if _kept(page) != visitor.fields:
                    self.strange["503 without what was typed"] += 1
            elif status:
                self.strange[f"answer {status}"] += 1
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)
        self.gave_up += 1

    def _visit(self, page: str) -> Visit | None:
        """The visit that a page names, by its signed token."""
        for name, value in HIDDEN.findall(page):
            if name == "token" and (token := read_visit(self.stage.vault.session_secret, unescape(value))):
                return token.visit_id, token.entered_at
        return None

    def recovery(self, moment: float) -> float | None:
        """The longest time after `moment`, in seconds, in which nobody got a good answer; None if nobody ever did."""
        times = [moment, *sorted(answered for answered in self.good if answered > moment)]
        return max((later - earlier for earlier, later in pairwise(times)), default=None)


def _kept(page: str) -> dict[str, str]:
    return {unescape(name): unescape(value) for name, value in HIDDEN.findall(page)}
