"""What visits and told movements say together about where somebody was: pure rules.

A visit with a guessed end and a movement told of the same venue at the same time are one time there: from whichever
began first until the told end, which is as good as a recorded one. Of several movements that meet the guess, the first
one ends it. A recorded end stays what it is, and what was told beside it stands by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID


class Visit(Protocol):
    @property
    def venue_id(self) -> UUID: ...
    @property
    def entered_at(self) -> datetime: ...
    @property
    def left_at(self) -> datetime | None: ...
    @property
    def until_latest(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Move:
    """A movement as it was told, of a place that has a code (UTC)."""

    id: UUID
    person_id: UUID
    venue_id: UUID
    start: datetime
    end: datetime


V = TypeVar("V", bound=Visit)


@dataclass(frozen=True, slots=True)
class Time(Generic[V]):
    """A time at a venue: the first visit it is known by (None: told alone), what was told of it (None: nothing),
    and from when to when; with a guessed end until the latest there can be, and not `recorded`."""

    visit: V | None
    move: Move | None
    venue_id: UUID
    start: datetime
    end: datetime
    recorded: bool


def together(visits: Iterable[V], moves: Iterable[Move]) -> list[Time[V]]:
    """The times of one person at venues, by their start; no two of a guess and of what was told about it."""
    told = sorted(moves, key=lambda move: (move.start, move.end, move.id))
    guessed: dict[UUID, list[V]] = {}
    found = []
    for visit in visits:
        move = None if visit.left_at else _first_of(visit, told)
        if move is None:
            end = visit.left_at or visit.until_latest
            found.append(Time(visit, None, visit.venue_id, visit.entered_at, end, visit.left_at is not None))
        else:
            guessed.setdefault(move.id, []).append(visit)
    for move in told:
        theirs = sorted(guessed.get(move.id, ()), key=lambda visit: visit.entered_at)
        start = min([move.start, *(visit.entered_at for visit in theirs)])
        found.append(Time(theirs[0] if theirs else None, move, move.venue_id, start, move.end, True))
    found.sort(key=lambda time: (time.start, time.end))
    return found


def _first_of(visit: Visit, told: Sequence[Move]) -> Move | None:
    return next(
        (
            move
            for move in told
            if move.venue_id == visit.venue_id and move.start <= visit.until_latest and move.end >= visit.entered_at
        ),
        None,
    )
