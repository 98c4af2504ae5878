"""What a lookup by person finds: who it can be, and where each of them was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.cases.models import kept_declaration, kept_visit
from checkin.declarations import queries as declarations
from checkin.exposure import groups, queries
from checkin.exposure.groups import Group
from checkin.exposure.listing import Person, person_from
from checkin.exposure.models import Lookup
from checkin.exposure.queries import StayRow
from checkin.joins import queries as joins
from checkin.people import queries as people
from checkin.people.queries import Match
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
    group: Group | None = None


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
    # Of how many people, where some were joined.
    joined: int = 1


def found_people(session: Session, vault: Vault, lookup: Lookup, *, most: int | None = None) -> list[FoundPerson]:
    """People who agree in any of what was asked: most agreement first, right accents before others."""
    matched = people.matching(
        session,
        id_index=lookup.id_index,
        phone_index=lookup.phone_index,
        name_index=lookup.name_index,
        limit=most,
    )
    if not matched:
        return []
    matches, main_of = _folded(session, matched)
    ids = list(main_of)
    stays = queries.stays_of(session, ids, lookup.start, lookup.end)
    kept = queries.kept_stays_of(session, ids, lookup.end, lookup.case_id)
    told = latest_told(session, ids, kept)
    latest: dict[UUID, Told] = {}
    for person_id, one in told.items():
        latest[main_of[person_id]] = max(one, latest.get(main_of[person_id], one), key=lambda it: (not it.kept, it.key))
    opened = opened_told(session, vault, latest.values())
    homes = places.names(session, {told.commune_id for told in latest.values() if told.commune_id})
    visits = seen(session, [replace(stay, person_id=main_of[stay.person_id]) for stay in (*stays, *kept)])
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
                sum(main == match.person_id for main in main_of.values()),
            )
        )
    found.sort(key=lambda person: (-len(person.by), not person.same_accents))
    return found


def _folded(session: Session, matched: Sequence[Match]) -> tuple[list[Match], dict[UUID, UUID]]:
    """The people that were found, those who were joined as one; and of everybody who belongs to them the main one."""
    groups = joins.groups_of(session, [match.person_id for match in matched])
    by: dict[UUID, list[str]] = {}
    for match in matched:
        by.setdefault(groups[match.person_id].main, []).extend(match.by)
    main_of = {member: group.main for group in groups.values() for member in group.members}
    order = ("id_number", "phone", "name")
    return [Match(main, tuple(sorted(set(names), key=order.index))) for main, names in by.items()], main_of


def _told_in(stays: Iterable[StayRow]) -> dict[UUID, Told]:
    """The newest declaration of each person that these kept stays go with."""
    found: dict[UUID, Told] = {}
    for stay in stays:
        if stay.declared_at and stay.declaration_id and stay.triage:
            told = Told((stay.declared_at, stay.declaration_id), stay.triage, stay.commune_id, kept=True)
            found[stay.person_id] = max(told, found.get(stay.person_id, told), key=lambda one: one.key)
    return found


def latest_told(session: Session, person_ids: Sequence[UUID], kept: Iterable[StayRow]) -> dict[UUID, Told]:
    """The newest declaration of each of these people in the store, else of those that go with the `kept` stays."""
    return _told_in(kept) | {
        person_id: Told((d.made_at, d.id), d.triage, d.commune_id, kept=False)
        for person_id, d in declarations.latest_of(session, person_ids).items()
    }


def opened_told(session: Session, vault: Vault, told: Iterable[Told]) -> dict[UUID, dict[str, Any] | None]:
    """The details of these declarations by declaration id, None where they cannot be opened."""
    wanted = list(told)
    return declarations.opened(session, vault, [t.key for t in wanted if not t.kept]) | declarations.opened(
        session, vault, [t.key for t in wanted if t.kept], kept_declaration
    )


def seen(session: Session, rows: Sequence[StayRow]) -> dict[UUID, list[Seen]]:
    """These stays by person, with the names of their places and who came along, in their order."""
    together = groups.of_stays(session, rows)
    if kept := [row for row in rows if row.group_id not in together]:
        together |= groups.of_stays(session, kept, kept_visit)
    venue_ids = {row.venue_id for row in rows}
    known = venues.names(session, venue_ids)
    codes = venues.own_codes(session, venue_ids)
    zones = venues.zone_names(session, list({row.venue_id for row in rows if row.zone_id}))
    by_person: dict[UUID, list[Seen]] = {}
    for row in rows:
        one = Seen(
            row,
            known.get(row.venue_id),
            codes.get(row.venue_id),
            zones.get(row.zone_id) if row.zone_id else None,
            groups.of_one([row], together),
        )
        by_person.setdefault(row.person_id, []).append(one)
    return by_person
