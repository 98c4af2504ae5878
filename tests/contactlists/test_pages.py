"""A list of contacts from elsewhere, from the file to the calls of the stations."""

import io
import re
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.audit.models import AuditEntry
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.contactlists import service, views
from checkin.contactlists.models import ListHeading
from checkin.contacts.models import Contact
from checkin.contacts.words import opened
from checkin.db import db
from checkin.people.models import Person
from tests import cast, factories
from tests.conftest import NOW
from tests.register.files import workbook
from tests.worlds import inside, vault_of

HEAD = "STT,Họ tên,SĐT,Năm sinh,Phường,Ngày tiếp xúc,Nơi gặp"
ROWS = (
    "1,Trần Văn Hưng,904118226,1971,Hà Tu,19/11/2026,Chợ Hạ Long 1",
    "2,Lê Thị Na,0904118227,,Bạch Đằng,19/11/2026,",
    "3,Phạm Hà Nội,0904118228,1990,Cầu Giấy,18/11/2026,",
    "4,Không Số,,1990,Hà Tu,19/11/2026,",
    "5,TRAN VAN HUNG,+84904118226,1971,Hà Tu,19/11/2026,",
)
FILE = "\n".join([HEAD, *ROWS]).encode()


@pytest.fixture
def page(world):
    """The page of a case's list, as an officer has it: `page(file=..., **fields)`."""
    return _page(world.app(), world.app())


def _page(app, asked):
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        factories.case(session)
        factories.commit()
    client = asked.test_client()
    with clock.fixed(NOW):
        factories.sign_in(client, cast.CDC)
        token = factories.token(client, "/cases/F0-0001/list")

    def send(file=None, name="ds.csv", **fields):
        data = {"csrf_token": token, **fields} | ({"file": (io.BytesIO(file), name)} if file else {})
        with clock.fixed(NOW):
            return client.post("/cases/F0-0001/list", data=data, content_type="multipart/form-data")

    send.app, send.client = app, client
    return send


def carried(answer):
    """What travels with the form of a preview."""
    rows = re.search(r'<textarea name="rows"[^>]*>(.*?)</textarea>', answer.text, re.S)[1]
    unescaped = (
        rows.replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
    picked = re.findall(r'<select id="(column-\d+)".*?</select>', answer.text, re.S)
    chosen = dict.fromkeys(picked, "")
    for name, body in re.findall(r'<select id="(column-\d+)"(.*?)</select>', answer.text, re.S):
        found = re.search(r'<option value="(\w+)" selected', body)
        chosen[name] = found[1] if found else ""
    return {"rows": unescaped, "sha256": factories.hidden(answer.text, "sha256"), **chosen}


def made(app):
    with inside(app):
        session, vault = db.session(), vault_of(app)
        contacts = session.scalars(sa.select(Contact).order_by(Contact.commune_id, Contact.id)).all()
        return [
            (opened(vault, one).full_name, opened(vault, one).phone, one.commune_id, str(one.met_on))
            for one in contacts
        ]


def test_from_a_file_to_calls_and_the_rest_back_with_its_reasons(page):
    shown = page(FILE)
    assert shown.status_code == 200, shown.text
    # Nothing is written by a preview; what says nothing is asked about.
    assert made(page.app) == [] and shown.text.count("chưa rõ</small>") == 1
    kept = carried(shown)
    assert kept["column-1"] == "full_name" and kept["column-6"] == ""
    errors = page(**kept | {"column-6": "place"}, do="errors")
    lines = errors.data.decode("utf-8-sig").splitlines()
    assert errors.mimetype == "text/csv" and len(lines) == 3
    assert lines[1] == "5;thiếu số điện thoại;4;Không Số;;1990;Hà Tu;19/11/2026;"
    assert lines[2].startswith("6;trùng với một dòng ở trên")
    done = page(**kept | {"column-6": "place"}, do="save")
    assert done.status_code == 200 and "Không Số" in done.text and "Lê Thị Na" not in done.text
    assert "Đã giao 2 người" in done.text and "1 người không có nơi ở trong tỉnh" in done.text
    assert sorted(made(page.app), key=str) == sorted(
        [
            ("Trần Văn Hưng", "0904 118 226", factories.HA_TU, "2026-11-19"),
            ("Lê Thị Na", "0904 118 227", factories.HONG_GAI, "2026-11-19"),
            ("Phạm Hà Nội", "0904 118 228", None, "2026-11-18"),
        ],
        key=str,
    )
    # The same file again gives nobody a second time, and its columns are known by now.
    again = page(FILE)
    assert carried(again)["column-6"] == "place" and "đã giao trước đó <b>4</b>" in again.text
    page(**carried(again), do="save")
    assert len(made(page.app)) == 3
    with inside(page.app):
        session, vault = db.session(), vault_of(page.app)
        said = session.execute(
            sa.select(AuditEntry.action, AuditEntry.rows)
            .order_by(AuditEntry.seq)
            .where(AuditEntry.action.like("list.%"))
            .order_by(AuditEntry.seq)
        ).all()
        assert said == [
            ("list.look", 5),
            ("list.look", 5),
            ("list.look", 5),
            ("list.load", 3),
            ("list.look", 5),
            ("list.look", 5),
            ("list.load", 0),
        ]
        hung = session.scalars(sa.select(Contact).where(Contact.commune_id == factories.HA_TU)).one()
        (met,) = opened(vault, hung).met
        assert (met.place, met.guessed) == ("Chợ Hạ Long 1", True) and clock.to_local(met.start).date() == hung.met_on
        assert (
            b"Tr\xe1\xba\xa7n" not in hung.details
            and session.scalar(sa.select(sa.func.count()).select_from(ListHeading)) == 1
        )


@pytest.fixture
def small(sqlite):
    return _page(sqlite.app(), sqlite.app())


def test_somebody_who_was_given_by_the_lookup_is_not_given_again_without_a_year(small):
    page = small
    page(**carried(page(FILE)), do="save")
    other = "Điện thoại,Tên\n0904 118 226,tran van hung\n".encode()
    shown = page(other)
    assert "đã giao trước đó <b>1</b>" in shown.text
    with inside(page.app):
        before = db.session().scalar(sa.select(sa.func.count()).select_from(Person))
    page(**carried(shown), do="save")
    with inside(page.app):
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Person)) == before


