"""Refused attempts of signed-in accounts are in the log; strangers and repetition cannot fill it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit import counting
from checkin.audit.models import AuditEntry
from checkin.counters import SharedStorage
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def people(world, client):
    """Hạnh of the CDC and Khoa who administers, not signed in yet."""
    app = world.app()
    with inside(app):
        for role, who in (("cdc", cast.CDC), ("admin", cast.ADMIN), ("owner", cast.OWNER)):
            factories.account(db.session(), vault_of(app), role, who)
        factories.commit()
    return client


def refused(world):
    with inside(world.app()):
        rows = db.session.execute(
            sa.select(AuditEntry.actor, AuditEntry.role, AuditEntry.subject, AuditEntry.detail)
            .order_by(AuditEntry.seq)
            .where(AuditEntry.action == "refused")
            .order_by(AuditEntry.seq)
        )
        return [(row.role, row.subject, row.detail.get("why"), row.detail.get("times", 1)) for row in rows]


def test_a_page_of_another_role_is_one_entry_with_its_route_and_not_its_address(people, world):
    factories.sign_in(people, cast.ADMIN)
    assert people.get(f"/lookup/{NOBODY}?page=7").status_code == 403
    assert refused(world) == [("admin", "/lookup/<uuid:lookup_id>", "role", 1)]


def test_an_object_that_is_not_there_or_somebody_elses_is_one_too(people, world):
    factories.sign_in(people, cast.CDC)
    assert people.get(f"/lookup/{NOBODY}").status_code == 404
    assert people.get("/cases/F0-9999").status_code == 404
    assert [entry[1:3] for entry in refused(world)] == [
        ("/lookup/<uuid:lookup_id>", "object"),
        ("/cases/<number>", "object"),
    ]


@pytest.mark.parametrize("missing", ["case", "reason"])
def test_a_lookup_without_a_purpose_is_one(people, world, missing):
    factories.sign_in(people, cast.CDC)
    fields = {"case": "signal", "signal": "Tin báo", "reason": "Hỏi lại", "phone": "0912345678"}
    answer = people.post(
        "/lookup/person", data={**fields, missing: "", "csrf_token": factories.token(people, "/lookup/")}
    )
    assert answer.status_code == 422 and refused(world) == [("cdc", "/lookup/person", "purpose", 1)]
    wrong = people.post(
        "/lookup/person", data={**fields, "phone": "1", "csrf_token": factories.token(people, "/lookup/")}
    )
    assert wrong.status_code == 422 and len(refused(world)) == 1  # a slip of the finger is none


def test_who_repeats_it_makes_few_entries_and_each_says_how_often(people, world):
    factories.sign_in(people, cast.ADMIN)
    for _ in range(37):
        people.get("/lookup/")
    assert [entry[3] for entry in refused(world)] == [1, 2, 4, 8, 16, 32]
    with clock.fixed(NOW + timedelta(minutes=1)):
        people.get("/lookup/")
    assert [entry[3] for entry in refused(world)][-1] == 1


def test_strangers_leave_nothing_and_neither_do_addresses_that_are_no_page(people, world):
    for path in (f"/lookup/{NOBODY}", "/audit/", "/venues/", "/nowhere"):
        people.get(path)
    factories.sign_in(people, cast.OWNER)
    people.get("/nowhere")
    people.get("/v/XXXXXXXXXXX")
    assert refused(world) == []
    people.get(f"/venues/{NOBODY}")
    assert [entry[0] for entry in refused(world)] == ["owner"]


def test_wrong_passwords_of_strangers_make_few_entries(people, world):
    for _ in range(9):
        people.post(
            "/sign-in",
            data={"login": "ai@do", "password": "không biết", "csrf_token": factories.token(people, "/sign-in")},
        )
    with inside(world.app()):
        found = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "sign_in.refused").order_by(AuditEntry.seq)
        ).all()
    assert [entry.detail.get("times", 1) for entry in found] == [1, 2, 4, 8]


def test_counting_goes_on_where_the_shared_counters_do_not_answer(sqlite, monkeypatch):
    sqlite.app()
    # Nobody listens there.
    monkeypatch.setattr(counting, "limiter", SimpleNamespace(storage=SharedStorage("shared+redis://127.0.0.1:1/0")))
    assert [counting.times_if_due("x/alone", NOW) for _ in range(5)] == [1, 2, 0, 4, 0]
