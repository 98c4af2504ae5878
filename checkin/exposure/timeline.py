"""What a lookup by person finds: who it can be, and where each of them was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.cases.models import kept_declaration
from checkin.declarations import queries as declarations
from checkin.exposure import queries
from checkin.exposure.listing import Person, person_from
from checkin.exposure.models import Lookup
from checkin.exposure.queries import StayRow
from checkin.people import queries as people
from checkin.places import queries as places
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.venues.models import Venue


@dataclass(frozen=True)
class Seen:
    """One visit on the time line."""

    stay: StayRow
    venue: Venue | None
    code: str | None
    zone: str | None


@dataclass(frozen=True)
class Told:
    """A declaration of somebody: its key, what of it is readable, and whether only a case still has it."""

    key: tuple[datetime, UUID]
    triage: str
    commune_id: str | None
    kept: bool


@dataclass(frozen=True)
class FoundPerson:
    """Somebody who agrees with what was asked, by what, and their visits, newest first."""

    id: UUID
    by: tuple[str, ...]
    same_accents: bool
    person: Person
    triage: str
    visits: tuple[Seen, ...]


def found_people(session: Session, vault: Vault, lookup: Lookup, *, most: int | None = None) -> list[FoundPerson]:
    """People who agree in any of what was asked: most agreement first, right accents before others."""
    matches = people.matching(
        session,
        id_index=lookup.id_index,
        phone_index=lookup.phone_index,
        name_index=lookup.name_index,
        limit=most,
    )
    if not matches:
        return []
    ids = [match.person_id for match in matches]
    stays = queries.stays_of(session, ids, lookup.start, lookup.end)
    kept = queries.kept_stays_of(session, ids, lookup.end, lookup.case_id)
    latest = _told_in(kept) | {
        person_id: Told((d.made_at, d.id), d.triage, d.commune_id, kept=False)
        for person_id, d in declarations.latest_of(session, ids).items()
    }
    opened = _opened(session, vault, latest.values())
    homes = places.names(session, {told.commune_id for told in latest.values() if told.commune_id})
    visits = seen(session, [*stays, *kept])
    asked = vault.open(lookup.asked) if lookup.asked else {}
    found = []
    for match in matches:
        declared = latest.get(match.person_id)
        details = opened.get(declared.key[1]) if declared else None
        found.append(
            FoundPerson(
                match.person_id,
                match.by,
                bool(details and details.get("full_name") == asked.get("full_name")),
                person_from(details, homes),
                declared.triage if declared else "none",
                tuple(visits.get(match.person_id, ())),
            )
        )
    found.sort(key=lambda person: (-len(person.by), not person.same_accents))
    return found


def _told_in(stays: Iterable[StayRow]) -> dict[UUID, Told]:
    """The newest declaration of each person that these kept stays go with."""
    found: dict[UUID, Told] = {}
    for stay in stays:
        if stay.declared_at and stay.declaration_id and stay.triage:
            told = Told((stay.declared_at, stay.declaration_id), stay.triage, stay.commune_id, kept=True)
            found[stay.person_id] = max(told, found.get(stay.person_id, told), key=lambda one: one.key)
    return found


def _opened(session: Session, vault: Vault, told: Iterable[Told]) -> dict[UUID, dict[str, Any] | None]:
    wanted = list(told)
    return declarations.opened(session, vault, [t.key for t in wanted if not t.kept]) | declarations.opened(
        session, vault, [t.key for t in wanted if t.kept], kept_declaration
    )


def seen(session: Session, rows: Sequence[StayRow]) -> dict[UUID, list[Seen]]:
    """These stays by person, with the names of their places, in their order."""
    venue_ids = {row.venue_id for row in rows}
    known = venues.names(session, venue_ids)
    codes = venues.own_codes(session, venue_ids)
    zones = venues.zone_names(session, list(venue_ids))
    by_person: dict[UUID, list[Seen]] = {}
    for row in rows:
        one = Seen(
            row,
            known.get(row.venue_id),
            codes.get(row.venue_id),
            zones.get(row.zone_id) if row.zone_id else None,
        )
        by_person.setdefault(row.person_id, []).append(one)
    return by_person
