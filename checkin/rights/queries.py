import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import OPEN_STATES, Case, case_visit, kept_visit, number_of
from checkin.cases.queries import same_visit
from checkin.db import has_scope, is_postgresql
from checkin.rights.models import RightsRequest
from checkin.scope import SUMS
from checkin.venues.codes import ALPHABET
from checkin.visits.models import Visit

_REFERENCE = re.compile(f"YC-[{ALPHABET}]{{8}}")


@dataclass(frozen=True)
class Counts:
    """Requests: not answered yet, of these late to acknowledge and late to answer; answered and refused since a day."""

    open: int
    unacknowledged: int
    overdue: int
    answered: int
    refused: int


def by_reference(session: Session, reference: str) -> RightsRequest | None:
    """The request with a reference such as YC-K7QF3M2P, in any letter case; None for anything else."""
    if not _REFERENCE.fullmatch(reference.upper()):
        return None
    return session.scalar(sa.select(RightsRequest).where(RightsRequest.reference == reference.upper()))


def unanswered(session: Session, limit: int = 500) -> list[RightsRequest]:
    """Requests that wait, the one that is due first at the top."""
    query = sa.select(RightsRequest).where(RightsRequest.closed_at.is_(None))
    return list(session.scalars(query.order_by(RightsRequest.answer_by, RightsRequest.received_at).limit(limit)))


def answered(session: Session, limit: int = 50) -> list[RightsRequest]:
    """The latest that were answered or refused."""
    query = sa.select(RightsRequest).where(RightsRequest.closed_at.is_not(None))
    return list(session.scalars(query.order_by(RightsRequest.closed_at.desc()).limit(limit)))


def counts(session: Session, today: date, since: datetime) -> Counts:
    """Sums alone: how many wait or are late today, and what was answered since a moment."""
    if is_postgresql(session) and has_scope(session):
        # Who administers sees no request, and may see that they are answered in time.
        counted = sa.text("SELECT waits, silent, late, answered, refused FROM request_counts(:today, :since)")
        row = session.execute(counted, {"today": today, "since": since}).one()
        return Counts(row[0], row[1], row[2], row[3], row[4])
    waits, late = RightsRequest.closed_at.is_(None), RightsRequest.answer_by < today
    silent = sa.and_(RightsRequest.acknowledged_at.is_(None), RightsRequest.acknowledge_by < today)
    done = RightsRequest.closed_at >= since
    row = session.execute(
        sa.select(
            *(
                sa.func.count(sa.case((condition, 1)))
                for condition in (
                    waits,
                    sa.and_(waits, silent),
                    sa.and_(waits, late),
                    sa.and_(done, RightsRequest.ground.is_(None)),
                    sa.and_(done, RightsRequest.ground.is_not(None)),
                )
            )
        ),
        execution_options=SUMS,
    ).one()
    return Counts(row[0], row[1], row[2], row[3], row[4])


@dataclass(frozen=True)
class Trace:
    """What is kept of a person: how many visits, the last one, and how many of them this device made."""

    visits: int
    last: datetime | None
    on_device: int

    @property
    def all_on_device(self) -> bool:
        """True where the device made every visit: then who holds it may be given them, and have them deleted.

        Whoever knows a name and a number can declare under them on a device of their own; that proves nothing about
        what other devices declared.
        """
        return 0 < self.visits == self.on_device


def traces(session: Session, person_ids: Sequence[UUID], device: bytes | None) -> dict[UUID, Trace]:
    """For each of these people what the store and the copies of cases have."""
    kept = kept_visit.c
    ours = sa.union(  # a visit that is in both counts once
        sa.select(Visit.person_id, Visit.entered_at, Visit.id, Visit.device).where(Visit.person_id.in_(person_ids)),
        sa.select(kept.person_id, kept.entered_at, kept.id, kept.device).where(kept.person_id.in_(person_ids)),
    ).subquery()
    same = sa.func.count(sa.case((ours.c.device == device, 1))) if device else sa.literal(0)
    rows = session.execute(
        sa.select(ours.c.person_id, sa.func.count(), sa.func.max(ours.c.entered_at), same).group_by(ours.c.person_id)
    )
    found = {person: Trace(number, last, own) for person, number, last, own in rows}
    return {person: found.get(person, Trace(0, None, 0)) for person in person_ids}


def places_of(session: Session, person_id: UUID, since: datetime) -> list[UUID]:
    """The venues where a person was since a moment."""
    query = sa.select(Visit.venue_id).where(Visit.person_id == person_id, Visit.entered_at >= since).distinct()
    return list(session.scalars(query))


def cases_there(session: Session, person_id: UUID, venue_ids: Sequence[UUID], since: datetime) -> list[Case]:
    """Open cases that are this person, or whose person was at one of these venues since a moment; by number."""
    there = sa.exists().where(
        Visit.person_id == Case.person_id, Visit.venue_id.in_(venue_ids), Visit.entered_at >= since
    )
    return list(
        session.scalars(
            sa.select(Case)
            .where(Case.state.in_(OPEN_STATES), sa.or_(Case.person_id == person_id, there))
            .order_by(Case.seq)
        )
    )


def kept_of(session: Session, person_id: UUID) -> tuple[int, list[str]]:
    """How many visits of a person cases keep, and the numbers of these cases."""
    theirs = kept_visit.c.person_id == person_id
    kept = session.scalar(sa.select(sa.func.count()).select_from(kept_visit).where(theirs)) or 0
    seqs = session.scalars(
        sa.select(Case.seq)
        .join(case_visit, case_visit.c.case_id == Case.id)
        .join(kept_visit, same_visit(kept_visit))
        .where(theirs)
        .distinct()
        .order_by(Case.seq)
    )
    return kept, [number_of(seq) for seq in seqs]
