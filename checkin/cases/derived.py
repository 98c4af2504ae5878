"""What is to be kept for cases, and what is: many cases at a time, each table asked once for all of them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from checkin.cases.models import OWN, Case, case_visit, kept_declaration, kept_visit
from checkin.cases.queries import is_part, same_visit
from checkin.clock import FAR, LONG_AGO
from checkin.db import UtcDateTime, is_postgresql
from checkin.movements import queries as movements
from checkin.movements.merging import Move, together
from checkin.venues import queries as venues
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter, meeting

# What the store may still change in a visit: until when somebody can have been met, and what else.
ENDS = ("left_at", "until_latest")
CHANGING = (*ENDS, "end_set_by", "until_likely", "declared_at", "declaration_id")
_visit = Visit.__table__
_BETWEEN, _THEN, _LINE = "|", "\t", "\n"
# A visit or declaration: when it began or was made, and its id. And a visit: whose it is, and what CHANGING names. Both
# are texts, as the database writes them: a hundred thousand rows are compared in a minute, and nearly none is another.
Key = str
Row = str
# The id of a case as the database writes it, a visit, and its part.
Claim = str
KEY: Mapping[str, Any] = {"entered_at": UtcDateTime(), "id": sa.Uuid()}
_TOLD = (*KEY, "person_id", *CHANGING)


def parts(key: Key) -> list[str]:
    """The moment and the id of a key."""
    return key.split(_BETWEEN)


def person_of(row: Row) -> str:
    """Whose visit it is."""
    return row[: row.index(_BETWEEN)]


def claim_of(case_id: str, key: Key, part: str) -> Claim:
    """That a visit is kept for a case as this part."""
    return _BETWEEN.join((case_id, key, part))


def visit_of(claim: Claim) -> Key:
    """The visit of a claim."""
    return claim[claim.index(_BETWEEN) + 1 : claim.rindex(_BETWEEN)]


def ends_of(row: Row) -> list[str]:
    """What ENDS names of it."""
    return row.split(_BETWEEN)[1:3]


def declaration_of(row: Row) -> Key | None:
    """The declaration that goes with it."""
    *_, declared_at, declaration_id = row.rsplit(_BETWEEN, 2)
    return declared_at + _BETWEEN + declaration_id if declaration_id else None


def written(session: Session, value: UUID) -> str:
    """An id as the database writes it."""
    return str(value) if is_postgresql(session) else value.hex


def moment(text: str) -> datetime:
    """When that was; a bound where Python has no such moment."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return LONG_AGO if text.startswith("-") or text.endswith("BC") else FAR
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def joined(table: Any, *names: str) -> Any:
    """The texts of these columns with a stroke between."""
    texts: list[Any] = [sa.func.coalesce(sa.cast(table.c[name], sa.Text), "") for name in names]
    return reduce(lambda before, one: before.concat(_BETWEEN).concat(one), texts)


def _texts(table: Any) -> tuple[Any, Any]:
    return joined(table, *KEY), joined(table, "person_id", *CHANGING)


def _lines(table: Any) -> Any:
    """Keys and rows, all in one text: each by itself takes longer to fetch than all else that is done with it."""
    key, row = _texts(table)
    return sa.func.aggregate_strings(key.concat(_THEN).concat(row), _LINE)


def _taken_apart(lines: str) -> Iterator[tuple[Key, Row]]:
    for line in lines.split(_LINE):
        key, _, row = line.partition(_THEN)
        yield key, row


def listed(session: Session, kinds: Mapping[str, Any], rows: Collection[str]) -> Any:
    """Rows as a table `asked` with columns of these kinds, given to the database as one parameter: so that each of
    them is looked up by its key, however many they are. A row is the texts of its columns with a stroke between."""
    if is_postgresql(session):
        every = sa.func.unnest(sa.func.string_to_array(_LINE.join(rows), _LINE, type_=ARRAY(sa.Text)))
        lines = every.table_valued(sa.column("line", sa.Text)).render_derived("lines")
        columns = (
            sa.cast(sa.func.split_part(lines.c.line, _BETWEEN, place), kind).label(name)
            for place, (name, kind) in enumerate(kinds.items(), start=1)
        )
        # OFFSET keeps it apart: merged into the query, a line would be taken to pieces wherever a column is named.
        return sa.select(*columns).offset(0).subquery("asked")
    plain = [row.split(_BETWEEN) for row in rows]
    each = sa.func.json_each(sa.bindparam(None, plain, type_=sa.JSON)).table_valued("value")
    return sa.select(
        *(
            sa.type_coerce(sa.func.json_extract(each.c.value, f"$[{place}]"), kind).label(name)
            for place, (name, kind) in enumerate(kinds.items())
        )
    ).subquery("asked")


def held(session: Session, case_ids: Collection[UUID]) -> list[Case]:
    """These cases as they are now, by number; the caller holds what is kept."""
    query = sa.select(Case).where(Case.id.in_(case_ids)).order_by(Case.seq)
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def own_visits(session: Session, people: Collection[UUID], low: datetime, high: datetime) -> dict[Key, Row]:
    """The visits of the store that are of these people and began in [low, high]."""
    query = sa.select(*_texts(_visit)).where(_visit.c.person_id.in_(people), _visit.c.entered_at.between(low, high))
    return _pairs(session.execute(query))


