"""What is kept for a case whose person was joined with another one, or parted again.

Here alone a visit changes its part: what somebody joined with the case did is the case's own from then on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.cases import queries, service
from checkin.cases.models import KEEPING_STATES, MET, OWN, Case, case_visit, kept_visit
from checkin.cases.signals import kept_changed
from checkin.cases.spread import air
from checkin.joins import queries as joins
from checkin.rules import RuleSet
from checkin.visits.queries import meeting
from checkin.visits.stays import longest

Key = tuple[datetime, Any]


def regroup(session: Session, *, now: datetime, actor: Actor, case: Case, rules: RuleSet) -> None:
    """Bring what is kept for a case in step with who its person is now, and freeze it; nothing for one that keeps
    nothing. The caller holds what is kept (`service.lock_kept`)."""
    if case.person_id is None or case.state not in KEEPING_STATES:
        return
    people = joins.group_of(session, case.person_id).members
    reach: dict[str, Any] = {"air": air(rules, case.disease), "cap": longest(rules), "excluding": []}
    joined = _visits(session, case, MET, kept_visit.c.person_id.in_(people))
    parted = _visits(session, case, OWN, kept_visit.c.person_id.not_in(people))
    with_them = _met(session, case, reach) if parted else set()
    _let_go(session, case, [*joined, *parted])
    _claim(session, case, OWN, joined)
    if parted:
        # Not what the store says: of earlier days it knows nothing any more.
        _claim(session, case, MET, parted)
        _let_go(session, case, sorted((with_them | set(parted)) - _met(session, case, reach)))
    kept_changed.send(session, cases=[case.id])
    service.freeze(session, now=now, actor=actor, case=case, rules=rules)
    if parted:
        service.sweep(session)


def _visits(session: Session, case: Case, part: str, whose: sa.ColumnElement[bool]) -> list[Key]:
    rows = session.execute(
        sa.select(case_visit.c.entered_at, case_visit.c.visit_id)
        .join(kept_visit, queries.same_visit(kept_visit))
        .where(case_visit.c.case_id == case.id, case_visit.c.part == part, whose)
    )
    return [(row.entered_at, row.visit_id) for row in rows]


def _met(session: Session, case: Case, reach: dict[str, Any]) -> set[Key]:
    """The stays of others, of those kept for the case, that meet its own ones."""
    first, last = session.execute(
        sa.select(sa.func.min(kept_visit.c.entered_at), sa.func.max(kept_visit.c.until_latest))
        .join(case_visit, queries.same_visit(kept_visit))
        .where(case_visit.c.case_id == case.id, case_visit.c.part == OWN)
    ).one()
    encounters = queries.encounters(session, case.id, first, last) if first else []
    if not encounters:
        return set()
    met = meeting(session, encounters, "entered_at", "id", store=queries.kept_for(MET), **reach)
    return {(row.entered_at, row.id) for row in session.execute(met, {"case_id": case.id})}


def _claim(session: Session, case: Case, part: str, visits: Sequence[Key]) -> None:
    rows = [{"case_id": case.id, "entered_at": at, "visit_id": one, "part": part} for at, one in visits]
    if rows:
        session.execute(sa.insert(case_visit), rows)


def _let_go(session: Session, case: Case, visits: Sequence[Key]) -> None:
    for start in range(0, len(visits), joins.BLOCK):
        block = visits[start : start + joins.BLOCK]
        which = sa.tuple_(case_visit.c.entered_at, case_visit.c.visit_id).in_(block)
        session.execute(sa.delete(case_visit).where(case_visit.c.case_id == case.id, which))
