"""When a case can have infected others and when it can have been infected itself: rules of the disease."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from checkin import clock
from checkin.cases.models import KEEPING_STATES
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


def may_give(rules: RuleSet, state: str, disease: str) -> bool:
    """Whether somebody can be a contact of a case: it keeps what belongs to it, and people infect people. Who was
    exposed to the same source is no contact."""
    return state in KEEPING_STATES and not from_places(rules, disease)


def days_before(rules: RuleSet, disease: str) -> int:
    """How many days before onset or sample a case can infect; of an unknown disease the most of any."""
    known = rules["disease"]
    named = [known[disease]] if disease in known else list(known.values())
    return max((int(one["infectious_days_before"]) for one in named), default=0)


def source_days(rules: RuleSet, disease: str) -> tuple[int, int]:
    """From which to which day it can have been caught, day 0 being that of onset or sample: (-14, -2).

    Of a disease that the rules of the day no longer know, the widest of any.
    """
    known = rules["disease"]
    named = [known[disease]] if disease in known else list(known.values())
    return (
        min((int(one["source_from_day"]) for one in named), default=0),
        max((int(one["source_to_day"]) for one in named), default=0),
    )


def from_places(rules: RuleSet, disease: str) -> bool:
    """True where people catch it from animals and places, not from one another."""
    return bool(rules["disease"].get(disease, {}).get("model") == "source")


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
    first = _first(onset_on, sample_on)
    # The last moment of the day, so that the page names that day and not the next one.
    end = min(clock.day_bounds(isolated_on)[1] - timedelta(microseconds=1), now) if isolated_on else now
    start = earliest if first is None else clock.day_bounds(first - timedelta(days=before))[0]
    return Reach(min(start, end), end, first is not None)


def source_window(
    *, onset_on: date | None, sample_on: date | None, days: tuple[int, int], earliest: datetime, now: datetime
) -> Reach:
    """Where to look for the source: whole days of the province, counted from onset or sample, whichever came first.

    Without either: from `earliest` until now, all there is.
    """
    first = _first(onset_on, sample_on)
    if first is None:
        return Reach(min(earliest, now), now, known=False)
    start = clock.day_bounds(first + timedelta(days=days[0]))[0]
    end = min(clock.day_bounds(first + timedelta(days=days[1]))[1] - timedelta(microseconds=1), now)
    return Reach(min(start, end), end, known=True)


def _first(onset_on: date | None, sample_on: date | None) -> date | None:
    return min((day for day in (onset_on, sample_on) if day), default=None)
