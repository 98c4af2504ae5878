from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import DISCARDED, Case
from checkin.chains import queries
from checkin.chains.models import NONE, PLACES, VENUE, Infection
from checkin.errors import DomainError


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a case was infected, as an officer says; `place` NONE takes back what was said."""

    place: str
    reason: str
    source: Case | None = None
    venue_id: UUID | None = None


def tell(session: Session, *, now: datetime, actor: Actor, case: Case, told: Told, seen: int) -> Infection:
    """Put down how a case was infected; what was said before stays beneath.

    `seen` is the number of what stood on the page, 0 where nothing did. Raises DomainError: 'place' for one that is
    unknown or does not go with the rest, 'self', 'disease' or 'discarded' for a source that cannot be one, 'circle'
    where the source was infected by this very case, directly or not, 'changed' where another officer was first.
    """
    source = told.source
    if told.place not in PLACES or (told.place == VENUE) != (told.venue_id is not None) or not told.reason:
        raise DomainError("place")
    if source is not None:
        if told.place == NONE:
            raise DomainError("place")
        if source.id == case.id:
            raise DomainError("self")
        if source.disease != case.disease:
            raise DomainError("disease")
        if source.state == DISCARDED:
            raise DomainError("discarded")
    # One at a time: of two that make a circle together neither would see the other.
    audit.lock_chain(session)
    before = queries.said(session, case.id)
    number = before[0].number if before else 0
    if number != seen or actor.id is None:
        raise DomainError("changed")
    if source is not None and _leads_to(session, source.id, case.id):
        raise DomainError("circle")
    row = Infection(
        case_id=case.id, number=number + 1, source_id=source.id if source else None, place=told.place,
        venue_id=told.venue_id, reason=told.reason, at=now, account_id=actor.id, by_name=actor.name,
    )  # fmt: skip
    session.add(row)
    detail = {"place": told.place} | ({"source": source.number} if source else {})
    audit.record(
        session, now=now, actor=actor, action="case.infected", subject=case.number, case_number=case.number,
        reason=told.reason, detail=detail,
    )  # fmt: skip
    session.flush()
    return row


def _leads_to(session: Session, source_id: UUID, case_id: UUID) -> bool:
    """True where that case was infected by this one, directly or through others."""
    sources = queries.sources(session)
    current: UUID | None = source_id
    for _ in range(len(sources) + 1):
        if current is None or current == case_id:
            break
        current = sources.get(current)
    return current == case_id
