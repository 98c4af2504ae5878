"""Lookups and exports that reach far: the way to a second person, and the way at once."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin.approvals import today
from checkin.approvals.models import Approval
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.exposure import second
from checkin.exposure.models import Export
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.test_pages import HOUR, ask, at
from tests.worlds import inside, vault_of

AN = ("an@cdc", "mật khẩu dài của chị An")
NAME = "Nguyễn Thị Ánh Tuyết"


@pytest.fixture
def officer(world, client, monkeypatch):
    """Hạnh, signed in, An beside her; a market with two visitors. Exports of more than one person are long."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        for who in (cast.CDC, AN):
            factories.account(session, vault, "cdc", who)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - HOUR)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 2 * HOUR)
        factories.case(session)
        factories.commit()
        with app.test_request_context():
            limits = replace(today.limits(), export_rows=1)
    monkeypatch.setattr(second, "limits", lambda: limits)
    factories.sign_in(client, cast.CDC)
    return client


@pytest.fixture
def other(world, officer):
    """An, signed in on another machine."""
    client = world.app().test_client()
    factories.sign_in(client, AN)
    return client


def wide(officer, days=2):
    """A lookup of every market of a commune over some days."""
    return ask(
        officer, venue="", commune=factories.HONG_GAI, kind="market", start=at(NOW - timedelta(days=days)), end=at(NOW)
    ).location


def post(client, path, **fields):
    return client.post(path, data={"csrf_token": factories.token(client, "/lookup/"), **fields})


def log(world):
    with inside(world.app()):
        return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)))


def choose(officer, page, what, mode, reason="Đêm nay phải gọi hết"):
    return post(officer, f"{page}/second/{what}", mode=mode, reason=reason)


def approval(world):
    with inside(world.app()):
        found = db.session.scalars(sa.select(Approval)).one()
        return found.state, found.mode, f"/approvals/{found.id}"


def test_below_the_limits_nothing_is_asked(officer, world):
    page = wide(officer, days=1)
    assert NAME in officer.get(page).text
    assert "/second/" not in ask(officer).location
    assert not [action for action in log(world) if action.startswith("approval")]


def test_a_wide_lookup_shows_nobody_and_logs_no_reading_until_another_one_approved(officer, other, world):
    page = wide(officer)
    answer = officer.get(page)
    assert (answer.status_code, answer.location) == (303, f"{page}/second/read")
    html = officer.get(answer.location).text
    assert "Danh sách này cần người thứ hai" in html and NAME not in html
    assert "lookup.read" not in log(world)
    waiting = choose(officer, page, "read", "ask").location
    assert officer.get(page).location == f"{page}/second/read"
    assert officer.get(f"{page}/second/read").location == waiting
    assert "Duyệt" in officer.get(waiting).text and "Mở TC-000001" not in officer.get(waiting).text
    # The other one sees it in the menu, on the list, and approves.
    assert re.search(r'class="badge">.*1</b>', other.get("/lookup/").text, re.S)
    assert waiting in other.get("/approvals/").text
    assert post(other, f"{waiting}/decide", do="approve").status_code == 303
    assert "Mở TC-000001" in officer.get(waiting).text
    assert NAME in officer.get(page).text
    said = [action for action in log(world) if action.startswith(("approval", "lookup."))]
    assert said == ["lookup.place", "approval.ask", "approval.approve", "lookup.read", "lookup.shown"]


def test_one_officer_at_night_goes_on_at_once(officer, world):
    page = wide(officer)
    answer = choose(officer, page, "read", "now")
    assert answer.location == page and NAME in officer.get(page).text
    assert approval(world)[:2] == ("asked", "after")
    assert log(world).index("approval.now") < log(world).index("lookup.read")


def test_without_a_reason_nothing_goes_on_and_what_was_typed_stays(officer, world):
    page = wide(officer)
    for mode in ("ask", "now"):
        for reason in ("", "  ", "gấp", "x" * 501):
            answer = choose(officer, page, "read", mode, reason)
            assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text
            assert f'value="{reason.strip()}"' in answer.text
    assert not [action for action in log(world) if action.startswith("approval")]


def test_a_long_csv_comes_at_once_with_the_same_click_and_is_logged(officer, world):
    page = ask(officer).location
    assert post(officer, f"{page}/export.csv").location == f"{page}/second/csv"
    assert "2" in officer.get(f"{page}/second/csv").text
    answer = choose(officer, page, "csv", "now")
    assert answer.status_code == 307 and answer.location == f"{page}/export.csv"
    assert NAME in post(officer, answer.location).data.decode()
    assert log(world)[-3:] == ["approval.now", "lookup.export.csv", "lookup.sent.csv"]


