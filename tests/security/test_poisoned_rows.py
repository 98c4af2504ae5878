"""Rows that a public process could write when it was taken over: refused today, and read as what they are where they
were written before. PostgreSQL alone has infinite moments, and roles."""

import csv
import io
import json
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module

import openpyxl
import psycopg
import pytest
from nacl.public import SealedBox

from checkin import clock
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.ids import new_id
from checkin.messages.models import Message
from checkin.people.models import Person
from checkin.rights.models import RightsRequest
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.conftest import Beside
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.postgresql
HOUR = timedelta(hours=1)
CHECKS = import_module("checkin.migrations.versions.0013_wall").CHECKS
UNREADABLE = "(không đọc được)"
DEEP = "[" * 3000 + "]" * 3000


class Poison:
    """Rows as the public process writes them, and over which connection."""

    def __init__(self, world, venue_id):
        self.world, self.venue_id = world, venue_id

    def visit(self, connection, *, symptoms="[]", reasons='["symptom"]', flags="[]", details=None, triage="urgent",
              entered_at=NOW - HOUR, made_at=None, **changes):  # fmt: skip
        """A person with a declaration and a visit; `changes` are of the visit."""
        person, told, made_at = new_id(NOW), new_id(NOW), made_at or entered_at
        vault = vault_of(self.world.app())
        self._insert(connection, Person, id=person, name_index=b"z" * 16, id_index=b"", phone_index=b"", created_at=NOW)
        self._insert(
            connection, Declaration, id=told, made_at=made_at, person_id=person, rules_id="x", symptoms=symptoms,
            has_symptoms=True, triage=triage, reasons=reasons, gender="x", age_band="x", flags=flags,
            # In ASCII, in which half a pair can be said.
            details=vault.public_key_id
            + SealedBox(vault.public_key).encrypt(json.dumps(details or {"full_name": "Người Giả"}).encode()), commune_id=factories.HA_TU,
        )  # fmt: skip
        values = {
            "id": new_id(NOW), "entered_at": entered_at, "venue_id": self.venue_id, "person_id": person,
            "declaration_id": told, "declared_at": made_at, "end_set_by": "guessed", "until_likely": entered_at + HOUR,
            "until_latest": entered_at + HOUR, "channel": "x", "masked_name": "x",
        }  # fmt: skip
        self._insert(connection, Visit, **values | changes)

    def request(self, connection, **changes):
        values = {
            "id": new_id(NOW), "reference": f"YC-{new_id(NOW).hex[-8:].upper()}", "kind": "see", "language": "vi",
            "details": b"x", "received_at": NOW, "acknowledge_by": "2026-12-10", "answer_by": "2026-12-10",
        }  # fmt: skip
        self._insert(connection, RightsRequest, **values | changes)

    def message(self, connection, **changes):
        values = {
            "id": new_id(NOW), "audience": "owner", "channel": "mail", "about": "x", "state": "waiting", "sealed": b"x",
            "made_at": NOW, "until": NOW, "next_at": NOW, "tries": 0,
        }  # fmt: skip
        self._insert(connection, Message, **values | changes)

    def _insert(self, connection, model, **values):
        names = ", ".join(values)
        places = ", ".join(f"%({name})s" for name in values)
        connection.execute(f"INSERT INTO {model.__tablename__} ({names}) VALUES ({places})", values)


@pytest.fixture
def poison(postgresql):
    """A market with one visitor; an officer, a station and an administrator."""
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU)
        factories.account(session, vault, "admin", cast.ADMIN)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - HOUR)
        factories.case(session)
        made = Poison(postgresql, market.id)
        factories.commit()
    return made


@contextmanager
def before_the_checks(world):
    """A connection of before there were checks, by which old rows came in."""
    with psycopg.connect(world.superuser_url.replace("+psycopg", ""), autocommit=True) as connection:
        for (table, name), _ in CHECKS.items():
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            children = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
            for (child,) in connection.execute(children, (table,)).fetchall():
                connection.execute(f"ALTER TABLE {child} DROP CONSTRAINT IF EXISTS {name}")
        try:
            yield connection
        finally:
            for (table, name), condition in CHECKS.items():
                connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")


