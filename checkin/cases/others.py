"""Where other cases were: whom a case can have caught it from."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import KEEPING_STATES, OWN, Case, case_visit, kept_visit, number_of
from checkin.cases.queries import same_visit
from checkin.joins import queries as joins
from checkin.movements import queries as movements
from checkin.movements.merging import Move, together


@dataclass(frozen=True, slots=True)
class OtherStay:
    """A kept stay of another case, and what is known of that case; never who it is, but for the person's id."""

    case_id: UUID
    seq: int
    onset_on: date | None
    sample_on: date | None
    person_id: UUID
    venue_id: UUID
    zone_id: UUID | None
    entered_at: datetime
    left_at: datetime | None
    until_likely: datetime
    until_latest: datetime

    @property
    def number(self) -> str:
        """The number of that case."""
        return number_of(self.seq)


def stays_of_others(
    session: Session, case: Case, venue_ids: Collection[UUID], start: datetime, end: datetime
) -> list[OtherStay]:
    """Own kept stays of other cases of the same disease, at these venues, that can meet [start, end], by entry.

    Other cases of the same person are no others.
    """
    if not venue_ids:
        return []
    mine = joins.everybody_of(session, [case.person_id] if case.person_id else [])
    who: Any = joins.persons(Case.__table__.c) if joins.any_joined(session) else Case.__table__.alias("who")
    rows = session.execute(
        sa.select(
            *(Case.id, Case.seq, Case.onset_on, Case.sample_on),
            *(kept_visit.c[name] for name in ("person_id", "venue_id", "zone_id", "entered_at", "left_at")),
            *(kept_visit.c[name] for name in ("until_likely", "until_latest")),
        )
        .select_from(Case)
        # By the person: what a case keeps of others is a thousand times as much.
        .join(who, who.c.id == Case.id)
        .join(kept_visit, kept_visit.c.person_id == who.c.person_id)
        .join(case_visit, sa.and_(case_visit.c.case_id == Case.id, case_visit.c.part == OWN, same_visit(kept_visit)))
        .where(
            Case.disease == case.disease,
            Case.state.in_(KEEPING_STATES),
            Case.id != case.id,
            Case.person_id.not_in(mine),
            kept_visit.c.venue_id.in_(venue_ids),
            kept_visit.c.entered_at <= end,
            kept_visit.c.until_latest >= start,
        )
        .order_by(kept_visit.c.entered_at, kept_visit.c.id, Case.seq)
    )
    return _with_told(session, case, mine, [OtherStay(*row) for row in rows], venue_ids, start, end)


def _with_told(
    session: Session,
    case: Case,
    mine: Collection[UUID],
    stays: list[OtherStay],
    venue_ids: Collection[UUID],
    start: datetime,
    end: datetime,
) -> list[OtherStay]:
    """These stays with what the persons of other cases told of the same venues."""
    told = movements.at_venues(session, venue_ids)
    for one in mine:
        told.pop(one, None)
    if not told:
        return stays
    others = session.execute(
        sa.select(Case.id, Case.seq, Case.onset_on, Case.sample_on, Case.person_id)
        .where(Case.disease == case.disease, Case.state.in_(KEEPING_STATES), Case.id != case.id)
        .where(Case.person_id.in_(told))
    ).all()
    telling = {row.id for row in others}
    found = [stay for stay in stays if stay.case_id not in telling]
    for row in others:
        for time in together((stay for stay in stays if stay.case_id == row.id), told[row.person_id]):
            if time.start <= end and time.end >= start:
                found.append(_other(row, time.visit, time.move, time.start, time.end))
    found.sort(key=lambda stay: (stay.entered_at, stay.seq))
    return found


def _other(row: Any, visit: OtherStay | None, move: Move | None, start: datetime, end: datetime) -> OtherStay:
    if move is None:
        return cast(OtherStay, visit)
    known = visit or OtherStay(
        case_id=row.id, seq=row.seq, onset_on=row.onset_on, sample_on=row.sample_on, person_id=row.person_id,
        venue_id=move.venue_id, zone_id=None, entered_at=start, left_at=end, until_likely=end, until_latest=end,
    )  # fmt: skip
    return replace(known, entered_at=start, left_at=end, until_likely=end, until_latest=end)
