"""The log on PostgreSQL against a public process that was taken over: it has that role, and whatever it knows."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import clock, scope
from checkin.accounts import service as accounts
from checkin.accounts.models import Account
from checkin.audit import queries
from checkin.audit import service as audit
from checkin.audit.entry import Actor, entry_hash
from checkin.audit.models import AuditEntry, AuditWaiting
from checkin.db import db
from checkin.publiclog import PUBLIC_ACTIONS
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.postgresql
APPEND = "SELECT audit_append(%s, %s, %s, %s, %s, %s, %s, %s)"
NOBODY = (NOW, None, "?", "none", "sign_in.refused", "", None, '{"why": "unknown"}')


@pytest.fixture
def walled(postgresql):
    """The application with an owner, and an officer who has signed in."""
    with clock.fixed(NOW), inside(postgresql.app()):
        vault = vault_of(postgresql.app())
        factories.account(db.session(), vault, "owner", cast.OWNER)
        factories.account(db.session(), vault, "cdc", cast.CDC)
        factories.commit()
    return postgresql


@pytest.fixture
def public(walled):
    """A connection as the public role."""
    with psycopg.connect(walled.urls["public"], autocommit=True) as connection:
        yield connection


def people(world):
    with inside(world.app()):
        found = db.session.scalars(sa.select(Account)).all()
        return {account.role: (account.id, account.display_name) for account in found}


def newest(world, count=1):
    """What an administrator reads, after what waits was taken in."""
    with clock.fixed(NOW), inside(world.app()):
        audit.lock_chain(db.session())
        db.session.commit()
        assert queries.broken_link(db.session()) is None
        return queries.newest(db.session(), None, count)


def officer_signs_in(world):
    app = world.app("staff")
    with clock.fixed(NOW), inside(app):
        session = db.session()
        found = factories.signs_in(session, vault_of(app), cast.CDC, {"cdc"})
        scope.enter(session, scope.Scope.of_account(found))
        session.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
        accounts.signed_in(session, now=NOW, account=found)
        session.commit()


def test_an_entry_of_the_public_tier_is_in_the_chain_once_staff_read_or_write(walled):
    owner_id, name = people(walled)["owner"]
    app = walled.app("public")
    with clock.fixed(NOW), inside(app):
        actor = Actor(owner_id, name, "owner")
        assert audit.record(db.session(), now=NOW, actor=actor, action="sign_out", detail={"n": 1}) == 0
        audit.record(db.session(), now=NOW, actor=actor, action="factor.codes", rows=10)
        db.session.commit()
    officer_signs_in(walled)
    found = newest(walled, 3)
    assert [(one.action, one.actor_id, one.rows, one.detail) for one in reversed(found)] == [
        ("sign_out", owner_id, None, {"n": 1}),
        ("factor.codes", owner_id, 10, {}),
        ("sign_in", people(walled)["cdc"][0], None, {}),
    ]
    with inside(walled.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditWaiting)) == 0


def test_an_entry_of_a_transaction_of_the_public_tier_that_failed_is_none(walled):
    before = newest(walled)[0].seq
    with clock.fixed(NOW), inside(walled.app("public")):
        audit.record(db.session(), now=NOW, actor=accounts.NOBODY, action="sign_in.refused")
        db.session.rollback()
    assert newest(walled)[0].seq == before


def test_an_entry_of_the_public_tier_with_a_case_or_a_reason_is_refused_and_not_cut(walled):
    with clock.fixed(NOW), inside(walled.app("public")), pytest.raises(ValueError, match="neither a case nor a reason"):
        audit.record(db.session(), now=NOW, actor=accounts.NOBODY, action="sign_in.refused", reason="x")


@pytest.mark.parametrize("statement", [
    "SELECT seq FROM audit", "SELECT id FROM audit_waiting", "SELECT audit_lock()", "SELECT * FROM audit_last()",
    "LOCK TABLE audit", "LOCK TABLE audit_waiting", "DELETE FROM audit_waiting",
    "SELECT FROM audit WHERE seq = 1 FOR UPDATE",
    "INSERT INTO audit (seq, at, actor, role, action, subject, detail, previous, hash) "
    "VALUES (9, now(), 'x', 'none', 'sign_out', '', '{}', '', '')",
    "INSERT INTO audit_waiting (id, received_at, at, actor, role, action, subject, detail) "
    "VALUES (gen_random_uuid(), now(), now(), 'x', 'none', 'sign_out', '', '{}')",
    "CREATE OR REPLACE FUNCTION audit_public_action(who text, action text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
])  # fmt: skip
def test_the_public_role_has_no_other_way_into_the_log(public, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), public.transaction():
        public.execute(statement)


FORGED = {
    "an officer's name": {"actor_id": "cdc", "actor": "cdc", "role": "owner", "action": "sign_in"},
    "an officer as nobody": {"actor_id": "cdc", "actor": "cdc", "action": "sign_in"},
    "an officer's role": {"actor_id": "cdc", "actor": "cdc", "role": "cdc", "action": "sign_in"},
    "the system": {"actor": "audit seal", "role": "system", "action": "audit.seal"},
    "an owner under another name": {"actor_id": "owner", "actor": "cdc", "role": "owner", "action": "sign_in"},
    "an owner who is none": {"actor_id": "00000000-0000-0000-0000-000000000001", "role": "owner", "action": "sign_in"},
    "nobody who signs in": {"action": "sign_in"},
    "nobody who makes an administrator": {"action": "account.create.admin"},
    "an owner who makes an administrator":
        {"actor_id": "owner", "actor": "owner", "role": "owner", "action": "account.create.admin"},
    "an owner who looks up": {"actor_id": "owner", "actor": "owner", "role": "owner", "action": "lookup.read"},
    "other letters": {"action": "Lookup.read"},
    "a made up action": {"action": "visits.load"},
    "a refusal about an officer": {"subject": "cdc"},
    "a device of nobody's counter": {"actor": "desk", "action": "desk.read", "subject": "owner"},
    "for ever": {"at": "infinity"},
    "since ever": {"at": "-infinity"},
    "in the year 12000": {"at": "12000-01-01"},
    "no moment": {"at": None},
    "a long subject": {"subject": "x" * 121},
    "long details": {"detail": json.dumps({"why": "x" * 400})},
    "details within details": {"detail": '{"why": {"a": 1}}'},
    "details that are no object": {"detail": "5"},
    "details with a fraction": {"detail": '{"n": 0.1}'},
    "no details": {"detail": None},
    "fewer rows than none": {"rows": -1},
    "no action": {"action": None},
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_forged_entry_is_refused(walled, public, forged):
    known = people(walled)
    names = ("at", "actor_id", "actor", "role", "action", "subject", "rows", "detail")
    values = dict(zip(names, NOBODY, strict=True)) | forged
    for name in ("actor_id", "actor", "subject"):
        if values[name] in known:
            values[name] = known[values[name]][name == "actor"]
    values["subject"] = str(values["subject"])
    with pytest.raises(psycopg.errors.RaiseException):
        public.execute(APPEND, list(values.values()))
    # The same without what is false in it is taken.
    public.execute(APPEND, NOBODY)
    assert newest(walled)[0].action == "sign_in.refused"


def test_the_databases_own_clock_bounds_when_an_entry_says_it_was_made(walled, public):
    last = newest(walled)[0].at
    for said, kept in (
        (NOW - timedelta(days=300), last - timedelta(hours=1)),
        (NOW - timedelta(minutes=59), NOW - timedelta(minutes=59)),
        (NOW + timedelta(hours=3), NOW + timedelta(hours=3)),
    ):
        public.execute(APPEND, (said, *NOBODY[1:]))
        assert newest(walled)[0].at == kept
    public.execute(APPEND, (datetime(2100, 1, 1, tzinfo=UTC), *NOBODY[1:]))
    ahead = newest(walled)[0].at - datetime.now(UTC)
    assert timedelta(minutes=4) < ahead <= timedelta(minutes=5)


def test_whatever_the_public_role_holds_nobodys_entry_waits_for_it(walled, public):
    with public.transaction():
        public.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        public.execute(APPEND, NOBODY)
        public.execute("SELECT pg_advisory_xact_lock(%s)", (audit.FORMER_LOCK,))
        officer_signs_in(walled)
        with clock.fixed(NOW), inside(walled.app("public")):
            db.session.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
            audit.record(db.session(), now=NOW, actor=accounts.NOBODY, action="sign_in.refused", detail={"why": "code"})
            db.session.commit()
        assert newest(walled)[0].detail == {"why": "code"}
    assert newest(walled)[0].detail == {"why": "unknown"}


def test_a_flood_of_entries_is_taken_in_bit_by_bit(walled, public):
    before = newest(walled)[0].seq
    flood = "SELECT count(audit_append(%s, NULL, '?', 'none', 'sign_in.refused', '', n, '{}')) FROM generate_series(1, 700) n"
    public.execute(flood, (NOW,))
    assert [newest(walled)[0].seq - before, newest(walled)[0].seq - before] == [500, 700]


def test_a_check_in_writes_no_entry(walled):
    app = walled.app("public")
    with clock.fixed(NOW), inside(walled.app()):
        factories.venue(db.session(), vault_of(walled.app()))
        factories.commit()
    before = newest(walled)[0].seq
    with clock.fixed(NOW), inside(app):
        session = db.session()
        where = session.scalars(sa.select(Venue)).one()
        factories.check_in(app, session, vault_of(app), where, cast.coughing())
        session.commit()
    assert newest(walled)[0].seq == before


def test_no_role_writes_an_entry_whose_hash_does_not_fit_or_that_has_no_moment(walled):
    last = newest(walled)[0]
    fields = {name: getattr(last, name) for name in queries.FIELDS} | {"seq": last.seq + 1, "detail": {"a": [1, {}]}}
    columns = {**fields, "actor_id": fields["actor_id"], "previous": last.hash}
    insert = sa.insert(AuditEntry.__table__)
    for tier in ("all", "staff"):
        with inside(walled.app(tier)):
            for wrong in (b"\1" * 32, b"", entry_hash(last.hash, fields) + b"x"):
                with pytest.raises(sa.exc.DBAPIError, match="the hash of an entry"):
                    db.session.execute(insert.values(**columns, hash=wrong))
                db.session.rollback()
            fits = entry_hash(last.hash, fields)
            for moment in ("infinity", "-infinity", "12000-01-01"):
                at = sa.literal_column(f"'{moment}'::timestamptz")
                with pytest.raises(sa.exc.DBAPIError, match="has a moment"):
                    db.session.execute(insert.values(**{**columns, "at": at}, hash=fits))
                db.session.rollback()
            db.session.execute(insert.values(**columns, hash=fits))
            db.session.rollback()


def test_what_the_public_tier_may_write_has_a_name_on_the_page_of_the_log():
    from checkin.audit.views import ACTION_NAMES

    for actions in PUBLIC_ACTIONS.values():
        assert set(actions) <= set(ACTION_NAMES)


# Any text that both sides can hold: no NUL, no half of a pair.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
PLAIN = st.none() | st.booleans() | st.integers(-(10**15) + 1, 10**15 - 1) | TEXT
DETAIL = st.dictionaries(TEXT, st.recursive(PLAIN, lambda s: st.lists(s, max_size=3) | st.dictionaries(TEXT, s)))
ENTRY = st.fixed_dictionaries(
    {
        "seq": st.integers(1, 2**63 - 1),
        "at": st.datetimes(timezones=st.just(NOW.tzinfo)),
        "actor_id": st.none() | st.uuids(),
        "actor": TEXT,
        "role": TEXT.map(lambda text: text[:16]),
        "action": TEXT,
        "subject": TEXT,
        "case_number": st.none() | TEXT,
        "reason": st.none() | TEXT,
        "rows": st.none() | st.integers(-(2**31), 2**31 - 1),
        "detail": DETAIL,
    }
)
HASH = (
    "SELECT audit_hash(ROW(%(seq)s, %(at)s, %(actor_id)s, %(actor)s, %(role)s, %(action)s, %(subject)s, "
    "%(case_number)s, %(reason)s, %(rows)s, %(detail)s::json, %(previous)s, NULL)::audit)"
)


@pytest.mark.long
@given(ENTRY, st.binary(min_size=32, max_size=32))
@settings(max_examples=150)
def test_the_database_hashes_every_entry_as_python_does(postgresql, fields, previous):
    global _owner
    if _owner is None or _owner.closed:
        _owner = psycopg.connect(postgresql.urls["all"], autocommit=True)
    given_ = {**fields, "detail": json.dumps(fields["detail"]), "previous": previous}
    assert bytes(_owner.execute(HASH, given_).fetchone()[0]) == entry_hash(previous, fields)


_owner = None


@pytest.mark.parametrize("detail", [{"n": 0.5}, {"n": 1e22}, {"n": 10**40}, {"text": "\0"}])
def test_what_the_database_cannot_hash_alike_it_leaves_alone(walled, detail):
    with clock.fixed(NOW), inside(walled.app()):
        audit.record(db.session(), now=NOW, actor=factories.SYSTEM, action="x", detail=detail)
        db.session.commit()
        assert queries.broken_link(db.session()) is None