VISITS = {
    "for ever": {"until_latest": "infinity"},
    "likely for ever": {"until_latest": "infinity", "until_likely": "infinity"},
    "until the year 12000": {"until_latest": "12000-01-01"},
    "for three days": {"until_latest": NOW + timedelta(days=3)},
    "left for ever": {"until_latest": "infinity", "until_likely": "infinity", "left_at": "infinity"},
    "declared at no time": {"declared_at": "-infinity"},
    "symptoms are a number": {"symptoms": "5"},
    "symptoms are a long number": {"symptoms": "1" * 5000},
    "symptoms are null": {"symptoms": "null"},
    "symptoms are objects": {"symptoms": "[{}]"},
    "symptoms are deep": {"symptoms": DEEP},
    "symptoms are many": {"symptoms": str(["x"] * 60).replace("'", '"')},
    "symptoms are long": {"symptoms": '["' + "x" * 5000 + '"]'},
    "symptoms are half a letter": {"symptoms": '["\\ud800"]'},
    "reasons are a number": {"reasons": "5"},
    "reasons are lists": {"reasons": "[[1], null, true]"},
    "reasons are an object": {"reasons": '{"a": 1}'},
    "flags are a word": {"flags": '"x"'},
}
REQUESTS = [{"answer_by": "infinity"}, {"received_at": "infinity"}, {"acknowledge_by": "-infinity"},
            {"answer_by": "12000-01-01"}, {"received_at": "0044-03-15 00:00+00 BC"}]  # fmt: skip
REFUSED = (psycopg.errors.CheckViolation, psycopg.errors.InsufficientPrivilege, psycopg.errors.DataError,
           psycopg.errors.ProgramLimitExceeded, psycopg.errors.StatementTooComplex)  # fmt: skip


@pytest.mark.parametrize("wrong", VISITS.values(), ids=VISITS)
def test_the_database_refuses_a_row_that_no_form_makes(poison, wrong):
    with psycopg.connect(poison.world.urls["public"]) as public:
        poison.visit(public, entered_at=NOW - 2 * HOUR)  # the same without what is wrong
        with pytest.raises(REFUSED):
            poison.visit(public, **wrong)


@pytest.mark.parametrize("wrong", REQUESTS, ids=str)
def test_the_database_refuses_a_request_of_no_day(poison, wrong):
    with psycopg.connect(poison.world.urls["public"]) as public:
        poison.request(public)
        with pytest.raises(REFUSED):
            poison.request(public, **wrong)


@pytest.mark.parametrize("name", ["made_at", "until", "next_at"])
def test_the_database_refuses_a_message_that_is_due_never(poison, name):
    with psycopg.connect(poison.world.urls["public"]) as public:
        poison.message(public)
        with pytest.raises(REFUSED):
            poison.message(public, **{name: "infinity"})


def test_a_day_that_is_made_later_is_held_to_the_same(poison):
    day = NOW + timedelta(days=60)
    with psycopg.connect(poison.world.urls["all"]) as owner:
        owner.execute("SELECT open_day(%s)", (day.date(),))
        with pytest.raises(psycopg.errors.CheckViolation):
            poison.visit(owner, entered_at=day, until_latest="12000-01-01")


@pytest.mark.parametrize("ahead", [timedelta(minutes=11), timedelta(days=3)])
@pytest.mark.parametrize("of", ["entered_at", "made_at"])
def test_what_comes_from_the_public_tier_comes_now(poison, of, ahead):
    later = clock.now() + ahead
    with psycopg.connect(poison.world.urls["public"]) as public:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            poison.visit(public, **({"entered_at": later, "made_at": NOW} if of == "entered_at" else {of: later}))
        public.rollback()
        for table, column in (("submission", "received_at"), ("person", "created_at")):
            columns, values = {
                "submission": ("id, body", "gen_random_uuid(), 'x'"),
                "person": ("id, name_index, id_index, phone_index", "gen_random_uuid(), '', '', ''"),
            }[table]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(f"INSERT INTO {table} ({columns}, {column}) VALUES ({values}, %s)", (later,))
            public.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            poison.request(public, received_at=later)


def client_of(world, who):
    client = world.app().test_client()
    factories.sign_in(client, who)
    return client


def asked(officer):
    at = lambda moment: clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")  # noqa: E731
    fields = {
        "case": "F0-0001", "reason": "Truy vết người tiếp xúc", "csrf_token": factories.token(officer, "/lookup/"),
        "venue": "cho ha long 1", "start": at(NOW - 3 * HOUR), "end": at(NOW),
    }  # fmt: skip
    return officer.post("/lookup/place", data=fields).location


