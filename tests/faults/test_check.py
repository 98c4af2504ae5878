"""The comparison of rows with what a client remembers: each kind of damage, made by hand, is named as what it is."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from bench.faults.check import Verdict, check
from bench.faults.memory import Diary, Memory
from checkin.config import Config
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.declarations.told import Told
from checkin.people.models import Person
from checkin.visits.models import Submission, Visit
from tests import cast, factories
from tests.conftest import NOW

VISIT, DECLARATION, SUBMISSION, PERSON = (model.__table__ for model in (Visit, Declaration, Submission, Person))


@pytest.fixture
def engine(world):
    made = sa.create_engine(world.superuser_url or Config.from_env(world.env()).database_url, poolclass=sa.NullPool)
    yield made
    made.dispose()


@pytest.fixture
def memory(app, session, vault):
    """Two visits as a client remembers them, the citizen's first; both are in the tables."""
    where = factories.venue(session, vault)
    for who in (cast.CITIZEN, cast.NEIGHBOUR):
        factories.check_in(app, session, vault, where, Told(who=who), device=vault.device(who.full_name))
    session.commit()
    rows = session.execute(sa.select(Visit.group_id, Visit.id, Visit.entered_at)).all()
    session.commit()
    db.session.remove()
    return Memory({row.group_id for row in rows}, {row.group_id: {(row.id, row.entered_at)} for row in rows})


def found(engine, memory):
    return check(engine, memory, memory.sent)


def test_it_finds_nothing_wrong_where_nothing_is(engine, memory):
    assert found(engine, memory) == Verdict(visits=2)
    assert found(engine, memory).clean


DAMAGES = {
    "a visit is gone": (lambda v: sa.delete(VISIT).where(VISIT.c.id == v.id), {"lost", "half_written"}),
    "a visit moved": (
        lambda v: sa.update(VISIT).where(VISIT.c.id == v.id).values(entered_at=v.entered_at - timedelta(seconds=1)),
        {"lost"},
    ),
    "a submission is gone": (
        lambda v: sa.delete(SUBMISSION).where(SUBMISSION.c.id == v.group_id),
        {"lost", "half_written"},
    ),
    "a submission has no result": (
        lambda v: sa.update(SUBMISSION).where(SUBMISSION.c.id == v.group_id).values(result=sa.null()),
        {"half_written"},
    ),
    "a result names another visit": (
        lambda v: sa.update(SUBMISSION).where(SUBMISSION.c.id == v.group_id).values(result={"visit": str(uuid4())}),
        {"half_written"},
    ),
    "a declaration is gone": (
        lambda v: sa.delete(DECLARATION).where(DECLARATION.c.id == v.declaration_id),
        {"half_written"},
    ),
    "a declaration is of another": (
        lambda v: sa.update(DECLARATION).where(DECLARATION.c.id == v.declaration_id).values(person_id=uuid4()),
        {"half_written"},
    ),
    "a person is gone": (lambda v: sa.delete(PERSON).where(PERSON.c.id == v.person_id), {"half_written"}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_it_names_what_is_missing(engine, memory, damage):
    statement, expected = DAMAGES[damage]
    with engine.begin() as connection:
        visit = connection.execute(sa.select(VISIT).order_by(VISIT.c.id)).first()
        connection.execute(statement(visit))
    verdict = found(engine, memory)
    assert {name for name in ("lost", "doubled", "half_written", "unknown") if getattr(verdict, name)} == expected
    assert verdict.lost <= {visit.group_id}
    assert not verdict.clean


def again(engine, table, of, **changes):
    """Insert a row once more under a new id."""
    with engine.begin() as connection:
        row = dict(connection.execute(sa.select(table).where(table.c.id == of)).mappings().one())
        connection.execute(sa.insert(table).values({**row, "id": uuid4(), **changes}))


@pytest.fixture
def visit(engine, memory):
    with engine.connect() as connection:
        return connection.execute(sa.select(VISIT).order_by(VISIT.c.id)).first()


def test_a_second_visit_of_a_submission_is_a_double(engine, memory, visit):
    again(engine, VISIT, visit.id)
    assert found(engine, memory).doubled == {visit.group_id}


def test_a_second_declaration_of_a_visitor_is_a_double(engine, memory, visit):
    again(engine, DECLARATION, visit.declaration_id)
    assert found(engine, memory).doubled == {visit.group_id}


def test_two_visits_told_for_one_submission_are_a_double(engine, memory, visit):
    memory.acknowledged[visit.group_id].add((uuid4(), NOW))
    assert found(engine, memory).doubled == {visit.group_id}


def test_a_visit_that_nobody_sent_is_unknown(engine, memory, visit):
    memory.sent.discard(visit.group_id)
    memory.acknowledged.pop(visit.group_id)
    assert found(engine, memory).unknown == {visit.group_id}


def test_only_what_was_written_since_is_judged(engine, memory):
    memory.acknowledged.clear()
    assert check(engine, memory, set(), NOW + timedelta(seconds=1)) == Verdict()


def test_a_diary_is_read_back_as_it_was_written_also_when_it_was_not_closed(tmp_path):
    path, submission, visit = tmp_path / "diary", uuid4(), (UUID(int=7), NOW)
    diary = Diary(path)
    diary.sending(submission)
    diary.acknowledged(submission, visit)
    assert Memory.read(path) == Memory({submission}, {submission: {visit}})
    diary.close()
