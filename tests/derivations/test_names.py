"""In whose name a run goes on, once others took it up or its officer lost the right; and whom it lets through between."""

import sqlite3
import threading

import pytest
import sqlalchemy as sa

from checkin import beside, clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.cases.models import CaseStep
from checkin.db import db
from checkin.derivations import jobs, queries, service
from checkin.derivations.models import ACCOUNT, DONE, STOPPED
from tests import factories
from tests.conftest import NOW
from tests.derivations.runs import asked, finished, officers_run, outbreak
from tests.worlds import inside, vault_of


@pytest.fixture(autouse=True)
def _no_thread(monkeypatch):
    """Signs of life are a thread's, which would wait for this one's transaction."""
    monkeypatch.setattr(beside.Progress, "__enter__", lambda self: self)
    monkeypatch.setattr(beside.Progress, "__exit__", lambda self, *_error: None)


def before_block(monkeypatch, number, what):
    """Have `what` happen once so many blocks are done."""
    monkeypatch.setattr(jobs, "TOGETHER", 1)
    plain, times = service.advance, []

    def advance(*args, **more):
        going = plain(*args, **more)
        times.append(1)
        if len(times) == number:
            args[0].commit()
            what()
        return going

    monkeypatch.setattr(service, "advance", advance)


@pytest.mark.parametrize("lost", [{"active": False}, {"role": "command"}])
def test_a_run_stops_between_two_blocks_once_its_officer_has_lost_the_right_and_goes_on_in_another_name(
    world, monkeypatch, lost
):
    whole = world.app()
    staff = world.app("staff") if world.kind == "postgresql" else whole
    with clock.fixed(NOW), inside(whole):
        run_id, officer = officers_run(whole, db.session())
        khoa = factories.account(db.session(), vault_of(whole), "cdc", ("khoa@cdc", "mật khẩu dài của Khoa")).actor
        db.session.commit()

    def lose():
        def change():
            with inside(whole):
                db.session().execute(sa.update(Account).where(Account.id == officer.id).values(**lost))
                db.session.commit()

        thread = threading.Thread(target=change)
        thread.start()
        thread.join(60)

    with monkeypatch.context() as patched:
        before_block(patched, 1, lose)
        with clock.fixed(NOW), inside(staff):
            assert jobs.work_through() == 1
    with inside(whole):
        run = queries.run_of(db.session(), run_id)
        assert (run.state, run.done, run.problem) == (STOPPED, 1, ACCOUNT)
        entry = db.session().scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.derive_stop")).one()
        assert (entry.actor, entry.detail["problem"]) == (jobs.COMMAND.name, ACCOUNT)
        assert service.go_on(db.session(), now=NOW, actor=khoa, run_id=run_id).problem is None
        db.session.commit()
    with clock.fixed(NOW), inside(staff):
        assert jobs.work_through() == 1
    with inside(whole):
        session, run = db.session(), queries.run_of(db.session(), run_id)
        assert (run.state, run.done, run.failed, run.restated, run.asked_by) == (DONE, 3, 0, 3, officer.id)
        steps = session.scalars(sa.select(CaseStep).where(CaseStep.what == "rules"))
        assert sorted(step.account_id for step in steps) == sorted([officer.id, khoa.id, khoa.id])
        done = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.derived")).one()
        assert done.actor_id == khoa.id


def test_a_process_of_before_derives_nothing_in_the_old_name_once_somebody_else_took_the_run_up(app, session, vault):
    town = session
    outbreak(app, town, vault, 5)
    run = asked(town)
    service.stop(town, now=NOW, actor=jobs.COMMAND, run_id=run.id)
    khoa = factories.account(town, vault, "cdc", ("khoa@cdc", "mật khẩu dài của Khoa")).actor
    service.go_on(town, now=NOW, actor=khoa, run_id=run.id)
    service.claim(town, now=NOW, run_id=run.id)
    town.commit()
    late = {"now": NOW, "actor": jobs.COMMAND, "run_id": run.id, "rules_on": lambda _day: factories.rules(app)}
    assert service.advance(town, limit=2, **late)
    town.commit()
    assert queries.run_of(town, run.id).done == 0
    assert finished(town, run).done == 5


def test_on_sqlite_the_writer_is_free_between_two_blocks_and_taken_once_for_each(sqlite, monkeypatch):
    app = sqlite.app()
    with clock.fixed(NOW), inside(app):
        outbreak(app, db.session(), vault_of(app), 4)
        run_id = asked(db.session()).id
        db.session.commit()
        begun, free = [], []

        def gap(seconds):
            assert seconds == jobs.GAP_SECONDS > 0
            # Who comes now gets the writer without waiting at all.
            other = sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            other.close()
            free.append(len(begun))

        def see(_connection, _cursor, statement, *_more):
            begun.extend([1] if statement == "BEGIN IMMEDIATE" else [])

        monkeypatch.setattr(jobs.time, "sleep", gap)
        sa.event.listen(db.engine, "before_cursor_execute", see)
        try:
            jobs.work(run_id, lambda _run: None)
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", see)
        # A block is a case; the fifth finds none left.
        assert free == [1, 2, 3, 4] and len(begun) == 5
        db.session().info.pop("scope")
        assert queries.run_of(db.session(), run_id).state == DONE
