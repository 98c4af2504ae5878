"""Towns drawn by chance, each by its number: venues inside venues, a case, and people at the edges of its stays.

Many towns are written and read together, since they share neither venues nor people; each is compared alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from checkin.exposure import queries, ranking
from checkin.exposure.overlap import Window, presences
from checkin.exposure.queries import Area
from checkin.venues import queries as venues
from checkin.venues.models import Venue
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter
from tests import factories
from tests.exposure.stays import CAP, as_met
from tests.oracles.overlap import Contact, Met, Stay, who_met, who_was_there

# Midnight in the province, where the next day's table begins too. Moments are microseconds after it.
MIDNIGHT = datetime(2026, 11, 19, 17, tzinfo=UTC)
MINUTE = 60_000_000
# How long a tick is: minutes, seconds, and three ticks that are a hair less and more than a minute.
TICKS = (MINUTE, 1_000_000, 19_999_999, 20_000_001)
AIRS = (0, 30, 120)
PLACES = 6
CASE = 0


@dataclass(frozen=True)
class Town:
    """Moments in ticks. The case is person 0, and its stays are among the stays."""

    number: int
    air: int
    parents: tuple[int | None, ...]
    stays: tuple[Stay, ...]
    asked: int  # a place, for the lookup by place

    @property
    def case(self) -> list[Stay]:
        return [stay for stay in self.stays if stay.person == self.person(CASE)]

    def venue(self, place: int) -> UUID:
        return UUID(int=(self.number + 1 << 40) + (1 << 32) + place)

    def person(self, number: int) -> UUID:
        return UUID(int=(self.number + 1 << 40) + (2 << 32) + number)

    @property
    def stands_in(self) -> dict[UUID, UUID]:
        return {self.venue(n): self.venue(p) for n, p in enumerate(self.parents) if p is not None}


def town(number: int, air: int) -> Town:
    """The town with this number, the same each time."""
    chance = Random(number)
    parents = tuple(chance.choice((None, *range(place))) if place else None for place in range(PLACES))
    made = Town(number, air, parents, (), chance.randrange(PLACES))
    # (person, place, entered, length, whether the end was recorded)
    drawn = [
        (CASE, chance.randrange(PLACES), chance.randint(-CAP, 1500), _length(chance), chance.random() < 0.6)
        for _ in range(chance.randint(1, 4))
    ]
    own = list(drawn)
    for _ in range(chance.randint(4, 14)):
        _, place, came, stayed, _ = chance.choice(own)
        length = _length(chance)
        entered = chance.choice(
            (
                came + stayed + air,  # at the last moment
                came + stayed + air + 1,
                came - length,  # until the first moment
                came - length - 1,
                came + chance.randint(-60, 60),
                came + chance.randint(-60, 60),
                chance.choice((0, -length)),  # from, or until midnight
                chance.randint(-CAP, 1500),
            )
        )
        if chance.random() < 0.3:
            place = chance.randrange(PLACES)
        drawn.append((chance.randint(1, 5), place, entered, length, chance.random() < 0.5))
    stays = tuple(
        Stay(
            UUID(int=(number + 1 << 40) + (3 << 32) + n),
            made.person(who),
            entered,
            entered + length if recorded else None,
            entered + length,
            made.venue(place),
        )
        for n, (who, place, entered, length, recorded) in enumerate(drawn)
    )
    return Town(number, air, parents, stays, made.asked)


def _length(chance: Random) -> int:
    return chance.choice((0, chance.randint(1, 90), chance.randint(1, 90), chance.randint(1, CAP), CAP))


@dataclass(frozen=True)
class Batch:
    """Towns that are written and read together, in the same ticks."""

    number: int
    size: int

    @property
    def tick(self) -> int:
        return TICKS[self.number % len(TICKS)]

    @property
    def air(self) -> int:
        return AIRS[self.number % len(AIRS)]

    @property
    def window(self) -> tuple[int, int]:
        chance = Random(-self.number)
        start = chance.choice((0, chance.randint(-CAP, 1500)))
        return start, start + chance.choice((0, chance.randint(0, 60), chance.randint(0, 1440)))

    @lru_cache(maxsize=16)  # noqa: B019 - a few batches are compared again and again
    def towns(self) -> list[Town]:
        return [town(self.number * self.size + n, self.air) for n in range(self.size)]

    def at(self, ticks: int) -> datetime:
        return MIDNIGHT + timedelta(microseconds=ticks * self.tick)


# What is said of a town: its contacts, and who was at the asked place in the window.
Said = tuple[list[Contact], list[Met]]


def by_the_oracle(batch: Batch) -> list[Said]:
    """What the oracle says of each town; in ticks, as the product's answer is made to be."""
    said = []
    for made in batch.towns():
        stays = [_ticked(stay, batch.tick) for stay in made.stays]
        case = [stay for stay in stays if stay.person == made.person(CASE)]
        met = who_met(stays, case, made.stands_in, made.air * batch.tick, batch.tick, MINUTE)
        asked, inside = made.venue(made.asked), []
        for stay in stays:
            place = stay.where
            while place is not None and place != asked:
                place = made.stands_in.get(place)
            if place is not None:
                inside.append(stay)
        start, end = (moment * batch.tick for moment in batch.window)
        said.append((met, who_was_there(inside, start, end, batch.tick, MINUTE)))
    return said


def _ticked(stay: Stay, tick: int) -> Stay:
    left = None if stay.left is None else stay.left * tick
    return stay._replace(entered=stay.entered * tick, left=left, latest=stay.latest * tick)


