"""Officers and the round that lets days go, side by side on PostgreSQL: what is kept, and who holds the log."""

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases import queries, service
from checkin.cases.models import Case
from checkin.cases.queries import Kept
from checkin.db import db
from checkin.ids import new_id
from checkin.joins import queries as joins
from checkin.joins.models import SAME, Pair
from checkin.joins.service import regroup
from checkin.people.models import Person
from checkin.store.service import drop_day
from checkin.visits import service as visits
from tests import factories
from tests.cases.kept import DAY, HOUR, copies, link, person_of
from tests.conftest import NOW
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.postgresql
OLD = clock.to_local(NOW - 30 * DAY).date()


@pytest.fixture
def officer(postgresql):
    """An officer's session; a case, and visits of one person an hour ago and on a day that is over, all committed."""
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        session = db.session()
        where = factories.venue(session, vault_of(app))
        visits.open_day(session, OLD)
        for ago in (30 * DAY, HOUR):
            factories.check_in(app, session, vault_of(app), where, at=NOW - ago)
        factories.case(session)
        session.commit()
        yield session


def somebody(session):
    return person_of(session, factories.all_visits(session)[0].id)


def test_a_case_that_another_officer_links_meanwhile_keeps_nothing_once_it_is_discarded(postgresql, officer):
    app = postgresql.app()
    case = officer.scalars(sa.select(Case)).one()
    person_id = somebody(officer)
    assert case.person_id is None
    with Session(db.engine) as other:
        link(app, other, other.scalars(sa.select(Case)).one(), person_id)
        other.commit()
        assert copies(other) == (1, 1, 1)
    service.set_state(
        officer, now=NOW, actor=factories.SYSTEM, case=case, state="discarded", rules=factories.rules(app)
    )
    officer.commit()
    assert copies(officer) == (0, 0, 0)


def test_a_case_whose_person_another_officer_takes_off_meanwhile_is_not_frozen_again(postgresql, officer):
    app = postgresql.app()
    case = officer.scalars(sa.select(Case)).one()
    link(app, officer, case, somebody(officer))
    officer.commit()
    assert case.person_id is not None
    with Session(db.engine) as other:
        service.unlink(other, now=NOW, actor=factories.SYSTEM, case=other.scalars(sa.select(Case)).one())
        other.commit()
    how = {"now": NOW, "actor": factories.SYSTEM, "case": case, "rules": factories.rules(app)}
    assert service.freeze(officer, **how) == Kept(0, 0, 0)
    assert copies(officer) == (0, 0, 0)


def test_the_log_is_free_for_others_until_the_day_is_gone_and_then_says_what_was_kept(postgresql, officer):
    app = postgresql.app()
    case = officer.scalars(sa.select(Case)).one()
    link(app, officer, case, somebody(officer))
    officer.commit()
    assert queries.kept(officer, case.id) == Kept(1, 0, 1)
    free = {}

    def look(_connection, _cursor, statement, *_rest):
        if statement.startswith(("ALTER TABLE", "DROP TABLE")):
            with psycopg.connect(postgresql.urls["staff"]) as stranger:
                stranger.execute("SET lock_timeout = '1s'")
                free[statement] = stranger.execute("SELECT audit_lock() IS NOT NULL").fetchone()[0]

    sa.event.listen(db.engine, "before_cursor_execute", look)
    try:
        drop_day(officer, now=NOW, actor=factories.SYSTEM, day=OLD)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", look)
    officer.commit()
    assert len(free) == 4 and all(free.values())
    assert queries.kept(officer, case.id) == Kept(2, 0, 2)
    last = officer.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(2)).all()
    assert [entry.action for entry in last] == ["store.expire", "case.freeze"]
    assert last[1].detail == {"own": 2, "met": 0, "declarations": 2}


def test_who_was_joined_while_one_waited_for_what_is_kept_is_one_person_for_who_waited(officer):
    first = somebody(officer)
    # Asked before the wait, when nobody was joined with anybody.
    assert joins.everybody_of(officer, [first]) == [first]
    with Session(db.engine) as other:
        service.lock_kept(other)
        other.add(Person(id=(second := new_id(NOW)), created_at=NOW, name_index=b"n", id_index=b"", phone_index=b"p"))
        other.flush()
        one, two = sorted((first, second))
        other.add(Pair(id=new_id(NOW), one_id=one, other_id=two, state=SAME, likeness=1, found_at=NOW))
        regroup(other)
        other.commit()
    service.lock_kept(officer)
    assert set(joins.everybody_of(officer, [first])) == {first, second}
