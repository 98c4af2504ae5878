"""Which cases of one disease were at one venue at times that lie near one another: pure rules.

Two stays of different people belong together where no more than so many days lie between the end of one and the
beginning of the other. Whatever hangs together by such pairs is one group. Where fewer of its people hang together
within one zone of the venue they are a group besides: a large venue is seen as a whole, and each part of it too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID


@dataclass(frozen=True)
class Limits:
    """When cases that share a venue are a signal; the section `clusters` of the rules `signals`."""

    cases_least: int
    days_back: int
    apart: Mapping[str, timedelta]
    else_apart: timedelta

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Limits":
        """The limits of a rule file. Raises ValueError, KeyError or TypeError where they cannot be used."""
        days = {str(name): number for name, number in data["disease"].items()}
        numbers = [data["days_apart"], data["days_back"], *days.values()]
        if not all(isinstance(number, int) and 0 < number <= 366 for number in numbers):
            raise ValueError("clusters: days_apart, days_back and the days of each disease are from 1 to 366")
        if not (isinstance(data["cases_least"], int) and data["cases_least"] >= 2):
            raise ValueError("clusters: cases_least is at least 2")
        apart = {name: timedelta(days=number) for name, number in days.items()}
        return cls(data["cases_least"], data["days_back"], apart, timedelta(days=data["days_apart"]))

    def of(self, disease: str) -> timedelta:
        """How far apart two stays can lie that belong together."""
        return self.apart.get(disease, self.else_apart)


class Stay(NamedTuple):
    """A stay of a case, kept or `told`; `who` is the same for all cases of one person and says nothing else of them."""

    disease: str
    venue_id: UUID
    entered_at: datetime
    until: datetime
    recorded: bool
    zone_id: UUID | None
    seq: int
    who: int
    told: bool = False

    @property
    def left_at(self) -> datetime | None:
        """When they left, where that was recorded or told."""
        return self.until if self.recorded else None

    @property
    def until_latest(self) -> datetime:
        """The latest that they can have left."""
        return self.until


@dataclass(frozen=True)
class Group:
    """Stays that hang together, by entry."""

    stays: tuple[Stay, ...]

    @property
    def people(self) -> int:
        """How many different people who are cases."""
        return len({stay.who for stay in self.stays})

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the first entry to the last end."""
        return self.stays[0].entered_at, max(stay.until for stay in self.stays)

    @property
    def zone_id(self) -> UUID | None:
        """The one zone where everybody was, where there is one."""
        there: dict[UUID | None, set[int]] = {}
        for stay in self.stays:
            there.setdefault(stay.zone_id, set()).add(stay.who)
        zones = [zone_id for zone_id, who in there.items() if zone_id is not None and len(who) == self.people]
        return zones[0] if len(zones) == 1 else None

    @property
    def gap_minutes(self) -> int:
        """Whole minutes between the nearest two stays of different people; 0 where they can have met."""
        # Two of the latest ends so far, of different people: one of them is of somebody else.
        ends: dict[int, datetime] = {}
        least: timedelta | None = None
        for stay in self.stays:
            others = [until for who, until in ends.items() if who != stay.who]
            if others:
                gap = max(stay.entered_at - max(others), timedelta())
                least = gap if least is None or gap < least else least
            ends[stay.who] = max(stay.until, ends.get(stay.who, stay.until))
            if len(ends) > 2:
                del ends[min(ends, key=lambda who: ends[who])]
        return (least or timedelta()) // timedelta(minutes=1)


def groups(stays: Iterable[Stay], limits: Limits) -> list[Group]:
    """The groups of enough people, by disease and venue, and by zone where that is some of them; the most people first,
    then the nearest, then by entry."""
    found: list[Group] = []
    ordered = sorted(stays, key=lambda stay: (stay.disease, stay.venue_id, stay.entered_at, stay.until, stay.seq))
    for (disease, _), of_venue in groupby(ordered, key=lambda stay: stay[:2]):
        here, apart = list(of_venue), limits.of(disease)
        whole = _hanging_together(here, apart)
        found += whole
        for zone_id in {stay.zone_id for stay in here} - {None}:
            for part in _hanging_together((stay for stay in here if stay.zone_id == zone_id), apart):
                around = next(group for group in whole if part.stays[0] in group.stays)
                if part.people < around.people and around.zone_id != zone_id:
                    found.append(part)
    return sorted((group for group in found if group.people >= limits.cases_least), key=rank)


def rank(group: Group) -> tuple[int, int, datetime, str, str]:
    """The order in which groups are listed."""
    first = group.stays[0]
    return -group.people, group.gap_minutes, first.entered_at, str(first.venue_id), str(group.zone_id or "")


def _hanging_together(stays: Iterable[Stay], apart: timedelta) -> list[Group]:
    """By entry: those that still reach a stay reach one another, so that they are one group or one person."""
    found: list[list[Stay]] = []
    reaching: list[tuple[Stay, list[Stay] | None]] = []
    for stay in stays:
        reaching = [(one, group) for one, group in reaching if one.until + apart >= stay.entered_at]
        mine: list[Stay] | None = None
        if any(one.who != stay.who for one, _ in reaching):
            mine = next((group for _, group in reaching if group is not None), None)
            if mine is None:
                mine = []
                found.append(mine)
            mine += [one for one, group in reaching if group is None]
            mine.append(stay)
            reaching = [(one, mine) for one, _ in reaching]
        reaching.append((stay, mine))
    return [Group(tuple(sorted(group, key=lambda stay: (stay.entered_at, stay.until, stay.seq)))) for group in found]
