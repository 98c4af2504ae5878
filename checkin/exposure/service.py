from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.errors import AccessDenied, DomainError
from checkin.exposure.models import CASE, PERSON, PLACE, Lookup
from checkin.ids import new_id
from checkin.people.identity import name_index
from checkin.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What a lookup is for: a case or, before there is one, a signal; and the reason."""

    case: Case | None
    signal: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class PlaceAsked:
    """Which place, or which commune and kind of places, from when to when (UTC)."""

    start: datetime
    end: datetime
    venue_id: UUID | None = None
    zone_id: UUID | None = None
    commune_id: str | None = None
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class PersonAsked:
    """What is known of the person, in normal form or empty, and how far back (UTC)."""

    start: datetime
    end: datetime
    id_number: str = ""
    phone: str = ""
    full_name: str = ""
    birth_year: int | None = None


def ask_place(session: Session, *, now: datetime, actor: Actor, bound: Bound, asked: PlaceAsked) -> Lookup:
    """Put a lookup by place on record. The caller commits before it reads the first row."""
    return _record(
        session,
        now,
        actor,
        bound,
        kind=PLACE,
        start=asked.start,
        end=asked.end,
        venue_id=asked.venue_id,
        zone_id=asked.zone_id,
        commune_id=asked.commune_id,
        venue_kind=asked.kind,
    )


def ask_person(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, bound: Bound, asked: PersonAsked
) -> Lookup:
    """Put a lookup by person on record, what was asked sealed. The caller commits before it reads."""
    named = asked.full_name and asked.birth_year
    return _record(
        session,
        now,
        actor,
        bound,
        kind=PERSON,
        start=asked.start,
        end=asked.end,
        asked=vault.seal(
            {
                "id_number": asked.id_number,
                "phone": asked.phone,
                "full_name": asked.full_name,
                "birth_year": asked.birth_year,
            }
        ),
        id_index=vault.index("id", asked.id_number) if asked.id_number else None,
        phone_index=vault.index("phone", asked.phone) if asked.phone else None,
        name_index=name_index(vault, asked.full_name, asked.birth_year or 0) if named else None,
    )


def ask_case(session: Session, *, now: datetime, actor: Actor, bound: Bound, start: datetime, end: datetime) -> Lookup:
    """Put a lookup by case on record: whom its person can have met in [start, end]. The caller commits before it reads.

    Raises DomainError('unlinked') for a case of which it is not known who it is.
    """
    if bound.case is None or bound.case.person_id is None:
        raise DomainError("unlinked")
    return _record(session, now, actor, bound, kind=CASE, start=start, end=end, person_id=bound.case.person_id)


def read(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    lookup: Lookup,
    case: Case | None,
    action: str,
    rows: int | None,
) -> None:
    """Log that somebody reads or exports what a lookup found. The caller commits before it shows anything."""
    audit.record(
        session,
        now=now,
        actor=actor,
        action=action,
        subject=lookup.number,
        case_number=case.number if case else None,
        reason=lookup.reason,
        rows=rows,
    )


def _record(session: Session, now: datetime, actor: Actor, bound: Bound, **values: Any) -> Lookup:
    if actor.id is None:
        raise AccessDenied("lookup")
    audit.lock_chain(session)
    last = session.scalar(sa.select(sa.func.max(Lookup.seq))) or 0
    lookup = Lookup(
        id=new_id(now),
        seq=last + 1,
        case_id=bound.case.id if bound.case else None,
        signal=bound.signal,
        reason=bound.reason,
        made_at=now,
        made_by=actor.id,
        made_by_name=actor.name,
        **values,
    )
    where = ("venue_id", "zone_id", "commune_id", "venue_kind")
    audit.record(
        session,
        now=now,
        actor=actor,
        action=f"lookup.{lookup.kind}",
        subject=lookup.number,
        case_number=bound.case.number if bound.case else None,
        reason=bound.reason,
        detail={"start": lookup.start.isoformat(), "end": lookup.end.isoformat()}
        | {name: str(values[name]) for name in where if values.get(name)},
    )
    session.add(lookup)
    session.flush()
    return lookup
