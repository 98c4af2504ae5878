"""People by how long they were somewhere: one row each, minutes by unions, ranked, counted and drawn in the database.

A span is a time of one person that counts, together with a case or inside a window; what follows is the same for both.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.exposure.areas import Area
from checkin.exposure.queries import meeting_window, moment, window_values
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter, meeting_any, meeting_values


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


def count_present(
    session: Session, area: Area, start: datetime, step: timedelta, steps: int, cap: timedelta
) -> list[int]:
    """How many people were in the area in each of so many steps from `start` on, by their likely ends.

    `step` is whole minutes long.
    """
    end = start + steps * step
    rows = session.execute(
        _present(is_postgresql(session), area.shape()),
        window_values(area, start, end, cap) | {"step": step // timedelta(minutes=1)},
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
    start, end, until = moment("start"), moment("end"), sa.func.coalesce(Visit.left_at, Visit.until_likely)

    def step(moment: Any) -> Any:
        return _minutes(postgresql, _length(postgresql, start, moment)) // sa.bindparam("step", type_=sa.Integer)

    low, high = step(later(Visit.entered_at, start)).label("first"), step(sooner(until, end)).label("last")
    stay = (
        sa.select(Visit.person_id, low, high)
        .where(*meeting_window(shape), Visit.entered_at < end, until >= start)
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
    case_id: UUID | None = None,
    by_minutes: bool = True,
) -> Contacts:
    """Everybody whose stay can meet one of the encounters, `limit` of them from the one numbered `first` on.

    The longest together for certain first, then the longest at most, then who met the case first. Minutes are
    those of the clock: stays and encounters side by side count once, those of several days add up. The arguments
    are those of `visits.queries.meeting`; `case_id` says whose, where `store` is `cases.queries.kept_for`. Not
    `by_minutes`: who met the case first, first.
    """
    ranked = _ranked(is_postgresql(session), store, by_minutes)
    values = meeting_values(session, encounters, air=air, cap=cap, excluding=excluding) | {"case_id": case_id}
    return _page(session, ranked, values, first, limit)


def _page(session: Session, ranked: Any, values: dict[str, Any], first: int, limit: int) -> Contacts:
    rows = session.execute(ranked, values | {"first": first, "limit": limit}).all()
    # No row of a page beyond the last one could say how many there are.
    counted = rows[:1] or session.execute(ranked, values | {"first": 0, "limit": 1}).all()
    total, certain = (counted[0].total, counted[0].for_certain) if counted else (0, 0)
    return Contacts(total, certain, [Contact(*row[:5]) for row in rows])


# Once for each store: putting it together takes longer than to read a page of a small case.
@lru_cache(maxsize=4)
def _ranked(postgresql: bool, store: Any, by_minutes: bool = True) -> sa.Select[Any]:
    return _in_order(people(postgresql, spans(postgresql, store), "low"), by_minutes)


def _in_order(people: Any, by_minutes: bool = True) -> sa.Select[Any]:
    longest = (people.c.certain.desc(), people.c.possible.desc()) if by_minutes else ()
    return (
        sa.select(
            *people.c,
            sa.func.count().over().label("total"),
            sa.func.count().filter(people.c.certain > 0).over().label("for_certain"),
        )
        .order_by(*longest, people.c.first_at, people.c.person_id)
        # By number and not by key: for any page all of them are put together and counted, so that the last one costs
        # no more than the first.
        .offset(sa.bindparam("first", type_=sa.Integer))
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


def people(postgresql: bool, span: Any, first: str, *most: str, name: str = "person") -> Any:
    """One row a person, with the minutes that any span covers, the first of `first`, the greatest of each of `most`.

    `name` tells them apart where a statement asks twice.
    """
    each = (
        sa.select(
            span.c.person_id,
            sa.func.count().label("spans"),
            sa.func.min(span.c[first]).label("first_at"),
            sa.func.min(span.c.low).label("low"),
            sa.func.max(span.c.high).label("high"),
            sa.func.max(span.c.sure).label("sure"),
            *(sa.func.max(span.c[column]).label(column) for column in most),
        )
        .group_by(span.c.person_id)
        .cte(f"each_{name}")
    )
    # Nearly everybody met the case once: nothing is side by side nor to be sorted.
    once = sa.select(
        each.c.person_id,
        _minutes(postgresql, _length(postgresql, each.c.low, each.c.sure)).label("certain"),
        _minutes(postgresql, _length(postgresql, each.c.low, each.c.high)).label("possible"),
        sa.literal(1).label("encounters"),
        each.c.first_at,
        *(each.c[column] for column in most),
    ).where(each.c.spans == 1)
    often = span.c.person_id.in_(sa.select(each.c.person_id).where(each.c.spans > 1))
    if first == "low":
        # Where PostgreSQL expects one span it would walk through all people for each; within CASE it keeps them hashed.
        often = sa.case((often, sa.true()), else_=sa.false())
    return once.union_all(_joined(postgresql, span, often, first, *most)).subquery(name)


def spans(
    postgresql: bool, store: Any, *more: str, also: Mapping[str, Any] = MappingProxyType({}), of: Any = None
) -> Any:
    """(person, encounter, from, to, to for certain or null, `more` of the visit, `also` of the encounter) a time.

    Of the visits alone whose (entered_at, id) `of` gives, where it is there.
    """
    columns = ("person_id", "entered_at", "until_latest", "left_at", *more, *(["id"] if of is not None else []))
    meet = meeting_any(postgresql, *columns, store=store, also=also)
    # How many meet is what PostgreSQL does not know beforehand: it would look each of them up in `of`. Within CASE that
    # is hashed; an offset keeps it outside, where it is asked of those alone who met.
    met = (meet if of is None or not postgresql else meet.offset(sa.literal_column("0"))).subquery("met").c
    high = sooner(met.until_latest, met.high)
    span = sa.select(
        met.person_id,
        met.number,
        later(met.entered_at, met.low).label("low"),
        high.label("high"),
        sa.case((sa.and_(met.recorded, met.left_at.is_not(None)), high)).label("sure"),
        *(met[name] for name in (*more, *also)),
    )
    if of is not None:
        span = span.where(sa.case((sa.tuple_(met.entered_at, met.id).in_(of), sa.true()), else_=sa.false()))
    return span.cte("span")


def later(one: Any, other: Any) -> Any:
    """The later of two moments, for a query."""
    return sa.case((one > other, one), else_=other)


def sooner(one: Any, other: Any) -> Any:
    """The sooner of two moments, for a query."""
    return sa.case((one < other, one), else_=other)


def _joined(postgresql: bool, span: Any, condition: Any, first: str, *most: str) -> Any:
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
    ).c
    return sa.select(
        step.person_id,
        _minutes(postgresql, sa.func.sum(_added(postgresql, step.low, step.sure, step.sure_reached))),
        _minutes(postgresql, sa.func.sum(_added(postgresql, step.low, step.high, step.reached))),
        sa.func.count(step.number.distinct()),
        sa.func.min(step[first]),
        *(sa.func.max(step[name]) for name in most),
    ).group_by(step.person_id)


def _added(postgresql: bool, low: Any, high: Any, reached: Any) -> Any:
    """What a span adds to those before it."""
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
        seconds = sa.func.date_part("epoch", length, type_=sa.Double)
        return sa.cast(sa.func.coalesce(sa.func.floor(seconds / 60.0), 0), sa.Integer)
    return sa.func.coalesce(length, 0) // 60_000_000
