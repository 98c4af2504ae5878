"""What was tried against the running product and must not work again."""

import csv
import io
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.request import urlopen

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.passwords import weakness
from checkin.db import db
from checkin.exposure.exports import to_csv
from checkin.names import clean_name
from checkin.venues import service as venues
from checkin.venues.models import Code
from checkin.web import network
from tests import cast, factories
from tests.conftest import NOW
from tests.servers import gunicorn
from tests.worlds import inside, vault_of


@pytest.fixture
def code(world):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        made = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.commit()
        db.session.remove()
        db.engine.dispose()
    return made


def silent(address, path):
    """A connection that announces a form and never sends it."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n".encode()
    )
    return connection


@pytest.mark.long
def test_a_silent_sender_holds_neither_the_database_nor_the_threads(world, code, tmp_path):
    from tests.security.test_database_down import send

    with gunicorn(world.env(), tmp_path / "log", workers=1) as address:
        page = f"{address}/v/{code}"
        fields = cast.form(submission=factories.hidden(send(page)[1], "submission"))
        one = silent(address, f"/v/{code}")
        try:
            time.sleep(0.3)
            started = time.monotonic()
            assert send(page, fields)[0] == 200  # while the other one is silent
            assert time.monotonic() - started < 5
        finally:
            one.close()
        crowd = [silent(address, "/sign-in") for _ in range(6)]  # more than there are threads
        try:
            with urlopen(f"{address}/healthz", timeout=20) as answer:
                assert answer.read() == b"ok\n"
        finally:
            for connection in crowd:
                connection.close()


@pytest.mark.parametrize("mark", ["\u0f73", "\u0f75", "\u0f81", "\u0301", "\u1d165"])
def test_no_text_takes_long_to_clean(mark):
    started = time.perf_counter()
    clean_name("a" + mark * 20_000)
    weakness("a" + mark * 100_000, 8)
    assert time.perf_counter() - started < 1.5


def test_json_is_no_form_of_ours(sqlite):
    client = sqlite.app().test_client()
    for body in ("[1,2]", '{"login":"a","password":{"a":1}}'):
        for path in ("/sign-in", "/sign-up", "/v/K7QF3M2P9XD"):
            answer = client.post(path, data=body, content_type="application/json")
            assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("cell", ["A;=cmd|' /C calc'!A0;B", "x;@SUM(1);y", "a, +1", "a|-2", "Tổ 5\t=1"])
@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
def test_no_cell_becomes_a_formula_whatever_the_reader_splits_at(cell, separator):
    text = to_csv(["Họ và tên"], [[cell]]).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text), delimiter=separator):
        for part in row:
            assert not part.strip().startswith(("=", "+", "-", "@")), (part, separator)


@pytest.mark.postgresql
def test_two_reissues_at_once_leave_one_code_in_force(world, code):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        owner = factories.account(db.session(), vault_of(app), "owner", cast.OWNER)
        venue = factories.venue(db.session(), vault_of(app), "Quán Bình", owner=owner)
        wanted, actor, venue_id = factories.code_of(db.session(), venue), owner.actor, venue.id
        factories.commit()

    def again(_number):
        with clock.fixed(NOW), inside(app):
            try:
                venues.reissue(db.session(), now=NOW, actor=actor, code=wanted)
                db.session.commit()
                return 1
            except Exception:  # whoever comes second is refused
                db.session.rollback()
                return 0

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(again, range(4))) == 1
    with inside(app):
        in_force = sa.select(sa.func.count()).where(Code.venue_id == venue_id, Code.revoked_at.is_(None))
        assert db.session.scalar(in_force) == 1


def test_an_owners_sign_up_says_nothing_of_staff_logins(client, world):
    with inside(world.app()):
        factories.account(db.session(), vault_of(world.app()), "cdc", ("giam.sat@cdc.example.vn", cast.CDC[1]))
        factories.commit()
    fields = {
        "login": "giam.sat@cdc.example.vn",
        "password": "một mật khẩu khác",
        "csrf_token": factories.token(client, "/sign-up"),
    }
    assert client.post("/sign-up", data=fields).status_code == 302


def test_more_people_than_a_page_holds_are_said_and_exported(client, world):
    from checkin.exposure.service import Bound, PersonAsked, ask_person

    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        officer = factories.account(session, vault, "cdc", cast.CDC)
        shop = factories.venue(session, vault)
        for number in range(55):
            who = cast.Identity(
                full_name=f"Người Thứ {number}",
                birth_year=1980,
                gender="male",
                phone="+84912345678",
                province_id="22",
                commune_id="06652",
            )
            factories.check_in(app, session, vault, shop, cast.healthy(who), at=NOW - timedelta(hours=1))
        bound = Bound(case=factories.case(session), signal=None, reason="Cùng số điện thoại")
        asked = PersonAsked(start=NOW - timedelta(days=1), end=NOW, phone="+84912345678")
        page = f"/lookup/{ask_person(session, vault, now=NOW, actor=officer.actor, bound=bound, asked=asked).id}"
        factories.commit()
    factories.sign_in(client, cast.CDC)
    assert "Hơn 50 người khớp" in client.get(page).text
    text = client.post(f"{page}/export.csv", data={"csrf_token": factories.token(client, "/lookup/")}).data.decode(
        "utf-8-sig"
    )
    assert len(list(csv.reader(io.StringIO(text)))) == 1 + 55 + 1


def test_nul_in_a_choice_is_no_error_of_ours(client, code):
    fields = cast.form(submission=factories.submission(client, code), commune="a\x00b")
    assert client.post(f"/v/{code}", data=fields).status_code == 422


@pytest.mark.parametrize("origin", ["http://[x", "null", "https://evil.example", "x"])
def test_a_strange_origin_is_refused_and_no_error(client, code, origin):
    fields = cast.form(submission=factories.submission(client, code))
    assert client.post(f"/v/{code}", data=fields, headers={"Origin": origin}).status_code == 403


def test_a_redirect_never_repeats_the_host_that_was_sent(sqlite):
    answer = sqlite.app().test_client().get("/venues", headers={"Host": "evil.example"})
    assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:5123", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("rác", "unknown"),
    ],
)
def test_a_household_counts_as_one_network(address, counted):
    assert network(address) == counted


@pytest.mark.long
def test_nobody_else_on_the_machine_reads_the_database(tmp_path):
    import os
    import subprocess
    import sys

    env = {**os.environ, "CHECKIN_INSTANCE": str(tmp_path / "instance"), "NO_DEMO": "1"}
    env = {name: value for name, value in env.items() if name not in {"DATABASE_URL", "MIGRATE_URL"}}
    for command in (
        ["-m", "checkin.keys", str(tmp_path / "instance" / "keys")],
        ["-m", "flask", "--app", "wsgi", "setup"],
    ):
        subprocess.run([sys.executable, *command], env=env, check=True, capture_output=True)
    for path in (tmp_path / "instance").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
