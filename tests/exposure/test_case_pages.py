"""The page of a case and the lookup by case: linking a person who was found, what is kept, whom the case met."""

import csv
import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.cases.models import Case, kept_visit
from checkin.db import db
from checkin.exposure import scored
from checkin.exposure.models import Lookup
from tests import cast, factories
from tests.cases.kept import expire
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAME, OTHER = "Nguyễn Thị Ánh Tuyết", "Trần Văn Hưng"


@pytest.fixture
def officer(world, client):
    """The CDC officer, signed in; a market where two were at the same time and one 20 days ago, and a case."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - 20 * DAY)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 20 * DAY + HOUR)
        factories.case(session)
        factories.commit()
    factories.sign_in(client, cast.CDC)
    return client


def post(officer, path, **fields):
    return officer.post(path, data={"csrf_token": factories.token(officer, "/lookup/"), **fields})


def find(officer, case="F0-0001", **asked):
    asked = asked or {"phone": "0912345678"}
    answer = post(officer, "/lookup/person", case=case, signal="Tin báo", reason="Tìm người bệnh", **asked)
    assert answer.status_code == 303, answer.text
    return answer.location


def linked(officer, case="F0-0001"):
    page = find(officer, case)
    fields = {"person": factories.hidden(officer.get(page).text, "person"), "case": case}
    answer = post(officer, page.replace("/lookup/", "/cases/found/"), **fields)
    assert answer.status_code == 303, answer.text
    return answer.location


def look_up(officer, case="F0-0001", reason="Lập danh sách cần gọi"):
    return post(officer, f"/cases/{case}/lookup", reason=reason)


def actions(world, like="%"):
    with inside(world.app()):
        return list(
            db.session.scalars(
                sa.select(AuditEntry.action).where(AuditEntry.action.like(like)).order_by(AuditEntry.seq)
            )
        )


def days_go(world):
    """Everything older than two weeks leaves the store."""
    with inside(world.app()):
        expire(db.session(), NOW - 22 * DAY, NOW - 14 * DAY)
        factories.commit()


def test_a_found_person_becomes_the_person_of_the_case_and_all_is_kept(officer, world):
    page = find(officer)
    html = officer.get(page).text
    assert "Đây là người của ca F0-0001" in html and "Mở ca bệnh cho người này" not in html
    answer = officer.get(linked(officer))
    assert "đã gắn; tên chỉ hiện trong tra cứu" in answer.text
    assert NAME not in answer.text
    assert actions(world, "case%") == ["case.open", "case.link", "case.freeze"]
    again = officer.get(page).text
    assert "Người này là ca" in again and "Đây là người của ca" not in again


def test_a_person_found_for_a_signal_or_beside_the_cases_own_becomes_a_new_case(officer, world):
    page = find(officer, "signal")
    html = officer.get(page).text
    assert "Mở ca bệnh cho người này" in html and "Đây là người của ca" not in html
    where, person = page.replace("/lookup/", "/cases/found/"), factories.hidden(html, "person")
    form = post(officer, where, person=person)
    assert form.status_code == 200 and 'name="onset_on"' in form.text
    wrong = post(officer, where, person=person, title="", disease="covid-19", state="confirmed")
    assert wrong.status_code == 422 and "Đặt tên gọi" in wrong.text
    done = post(officer, where, person=person, title="Công nhân mỏ", disease="covid-19", state="confirmed")
    assert done.location == "/cases/F0-0002"
    with inside(world.app()):
        case = db.session.scalars(sa.select(Case).where(Case.seq == 2)).one()
        assert cases.kept(db.session(), case.id) == cases.Kept(1, 1, 2)
    doubled = post(officer, where, person=person, title="Lần nữa", disease="covid-19", state="confirmed")
    assert doubled.status_code == 409 and 'value="Lần nữa"' in doubled.text
    assert "đã là một ca đang mở: hanh@cdc mở ca F0-0002" in doubled.text
    with inside(world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Case)) == 2


def test_it_refuses_a_person_whom_the_lookup_did_not_find(officer, world):
    page = find(officer)
    other = find(officer, phone="0904118226")
    stranger = factories.hidden(officer.get(other).text, "person")
    where = page.replace("/lookup/", "/cases/found/")
    for person in (stranger, "", "x", "00000000-0000-7000-8000-000000000000"):
        assert post(officer, where, person=person, case="F0-0001").status_code == 404
    assert "case.link" not in actions(world)
    place = post(
        officer, "/lookup/place", case="F0-0001", reason="Ai ở chợ", venue="cho ha long 1",
        start="2026-11-20T08:00", end="2026-11-20T10:00",
    )  # fmt: skip
    where = place.location.replace("/lookup/", "/cases/found/")
    assert post(officer, where, person=stranger).status_code == 404


def test_the_lookup_by_case_shows_its_visits_and_the_people_of_the_same_places(officer):
    linked(officer)
    answer = look_up(officer)
    assert answer.status_code == 303
    html = officer.get(answer.location).text
    assert OTHER in html and "0904 118 226" in html
    assert NAME not in html
    assert "Chợ Hạ Long 1" in html
    assert "không nói lên khoảng cách" in html
    assert "chưa có ngày khởi phát hay lấy mẫu" in html
    assert answer.location in officer.get("/cases/F0-0001").text
    assert "Người cùng địa điểm với ca" in officer.get("/lookup/").text


def test_the_page_outlives_the_day(officer, world):
    linked(officer)
    days_go(world)
    with inside(world.app()):
        assert factories.all_visits(db.session()) == []
    html = officer.get(look_up(officer).location).text
    assert OTHER in html and "0904 118 226" in html and "Chợ Hạ Long 1" in html


def test_a_lookup_by_person_for_the_case_shows_what_is_kept_and_says_so(officer, world):
    linked(officer)
    days_go(world)
    other = officer.get(find(officer, phone="0904118226")).text
    assert OTHER in other and "giữ lại cho ca F0-0001" in other
    own = officer.get(find(officer, "signal")).text
    assert NAME in own and "giữ lại cho ca F0-0001" in own


def test_what_is_kept_is_shown_for_its_case_alone(officer, world):
    linked(officer)
    days_go(world)
    foreign = officer.get(find(officer, "signal", phone="0904118226")).text
    assert OTHER not in foreign and "giữ lại cho ca" not in foreign
    with inside(world.app()):
        factories.case(db.session())
        factories.commit()
    foreign = officer.get(find(officer, "F0-0002", phone="0904118226")).text
    assert OTHER not in foreign and "giữ lại cho ca" not in foreign


def test_nothing_is_shown_twice_while_the_store_has_it_too(officer):
    linked(officer)
    html = officer.get(find(officer)).text
    assert html.count("<li>\n<div><b>") == 1
    assert "giữ lại cho ca" not in html


def test_the_export_of_a_person_outlives_the_day(officer, world):
    linked(officer)
    days_go(world)
    page = find(officer, phone="0904118226")
    text = post(officer, f"{page}/export.csv").data.decode("utf-8-sig")
    assert OTHER in text and "Chợ Hạ Long 1" in text


def test_the_export_of_the_people_of_a_case_holds_as_many_as_the_page_says_and_outlives_the_day(officer, world):
    linked(officer)
    days_go(world)
    page = look_up(officer).location
    lines = list(csv.reader(io.StringIO(post(officer, f"{page}/export.csv").data.decode("utf-8-sig"))))
    assert [line[1] for line in lines[1:-1]] == [OTHER]
    assert "Chợ Hạ Long 1" in lines[1]
    assert actions(world, "lookup.export%") == ["lookup.export.csv"]


def test_the_record_is_committed_before_anything_of_the_case_is_read(officer, world, monkeypatch):
    linked(officer)
    seen, read = [], scored.contacts

    def look(*args, **kwargs):
        with world.app().app_context():
            made = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
            seen.append((made.count("lookup.case"), made.count("lookup.read")))
            db.session.remove()
        return read(*args, **kwargs)

    freeze = keeping.freeze

    def refresh(*args, **kwargs):
        with world.app().app_context():
            seen.append(db.session.scalars(sa.select(AuditEntry.action)).all().count("lookup.case"))
            db.session.remove()
        return freeze(*args, **kwargs)

    monkeypatch.setattr(scored, "contacts", look)
    before = len(actions(world, "lookup.read"))
    if world.kind == "postgresql":
        monkeypatch.setattr(keeping, "freeze", refresh)
        seen_first = [1]
    else:
        seen_first = []
    officer.get(look_up(officer).location)
    assert seen == [*seen_first, (1, before + 1)]


def test_who_is_let_go_of_while_the_page_is_read_is_left_out_of_it(officer, world, monkeypatch):
    linked(officer)
    page, read = look_up(officer).location, scored.contacts
    assert OTHER in officer.get(page).text

    def meanwhile(session, *args, **kwargs):
        found = read(session, *args, **kwargs)
        case = session.scalars(sa.select(Case)).one()
        keeping.unlink(session, now=NOW, actor=factories.SYSTEM, case=case)
        return found

    monkeypatch.setattr(scored, "contacts", meanwhile)
    answer = officer.get(page)
    assert answer.status_code == 200 and OTHER not in answer.text


def test_the_statement_that_ranks_the_people_of_a_case_is_built_once_for_all_cases(officer, world):
    linked(officer)
    officer.get(look_up(officer).location)
    built = scored._ranked.cache_info().misses
    assert post(officer, "/cases/F0-0001/unlink").status_code == 303
    with inside(world.app()):
        factories.case(db.session())
        factories.commit()
    linked(officer, "F0-0002")
    assert OTHER in officer.get(look_up(officer, "F0-0002").location).text
    assert scored._ranked.cache_info().misses == built


def test_where_the_record_cannot_be_written_nothing_is_shown(officer, monkeypatch):
    linked(officer)
    page = look_up(officer).location
    from checkin.audit import service as audit

    def fail(*_args, **_kwargs):
        raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(audit, "record", fail)
    answer = officer.get(page)
    assert answer.status_code == 503
    assert OTHER not in answer.text


@pytest.mark.parametrize(("reason", "says"), [("", "Ghi lý do"), ("x", "ngắn quá"), ("x" * 10_000, "Dài quá")])
def test_a_lookup_without_a_reason_is_refused_and_leaves_no_record(officer, world, reason, says):
    linked(officer)
    answer = look_up(officer, reason=reason)
    assert answer.status_code == 422 and says in answer.text
    assert "lookup.case" not in actions(world)


def test_a_case_without_a_person_says_how_to_link_one_and_cannot_be_looked_up(officer, world):
    html = officer.get("/cases/F0-0001").text
    assert "Chưa biết ca này là ai" in html and "by=person" in html
    answer = look_up(officer)
    assert answer.location == "/cases/F0-0001"
    assert "chưa gắn với người nào" in officer.get(answer.location).text
    assert "lookup.case" not in actions(world)
    assert officer.get("/cases/F0-0009").status_code == 404
    assert officer.get("/cases/x").status_code == 404


def test_the_window_follows_the_rule_of_the_disease_and_is_shown(officer, world):
    linked(officer)
    with inside(world.app()):
        case = db.session.scalars(sa.select(Case)).one()
        case.onset_on, case.isolated_on = clock.to_local(NOW - 3 * DAY).date(), clock.to_local(NOW - DAY).date()
        factories.commit()
    answer = look_up(officer)
    html = officer.get(answer.location).text
    assert "Từ 00:00 15/11/2026 đến 23:59 19/11/2026" in html
    assert "không có lượt vào nào trong khoảng này" in html
    with inside(world.app()):
        lookup = db.session.scalars(sa.select(Lookup).where(Lookup.kind == "case")).one()
        assert (lookup.start, lookup.end) == (
            clock.day_bounds(clock.to_local(NOW - 5 * DAY).date())[0],
            clock.day_bounds(clock.to_local(NOW - DAY).date())[1] - timedelta(microseconds=1),
        )


def test_taking_the_person_off_lets_go_and_earlier_lookups_show_nobody(officer, world):
    linked(officer)
    page = look_up(officer).location
    assert post(officer, "/cases/F0-0001/unlink").status_code == 303
    assert post(officer, "/cases/F0-0001/unlink").status_code == 303
    with inside(world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(kept_visit)) == 0
    html = officer.get(page).text
    assert "không còn gắn với người" in html and OTHER not in html
    assert actions(world, "case%")[-2:] == ["case.release", "case.unlink"]


def test_an_earlier_lookup_does_not_show_whom_somebody_else_met(officer, world):
    linked(officer)
    page = look_up(officer).location
    post(officer, "/cases/F0-0001/unlink")
    other = find(officer, phone="0904118226")
    person = factories.hidden(officer.get(other).text, "person")
    assert post(officer, other.replace("/lookup/", "/cases/found/"), person=person, case="F0-0001").status_code == 303
    assert "không còn gắn với người" in officer.get(page).text
    assert NAME in officer.get(look_up(officer).location).text


def test_discarding_asks_first_since_what_is_let_go_of_is_lost(officer, world):
    linked(officer)
    asked = post(officer, "/cases/F0-0001/state", state="discarded")
    assert asked.location == "/cases/F0-0001#discard"
    assert 'id="discard"' in officer.get("/cases/F0-0001").text
    with inside(world.app()):
        assert db.session.scalars(sa.select(Case.state)).one() == "confirmed"
    post(officer, "/cases/F0-0001/state", state="discarded", sure="1")
    with inside(world.app()):
        assert db.session.scalars(sa.select(Case.state)).one() == "discarded"
        assert db.session.scalar(sa.select(sa.func.count()).select_from(kept_visit)) == 0
    assert "Ca đã loại trừ không giữ gì" in officer.get("/cases/F0-0001").text


def test_many_people_are_shown_page_by_page_with_the_total(officer, world):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market = session.scalars(sa.select(factories.Venue)).one()
        factories.check_in(app, session, vault, market, at=NOW - 2 * HOUR)
        for number in range(60):
            who = cast.Identity(
                full_name=f"Người Thứ {number}", birth_year=1980, gender="male", phone=f"+8491234{number:04d}",
                province_id="22", commune_id="06652",
            )  # fmt: skip
            factories.check_in(app, session, vault, market, cast.healthy(who), at=NOW - HOUR)
        factories.commit()
    linked(officer)
    page = look_up(officer).location
    first, second = officer.get(page).text, officer.get(f"{page}?page=2").text
    names = [set(re.findall(rf"Người Thứ \d+|{OTHER}", html)) for html in (first, second)]
    assert [len(found) for found in names] == [50, 11]
    assert not names[0] & names[1]
    assert "1–50 của 61" in first and "51–61 của 61" in second
    for number in (3, 1_000_000, 43_000_000, 99_999_999_999, 10**30):
        assert officer.get(f"{page}?page={number}").status_code == 404


@pytest.mark.postgresql
def test_the_staff_role_links_freezes_looks_up_and_lets_go(postgresql):
    with clock.fixed(NOW), inside(postgresql.app()):
        app, session, vault = postgresql.app(), db.session(), vault_of(postgresql.app())
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, at=NOW - HOUR)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - HOUR)
        factories.case(session)
        factories.commit()
    with clock.fixed(NOW):
        officer = postgresql.app("staff").test_client()
        factories.sign_in(officer, cast.CDC)
        linked(officer)
        with inside(postgresql.app()):
            db.session.execute(sa.text("UPDATE visit SET left_at = until_likely, until_latest = until_likely"))
            factories.commit()
        html = officer.get(look_up(officer).location).text
        assert OTHER in html and "chắc chắn" in html
        assert post(officer, "/cases/F0-0001/unlink").status_code == 303
        with inside(postgresql.app()):
            assert db.session.scalar(sa.select(sa.func.count()).select_from(kept_visit)) == 0
