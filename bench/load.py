"""Requests made beforehand, sent over keep-alive connections as fast as the server answers them."""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

CONNECTIONS = 16
TRIES = 3
TIMEOUT = 30.0


@dataclass
class Result:
    """What came of some rounds of requests; `seconds` is the time of the clock, summed over the rounds."""

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    again: int = 0
    """Sent again, since the server had ended the idle connection meanwhile."""
    rates: list[float] = field(default_factory=list)
    sample: bytes = b""
    """The last answer that was not 200."""

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.statuses[200] / self.seconds if self.seconds else 0.0

    @property
    def clean(self) -> bool:
        """True when every answer was 200."""
        return set(self.statuses) == {200}

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share was answered."""
        ordered = sorted(self.took)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def add(self, other: "Result") -> None:
        """Take in another round."""
        self.seconds += other.seconds
        self.took += other.took
        self.statuses += other.statuses
        self.again += other.again
        self.rates.append(other.rate)
        self.sample = other.sample or self.sample

    def describe(self) -> str:
        """The figures in one line."""
        marks = " ".join(f"p{round(100 * share)} {self.percentile(share):.1f}" for share in (0.5, 0.95, 0.99))
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        return f"{self.rate:.0f}/s, {marks} ms ({statuses}; sent again {self.again})"


class _Connection:
    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.request = b""
        self.received = bytearray()
        self.sent_at = 0.0
        self.tries = 0
        self.wanted = 0  # length of the whole answer, 0 while it is not known


def run(port: int, requests: Iterator[bytes], *, seconds: float, connections: int = CONNECTIONS) -> Result:
    """Send requests until they run out or the time is over; every answer that was begun is waited for."""
    result = Result()
    began = time.perf_counter()
    all_ = [_Connection(port) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        try:
            open_ = sum(_next(selector, connection, requests, began + seconds) for connection in all_)
            while open_:
                ready = selector.select(TIMEOUT)
                if not ready:
                    raise TimeoutError(f"no answer within {TIMEOUT:.0f} s")
                for key, _ in ready:
                    connection: _Connection = key.data
                    if _read(selector, connection, result):
                        open_ -= 1 - _next(selector, connection, requests, began + seconds)
        finally:
            for connection in all_:
                _close(selector, connection)
    result.seconds = time.perf_counter() - began
    return result


def _next(selector: selectors.BaseSelector, connection: _Connection, requests: Iterator[bytes], end: float) -> int:
    """Send the next request; 1 when there was one and time for it."""
    request = next(requests, None) if time.perf_counter() < end else None
    if request is None:
        _close(selector, connection)
        return 0
    connection.request, connection.tries = request, 0
    _send(selector, connection)
    return 1


def _send(selector: selectors.BaseSelector, connection: _Connection) -> None:
    connection.received.clear()
    connection.wanted = 0
    connection.tries += 1
    connection.sent_at = time.perf_counter()
    if connection.socket is None:
        connection.socket = socket.create_connection(("127.0.0.1", connection.port), timeout=TIMEOUT)
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    try:
        connection.socket.sendall(connection.request)
    except (BrokenPipeError, ConnectionResetError):
        _send_again(selector, connection)


def _send_again(selector: selectors.BaseSelector, connection: _Connection) -> None:
    # As a browser does: the request names itself, so that a second one changes nothing.
    if connection.tries >= TRIES:
        raise ConnectionError("the server ends every connection")
    _close(selector, connection)
    _send(selector, connection)


def _read(selector: selectors.BaseSelector, connection: _Connection, result: Result) -> bool:
    """Take what arrived; True when the answer is whole."""
    assert connection.socket is not None  # noqa: S101 - registered only while open
    try:
        data = connection.socket.recv(1 << 18)
    except ConnectionResetError:
        data = b""
    if not data:
        if connection.received:
            raise ConnectionError("an answer broke off")
        result.again += 1
        _send_again(selector, connection)
        return False
    received = connection.received
    received += data
    if not connection.wanted:
        head = received.find(b"\r\n\r\n")
        if head < 0:
            return False
        connection.wanted = head + 4 + _length(bytes(received[:head]))
    if len(received) < connection.wanted:
        return False
    result.took.append(time.perf_counter() - connection.sent_at)
    status = int(received[9:12])
    result.statuses[status] += 1
    if status != 200:
        result.sample = bytes(received[:2000])
    if b"\r\nConnection: close" in received[: connection.wanted]:
        _close(selector, connection)
    return True


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without its length")


def _close(selector: selectors.BaseSelector, connection: _Connection) -> None:
    if connection.socket is not None:
        selector.unregister(connection.socket)
        connection.socket.close()
        connection.socket = None
