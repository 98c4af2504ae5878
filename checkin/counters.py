"""Where what comes in is counted: in this process's memory, or in Redis for all processes and machines.

The library's own memory starts a thread that looks through all counters after nearly every count; with thousands of
networks on a busy morning that took a fifth of a check-in. Ours looks through them every few seconds.
"""

import time
from collections.abc import Callable
from typing import Any, cast

import structlog
from limits.storage import MemoryStorage, Storage, storage_from_string
from prometheus_client import Counter

log = structlog.get_logger()

SECONDS = 10.0
# Redis answers within a millisecond or not at all: nobody at a door waits for it.
ANSWER_SECONDS = 0.25
PAUSE_SECONDS = 5.0
SHARED = "shared+"

STORAGE_DOWN = Counter("checkin_counters_unreachable_total", "Times that the shared counters did not answer")


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


class SharedStorage(Storage):
    """Counters in Redis. While it does not answer, each process counts for itself.

    So the limits neither vanish, which would open sign-in to guessing, nor stop people at a door.
    """

    STORAGE_SCHEME = [f"{SHARED}{scheme}" for scheme in ("redis", "rediss", "redis+unix")]

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_options: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._shared = cast(
            Storage,
            storage_from_string(
                uri.removeprefix(SHARED), socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
            ),
        )
        self._own, self._again = ProcessStorage(), 0.0

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return self._shared.base_exceptions

    def _ask(self, method: str, *of: Any) -> Any:
        if time.monotonic() >= self._again:
            try:
                return getattr(self._shared, method)(*of)
            except self._shared.base_exceptions as error:
                self._again = time.monotonic() + PAUSE_SECONDS
                STORAGE_DOWN.inc()
                # Only the type: the text may hold the address with its password.
                log.error("shared counters unreachable, counting in this process", kind=type(error).__name__)
        return getattr(self._own, method)(*of)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return int(self._ask("incr", key, expiry, amount))

    def get(self, key: str) -> int:
        return int(self._ask("get", key))

    def get_expiry(self, key: str) -> float:
        return float(self._ask("get_expiry", key))

    def check(self) -> bool:
        return bool(self._ask("check"))

    def reset(self) -> int | None:
        self._own.reset()
        return cast(int | None, self._ask("reset"))

    def clear(self, key: str) -> None:
        self._ask("clear", key)


def storage_uri(configured: str) -> str:
    """The address of the counters as the limiter takes it, from the one that was configured."""
    if configured.startswith("redis"):
        return f"{SHARED}{configured}"
    return configured.replace("memory://", f"{ProcessStorage.STORAGE_SCHEME[0]}://")
