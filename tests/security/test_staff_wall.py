"""The staff tier's role on PostgreSQL against an officer who has it in hand: what stays out of reach whatever they set."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.accounts.models import Account
from checkin.approvals import service as approvals
from checkin.approvals.limits import READ, Limits
from checkin.approvals.models import Approval
from checkin.approvals.service import About
from checkin.db import db
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.tiers import give
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import PUBLIC, STAFF, inside, vault_of

pytestmark = pytest.mark.postgresql
GHOST = UUID(int=1)
ABOUT = About(
    what=READ,
    lookup_id=UUID(int=5),
    lookup_number="TC-000001",
    title="Chợ",
    start=NOW,
    end=NOW,
    case_number=None,
    rows=None,
)
LIMITS = Limits(export_rows=1, area_hours=1, later_hours=1, holds_hours=1)
COLUMNS = ("id, seq, what, lookup_id, lookup_number, title, start, \"end\", asked_by, asked_by_name, asked_at, reason, "
           "mode, state, decided_by, decided_by_name, decided_at")  # fmt: skip


@pytest.fixture
def office(postgresql):
    """Ids of an officer, another one and an administrator, by name; the first one has asked for something."""
    with clock.fixed(NOW), inside(postgresql.app()):
        session, vault = db.session(), vault_of(postgresql.app())
        made = {
            "officer": factories.account(session, vault, "cdc", cast.CDC),
            "other": factories.account(session, vault, "cdc", ("khac@cdc", cast.CDC[1])),
            "admin": factories.account(session, vault, "admin", cast.ADMIN),
        }
        ask = {"now": NOW, "actor": made["officer"].actor, "about": ABOUT, "reason": "Cả chợ", "at_once": False}
        approvals.ask(session, LIMITS, **ask)
        ids = {name: account.id for name, account in made.items()}
        session.commit()
    return postgresql, ids


@pytest.fixture
def staff(office):
    """Asks as the staff role on behalf of somebody, and says how many rows it was."""
    world, ids = office
    with psycopg.connect(world.urls["staff"]) as connection:

        def does(who, statement, *values, role=None):
            role = role or {"admin": "admin"}.get(who, "cdc")
            settings = {"role": role, "account": ids.get(who, ""), "commune": ""}
            for name, value in settings.items():
                connection.execute("SELECT set_config(%s, %s, true)", (f"checkin.{name}", str(value)))
            try:
                return connection.execute(statement, values).rowcount
            finally:
                connection.rollback()

        yield does


@pytest.mark.parametrize("change", [
    "role = 'admin'", "commune_id = NULL", "display_name = 'x'", "login_index = 'x'", "contact = 'x'",
    "created_at = now()", "id = gen_random_uuid()",
])  # fmt: skip
def test_nobody_changes_who_an_account_is(staff, change):
    for who in ("officer", "admin"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            staff(who, f"UPDATE account SET {change}")


def test_an_officer_changes_their_own_account_alone_and_not_when_locked_out(office, staff):
    world, ids = office
    assert staff("officer", "UPDATE account SET epoch = epoch + 1") == 1
    with psycopg.connect(world.urls["all"]) as owner:
        owner.execute("UPDATE account SET active = false WHERE id = %s", (ids["officer"],))
    assert staff("officer", "UPDATE account SET active = true") == 0
    assert staff("admin", "UPDATE account SET active = true WHERE id = %s", ids["officer"]) == 1


def new(asked_by, state="asked", decided_by=None, mode="before"):
    return (
        f"INSERT INTO approval ({COLUMNS}) VALUES (%s, 99, 'export', %s, 'x', 'x', now(), now(), %s, 'x', now(), 'x', "
        "%s, %s, %s, 'x', now())",
        new_id(NOW), UUID(int=6), asked_by, mode, state, decided_by,
    )  # fmt: skip


def test_what_is_asked_is_asked_in_ones_own_name_and_not_decided_yet(office, staff):
    ids = office[1]
    assert staff("officer", *new(ids["officer"])) == 1
    for wrong in (
        new(ids["officer"], "approved", GHOST),
        new(ids["officer"], "approved"),
        new(ids["officer"], "asked", GHOST),
        new(ids["other"]),
        new(GHOST),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            staff("officer", *wrong)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        staff("admin", *new(ids["admin"]))


@pytest.mark.parametrize(
    "column", ["asked_by", "asked_by_name", "asked_at", "lookup_id", "what", "start", "title", "seq"]
)
def test_what_was_asked_stays_as_it_was(staff, column):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        staff("other", f'UPDATE approval SET "{column}" = "{column}"')


DECIDE = "UPDATE approval SET state = %s, decided_by = %s, decided_by_name = 'x', decided_at = now()"


def test_another_one_decides_and_in_their_own_name(office, staff):
    ids = office[1]
    for who in ("other", "admin"):
        assert staff(who, DECIDE, "approved", ids[who]) == 1
        assert staff(who, DECIDE, "refused", ids[who]) == 1
        for state, by in (("approved", GHOST), ("approved", None), ("asked", ids[who]), ("overdue", None)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                staff(who, DECIDE, state, by)
    for by in (ids["other"], ids["officer"], GHOST):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            staff("officer", DECIDE, "approved", by)
    assert staff("nobody", DECIDE, "approved", GHOST, role="commune") == 0


def test_what_is_decided_stays_so(office, staff):
    world, ids = office
    with psycopg.connect(world.urls["all"]) as owner:
        owner.execute(DECIDE, ("refused", ids["other"]))
    for who in ("officer", "other", "admin"):
        assert staff(who, DECIDE, "approved", ids[who]) == 0
    assert staff("", "UPDATE approval SET state = 'overdue'", role="system") == 0


def test_whoever_asked_may_hurry_once_and_has_no_more_time_then(office, staff):
    hurry = "UPDATE approval SET mode = 'after', due_at = %s"
    assert staff("officer", hurry, NOW) == 1
    assert staff("other", "UPDATE approval SET due_at = due_at, note = 'x' WHERE false") == 0
    with psycopg.connect(office[0].urls["all"]) as owner:
        owner.execute(hurry, (NOW,))
    assert staff("officer", hurry, NOW + timedelta(days=9)) == 0


def test_the_services_do_all_of_this_as_the_staff_role(office):
    world, ids = office
    with clock.fixed(NOW), inside(world.app("staff")):
        session = db.session()
        scope.enter(session, scope.Scope("cdc", ids["officer"]))
        me = session.get_one(Account, ids["officer"]).actor
        asked = approvals.ask(session, LIMITS, now=NOW, actor=me, about=ABOUT, reason="Gấp", at_once=True)
        assert asked.mode == "after"
        approval_id = asked.id
        session.commit()
        scope.enter(session, scope.SYSTEM)
        assert approvals.mark_overdue(session, now=NOW + timedelta(hours=2)) == 1
        session.commit()
        scope.enter(session, scope.Scope("cdc", ids["other"]))
        another = session.get_one(Account, ids["other"]).actor
        approvals.decide(session, now=NOW, actor=another, approval_id=approval_id, approve=True)
        session.commit()
        assert session.get_one(Approval, approval_id).decided_by == ids["other"]
        with pytest.raises(DomainError, match="decided"):
            approvals.decide(session, now=NOW, actor=another, approval_id=approval_id, approve=True)


def test_what_is_asked_of_a_notice_is_closed_by_an_officer_and_lapses_by_the_round_as_the_staff_role(office):
    world, ids = office
    with clock.fixed(NOW), inside(world.app("staff")):
        session, closed = db.session(), []
        for who in ("officer", "other"):
            scope.enter(session, scope.Scope("cdc", ids[who]))
            me = session.get_one(Account, ids[who]).actor
            about = replace(ABOUT, what="notice")
            closed.append(
                approvals.ask(session, LIMITS, now=NOW, actor=me, about=about, reason="Gấp", at_once=False).id
            )
            session.commit()
        # Their own and another one's.
        scope.enter(session, scope.Scope("cdc", ids["other"]))
        approvals.close(session, now=NOW, actor=me, what="notice", lookup_id=ABOUT.lookup_id, why="rewritten")
        session.commit()
        assert [session.get_one(Approval, one).closed for one in closed] == [True, True]
        scope.enter(session, scope.SYSTEM)
        assert approvals.let_lapse(session, LIMITS, now=NOW + timedelta(days=9)) == 1
        session.commit()


def test_only_the_cdc_deletes_for_a_request(staff):
    call = "SELECT delete_for_request(gen_random_uuid())"
    for who, role in (("other", "commune"), ("admin", "admin"), ("", "system"), ("", "")):
        with pytest.raises(psycopg.errors.RaiseException, match="only the CDC"):
            staff(who, call, role=role or "none")
    with pytest.raises(psycopg.errors.RaiseException, match="no request"):
        staff("officer", call)


@pytest.mark.parametrize("tier", ["public", "staff"])
def test_no_tier_makes_tables_of_its_own(postgresql, tier):
    with psycopg.connect(postgresql.urls[tier]) as connection:
        for statement in ("CREATE TEMP TABLE visit (x text)", "CREATE TABLE x (x text)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


def test_rights_are_given_again_at_any_time(postgresql):
    engine = sa.create_engine(postgresql.migrate_url)
    for _ in range(2):
        give(engine, PUBLIC, STAFF)
    engine.dispose()


def test_a_policy_that_is_missing_comes_back_though_the_mark_says_that_all_is_given(postgresql):
    """A migration down drops policies of the staff and leaves the one that carries the mark."""
    engine = sa.create_engine(postgresql.superuser_url.replace("postgres@", "checkin_owner@", 1))
    count = sa.text("SELECT count(*) FROM pg_policies WHERE schemaname = 'public'")
    give(engine, PUBLIC, STAFF)
    with engine.begin() as connection:
        before = connection.scalar(count)
        connection.exec_driver_sql('DROP POLICY staff_rows ON "message"')
    give(engine, PUBLIC, STAFF)
    with engine.begin() as connection:
        assert connection.scalar(count) == before
        connection.exec_driver_sql("SET LOCAL lock_timeout = 1")  # nothing is locked where nothing is new
    engine.dispose()


@pytest.mark.parametrize("role", ["commune", "system"])
def test_nobody_in_the_staff_tier_writes_a_venue_with_an_owner(postgresql, role):
    with inside(postgresql.app()):
        owner = factories.account(db.session(), vault_of(postgresql.app()), "owner", cast.OUTSIDER).id
        factories.commit()
    statement = (
        "INSERT INTO venue (id, name, name_fold, kind, address, commune_id, state, registered_at, owner_id) "
        "VALUES (gen_random_uuid(), 'Chợ', 'cho', 'market', '', '06685', 'active', now(), %s)"
    )
    with psycopg.connect(postgresql.urls["staff"], autocommit=True) as connection:
        connection.execute(
            "SELECT set_config('checkin.role', %s, false), set_config('checkin.commune', '06685', false)", (role,)
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement, (owner,))
        connection.execute(statement, (None,))
