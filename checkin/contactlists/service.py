from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.contactlists import queries
from checkin.contactlists.columns import fits
from checkin.contactlists.entries import Entry
from checkin.contactlists.models import ListHeading
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact
from checkin.contacts.service import Assigned, Given
from checkin.contacts.words import Met, details_of
from checkin.db import is_postgresql
from checkin.fold import fold
from checkin.people import service as people
from checkin.people.identity import indexes
from checkin.register.columns import plain
from checkin.rules import RuleSet
from checkin.vault import Vault, VaultError

# So many are given out at a press: more would keep the officer waiting, and what is kept locked.
AT_ONCE = 1000


@dataclass(frozen=True)
class Source:
    """Which file it is, for the log: no name of anybody is in it."""

    sha256: str
    rows: int


def record_reading(session: Session, *, now: datetime, actor: Actor, case: Case, source: Source) -> None:
    """Log that a list is held against the contacts of a case. The caller commits before it reads the first one."""
    detail = {"sha256": source.sha256}
    audit.record(
        session, now=now, actor=actor, action="list.look", subject=case.number, case_number=case.number,
        rows=source.rows, detail=detail,
    )  # fmt: skip


def meant(session: Session, vault: Vault, heading: Sequence[str]) -> list[str] | None:
    """What the columns of this heading were said to mean the last time; None where nobody said it."""
    found = queries.meant(session, _heading_index(vault, heading))
    return found if found and fits(found, len(heading)) else None


def remember(session: Session, vault: Vault, *, now: datetime, heading: Sequence[str], fields: Sequence[str]) -> None:
    """Keep what the columns of this heading mean, for the next file with it; of two at once the later one stands."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    said = insert(ListHeading).values(heading_index=_heading_index(vault, heading), fields=list(fields), said_at=now)
    fresh = {name: said.excluded[name] for name in ("fields", "said_at")}
    session.execute(said.on_conflict_do_update(index_elements=["heading_index"], set_=fresh))


def known(session: Session, vault: Vault, case: Case, entries: Iterable[Entry]) -> set[tuple[str, str]]:
    """Keys of those entries who are contacts of the case already: by phone and name, however they were told."""
    return set(matching(session, vault, case, entries))


def matching(session: Session, vault: Vault, case: Case, entries: Iterable[Entry]) -> dict[tuple[str, str], Contact]:
    """The contacts of the case whom these entries name already, by the key of the entry."""
    asked = {vault.index("phone", entry.phone): entry.phone for entry in entries if entry.phone}
    found = {}
    for index, contact in queries.contacts_with(session, case.id, asked):
        with suppress(VaultError, ValueError, TypeError):
            found[asked[index], fold(str(vault.open(contact.details).get("full_name", "")))] = contact
    return found


def person_of(session: Session, vault: Vault, *, now: datetime, entry: Entry) -> UUID:
    """Who an entry is: somebody known by the same phone, name and birth year, or a person made for it."""
    told = indexes(vault, full_name=entry.full_name, birth_year=entry.birth_year or 0, id_number="", phone=entry.phone)
    return people.identify(session, now=now, told=told, commune_id=entry.commune_id)


def load(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, case: Case, entries: Sequence[Entry],
    rules: RuleSet, source: Source,
) -> Assigned:  # fmt: skip
    """Have these people called, as contacts of the case, by the station of their home; who is one already stays so.

    The caller holds what is kept for the case (`cases.service.lock_kept`) and is bound to it.
    """
    before = known(session, vault, case, entries)
    today = clock.to_local(now).date()
    given: dict[UUID, Given] = {}
    # In one order of their names, so that two who read the same list do not wait for each other crosswise.
    for entry in sorted(entries, key=lambda one: one.key):
        if entry.key in before:
            continue
        person_id = person_of(session, vault, now=now, entry=entry)
        given[person_id] = Given(person_id, entry.commune_id, entry.met_on or today, _details(entry, today))
    done = contacts.assign(session, vault, now=now, actor=actor, case=case, people=list(given.values()), rules=rules)
    audit.record(
        session, now=now, actor=actor, action="list.load", subject=case.number, case_number=case.number,
        rows=done.stations + done.outside, detail={"sha256": source.sha256, "asked": len(entries)},
    )  # fmt: skip
    return Assigned(done.stations, done.outside, len(entries) - done.stations - done.outside)


def _details(entry: Entry, today: date) -> dict[str, Any]:
    met = []
    if entry.place or entry.met_on:
        # The list says the day and no hour.
        start, end = clock.day_bounds(entry.met_on or today)
        met = [Met(entry.place, start, end - timedelta(minutes=1), True)]
    return details_of(
        name=entry.full_name, phone=entry.shown_phone, birth_year=entry.birth_year, home=entry.home, met=met
    )


def _heading_index(vault: Vault, heading: Sequence[str]) -> bytes:
    return vault.index("list heading", "\x1f".join(plain(cell) for cell in heading))
