"""How wide a notice is, and how long it holds."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

QUARTER = timedelta(minutes=15)
DAYS = 14


def widened(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The window in whole quarters of an hour around it: an exact minute could point at one person."""
    first = start.replace(minute=start.minute - start.minute % 15, second=0, microsecond=0)
    last = end.replace(minute=end.minute - end.minute % 15, second=0, microsecond=0)
    return first, last if last == end else last + QUARTER


def lasts(oversight: Mapping[str, Any]) -> timedelta:
    """How long a notice holds from when it goes out, by the rules; raises ValueError for what is no number of days."""
    days = oversight.get("notices", {}).get("days", DAYS)
    if type(days) is not int or not 0 < days <= 366:
        raise ValueError("notices: days is a whole number from 1 to 366")
    return timedelta(days=days)
