"""The page that derives all open cases anew: what it asks, how far it says a run is, who may, and that it can be left."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import beside, clock
from checkin.cases.models import Case
from checkin.db import db
from checkin.derivations import jobs, service
from checkin.derivations.models import DONE, RUNNING, Derivation
from tests import cast, factories
from tests.conftest import NOW
from tests.derivations.runs import DAY, outbreak
from tests.worlds import inside, vault_of

PAGE = "/cases/derivations/"
MINUTE = timedelta(minutes=1)


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
    assert "đã xong" in officer.get(PAGE).text


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
