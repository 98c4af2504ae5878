"""How long a session lasts: the rule alone, without the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

State = Literal["live", "locked", "pending", "over"]


@dataclass(frozen=True)
class Limit:
    """After `idle` without use a session is locked; after `absolute` it is over, however busy."""

    idle: timedelta
    absolute: timedelta


# AAL3 of NIST SP 800-63B-4 for whoever may see data of people: 15 minutes and 12 hours.
_STAFF = Limit(timedelta(minutes=15), timedelta(hours=12))
LIMITS = {
    "owner": Limit(timedelta(days=14), timedelta(days=90)),
    "commune": _STAFF,
    "cdc": _STAFF,
    "command": _STAFF,
    "admin": _STAFF,
}
# Between the password and the code.
PENDING = timedelta(minutes=15)
# How often the time of the last use is written.
WRITTEN = timedelta(minutes=1)


class Lasting(Protocol):
    """What the rule asks of a session."""

    whole: bool
    created_at: datetime
    last_used_at: datetime
    locked_at: datetime | None
    ended_at: datetime | None


def state(found: Lasting, role: str, now: datetime) -> State:
    """What may be done in a session of this role now: 'live' everything, 'locked' nothing before the password,
    'pending' nothing before the second factor, 'over' nothing."""
    limit = LIMITS[role]
    age = now - found.created_at
    if found.ended_at is not None or age >= limit.absolute:
        return "over"
    if not found.whole:
        return "pending" if age < PENDING else "over"
    if found.locked_at is not None or now - found.last_used_at >= limit.idle:
        return "locked"
    return "live"


def use_is_due(found: Lasting, now: datetime) -> bool:
    """True when the time of the last use is old enough to be written anew."""
    return now - found.last_used_at >= WRITTEN
