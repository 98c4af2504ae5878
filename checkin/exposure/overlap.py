"""Who can have met a window of time, for how long for certain and for how long at most: pure rules.

A stay meets a window when it begins no later than the window ends and can have lasted until it begins;
touching ends meet, with zero minutes, since nobody is dropped. Minutes are certain as far as the end of
the stay was recorded; with a guessed end only its beginning is certain, and everything until the latest
end is possible. Several stays of one person count once where they run side by side.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID


class Stay(Protocol):
    @property
    def person_id(self) -> UUID: ...
    @property
    def entered_at(self) -> datetime: ...
    @property
    def left_at(self) -> datetime | None: ...
    @property
    def until_latest(self) -> datetime: ...


S = TypeVar("S", bound=Stay)


@dataclass(frozen=True)
class Window:
    """From `start` to `end`, both included."""

    start: datetime
    end: datetime

    def meets(self, stay: Stay) -> bool:
        """True when the stay can have met the window."""
        return stay.entered_at <= self.end and (stay.left_at or stay.until_latest) >= self.start

    def cut(self, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
        """The part of a span inside the window; None where nothing is left."""
        low, high = max(start, self.start), min(end, self.end)
        return (low, high) if low < high else None


@dataclass(frozen=True)
class Presence(Generic[S]):
    """One person in a window: whole minutes for certain and at most, and the stays that met it."""

    person_id: UUID
    certain_minutes: int
    possible_minutes: int
    stays: tuple[S, ...]
    # The same of other places where they were too, in the times of those.
    other: "Presence[S] | None" = None
    # In how many of the windows they were there.
    windows: int = 1


def union_minutes(spans: Iterable[tuple[datetime, datetime] | None]) -> int:
    """Whole minutes covered by at least one of the spans."""
    total, reached = 0.0, None
    for start, end in sorted(span for span in spans if span is not None):
        if reached is None or start > reached:
            total += (end - start).total_seconds()
            reached = end
        elif end > reached:
            total += (end - reached).total_seconds()
            reached = end
    return int(total // 60)


def presences(stays: Iterable[S], *windows: Window) -> list[Presence[S]]:
    """One entry per person whose stays meet one of the windows: those longest there for certain first.

    Then by possible minutes, then by who came first; the order is the same each time. Minutes of several windows add
    up, and count once where they run side by side.
    """
    by_person: dict[UUID, list[S]] = {}
    for stay in stays:
        if any(window.meets(stay) for window in windows):
            by_person.setdefault(stay.person_id, []).append(stay)
    found = [_presence(person_id, theirs, windows) for person_id, theirs in by_person.items()]
    found.sort(key=_rank)
    return found


def _rank(presence: Presence[S]) -> tuple[int, int, datetime, UUID]:
    return -presence.certain_minutes, -presence.possible_minutes, presence.stays[0].entered_at, presence.person_id


def _presence(person_id: UUID, stays: Sequence[S], windows: Sequence[Window]) -> Presence[S]:
    ordered = tuple(sorted(stays, key=lambda stay: stay.entered_at))
    sure = [window.cut(s.entered_at, s.left_at) for s in ordered if s.left_at for window in windows]
    may = [window.cut(s.entered_at, s.left_at or s.until_latest) for s in ordered for window in windows]
    return Presence(
        person_id,
        certain_minutes=union_minutes(sure),
        possible_minutes=union_minutes(may),
        stays=ordered,
        windows=sum(any(window.meets(stay) for stay in ordered) for window in windows),
    )
