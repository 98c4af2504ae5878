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
from checkin.db import UtcDateTime, is_postgresql
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


def _stays(visits: Any = Visit.__table__, declarations: sa.Table = Declaration.__table__, *made: Any) -> Any:
    """Visits with their declarations; `made` bounds when these were made, so that few of their days are read."""
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
            sa.and_(declaration.made_at == visit.declared_at, declaration.id == visit.declaration_id, *made),
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
        """What a visit must fulfil to be of this area; `values` has the values, by name."""
        listed = Visit.venue_id.in_(sa.bindparam("venue_ids", expanding=True))
        if self.zone_id is not None:
            return sa.and_(listed, Visit.zone_id == sa.bindparam("zone_id"))
        if self.venue_ids is not None:
            return listed
        venues = sa.select(Venue.id)
        if self.commune_id:
            venues = venues.where(Venue.commune_id == sa.bindparam("commune_id"))
        if self.kind:
            venues = venues.where(Venue.kind == sa.bindparam("kind"))
        return Visit.venue_id.in_(venues)

    def values(self) -> dict[str, Any]:
        """The values of `condition`."""
        return {**vars(self), "venue_ids": self.venue_ids or ()}

    def shape(self) -> "Area":
        """An area of the same condition with other values: what was built for one serves the other."""
        return Area(
            None if self.venue_ids is None else (),
            None if self.zone_id is None else UUID(int=0),
            self.commune_id and "any",
            self.kind and "any",
        )


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
    query = _stays(Visit.__table__, Declaration.__table__, _told_then()).where(*_meeting(area))
    if people is not None:
        query = query.where(Visit.person_id.in_(people))
    rows = session.execute(query.order_by(Visit.entered_at, Visit.id), _values(area, start, end, cap))
    return [StayRow(*row) for row in rows]


def met_at(session: Session, area: Area, start: datetime, end: datetime, cap: timedelta) -> Iterator[MetRow]:
    """The visits of `stays_at` person by person, read as they are asked for."""
    rows = session.execute(
        sa.select(Visit.person_id, Visit.entered_at, Visit.left_at, Visit.until_latest)
        .where(*_meeting(area))
        .order_by(Visit.person_id),
        _values(area, start, end, cap),
        execution_options={"yield_per": 2000},
    )
    with rows:
        for row in rows:
            yield MetRow(*row)


def count_people(session: Session, area: Area, start: datetime, end: datetime, cap: timedelta) -> int:
    """How many people `stays_at` finds with the same arguments: a sum, which reads nobody."""
    found = session.scalar(
        sa.select(sa.func.count(sa.distinct(Visit.person_id))).where(*_meeting(area)),
        _values(area, start, end, cap),
    )
    return found or 0


def _meeting(area: Area) -> tuple[sa.ColumnElement[bool], ...]:
    """The visits that can have met a window; `_values` has the values."""
    return (
        area.condition(),
        Visit.entered_at.between(_moment("earliest"), _moment("end")),
        Visit.until_latest >= _moment("start"),
    )


def _told_then() -> sa.ColumnElement[bool]:
    """A visit's declaration is made while it lasts; said so that only the days in question are planned and read."""
    return Declaration.made_at.between(_moment("earliest"), _moment("told_by"))


def _moment(name: str) -> Any:
    return sa.bindparam(name, type_=UtcDateTime())


def _values(area: Area, start: datetime, end: datetime, cap: timedelta) -> dict[str, Any]:
    return {**area.values(), "start": start, "end": end, "earliest": start - cap, "told_by": end + cap}


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


def people_at(
    session: Session,
    area: Area,
    start: datetime,
    end: datetime,
    cap: timedelta,
    *,
    first: int,
    limit: int,
    group: str | None = None,
    home: str | None = None,
) -> Contacts:
    """Everybody whose stay in the area can meet [start, end], `limit` of them from the one numbered `first` on.

    In the order of `overlap.presences` over `stays_at`, with its minutes; the window is the one encounter, and
    `first_at` is when they came. `group` narrows them to one of GROUPS; `home` is the province they are not from.
    """
    ranked = _ranked_at(is_postgresql(session), area.shape(), group)
    return _page(session, ranked, _values(area, start, end, cap) | {"home": home}, first, limit)


# What their declarations say of people of a place.
GROUPS: dict[str, Any] = {
    "watch": Declaration.triage.in_(("watch", "urgent")),
    "outside": Declaration.province_id != sa.bindparam("home"),
}


def count_groups(
    session: Session, area: Area, start: datetime, end: datetime, cap: timedelta, home: str
) -> dict[str, int]:
    """How many people of `people_at` are in each of GROUPS."""
    row = session.execute(_groups_counted(area.shape()), _values(area, start, end, cap) | {"home": home}).one()
    return dict(zip(GROUPS, row, strict=True))


@lru_cache(maxsize=16)
def _groups_counted(shape: Area) -> Any:
    counts = (sa.func.count(Visit.person_id.distinct()).filter(group) for group in GROUPS.values())
    return _told(sa.select(*counts), shape)


def _told(query: Any, area: Area) -> Any:
    """The query over the visits that can have met, and their declarations."""
    told = sa.and_(Declaration.made_at == Visit.declared_at, Declaration.id == Visit.declaration_id, _told_then())
    return query.select_from(Visit).join(Declaration, told).where(*_meeting(area))


