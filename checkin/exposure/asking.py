"""A lookup by place as a question to the store, and the answers to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.charts import Bar
from checkin.declarations.models import Declaration
from checkin.exposure import attendance, listing, ranking
from checkin.exposure.areas import Area
from checkin.exposure.hours import daily
from checkin.exposure.models import Lookup
from checkin.exposure.overlap import Presence, Window, presences
from checkin.exposure.queries import StayRow
from checkin.exposure.question import MINUTES, Page, Part, Question
from checkin.exposure.terms import Spot
from checkin.venues import queries as venues
from checkin.visits import stays


@dataclass(frozen=True)
class Asked:
    """What a lookup by place asks; apart from its record, which one transaction after the other would read anew.

    `windows` are the times that count where it is not the whole window, `other` where and when those asked for were
    too, `since` when the answer was given that this one repeats.
    """

    area: Area
    window: Window
    longest: timedelta
    told: Table = Declaration.__table__  # type: ignore[assignment]
    windows: tuple[Window, ...] = ()
    other: Part | None = None
    since: datetime | None = None

    @classmethod
    def of(cls, session: Session, lookup: Lookup, since: datetime | None = None) -> "Asked":
        """The question of a lookup; `since` is when the lookup was made that it repeats."""
        window, more = Window(lookup.start, lookup.end), list(lookup.more)
        places = [(one.venue_id, one.zone_id) for one in more if not one.other]
        others = [(one.venue_id, one.zone_id) for one in more if one.other]
        if lookup.venue_id is not None:
            area = area_of(session, [(lookup.venue_id, lookup.zone_id), *places])
        else:
            area = Area(commune_id=lookup.commune_id, kind=lookup.venue_kind)
        other = None
        if others and lookup.other_start and lookup.other_end:
            there = Window(lookup.other_start, lookup.other_end)
            other = Part(area_of(session, others), (there,), _longest(there.start))
        times = daily(window.start, window.end) if lookup.daily else ()
        return cls(area, window, _longest(window.start), windows=times, other=other, since=since)

    @property
    def times(self) -> tuple[Window, ...]:
        """The windows that count, be it one."""
        return self.windows or (self.window,)

    @property
    def question(self) -> Question:
        """What the store is asked."""
        here = Part(self.area, self.times, self.longest)
        parts = (here,) if self.other is None else (here, self.other)
        return Question(parts, home=context.config().province, since=self.since)

    def count(self, session: Session) -> int:
        """How many people there are, before any of them is read."""
        return attendance.count(session, self.question)

    def ranked(self, session: Session) -> list[UUID]:
        """The people of the list in its order, and nothing else of them."""
        return attendance.everybody(session, self.question)

    def page(self, session: Session, limit: int, only: str = "", **how: Any) -> Page:
        """Some of the people, and how many there are; `only` narrows both, `how` is as in `attendance.people`."""
        return attendance.people(session, self.question, limit=limit, only=only, **{"sort": MINUTES, **how})

    def groups(self, session: Session) -> dict[str, int]:
        """How many people are in each of the groups that declarations make."""
        return attendance.count_groups(session, self.question)

    def chart(self, session: Session) -> list[Bar]:
        """How many were present in each hour, or day, around the window."""
        steps = listing.steps_around(self.window)
        people = ranking.count_present(session, self.area, steps.start, steps.step, steps.count, self.longest)
        return steps.bars(people, self.window)

    def hourly(self, session: Session) -> list[tuple[datetime, list[int], int]]:
        """The days of the window: their beginning, how many were present in each hour, and how many in the day."""
        start = clock.day_bounds(clock.to_local(self.window.start).date())[0]
        end = clock.day_bounds(clock.to_local(self.window.end).date())[1]
        days = (end - start) // timedelta(days=1)
        hours = ranking.count_present(session, self.area, start, timedelta(hours=1), days * 24, self.longest)
        whole = ranking.count_present(session, self.area, start, timedelta(days=1), days, self.longest)
        return [
            (start + timedelta(days=day), hours[day * 24 : (day + 1) * 24], people) for day, people in enumerate(whole)
        ]

    def some(self, session: Session, people: Sequence[UUID]) -> list[Presence[StayRow]]:
        """These people with their stays and minutes, in the order given."""
        question = self.question
        here = presences(attendance.stays(session, question, people), *self.times)
        if self.other is not None:
            met = attendance.stays(session, question, people, part=1)
            there = {one.person_id: one for one in presences(met, *self.other.windows)}
            here = [replace(one, other=there[one.person_id]) for one in here if one.person_id in there]
        order = {person_id: number for number, person_id in enumerate(people)}
        return sorted(here, key=lambda presence: order[presence.person_id])


def area_of(session: Session, places: Iterable[Spot]) -> Area:
    """The area of these venues, each with what stands inside it, and of these zones; a venue that is gone is none."""
    places = list(places)
    inside = venues.inside_each(session, {venue_id for venue_id, _ in places})
    around = tuple(dict.fromkeys(one for venue_id, _ in places for one in inside[venue_id]))
    zones = tuple(dict.fromkeys(zone_id for _, zone_id in places if zone_id is not None))
    if not zones:
        return Area(around)
    if len(places) == 1:
        return Area(around, zones[0])
    whole = dict.fromkeys(one for venue_id, zone_id in places if zone_id is None for one in inside[venue_id])
    return Area(around, zone_ids=zones, whole_ids=tuple(whole))


def _longest(moment: datetime) -> timedelta:
    return stays.longest(context.rules(clock.to_local(moment).date()))


def length(lookup: Lookup) -> timedelta:
    """How much time a lookup by place asks about: where it is the same hours of each day, those alone."""
    times = daily(lookup.start, lookup.end) if lookup.daily else (Window(lookup.start, lookup.end),)
    return sum((one.end - one.start for one in times), timedelta(0))
