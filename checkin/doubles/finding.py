"""The search for people who may be one: by what they share, block by block, never everybody with everybody.

What it costs grows with the people who are new and with whom they share something; blocks that are too large are
counted, not opened up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.declarations import queries as declarations
from checkin.doubles import queries, service
from checkin.doubles.likeness import Known, Limits, pairs
from checkin.doubles.queries import Told
from checkin.joins.models import PairScan
from checkin.rules import RuleSet
from checkin.vault import Vault

ACTOR = Actor.command("visits doubles")
# Rows of people that are looked at between two commits.
STEP = 2000


@dataclass
class Blocks:
    """What a search has met so far: blocks that were compared, and those too large to be."""

    done: set[Any] = field(default_factory=set)
    large: set[Any] = field(default_factory=set)
    largest: int = 0

    def small(self, kind: str, sizes: dict[Any, int], most: int) -> set[Any]:
        """Those of these blocks that are to be compared and were not yet."""
        for value, size in sizes.items():
            if size > most:
                self.large.add((kind, value))
                self.largest = max(self.largest, size)
        fresh = {value for value, size in sizes.items() if size <= most and (kind, value) not in self.done}
        self.done |= {(kind, value) for value in fresh}
        return fresh

    def asked(self, kind: str, values: Any) -> set[Any]:
        """Those of these values of which nothing is known yet."""
        return {value for value in values if (kind, value) not in self.done and (kind, value) not in self.large}


def find(
    session: Session, vault: Vault | None, *, now: datetime, rules: RuleSet, everybody: bool = False,
    say: Callable[[int], None] = lambda _rows: None,
) -> PairScan | None:  # fmt: skip
    """Look for pairs among those who are new since the last search, and whom they share something with; commits step by
    step. None where nobody is new. `everybody` looks at all of them anew. `vault` opens years of birth, where phones
    alone agree; without it none is known. `say` hears how many rows were looked at.
    """
    limits, blocks = Limits.of(rules["doubles"]), Blocks()
    last = queries.last_scan(session)
    again = timedelta(days=int(rules["doubles"]["again_days"]))
    after = UUID(int=0) if everybody or last is None else _first_id(last.at - again)
    people = found = 0
    while told := queries.people_after(session, after, STEP):
        if not people:
            service.record_search(session, now=now, actor=ACTOR)
            session.commit()
        after, people = told[-1].id, people + len(told)
        found += service.keep(session, now=now, found=_pairs(session, vault, told, limits, blocks))
        session.commit()
        say(people)
    if not people and not everybody:
        return None
    scan = service.record_scan(
        session, now=now, people=people, pairs=found, large=len(blocks.large), largest=blocks.largest
    )
    session.commit()
    return scan


def _first_id(moment: datetime) -> UUID:
    """Lower than every id made from then on; see `ids.new_id`."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _pairs(
    session: Session, vault: Vault | None, told: list[Told], limits: Limits, blocks: Blocks
) -> dict[tuple[UUID, UUID], int]:
    groups = list(_blocks(session, told, limits, blocks))
    known = queries.known(session, sorted({person for group in groups for person in group}))
    _read_years(session, vault, [known[person] for group in groups for person in group if len(group) > 1])
    found: dict[tuple[UUID, UUID], int] = {}
    for group in groups:
        found |= pairs([known[person] for person in group], limits.close_years)
    return found


def _blocks(session: Session, told: list[Told], limits: Limits, blocks: Blocks) -> Iterator[set[UUID]]:
    """The people of each block, small enough to be compared, that one of these rows is in."""
    for kind, most in (("id", limits.id), ("phone", limits.phone)):
        column = f"{kind}_index"
        values = blocks.asked(kind, {getattr(one, column) for one in told} - {b""})
        fresh = blocks.small(kind, queries.sizes(session, column, values), most) if values else set()
        if fresh:
            yield from queries.members(session, column, fresh).values()
    # Whoever shares a name with somebody of another commune shares nothing.
    mine = blocks.asked("name", {(one.name_index, one.commune_id) for one in told if one.commune_id})
    sizes = queries.sizes_by_commune(session, {name for name, _commune in mine}) if mine else {}
    wanted = blocks.small("name", {key: size for key, size in sizes.items() if key in mine}, limits.name)
    if wanted:
        yield from queries.namesakes(session, wanted).values()


def _read_years(session: Session, vault: Vault | None, people: list[Known]) -> None:
    """Open the year of birth of who shares a phone: it tells a mistyped name from a family."""
    if vault is None:
        return
    ids = list({person.id for person in people if person.phones})
    for start in range(0, len(ids), queries.BLOCK):
        latest = declarations.latest_of(session, ids[start : start + queries.BLOCK])
        opened = declarations.opened(session, vault, [(one.made_at, one.id) for one in latest.values()])
        years = {
            person: details.get("birth_year")
            for person, one in latest.items()
            if (details := opened.get(one.id)) is not None
        }
        for person in people:
            year = years.get(person.id)
            person.year = year if isinstance(year, int) else person.year
