"""Runs over open cases: exact, gone on with where they were broken off, shared by two, and past a case that is bad."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from checkin import beside, clock
from checkin.audit.models import AuditEntry
from checkin.cases import queries as all_cases
from checkin.cases import service as cases
from checkin.cases.models import Case, CaseStep
from checkin.db import db
from checkin.derivations import jobs, queries, service
from checkin.derivations.models import DONE, RUNNING, STOPPED, TODAY, WAITING, Derivation
from checkin.errors import DomainError
from checkin.visits.models import Visit
from tests import factories
from tests.cases.kept import expire
from tests.conftest import NOW
from tests.derivations.runs import DAY, HOUR, TABLES, asked, each_alone, finished, officers_run, outbreak, rows, worked
from tests.worlds import inside, vault_of

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _no_thread(monkeypatch):
    """Signs of life are a thread's, which would wait for this one's transaction."""
    monkeypatch.setattr(beside.Progress, "__enter__", lambda self: self)
    monkeypatch.setattr(beside.Progress, "__exit__", lambda self, *_error: None)
    monkeypatch.setattr(jobs, "PAUSE_SECONDS", 0)


@pytest.fixture
def town(app, session, vault):
    outbreak(app, session, vault, 5)
    return session


def advance(session, run, limit=2):
    going = service.advance(
        session, now=NOW, actor=jobs.COMMAND, run_id=run.id, rules_on=lambda _day: RULES[0], limit=limit
    )
    session.commit()
    session.info.pop("scope", None)
    return going


RULES = []


@pytest.fixture(autouse=True)
def _rules(app):
    RULES[:] = [factories.rules(app)]


def test_a_run_keeps_what_the_button_of_each_case_keeps_and_says_what_changed(app, town):
    run = worked(town)
    found = rows(town)
    assert (run.state, run.done, run.total, run.changed, run.failed) == (DONE, 5, 5, 5, 0)
    assert run.came > 0 and run.went == 0
    for table in TABLES:
        town.execute(sa.delete(table))
    each_alone(app, town)
    assert rows(town) == found and all(found)
    town.commit()
    again = worked(town)
    assert again.id != run.id and (again.done, again.changed, again.came, again.went) == (5, 0, 0, 0)
    entries = town.scalars(sa.select(AuditEntry).where(AuditEntry.subject == str(run.id)).order_by(AuditEntry.seq))
    told = [(entry.action, entry.detail.get("cases"), entry.detail.get("came")) for entry in entries]
    assert told == [("case.derive", 5, None), ("case.derived", None, run.came)]


def test_what_is_broken_off_goes_on_where_it_was_with_the_same_run(town):
    run = asked(town)
    assert advance(town, run)
    half = rows(town)
    # The process is killed in the middle of the next block: nothing of it is there, nor that it is done.
    service.advance(town, now=NOW, actor=jobs.COMMAND, run_id=run.id, rules_on=lambda _day: RULES[0], limit=2)
    town.rollback()
    town.info.pop("scope", None)
    assert rows(town) == half and queries.run_of(town, run.id).done == 2
    again = asked(town, now=NOW + MINUTE * 5)
    assert again.id == run.id and again.state == RUNNING
    assert finished(town, again).done == 5
    broken = rows(town)
    for table in TABLES:
        town.execute(sa.delete(table))
    town.commit()
    worked(town)
    assert rows(town) == broken


def test_a_run_of_the_day_before_another_choice_or_anew_begins_from_the_first_case(town):
    first = asked(town)
    advance(town, first)
    service.stop(town, now=NOW, actor=jobs.COMMAND, run_id=first.id)
    town.commit()
    assert asked(town, disease="covid-19").id != first.id
    others = [asked(town, now=NOW + 5 * MINUTE), asked(town, now=NOW + 10 * MINUTE, anew=True)]
    assert others[0].id == first.id and others[1].id != first.id and others[1].done == 0
    assert asked(town, now=NOW + 2 * DAY).id not in {first.id, others[1].id}


def test_while_a_process_works_the_same_run_is_shared_and_another_one_is_refused(town):
    run = asked(town)
    assert asked(town).id == run.id
    # Also where it is to be from the first case on: a second click begins nothing.
    assert asked(town, anew=True).id == run.id
    for other in ({"disease": "covid-19"}, {"seqs": (1,)}, {"rules": TODAY, "reason": "Quy tắc mới"}):
        with pytest.raises(DomainError, match="going"):
            asked(town, **other)
    with pytest.raises(DomainError, match="going"):
        service.go_on(town, now=NOW, actor=jobs.COMMAND, run_id=run.id)
    # Once it has been silent for a minute somebody else may.
    assert asked(town, now=NOW + 2 * MINUTE, disease="covid-19").id != run.id
    assert queries.run_of(town, run.id).state == STOPPED


def test_closed_cases_and_those_of_nobody_are_left_alone_and_what_began_later_is_no_part(app, town):
    found = town.scalars(sa.select(Case).order_by(Case.seq)).all()
    for case, state in ((found[0], "recovered"), (found[1], "discarded")):
        cases.set_state(town, now=NOW, actor=factories.SYSTEM, case=case, state=state, rules=RULES[0])
    factories.case(town)
    town.commit()
    kept = all_cases.kept(town, found[0].id)
    town.execute(
        sa.update(Visit).values(left_at=Visit.entered_at, until_likely=Visit.entered_at, until_latest=Visit.entered_at)
    )
    town.commit()
    run = asked(town)
    assert run.total == 3
    factories.case(town).person_id = found[1].person_id
    town.commit()
    assert finished(town, run).done == 3
    assert all_cases.kept(town, found[0].id) == kept
    assert all_cases.kept(town, found[1].id) == all_cases.Kept(0, 0, 0)
    some = worked(town, seqs=(1, 2, 3))
    assert (some.done, some.total) == (1, 1)


def test_what_the_store_no_longer_has_stays_kept(town):
    worked(town)
    before = rows(town)
    expire(town, NOW - 3 * DAY, NOW - DAY - 12 * HOUR)
    town.commit()
    run = worked(town)
    assert (run.changed, run.went) == (0, 0) and rows(town) == before


def test_a_bad_case_is_told_stays_as_it_was_and_stops_no_other(town, monkeypatch):
    plain = service._derive

    def derive(session, now, actor, run, found, rules_on):
        plain(session, now, actor, run, found, rules_on)
        if any(case.seq == 3 for case in found):
            raise ValueError("bad")

    monkeypatch.setattr(service, "_derive", derive)
    run = worked(town)
    assert (run.state, run.done, run.failed, run.failures) == (DONE, 5, 1, ["F0-0003"])
    kept = {case.number: all_cases.kept(town, case.id).own for case in town.scalars(sa.select(Case)).all()}
    assert kept == {"F0-0001": 2, "F0-0002": 2, "F0-0003": 0, "F0-0004": 2, "F0-0005": 2}
    assert run.changed == 4


def test_a_database_that_is_away_for_a_moment_is_no_cases_fault(town, monkeypatch):
    plain, times = service.advance, []

    def away(*args, **more):
        times.append(1)
        if len(times) in (2, 3):
            raise OperationalError("", {}, Exception())
        return plain(*args, **more)

    monkeypatch.setattr(service, "advance", away)
    run = worked(town)
    assert (run.done, run.failed, run.state) == (5, 0, DONE)


def test_who_stops_a_run_ends_it_between_two_cases_and_it_can_go_on(town):
    run = asked(town)
    advance(town, run)
    assert service.stop(town, now=NOW, actor=jobs.COMMAND, run_id=run.id)
    town.commit()
    assert not advance(town, run)
    assert not service.stop(town, now=NOW, actor=jobs.COMMAND, run_id=run.id)
    assert queries.run_of(town, run.id).done == 2
    assert service.go_on(town, now=NOW, actor=jobs.COMMAND, run_id=run.id).state == WAITING
    town.commit()
    assert jobs.work_through() == 1 and jobs.work_through() == 0
    town.info.pop("scope")
    town.rollback()
    done = queries.run_of(town, run.id)
    assert (done.done, done.state, done.begun_from) == (5, DONE, 2)
    with pytest.raises(DomainError, match="going"):
        service.go_on(town, now=NOW, actor=jobs.COMMAND, run_id=run.id)


def test_cases_keep_their_rules_until_a_run_takes_todays_with_a_reason_in_their_history(town, new_rules):
    late = NOW + DAY
    day = clock.to_local(late).date()
    with pytest.raises(DomainError, match="reason"):
        asked(town, now=late, rules=TODAY, rules_on=day)
    first = town.scalars(sa.select(Case).where(Case.seq == 1)).one()
    before, version = first.rules_on, first.version
    with clock.fixed(late):
        assert worked(town, now=late, rules_on=day).restated == 0
        town.expire_all()
        assert first.rules_on == before
        run = worked(town, now=late, rules=TODAY, rules_on=day, reason="Hướng dẫn mới của Bộ Y tế")
        town.expire_all()
        assert (run.restated, run.done, first.rules_on, first.version) == (5, 5, day, version + 1)
        step = town.scalars(sa.select(CaseStep).where(CaseStep.case_id == first.id, CaseStep.what == "rules")).one()
        assert (step.reason, step.by_name) == ("Hướng dẫn mới của Bộ Y tế", "flask cases derive")
        assert step.detail == {"rules_on": [before.isoformat(), day.isoformat()]}
        entry = town.scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.rules")).first()
        assert entry.reason == "Hướng dẫn mới của Bộ Y tế"
        assert run.went == 0
        again = worked(town, now=late + HOUR, rules=TODAY, rules_on=day, reason="Lần nữa")
        assert (again.restated, again.changed) == (0, 0)


def test_a_run_with_todays_rules_goes_on_only_for_the_same_day_and_reason(town):
    how = {"rules": TODAY, "rules_on": NOW.date(), "reason": "Hướng dẫn mới của Bộ Y tế"}
    first = asked(town, **how)
    advance(town, first)
    for other in ({"reason": "Lý do khác"}, {"rules_on": NOW.date() + DAY}):
        with pytest.raises(DomainError, match="going"):
            asked(town, **how | other)
    later = NOW + 5 * MINUTE
    same = asked(town, now=later, **how | {"reason": " Hướng dẫn mới của Bộ Y tế "})
    assert (same.id, same.done) == (first.id, 2)
    # Its words and its day would stand in the history of each case.
    found = {first.id}
    for number, other in enumerate(({"reason": "Lý do khác"}, {"rules_on": NOW.date() + DAY}), 1):
        run = asked(town, now=later + number * 5 * MINUTE, **how | other)
        assert run.id not in found and run.done == 0
        assert (run.reason, run.rules_on) == tuple((how | other)[name] for name in ("reason", "rules_on"))
        found.add(run.id)
    # What one keeps of its rules it keeps on another day too, and writes no reason.
    kept = asked(town, now=later + HOUR, reason="Kho đã sửa")
    advance(town, kept)
    assert asked(town, now=later + 2 * HOUR, rules_on=NOW.date() + DAY, reason="Làm nốt").id == kept.id


def test_of_two_at_once_none_does_a_case_of_the_other_and_neither_waits_for_ever(world, monkeypatch):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        outbreak(app, db.session(), vault_of(app), 12)
        run_id = asked(db.session()).id
        db.session.commit()
    monkeypatch.setattr(jobs, "TOGETHER", 2)
    seen, lock = [], threading.Lock()
    plain = service._derive

    def derive(session, now, actor, run, found, rules_on):
        with lock:
            seen.extend(case.seq for case in found)
        plain(session, now, actor, run, found, rules_on)

    monkeypatch.setattr(service, "_derive", derive)

    def work():
        with inside(app):
            jobs.work(run_id)

    with clock.fixed(NOW):
        both = [threading.Thread(target=work) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join(120)
        assert not any(one.is_alive() for one in both)
    with inside(app):
        run = queries.run_of(db.session(), run_id)
        assert (run.state, run.done, run.failed) == (DONE, 12, 0)
    assert sorted(seen) == list(range(1, 13))


def test_the_staff_role_works_in_the_name_of_the_officer_who_asked(postgresql, monkeypatch):
    app = postgresql.app("staff")
    with clock.fixed(NOW), inside(postgresql.app()):
        run_id, officer = officers_run(postgresql.app(), db.session())
    with clock.fixed(NOW), inside(app):
        assert jobs.work_through() == 1
    with inside(postgresql.app()):
        run = db.session().get(Derivation, run_id)
        assert (run.state, run.done, run.failed, run.restated) == (DONE, 3, 0, 3)
        steps = db.session().scalars(sa.select(CaseStep).where(CaseStep.what == "rules")).all()
        assert {step.account_id for step in steps} == {officer.id} and len(steps) == 3
