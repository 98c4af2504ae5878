"""The days of a quarantine: on which a test is due, and how the strip of days reads. Pure.

A test every so many days from the first day on (Bắc Giang, 2021: "3 ngày/lần"). A test that was missed is due until the
next one is; a test on a day covers all that was due until then.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

# What stands for a day of which nothing is said.
COMING, TODAY, UNSAID, BEFORE = "coming", "today", "unsaid", "before"


@dataclass(frozen=True)
class Plan:
    """From which day of the quarantine on, and after how many days each, a test is due."""

    first_day: int
    every_days: int

    @classmethod
    def from_dict(cls, section: Mapping[str, Any]) -> "Plan":
        """The plan of the section `tests`. Raises KeyError, or ValueError for what is no number of days."""
        first, every = section["first_day"], section["every_days"]
        if not (isinstance(first, int) and isinstance(every, int) and 0 <= first <= 60 and 0 < every <= 60):
            raise ValueError("tests: days are whole numbers from 1 to 60")
        return cls(first, every)


def due_days(plan: Plan, start: date, end: date) -> list[date]:
    """Every day of a quarantine on which a test is due."""
    length = (end - start).days
    return [start + timedelta(days=day) for day in range(plan.first_day, length + 1, plan.every_days)]


def due(plan: Plan, start: date, end: date, taken: Collection[date], today: date) -> date | None:
    """Since when a test is due that has not been taken; None where none is."""
    since = max((day for day in due_days(plan, start, end) if day <= today), default=None)
    return None if since is None or any(since <= day <= today for day in taken) else since


def coming(plan: Plan, start: date, end: date, today: date) -> date | None:
    """The next day after today on which a test is due; None where there is no other."""
    return min((day for day in due_days(plan, start, end) if day > today), default=None)


@dataclass(frozen=True)
class Day:
    """A day of the strip: its number, and what was said of it, else one of COMING, TODAY, UNSAID and BEFORE."""

    number: int
    day: date
    word: str


def strip(start: date, end: date, said: Mapping[date, str], today: date, known: date | None = None) -> list[Day]:
    """The days of a quarantine from the first after the last day together until its end.

    Before the day `known` nobody knew whom to ask: nothing is missing there.
    """
    first = known or start

    def silent(day: date) -> str:
        return COMING if day > today else TODAY if day == today else UNSAID if day >= first else BEFORE

    days = [(number, start + timedelta(days=number)) for number in range(1, (end - start).days + 1)]
    return [Day(number, day, said.get(day) or silent(day)) for number, day in days]
