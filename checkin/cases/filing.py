"""Copies of what the store has, for the cases that need it longer: each found by its key."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from checkin.cases.derived import CHANGING, KEY, Claim, Key, joined, listed, same_row, visit_of, within
from checkin.cases.models import case_visit, kept_declaration, kept_visit
from checkin.cases.queries import same_visit
from checkin.cases.signals import kept_changed
from checkin.db import UtcDateTime, is_postgresql
from checkin.declarations.models import Declaration
from checkin.visits.models import Visit

_visit, _declaration = Visit.__table__, Declaration.__table__
_CLAIM = {"case_id": sa.Uuid(), "entered_at": UtcDateTime(), "visit_id": sa.Uuid(), "part": sa.String()}


def copy_visits(session: Session, keys: Collection[Key], ended: Collection[Key]) -> int:
    """Copy these visits of the store, or bring their copies up to date; how many rows changed. Of those that `ended`
    the copy has another end than the store: what was made of them for any case is no longer right."""
    if ended:
        asked = listed(session, KEY, ended)
        mine = sa.and_(case_visit.c.entered_at == asked.c.entered_at, case_visit.c.visit_id == asked.c.id)
        kept_changed.send(session, cases=sa.select(case_visit.c.case_id).select_from(asked).join(case_visit, mine))
    if not keys:
        return 0
    asked = listed(session, KEY, keys)
    rows = sa.select(*_visit.c).select_from(asked).join(_visit, same_row(_visit, asked))
    insert = _insert(session, kept_visit, rows.where(within(_visit.c.entered_at, keys)))
    stale = sa.or_(*(kept_visit.c[name].is_distinct_from(insert.excluded[name]) for name in CHANGING))
    fresh = {name: insert.excluded[name] for name in CHANGING}
    return done(session, insert.on_conflict_do_update(index_elements=["entered_at", "id"], set_=fresh, where=stale))


def copy_declarations(session: Session, keys: Collection[Key]) -> list[Key]:
    """Copy these declarations, as far as the store has them and no copy is there; which were copied."""
    if not keys:
        return []
    asked = listed(session, KEY, keys)
    # A declaration never changes: one that was copied is not read again.
    copied = sa.exists().where(kept_declaration.c.made_at == asked.c.entered_at, kept_declaration.c.id == asked.c.id)
    made = within(_declaration.c.made_at, keys)
    rows = (
        sa.select(*_declaration.c)
        .select_from(asked)
        .join(_declaration, sa.and_(_declaration.c.made_at == asked.c.entered_at, _declaration.c.id == asked.c.id))
        .where(made, ~copied)
    )
    new = _insert(session, kept_declaration, rows).on_conflict_do_nothing()
    return list(session.scalars(new.returning(joined(kept_declaration, "made_at", "id"))))


def claim(session: Session, claims: Collection[Claim]) -> int:
    """Say for which case these visits are kept, and as which part; how many are new."""
    if not claims:
        return 0
    asked = listed(session, _CLAIM, claims)
    rows = sa.select(*(asked.c[name] for name in _CLAIM))
    return done(session, _insert(session, case_visit, rows).on_conflict_do_nothing())


def let_go(session: Session, claims: Collection[Claim]) -> int:
    """Keep these visits no longer for these cases, nor their copies where no other case needs them; how many."""
    if not claims:
        return 0
    asked = listed(session, _CLAIM, claims)
    names = ("case_id", "entered_at", "visit_id")
    these = sa.select(*(asked.c[name] for name in names))
    mine = sa.tuple_(*(case_visit.c[name] for name in names)).in_(these)
    count = done(session, sa.delete(case_visit).where(mine))
    _sweep(session, {visit_of(one) for one in claims})
    return count


def _sweep(session: Session, keys: Collection[Key]) -> None:
    """Delete the copies of these visits that no case claims, and their declarations that no other copy goes with."""
    asked = listed(session, KEY, keys)
    these = sa.tuple_(kept_visit.c.entered_at, kept_visit.c.id).in_(sa.select(asked.c.entered_at, asked.c.id))
    gone = session.execute(
        sa.delete(kept_visit)
        .where(these, ~sa.exists().where(same_visit(kept_visit)))
        .returning(kept_visit.c.declaration_id, joined(kept_visit, "declared_at", "declaration_id"))
    )
    told = {key for declaration_id, key in gone if declaration_id is not None}
    if not told:
        return
    asked = listed(session, KEY, told)
    key = sa.tuple_(kept_declaration.c.made_at, kept_declaration.c.id)
    goes_with = sa.exists().where(
        kept_visit.c.declared_at == kept_declaration.c.made_at, kept_visit.c.declaration_id == kept_declaration.c.id
    )
    session.execute(sa.delete(kept_declaration).where(key.in_(sa.select(asked.c.entered_at, asked.c.id)), ~goes_with))


def _insert(session: Session, table: sa.Table, rows: sa.Select[Any]) -> Any:
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    # SQLite takes the ON of ON CONFLICT for that of a join unless something stands between.
    return insert(table).from_select(rows.selected_columns.keys(), rows.where(sa.literal_column("1") == 1))


def done(session: Session, statement: Any) -> int:
    """Run a statement that writes; how many rows it changed."""
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    return int(result.rowcount)  # type: ignore[attr-defined]
