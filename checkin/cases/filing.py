"""Copies of what the store has, for the cases that need it longer."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from checkin.cases import queries
from checkin.cases.models import Case, case_visit, kept_declaration, kept_visit
from checkin.cases.signals import kept_changed
from checkin.db import is_postgresql
from checkin.declarations.models import Declaration

# What the store may still change in a visit.
_CHANGING = ("left_at", "end_set_by", "until_likely", "until_latest", "declaration_id", "declared_at")
_declaration = Declaration.__table__


def copy_visits(session: Session, rows: sa.Select[Any]) -> int:
    """Copy visits of the store, or bring their copies up to date; how many rows changed."""
    theirs = rows.subquery("theirs")
    same = sa.and_(kept_visit.c.entered_at == theirs.c.entered_at, kept_visit.c.id == theirs.c.id)
    # Other cases share rows, and what was made of what they keep is then no longer right.
    ended = sa.or_(*(kept_visit.c[name].is_distinct_from(theirs.c[name]) for name in ("left_at", "until_latest")))
    sharing = sa.select(case_visit.c.case_id).join(kept_visit, queries.same_visit(kept_visit)).join(theirs, same)
    kept_changed.send(session, cases=sharing.where(ended))
    insert = _insert(session, kept_visit, rows)
    stale = sa.or_(*(kept_visit.c[name].is_distinct_from(insert.excluded[name]) for name in _CHANGING))
    fresh = {name: insert.excluded[name] for name in _CHANGING}
    return done(session, insert.on_conflict_do_update(index_elements=["entered_at", "id"], set_=fresh, where=stale))


def copy_declarations(session: Session, case: Case, start: datetime, end: datetime) -> int:
    """Copy the declarations that go with what the case keeps of [start, end]; how many."""
    # A declaration never changes: one that was copied is not read again.
    copied = sa.exists().where(
        kept_declaration.c.made_at == kept_visit.c.declared_at, kept_declaration.c.id == kept_visit.c.declaration_id
    )
    told = (
        sa.select(kept_visit.c.declared_at, kept_visit.c.declaration_id)
        .join(case_visit, queries.same_visit(kept_visit))
        .where(
            case_visit.c.case_id == case.id,
            case_visit.c.entered_at.between(start, end),
            kept_visit.c.declaration_id.is_not(None),
            ~copied,
        )
        .distinct()
        .subquery("told")
    )
    same = sa.and_(_declaration.c.made_at == told.c.declared_at, _declaration.c.id == told.c.declaration_id)
    rows = sa.select(*_declaration.c).join(told, same)
    return done(session, _insert(session, kept_declaration, rows).on_conflict_do_nothing())


def claim(session: Session, case: Case, part: str, rows: sa.Subquery) -> int:
    """Say that these visits are kept for the case, as such a part; how many are new."""
    mine = sa.select(
        sa.literal(case.id, sa.Uuid).label("case_id"),
        rows.c.entered_at,
        rows.c.id.label("visit_id"),
        sa.literal(part).label("part"),
    ).distinct()
    return done(session, _insert(session, case_visit, mine).on_conflict_do_nothing())


def _insert(session: Session, table: sa.Table, rows: sa.Select[Any]) -> Any:
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    # SQLite takes the ON of ON CONFLICT for that of a join unless something stands between.
    return insert(table).from_select(rows.selected_columns.keys(), rows.where(sa.literal_column("1") == 1))


def done(session: Session, statement: Any) -> int:
    """Run a statement that writes; how many rows it changed."""
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(result.rowcount)  # type: ignore[attr-defined]
