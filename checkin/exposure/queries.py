from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import MET, OWN, Case, case_visit, kept_declaration, kept_visit, number_of
from checkin.cases.queries import kept_for, same_visit
from checkin.db import UtcDateTime
from checkin.declarations.models import Declaration
from checkin.exposure.areas import Area
from checkin.exposure.models import PERSON, RUNNING, WAITING, Export, ExportPart, Lookup, met_person
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
    group_id: UUID | None
    triage: str | None
    symptoms: Sequence[str] | None
    contact_sick: bool | None
    travel: bool | None
    commune_id: str | None
    province_id: str | None
    flags: str
    # Numbers of the cases that keep it, where the store itself no longer has it.
    kept_for: tuple[str, ...] = ()


# In the order of StayRow; the flags of the visit follow.
OF_VISIT = (
    "id", "person_id", "venue_id", "zone_id", "entered_at", "left_at", "end_set_by", "until_likely", "until_latest",
    "declaration_id", "declared_at", "group_id",
)  # fmt: skip
OF_DECLARATION = ("triage", "symptoms", "contact_sick", "travel", "commune_id", "province_id")


def _stays(visits: Any = Visit.__table__, declarations: sa.Table = Declaration.__table__, *made: Any) -> Any:
    """Visits with their declarations; `made` bounds when these were made, so that few of their days are read."""
    visit, declaration = visits.c, declarations.c
    return sa.select(
        *(visit[name] for name in OF_VISIT), *(declaration[name] for name in OF_DECLARATION), visit.flags
    ).select_from(
        visits.outerjoin(
            declarations,
            sa.and_(declaration.made_at == visit.declared_at, declaration.id == visit.declaration_id, *made),
        )
    )


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
    narrowed = [] if people is None else [Visit.person_id.in_(people)]
    return stays_where(session, [*meeting_window(area), *narrowed], window_values(area, start, end, cap))


def stays_where(
    session: Session, conditions: Sequence[sa.ColumnElement[bool]], values: Mapping[str, Any]
) -> list[StayRow]:
    """The visits that fulfil the conditions, by entry; among the `values` are those of `told_then`."""
    query = _stays(Visit.__table__, Declaration.__table__, told_then()).where(*conditions)
    rows = session.execute(query.order_by(Visit.entered_at, Visit.id), dict(values))
    return [StayRow(*row) for row in rows]


def meeting_window(area: Area) -> tuple[sa.ColumnElement[bool], ...]:
    """The visits that can have met a window; `window_values` has the values."""
    return (
        area.condition(),
        Visit.entered_at.between(moment("earliest"), moment("end")),
        Visit.until_latest >= moment("start"),
    )


def told_then() -> sa.ColumnElement[bool]:
    """A visit's declaration is made while it lasts; said so that only the days in question are planned and read."""
    return Declaration.made_at.between(moment("told_from"), moment("told_by"))


def moment(name: str) -> Any:
    """A moment whose value comes with the statement, under this name."""
    return sa.bindparam(name, type_=UtcDateTime())


def window_values(area: Area, start: datetime, end: datetime, cap: timedelta) -> dict[str, Any]:
    """The values of `meeting_window` and `told_then`, by name."""
    return {**area.values(), "start": start, "end": end, "earliest": start - cap, **told(start, end, cap)}


def told(start: datetime, end: datetime, cap: timedelta) -> dict[str, datetime]:
    """The values of `told_then`, for visits that meet [start, end]."""
    return {"told_from": start - cap, "told_by": end + cap}


def stays_of(session: Session, person_ids: Sequence[UUID], start: datetime, end: datetime) -> list[StayRow]:
    """Every visit of these people begun in [start, end], newest first."""
    rows = session.execute(
        _stays()
        .where(Visit.person_id.in_(person_ids), Visit.entered_at.between(start, end))
        .order_by(Visit.entered_at.desc(), Visit.id)
    )
    return [StayRow(*row) for row in rows]