def test_nobody_decides_on_their_own_and_the_second_one_sees_who_was_first(officer, other, world):
    page = wide(officer)
    waiting = choose(officer, page, "read", "ask").location
    post(officer, f"{waiting}/decide", do="approve")
    assert approval(world)[0] == "asked"
    assert "Quyết định của bạn" not in officer.get(waiting).text
    refused = post(other, f"{waiting}/decide", do="refuse")
    assert refused.status_code == 422 and "Ghi lý do từ chối" in refused.text
    post(other, f"{waiting}/decide", do="refuse", note="Chỉ cần một chợ")
    post(other, f"{waiting}/decide", do="approve")
    assert "an@cdc đã quyết định trước" in other.get(waiting).text
    assert approval(world)[0] == "refused"
    assert "Chỉ cần một chợ" in officer.get(f"{page}/second/read").text


def test_who_asked_and_cannot_wait_any_longer_does_it_at_once(officer, other, world):
    page = wide(officer)
    waiting = choose(officer, page, "read", "ask").location
    assert post(other, f"{waiting}/now", reason="Của người khác").status_code == 404
    assert post(officer, f"{waiting}/now", reason="").status_code == 422
    post(officer, f"{waiting}/now", reason="Chủ tịch xã đang chờ")
    assert NAME in officer.get(page).text and approval(world)[:2] == ("asked", "after")


def test_a_workbook_refused_afterwards_is_withdrawn_before_it_is_fetched(officer, other, world, beside):
    page = ask(officer).location
    choose(officer, page, "xlsx", "now")
    job = post(officer, f"{page}/export.xlsx").location
    assert beside.work() == 1
    assert "Tải TC-000001.xlsx về máy" in officer.get(job).text
    waiting = approval(world)[2]
    post(other, f"{waiting}/decide", do="refuse", note="Không cần cả chợ")
    assert "Người thứ hai đã từ chối" in officer.get(job).text
    assert officer.post(f"{job}/file", data={"csrf_token": factories.token(officer, "/lookup/")}).status_code == 303
    assert post(officer, f"{page}/export.xlsx").location == f"{page}/second/xlsx"
    with inside(world.app()):
        assert db.session.scalar(sa.text("SELECT count(*) FROM export_part")) == 0
        assert db.session.scalars(sa.select(Export.problem)).all() == ["refused"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_wide_lookup_leaves_in_no_file_before_or_after_another_one_refused(officer, other, world, form, monkeypatch):
    monkeypatch.setattr(second, "limits", today.limits)  # two people are no long export
    page = wide(officer)
    for _ in range(2):
        answer = post(officer, f"{page}/export.{form}")
        assert (answer.status_code, answer.location) == (303, f"{page}/second/read")
        waiting = choose(officer, page, "read", "ask").location
        post(other, f"{waiting}/decide", do="refuse", note="Chỉ cần một chợ")
    with inside(world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Export)) == 0
    assert not [action for action in log(world) if action.startswith("lookup.export")]


def test_a_list_refused_after_it_was_looked_at_takes_the_files_of_everybody_with_it(
    officer, other, world, beside, monkeypatch
):
    monkeypatch.setattr(second, "limits", today.limits)
    page = wide(officer)
    choose(officer, page, "read", "now")
    jobs = [post(who, f"{page}/export.xlsx").location for who in (officer, other)]
    assert beside.work() == 2
    waiting = approval(world)[2]
    post(other, f"{waiting}/decide", do="refuse", note="Không cần cả chợ")
    for who, job in zip((officer, other), jobs, strict=True):
        answer = who.post(f"{job}/file", data={"csrf_token": factories.token(who, "/lookup/")})
        assert answer.status_code == 303 and answer.data[:2] != b"PK"
    with inside(world.app()):
        assert db.session.scalar(sa.text("SELECT count(*) FROM export_part")) == 0


def test_nothing_is_approved_that_has_not_happened_yet(officer):
    tomorrow = (NOW + timedelta(days=1)).replace(hour=0)
    answer = ask(officer, venue="", commune=factories.HONG_GAI, kind="market", start=at(NOW), end=at(tomorrow))
    assert answer.status_code == 422 and "muộn nhất là hết hôm nay" in answer.text
    tonight = NOW.replace(hour=16, minute=59)  # 23:59 of the province
    assert (
        ask(officer, venue="", commune=factories.HONG_GAI, kind="market", start=at(NOW), end=at(tonight)).status_code
        == 303
    )


def test_an_unknown_lookup_or_one_by_person_has_no_such_page(officer):
    assert officer.get("/lookup/00000000-0000-7000-8000-000000000000/second/read").status_code == 404
    page = ask(officer, "person", phone="0912 345 678").location
    assert officer.get(f"{page}/second/csv").status_code == 404