def claims(session: Session, case_ids: Collection[UUID]) -> tuple[dict[UUID, dict[Key, tuple[str, Row]]], set[Key]]:
    """What is kept for each of these cases: its part, and the copy; and which of all these visits go with no
    declaration or with one whose copy is there."""
    found: dict[UUID, dict[Key, tuple[str, Row]]] = {case_id: {} for case_id in case_ids}
    by_text = {written(session, case_id): of_case for case_id, of_case in found.items()}
    case_id, told = sa.cast(case_visit.c.case_id, sa.Text), kept_declaration.c
    settled = sa.or_(kept_visit.c.declaration_id.is_(None), told.id.is_not(None))
    its = sa.and_(told.made_at == kept_visit.c.declared_at, told.id == kept_visit.c.declaration_id)
    rows = session.execute(
        sa.select(case_id, case_visit.c.part, settled, _lines(kept_visit))
        .join(kept_visit, same_visit(kept_visit))
        .outerjoin(kept_declaration, its)
        .where(case_visit.c.case_id.in_(case_ids))
        .group_by(case_id, case_visit.c.part, settled)
    )
    done: set[Key] = set()
    for case_text, part, is_settled, lines in rows.all():
        pairs = dict(_taken_apart(lines))
        by_text[case_text].update((key, (part, row)) for key, row in pairs.items())
        if is_settled:
            done.update(pairs)
    return found, done


def copies(session: Session, keys: Collection[Key]) -> dict[Key, Row]:
    """The copies that there are of these visits, whichever case keeps them."""
    if not keys:
        return {}
    asked = listed(session, KEY, keys)
    found = sa.select(*_texts(kept_visit)).select_from(asked).join(kept_visit, same_row(kept_visit, asked))
    return _pairs(session.execute(found))


def still_there(session: Session, keys: Collection[Key], start: datetime, end: datetime) -> set[Key]:
    """Those of these visits that began in [start, end] and that the store has."""
    if not keys:
        return set()
    asked = listed(session, KEY, keys)
    found = sa.select(_texts(_visit)[0]).select_from(asked).join(_visit, same_row(_visit, asked))
    return set(session.scalars(found.where(_visit.c.entered_at.between(start, end))))


def same_row(table: Any, asked: Any) -> sa.ColumnElement[bool]:
    """That a visit is the one of a key of `listed`."""
    return sa.and_(table.c.entered_at == asked.c.entered_at, table.c.id == asked.c.id)


def within(column: Any, keys: Collection[Key]) -> sa.ColumnElement[bool]:
    """That a moment lies among those of these keys; spelt out, so that only the tables of those days are planned and
    read."""
    times = [moment(parts(key)[0]) for key in keys]
    return sa.and_(column >= min(times), column <= max(times))


def encounters(
    session: Session, people: Mapping[UUID, Collection[UUID]], start: datetime, end: datetime
) -> dict[UUID, list[Encounter]]:
    """Where each of these cases was that can meet [start, end], as `queries.encounters` says it of one; `people` are
    who each of them is."""
    names = ("entered_at", "venue_id", "zone_id", "left_at", "until_latest")
    visits: dict[UUID, list[Any]] = {}
    for row in session.execute(
        sa.select(case_visit.c.case_id, *(kept_visit.c[name] for name in names))
        .join(kept_visit, same_visit(kept_visit))
        .where(
            case_visit.c.case_id.in_(people),
            is_part(OWN),
            kept_visit.c.entered_at <= end,
            kept_visit.c.until_latest >= start,
        )
        .order_by(kept_visit.c.entered_at, kept_visit.c.id)
    ):
        visits.setdefault(row.case_id, []).append(row)
    told = movements.of_people(session, {one for members in people.values() for one in members})
    times = {
        case_id: [
            time
            for time in together(visits.get(case_id, ()), _moves(told, members))
            if time.start <= end and time.end >= start
        ]
        for case_id, members in people.items()
    }
    inside = venues.inside_each(session, {time.venue_id for each in times.values() for time in each})
    return {
        case_id: [
            Encounter(
                inside[time.venue_id] or (time.venue_id,),
                time.start,
                time.end,
                time.recorded,
                time.visit.zone_id if time.visit else None,
            )
            for time in each
        ]
        for case_id, each in times.items()
    }


def met(
    session: Session,
    encountered: Mapping[UUID, Sequence[Encounter]],
    people: Mapping[UUID, Collection[UUID]],
    *,
    air: timedelta,
    cap: timedelta,
) -> dict[UUID, dict[Key, Row]]:
    """The stays of the store that can meet an encounter of each case, but those of who it is itself (`people`)."""
    found: dict[UUID, dict[Key, Row]] = {case_id: {} for case_id in people}
    every = [(case_id, one) for case_id, each in encountered.items() for one in each]
    if not every:
        return found
    encountering = [one for _, one in every]
    meets = meeting(session, encountering, *_TOLD, air=air, cap=cap, excluding=[]).subquery()
    own = {case_id: {written(session, one) for one in members} for case_id, members in people.items()}
    for number, lines in session.execute(sa.select(meets.c.number, _lines(meets)).group_by(meets.c.number)).all():
        case_id = every[number][0]
        mine, of_case = own[case_id], found[case_id]
        for key, row in _taken_apart(lines):
            if person_of(row) not in mine:
                of_case[key] = row
    return found


def _pairs(result: Any) -> dict[Key, Row]:
    return {key: row for key, row in result.all()}  # noqa: C416 - rows are no pairs to `dict`


def _moves(told: Mapping[UUID, Sequence[Move]], members: Collection[UUID]) -> list[Move]:
    return sorted((move for one in members for move in told.get(one, ())), key=lambda move: (move.start, move.id))
