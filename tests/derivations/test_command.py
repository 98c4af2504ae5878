"""`flask cases derive`: what it takes, says and ends with; killed in the middle, and run again."""

import os
import re
import signal
import subprocess
import sys
import time

import psycopg
import pytest
import sqlalchemy as sa

from checkin import beside, clock, context
from checkin.cases.models import Case, CaseStep
from checkin.config import ROOT
from checkin.db import db
from checkin.derivations import jobs, queries, service
from checkin.derivations.models import DONE, RUNNING
from tests.conftest import NOW
from tests.derivations.runs import DAY, TABLES, asked, each_alone, outbreak, rows
from tests.worlds import inside, vault_of


@pytest.fixture
def town(world, monkeypatch):
    monkeypatch.setattr(beside.Progress, "__enter__", lambda self: self)
    monkeypatch.setattr(beside.Progress, "__exit__", lambda self, *_error: None)
    app = world.app()
    with clock.fixed(NOW), inside(app):
        outbreak(app, db.session(), vault_of(app), 4)
    return app


def run(app, *args, at=NOW):
    with clock.fixed(at):
        return app.test_cli_runner().invoke(args=["cases", "derive", *args])


def test_the_command_derives_all_open_cases_and_says_how_far_it_is_and_what_changed(town):
    answer = run(town)
    assert answer.exit_code == 0, answer.output
    assert "4 of 4 cases" in answer.output
    assert "done: 4 cases, 4 another than before, 0 by other rules" in answer.output
    assert re.search(r"people whom they met: [1-9]\d* came in, 0 went out", answer.output)
    with inside(town), clock.fixed(NOW):
        found = rows(db.session())
        each_alone(town, db.session())
        assert rows(db.session()) == found


def test_it_takes_some_cases_or_those_of_a_disease_and_says_which_it_leaves_alone(town):
    with inside(town):
        db.session().execute(sa.update(Case).where(Case.seq == 2).values(state="recovered"))
        db.session().execute(sa.update(Case).where(Case.seq == 3).values(disease="measles"))
        db.session.commit()
    answer = run(town, "--number", "F0-0001", "--number", "f0-2")
    assert answer.exit_code == 0 and "F0-0002 is left alone: it is recovered" in answer.output
    assert "done: 1 cases" in answer.output
    assert "done: 1 cases" in run(town, "--disease", "measles").output
    for args, words in (
        (("--number", "F0-0099"), "there is no case F0-0099"),
        (("--disease", "plague"), "--disease is one of"),
        (("--rules", "today"), "needs a --reason"),
    ):
        answer = run(town, *args)
        assert answer.exit_code != 0 and words in answer.output


def test_cases_take_todays_rules_where_the_command_says_so_and_why(town, new_rules):
    assert "0 by other rules" in run(town, at=NOW + DAY).output
    answer = run(town, "--rules", "today", "--reason", "Hướng dẫn mới", at=NOW + DAY)
    assert answer.exit_code == 0 and "4 by other rules" in answer.output
    with inside(town):
        steps = db.session().scalars(sa.select(CaseStep).where(CaseStep.what == "rules")).all()
        assert [step.reason for step in steps] == ["Hướng dẫn mới"] * 4


def test_it_ends_with_one_and_names_the_case_that_could_not_be_derived(town, monkeypatch):
    plain = service._derive

    def derive(session, now, actor, run, found, rules_on):
        if any(case.seq == 2 for case in found):
            raise ValueError("bad")
        plain(session, now, actor, run, found, rules_on)

    monkeypatch.setattr(service, "_derive", derive)
    answer = run(town)
    assert answer.exit_code == 1 and "1 could not be derived, and are as they were: F0-0002" in answer.output
    assert "done: 4 cases, 3 another than before" in answer.output


def test_broken_off_by_hand_it_stops_between_two_blocks_and_the_same_command_goes_on(town, monkeypatch):
    monkeypatch.setattr(jobs, "TOGETHER", 1)
    plain, times = service.advance, []

    def advance(*args, **more):
        times.append(1)
        if len(times) == 3:
            raise KeyboardInterrupt
        return plain(*args, **more)

    monkeypatch.setattr(service, "advance", advance)
    answer = run(town)
    assert answer.exit_code == 130 and "the same command goes on from here" in answer.output
    answer = run(town)
    assert answer.exit_code == 0 and "goes on after 2 of 4 cases" in answer.output
    assert "done: 4 cases, 4 another than before" in answer.output


def test_from_the_first_case_on_is_refused_while_somebody_is_in_the_middle_and_done_where_it_was_broken_off(town):
    with inside(town), clock.fixed(NOW):
        run_id = asked(db.session()).id
        service.advance(db.session(), now=NOW, actor=jobs.COMMAND, run_id=run_id, rules_on=context.rules, limit=2)
        db.session.commit()
    answer = run(town, "--anew")
    assert answer.exit_code == 1 and "another run is going on" in answer.output
    answer = run(town, "--anew", at=NOW + 2 * service.SILENT)
    assert answer.exit_code == 0 and "goes on after" not in answer.output and "done: 4 cases" in answer.output


def _wait(postgresql, which, many):
    """Until so many connections to the server are as `which` says."""
    until = time.monotonic() + 120
    with psycopg.connect(postgresql.superuser_url.replace("+psycopg", ""), autocommit=True) as looking:
        asked = f"SELECT count(*) FROM pg_stat_activity WHERE {which} AND pid <> pg_backend_pid()"
        while bool(looking.execute(asked).fetchone()[0]) != bool(many):
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_killed_in_the_middle_of_a_block_and_run_again_it_keeps_what_one_undisturbed_run_keeps(postgresql):
    app, command = postgresql.app(), [sys.executable, "-m", "flask", "--app", "wsgi", "cases", "derive"]
    env = os.environ | postgresql.env("staff")
    with inside(app):
        session, now = db.session(), clock.now()
        outbreak(app, session, vault_of(app), 25, at=now)
        run_id = asked(session, now=now, rules_on=clock.today()).id
        # The first ten are done.
        service.advance(session, now=now, actor=jobs.COMMAND, run_id=run_id, rules_on=context.rules, limit=10)
        session.commit()
        half = rows(session)
        session.rollback()
        with psycopg.connect(postgresql.urls["staff"]) as holder:
            # Whoever has the log keeps the next block from its end: its rows are written, and not committed.
            holder.execute("SELECT audit_lock()")
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
            try:
                _wait(postgresql, "wait_event_type = 'Lock' AND query ~ 'audit'", 1)
            finally:
                os.kill(process.pid, signal.SIGKILL)
                process.wait(30)
            holder.rollback()
        # The server ends what the process left; what this process has open for another test is idle.
        _wait(postgresql, "usename = 'checkin_staff' AND state <> 'idle'", 0)
        session.rollback()
        run = queries.run_of(session, run_id)
        assert (run.state, run.done) == (RUNNING, 10) and rows(session) == half
        session.rollback()
        said = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout
        assert "goes on after 10 of 25 cases" in said and "done: 25 cases, 25 another than before" in said
        session.expire_all()
        assert queries.run_of(session, run_id).state == DONE
        found = rows(session)
        for table in TABLES:
            session.execute(sa.delete(table))
        session.commit()
        subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
        assert rows(session) == found and all(found)
