"""The whole demo province as plain rows: the same seed gives the same rows."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from checkin import clock
from checkin.demo.atlas import Atlas
from checkin.demo.geography import Province, province
from checkin.demo.outbreak import Planted, cast, plant
from checkin.demo.people import Population
from checkin.demo.plans import Planner, Stay
from checkin.demo.profiles import DAY
from checkin.demo.rows import Resident, VenueRow, VisitRow
from checkin.demo.seeds import stream
from checkin.demo.telling import Telling
from checkin.demo.venues import make_venues

RECORDED = 0.35
"""Share of stays whose end the visitor tells."""
WEEK = (1.0, 1.0, 1.0, 1.0, 1.05, 0.95, 0.85)
OFTEN, SELDOM = 0.55, 0.12
"""How likely somebody goes out to places with a code on a day: those with work or school, and the others."""
PASSES = 4
LARGEST_POOL = 1_300_000


@dataclass(frozen=True)
class World:
    """The venues and the people; `visits()` makes the visits anew each time, day after day."""

    seed: int
    now: datetime
    days: int
    count: int
    province: Province
    venues: list[VenueRow]
    people: Population
    planted: Planted

    def visits(self) -> Iterator[VisitRow]:
        """Visits of the last days until now, about `count`: by day, within it by person, groups together."""
        return _Days(self).visits()

    def role(self, role: str) -> int:
        """The position of a venue of the planted story."""
        return next(position for position, venue in enumerate(self.venues) if venue.role == role)


def generate(
    seed: int,
    *,
    now: datetime,
    venues: int = 320,
    visits: int = 20_000,
    days: int = 14,
    province_code: str = "22",
) -> World:
    """The demo province of a seed. Raises ValueError for too few venues, visits (500) or days (3)."""
    if visits < 500 or days < 3:
        raise ValueError("at least 500 visits and 3 days are needed")
    home = province(province_code)
    year = clock.to_local(now).year
    made = make_venues(seed, home, venues)
    size = min(max(960, int(visits * 0.24)), LARGEST_POOL)
    people = Population(seed, size, home, year, cast(home, year))
    return World(seed, now, days, visits, home, made, people, plant(seed, now, days, made, people))


class _Days:
    """One run over the days."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.atlas = Atlas(world.venues, world.province)
        self.planner = Planner(world.seed, self.atlas)
        self.telling = Telling(world.seed, world.days)
        self.first = world.now - timedelta(days=world.days)
        self.today = clock.to_local(world.now).date()
        self.group = 0

    def visits(self) -> Iterator[VisitRow]:
        days = [self.today - timedelta(days=ago) for ago in range(self.world.days, -1, -1)]
        planted = {
            day: [v for v in self.world.planted.visits if clock.to_local(v.entered_at).date() == day] for day in days
        }
        shares = [WEEK[day.weekday()] * self._part_of(day) for day in days]
        ahead, due = self.world.count - len(self.world.planted.visits), 0.0
        for day, share in zip(days, shares, strict=True):
            for row in planted[day]:
                self.group += 1
                yield replace(row, group=self.group)
            # What one day could not hold is left to the next.
            due += ahead * share / sum(shares)
            made = 0
            for row in self._day(day, math.floor(due + 1e-6)):
                made += 1
                yield row
            due -= made

    def _part_of(self, day: date) -> float:
        """How much of a day's visits lies between the first moment and now."""
        start, _ = clock.day_bounds(day)
        total = 0.0
        for hour, weight in enumerate(DAY):
            begin = start + timedelta(hours=hour)
            inside = min(begin + timedelta(hours=1), self.world.now) - max(begin, self.first)
            total += weight * max(0.0, inside / timedelta(hours=1))
        return total / sum(DAY)

    def _day(self, day: date, wanted: int) -> Iterator[VisitRow]:
        rng = stream(self.world.seed, "day", (self.today - day).days)
        size, made, out = self.world.people.size, 0, bytearray(self.world.people.size)
        # Everybody once in a mixed order that needs no list: a step without a common divisor.
        step = next(s for s in range(rng.randrange(size // 3, size), 2 * size) if math.gcd(s, size) == 1)
        begin = rng.randrange(size)
        for turn in range(PASSES * size):
            if made >= wanted:
                return
            number = (begin + turn * step) % size
            if out[number]:
                continue
            person = self.world.people.person(number)
            busy = ((self.today - day).days, number) in self.world.planted.busy
            often = OFTEN if person.role in ("worker", "pupil", "student") else SELDOM * 2.2
            # A third of all people hardly ever scan.
            if person.role == "led" or busy or rng.random() > (often if number % 3 else SELDOM):
                continue
            out[number] = 1
            for row in self._rows(rng, day, person):
                if made < wanted:
                    made += 1
                    yield row

    def _rows(self, rng: random.Random, day: date, person: Resident) -> Iterator[VisitRow]:
        midnight, _ = clock.day_bounds(day)
        ago = (self.today - day).days
        stays = [
            stay
            for stay in self.planner.day(rng, person, day.weekday())
            if self.first <= midnight + timedelta(seconds=stay.entered) <= self.world.now and self._was_there(stay, ago)
        ]
        for order, stay in enumerate(stays):
            following = stays[order + 1] if order + 1 < len(stays) else None
            yield from self._rows_of(rng, midnight, ago, person, stay, following)

    def _was_there(self, stay: Stay, ago: int) -> bool:
        last = self.world.venues[stay.venue].last_day
        return last is None or ago >= last

    def _rows_of(
        self,
        rng: random.Random,
        midnight: datetime,
        ago: int,
        person: Resident,
        stay: Stay,
        following: Stay | None,
    ) -> Iterator[VisitRow]:
        self.group += 1
        kind = self.world.venues[stay.venue].kind
        entered, left = (midnight + timedelta(seconds=s) for s in (stay.entered, stay.left))
        at_desk = rng.random() < (0.30 if person.role in ("elder", "pupil") else 0.05)
        device = None if at_desk or person.number * 2_654_435_761 % 100 < 7 else person.number
        declared = not at_desk or rng.random() < 0.65
        answers, where = self.telling.told(person, ago) if declared else (None, "")
        recorded = (device is not None or at_desk) and rng.random() < RECORDED * 1.2 and left <= self.world.now
        elsewhere = None
        if following and device is not None and not recorded and not self.atlas.inside(following.venue, stay.venue):
            elsewhere = midnight + timedelta(seconds=following.entered)
        row = VisitRow(
            venue=stay.venue,
            zone=self.atlas.zone(rng, stay.venue),
            person=person.number,
            entered_at=entered,
            group=self.group,
            left_at=left if recorded else None,
            left_by="desk" if at_desk else "visitor",
            elsewhere_at=elsewhere,
            answers=answers,
            travel_where=where,
            channel="desk" if at_desk else "own_phone",
            device=device,
        )
        yield row
        if kind in ("market", "supermarket", "food", "health", "culture", "religious") and rng.random() < 0.4:
            led = [
                p for p in self.world.people.household(person.number) if p.role == "led" and p.number != person.number
            ]
            for other in led[:2]:
                answers, where = self.telling.told(other, ago) if declared else (None, "")
                yield replace(row, person=other.number, answers=answers, travel_where=where)
