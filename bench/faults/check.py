"""Compares what is in the tables with what the client remembers: rows, never the text of a page."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa

from bench.faults.memory import Memory
from checkin.db import reading
from checkin.declarations.models import Declaration
from checkin.people.models import Person
from checkin.visits.models import Submission, Visit

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Verdict:
    """What is wrong, by submission (or by the row's own id where none is known); all empty when nothing is."""

    visits: int = 0
    lost: set[UUID] = field(default_factory=set)
    doubled: set[UUID] = field(default_factory=set)
    half_written: set[UUID] = field(default_factory=set)
    unknown: set[UUID] = field(default_factory=set)

    @property
    def clean(self) -> bool:
        """True when every acknowledged visit is there exactly once and everything is whole."""
        return not (self.lost or self.doubled or self.half_written or self.unknown)


def check(engine: sa.Engine, memory: Memory, known: set[UUID], since: datetime = EVER) -> Verdict:
    """Judge the rows made from `since` on; `known` are all submissions that were ever sent to this database.

    Every submission of the client is of a person of its own, who therefore has one declaration and one visit.
    """
    submissions, visits, declarations, people = _rows(engine, since)
    verdict = Verdict(visits=len(visits))
    by_group: dict[UUID, list[sa.Row]] = {}  # type: ignore[type-arg]
    for visit in visits:
        by_group.setdefault(visit.group_id, []).append(visit)

    for submission, told in memory.acknowledged.items():
        there = {(visit.id, visit.entered_at) for visit in by_group.get(submission, [])}
        if not told <= there or submission not in submissions:
            verdict.lost.add(submission)
        if len(told) > 1:
            verdict.doubled.add(submission)

    declared = Counter(person for _, person in declarations.values())
    wanted = {visit.declaration_id for visit in visits}
    for group, rows in by_group.items():
        if len(rows) > 1 or any(declared[visit.person_id] > 1 for visit in rows):
            verdict.doubled.add(group)
        for visit in rows:
            declaration = declarations.get(visit.declaration_id)
            whole = (
                declaration == (visit.declared_at, visit.person_id)
                and visit.person_id in people
                and (submissions.get(group) or {}).get("visit") == str(visit.id)
            )
            if not whole:
                verdict.half_written.add(group)
        if group not in known:
            verdict.unknown.add(group)
    verdict.half_written |= {submission for submission in submissions if submission not in by_group}
    verdict.half_written |= {key for key in declarations if key not in wanted}
    return verdict


def _rows(engine, since):  # type: ignore[no-untyped-def]
    """All that was written since then, as of one moment; some requests may still be under way."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with reading(), engine.connect().execution_options(**options) as connection:
        submissions = dict(
            connection.execute(sa.select(Submission.id, Submission.result).where(Submission.received_at >= since)).all()
        )
        visits = connection.execute(
            sa.select(
                Visit.id, Visit.entered_at, Visit.group_id, Visit.person_id, Visit.declaration_id, Visit.declared_at
            ).where(Visit.entered_at >= since)
        ).all()
        declarations = {
            row.id: (row.made_at, row.person_id)
            for row in connection.execute(
                sa.select(Declaration.id, Declaration.made_at, Declaration.person_id).where(
                    Declaration.made_at >= since
                )
            )
        }
        people = set(connection.scalars(sa.select(Person.id).where(Person.created_at >= since)))
    return submissions, visits, declarations, people
