"""The process that makes a workbook: started by the web process, killed without leaving anything readable."""

import os
import re
import signal
import socket
import sqlite3
import time
import urllib.request
from dataclasses import replace
from http.client import HTTPConnection, IncompleteRead
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.config import Config
from checkin.db import db
from checkin.exposure import jobs, service
from checkin.exposure.models import DONE, RUNNING, WAITING, Export, ExportPart, Lookup
from checkin.exposure.service import Bound, PlaceAsked, ask_place
from tests import cast, factories
from tests.exposure.many import crowd
from tests.servers import gunicorn
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.long

# In no list of names, no place and no text of the project.
CANARY = "Đoàn Quýt Zêrô"
PEOPLE = 4000


def list_of(world, count):
    """A lookup of the real present that finds so many people; who made it, and its id."""
    app, now = world.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        crowd(app, session, vault, market, count, name=CANARY, at=now)
        actor = factories.account(session, vault, "cdc", cast.CDC).actor
        lookup = ask_place(
            session, now=now, actor=actor, bound=Bound(case=factories.case(session), signal=None, reason="Chùm ca"),
            asked=PlaceAsked(start=now - 3 * service.KEPT, end=now, venue_id=market.id),
        )  # fmt: skip
        lookup_id = lookup.id
        session.commit()
    return actor, lookup_id


def asked_for(world, count):
    """A workbook of so many people that is asked for and that no process makes yet; its id."""
    actor, lookup_id = list_of(world, count)
    with inside(world.app()):
        session = db.session()
        lookup = session.get_one(Lookup, lookup_id)
        asked = service.ask_export(
            session, now=clock.now(), actor=actor, lookup=lookup, form="xlsx", locale="vi", total=count
        )
        export_id = asked.id
        session.commit()
    return export_id


def state(world, export_id):
    with inside(world.app()):
        return db.session.execute(sa.select(Export.state, Export.done).where(Export.id == export_id)).one()


def wait_for(world, export_id, test, process=None):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = state(world, export_id)
        if test(found):
            return found
        time.sleep(0.05)
    pytest.fail(f"still {found}")


def files_with(word, *folders):
    """Files in which the bytes of a word stand, also those of a packed workbook."""
    found = []
    for folder in folders:
        for path in Path(folder).rglob("*"):
            if path.is_file():
                body = path.read_bytes()
                if word.encode() in body or b"xl/worksheets" in body:
                    found.append(path)
    return found


def settings(world):
    return Config.from_env(world.env("staff"))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder of its own for what a program puts aside."""
    folder = tmp_path / "aside"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.mark.wide
def test_a_process_of_its_own_makes_the_file_and_ends(world, temporary):
    export_id = asked_for(world, 40)
    process = jobs.start(settings(world))
    assert wait_for(world, export_id, lambda found: found.state == DONE).done == 40
    assert process.wait(20) == 0
    assert list(temporary.iterdir()) == []
    with inside(world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ExportPart)) == 1


def test_a_killed_process_leaves_nothing_readable_and_is_seen(world, temporary, monkeypatch):
    monkeypatch.setattr(service, "SILENT", service.SILENT * 0)
    for count in (PEOPLE, 5 * PEOPLE, 25 * PEOPLE):
        world.empty()
        export_id = asked_for(world, count)
        process = jobs.start(settings(world))
        wait_for(world, export_id, lambda found: found.done > 0 or found.state not in (WAITING, RUNNING))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        if state(world, export_id).state == RUNNING:
            break
    else:
        pytest.fail("each was finished before it could be killed")
    folders = [temporary, world.folder]
    if world.kind == "postgresql":
        with psycopg.connect(world.superuser_url.replace("+psycopg", "")) as connection:
            connection.execute("CHECKPOINT")
            folders.append(connection.execute("SHOW data_directory").fetchone()[0])
    else:
        with sqlite3.connect(world.folder / "checkin.db") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    assert files_with(CANARY, *folders) == []
    assert list(temporary.iterdir()) == []
    with inside(world.app()):
        export = db.session.get_one(Export, export_id)
        assert service.has_died(export, clock.now())
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ExportPart)) == 0


def test_the_search_for_what_is_left_finds_what_is_left(tmp_path):
    (tmp_path / "a").write_text(f"x{CANARY}x", encoding="utf-8")
    (tmp_path / "b").write_bytes(b"PK xl/worksheets/sheet1.xml")
    (tmp_path / "c").write_bytes(b"nothing")
    assert sorted(path.name for path in files_with(CANARY, tmp_path)) == ["a", "b"]


def test_the_process_gets_the_settings_of_the_one_that_started_it(world):
    config = settings(world)
    assert replace(Config.from_env(config.env()), migrate_url="", demo=True) == replace(
        config, migrate_url="", demo=True
    )


# The same through a server.


class Officer:
    """A browser of the officer at an address, without a page."""

    def __init__(self, address):
        self.address, self.cookies = address, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.post("/sign-in", login=cast.CDC[0], password=cast.CDC[1])

    def get(self, path):
        with self.opener.open(self.address + path, timeout=30) as answer:
            return answer.read().decode()

    def post(self, path, page="/sign-in", **fields):
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', self.get(page))[1]
        body = urlencode({"csrf_token": csrf, **fields}).encode()
        with self.opener.open(self.address + path, body, timeout=60) as answer:
            return answer.geturl(), answer.read()


@pytest.fixture
def server(world, tmp_path, temporary):
    with gunicorn(world.env("staff"), tmp_path / "server.log") as address:
        yield address


def test_from_the_button_to_the_file_through_a_server(world, server, temporary):
    _, lookup_id = list_of(world, 60)
    officer = Officer(server)
    page = f"/lookup/{lookup_id}"
    address, _ = officer.post(f"{page}/export.xlsx", page=page)
    assert "/lookup/exports/" in address
    export_id = UUID(address.rsplit("/", 1)[1])
    wait_for(world, export_id, lambda found: found.state == DONE)
    shown = f"/lookup/exports/{export_id}"
    _, body = officer.post(f"{shown}/file", page=shown)
    assert body.startswith(b"PK")
    left = [path for path in temporary.rglob("*") if path.is_file() and "checkin-metrics-" not in str(path)]
    assert left == []


def rename(world, table, name):
    with inside(world.app()):
        db.session.execute(sa.text(f"ALTER TABLE {table} RENAME TO {name}"))
        db.session.commit()


def test_a_list_that_breaks_off_ends_the_connection_as_a_bad_one(world, tmp_path):
    _, lookup_id = list_of(world, PEOPLE)
    with gunicorn(world.env("staff"), tmp_path / "server.log") as address:
        officer = Officer(address)
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', officer.get(f"/lookup/{lookup_id}"))[1]
        host = address.removeprefix("http://").replace("localhost", "127.0.0.1")
        connection = HTTPConnection(host, timeout=60)
        # A small window: the server cannot run ahead of who reads.
        connection.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.sock.connect((connection.host, connection.port))
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in officer.cookies)
        connection.request(
            "POST", f"/lookup/{lookup_id}/export.csv", urlencode({"csrf_token": csrf}),
            {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded", "Host": address[7:]},
        )  # fmt: skip
        answer = connection.getresponse()
        assert answer.status == 200
        rename(world, "declaration", "declaration_away")
        try:
            with pytest.raises(IncompleteRead) as caught:
                answer.read()
        finally:
            rename(world, "declaration_away", "declaration")
            connection.close()
    assert "DANH SÁCH CHƯA ĐỦ" in caught.value.partial.decode("utf-8-sig").splitlines()[-1]
    assert CANARY not in (tmp_path / "server.log").read_text()