def write(session: Any, batch: Batch) -> None:
    """Write the towns of a batch straight into the tables."""
    towns = batch.towns()
    session.execute(
        sa.insert(Venue.__table__),
        [
            {
                "id": made.venue(place),
                "name": "",
                "name_fold": "",
                "kind": "shop",
                "address": "",
                "commune_id": factories.HONG_GAI,
                "parent_id": None if parent is None else made.venue(parent),
                "state": "active",
                "registered_at": MIDNIGHT,
            }
            for made in towns
            for place, parent in enumerate(made.parents)
        ],
    )
    session.execute(
        sa.insert(Visit.__table__),
        [
            {
                "id": stay.id,
                "entered_at": batch.at(stay.entered),
                "venue_id": stay.where,
                "person_id": stay.person,
                "left_at": None if stay.left is None else batch.at(stay.left),
                "end_set_by": "guessed" if stay.left is None else "visitor",
                # Not what anything is matched on, unless by a slip.
                "until_likely": batch.at((stay.entered + stay.latest) // 2 if stay.left is None else stay.left),
                "until_latest": batch.at(stay.latest),
                "channel": "own_phone",
                "masked_name": "",
            }
            for made in towns
            for stay in made.stays
        ],
    )


def asked_of(session: Any, batch: Batch) -> dict[str, Any]:
    """The arguments by which the product is asked for the contacts of all cases of a batch at once."""
    towns = batch.towns()
    inside = venues.inside_each(session, {stay.where for made in towns for stay in made.case})
    return {
        "encounters": [
            Encounter(inside[stay.where], batch.at(stay.entered), batch.at(stay.latest), stay.left is not None)
            for made in towns
            for stay in made.case
        ],
        "air": timedelta(microseconds=batch.air * batch.tick),
        "cap": timedelta(microseconds=CAP * batch.tick),
        "excluding": [made.person(CASE) for made in towns],
    }


def by_the_product(session: Any, batch: Batch) -> list[Said]:
    """What the product reads of each town that was written."""
    found = ranking.contacts(session, **asked_of(session, batch), first=0, limit=100 * batch.size)
    if (found.total, found.certain) != (len(found.people), sum(one.certain_minutes > 0 for one in found.people)):
        return []
    people: dict[int, list[Contact]] = {}
    for one in found.people:
        contact = Contact(
            one.person_id, one.certain_minutes, one.possible_minutes, one.encounters, _moment(one.first_at)
        )
        people.setdefault(_town_of(one.person_id), []).append(contact)
    inside = venues.inside_each(session, [made.venue(made.asked) for made in batch.towns()])
    area = {venue for those in inside.values() for venue in those}
    window = Window(*(batch.at(moment) for moment in batch.window))
    cap = timedelta(microseconds=CAP * batch.tick)
    there: dict[int, list[Met]] = {}
    for met in as_met(presences(queries.stays_at(session, Area(tuple(area)), window.start, window.end, cap), window)):
        there.setdefault(_town_of(met.person), []).append(met)
    return [(people.get(made.number, []), there.get(made.number, [])) for made in batch.towns()]


def _town_of(person: Any) -> int:
    return (person.int >> 40) - 1


def _moment(moment: datetime) -> int:
    return round((moment - MIDNIGHT) / timedelta(microseconds=1))


def differing(batch: Batch, right: list[Said], found: list[Said]) -> list[int]:
    """Numbers of the towns of which something else was said than is right: `town(number, air)` is one of them."""
    first = batch.number * batch.size
    if len(found) != len(right):
        return list(range(first, first + batch.size))
    return [first + n for n, (one, other) in enumerate(zip(right, found, strict=True)) if one != other]


def edges(towns: Iterable[Town]) -> Counter[str]:
    """In how many of the towns each edge lies."""
    found: Counter[str] = Counter()
    for made in towns:
        case = made.case
        others = [stay for stay in made.stays if stay.person != made.person(CASE)]
        here = [(own, other) for own in case for other in others if own.where == other.where]
        within = [
            (own, other)
            for own in case
            for other in others
            if made.stands_in.get(other.where) == own.where  # one level
        ]
        met = [
            (own, other)
            for own, other in here
            if other.entered <= own.latest + made.air and other.latest >= own.entered
        ]
        once = Counter(other.person for _, other in met)
        for name, there in {
            "came when the case left": any(other.entered == own.latest + made.air for own, other in here),
            "came a moment later": any(other.entered == own.latest + made.air + 1 for own, other in here),
            "left when the case came": any(other.latest == own.entered for own, other in here),
            "left a moment earlier": any(other.latest == own.entered - 1 for own, other in here),
            "over midnight": any(own.entered < 0 < own.latest for own in case),
            "from midnight": any(other.entered == 0 for _, other in met),
            "until midnight": any(other.latest == 0 for _, other in met),
            "no recorded end": any(other.left is None for _, other in met),
            "no recorded end of the case": any(own.left is None for own, _ in met),
            "no length": any(other.latest == other.entered for _, other in met),
            "as long as the longest": any(other.latest - other.entered == CAP for _, other in met),
            "the longest, at its last moment": any(
                other.latest - other.entered == CAP and other.latest == own.entered for own, other in here
            ),
            "in the air alone": any(other.entered > own.latest for own, other in met),
            "a venue inside": any(
                other.entered <= own.latest + made.air and other.latest >= own.entered for own, other in within
            ),
            "several times": any(times > 1 for times in once.values()),
            "nobody met": not met and not within,
        }.items():
            found[name] += there
    return found