@lru_cache(maxsize=64)
def _ranked_at(postgresql: bool, shape: Area, group: str | None) -> sa.Select[Any]:
    met = sa.select(
        Visit.person_id,
        sa.literal_column("0", sa.Integer).label("number"),
        Visit.entered_at,
        _later(Visit.entered_at, _moment("start")).label("low"),
        _sooner(Visit.until_latest, _moment("end")).label("high"),
        sa.case((Visit.left_at.is_not(None), _sooner(Visit.until_latest, _moment("end")))).label("sure"),
    ).where(*_meeting(shape))
    if group is not None:
        met = met.where(
            Visit.person_id.in_(_told(sa.select(Visit.person_id), shape).where(GROUPS[group]).correlate(None))
        )
    return _in_order(_people(postgresql, met.cte("span"), "entered_at"))


def count_present(
    session: Session, area: Area, start: datetime, step: timedelta, steps: int, cap: timedelta
) -> list[int]:
    """How many people were in the area in each of so many steps from `start` on, by their likely ends.

    `step` is whole minutes long.
    """
    end = start + steps * step
    rows = session.execute(
        _present(is_postgresql(session), area.shape()),
        _values(area, start, end, cap) | {"step": step // timedelta(minutes=1)},
    )
    counts, often = [0] * steps, [set[UUID]() for _ in range(steps)]
    for person_id, first, last, people in rows:
        for number in range(first, min(last + 1, steps)):
            if person_id is None:
                counts[number] += people
            else:
                often[number].add(person_id)
    return [once + len(people) for once, people in zip(counts, often, strict=True)]


@lru_cache(maxsize=32)
def _present(postgresql: bool, shape: Area) -> Any:
    """(null, first step, last step, how many) of those who came once, and (person, first, last, 1) of the others."""
    start, end, until = _moment("start"), _moment("end"), sa.func.coalesce(Visit.left_at, Visit.until_likely)

    def step(moment: Any) -> Any:
        passed = _minutes(postgresql, _length(postgresql, start, moment))
        return passed // sa.bindparam("step", type_=sa.Integer)

    stay = (
        sa.select(
            Visit.person_id,
            step(_later(Visit.entered_at, start)).label("first"),
            step(_sooner(until, end)).label("last"),
        )
        .where(*_meeting(shape), Visit.entered_at < end, until >= start)
        .cte("stay")
    )
    each = (
        sa.select(
            stay.c.person_id,
            sa.func.count().label("stays"),
            sa.func.min(stay.c.first).label("first"),
            sa.func.max(stay.c.last).label("last"),
        )
        .group_by(stay.c.person_id)
        .cte("each")
    )
    once = (
        sa.select(sa.cast(sa.null(), sa.Uuid).label("person_id"), each.c.first, each.c.last, sa.func.count())
        .where(each.c.stays == 1)
        .group_by(each.c.first, each.c.last)
    )
    often = sa.select(stay.c.person_id, stay.c.first, stay.c.last, sa.literal_column("1", sa.Integer)).where(
        stay.c.person_id.in_(sa.select(each.c.person_id).where(each.c.stays > 1))
    )
    return once.union_all(often)


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
    return _page(session, ranked, values, first, limit)


def _page(session: Session, ranked: Any, values: dict[str, Any], first: int, limit: int) -> Contacts:
    rows = session.execute(ranked, values | {"first": first, "limit": limit}).all()
    # A page beyond the last one has no row that could say how many there are.
    counted = rows[:1] or session.execute(ranked, values | {"first": 0, "limit": 1}).all()
    total, certain = (counted[0].total, counted[0].for_certain) if counted else (0, 0)
    return Contacts(total, certain, [Contact(*row[:5]) for row in rows])


# Built once for each store: it takes longer to put together than to read a page of a small case.
@lru_cache(maxsize=4)
def _ranked(postgresql: bool, store: Any) -> sa.Select[Any]:
    return _in_order(_people(postgresql, _spans(postgresql, store), "low"))


def _in_order(people: Any) -> sa.Select[Any]:
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


def _people(postgresql: bool, span: Any, first: str) -> Any:
    """One row for each person of the spans, with the minutes that any of theirs covers; `first` says what is ranked."""
    each = (
        sa.select(
            span.c.person_id,
            sa.func.count().label("spans"),
            sa.func.min(span.c[first]).label("first_at"),
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
        each.c.first_at,
    ).where(each.c.spans == 1)
    often = span.c.person_id.in_(sa.select(each.c.person_id).where(each.c.spans > 1))
    return once.union_all(_joined(postgresql, span, often, first)).subquery("person")


def _spans(postgresql: bool, store: Any) -> Any:
    """(person, encounter, from, to, to for certain or null) of each time together."""
    columns = ("person_id", "entered_at", "until_latest", "left_at")
    met = meeting_any(postgresql, *columns, store=store).subquery("met").c
    high = _sooner(met.until_latest, met.high)
    return sa.select(
        met.person_id,
        met.number,
        _later(met.entered_at, met.low).label("low"),
        high.label("high"),
        sa.case((sa.and_(met.recorded, met.left_at.is_not(None)), high)).label("sure"),
    ).cte("span")


def _later(one: Any, other: Any) -> Any:
    return sa.case((one > other, one), else_=other)


def _sooner(one: Any, other: Any) -> Any:
    return sa.case((one < other, one), else_=other)


def _joined(postgresql: bool, span: Any, condition: Any, first: str) -> Any:
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
        sa.func.min(step[first]),
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
