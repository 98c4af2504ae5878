"""What the public tier's role can do on PostgreSQL, tried table by table and column by column."""

from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts import service as accounts
from checkin.accounts.models import Account
from checkin.cases.models import Case
from checkin.db import Model, db, set_scope
from checkin.desk.models import DeskLink
from checkin.exposure.models import Lookup
from checkin.invitations.models import Invitation
from checkin.messages.models import Message
from checkin.notices.models import Notice
from checkin.owners.models import ContactCode
from checkin.tiers import PUBLIC_GRANTS, STAFF_GRANTS
from checkin.vault import VaultError
from checkin.venues.models import Venue
from checkin.visits import service as visits
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import PUBLIC, STAFF, inside, vault_of

pytestmark = pytest.mark.postgresql

# Imported, so that they are tried.
_IMPORTED = (Case, Lookup, ContactCode, DeskLink, Invitation, Message)
assert {model.__tablename__ for model in _IMPORTED} <= set(Model.metadata.tables)
TABLES = sorted(Model.metadata.tables)
# Columns that the public role may read at all. What is not here is refused by the database.
READABLE = {
    "place": None,
    "place_successor": None,
    # All but by whose phone it is known.
    "venue": {column.name for column in Venue.__table__.columns} - {"phone_index", "search_fold"},
    "zone": None,
    "code": None,
    "code_guess": None,
    "account": None,
    "account_session": None,
    "recovery_code": None,
    "visit": None,
    "submission": None,
    "person": {"id", "same_as", "name_index", "id_index", "phone_index"},
    # Of what this device sent without a venue: neither what was told nor what became of it.
    "station_call": {"made_at", "commune_id", "reference", "device", "group_id"},
    # What a declaration copies, of the one card whose code is in scope.
    "person_card": {
        "id",
        "person_id",
        "commune_id",
        "province_id",
        "gender",
        "age_band",
        "details",
        "masked_name",
        "code_index",
        "lost_index",
        "issued_at",
        "issued_by",
        "device",
        "used_on",
        "revoked_at",
        "revoked_how",
    },
    # Neither the case that it is about nor who wrote it.
    "notice": {column.name for column in Notice.__table__.columns}
    - {"case_id", "written_by", "written_by_name", "written_at", "version", "changed_by_name", "changed_at"},
    "message": None,
    "contact_code": None,
    "desk_link": None,
    "poster_job": None,
    "poster_file": None,
    "commitment": None,
    "handover": None,
    "venue_claim": None,
    "worker": {
        "id",
        "venue_id",
        "zone_id",
        "person_id",
        "masked_name",
        "job",
        "weekdays",
        "starts",
        "ends",
        "first_day",
        "planned_from",
        "last_day",
        "added_at",
        "due_at",
        "seen_at",
    },
    "shift_change": None,
}
COLUMNS = [(table, column.name) for table in TABLES for column in Model.metadata.tables[table].columns]


@pytest.fixture
def filled(postgresql):
    """A venue with a visit of one device, and staff and owner accounts."""
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        where = factories.venue(session, vault, owner=owner)
        factories.check_in(app, session, vault, where, device=b"d" * 16)
        session.commit()
    return postgresql


