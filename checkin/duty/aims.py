"""What the work is measured by, and the sums of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from checkin import clock


@dataclass(frozen=True)
class Aims:
    """The aims in force: hours, days and hundredths; a share of fewer than `few` is not told."""

    interview_hours: int
    first_hours: int
    reach_hours: int
    share: int
    detect_days: int
    notify_days: int
    respond_days: int
    window_days: int
    few: int

    @classmethod
    def from_dict(cls, section: Mapping[str, Any]) -> "Aims":
        """The aims of the section. Raises KeyError, or ValueError for what is no whole number."""
        values = {one.name: section[one.name] for one in fields(cls)}
        if not all(isinstance(value, int) and 0 < value <= 366 for value in values.values()) or values["share"] > 100:
            raise ValueError("aims: whole numbers from 1 to 366, a share up to 100")
        return cls(**values)


@dataclass(frozen=True)
class Share:
    """How many of those whose time is over were in time."""

    over: int
    within: int

    def percent(self, few: int) -> int | None:
        """In hundredths, rounded down so that no aim is met by rounding; None of fewer than `few`."""
        return None if self.over < few else self.within * 100 // self.over


@dataclass(frozen=True)
class DaySpeed:
    """Of the people given to be called on a day: how many, and how many of those whose time is over were reached."""

    day: date
    given: int
    first: Share
    second: Share


@dataclass(frozen=True)
class CaseSpeed:
    """Of the cases opened in a window: how many, the shares in time, and the median hours to the first lookup."""

    opened: int
    interview: Share
    detect: Share
    notify: Share
    respond: Share
    median_hours: float | None


@dataclass(frozen=True)
class CaseFacts:
    """What of a case says how fast the work was; `people` were given to be called, `given_at` each when."""

    opened_at: datetime
    interviewed_at: datetime | None
    onset_on: date | None
    sample_on: date | None
    first_lookup: datetime | None
    given_at: Sequence[datetime]


def day_speeds(given: Iterable[tuple[datetime, datetime | None]], aims: Aims, now: datetime) -> dict[date, DaySpeed]:
    """The speed of each day of the province, from when each was given and first reached."""
    days: dict[date, list[tuple[datetime, datetime | None]]] = {}
    for began, reached in given:
        days.setdefault(clock.to_local(began).date(), []).append((began, reached))
    return {
        day: DaySpeed(
            day, len(people), _reached(people, aims.first_hours, now), _reached(people, aims.reach_hours, now)
        )
        for day, people in days.items()
    }


def _reached(people: Sequence[tuple[datetime, datetime | None]], hours: int, now: datetime) -> Share:
    over = [(began, reached) for began, reached in people if began + timedelta(hours=hours) <= now]
    return Share(
        len(over), sum(reached is not None and reached <= began + timedelta(hours=hours) for began, reached in over)
    )


def hours_to_lookup(case: CaseFacts) -> float | None:
    """From the beginning of the day of the sample to the first lookup by case; a sample has no hour of its own."""
    if case.sample_on is None or case.first_lookup is None:
        return None
    return max((case.first_lookup - clock.day_bounds(case.sample_on)[0]) / timedelta(hours=1), 0.0)


def case_speed(cases: Iterable[CaseFacts], aims: Aims, now: datetime) -> CaseSpeed:
    """The speed of these cases. 7-1-7: from onset to sample (or opening), from sample to opening, and whether the share
    of those to call was given out in time; a case without anybody to call has none to give."""
    every = list(cases)
    interview, respond = timedelta(hours=aims.interview_hours), timedelta(days=aims.respond_days)
    asked = [one for one in every if one.opened_at + interview <= now]
    ill = [(one, one.onset_on) for one in every if one.onset_on is not None]
    sampled = [(one, one.sample_on) for one in every if one.sample_on is not None]
    with_people = [one for one in every if one.given_at and one.opened_at + respond <= now]
    hours = [found for one in every if (found := hours_to_lookup(one)) is not None]
    return CaseSpeed(
        len(every),
        Share(
            len(asked),
            sum(one.interviewed_at is not None and one.interviewed_at <= one.opened_at + interview for one in asked),
        ),
        Share(len(ill), sum(((one.sample_on or _opened(one)) - onset).days <= aims.detect_days for one, onset in ill)),
        Share(len(sampled), sum((_opened(one) - sample).days <= aims.notify_days for one, sample in sampled)),
        Share(
            len(with_people),
            sum(
                sum(at <= one.opened_at + respond for at in one.given_at) * 100 >= aims.share * len(one.given_at)
                for one in with_people
            ),
        ),
        median(hours) if hours else None,
    )


def _opened(case: CaseFacts) -> date:
    return clock.to_local(case.opened_at).date()
