"""What a round writes: visits made to agree with plans, in PostgreSQL's function or by its stand-in on SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from checkin import clock
from checkin.db import is_postgresql
from checkin.declarations.models import Declaration
from checkin.visits import service as visits
from checkin.visits.models import Visit
from checkin.workers import planning, queries
from checkin.workers.models import Worker
from checkin.workers.shifts import AHEAD_DAYS, BACK_DAYS, DAY, Written


def write_shifts(session: Session, *, now: datetime, rules: planning.Rules, limit: int) -> Written:
    """Make the visits of shifts agree with the plans of the next people who are due; nothing where nobody is.

    Of shifts that have begun alone. Of a day that is over nothing is taken back: what its owner says of it then adds
    a stay or marks the one that is there. What a case keeps a copy of stays as it is. Two processes at once take
    different people; one that is killed leaves them to the next.
    """
    found = queries.due(session, now, limit)
    if not found:
        return Written()
    today = clock.to_local(now).date()
    first = planning.first_days(found, now=now, keep_days=rules(today).retention_days)
    since = min([*first.values(), today - BACK_DAYS * DAY])
    changed = queries.changes(session, list(first), since, today + AHEAD_DAYS * DAY)
    asked, wanted, due = planning.plan(found, first, changed, now=now, rules=rules)
    for day in sorted({clock.to_local(one["entered"]).date() for one in wanted}):
        visits.open_day(session, day)
    write = _on_postgresql if is_postgresql(session) else _on_sqlite
    written, removed = write(session, asked, wanted)
    # Most are due at the same few moments again: a statement for each of those, and not for each person.
    by_moment: dict[datetime | None, list[UUID]] = {}
    for worker_id, moment in due.items():
        by_moment.setdefault(moment, []).append(worker_id)
    for moment, ids in by_moment.items():
        session.execute(
            sa.update(Worker)
            .where(Worker.id.in_(ids))
            .values(due_at=moment, seen_at=now)
            .execution_options(synchronize_session=False)
        )
    return Written(len(found), written, removed)


def _on_postgresql(
    session: Session, asked: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]]
) -> tuple[int, int]:
    """In a function of the tables' owner: the staff role itself writes no visit, and sealed details stay where they
    are."""
    row = session.execute(
        sa.text("SELECT written, removed FROM write_shifts(:asked, :wanted)").bindparams(
            sa.bindparam("asked", type_=JSONB), sa.bindparam("wanted", type_=JSONB)
        ),
        {"asked": planning.plain(asked), "wanted": planning.plain(wanted)},
    ).one()
    return int(row.written), int(row.removed)


def _on_sqlite(session: Session, asked: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """What the function `write_shifts` does on PostgreSQL; there is one writer here."""
    ids = {one["worker"] for one in asked}
    people = {
        one.id: one for one in session.connection().execute(sa.select(Worker.__table__).where(Worker.id.in_(ids)))
    }  # type: ignore[arg-type]
    there = queries.shift_rows(
        session,
        [one.person_id for one in people.values()],
        min(one["since"] for one in asked) - 2 * DAY,
        max(one["until"] for one in asked),
    )
    kept = queries.kept(session, {*(one.id for one in there), *(one["id"] for one in wanted)})
    found = planning.differences(there, kept, asked, wanted)
    for old in found.stale:
        session.execute(sa.delete(Visit).where(Visit.entered_at == old.entered_at, Visit.id == old.id))
        session.execute(sa.delete(Declaration).where(Declaration.made_at == old.entered_at, Declaration.id == old.id))
    for marked, rows in found.marks.items():
        for old in rows:
            # Past the session too: a round reads no visit.
            session.connection().execute(
                sa.update(Visit)
                .where(Visit.entered_at == old.entered_at, Visit.id == old.id)
                .values(flags=planning.flags(marked))
            )
    for one in found.fresh:
        worker = people[one["worker"]]
        session.execute(sa.insert(Declaration.__table__), planning.declaration(worker, one))  # type: ignore[arg-type]
        session.execute(visits.INSERT_VISIT, planning.visit(worker, one))
    return len(found.fresh), len(found.stale)
