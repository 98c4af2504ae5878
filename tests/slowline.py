"""A slow line in front of a server: so many bytes a second each way, and a delay. Whatever the browser asks goes through."""

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

# The most that one packet carries.
PACKET = 1460


@dataclass
class Way:
    """One direction of the line, shared by all connections: what goes through it, and when it is free again."""

    bytes_a_second: float
    passed: int = 0
    free_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def through(self, size: int) -> float:
        """When the last of so many bytes has left the sender."""
        with self.lock:
            self.passed += size
            self.free_at = max(time.monotonic(), self.free_at) + size / self.bytes_a_second
            return self.free_at


@dataclass
class SlowLine:
    """The line, its address, and what went over it."""

    address: str
    up: Way
    down: Way
    delay: float
    asked: list[str] = field(default_factory=list)

    def since(self, before: tuple[int, int] = (0, 0)) -> tuple[int, int]:
        """(requests, bytes to the phone), less those before."""
        return len(self.asked) - before[0], self.down.passed - before[1]

    def _carry(self, source: socket.socket, target: socket.socket, way: Way, waiting: list[str]) -> None:
        # A thread takes what comes, another one delivers it when its time has come.
        under_way: queue.Queue[tuple[float, bytes]] = queue.Queue()
        threading.Thread(target=_deliver, args=(under_way, target), daemon=True).start()
        with suppress(OSError):
            while chunk := source.recv(PACKET):
                if way is self.down:
                    waiting.clear()
                elif chunk[:5] in (b"GET /", b"POST "):
                    waiting.append(chunk.split(b" HTTP/")[0].decode())
                    self.asked.append(waiting[-1])
                under_way.put((way.through(len(chunk)) + self.delay, chunk))
        under_way.put((0.0, b""))
        # Who types for long finds the server's idle connection closed as the form leaves: the browser sends it again by
        # itself, and what nobody answered was not asked.
        for unanswered in waiting:
            with suppress(ValueError):
                self.asked.remove(unanswered)
        waiting.clear()


def _deliver(under_way: "queue.Queue[tuple[float, bytes]]", target: socket.socket) -> None:
    with suppress(OSError):
        while True:
            moment, chunk = under_way.get()
            if not chunk:
                break
            time.sleep(max(0.0, moment - time.monotonic()))
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def slow_line(to_port: int, *, bits_a_second: int, round_trip: float) -> Iterator[SlowLine]:
    """A line to a port of this computer."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    line = SlowLine(
        f"http://localhost:{listening.getsockname()[1]}",
        Way(bits_a_second / 8),
        Way(bits_a_second / 8),
        round_trip / 2,
    )
    opened: list[socket.socket] = []

    def take() -> None:
        with suppress(OSError):
            while True:
                phone, _ = listening.accept()
                threading.Thread(target=connect, args=(phone,), daemon=True).start()

    def connect(phone: socket.socket) -> None:
        time.sleep(round_trip)  # as a connection is opened
        server = socket.create_connection(("127.0.0.1", to_port))
        opened.extend((phone, server))
        waiting: list[str] = []
        threading.Thread(target=line._carry, args=(server, phone, line.down, waiting), daemon=True).start()
        line._carry(phone, server, line.up, waiting)

    threading.Thread(target=take, daemon=True).start()
    try:
        yield line
    finally:
        for one in (listening, *opened):
            with suppress(OSError):
                one.close()
