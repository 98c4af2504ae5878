"""The towns of `towns.py` with kinds of venues, zones, rules drawn by chance, and somebody who was with the case all along."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from checkin.exposure import scored
from checkin.exposure.scoring import Weights
from checkin.venues import queries as venues
from checkin.venues.models import Venue
from checkin.visits.models import Visit
from tests.exposure.stays import CAP
from tests.exposure.towns import CASE, MINUTE, PLACES, Batch, Town, _moment, _ticked, _town_of, write
from tests.oracles.overlap import Contact, Stay
from tests.oracles.ranking import Ranked, beside_one_another, ranked, zones_of

COMPANION = 9


@dataclass(frozen=True)
class Province:
    """A batch of towns, some with a companion of the case, and the section of the rules as a file would hold it."""

    number: int
    size: int

    @property
    def batch(self) -> Batch:
        return _Planted(self.number, self.size)

    @property
    def rule(self) -> dict[str, Any]:
        """Weights drawn by chance: what holds for one set of numbers may hold by accident."""
        chance = Random(f"rule {self.number}")
        steps = [[1, 5], [chance.randint(2, 30), 10], [chance.randint(31, 90), 20], [chance.randint(91, 300), 30]]
        return {
            "certain": steps,
            "possible": [[chance.randint(1, 5), 3], [chance.randint(6, 60), 9]],
            "close_minutes": 15,
            "again": chance.randint(0, 4),
            "again_most": chance.randint(0, 3),
            "same_zone": chance.randint(1, 15),
            "indoor_points": 6,
            "indoor": ["shop", "bar", "food"],
            "crowd_points": chance.randint(1, 5),
            "crowd_per_hour": chance.randint(1, 6),
            # In every other province all places are alike.
            "kinds": {} if self.number % 2 else {"bar": 7, "market": 4},
            "bands": {"high": 40, "medium": 20},
        }

    @property
    def kinds(self) -> dict[UUID, str]:
        chance = Random(f"kinds {self.number}")
        some = ["shop"] if self.number % 2 else ["shop", "bar", "food", "market", "office"]
        return {made.venue(place): chance.choice(some) for made in self.batch.towns() for place in range(PLACES)}

    @property
    def zones(self) -> dict[UUID, UUID | None]:
        """By stay: two zones and the door of each venue; the companion is where the case is."""
        chance, found = Random(f"zones {self.number}"), {}
        for made in self.batch.towns():
            for stay in made.stays:
                zone = chance.choice((None, 1, 2))
                found[stay.id] = None if zone is None or self.number % 5 == 4 else UUID(int=stay.where.int * 8 + zone)
            for stay in made.stays:
                if stay.person == made.person(COMPANION):
                    found[stay.id] = found[UUID(int=stay.id.int - 500)]
        return found


class _Planted(Batch):
    @lru_cache(maxsize=8)  # noqa: B019 - a few batches are compared again and again
    def towns(self) -> list[Town]:
        return [_planted(made, self.air) for made in super().towns()]


def _planted(made: Town, air: int) -> Town:
    """In many towns somebody came with the case each time and stayed until the air was clear."""
    # Nobody stays longer than the longest stay there is.
    if any(own.latest + air - own.entered > CAP for own in made.case):
        return made
    beside = tuple(
        Stay(
            UUID(int=own.id.int + 500),
            made.person(COMPANION),
            own.entered,
            own.latest + air if own.left is not None else None,
            own.latest + air,
            own.where,
        )
        for own in made.case
    )
    return replace(made, stays=made.stays + beside)


Said = list[list[Ranked]]


def by_the_oracle(province: Province) -> Said:
    """What the oracle says of each town, in microseconds."""
    batch, said, kinds, zones, rule = province.batch, [], province.kinds, province.zones, province.rule
    for made in batch.towns():
        stays = [_ticked(stay, batch.tick) for stay in made.stays]
        case = [stay for stay in stays if stay.person == made.person(CASE)]
        how = (made.stands_in, kinds, zones, made.air * batch.tick, batch.tick, MINUTE, rule)
        said.append(ranked(stays, case, *how))
    return said


def fill(session: Any, province: Province) -> None:
    """Write a province straight into the tables."""
    write(session, province.batch)
    kinds, zones = province.kinds, province.zones
    venue, visit = Venue.__table__, Visit.__table__
    for table, column, values in ((venue, venue.c.kind, kinds), (visit, visit.c.zone_id, zones)):
        change = sa.update(table).where(table.c.id == sa.bindparam("which")).values({column.name: sa.bindparam("to")})
        session.connection().execute(change, [{"which": key, "to": value} for key, value in values.items()])


def asked(session: Any, province: Province) -> Iterator[tuple[Town, scored.Question]]:
    """Each town with what the product is asked of its case."""
    batch, zones = province.batch, province.zones
    towns = batch.towns()
    inside = venues.inside_each(session, {stay.where for made in towns for stay in made.case})
    weights = Weights.from_dict(province.rule)
    for made in towns:
        encounters = [
            scored.Encounter(
                inside[stay.where], batch.at(stay.entered), batch.at(stay.latest), stay.left is not None, zones[stay.id]
            )
            for stay in made.case
        ]
        at = {v for e in encounters for v in e.venue_ids}
        yield (
            made,
            scored.Question(
                encounters,
                air=timedelta(microseconds=batch.air * batch.tick),
                cap=timedelta(microseconds=CAP * batch.tick),
                excluding=[made.person(CASE)],
                kinds={one.id: one.kind for one in venues.names(session, at).values()},
                weights=weights,
            ),
        )


def by_the_product(session: Any, province: Province, way: Any = None) -> Said:
    """What the product reads of each town, ranked anew or the `way` that is given."""
    said = []
    for made, question in asked(session, province):
        found = (way or scored.contacts)(session, question, first=0, limit=100)
        if (found.total, found.shown) != (len(found.people), len(found.people)):
            return []
        said.append(
            [
                Ranked(
                    Contact(p.person_id, p.certain_minutes, p.possible_minutes, p.encounters, _moment(p.first_at)),
                    p.same_zone,
                    p.setting,
                    p.crowded,
                    p.score,
                )
                for p in found.people
            ]
        )
        assert all(_town_of(p.person_id) == made.number for p in found.people)
    return said


CUTS = ({}, {"minutes": "sure"}, {"band": "low"}, {"zone": "other", "minutes": "may_close"})


def wrong_zones(session: Any, province: Province) -> tuple[int, int]:
    """How many people the oracle finds in zones, over all towns and CUTS; and in how many of the questions the product
    says otherwise: how many are in each zone, who is in one that is chosen, and how many on its pages."""
    batch, zones, rule, people, wrong = province.batch, province.zones, province.rule, 0, 0
    for (made, question), right in zip(asked(session, province), by_the_oracle(province), strict=True):
        stays = [_ticked(stay, batch.tick) for stay in made.stays]
        case = [stay for stay in stays if stay.person == made.person(CASE)]
        there = zones_of(beside_one_another(stays, case, made.stands_in, made.air * batch.tick), zones)
        for cut in CUTS:
            fits = [one for one in right if _fits(one, cut, rule)]
            counted = Counter(zone for one in fits for zone in there.get(one.met.person, ()))
            whole = scored.contacts(session, question, first=0, limit=1, by_zone=True, cut=scored.Cut(**cut))
            wrong += (whole.zones, whole.anywhere) != (counted, len(fits))
            people += sum(counted.values())
            for zone in [*list(counted)[:2], UUID(int=1)]:
                chosen = scored.Cut(**cut, at=str(zone))
                theirs = [one.met.person for one in fits if zone in there.get(one.met.person, ())]
                pages = [
                    scored.contacts(session, question, first=first, limit=2, by_zone=True, cut=chosen)
                    for first in range(0, len(theirs) + 1, 2)
                ]
                listed = [one.person_id for page in pages for one in page.people]
                wrong += listed != theirs or any(
                    (page.shown, page.anywhere, page.zones) != (len(theirs), len(fits), counted) for page in pages
                )
    return people, wrong


def _fits(one: Ranked, cut: dict[str, str], rule: dict[str, Any]) -> bool:
    return (
        (cut.get("zone") != "other" or not one.same_zone)
        and (cut.get("minutes") != "sure" or one.met.certain > 0)
        and (cut.get("minutes") != "may_close" or one.met.possible >= rule["close_minutes"])
        and (cut.get("band") != "low" or one.score < rule["bands"]["medium"])
    )


def differing(right: Said, found: Said) -> list[int]:
    """Which towns were said to be otherwise than is right, counted within the province."""
    if len(right) != len(found):
        return list(range(len(right)))
    return [number for number, (one, other) in enumerate(zip(right, found, strict=True)) if one != other]
