"""Storing the rows of the demo province in batches: memory stays flat, whatever the number of visits."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.declarations import service as declarations
from checkin.declarations.models import Declaration
from checkin.declarations.told import Identity, Told
from checkin.demo.generate import World
from checkin.demo.rows import VenueRow, VisitRow
from checkin.fold import fold
from checkin.ids import new_id
from checkin.people import service as people
from checkin.people.identity import indexes
from checkin.people.models import Person
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.codes import new_code
from checkin.venues.finding import searched
from checkin.venues.models import CLOSED, SUSPENDED, Code, Venue, Zone
from checkin.venues.plates import normalise_plate
from checkin.visits import service as visits
from checkin.visits.models import DESK, ELSEWHERE, GUESSED, VISITOR, Visit
from checkin.visits.stays import Guess, guess_end

BATCH = 1000
REISSUED_DAYS_AGO = 4
_NOBODY = bytes(16)


@dataclass(frozen=True)
class Placed:
    """Where the venues of a world went: ids, the ids of zones, and the code of each venue as a whole."""

    venues: list[UUID]
    zones: list[list[UUID]]
    codes: list[str]


def write_venues(session: Session, vault: Vault, world: World, owner_id: UUID | None) -> Placed:
    """Store venues, zones and codes; `owner_id` gets those that the demo owner has."""
    placed = Placed([], [], [])
    waiting: dict[sa.Table, list[dict[str, Any]]] = {_table(m): [] for m in (Venue, Zone, Code)}
    issued: set[str] = set()
    for row in world.venues:
        registered = world.now - timedelta(days=row.registered_days_ago)
        venue_id = new_id(registered)
        waiting[_table(Venue)].append(_venue(vault, row, venue_id, registered, placed, owner_id))
        zone_ids = [new_id(registered) for _ in row.zones]
        waiting[_table(Zone)] += [
            {
                "id": i,
                "venue_id": venue_id,
                "name": name,
                "name_fold": fold(name)[:100],
                "default_minutes": None,
            }
            for i, name in zip(zone_ids, row.zones, strict=True)
        ]
        placed.venues.append(venue_id)
        placed.zones.append(zone_ids)
        codes = list(_codes(world.now, row, venue_id, zone_ids, registered, issued))
        placed.codes.append(codes[0]["code"])
        waiting[_table(Code)] += codes
        if len(waiting[_table(Venue)]) >= BATCH:
            _flush(session, waiting)
    _flush(session, waiting)
    return placed


def write_visits(
    session: Session,
    vault: Vault,
    world: World,
    placed: Placed,
    rules_on: Callable[[date], RuleSet],
    after_batch: Callable[[int], None],
) -> int:
    """Store people, declarations and visits; returns the number of visits.

    `after_batch` is told how many visits are stored; it may commit.
    """
    today = clock.to_local(world.now).date()
    for ago in range(world.days + 1):
        visits.open_day(session, today - timedelta(days=ago))
    writer = _Writer(session, vault, world, placed, rules_on)
    for count, row in enumerate(world.visits(), start=1):
        writer.add(row)
        if count % BATCH == 0:
            writer.flush()
            after_batch(count)
    writer.flush()
    return writer.count


class _Writer:
    def __init__(
        self,
        session: Session,
        vault: Vault,
        world: World,
        placed: Placed,
        rules_on: Callable[[date], RuleSet],
    ) -> None:
        self.session, self.vault, self.world, self.placed, self.rules_on = (
            session,
            vault,
            world,
            placed,
            rules_on,
        )
        self.count = 0
        # Sixteen bytes for each of the pool instead of a dictionary: a million people fit in 16 MB.
        self.known = bytearray(16 * (world.people.size + len(world.people.cast)))
        # A device is a random secret: nobody can make the cookie of one from its number.
        self.salt = secrets.token_hex(16)
        self.group: tuple[int, UUID] = (0, UUID(int=0))
        self.waiting: dict[sa.Table, list[dict[str, Any]]] = {_table(m): [] for m in (Person, Declaration, Visit)}
        self.device = lru_cache(maxsize=8192)(self._device)
        self.who = lru_cache(maxsize=8192)(self._who)

    def add(self, row: VisitRow) -> None:
        who = self.who(row.person)
        person_id = self._person(row.person, who, row.entered_at)
        rules = self.rules_on(clock.to_local(row.entered_at).date())
        declaration = None
        if row.answers is not None:
            declaration = new_id(row.entered_at), row.entered_at
            self.waiting[_table(Declaration)].append(
                declarations.row(
                    self.vault,
                    declaration_id=declaration[0],
                    made_at=row.entered_at,
                    person_id=person_id,
                    rules=rules,
                    told=Told(who=who, answers=row.answers, travel_where=row.travel_where),
                )
            )
        if self.group[0] != row.group:
            self.group = row.group, new_id(row.entered_at)
        left, end_set_by, guess = self._end(row, rules)
        self.waiting[_table(Visit)].append(
            visits.row(
                visit_id=new_id(row.entered_at),
                entered_at=row.entered_at,
                venue_id=self.placed.venues[row.venue],
                zone_id=None if row.zone is None else self.placed.zones[row.venue][row.zone],
                person_id=person_id,
                declaration=declaration,
                guess=guess,
                left_at=left,
                end_set_by=end_set_by,
                channel=row.channel,
                device=None if row.device is None else self.device(row.device),
                group_id=self.group[1],
                full_name=who.full_name,
            )
        )
        self.count += 1

    def flush(self) -> None:
        _flush(self.session, self.waiting)

    def _who(self, number: int) -> Identity:
        return self.world.people.person(number).who

    def _device(self, number: int) -> bytes:
        return self.vault.device(f"{self.salt}:{number}")

    def _person(self, number: int, who: Identity, now: datetime) -> UUID:
        place = slice(16 * number, 16 * number + 16)
        if self.known[place] != _NOBODY:
            return UUID(bytes=bytes(self.known[place]))
        person_id = new_id(now)
        self.known[place] = person_id.bytes
        told = indexes(
            self.vault,
            full_name=who.full_name,
            birth_year=who.birth_year,
            id_number=who.id_number,
            phone=who.phone,
        )
        self.waiting[_table(Person)].append(
            people.row(person_id=person_id, told=told, same_as=None, commune_id=who.commune_id, now=now)
        )
        return person_id

    def _end(self, row: VisitRow, rules: RuleSet) -> tuple[datetime | None, str, Guess]:
        """The end as the visit store would have it: a record, an arrival elsewhere, or a guess."""
        venue = self.world.venues[row.venue]
        guess = guess_end(
            rules,
            entered_at=row.entered_at,
            kind=venue.kind,
            own_minutes=venue.default_minutes,
            closes_at=venue.closes_at,
        )
        if row.left_at is not None and row.left_at <= guess.latest:
            return row.left_at, DESK if row.left_by == "desk" else VISITOR, Guess(row.left_at, row.left_at)
        if row.elsewhere_at is not None and row.elsewhere_at <= guess.latest:
            return None, ELSEWHERE, Guess(min(guess.likely, row.elsewhere_at), row.elsewhere_at)
        return None, GUESSED, guess


def _venue(
    vault: Vault, row: VenueRow, venue_id: UUID, registered: datetime, placed: Placed, owner_id: UUID | None
) -> dict[str, Any]:
    return {
        "id": venue_id,
        "name": row.name,
        "name_fold": fold(row.name)[:200],
        "kind": row.kind,
        "address": row.address,
        "search_fold": searched(row.name, row.address),
        "commune_id": row.commune_id,
        "parent_id": None if row.parent is None else placed.venues[row.parent],
        "plate": normalise_plate(row.plate) if row.plate else None,
        "latitude": row.latitude,
        "longitude": row.longitude,
        "opens_at": row.opens_at,
        "closes_at": row.closes_at,
        "default_minutes": row.default_minutes,
        "state": row.state,
        "suspended_at": registered if row.state == SUSPENDED else None,
        "closed_at": registered if row.state == CLOSED else None,
        "owner_id": owner_id if row.owned else None,
        "contact": vault.lock("owner", {"phone": row.phone}),
        "registered_at": registered,
    }


def _codes(
    now: datetime, row: VenueRow, venue_id: UUID, zone_ids: list[UUID], registered: datetime, issued: set[str]
) -> list[dict[str, Any]]:
    """The codes of a venue and its zones, the one in force of the venue itself first."""
    changed = now - timedelta(days=REISSUED_DAYS_AGO)
    again = row.reissued and registered < changed
    found = []
    for zone_id in (None, *zone_ids):
        found.append(_code(issued, venue_id, zone_id, changed if again else registered, None))
    if again:
        found += [_code(issued, venue_id, zone_id, registered, changed) for zone_id in (None, *zone_ids)]
    return found


def _code(
    issued: set[str], venue_id: UUID, zone_id: UUID | None, since: datetime, revoked: datetime | None
) -> dict[str, Any]:
    while (code := new_code()) in issued:
        pass
    issued.add(code)
    return {"code": code, "venue_id": venue_id, "zone_id": zone_id, "issued_at": since, "revoked_at": revoked}


def _flush(session: Session, waiting: dict[sa.Table, list[dict[str, Any]]]) -> None:
    for table, rows in waiting.items():
        if rows:
            session.execute(sa.insert(table), rows)
            rows.clear()


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table
