"""From a plan, what is other on a day, and the day, to the stay that a shift is: pure rules.

A planned end is a guess and never a recorded one: people stay longer than planned. So the latest end lies later by the
`shift_overrun_minutes` of the dated `stays` rules, and nobody is dropped on a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from checkin import clock

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
# How far ahead an owner may say what will be other than planned.
AHEAD_DAYS = 14
# How far back an owner says what was other than planned, and the round follows it.
BACK_DAYS = 3
# The last day of somebody who was put down by mistake: nobody's shifts, on no page, and gone with the next night.
NEVER = date(2000, 1, 1)


@dataclass(frozen=True)
class Plan:
    """When somebody works: `weekdays` has a bit a day, Monday 1; `starts` and `ends` are minutes since midnight."""

    weekdays: int
    starts: int
    ends: int
    first_day: date
    last_day: date | None = None


@dataclass(frozen=True)
class Change:
    """What is other on one day: absent, or other hours, perhaps with the moment (UTC) at which they really left."""

    absent: bool = False
    starts: int = 0
    ends: int = 0
    left_at: datetime | None = None


@dataclass(frozen=True)
class Stay:
    """One stay of a shift, UTC; `left_at` is recorded or None. Part 0, and more where a shift is long."""

    part: int
    entered_at: datetime
    likely: datetime
    latest: datetime
    left_at: datetime | None = None


@dataclass(frozen=True)
class Written:
    """What a step of the round did: at how many people it looked, and how many visits it wrote and took back."""

    looked_at: int = 0
    written: int = 0
    removed: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.looked_at + other.looked_at, self.written + other.written, self.removed + other.removed)


@dataclass(frozen=True)
class Due:
    """Somebody whom the round looks at, and what it needs of them."""

    id: UUID
    venue_id: UUID
    due_at: datetime
    plan: Plan
    # From which day on the plan counts: days before it are what they were under the one before.
    planned_from: date
    # When a round looked last; None: never.
    seen_at: datetime | None
    # Closed by its owner or suspended by staff, on that day; then nobody works there.
    closed_on: date | None


def span(starts: int, ends: int) -> timedelta:
    """How long hours last; an end at or before the start is the next day's, so a whole day is the most."""
    return timedelta(minutes=(ends - starts - 1) % (24 * 60) + 1)


def hours_on(plan: Plan, day: date, change: Change | None) -> tuple[int, int] | None:
    """(starts, ends) of a day's shift; None on a day off. A change can make a day off one of work, within the time
    at this venue."""
    if day < plan.first_day or (plan.last_day is not None and day > plan.last_day):
        return None
    if change is not None:
        return None if change.absent else (change.starts, change.ends)
    return (plan.starts, plan.ends) if plan.weekdays >> day.weekday() & 1 else None


def begins(day: date, starts: int) -> datetime:
    """When a shift of a day begins, UTC."""
    return clock.from_local(datetime.combine(day, time.min) + timedelta(minutes=starts))


def stays(plan: Plan, day: date, change: Change | None, *, cap: timedelta, overrun: timedelta) -> tuple[Stay, ...]:
    """The stays of the shift that begins on a day, in order; none on a day off.

    No stay lasts longer than `cap`, or a lookup would not find it: a longer shift is several that follow each other.
    """
    hours = hours_on(plan, day, change)
    if hours is None:
        return ()
    start = begins(day, hours[0])
    left = change.left_at if change is not None else None
    if left is not None:
        # Somebody said so: nothing is guessed. Never before the start, whatever the table holds.
        pieces = _pieces(start, min(max(left, start), start + DAY), cap)
        return tuple(Stay(part, since, until, until, until) for part, (since, until) in enumerate(pieces))
    # So short that the overrun has its place in the last one too.
    pieces = _pieces(start, start + span(*hours), cap - overrun)
    last = len(pieces) - 1
    return tuple(
        Stay(part, since, until, until + overrun if part == last else until)
        for part, (since, until) in enumerate(pieces)
    )


def _pieces(start: datetime, end: datetime, longest: timedelta) -> list[tuple[datetime, datetime]]:
    """[start, end] in as few parts as can be, each of the same whole minutes, none longer than that."""
    count = max(1, -(-(end - start) // longest))
    length = (end - start) // count // MINUTE * MINUTE
    # Whole minutes leave a rest of less than one each; the last part takes it, where it still fits.
    while end - (start + (count - 1) * length) > longest:
        count += 1
        length = (end - start) // count // MINUTE * MINUTE
    cuts = [start + number * length for number in range(count)]
    return list(zip(cuts, [*cuts[1:], end], strict=True))


def next_begin(
    plan: Plan, changes: Mapping[date, Change], after: datetime, *, cap: timedelta, overrun: timedelta
) -> datetime | None:
    """When the next stay after a moment begins; None where none will. A far one may be said too early, never too
    late: whoever looks then asks again."""
    today = clock.to_local(after).date()
    for offset in range(-1, AHEAD_DAYS + 8):
        day = today + timedelta(days=offset)
        found = stays(plan, day, changes.get(day), cap=cap, overrun=overrun)
        moments = [stay.entered_at for stay in found if stay.entered_at > after]
        if moments:
            return min(moments)
    if plan.last_day is not None and plan.last_day <= today + timedelta(days=AHEAD_DAYS):
        return None
    return clock.day_bounds(today + timedelta(days=AHEAD_DAYS))[0]


def display_minutes(minutes: int) -> str:
    """Such as "07:30"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
