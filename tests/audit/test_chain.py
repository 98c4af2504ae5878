"""The log: nothing in it changes, disappears or appears unseen; the database itself refuses to touch it."""

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from unicodedata import normalize
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from checkin.audit import queries, service
from checkin.audit.entry import GENESIS, Actor, entry_hash
from checkin.audit.models import AuditEntry
from checkin.db import db
from tests import factories
from tests.conftest import NOW
from tests.worlds import inside

ACTOR = Actor(UUID(int=7), "hanh@cdc", "cdc")
ENTRIES = 6


def record(session, number=0, **facts):
    values = {
        "action": "lookup.read",
        "subject": f"TC-{number:06d}",
        "case_number": "F0-0001",
        "reason": "Chợ Hạ Long 1, “khu hải sản”",
        "rows": number,
        "detail": {"start": NOW.isoformat(), "venue_id": str(UUID(int=number))},
    }
    return service.record(session, now=NOW + timedelta(seconds=number), actor=ACTOR, **{**values, **facts})


@pytest.fixture
def chain(session):
    for number in range(ENTRIES):
        record(session, number)
    session.commit()
    return session


def tamper(world, *statements):
    """Write behind the application's back, as somebody with the run of the machine could."""
    db.session.rollback()  # what the test read holds SQLite's lock
    if world.kind == "sqlite":
        with contextlib.closing(sqlite3.connect(world.folder / "checkin.db")) as connection:
            connection.execute("DROP TRIGGER audit_no_update")
            connection.execute("DROP TRIGGER audit_no_delete")
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return
    engine = sa.create_engine(world.superuser_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def broken(session):
    session.rollback()
    session.expire_all()
    return queries.broken_link(session)


def test_an_empty_log_is_whole(session):
    assert queries.broken_link(session) is None
    assert queries.last_link(session) == (0, GENESIS)


def test_entries_are_numbered_and_each_carries_the_hash_of_the_one_before(chain):
    entries = list(queries.entries(chain))
    assert [entry.seq for entry in entries] == list(range(1, ENTRIES + 1))
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    assert queries.last_link(chain) == (ENTRIES, entries[-1].hash)
    assert queries.broken_link(chain) is None


CHANGES = {
    "at": "at = '2026-11-20 03:31:00.000000'",
    "actor_id": "actor_id = NULL",
    "actor": "actor = 'khoa@cdc'",
    "role": "role = 'admin'",
    "action": "action = 'lookup.place'",
    "subject": "subject = 'TC-000009'",
    "case_number": "case_number = 'F0-0002'",
    "no case": "case_number = NULL",
    "reason": "reason = 'Chợ Hạ Long 1'",
    "no reason": "reason = NULL",
    "rows": "rows = 1",
    "no rows": "rows = NULL",
    "detail": "detail = '{}'",
    "seq": "seq = 40",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_field_is_found_at_its_entry(world, chain, change):
    tamper(world, f"UPDATE audit SET {change} WHERE seq = 4")
    assert broken(chain) == 4


def test_a_change_with_its_own_hash_made_to_fit_is_found_at_the_next_entry(world, chain):
    entry = chain.get_one(AuditEntry, 4)
    fields = {name: getattr(entry, name) for name in queries.FIELDS} | {"reason": "Khác"}
    fitting = entry_hash(entry.previous, fields).hex()
    value = f"X'{fitting}'" if world.kind == "sqlite" else f"'\\x{fitting}'"
    tamper(world, f"UPDATE audit SET reason = 'Khác', hash = {value} WHERE seq = 4")
    assert broken(chain) == 5


@pytest.mark.parametrize("number", [1, 3, ENTRIES - 1])
def test_an_entry_taken_out_is_found(world, chain, number):
    tamper(world, f"DELETE FROM audit WHERE seq = {number}")
    assert broken(chain) == number


def test_an_entry_taken_out_is_found_also_when_the_others_are_numbered_again(world, chain):
    tamper(
        world,
        "DELETE FROM audit WHERE seq = 3",
        *(f"UPDATE audit SET seq = {n - 1} WHERE seq = {n}" for n in (4, 5, 6)),
    )
    assert broken(chain) == 3


def test_the_newest_entry_taken_out_shows_in_the_number_and_head_that_verify_prints(world, chain):
    before = queries.last_link(chain)
    tamper(world, f"DELETE FROM audit WHERE seq = {ENTRIES}")
    assert broken(chain) is None  # a shorter chain is whole: hence the head is to be written down elsewhere
    assert queries.last_link(chain) != before


def test_an_entry_put_in_is_found(world, chain):
    columns = "at, actor_id, actor, role, action, subject, case_number, reason, rows, detail, previous, hash"
    tamper(
        world,
        *(f"UPDATE audit SET seq = {n + 1} WHERE seq = {n}" for n in (6, 5, 4)),
        f"INSERT INTO audit (seq, {columns}) SELECT 4, {columns} FROM audit WHERE seq = 3",
    )
    assert broken(chain) == 4


def test_an_entry_put_in_before_the_first_is_found(world, chain):
    columns = "at, actor_id, actor, role, action, subject, case_number, reason, rows, detail, previous, hash"
    tamper(world, f"INSERT INTO audit (seq, {columns}) SELECT 0, {columns} FROM audit WHERE seq = 1")
    assert broken(chain) == 1


def test_two_entries_that_changed_places_are_found(world, chain):
    tamper(
        world,
        "UPDATE audit SET seq = 99 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 99",
    )
    assert broken(chain) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET reason = 'x' WHERE seq = 1",
        "UPDATE audit SET reason = 'x'",
        "DELETE FROM audit WHERE seq = 1",
        "DELETE FROM audit",
        pytest.param("TRUNCATE audit", id="truncate"),
    ],
)
def test_the_database_refuses_to_change_or_delete_also_for_the_owner_of_the_tables(world, chain, statement):
    if world.kind == "sqlite" and statement.startswith("TRUNCATE"):
        statement = "DELETE FROM audit WHERE true"
    with pytest.raises(sa.exc.DatabaseError, match="the audit log can only grow"):
        chain.execute(sa.text(statement))
    chain.rollback()
    assert len(list(queries.entries(chain))) == ENTRIES