def test_columns_that_are_needed_are_asked_for(small):
    shown = small("Người khai,Số máy\nTrần Văn Hưng,0904118226\n".encode())
    assert shown.status_code == 422 and "Chưa biết cột nào là: Họ tên, Điện thoại" in shown.text
    kept = carried(shown)
    twice = small(**kept | {"column-0": "phone", "column-1": "phone"})
    assert twice.status_code == 422
    assert small(**kept | {"column-0": "full_name", "column-1": "phone"}, do="save").status_code == 303
    assert [one[0] for one in made(small.app)] == ["Trần Văn Hưng"]
    assert small("NGUOI KHAI;SO MAY\nLê Na;0904118229\n".encode()).status_code == 200


def test_a_workbook_and_more_people_than_one_press_takes(small, monkeypatch):
    monkeypatch.setattr(views, "AT_ONCE", 2)
    names = ["An", "Bình", "Chi", "Dũng", "Em"]
    body = workbook(["Họ tên", "SĐT"], *([name, 904118220 + n] for n, name in enumerate(names)))
    answer = small(body, "ds.xlsx")
    for left in (3, 1):
        answer = small(**carried(answer), do="save")
        assert answer.status_code == 200 and f"Xem trước {left} dòng" in answer.text
    assert small(**carried(answer), do="save").status_code == 303
    assert len(made(small.app)) == 5


@pytest.mark.parametrize(
    "fields", [{}, {"rows": "x"}, {"rows": "\t\t\n1\t2"}, {"rows": "a\n" * 30_000}, {"rows": '"' * 999}]
)
def test_what_was_made_up_is_refused_in_words(small, fields):
    answer = small(**fields)
    assert answer.status_code == 422 and 'class="error"' in answer.text


def test_too_large_a_file_comes_back_to_its_page_and_a_discarded_case_takes_none(small):
    with clock.fixed(NOW):
        answer = small.client.post(
            "/cases/F0-0001/list", data=b"x" * 14_000_000, content_type="multipart/form-data; boundary=x"
        )
    assert answer.status_code == 303 and "large=1" in answer.location
    with clock.fixed(NOW):
        assert "5 MB" in small.client.get(answer.location).text
    with inside(small.app):
        session = db.session()
        case = cases.by_number(session, "F0-0001")
        keeping.set_state(
            session, now=NOW, actor=factories.SYSTEM, case=case, state="discarded", rules=factories.rules(small.app)
        )
        factories.commit()
    assert small(FILE).status_code == 409
    with clock.fixed(NOW):
        assert "không nhận danh sách" in small.client.get("/cases/F0-0001/list").text


@pytest.mark.postgresql
def test_as_the_staff_role_with_its_own_rights(postgresql):
    page = _page(postgresql.app(), postgresql.app("staff"))
    shown = page(FILE)
    assert shown.status_code == 200, shown.text
    assert page(**carried(shown), do="save").status_code == 200
    assert len(made(page.app)) == 3
    page(**carried(page(FILE)), do="save")
    assert len(made(page.app)) == 3
    assert service.AT_ONCE == views.AT_ONCE


@pytest.mark.postgresql
def test_two_who_say_at_once_what_a_new_heading_means_both_get_through_and_the_later_one_stands(postgresql):
    app, heading = postgresql.app("staff"), ["Họ tên", "Số gọi được"]
    said = {"first": ["full_name", "phone"], "second": ["full_name", ""]}
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"

    def say(which):
        with inside(app):
            session = db.session()
            scope.enter(session, scope.CASEWORK)
            service.remember(session, vault_of(app), now=NOW, heading=heading, fields=said[which])
            session.commit()

    with inside(app), ThreadPoolExecutor() as pool:
        session = db.session()
        scope.enter(session, scope.CASEWORK)
        service.remember(session, vault_of(app), now=NOW, heading=heading, fields=said["first"])
        other = pool.submit(say, "second")
        with psycopg.connect(postgresql.urls["all"], autocommit=True) as watching:
            until = time.monotonic() + 10
            while watching.execute(waits).fetchone() == (0,) and time.monotonic() < until:
                time.sleep(0.01)
            assert watching.execute(waits).fetchone() == (1,)
        session.commit()
        other.result(timeout=10)
        assert service.meant(session, vault_of(app), heading) == said["second"]
