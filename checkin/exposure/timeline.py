"""What a lookup by person finds: who it can be, and where each of them was."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

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
    latest = declarations.latest_of(session, ids)
    opened = declarations.opened(session, vault, [(d.made_at, d.id) for d in latest.values()])
    homes = places.names(session, {d.commune_id for d in latest.values() if d.commune_id})
    visits = _visits(session, ids, lookup)
    asked = vault.open(lookup.asked) if lookup.asked else {}
    found = []
    for match in matches:
        declared = latest.get(match.person_id)
        details = opened.get(declared.id) if declared else None
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


def _visits(session: Session, ids: list[UUID], lookup: Lookup) -> dict[UUID, list[Seen]]:
    rows = queries.stays_of(session, ids, lookup.start, lookup.end)
    venue_ids = {row.venue_id for row in rows}
    known = venues.names(session, venue_ids)
    codes = venues.own_codes(session, venue_ids)
    zones = venues.zone_names(session, list(venue_ids))
    by_person: dict[UUID, list[Seen]] = {}
    for row in rows:
        seen = Seen(
            row,
            known.get(row.venue_id),
            codes.get(row.venue_id),
            zones.get(row.zone_id) if row.zone_id else None,
        )
        by_person.setdefault(row.person_id, []).append(seen)
    return by_person
