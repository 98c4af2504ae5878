"""Stays for the tests of the overlap, and what the oracle and the product say of them in one form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from checkin.exposure import overlap
from checkin.exposure.overlap import Presence, Window
from tests.oracles.overlap import Met, who_was_there
from tests.oracles.overlap import Stay as Told

# 23:00 in the province, so that an hour later a new day begins there, and eight hours later one of UTC.
BASE = datetime(2026, 11, 19, 16, tzinfo=UTC)
CAP = 720


def at(minutes: float) -> datetime:
    """So many minutes after the base."""
    return BASE + timedelta(minutes=minutes)


def seconds(moment: datetime) -> int:
    """A moment as the oracle counts it."""
    return round((moment - BASE).total_seconds())


def person(number: int) -> UUID:
    """One of a few people."""
    return UUID(int=number + 1)


@dataclass(frozen=True)
class Row:
    """A visit as far as the lookup reads it. Where `left_at` is recorded it may lie before the latest end."""

    id: UUID
    person_id: UUID
    entered_at: datetime
    left_at: datetime | None
    until_likely: datetime
    until_latest: datetime
    where: str = "mall"
    zone: str | None = None


def row(
    number: int, who: int, entered: float, latest: float, *, left: float | None = None, likely: float | None = None
) -> Row:
    """A stay of person `who` in minutes after the base."""
    until = at(latest)
    return Row(
        UUID(int=number + 1000),
        person(who),
        at(entered),
        None if left is None else at(left),
        until if likely is None else at(likely),
        until,
    )


def told(rows: Iterable[Row]) -> list[Told]:
    """The stays as the oracle takes them."""
    return [
        Told(
            r.id, r.person_id, seconds(r.entered_at), seconds(r.left_at) if r.left_at else None, seconds(r.until_latest)
        )
        for r in rows
    ]


def as_met(found: Sequence[Presence]) -> list[Met]:
    """What the product found, in the oracle's form."""
    return [
        Met(p.person_id, p.certain_minutes, p.possible_minutes, frozenset(stay.id for stay in p.stays)) for p in found
    ]


def agree(rows: Sequence[Row], start: datetime, end: datetime, tick: int = 60) -> bool:
    """True when the product and the oracle say the same of these stays, in people, minutes, stays and order."""
    return as_met(overlap.presences(rows, Window(start, end))) == who_was_there(
        told(rows), seconds(start), seconds(end), tick
    )


def crowd(seed: int, *, people: int = 6, stays: int = 25, unit: float = 1) -> list[Row]:
    """Stays drawn by chance, always the same for the same seed; `unit` is the grain in minutes."""
    chance = Random(seed)
    made = []
    for number in range(stays):
        entered = chance.randrange(0, 240)
        length = chance.choice((0, chance.randrange(0, 60), chance.randrange(0, 240)))
        left = chance.choice((None, None, entered + chance.randint(0, length)))
        likely = entered + chance.randint(0, length)
        made.append(
            row(
                number,
                chance.randrange(people),
                entered * unit,
                (entered + length) * unit,
                left=None if left is None else left * unit,
                likely=likely * unit,
            )
        )
    return made
