"""The lookup's pages: bound, on record before the first row, found by place and by person, exported."""

import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.exposure.models import Lookup
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)


@pytest.fixture
def officer(world, client):
    """The CDC officer, signed in; a market with two visitors, and a case."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.venue(session, vault, "Chợ Hạ Long 2", kind="market")
        factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - HOUR)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 2 * HOUR)
        factories.case(session)
        factories.commit()
    factories.sign_in(client, cast.CDC)
    return client


def at(moment):
    return clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")


def ask(officer, how="place", **changes):
    fields = {
        "case": "F0-0001",
        "reason": "Truy vết người tiếp xúc",
        "csrf_token": factories.token(officer, "/lookup/"),
    }
    if how == "place":
        fields |= {"venue": "cho ha long 1", "start": at(NOW - 3 * HOUR), "end": at(NOW)}
    fields |= changes
    return officer.post(f"/lookup/{how}", data={k: v for k, v in fields.items() if v is not None})


def lookups(world):
    with inside(world.app()):
        return db.session.scalar(sa.select(sa.func.count()).select_from(Lookup))


def test_a_lookup_by_place_shows_everybody_of_the_window(officer):
    answer = ask(officer)
    assert answer.status_code == 303
    html = officer.get(answer.location).text
    assert "Nguyễn Thị Ánh Tuyết" in html and "Trần Văn Hưng" in html
    assert "F0-0001" in html and "Truy vết người tiếp xúc" in html


@pytest.mark.parametrize("venue", ["Chợ Hạ Long 1", "cho ha long 1", "CHO HA LONG 1"])
def test_a_venue_is_found_with_or_without_accents(officer, venue):
    assert ask(officer, venue=venue).status_code == 303


def test_a_venue_is_found_by_its_code(officer, world):
    with inside(world.app()):
        code = db.session.scalar(
            sa.text("SELECT code FROM code JOIN venue ON venue.id = venue_id WHERE name = 'Chợ Hạ Long 1'")
        )
    assert ask(officer, venue=f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()).status_code == 303


def test_a_commune_and_kind_are_looked_up_together(officer):
    answer = ask(officer, venue="", commune=factories.HONG_GAI, kind="market")
    assert answer.status_code == 303
    assert "Trần Văn Hưng" in officer.get(answer.location).text
    answer = ask(officer, venue="", commune=factories.HONG_GAI, kind="school")
    assert "Trần Văn Hưng" not in officer.get(answer.location).text


def test_a_name_that_fits_several_venues_asks_which(officer, world):
    answer = ask(officer, venue="cho ha long")
    assert answer.status_code == 200
    found = re.findall(
        r'name="venue_id"[^>]*value="([0-9a-f-]{36})"|value="([0-9a-f-]{36})"[^>]*name="venue_id"', answer.text
    )
    assert len(found) == 2
    assert lookups(world) == 0
    chosen = next(value for value in found[0] if value)
    assert ask(officer, venue="cho ha long", venue_id=chosen).status_code == 303


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"case": ""}, "Chọn ca bệnh"),
        ({"case": "F0-9999"}, "Chọn ca bệnh"),
        ({"case": "signal"}, "Ghi tín hiệu"),
        ({"case": "new"}, "Đặt tên gọi"),
        ({"reason": ""}, "lý do"),
        ({"reason": "x"}, "ngắn quá"),
        ({"reason": "x" * 10_000}, "Dài quá"),
        ({"venue": ""}, "địa điểm"),
        ({"venue": "không có nơi này"}, "Không có địa điểm"),
        ({"venue": "x" * 10_000}, "Dài quá"),
        ({"venue": "\x00%_\\"}, "địa điểm"),
        ({"start": "hôm qua"}, "ngày và giờ"),
        ({"start": "0001-01-01T00:00"}, "ngày và giờ"),
        ({"start": "2000-01-01T00:00"}, "dài quá"),
        ({"end": at(NOW - 9 * HOUR)}, "trước giờ bắt đầu"),
        ({"start": at(NOW - timedelta(days=22))}, "dài quá"),
        ({"start": at(NOW + 48 * HOUR), "end": at(NOW + 49 * HOUR)}, "tương lai"),
    ],
)
def test_a_lookup_that_cannot_be_made_says_why_and_leaves_no_record(officer, world, changes, says):
    answer = ask(officer, **changes)
    assert answer.status_code == 422
    assert says.lower() in answer.text.lower()
    assert lookups(world) == 0
    if "reason" not in changes:
        assert "Truy vết người tiếp xúc" in answer.text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "Ghi số căn cước"),
        ({"full_name": "Nguyễn Thị Ánh Tuyết"}, "năm sinh"),
        ({"birth_year": "1985"}, "họ và tên"),
        ({"phone": "abc"}, "chưa đúng"),
        ({"id_number": "12"}, "chưa đúng"),
        ({"full_name": "Lý", "birth_year": "9999"}, "bốn chữ số"),
        ({"full_name": "x" * 10_000, "birth_year": "1985"}, "Dài quá"),
    ],
)
def test_a_lookup_by_person_that_cannot_be_made_says_why(officer, world, changes, says):
    answer = ask(officer, "person", **changes)
    assert answer.status_code == 422
    assert says.lower() in answer.text.lower()
    assert lookups(world) == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"id_number": "022185001234"},
        {"id_number": "022 185 001 234"},
        {"phone": "+84 912 345 678"},
        {"full_name": "NGUYEN THI ANH TUYET", "birth_year": "1985"},
    ],
)
def test_a_person_is_found_by_each_of_what_may_be_known(officer, asked):
    answer = ask(officer, "person", **asked)
    assert answer.status_code == 303
    html = officer.get(answer.location).text
    assert "Nguyễn Thị Ánh Tuyết" in html and "Chợ Hạ Long 1" in html
    assert "Trần Văn Hưng" not in html
    assert "=" not in answer.location


def test_nobody_found_is_said_in_words(officer):
    answer = ask(officer, "person", id_number="022185009999")
    assert officer.get(answer.location).status_code == 200


def test_a_case_is_opened_in_the_lookup_itself(officer, world):
    answer = ask(officer, case="new", case_title="Công nhân mỏ", case_disease="covid-19", case_onset="2026-11-18")
    assert answer.status_code == 303
    assert "F0-0002" in officer.get(answer.location).text


def test_the_record_is_committed_before_the_first_row_is_read(officer, world, monkeypatch):
    from checkin.exposure import attendance
    from checkin.exposure.question import Page

    seen = []

    def look(*args, **kwargs):
        with world.app().app_context():
            actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
            seen.append((actions.count("lookup.place"), actions.count("lookup.read")))
            db.session.remove()
        return Page(0, 0, [])

    answer = ask(officer)
    monkeypatch.setattr(attendance, "people", look)
    officer.get(answer.location)
    assert seen == [(1, 1)]


def test_where_the_record_cannot_be_written_nothing_is_shown(officer, monkeypatch):
    from checkin.audit import service as audit

    answer = ask(officer)

    def fail(*_args, **_kwargs):
        raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(audit, "record", fail)
    page = officer.get(answer.location)
    assert page.status_code == 503
    assert "Nguyễn Thị Ánh Tuyết" not in page.text


def test_every_reading_and_export_is_in_the_log_with_case_and_reason(officer, world):
    answer = ask(officer)
    officer.get(answer.location)
    csrf = factories.token(officer, "/lookup/")
    assert officer.post(f"{answer.location}/export.csv", data={"csrf_token": csrf}).data.endswith(b"\r\n")
    with inside(world.app()):
        entries = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action.like("lookup%")).order_by(AuditEntry.seq)
        ).all()
        assert [(e.action, e.rows, e.detail.get("opens")) for e in entries[1:]] == [
            ("lookup.read", None, None),
            ("lookup.shown", 2, entries[1].seq),
            ("lookup.export.csv", 2, None),
            ("lookup.sent.csv", 2, entries[3].seq),
        ]
        assert entries[0].action == "lookup.place"
        assert {(e.case_number, e.reason) for e in entries} == {("F0-0001", "Truy vết người tiếp xúc")}


def test_the_exports_open_again_with_names_and_minutes(officer, beside):
    page = ask(officer).location
    csrf = factories.token(officer, "/lookup/")
    job = officer.post(f"{page}/export.xlsx", data={"csrf_token": csrf}).location
    assert beside.work() == 1
    book = openpyxl.load_workbook(io.BytesIO(officer.post(f"{job}/file", data={"csrf_token": csrf}).data))
    rows = list(book.worksheets[0].values)
    assert {row[1] for row in rows[1:]} == {"Nguyễn Thị Ánh Tuyết", "Trần Văn Hưng"}
    text = officer.post(f"{page}/export.csv", data={"csrf_token": csrf}).data.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[1] for line in lines[1:-1]] == [row[1] for row in rows[1:]]
    assert "F0-0001" in [cell for row in book.worksheets[1].values for cell in row]


def test_an_unknown_lookup_is_not_found(officer):
    assert officer.get("/lookup/00000000-0000-7000-8000-000000000000").status_code == 404


def test_many_people_are_shown_page_by_page(officer, world):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market = factories.venue(session, vault, "Bến xe Bãi Cháy", kind="station")
        for number in range(61):
            who = cast.Identity(
                full_name=f"Người Thứ {number}",
                birth_year=1980,
                gender="male",
                phone=f"+8491234{number:04d}",
                province_id="22",
                commune_id="06652",
            )
            factories.check_in(app, session, vault, market, cast.healthy(who), at=NOW - HOUR)
        factories.commit()
    page = ask(officer, venue="ben xe bai chay").location
    first = officer.get(page).text
    second = officer.get(re.search(r'href="([^"]*after=[^"]*)" rel="next"', first)[1].replace("&amp;", "&")).text
    names = [set(re.findall(r"Người Thứ \d+", html)) for html in (first, second)]
    assert [len(found) for found in names] == [50, 11]
    assert not names[0] & names[1]
    assert "51–61 của 61" in second and 'rel="next"' not in second
    back = officer.get(re.search(r'href="([^"]*before=[^"]*)" rel="prev"', second)[1].replace("&amp;", "&")).text
    assert re.findall(r"Người Thứ \d+", back) == re.findall(r"Người Thứ \d+", first)
    key = re.search(r"after=([^\"&]*)", first)[1]
    wrong = (
        "page=2",
        "after=x",
        "after=" + "A" * 500,
        "after=%00",
        f"after={key}&before={key}",
        f"before={key[:-2]}AA",
    )
    for asked in (*wrong, f"after={key}&sort=first", "sort=x", "only=new", "only=x"):
        for only in ("", "&only=certain", "&only=watch", "&only=outside"):
            assert officer.get(f"{page}?{asked}{only}").status_code == 404, asked
    assert officer.get(f"{page}?sort=first").status_code == officer.get(f"{page}?sort=possible").status_code == 200


def test_a_reader_meets_a_writer_and_waits_instead_of_failing(officer, world, monkeypatch):
    """On SQLite a transaction that began to read cannot write any more once somebody else wrote."""
    page = ask(officer).location
    real = officer.application.login_manager._user_callback

    def load(session_id):
        account = real(session_id)
        with inside(world.app()):  # a check-in commits between loading the account and writing the log
            db.session.execute(sa.text("UPDATE venue SET address = address || '.'"))
            factories.commit()
        return account

    monkeypatch.setattr(officer.application.login_manager, "_user_callback", load)
    assert officer.get(page).status_code == 200


def test_who_came_in_during_the_last_minute_is_found(officer, world):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        shop = factories.venue(session, vault, "Cửa hàng Bình", kind="shop")
        factories.check_in(app, session, vault, shop, at=NOW + timedelta(seconds=16))
        factories.check_in(app, session, vault, shop, cast.healthy(cast.NEIGHBOUR), at=NOW + timedelta(seconds=60))
        factories.commit()
    html = officer.get(ask(officer, venue="cua hang binh", start=at(NOW - HOUR), end=at(NOW)).location).text
    assert "Nguyễn Thị Ánh Tuyết" in html
    assert "Trần Văn Hưng" not in html
