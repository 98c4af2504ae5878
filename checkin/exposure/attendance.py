"""Who was at places in times: one row for each person, ranked, counted, and read page by page behind a key.

A time is a window; minutes of several add up, and count once where they run side by side. Of those who were at two
places each in its own times, the minutes at either stand apart.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import UtcDateTime, is_postgresql
from checkin.declarations.models import Declaration
from checkin.exposure import queries, ranking
from checkin.exposure.areas import Area
from checkin.exposure.queries import StayRow, moment, told_then
from checkin.exposure.question import FIRST, MINUTES, POSSIBLE, PREFIXES, Here, Page, Question, Shape
from checkin.visits.flags import SHOWN
from checkin.visits.models import Visit

# The group of those with minutes that are certain, and of those whom an earlier answer did not have.
CERTAIN, NEW = "certain", "new"
# What their declarations say of people, and what is said of their visits.
GROUPS: dict[str, Any] = {
    "watch": Declaration.triage.in_(("watch", "urgent")),
    "outside": Declaration.province_id != sa.bindparam("home"),
    **{flag: Visit.flags.contains(flag) for flag in SHOWN},
}
_KINDS: dict[str, tuple[Any, ...]] = {
    MINUTES: (sa.Integer(), sa.Integer(), UtcDateTime(), sa.Uuid()),
    POSSIBLE: (sa.Integer(), sa.Integer(), UtcDateTime(), sa.Uuid()),
    FIRST: (UtcDateTime(), sa.Uuid()),
}


def people(
    session: Session,
    question: Question,
    *,
    limit: int,
    only: str = "",
    together: UUID | None = None,
    sort: str = MINUTES,
    after: tuple[Any, ...] | None = None,
    before: tuple[Any, ...] | None = None,
) -> Page:
    """`limit` of the people asked for, those behind the key `after` or the last ones up to the key `before`.

    `only` narrows them to CERTAIN, NEW or one of GROUPS, `together` to those who came on one form; `sort` is one of
    SORTS: the longest for certain first, then at most; the longest at most first; or who came first. Their order is
    the same each time. However far behind a page lies, it takes as long as the first one. Nobody: nothing is counted.
    """
    key = after if after is not None else before
    way = 0 if key is None else 1 if after is not None else -1
    statement = _page(is_postgresql(session), question.shape, only, together is not None, sort, way)
    values = question.values() | {"together": together, "limit": limit}
    values |= {f"key{number}": value for number, value in enumerate(key or ())}
    rows = session.execute(statement, values).all()
    if not rows:
        return Page(0, 0, [])
    listed = [_here(row) for row in (reversed(rows) if way < 0 else rows)]
    standing = 0 if way == 0 else rows[0].standing
    return Page(rows[0].total, rows[0].for_certain, listed, standing - len(listed) if way < 0 else standing)


def everybody(session: Session, question: Question) -> list[UUID]:
    """All of the people in the order of MINUTES, and nothing else of them."""
    statement = _everybody(is_postgresql(session), question.shape)
    rows = session.execute(statement, question.values(), execution_options={"yield_per": 2000})
    with rows:
        return [row[0] for row in rows]


def count(session: Session, question: Question) -> int:
    """How many people there are: a sum, which reads nobody."""
    found = session.scalar(_counted(question.shape), question.values())
    return found or 0


def count_groups(session: Session, question: Question) -> dict[str, int]:
    """How many people are in each of GROUPS, be there a declaration or not."""
    row = session.execute(_groups_counted(question.shape), question.values()).one()
    return dict(zip(GROUPS, row, strict=True))


def known_before(session: Session, question: Question, some: Collection[UUID] | None = None) -> set[UUID]:
    """Those of the people, or of `some`, whom an answer at `question.since` had too: whose visits had come by then."""
    earlier = _earlier(question.shape).subquery("earlier")
    query = sa.select(earlier.c.person_id)
    if some is not None:
        query = query.where(earlier.c.person_id.in_(some))
    return set(session.scalars(query, question.values()))


def stays(session: Session, question: Question, some: Sequence[UUID], *, part: int = 0) -> list[StayRow]:
    """The visits of these people that can have met a window of a part, by entry."""
    condition = _of_part(question.shape[part], PREFIXES[part])
    return queries.stays_where(session, [condition, Visit.person_id.in_(some)], question.values())


def _here(row: Any) -> Here:
    other = (row.other_certain, row.other_possible) if "other_certain" in row._fields else None
    return Here(row.person_id, row.certain, row.possible, row.encounters, row.first_at, other)


# Statements are built once for each shape: it takes longer to put one together than to read a page of a small place.
@lru_cache(maxsize=128)
def _page(postgresql: bool, shape: Shape, only: str, together: bool, sort: str, way: int) -> sa.Select[Any]:
    person = _people(postgresql, shape, only, together)
    keys = _keys(person.c, sort)
    columns = [
        *person.c,
        sa.func.count().over().label("total"),
        sa.func.count().filter(person.c.certain > 0).over().label("for_certain"),
    ]
    limit = sa.bindparam("limit", type_=sa.Integer)
    narrowed = sa.select(*columns)
    if only == CERTAIN:
        narrowed = narrowed.where(person.c.certain > 0)
    if way == 0:
        return narrowed.order_by(*keys).limit(limit)
    kinds = _KINDS[sort]
    key = sa.tuple_(*(sa.bindparam(f"key{number}", type_=kind) for number, kind in enumerate(kinds)))
    # Up to the key, or before it.
    ahead = sa.tuple_(*keys) <= key if way > 0 else sa.tuple_(*keys) < key
    listed = narrowed.add_columns(
        sa.func.count().filter(ahead).over().label("standing"),
        *(expression.label(f"at{number}") for number, expression in enumerate(keys)),
    ).subquery("listed")
    placed = [listed.c[f"at{number}"] for number in range(len(keys))]
    beyond = sa.tuple_(*placed) > key if way > 0 else sa.tuple_(*placed) < key
    order = placed if way > 0 else [one.desc() for one in placed]
    return sa.select(listed).where(beyond).order_by(*order).limit(limit)


@lru_cache(maxsize=32)
def _everybody(postgresql: bool, shape: Shape) -> sa.Select[Any]:
    person = _people(postgresql, shape, "", together=False)
    return sa.select(person.c.person_id).order_by(*_keys(person.c, MINUTES))


def _keys(person: Any, sort: str) -> list[Any]:
    certain, possible = person.certain, person.possible
    if "other_certain" in person:
        certain, possible = certain + person.other_certain, possible + person.other_possible
    minutes = {MINUTES: [-certain, -possible], POSSIBLE: [-possible, -certain], FIRST: []}[sort]
    return [*minutes, person.first_at, person.person_id]


def _people(postgresql: bool, shape: Shape, only: str, together: bool) -> Any:
    narrowed = _narrowed(shape, only, together)
    spans = [_spans(one, prefix, narrowed) for one, prefix in zip(shape, PREFIXES, strict=False)]
    here = ranking.people(postgresql, spans[0].cte("span"), "entered_at")
    if len(spans) == 1:
        return here
    other = ranking.people(postgresql, spans[1].cte("other_span"), "entered_at", name="other")
    return (
        sa.select(*here.c, other.c.certain.label("other_certain"), other.c.possible.label("other_possible"))
        .join(other, other.c.person_id == here.c.person_id)
        .subquery("both")
    )


def _spans(part: tuple[Area, int], prefix: str, narrowed: list[Any]) -> Any:
    """(person, window, when they came, from, to, to for certain or null) of each stay in each window."""
    area, windows = part
    found = []
    for number in range(windows):
        start, end = moment(f"{prefix}start{number}"), moment(f"{prefix}end{number}")
        found.append(
            sa.select(
                Visit.person_id,
                sa.literal_column(str(number), sa.Integer).label("number"),
                Visit.entered_at,
                ranking.later(Visit.entered_at, start).label("low"),
                ranking.sooner(Visit.until_latest, end).label("high"),
                sa.case((Visit.left_at.is_not(None), ranking.sooner(Visit.until_latest, end))).label("sure"),
            ).where(area.condition(prefix), *_in_window(prefix, number), *narrowed)
        )
    return found[0] if len(found) == 1 else sa.union_all(*found)


def _narrowed(shape: Shape, only: str, together: bool) -> list[Any]:
    found = []
    if only == NEW:
        found.append(Visit.person_id.not_in(_earlier(shape)))
    elif only in GROUPS:
        told = _told(sa.select(Visit.person_id), shape).where(GROUPS[only]).correlate(None)
        found.append(Visit.person_id.in_(told))
    if together:
        of_form = sa.select(Visit.person_id).where(_of_parts(shape), Visit.group_id == sa.bindparam("together"))
        found.append(Visit.person_id.in_(of_form.correlate(None)))
    return found


def _in_window(prefix: str, number: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Visit.entered_at.between(moment(f"{prefix}earliest{number}"), moment(f"{prefix}end{number}")),
        Visit.until_latest >= moment(f"{prefix}start{number}"),
    )


def _of_part(part: tuple[Area, int], prefix: str) -> sa.ColumnElement[bool]:
    """The visits of a part: of its area, meeting one of its windows."""
    area, windows = part
    if windows == 1:
        return sa.and_(area.condition(prefix), *_in_window(prefix, 0))
    # Spelt out, so that only the days in question are planned and read.
    whole = Visit.entered_at.between(moment(f"{prefix}earliest"), moment(f"{prefix}end"))
    each = (sa.and_(*_in_window(prefix, number)) for number in range(windows))
    return sa.and_(area.condition(prefix), whole, sa.or_(*each))


def _of_parts(shape: Shape) -> sa.ColumnElement[bool]:
    """The visits of any part, of people whom all of the parts have."""
    conditions = [_of_part(part, prefix) for part, prefix in zip(shape, PREFIXES, strict=False)]
    if len(conditions) == 1:
        return conditions[0]
    met = [Visit.person_id.in_(sa.select(Visit.person_id).where(one).correlate(None)) for one in conditions]
    return sa.and_(sa.or_(*conditions), *met)


@lru_cache(maxsize=32)
def _counted(shape: Shape) -> sa.Select[Any]:
    return sa.select(sa.func.count(sa.distinct(Visit.person_id))).where(_of_parts(shape))


@lru_cache(maxsize=32)
def _groups_counted(shape: Shape) -> Any:
    return _told(sa.select(*(sa.func.count(Visit.person_id.distinct()).filter(one) for one in GROUPS.values())), shape)


def _told(query: Any, shape: Shape) -> Any:
    """The query over the visits of the people, and their declarations."""
    told = sa.and_(Declaration.made_at == Visit.declared_at, Declaration.id == Visit.declaration_id, told_then())
    return query.select_from(Visit).outerjoin(Declaration, told).where(_of_parts(shape))


def _earlier(shape: Shape) -> Any:
    """Those whom an answer at `since` had: for each part a visit that had come by then."""
    came = sa.func.coalesce(Visit.received_at, Visit.entered_at) <= moment("since")
    found = [
        sa.select(Visit.person_id).where(_of_part(part, prefix), came).correlate(None)
        for part, prefix in zip(shape, PREFIXES, strict=False)
    ]
    return found[0] if len(found) == 1 else sa.intersect(*found)
