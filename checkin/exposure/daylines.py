"""Days of a person as lines of 24 hours: pure numbers for an SVG template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from checkin import clock

WIDTH, LANE = 720, 14


class Lasting(Protocol):
    @property
    def entered_at(self) -> datetime: ...
    @property
    def left_at(self) -> datetime | None: ...
    @property
    def until_likely(self) -> datetime: ...


class Visited(Protocol):
    @property
    def stay(self) -> Lasting: ...


V = TypeVar("V", bound=Visited)


@dataclass(frozen=True)
class Mark(Generic[V]):
    """A visit on the line of its day, in units of the view box; cut where the day ends."""

    visit: V
    x: float
    width: float
    lane: int
    guessed: bool


@dataclass(frozen=True)
class Day(Generic[V]):
    """The visits that began on one day of the province, earliest first, and the noon of that day in UTC."""

    noon: datetime
    marks: tuple[Mark[V], ...]

    @property
    def lanes(self) -> int:
        """How many lines the picture needs, since visits inside one another run side by side."""
        return max(mark.lane for mark in self.marks) + 1


def by_day(visits: Sequence[V]) -> list[Day[V]]:
    """The visits by the day on which they began, newest day first."""
    ordered = sorted(visits, key=lambda visit: visit.stay.entered_at)
    days = [_day(day, list(theirs)) for day, theirs in groupby(ordered, key=_local_day)]
    return days[::-1]


def _local_day(visit: Visited) -> date:
    return clock.to_local(visit.stay.entered_at).date()


def _day(day: date, visits: Sequence[V]) -> Day[V]:
    start, end = clock.day_bounds(day)
    unit = WIDTH / (end - start).total_seconds()
    reached: list[datetime] = []
    marks = []
    for visit in visits:
        stay = visit.stay
        until = min(stay.left_at or stay.until_likely, end)
        lane = next((number for number, free in enumerate(reached) if free <= stay.entered_at), len(reached))
        reached[lane : lane + 1] = [until]
        marks.append(
            Mark(
                visit,
                x=round((stay.entered_at - start).total_seconds() * unit, 1),
                width=max(round((until - stay.entered_at).total_seconds() * unit, 1), 3),
                lane=lane,
                guessed=stay.left_at is None,
            )
        )
    return Day(start + (end - start) / 2, tuple(marks))
