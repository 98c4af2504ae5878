"""Which stays of other cases can have to do with those of one case, at the same time or before: pure rules.

Another case can have left the disease at a place when it was there before the case left, and not already gone (with
what stays in the air) when the window began. Minutes together are certain where both ends were recorded, possible until
the latest ends otherwise; who was gone before the case came has none, and the time that lies between is told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from checkin.exposure import overlap
from checkin.exposure.overlap import Window, union_minutes


class Stay(overlap.Stay, Protocol):
    @property
    def venue_id(self) -> UUID: ...


class OfCase(Stay, Protocol):
    @property
    def case_id(self) -> UUID: ...


O = TypeVar("O", bound=OfCase)  # noqa: E741 - a stay of another case
S = TypeVar("S", bound=Stay)


@dataclass(frozen=True)
class Pair(Generic[S, O]):
    """A stay of the case and one of another case: whole minutes together, or `gap_minutes` between the two."""

    own: S
    other: O
    certain_minutes: int
    possible_minutes: int
    # From when the other one left (at the latest) until the case came; None where they can have met.
    gap_minutes: int | None


def pairs(
    own: Iterable[S], others: Sequence[O], related: Mapping[UUID, Collection[UUID]], window: Window, air: timedelta
) -> list[Pair[S, O]]:
    """Every pair of stays that counts, those who can have met first: the longest for certain, then at most.

    Then who was there before, the shortest time before first. `related` gives for each venue of the case those whose
    stays count: itself, those inside it and those that it stands in.
    """
    found = [
        pair
        for mine in own
        for other in others
        if other.venue_id in related[mine.venue_id] and (pair := _pair(mine, other, window, air))
    ]
    found.sort(key=_rank)
    return found


@dataclass(frozen=True)
class Place(Generic[S, O]):
    """A venue of the case where another one was too: the pairs of stays there, those who can have met first."""

    venue_id: UUID
    pairs: list[Pair[S, O]]


@dataclass(frozen=True)
class Shared(Generic[S, O]):
    """Another case with all that it shares with the case, by venue, the nearest first."""

    first: Pair[S, O]
    places: list[Place[S, O]]

    @property
    def other(self) -> O:
        """The stay of the other case that is nearest."""
        return self.first.other


def by_case(found: Iterable[Pair[S, O]]) -> list[Shared[S, O]]:
    """The pairs under the case that they are of, in their order: the case with the nearest stay first."""
    cases: dict[UUID, dict[UUID, list[Pair[S, O]]]] = {}
    for pair in found:
        cases.setdefault(pair.other.case_id, {}).setdefault(pair.own.venue_id, []).append(pair)
    return [
        Shared(next(iter(places.values()))[0], [Place(venue_id, pairs) for venue_id, pairs in places.items()])
        for places in cases.values()
    ]


def _pair(mine: S, other: O, window: Window, air: timedelta) -> Pair[S, O] | None:
    low, high = max(mine.entered_at, window.start), min(mine.left_at or mine.until_latest, window.end)
    left = other.left_at or other.until_latest
    if other.entered_at > high or left + air < window.start:
        return None
    shared = max(low, other.entered_at), min(high, left + air)
    possible = union_minutes([shared if shared[0] < shared[1] else None])
    certain = possible if mine.left_at and other.left_at else 0
    gap = (low - left) // timedelta(minutes=1) if left + air < low else None
    return Pair(mine, other, certain, possible, gap)


def _rank(pair: Pair[S, O]) -> tuple[int, int, int, datetime, datetime]:
    gap = -1 if pair.gap_minutes is None else pair.gap_minutes
    return gap, -pair.certain_minutes, -pair.possible_minutes, pair.own.entered_at, pair.other.entered_at
