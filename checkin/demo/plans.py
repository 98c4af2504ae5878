"""A day of one person: where they go, when, and when they really leave."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from checkin.demo.atlas import Atlas
from checkin.demo.profiles import AT_WORK, ERRANDS, HOURS, MINUTES, STAFF_MINUTES, WORKPLACES
from checkin.demo.rows import Resident
from checkin.demo.seeds import stream

HOUR = 3600
LOYAL = {
    "market": 0.75,
    "food": 0.45,
    "supermarket": 0.6,
    "sport": 0.9,
    "religious": 0.8,
    "beauty": 0.7,
    "hotel": 0.8,
}
"""How often people go where they always go."""
WAY = 6 * 60
"""Shortest way from one place to the next, in seconds."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One place of a day; seconds from midnight on the province's clocks. The end may lie in the next day."""

    venue: int
    entered: int
    left: int


class Planner:
    """Makes days out of habits; a person's habits are the same every day."""

    def __init__(self, seed: int, atlas: Atlas) -> None:
        self.atlas = atlas
        self._habit: Callable[[int, str, str], int | None] = lru_cache(maxsize=32768)(self._make_habit)
        self._seed = seed

    def day(self, rng: random.Random, person: Resident, weekday: int) -> list[Stay]:
        """The stays of a day in the order of time; at least one unless all doors were closed."""
        wishes: list[tuple[int, int, int]] = []
        kinds, cumulative = ERRANDS.get(person.role, ERRANDS["home"])
        duty = self._duty(rng, person, weekday)
        if duty:
            wishes.append(duty)
        errands = rng.choices((0, 1, 2), (50, 38, 12))[0] if duty else rng.choices((1, 2, 3), (52, 34, 14))[0]
        for kind in rng.choices(kinds, cum_weights=cumulative, k=errands):
            venue = self._place(rng, person, kind)
            if venue is None:
                continue
            hours, weights = HOURS[kind]
            for _ in range(4):
                entered = rng.choices(hours, cum_weights=weights)[0] * HOUR + int(rng.random() * HOUR)
                if self.open_at(venue, entered):
                    wishes.append((entered, venue, self._seconds(rng, venue, kind)))
                    break
        return _in_order(sorted(wishes))

    def open_at(self, position: int, second: int) -> bool:
        """True when a venue is open at this second of a day, or nobody said when it is."""
        venue = self.atlas.venues[position]
        if not venue.opens_at or not venue.closes_at:
            return True
        opens, closes = _seconds_of(venue.opens_at), _seconds_of(venue.closes_at)
        if closes <= opens:
            return second >= opens or second < closes
        return opens <= second < closes

    def _duty(self, rng: random.Random, person: Resident, weekday: int) -> tuple[int, int, int] | None:
        """Work or school of this day: (from, venue, for how many seconds)."""
        if person.role in ("pupil", "student"):
            if weekday > 4 or rng.random() < 0.1:
                return None
            venue = self._habit(person.number, "school", person.anchor)
            entered = int(rng.gauss(7 if person.role == "pupil" else 7.6, 0.2) * HOUR)
            return None if venue is None else (entered, venue, int(rng.gauss(280, 25) * 60))
        if person.role != "worker" or rng.random() < (0.15 if weekday < 5 else 0.65):
            return None
        place = stream(self._seed, "work", person.number)
        kind = place.choices(list(WORKPLACES), list(WORKPLACES.values()))[0]
        venue = self._habit(person.number, kind, person.anchor)
        if venue is None:
            return None
        start = AT_WORK[kind] + (place.choice((0, 8, 16)) if kind == "factory" else 0)
        entered = int(rng.gauss(start % 24 + 0.1, 0.22) * HOUR)
        return max(60, entered), venue, int(rng.gauss(STAFF_MINUTES, 40) * 60)

    def _place(self, rng: random.Random, person: Resident, kind: str) -> int | None:
        if rng.random() < LOYAL.get(kind, 0.2):
            return self._habit(person.number, kind, person.anchor)
        return self.atlas.choose(rng, person.anchor, kind)

    def _make_habit(self, number: int, kind: str, anchor: str) -> int | None:
        return self.atlas.choose(stream(self._seed, "habit", number, kind), anchor, kind)

    def _seconds(self, rng: random.Random, venue: int, kind: str) -> int:
        usual = self.atlas.venues[venue].default_minutes or (35 if kind == "office" else MINUTES[kind])
        return max(120, int(rng.triangular(0.25, 2.0, 0.8) * usual * 60))


@lru_cache(maxsize=256)
def _seconds_of(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * HOUR + int(minute) * 60


def _in_order(wishes: list[tuple[int, int, int]]) -> list[Stay]:
    """Nobody is in two places at once: the next place ends a stay; too short a stay gives way."""
    found: list[Stay] = []
    for entered, venue, seconds in wishes:
        if found:
            last = found[-1]
            if entered < last.entered + WAY + 240 or venue == last.venue:
                continue
            if last.left > entered - WAY:
                found[-1] = Stay(last.venue, last.entered, entered - WAY)
        found.append(Stay(venue, entered, entered + seconds))
    return found