def kept_stays_of(session: Session, person_ids: Sequence[UUID], end: datetime, case_id: UUID | None) -> list[StayRow]:
    """Visits of these people until `end` that only a case still has, newest first.

    Those of the case `case_id`, for which they are kept, and those of people who are a case themselves.
    """
    in_store = sa.exists().where(Visit.entered_at == kept_visit.c.entered_at, Visit.id == kept_visit.c.id)
    rows = session.execute(
        _stays(kept_visit, kept_declaration)
        .add_columns(Case.seq)
        .join(case_visit, same_visit(kept_visit))
        .join(Case, Case.id == case_visit.c.case_id)
        .where(
            kept_visit.c.person_id.in_(person_ids),
            kept_visit.c.entered_at <= end,
            sa.or_(case_visit.c.part == OWN, case_visit.c.case_id == case_id),
            ~in_store,
        )
        .order_by(kept_visit.c.entered_at.desc(), kept_visit.c.id, Case.seq)
    )
    found: dict[tuple[datetime, UUID], StayRow] = {}
    for *values, seq in rows:
        stay = StayRow(*values)
        before = found.get((stay.entered_at, stay.id))
        numbers = (*(before.kept_for if before else ()), number_of(seq))
        found[stay.entered_at, stay.id] = replace(stay, kept_for=numbers)
    return list(found.values())


def stays_kept(session: Session, person_ids: Sequence[UUID], case_id: UUID) -> list[StayRow]:
    """Visits of these people that this case keeps, newest first."""
    rows = session.execute(
        _stays(kept_visit, kept_declaration)
        .join(case_visit, same_visit(kept_visit))
        .where(kept_visit.c.person_id.in_(person_ids), case_visit.c.case_id == case_id)
        .order_by(kept_visit.c.entered_at.desc(), kept_visit.c.id)
    )
    return [StayRow(*row) for row in rows]


def own_stays(session: Session, case_id: UUID, start: datetime, end: datetime) -> list[StayRow]:
    """The case's own kept visits that can meet [start, end], newest first."""
    own = kept_for(OWN)
    rows = session.execute(
        _stays(own, kept_declaration)
        .where(own.c.entered_at <= end, own.c.until_latest >= start)
        .order_by(own.c.entered_at.desc(), own.c.id),
        {"case_id": case_id},
    )
    return [StayRow(*row) for row in rows]


def met_stays(session: Session, case_id: UUID, person_ids: Sequence[UUID]) -> list[StayRow]:
    """The stays of these people that are kept for the case as of others whom it can have met, by entry."""
    met = kept_for(MET)
    rows = session.execute(
        _stays(met, kept_declaration).where(met.c.person_id.in_(person_ids)).order_by(met.c.entered_at, met.c.id),
        {"case_id": case_id},
    )
    return [StayRow(*row) for row in rows]


def lookup(session: Session, lookup_id: UUID) -> tuple[Lookup, Case | None] | None:
    """A lookup with the case it is bound to."""
    row = session.execute(
        sa.select(Lookup, Case).outerjoin(Case, Lookup.case_id == Case.id).where(Lookup.id == lookup_id)
    ).first()
    return (row[0], row[1]) if row else None


def rankings(session: Session, case_id: UUID) -> set[UUID]:
    """What the rankings that are kept of a case were made of."""
    return set(session.scalars(sa.select(met_person.c.made_of).where(met_person.c.case_id == case_id).distinct()))


def purpose(lookup: Lookup) -> UUID:
    """For what people are read: the case of a lookup, or before there is one the lookup itself.

    The case where there is one, since a replica that lags behind may not know a new lookup yet.
    """
    return lookup.case_id or lookup.id


def newest(session: Session, limit: int = 15) -> Iterator[tuple[Lookup, Case | None]]:
    """The latest lookups with their cases."""
    for row in session.execute(
        sa.select(Lookup, Case).outerjoin(Case, Lookup.case_id == Case.id).order_by(Lookup.seq.desc()).limit(limit)
    ):
        yield row[0], row[1]


def persons_asked(session: Session, since: datetime) -> list[Lookup]:
    """Lookups by person made since then."""
    return list(session.scalars(sa.select(Lookup).where(Lookup.kind == PERSON, Lookup.made_at >= since)))


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


def of_case(session: Session, case_id: UUID, limit: int = 50) -> list[Lookup]:
    """The latest lookups made for a case, newest first."""
    return list(
        session.scalars(sa.select(Lookup).where(Lookup.case_id == case_id).order_by(Lookup.seq.desc()).limit(limit))
    )
