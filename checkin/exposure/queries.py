from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import OWN, Case, case_visit, kept_declaration, kept_visit
from checkin.cases.queries import kept_for, same_visit
from checkin.db import is_postgresql
from checkin.declarations.models import Declaration
from checkin.exposure.models import Lookup
from checkin.venues.models import Venue
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter, meeting


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


def stays_at(session: Session, area: Area, start: datetime, end: datetime, cap: timedelta) -> list[StayRow]:
    """Every visit of the area that can have met [start, end], by entry.

    `cap` is the longest stay there is: it bounds how far back a visit can have begun, and so how many
    days are read.
    """
    rows = session.execute(
        _stays()
        .where(area.condition(), Visit.entered_at.between(start - cap, end), Visit.until_latest >= start)
        .order_by(Visit.entered_at, Visit.id)
    )
    return [StayRow(*row) for row in rows]


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
    people = _people(session, _spans(session, encounters, air=air, cap=cap, excluding=excluding, store=store))
    ranked = sa.select(
        *people.c,
        sa.func.count().over().label("total"),
        sa.func.count().filter(people.c.certain > 0).over().label("for_certain"),
    ).order_by(people.c.certain.desc(), people.c.possible.desc(), people.c.first_at, people.c.person_id)
    rows = session.execute(ranked.offset(first).limit(limit)).all()
    # A page beyond the last one has no row that could say how many there are.
    counted = rows[:1] or session.execute(ranked.limit(1)).all()
    total, certain = (counted[0].total, counted[0].for_certain) if counted else (0, 0)
    return Contacts(total, certain, [Contact(*row[:5]) for row in rows])


def _spans(session: Session, encounters: Sequence[Encounter], **how: Any) -> Any:
    """(person, encounter, from, to, whether for certain) of each time together."""
    met = meeting(session, encounters, "person_id", "entered_at", "until_latest", "left_at", **how).subquery("met").c
    return sa.select(
        met.person_id,
        met.number,
        sa.case((met.entered_at > met.low, met.entered_at), else_=met.low).label("low"),
        sa.case((met.until_latest < met.high, met.until_latest), else_=met.high).label("high"),
        sa.and_(met.recorded, met.left_at.is_not(None)).label("sure"),
    ).subquery("span")


def _people(session: Session, span: Any) -> Any:
    """One row for each person of the spans, with the minutes that at least one of theirs covers."""
    moment = _exact if is_postgresql(session) else _microseconds
    low, high = moment(span.c.low), moment(span.c.high)
    sure = sa.case((span.c.sure, high))
    before = {"partition_by": span.c.person_id, "order_by": span.c.low, "rows": (None, -1)}
    # How far the person's earlier spans reach: what lies behind that was counted with them.
    step = sa.select(
        span.c.person_id,
        span.c.number,
        span.c.low.label("first_at"),
        low.label("low"),
        high.label("high"),
        sure.label("sure"),
        sa.func.max(high).over(**before).label("reached"),
        sa.func.max(sure).over(**before).label("sure_reached"),
    ).subquery("step")
    return (
        sa.select(
            step.c.person_id,
            _minutes(session, _added(step.c.low, step.c.sure, step.c.sure_reached)).label("certain"),
            _minutes(session, _added(step.c.low, step.c.high, step.c.reached)).label("possible"),
            sa.func.count(step.c.number.distinct()).label("encounters"),
            sa.func.min(step.c.first_at).label("first_at"),
        )
        .group_by(step.c.person_id)
        .subquery("person")
    )


def _added(low: Any, high: Any, reached: Any) -> Any:
    """What a span adds to those before it; null where that is nothing."""
    return sa.case((sa.or_(reached.is_(None), reached <= low), high - low), (reached < high, high - reached))


def _exact(moment: Any) -> Any:
    return moment


def _microseconds(moment: Any) -> Any:
    """A moment of SQLite as a number: its functions of time know milliseconds only."""
    whole = sa.cast(sa.func.strftime("%s", moment), sa.BigInteger)
    return whole * 1_000_000 + sa.cast(sa.func.substr(moment, 21, 6), sa.BigInteger)


def _minutes(session: Session, lengths: Any) -> Any:
    """Whole minutes of a sum of lengths."""
    total = sa.func.sum(lengths)
    if is_postgresql(session):
        return sa.cast(sa.func.coalesce(sa.func.floor(sa.extract("epoch", total) / 60), 0), sa.Integer)
    return sa.func.coalesce(total, 0) // 60_000_000


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


def of_case(session: Session, case_id: UUID, limit: int = 50) -> list[Lookup]:
    """The latest lookups made for a case, newest first."""
    return list(
        session.scalars(sa.select(Lookup).where(Lookup.case_id == case_id).order_by(Lookup.seq.desc()).limit(limit))
    )
