from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import OWN, Case, case_visit, kept_declaration, kept_visit
from checkin.cases.queries import kept_for, same_visit
from checkin.db import is_postgresql
from checkin.declarations.models import Declaration
from checkin.exposure.models import RUNNING, WAITING, Export, ExportPart, Lookup
from checkin.venues.models import Venue
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter, meeting_any, meeting_values


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
    # Numbers of the cases that keep it, where the store itself no longer has it.
    kept_for: tuple[str, ...] = ()


def _stays(visits: Any = Visit.__table__, declarations: sa.Table = Declaration.__table__) -> Any:
    visit, declaration = visits.c, declarations.c
    return sa.select(
        visit.id,
        visit.person_id,
        visit.venue_id,
        visit.zone_id,
        visit.entered_at,
        visit.left_at,
        visit.end_set_by,
        visit.until_likely,
        visit.until_latest,
        visit.declaration_id,
        visit.declared_at,
        declaration.triage,
        declaration.symptoms,
        declaration.contact_sick,
        declaration.travel,
        declaration.commune_id,
        declaration.province_id,
    ).select_from(
        visits.outerjoin(
            declarations,
            sa.and_(declaration.made_at == visit.declared_at, declaration.id == visit.declaration_id),
        )
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
        numbers = (*(before.kept_for if before else ()), f"F0-{seq:04d}")
        found[stay.entered_at, stay.id] = replace(stay, kept_for=numbers)
    return list(found.values())


def own_stays(session: Session, case_id: UUID, start: datetime, end: datetime) -> list[StayRow]:
    """The case's own kept visits that can meet [start, end], newest first."""
    own = kept_for(case_id, OWN)
    rows = session.execute(
        _stays(own, kept_declaration)
        .where(own.c.entered_at <= end, own.c.until_latest >= start)
        .order_by(own.c.entered_at.desc(), own.c.id)
    )
    return [StayRow(*row) for row in rows]


def met_stays(session: Session, person_ids: Sequence[UUID], met: sa.Select[Any], store: Any) -> list[StayRow]:
    """The stays of these people in `store` that are among those `met`, by entry."""
    among = met.subquery("met")
    keys = sa.select(among.c.entered_at, among.c.id)
    rows = session.execute(
        _stays(store, kept_declaration)
        .where(store.c.person_id.in_(person_ids), sa.tuple_(store.c.entered_at, store.c.id).in_(keys))
        .order_by(store.c.entered_at, store.c.id)
    )
    return [StayRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Contact:
    """One person whose stays can meet a case: whole minutes, encounters met, and when the first began to be met."""

    person_id: UUID
    certain_minutes: int
    possible_minutes: int
    encounters: int
    first_at: datetime


@dataclass(frozen=True)
class Contacts:
    """A page of the contacts, and how many there are: in all, and with minutes that are certain."""

    total: int
    certain: int
    people: list[Contact]


def contacts(
    session: Session,
    encounters: Sequence[Encounter],
    *,
    air: timedelta,
    cap: timedelta,
    excluding: Collection[UUID],
    first: int,
    limit: int,
    store: Any = Visit.__table__,
) -> Contacts:
    """Everybody whose stay can meet one of the encounters, `limit` of them from the one numbered `first` on.

    The longest together for certain first, then the longest at most, then who met the case first. Minutes are
    those of the clock: stays and encounters side by side count once, those of several days add up. The arguments
    are those of `visits.queries.meeting`.
    """
    ranked = _ranked(is_postgresql(session), store)
    values = meeting_values(session, encounters, air=air, cap=cap, excluding=excluding)
    rows = session.execute(ranked, values | {"first": first, "limit": limit}).all()
    # A page beyond the last one has no row that could say how many there are.
    counted = rows[:1] or session.execute(ranked, values | {"first": 0, "limit": 1}).all()
    total, certain = (counted[0].total, counted[0].for_certain) if counted else (0, 0)
    return Contacts(total, certain, [Contact(*row[:5]) for row in rows])


# Built once for each store: it takes longer to put together than to read a page of a small case.
@lru_cache(maxsize=4)
def _ranked(postgresql: bool, store: Any) -> sa.Select[Any]:
    people = _people(postgresql, store)
    return (
        sa.select(
            *people.c,
            sa.func.count().over().label("total"),
            sa.func.count().filter(people.c.certain > 0).over().label("for_certain"),
        )
        .order_by(people.c.certain.desc(), people.c.possible.desc(), people.c.first_at, people.c.person_id)
        .offset(sa.bindparam("first", type_=sa.Integer))
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def _people(postgresql: bool, store: Any) -> Any:
    """One row for each person who can have met an encounter, with the minutes that any of their times covers."""
    span = _spans(postgresql, store)
    each = (
        sa.select(
            span.c.person_id,
            sa.func.count().label("spans"),
            sa.func.min(span.c.low).label("low"),
            sa.func.max(span.c.high).label("high"),
            sa.func.max(span.c.sure).label("sure"),
        )
        .group_by(span.c.person_id)
        .cte("each")
    )
    # Nearly everybody met the case once: nothing runs side by side, and nothing has to be sorted.
    once = sa.select(
        each.c.person_id,
        _minutes(postgresql, _length(postgresql, each.c.low, each.c.sure)).label("certain"),
        _minutes(postgresql, _length(postgresql, each.c.low, each.c.high)).label("possible"),
        sa.literal(1).label("encounters"),
        each.c.low.label("first_at"),
    ).where(each.c.spans == 1)
    often = span.c.person_id.in_(sa.select(each.c.person_id).where(each.c.spans > 1))
    return once.union_all(_joined(postgresql, span, often)).subquery("person")


def _spans(postgresql: bool, store: Any) -> Any:
    """(person, encounter, from, to, to for certain or null) of each time together."""
    columns = ("person_id", "entered_at", "until_latest", "left_at")
    met = meeting_any(postgresql, *columns, store=store).subquery("met").c
    high = sa.case((met.until_latest < met.high, met.until_latest), else_=met.high)
    return sa.select(
        met.person_id,
        met.number,
        sa.case((met.entered_at > met.low, met.entered_at), else_=met.low).label("low"),
        high.label("high"),
        sa.case((sa.and_(met.recorded, met.left_at.is_not(None)), high)).label("sure"),
    ).cte("span")


def _joined(postgresql: bool, span: Any, condition: Any) -> Any:
    """The people of these spans; times side by side count once."""
    # How far the person's earlier spans reach: what lies behind that was counted with them.
    before: Any = {"partition_by": span.c.person_id, "order_by": span.c.low, "rows": (None, -1)}
    step = (
        sa.select(
            *span.c,
            sa.func.max(span.c.high).over(**before).label("reached"),
            sa.func.max(span.c.sure).over(**before).label("sure_reached"),
        )
        .where(condition)
        .subquery("step")
        .c
    )
    return sa.select(
        step.person_id,
        _minutes(postgresql, sa.func.sum(_added(postgresql, step.low, step.sure, step.sure_reached))),
        _minutes(postgresql, sa.func.sum(_added(postgresql, step.low, step.high, step.reached))),
        sa.func.count(step.number.distinct()),
        sa.func.min(step.low),
    ).group_by(step.person_id)


def _added(postgresql: bool, low: Any, high: Any, reached: Any) -> Any:
    """What a span adds to those before it; null where that is nothing."""
    return sa.case(
        (sa.or_(reached.is_(None), reached <= low), _length(postgresql, low, high)),
        (reached < high, _length(postgresql, reached, high)),
    )


def _length(postgresql: bool, low: Any, high: Any) -> Any:
    """From one moment to another: an interval, or on SQLite microseconds, of which its own functions know none."""
    if postgresql:
        return high - low

    def microseconds(moment: Any) -> Any:
        # Without its fraction, which strftime rounds: a second too many.
        whole = sa.cast(sa.func.strftime("%s", sa.func.substr(moment, 1, 19)), sa.BigInteger)
        return whole * 1_000_000 + sa.cast(sa.func.substr(moment, 21, 6), sa.BigInteger)

    return microseconds(high) - microseconds(low)


def _minutes(postgresql: bool, length: Any) -> Any:
    """Whole minutes of a length; none where it is null."""
    if postgresql:
        # As a double, which holds the microseconds of centuries exactly enough and is faster than a numeric.
        return sa.cast(
            sa.func.coalesce(sa.func.floor(sa.func.date_part("epoch", length, type_=sa.Double) / 60.0), 0), sa.Integer
        )
    return sa.func.coalesce(length, 0) // 60_000_000


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


def of_case(session: Session, case_id: UUID, limit: int = 50) -> list[Lookup]:
    """The latest lookups made for a case, newest first."""
    return list(
        session.scalars(sa.select(Lookup).where(Lookup.case_id == case_id).order_by(Lookup.seq.desc()).limit(limit))
    )
