"""The page that derives all open cases anew: what it asks, how far it says a run is, who may, and that it can be left."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin import beside, clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.cases.models import Case, CaseStep
from checkin.db import db
from checkin.derivations import jobs, service
from checkin.derivations.models import DONE, RUNNING, STOPPED, WAITING, Derivation
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.derivations.runs import DAY, HOUR, outbreak
from tests.worlds import inside, vault_of

PAGE = "/cases/derivations/"
MINUTE = timedelta(minutes=1)
ANOTHER = ("mai@cdc", "mật khẩu dài của Mai")


@pytest.fixture
def started(world, monkeypatch):
    """In place of processes: how often one was asked for."""
    found = []
    monkeypatch.setattr(jobs, "start", found.append)
    monkeypatch.setattr(beside.Progress, "__enter__", lambda self: self)
    monkeypatch.setattr(beside.Progress, "__exit__", lambda self, *_error: None)
    return found


@pytest.fixture
def officer(world, client, started):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        outbreak(app, session, vault, 4)
    factories.sign_in(client, cast.CDC)
    return client


def post(officer, path, **fields):
    return officer.post(path, data={"csrf_token": factories.token(officer, "/lookup/"), **fields})


def changed(officer, **values):
    with inside(officer.application):
        db.session().execute(sa.update(Derivation).values(**values))
        db.session.commit()


def run_of(officer):
    with inside(officer.application):
        return db.session().scalars(sa.select(Derivation).order_by(Derivation.asked_at.desc())).first()


def test_one_case_is_one_in_english_too(officer):
    assert "Derive 4 open cases anew" in officer.get(f"{PAGE}?lang=en").text
    with inside(officer.application):
        db.session().execute(sa.update(Case).where(Case.seq > 1).values(state="discarded"))
        db.session.commit()
    assert "Derive 1 open case anew" in officer.get(f"{PAGE}?lang=en").text


def test_the_list_of_cases_leads_to_a_page_that_says_how_many_there_are_and_it_begins_a_run(officer, started):
    assert f'href="{PAGE}"' in officer.get("/cases/").text
    page = officer.get(PAGE).text
    assert "Tính lại 4 ca đang mở" in page and "<dd>4</dd>" in page and "<dd>0</dd>" in page
    answer = post(officer, PAGE, rules="keep")
    assert answer.status_code == 303 and len(started) == 1
    shown = officer.get(answer.location).text
    assert "Sắp bắt đầu" in shown and "0 / 4 ca" in shown
    # Sent twice, or by another officer: the same run, and the page leads to it.
    assert post(officer, PAGE, rules="keep").location == answer.location
    assert (
        "Đang có một lần tính lại: 0 / 4 ca." in officer.get(PAGE).text and 'name="rules"' not in officer.get(PAGE).text
    )
    assert post(officer, PAGE, rules="today", reason="Quy tắc mới").location.endswith(PAGE)
    assert "đang chạy. Chờ nó xong" in officer.get(PAGE).text


def test_the_progress_is_right_with_and_without_javascript(officer):
    where = post(officer, PAGE, rules="keep").location
    began = NOW - 4 * MINUTE
    changed(officer, state=RUNNING, total=10_000, done=2500, begun_from=500, begun_at=began, beat_at=NOW, came=1234)
    page = officer.get(where).text
    assert "2.500 / 10.000 ca" in page and 'aria-valuenow="25"' in page and "1.234" in page
    # 2,000 in four minutes: 7,500 more take fifteen.
    assert "còn khoảng 15 phút" in page
    assert re.search(r'<noscript><meta http-equiv="refresh" content="3; url=[^"]+background=1', page)
    assert f'data-poll="{where}"' in page and 'data-state="running"' in page
    changed(officer, state=DONE, done=10_000, finished_at=NOW, went=56)
    page = officer.get(where).text
    assert "Đã tính lại xong" in page and 'aria-valuenow="100"' in page and "<dd>56</dd>" in page
    assert "refresh" not in page and "data-poll" not in page and "Dừng lại" not in page


def test_a_run_is_stopped_and_gone_on_with_and_says_at_the_end_what_changed(officer, started):
    where = post(officer, PAGE, rules="keep").location
    assert post(officer, f"{where}/stop").status_code == 303
    page = officer.get(where).text
    assert "Đã dừng" in page and "Tính tiếp" in page
    assert post(officer, f"{where}/on").location == where and len(started) == 2
    with clock.fixed(NOW), inside(officer.application):
        assert jobs.work_through() == 1
    page, run = officer.get(where).text, run_of(officer)
    assert "Đã tính lại xong" in page and "4 / 4 ca" in page and f"<dd>{run.came}</dd>" in page and run.came > 0
    assert post(officer, f"{where}/on").location == where and post(officer, f"{where}/stop").location == where
    assert run_of(officer).state == DONE and len(started) == 2
    assert "xong lúc 10:30" in officer.get(PAGE).text


def test_the_button_derives_all_cases_there_are_now_for_the_reason_typed_now_whatever_was_broken_off(
    officer, started, new_rules
):
    app = officer.application
    with clock.fixed(NOW + DAY):
        factories.sign_in(officer, cast.CDC)
        first = post(officer, PAGE, rules="today", reason="Hướng dẫn cũ của Bộ").location
        changed(officer, state=RUNNING, done=2, last_seq=2, beat_at=NOW + DAY)
        # A second click on the way: the same one, from where it is.
        assert post(officer, PAGE, rules="today", reason="Hướng dẫn cũ của Bộ").location == first
        assert run_of(officer).done == 2
        post(officer, f"{first}/stop")
        assert "dừng lúc 10:30" in officer.get(first).text and "dừng lúc 10:30" in officer.get(PAGE).text
        with inside(app):
            factories.case(db.session()).person_id = UUID(int=1)
            db.session.commit()
    with clock.fixed(NOW + DAY + HOUR):
        factories.sign_in(officer, cast.CDC)
        same = post(officer, PAGE, rules="today", reason="Hướng dẫn cũ của Bộ").location
        assert same != first and (run_of(officer).done, run_of(officer).total) == (0, 5)
        post(officer, f"{same}/stop")
    with clock.fixed(NOW + DAY + HOUR + MINUTE):
        second = post(officer, PAGE, rules="today", reason="Hướng dẫn mới của Bộ").location
        assert second not in (first, same)
        with inside(app):
            assert jobs.work_through() == 1
        run = run_of(officer)
        assert (run.state, run.done, run.total, run.reason) == (DONE, 5, 5, "Hướng dẫn mới của Bộ")
        with inside(app):
            steps = db.session().scalars(sa.select(CaseStep).where(CaseStep.what == "rules")).all()
            assert {step.reason for step in steps} == {"Hướng dẫn mới của Bộ"}
        assert "xong lúc 11:31" in officer.get(second).text and "xong lúc 11:31" in officer.get(PAGE).text
        # What was broken off can still be gone on with from its own page, and only from there.
        assert "Tính tiếp" in officer.get(first).text


def test_only_who_makes_a_run_wait_starts_a_process_however_often_the_form_comes(officer, started):
    where = post(officer, PAGE, rules="keep").location
    assert len(started) == 1
    for number in range(1, 6):
        with clock.fixed(NOW + number * timedelta(seconds=1)):
            assert post(officer, PAGE, rules="keep").location == where
            assert post(officer, f"{where}/on").location == where
    assert len(started) == 1 and run_of(officer).state == WAITING
    # Nobody took it up for a minute: the button begins another one, with a process of its own.
    with clock.fixed(NOW + 2 * MINUTE):
        another = post(officer, PAGE, rules="keep").location
        assert another != where and len(started) == 2
    with clock.fixed(NOW + 3 * MINUTE - timedelta(seconds=1)):
        assert post(officer, PAGE, rules="keep").location == another and len(started) == 2


def test_a_loop_over_the_forms_that_start_a_process_ends_at_a_limit(officer, started):
    where = post(officer, PAGE, rules="keep").location
    limiter.reset()
    limiter.enabled = True
    try:
        for path in (PAGE, f"{where}/stop", f"{where}/on"):
            answers = [post(officer, path, rules="keep").status_code for _ in range(11)]
            assert answers == [303] * 10 + [429], path
    finally:
        limiter.reset()
        limiter.enabled = False
    assert officer.get(where).status_code == 200


def test_a_run_whose_officer_is_locked_out_says_why_it_stopped_and_goes_on_in_the_name_of_who_takes_it_up(officer):
    where = post(officer, PAGE, rules="keep").location
    asked_by = run_of(officer).asked_by
    with inside(officer.application), clock.fixed(NOW):
        session, vault = db.session(), vault_of(officer.application)
        another = factories.account(session, vault, "cdc", ANOTHER).id
        session.execute(sa.update(Account).where(Account.id == asked_by).values(active=False))
        db.session.commit()
        assert jobs.work_through() == 1
    factories.sign_in(officer, ANOTHER)
    page = officer.get(where).text
    assert "Đã dừng" in page and "đã bị khoá hoặc không còn thuộc CDC" in page and "0 / 4 ca" in page
    assert post(officer, f"{where}/on").location == where
    assert "bị khoá" not in officer.get(where).text
    with inside(officer.application), clock.fixed(NOW):
        assert jobs.work_through() == 1
        entries = db.session().scalars(
            sa.select(AuditEntry).order_by(AuditEntry.seq).where(AuditEntry.action.in_(("case.freeze", "case.derived")))
        )
        assert {entry.actor_id for entry in entries} == {another}
    assert "4 / 4 ca" in officer.get(where).text


@pytest.mark.parametrize("rules", ["today", "keep"])
def test_what_was_to_take_the_rules_of_a_day_that_is_over_is_not_gone_on_with(officer, started, new_rules, rules):
    with clock.fixed(NOW + DAY):
        factories.sign_in(officer, cast.CDC)
        where = post(officer, PAGE, rules=rules, reason="Hướng dẫn của hôm đó").location
        post(officer, f"{where}/stop")
        assert "Tính tiếp" in officer.get(where).text
    with clock.fixed(NOW + DAY + 20 * HOUR):
        factories.sign_in(officer, cast.CDC)
        offered = "Tính tiếp" in officer.get(where).text
        post(officer, f"{where}/on")
        assert (offered, run_of(officer).state) == ((False, STOPPED) if rules == "today" else (True, WAITING))


def test_a_process_that_died_is_told_and_its_run_goes_on_within_a_day(officer, started):
    where = post(officer, PAGE, rules="keep").location
    changed(officer, state=RUNNING, done=2, beat_at=NOW - service.SILENT - MINUTE)
    page = officer.get(where).text
    assert "ngừng giữa chừng" in page and "không ca nào dở dang" in page and "Tính tiếp" in page
    changed(officer, asked_at=NOW - service.GOES_ON - MINUTE)
    assert "Tính tiếp" not in officer.get(where).text


def test_todays_rules_need_a_reason_beside_the_field_and_what_was_typed_stays(officer, started, new_rules):
    for reason in ("", "ab", "x" * 501):
        answer = post(officer, PAGE, rules="today", reason=reason)
        assert answer.status_code == 422 and 'id="reason-error"' in answer.text, reason
        assert re.search(r'value="today"[^>]* checked', answer.text) and f'value="{reason}"' in answer.text
    assert post(officer, PAGE, rules="none of ours").status_code == 422 and not started
    with clock.fixed(NOW + DAY):
        factories.sign_in(officer, cast.CDC)
        assert re.search(r"Trong đó theo quy tắc cũ</dt><dd>4</dd>", officer.get(PAGE).text)
        where = post(officer, PAGE, rules="today", reason="Hướng dẫn mới của Bộ").location
        with inside(officer.application):
            jobs.work_through()
        page = officer.get(where).text
        assert "Hướng dẫn mới của Bộ" in page and re.search(r"Ca chuyển quy tắc</dt><dd>4</dd>", page)
        assert "<dd>0</dd>" in officer.get(PAGE).text
        facts = officer.get("/cases/F0-0001/facts").text
        assert "Hướng dẫn mới của Bộ" in facts and "Ca này vẫn theo quy tắc cũ" not in facts


def test_a_case_that_could_not_be_derived_is_named_and_linked(officer):
    where = post(officer, PAGE, rules="keep").location
    changed(officer, state=DONE, done=4, failed=1, failures=["F0-0003"])
    page = officer.get(where).text
    assert "1 ca không tính lại được" in page and 'href="/cases/F0-0003"' in page
    assert "1 ca lỗi" in officer.get(PAGE).text


def test_without_an_open_case_there_is_nothing_to_derive(officer, started):
    with inside(officer.application):
        db.session().execute(sa.update(Case).values(state="recovered"))
        db.session.commit()
    page = officer.get(PAGE).text
    assert "Không có ca nào đang mở" in page and 'name="rules"' not in page
    assert officer.get(f"{PAGE}00000000-0000-0000-0000-000000000000").status_code == 404
