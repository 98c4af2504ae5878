"""Codes that nobody issued, tried: slowed by network, and counted by day for those who look after the system.

Ten random letters are 50 bits: at the limit of a network a first hit takes longer than anybody lives, so this is
there to make trying seen, not to make it safe. A code that is known passes whatever its network tried before.
"""

import threading
import time
from collections import Counter
from datetime import date

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from checkin import clock, throttle
from checkin.db import is_read_only, set_read_only
from checkin.metrics import CODE_GUESSES
from checkin.venues import service

log = structlog.get_logger()

WINDOW_SECONDS = 600
# Behind one address of a carrier hundreds of people may each mistype once.
MOST_BY_NETWORK = 200
# Each process writes at most so often: whoever tries a million codes makes no million writes.
WRITE_SECONDS = 60.0


class _Waiting:
    """What this process has counted and not written yet."""

    def __init__(self) -> None:
        self._lock, self._due = threading.Lock(), 0.0
        self._counts: Counter[tuple[date, str]] = Counter()

    def add(self, day: date, kind: str) -> None:
        with self._lock:
            self._counts[day, kind] += 1

    def take(self, *, at_once: bool = False) -> Counter[tuple[date, str]]:
        """What is to be written now; nothing where that was done a moment ago."""
        with self._lock:
            if not self._counts or (time.monotonic() < self._due and not at_once):
                return Counter()
            taken, self._counts = self._counts, Counter()
            self._due = time.monotonic() + WRITE_SECONDS
            return taken

    def give_back(self, counts: Counter[tuple[date, str]]) -> None:
        with self._lock:
            self._counts.update(counts)


_waiting = _Waiting()


def tried(session: Session, kind: str) -> None:
    """Note that a code was tried that does not exist: `unknown`, `mistyped` or `not_a_code`.

    Raises TooManyRequests once this network tried too many. Commits what it writes, and lets go of what the session
    read before.
    """
    CODE_GUESSES.labels(kind).inc()
    _waiting.add(clock.today(), kind)
    _write(session, at_once=False)
    here = throttle.here()
    if throttle.count("guesses", here, WINDOW_SECONDS) > MOST_BY_NETWORK:
        raise throttle.refuse("guesses", here)


def write_round(session: Session) -> None:
    """What is left to be written, in the server's hourly round."""
    _write(session, at_once=True)


def _write(session: Session, *, at_once: bool) -> None:
    counts = _waiting.take(at_once=at_once)
    if not counts:
        return
    session.rollback()
    before = is_read_only()
    set_read_only(False)
    try:
        for (day, kind), number in sorted(counts.items()):
            service.add_guesses(session, day=day, kind=kind, number=number)
        session.commit()
    except SQLAlchemyError as error:
        # A count that is late harms nobody; the visitor's answer does not wait for it.
        session.rollback()
        _waiting.give_back(counts)
        log.warning("guesses not written", kind=type(error).__name__)
    finally:
        set_read_only(before)
