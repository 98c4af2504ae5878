"""Counters of rate limits in this process's memory, without the library's thread for every request.

Its own storage starts a thread that looks through all counters after nearly every count; with thousands of
networks on a busy morning that took a fifth of a check-in. This one looks through them every few seconds.
"""

import time
from collections.abc import Callable
from typing import Any

from limits.storage import MemoryStorage

SECONDS = 10.0


class _Sweep:
    """What the storage takes for its timer: it says that it runs until the next round is due."""

    def __init__(self, sweep: Callable[[], None]) -> None:
        self._sweep, self._due = sweep, 0.0

    def is_alive(self) -> bool:
        return time.monotonic() < self._due

    def start(self) -> None:
        self._due = time.monotonic() + SECONDS
        self._sweep()


class ProcessStorage(MemoryStorage):
    """Fixed windows counted in memory; what is over is forgotten within a few seconds, and never counts."""

    STORAGE_SCHEME = ["process"]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        self._timer = _Sweep(self._MemoryStorage__expire_events)  # type: ignore[attr-defined]
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)

    @property
    def timer(self) -> Any:
        return self._timer

    @timer.setter
    def timer(self, _thread: object) -> None:
        """The library sets a thread of its own here; it is never started."""