def test_old_rows_that_cannot_be_read_are_rows_that_say_so_and_stop_no_list(poison, monkeypatch):
    from checkin.exposure import jobs

    world, beside = poison.world, Beside(poison.world)
    monkeypatch.setattr(jobs, "start", beside.started.append)
    with clock.fixed(NOW), before_the_checks(world) as past:
        for wrong in VISITS.values():
            poison.visit(past, **wrong)
        names = [
            {"full_name": {"a": [1]}, "birth_year": "x"},
            {"full_name": "\0\ud800 X"},
            [1, 2],
            {"phone": "+" + "9" * 9999},
        ]
        for details in names:
            poison.visit(past, details=details)
        everybody = 1 + len(VISITS) + len(names)
        officer = client_of(world, cast.CDC)
        page = asked(officer)
        html = officer.get(page)
        assert html.status_code == 200
        assert html.text.count('class="lead words"') == everybody
        assert UNREADABLE in html.text and "Nguyễn Thị Ánh Tuyết" in html.text
        token = factories.token(officer, "/account")
        told = officer.post(f"{page}/export.csv", data={"csrf_token": token}).get_data()
        lines = list(csv.reader(io.StringIO(told.decode("utf-8-sig"))))
        assert len(lines) == 1 + everybody + 1 and lines[-1][0] == "Nguồn"
        assert any(UNREADABLE in line for line in lines)
        file = officer.post(f"{page}/export.xlsx", data={"csrf_token": token}).location
        assert beside.work() == 1
        book = openpyxl.load_workbook(io.BytesIO(officer.post(f"{file}/file", data={"csrf_token": token}).get_data()))
        assert book.worksheets[0].max_row == 1 + everybody


def test_a_stations_page_survives_old_rows_that_cannot_be_read(poison):
    with clock.fixed(NOW), before_the_checks(poison.world) as past:
        for wrong in VISITS.values():
            poison.visit(past, **wrong)
        page = client_of(poison.world, cast.COMMUNE).get("/station/")
    assert page.status_code == 200
    assert page.text.count("Người Giả") == len(VISITS) and UNREADABLE in page.text


def test_the_list_of_requests_survives_days_that_are_none(poison):
    with clock.fixed(NOW), before_the_checks(poison.world) as past:
        for wrong in REQUESTS:
            poison.request(past, **wrong)
        officer = client_of(poison.world, cast.CDC)
        page = officer.get("/requests/")
        assert page.status_code == 200 and page.text.count('href="/requests/YC-') >= len(REQUESTS)
        assert UNREADABLE in page.text


def test_the_list_of_messages_survives_moments_that_are_none(poison):
    with clock.fixed(NOW), before_the_checks(poison.world) as past:
        poison.message(past, next_at="infinity", until="infinity", made_at="-infinity")
        assert client_of(poison.world, cast.ADMIN).get("/messages/").status_code == 200


def test_the_log_and_its_check_survive_an_entry_that_cannot_be_read(poison):
    world = poison.world
    with psycopg.connect(world.superuser_url.replace("+psycopg", ""), autocommit=True) as past:
        last = past.execute("SELECT max(seq) FROM audit").fetchone()[0]
        past.execute("SET session_replication_role = replica")
        for number, (at, detail) in enumerate(
            [("infinity", "5"), ("12000-01-01", DEEP), (NOW, '{"times": [1], "opens": {}, "lookup": {"a": 1}}'),
             (NOW, '{"why": "\\ud800", "times": "x", "due": "y"}')], start=last + 1,
        ):  # fmt: skip
            past.execute(
                "INSERT INTO audit (seq, at, actor, role, action, subject, detail, previous, hash) "
                "VALUES (%s, %s, 'x', 'none', 'approval.now', '', %s, 'x', 'y')",
                (number, at, detail),
            )
    with clock.fixed(NOW):
        admin = client_of(world, cast.ADMIN)
        page = admin.get("/audit/")
        assert page.status_code == 200 and UNREADABLE in page.text and f'id="e{last + 4}"' in page.text
        assert (
            admin.post("/audit/unusual/look", data={"csrf_token": factories.token(admin, "/account")}).status_code
            == 303
        )
        with inside(world.app()):
            told = world.app().test_cli_runner().invoke(args=["audit", "verify"])
        assert told.exit_code == 1 and f"the chain is broken at entry {last + 1}" in told.output
        assert told.exception is None or isinstance(told.exception, SystemExit)


def test_one_visit_of_the_future_does_not_stop_the_nightly_run(poison):
    world = poison.world
    with psycopg.connect(world.urls["all"], autocommit=True) as owner:
        owner.execute("SELECT open_day(%s)", ((NOW + timedelta(days=3)).date(),))
        poison.visit(owner, entered_at=NOW + timedelta(days=3))
    with clock.fixed(NOW), inside(world.app()):
        told = world.app().test_cli_runner().invoke(args=["visits", "expire"])
    assert told.exit_code == 0, told.output
