"""From when to when a case can have infected others, and how long after it left: rules of the disease."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from checkin import clock
from checkin.rules import RuleSet


@dataclass(frozen=True)
class Reach:
    """The window of a case (UTC, both ends included); `known` is False where no day is known that it begins from."""

    start: datetime
    end: datetime
    known: bool


def air(rules: RuleSet, disease: str) -> timedelta:
    """How long the disease stays in the air of a place after the case has left.

    For a disease that the rules of the day no longer know, the longest of any: nobody is dropped.
    """
    known = rules["disease"]
    named = [known[disease]] if disease in known else list(known.values())
    return timedelta(minutes=max((int(one["residual_air_minutes"]) for one in named), default=0))


def days_before(rules: RuleSet, disease: str) -> int:
    """How many days before onset or sample a case can infect; of an unknown disease the most of any."""
    known = rules["disease"]
    named = [known[disease]] if disease in known else list(known.values())
    return max((int(one["infectious_days_before"]) for one in named), default=0)


def reach(
    *,
    onset_on: date | None,
    sample_on: date | None,
    isolated_on: date | None,
    before: int,
    earliest: datetime,
    now: datetime,
) -> Reach:
    """From `before` days before onset or sample, whichever came first, until the end of the day of isolation or now.

    Decision on F1 of 29 December 2021. Without onset and sample: from `earliest` on, all there is.
    """
    first = min((day for day in (onset_on, sample_on) if day), default=None)
    # The last moment of the day, so that the page names that day and not the next one.
    end = min(clock.day_bounds(isolated_on)[1] - timedelta(microseconds=1), now) if isolated_on else now
    start = earliest if first is None else clock.day_bounds(first - timedelta(days=before))[0]
    return Reach(min(start, end), end, first is not None)
