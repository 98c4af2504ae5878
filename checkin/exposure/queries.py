from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import Case
from checkin.declarations.models import Declaration
from checkin.exposure.models import RUNNING, WAITING, Export, ExportPart, Lookup
from checkin.venues.models import Venue
from checkin.visits.models import Visit


@dataclass(frozen=True, slots=True)
class StayRow:
    """A visit as the lookup shows it, with what its declaration says for statistics."""

    id: UUID
    person_id: UUID
    venue_id: UUID
    zone_id: UUID | None
    entered_at: datetime
    left_at: datetime | None
    end_set_by: str
    until_likely: datetime
    until_latest: datetime
    declaration_id: UUID | None
    declared_at: datetime | None
    triage: str | None
    symptoms: Sequence[str] | None
    contact_sick: bool | None
    travel: bool | None
    commune_id: str | None
    province_id: str | None


def _stays() -> Any:
    return sa.select(
        Visit.id,
        Visit.person_id,
        Visit.venue_id,
        Visit.zone_id,
        Visit.entered_at,
        Visit.left_at,
        Visit.end_set_by,
        Visit.until_likely,
        Visit.until_latest,
        Visit.declaration_id,
        Visit.declared_at,
        Declaration.triage,
        Declaration.symptoms,
        Declaration.contact_sick,
        Declaration.travel,
        Declaration.commune_id,
        Declaration.province_id,
    ).outerjoin(
        Declaration,
        sa.and_(Declaration.made_at == Visit.declared_at, Declaration.id == Visit.declaration_id),
    )


@dataclass(frozen=True)
class Area:
    """Which venues: those given, be it none, or all of a commune and kind; of one zone where it is named."""

    venue_ids: tuple[UUID, ...] | None = None
    zone_id: UUID | None = None
    commune_id: str | None = None
    kind: str | None = None

    def condition(self) -> sa.ColumnElement[bool]:
        """What a visit must fulfil to be of this area."""
        if self.zone_id is not None:
            return sa.and_(Visit.venue_id.in_(self.venue_ids or ()), Visit.zone_id == self.zone_id)
        if self.venue_ids is not None:
            return Visit.venue_id.in_(self.venue_ids)
        venues = sa.select(Venue.id)
        if self.commune_id:
            venues = venues.where(Venue.commune_id == self.commune_id)
        if self.kind:
            venues = venues.where(Venue.kind == self.kind)
        return Visit.venue_id.in_(venues)


@dataclass(frozen=True, slots=True)
class MetRow:
    """As much of a visit as its rank needs."""

    person_id: UUID
    entered_at: datetime
    left_at: datetime | None
    until_latest: datetime


def stays_at(
    session: Session,
    area: Area,
    start: datetime,
    end: datetime,
    cap: timedelta,
    people: Sequence[UUID] | None = None,
) -> list[StayRow]:
    """Every visit of the area that can have met [start, end], by entry.

    `cap` is the longest stay there is: it bounds how far back a visit can have begun, and so how many
    days are read. `people` narrows it to the visits of some.
    """
    query = _stays().where(*_meeting(area, start, end, cap)).order_by(Visit.entered_at, Visit.id)
    if people is not None:
        query = query.where(Visit.person_id.in_(people))
    rows = session.execute(query)
    return [StayRow(*row) for row in rows]


def met_at(session: Session, area: Area, start: datetime, end: datetime, cap: timedelta) -> Iterator[MetRow]:
    """The visits of `stays_at` person by person, read as they are asked for."""
    rows = session.execute(
        sa.select(Visit.person_id, Visit.entered_at, Visit.left_at, Visit.until_latest)
        .where(*_meeting(area, start, end, cap))
        .order_by(Visit.person_id),
        execution_options={"yield_per": 2000},
    )
    with rows:
        for row in rows:
            yield MetRow(*row)


def count_people(session: Session, area: Area, start: datetime, end: datetime, cap: timedelta) -> int:
    """How many people `stays_at` finds with the same arguments: a sum, which reads nobody."""
    found = session.scalar(
        sa.select(sa.func.count(sa.distinct(Visit.person_id))).where(*_meeting(area, start, end, cap))
    )
    return found or 0


def _meeting(area: Area, start: datetime, end: datetime, cap: timedelta) -> tuple[sa.ColumnElement[bool], ...]:
    return area.condition(), Visit.entered_at.between(start - cap, end), Visit.until_latest >= start


def stays_of(session: Session, person_ids: Sequence[UUID], start: datetime, end: datetime) -> list[StayRow]:
    """Every visit of these people begun in [start, end], newest first."""
    rows = session.execute(
        _stays()
        .where(Visit.person_id.in_(person_ids), Visit.entered_at.between(start, end))
        .order_by(Visit.entered_at.desc(), Visit.id)
    )
    return [StayRow(*row) for row in rows]


def lookup(session: Session, lookup_id: UUID) -> tuple[Lookup, Case | None] | None:
    """A lookup with the case it is bound to."""
    row = session.execute(
        sa.select(Lookup, Case).outerjoin(Case, Lookup.case_id == Case.id).where(Lookup.id == lookup_id)
    ).first()
    return (row[0], row[1]) if row else None


def newest(session: Session, limit: int = 15) -> Iterator[tuple[Lookup, Case | None]]:
    """The latest lookups with their cases."""
    for row in session.execute(
        sa.select(Lookup, Case).outerjoin(Case, Lookup.case_id == Case.id).order_by(Lookup.seq.desc()).limit(limit)
    ):
        yield row[0], row[1]


def export_of(session: Session, export_id: UUID, made_by: UUID) -> Export | None:
    """A file that this account asked for; None for anybody else's."""
    return session.scalars(sa.select(Export).where(Export.id == export_id, Export.made_by == made_by)).first()


def exports_running(session: Session) -> list[Export]:
    """Files that a process is making, or was making when it died."""
    return list(session.scalars(sa.select(Export).where(Export.state == RUNNING)))


def exports_before(session: Session, export: Export) -> int:
    """How many waiting files are made before this one."""
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Export)
            .where(Export.state == WAITING, Export.asked_at < export.asked_at)
        )
        or 0
    )


def unfinished_exports(session: Session, lookup_id: UUID, made_by: UUID) -> list[Export]:
    """Files of a lookup that this account asked for and that are not finished."""
    return list(
        session.scalars(
            sa.select(Export).where(
                Export.lookup_id == lookup_id, Export.made_by == made_by, Export.state.in_((WAITING, RUNNING))
            )
        )
    )


def next_export(session: Session) -> Export | None:
    """The file that has waited longest."""
    return session.scalars(
        sa.select(Export).where(Export.state == WAITING).order_by(Export.asked_at, Export.id).limit(1)
    ).first()


def export_part(session: Session, export_id: UUID, number: int) -> bytes | None:
    """One locked piece of a finished file, counted from 0."""
    return session.scalar(
        sa.select(ExportPart.body).where(ExportPart.export_id == export_id, ExportPart.number == number)
    )
