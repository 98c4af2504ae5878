"""Answers of the database that are asked for again and again, remembered for a bounded time.

Only for what changes seldom and may be late by that time: what a code stands for, the names of places.
Each process remembers for itself; a change shows at once where it was made (`forget`) and within the time
everywhere else.
"""

from collections.abc import Callable
from functools import update_wrapper
from threading import Lock
from typing import Any, Generic, TypeVar

from cachetools import TTLCache
from sqlalchemy.orm import Session

R = TypeVar("R")


class Remembered(Generic[R]):
    """A query whose answers are kept; an answer of None is asked for again."""

    def __init__(self, query: Callable[..., R], seconds: float, most: int) -> None:
        self._query, self._lock = query, Lock()
        self._kept: TTLCache[Any, R] = TTLCache(most, seconds)
        self._round = 0
        update_wrapper(self, query)

    def __call__(self, session: Session, *of: str) -> R:
        key = (session.get_bind(), *of)
        with self._lock:
            found, asked_in = self._kept.get(key), self._round
        if found is None:
            found = self._query(session, *of)
            with self._lock:
                # What was read before somebody forgot may be what was forgotten.
                if found is not None and asked_in == self._round:
                    self._kept[key] = found
        return found

    def forget(self) -> None:
        """Ask the database again from now on."""
        with self._lock:
            self._kept.clear()
            self._round += 1


def remembered(seconds: float, most: int) -> Callable[[Callable[..., R]], Remembered[R]]:
    """Keep the answers of a query for `seconds`, of the `most` that were asked last."""
    return lambda query: Remembered(query, seconds, most)