@pytest.fixture
def public(filled):
    """A connection as the public role."""
    with psycopg.connect(filled.urls["public"], autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("table", TABLES)
def test_the_public_role_reads_only_the_columns_written_down(public, table):
    for column in (column for of, column in COLUMNS if of == table):
        query = f'SELECT "{column}" FROM "{table}"'
        if table in READABLE and (READABLE[table] is None or column in READABLE[table]):
            public.execute(query)
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(query)


@pytest.mark.parametrize("table", TABLES)
def test_the_public_role_deletes_nothing(public, table):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        public.execute(f'DELETE FROM "{table}"')


@pytest.mark.parametrize("table", ["visit", "submission", "declaration"])
def test_without_scope_no_row_with_personal_data_is_seen(public, table):
    if table == "declaration":
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public.execute("SELECT count(*) FROM declaration")
        return
    assert public.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_device_sees_its_own_visits_and_no_others(public):
    for device, seen in ((b"d" * 16, 1), (b"e" * 16, 0), (b"", 0)):
        with public.transaction():
            public.execute("SELECT set_config('checkin.device', %s, true)", (device.hex(),))
            assert public.execute("SELECT count(*) FROM visit").fetchone() == (seen,)
    assert public.execute("SELECT count(*) FROM visit").fetchone() == (0,)  # the scope ended with its transaction


def test_a_foreign_visit_cannot_be_ended(public):
    with public.transaction():
        public.execute("SELECT set_config('checkin.device', %s, true)", ((b"e" * 16).hex(),))
        assert public.execute("UPDATE visit SET end_set_by = 'visitor'").rowcount == 0


def test_staff_accounts_do_not_exist_for_the_public_role(public):
    assert {row[0] for row in public.execute("SELECT role FROM account")} == {"owner"}
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        public.execute(
            "INSERT INTO account (id, login_index, contact, display_name, role, password_hash, active, epoch, created_at) "
            "VALUES (gen_random_uuid(), 'x', 'x', 'x', 'admin', 'x', true, 1, now())"
        )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        public.execute("UPDATE account SET role = 'admin'")


def session_of(filled, role):
    """A session of the account of this role, and its account."""
    with clock.fixed(NOW), inside(filled.app()):
        account = db.session.scalars(sa.select(Account).where(Account.role == role)).one()
        made, _ = accounts.begin_session(db.session(), now=NOW, account=account, user_agent="", whole=True)
        accounts.replace_codes(db.session(), now=NOW, account=account, code_hashes=[role.encode()])
        db.session.commit()
        return made.token_hash, account.id


def scoped(public, statement, *given, **scope):
    """Rows that a statement of the public role gives or changes under a scope."""
    with public.transaction():
        for name, value in scope.items():
            public.execute("SELECT set_config(%s, %s, true)", (f"checkin.{name}", str(value)))
        return public.execute(statement, given).rowcount


def test_sessions_of_staff_do_not_exist_for_the_public_role_whatever_scope_it_sets(filled, public):
    token, staff = session_of(filled, "cdc")
    owners_token, owner = session_of(filled, "owner")
    for scope in ({}, {"browser": token.hex()}, {"owner": staff}, {"browser": token.hex(), "owner": staff}):
        for statement in (
            "SELECT id FROM account_session",
            "UPDATE account_session SET ended_at = NULL",
            "SELECT code_hash FROM recovery_code",
            "UPDATE recovery_code SET used_at = NULL",
            "UPDATE account SET factor = NULL",
        ):
            assert scoped(public, statement, **scope) == 0, (statement, scope)
    insert = (
        "INSERT INTO account_session (id, token_hash, account_id, epoch, whole, device, created_at, last_used_at) "
        "VALUES (gen_random_uuid(), %s, %s, 1, true, '', now(), now())"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        scoped(public, insert, b"planted", staff, owner=staff)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        scoped(public, insert, b"planted", owner)
    assert scoped(public, insert, b"own", owner, owner=owner) == 1
    assert scoped(public, "SELECT id FROM account_session", browser=owners_token.hex()) == 1
    assert scoped(public, "SELECT id FROM account_session", owner=owner) == 2
    assert scoped(public, "SELECT code_hash FROM recovery_code", owner=owner) == 1


def test_an_owner_changes_their_own_account_alone(filled, public):
    _, owner = session_of(filled, "owner")
    assert scoped(public, "UPDATE account SET password_hash = 'x'", owner=owner) == 1
    other = "01a1f1da-a2c0-7917-b34f-57d7e8c364e6"
    assert scoped(public, "UPDATE account SET password_hash = 'x'", owner=other) == 0


def test_an_owner_changes_no_other_owners_venue(public):
    assert public.execute("UPDATE venue SET name = 'x'").rowcount == 0


def test_codes_zones_and_passwords_of_others_cannot_be_changed(public):
    assert public.execute("UPDATE code SET revoked_at = now()").rowcount == 0
    assert public.execute("UPDATE account SET password_hash = 'x'").rowcount == 0
    assert public.execute("UPDATE zone SET name = 'x'").rowcount == 0
    venue = public.execute("SELECT id FROM venue").fetchone()[0]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        public.execute("INSERT INTO code (code, venue_id, issued_at) VALUES ('K7QF3M2P9XD', %s, now())", (venue,))


def test_the_log_cannot_be_changed_by_any_role(filled):
    for tier in ("public", "staff", "all"):
        with psycopg.connect(filled.urls[tier], autocommit=True) as connection:
            for statement in ("UPDATE audit SET reason = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
                with pytest.raises(psycopg.Error):
                    connection.execute(statement)


def test_counts_are_given_of_the_owners_venues_alone(filled, public):
    venue, owner = public.execute("SELECT id, owner_id FROM venue").fetchone()
    call = "SELECT sum(visits)::int FROM visit_hours(ARRAY[%s::uuid], %s, %s)"
    span = (venue, NOW - timedelta(hours=2), NOW + timedelta(hours=2))
    assert public.execute(call, span).fetchone() == (None,)
    with public.transaction():
        public.execute("SELECT set_config('checkin.owner', %s, true)", (str(owner),))
        assert public.execute(call, span).fetchone() == (1,)


def test_the_public_process_seals_and_cannot_open(filled):
    app = filled.app("public")
    with inside(app), pytest.raises(VaultError):
        vault_of(app).open(vault_of(app).seal({"full_name": "Nguyễn Thị Ánh Tuyết"}))


def test_a_check_in_works_as_the_public_role(filled):
    app = filled.app("public")
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        where = session.scalars(sa.select(Venue)).one()
        set_scope(session, device=b"f" * 16)
        done = factories.check_in(app, session, vault, where, cast.coughing(), device=b"f" * 16)
        session.commit()
    with psycopg.connect(filled.urls["all"]) as owner:
        row = owner.execute(
            "SELECT triage FROM declaration d JOIN visit v ON v.declaration_id = d.id WHERE v.id = %s", (done.visit_id,)
        )
        assert row.fetchone() == ("watch",)


def test_prolonging_leaving_and_going_elsewhere_work_as_the_public_role(filled):
    app, minute = filled.app("public"), timedelta(minutes=1)
    with inside(filled.app()):
        factories.venue(db.session(), vault_of(filled.app()), "Chợ Hạ Long 1", kind="market")
        factories.commit()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        shop, market = session.scalars(sa.select(Venue).order_by(Venue.name.desc())).all()
        outcomes = []
        for where, at in ((shop, NOW), (shop, NOW + 5 * minute), (market, NOW + 10 * minute)):
            done = factories.check_in(app, session, vault, where, at=at, device=b"f" * 16)
            session.commit()
            outcomes.append(done.outcome)
        assert visits.leave(
            session, now=NOW + 20 * minute, visit_id=done.visit_id, entered_at=done.entered_at, venue_id=market.id
        )
        session.commit()
    assert outcomes == ["new", "extended", "new"]
    with psycopg.connect(filled.urls["all"]) as owner:
        ends = owner.execute(
            "SELECT end_set_by FROM visit WHERE device = %s ORDER BY entered_at", (b"f" * 16,)
        ).fetchall()
    assert ends == [("elsewhere",), ("visitor",)]


def test_the_staff_role_writes_no_visit_and_no_declaration(filled):
    with psycopg.connect(filled.urls["staff"], autocommit=True) as staff:
        for statement in (
            "DELETE FROM visit",
            "UPDATE visit SET left_at = now()",
            "DELETE FROM declaration",
            "DELETE FROM lookup",
            "UPDATE lookup SET reason = 'x'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                staff.execute(statement)


def test_every_table_is_granted_on_purpose():
    known = set(TABLES) | {"alembic_version"}
    assert set(PUBLIC_GRANTS) <= known
    assert set(STAFF_GRANTS) <= known
    assert known - set(STAFF_GRANTS) == {"submission", "audit_waiting"}
    staffs_own = {
        "case",
        "lookup",
        "export",
        "export_part",
        "kept_visit",
        "kept_declaration",
        "case_visit",
        "met_person",
        "invitation",
        "reading",
    }
    staffs_own |= {"approval", "finding", "finding_entry", "audit", "audit_waiting"}
    staffs_own |= {
        "register_import",
        "register_part",
        "register_number",
        "station_step",
        "contact",
        "contact_step",
        "pair",
        "pair_step",
        "pair_scan",
        "joined",
    }
    staffs_own |= {"case_step", "case_window", "derivation", "told_move"}
    staffs_own |= {
        "contact_check",
        "duty_handover",
        "lookup_venue",
        "signal",
        "signal_step",
        "infection",
        "contact_near",
    }
    staffs_own |= {"notice_text", "notice_receipt", "notice_draft"}
    staffs_own |= {"api_token", "api_call", "list_heading"}
    assert known - set(PUBLIC_GRANTS) == staffs_own


def test_neither_role_owns_a_table_nor_may_pass_by_row_security(filled):
    with psycopg.connect(filled.urls["all"]) as connection:
        owned = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE tableowner = ANY (%s)", ([PUBLIC, STAFF],)
        ).fetchone()
        bypass = connection.execute(
            "SELECT bool_or(rolbypassrls OR rolsuper) FROM pg_roles WHERE rolname = ANY (%s)", ([PUBLIC, STAFF],)
        ).fetchone()
        forced = connection.execute("SELECT relname FROM pg_class WHERE relforcerowsecurity ORDER BY 1").fetchall()
    assert (owned, bypass) == ((0,), (False,))
    on_walls = {"place", "place_successor", "code_guess", "alembic_version"}
    assert {row[0] for row in forced} == set(TABLES) - on_walls
