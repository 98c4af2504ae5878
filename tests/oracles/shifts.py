"""Shifts, minute by minute: a second way to the same stays, which imports nothing of the product."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=7))
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Told:
    """What an owner said of somebody: days of the week (Monday 0), hours, first and last day, and of single days."""

    days: frozenset[int]
    starts: int
    ends: int
    first: date
    last: date | None
    # By day: "absent", or (starts, ends, left or None).
    changes: dict[date, object]


def worked(told: Told, day: date) -> tuple[datetime, datetime, bool] | None:
    """(from, until, whether somebody said when they left) of the shift that begins on a day, found by walking on
    minute by minute until the clock shows the end."""
    if day < told.first or (told.last is not None and told.last < day):
        return None
    change = told.changes.get(day)
    if change == "absent" or (change is None and day.weekday() not in told.days):
        return None
    starts, ends, left = change if isinstance(change, tuple) else (told.starts, told.ends, None)
    begin = datetime(day.year, day.month, day.day, starts // 60, starts % 60, tzinfo=ZONE)
    if left is not None:
        return begin, left, True
    moment = begin + MINUTE
    while (moment.hour, moment.minute) != (ends // 60, ends % 60):
        moment += MINUTE
    return begin, moment, False


def can_be_there(told: Told, day: date, moment: datetime, overrun: timedelta) -> bool:
    """True where the person can be there for the shift of a day at a moment."""
    found = worked(told, day)
    if found is None:
        return False
    begin, end, recorded = found
    return begin <= moment <= (end if recorded else end + overrun)
