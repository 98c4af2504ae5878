"""The stays of a signal folded into a line for each person, and into how many people were in each zone: pure rules."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from checkin import clock
from checkin.clusters.shared import Stay


@dataclass(frozen=True)
class Person:
    """Somebody who is a case: under which numbers, on which days how many stays, and how many of all were told."""

    seqs: tuple[int, ...]
    days: tuple[tuple[date, int], ...]
    stays: int
    told: int
    zones: tuple[UUID, ...]


def people(stays: Sequence[Stay]) -> list[Person]:
    """A line for each person, who came first first."""
    theirs: dict[int, list[Stay]] = {}
    for stay in sorted(stays, key=lambda one: (one.entered_at, one.seq)):
        theirs.setdefault(stay.who, []).append(stay)
    return [_person(some) for some in theirs.values()]


def _person(stays: Sequence[Stay]) -> Person:
    days = Counter(clock.to_local(stay.entered_at).date() for stay in stays)
    return Person(
        tuple(sorted({stay.seq for stay in stays})),
        tuple(sorted(days.items())),
        len(stays),
        sum(stay.told for stay in stays),
        tuple(dict.fromkeys(stay.zone_id for stay in stays if stay.zone_id is not None)),
    )


def by_zone(stays: Iterable[Stay]) -> list[tuple[UUID | None, int]]:
    """How many people were in each zone, the most first; None for where no zone is known."""
    found: dict[UUID | None, set[int]] = {}
    for stay in stays:
        found.setdefault(stay.zone_id, set()).add(stay.who)
    counted = [(zone_id, len(people)) for zone_id, people in found.items()]
    return sorted(counted, key=lambda one: (one[0] is None, -one[1], str(one[0])))