def test_entries_made_at_once_form_one_chain(world, app, session):
    session.commit()

    def append(number):
        with inside(world.app()):
            seq = record(db.session(), number)
            db.session.commit()
            return seq

    with ThreadPoolExecutor(8) as pool:
        seqs = list(pool.map(append, range(40)))
    assert sorted(seqs) == list(range(1, 41))
    assert queries.broken_link(session) is None


def test_an_entry_of_a_transaction_that_failed_leaves_no_gap(session):
    record(session, 1)
    session.commit()
    record(session, 2)
    session.rollback()
    assert record(session, 3) == 2
    session.commit()
    assert queries.broken_link(session) is None


NASTY = [
    "Nguyễn Thị Ánh Tuyết",
    normalize("NFD", "Nguyễn Thị Ánh Tuyết"),
    'dấu " và \\ và \u2028',
    "\u202eđảo ngược\u202c",
    "👩🏽‍⚕️" * 50,
    "",
]


@pytest.mark.parametrize("text", NASTY)
def test_any_text_keeps_the_chain_whole(session, text):
    record(session, 1, reason=text, subject=text, detail={"kind": text, "n": 3, "list": [1, None, True]})
    session.commit()
    session.expire_all()
    assert queries.broken_link(session) is None


def test_text_longer_than_its_column_is_shortened_and_the_chain_is_whole(session):
    actor = Actor(None, "ạ" * 10_000, "system")
    service.record(session, now=NOW, actor=actor, action="x", subject="ế" * 10_000, reason="ữ" * 10_000)
    session.commit()
    (entry,) = queries.newest(session, None)
    assert (len(entry.actor), len(entry.subject), len(entry.reason)) == (80, 120, 500)
    assert queries.broken_link(session) is None


def test_microseconds_and_midnight_keep_the_chain_whole(session):
    for moment in (
        NOW.replace(microsecond=999_999),
        datetime(2026, 11, 19, 17, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
    ):
        service.record(session, now=moment, actor=factories.SYSTEM, action="x")
    session.commit()
    session.expire_all()
    assert queries.broken_link(session) is None


def test_pages_of_the_log_go_back_from_the_newest(chain):
    assert [entry.seq for entry in queries.newest(chain, None, 2)] == [6, 5]
    assert [entry.seq for entry in queries.newest(chain, 5, 2)] == [4, 3]
    assert queries.newest(chain, 1, 2) == []


@pytest.mark.parametrize("before", [-(10**30), -1, 0])
def test_a_page_before_the_first_is_empty(chain, before):
    assert queries.newest(chain, before) == []


@pytest.mark.parametrize("before", [2**31, 2**63, 10**30])
def test_a_page_before_a_number_that_no_column_holds_is_the_newest(chain, before):
    assert len(queries.newest(chain, before)) == ENTRIES


def test_verify_says_ok_with_the_number_and_head_of_the_log(app, chain):
    answer = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert answer.exit_code == 0
    assert answer.output.splitlines()[0] == f"ok: {ENTRIES} entries, head {queries.last_link(chain)[1].hex()}"
    assert "not covered by any seal" in answer.output


def test_verify_fails_and_names_the_entry_where_the_chain_is_broken(world, app, chain):
    tamper(world, "UPDATE audit SET reason = 'x' WHERE seq = 2")
    answer = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert answer.exit_code == 1
    assert "entry 2" in answer.output


FIELDS = st.fixed_dictionaries(
    {"seq": st.integers(1, 9), "action": st.text(max_size=9), "reason": st.none() | st.text(max_size=9)}
)


@given(FIELDS, FIELDS)
def test_different_entries_hash_differently_and_the_same_alike(one, other):
    assert (entry_hash(GENESIS, one) == entry_hash(GENESIS, other)) == (one == other)
    assert entry_hash(b"\1" * 32, one) != entry_hash(GENESIS, one)


def test_a_moment_hashes_alike_in_every_zone_and_other_things_have_no_place():
    there = NOW.astimezone(timezone(timedelta(hours=7)))
    assert entry_hash(GENESIS, {"at": there}) == entry_hash(GENESIS, {"at": NOW})
    with pytest.raises(TypeError):
        entry_hash(GENESIS, {"detail": {"bytes": b"x"}})
