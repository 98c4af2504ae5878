"""Which days are over their time, and when to stop and ask instead: pure rules.

A day of the province is kept for the number of days that the rules say, and goes whole: with 21 days, what
was told on the 1st goes in the night to the 23rd, when every visit of it is at least 21 days old.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

# One day is due each night; after a weekend without the nightly run, three.
USUAL_DAYS = 3
# A province in which nobody scans for so long has no clock, or none that is right.
SILENCE = timedelta(days=2)
# Clocks of two machines may differ by this much.
AHEAD = timedelta(minutes=10)
# A clock that is slow sees all that comes as still to come. Fewer than this is what somebody wrote past us, and tells
# nothing of the clock.
MANY_AHEAD = 20
# How long a form that was sent is known, so that it counts once: longer than it could be sent again.
SUBMISSIONS_KEPT = timedelta(days=3)


class Refused(Exception):
    """Something is not as on every night; `reason` is "clock_back", "clock_ahead" or "many_days"."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, facts


def first_kept(today: date, keep_days: int) -> date:
    """The oldest day that stays."""
    return today - timedelta(days=keep_days)


def due(days: Iterable[date], today: date, keep_days: int) -> list[date]:
    """The days whose time is over, the oldest first."""
    return sorted(day for day in set(days) if day < first_kept(today, keep_days))


def newest(so_far: datetime | None, ahead: Sequence[datetime]) -> datetime | None:
    """When the newest visit or form came: of those so far, and of those ahead of the clock where there are many."""
    return max(ahead) if len(ahead) >= MANY_AHEAD else so_far


def clock_is_right(now: datetime, newest: datetime | None) -> bool:
    """True when something came lately, and nothing comes from the future."""
    return newest is not None and now - SILENCE <= newest <= now + AHEAD


def check(
    filled: Sequence[date],
    *,
    now: datetime,
    today: date,
    newest: datetime | None,
    allowed_days: int | None = None,
    confirmed_today: date | None = None,
) -> None:
    """Raise Refused where deleting the `filled` days, which hold rows, is not what every night does.

    `newest` is when the newest visit or form came. `allowed_days` and `confirmed_today` are what somebody
    who looked at it says: so many days, and this is the day of today.
    """
    if confirmed_today is not None and confirmed_today != today:
        raise Refused("clock_ahead", today=today, newest=newest)
    if newest is not None and newest > now + AHEAD:
        raise Refused("clock_back", today=today, newest=newest)
    if not filled:
        return
    if confirmed_today is None and not clock_is_right(now, newest):
        raise Refused("clock_ahead", today=today, newest=newest)
    if len(filled) > (USUAL_DAYS if allowed_days is None else allowed_days):
        raise Refused("many_days", days=len(filled))
