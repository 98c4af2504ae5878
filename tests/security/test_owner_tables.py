"""The tables that owners fill, tried against the public role of PostgreSQL without the product: whose rows, and when.

Each row is first found to be right in its owner's own name, so that what refuses it afterwards is what was changed.
"""

from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from psycopg.rows import dict_row

from checkin import clock
from checkin.claims import service as claims
from checkin.commitments import service as commitments
from checkin.db import db
from checkin.desk import service as desk
from checkin.handovers import service as handovers
from checkin.messages import service as messages
from checkin.messages.letter import Letter
from checkin.personcards import service as personcards
from checkin.posters import service as posters
from checkin.venues import service as venues
from checkin.workers import queries as worker_queries
from checkin.workers import service as workers
from checkin.workers.shifts import Change
from tests import cast, factories
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.postgresql

# By table: a change of a column that its owner may make.
CHANGES = {
    "worker": "job = 'x'",
    "shift_change": "kind = kind",
    "venue_claim": "state = 'withdrawn', decided_at = now()",
    "handover": "cancelled_at = now()",
    "commitment": None,
    "desk_link": "revoked_at = now()",
    "zone": "kind = kind",
    "code": "revoked_at = now()",
    # The process that makes posters changes everybody's.
    "poster_job": None,
}
# Moments that lie at most ten minutes ahead.
MOMENTS = [("worker", "added_at"), ("worker", "due_at"), ("venue_claim", "made_at")]


@pytest.fixture
def filled(postgresql):
    """A row of Bình in each of these tables; Chi has a place of her own, the commune a station."""
    app, now = postgresql.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        binh = factories.account(session, vault, "owner", cast.OWNER)
        chi = factories.account(session, vault, "owner", cast.OUTSIDER)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HONG_GAI)
        shop = factories.venue(session, vault, owner=binh)
        factories.venue(session, vault, "Quán của Chi", owner=chi)
        given = {"now": now, "actor": binh.actor, "venue": shop}
        venues.add_zone(session, **given, name="Tầng 2")
        workers.add(session, vault, **given, new=workers.New(cast.NEIGHBOUR, workers.Post(None, "", 127, 420, 960)))
        (listed,) = worker_queries.of_venue(session, shop.id, since=clock.to_local(now).date())
        day = clock.to_local(now).date()
        workers.set_day(session, **given, worker=listed, day=day, change=Change(absent=True))
        found = factories.venue(session, vault, "Nhà nghỉ trong sổ")
        claims.ask(session, vault, now=now, account=binh, venue=found, name="Bình", note="")
        handovers.make(session, vault, **given)
        commitments.sign(session, vault, **given, version="2026-01-01", name="Bình", office="")
        desk.make(session, vault, **given, name="Cổng 1")
        posters.ask(session, now=now, actor=binh.actor, role="owner", form="a4", language="vi")
        letter = Letter(to="khoa@example.vn", subject="Mã", text="Mã")
        messages.put(session, vault, now=now, audience="staff", channel="mail", about="code", letter=letter)
        issuer = personcards.Issuer("citizen", factories.SYSTEM, device=b"d" * 16)
        personcards.issue(session, vault, now=now, issuer=issuer, people=[cast.CITIZEN])
        session.commit()
    return postgresql


@pytest.fixture
def owners(filled):
    """The id of each owner's account."""
    with inside(filled.app()):
        session, vault = db.session(), vault_of(filled.app())
        return {
            name: str(factories.signs_in(session, vault, who, {"owner"}).id)
            for name, who in (("binh", cast.OWNER), ("chi", cast.OUTSIDER))
        }


@pytest.fixture
def public(filled):
    """A connection as the public role; whatever it does is undone."""
    with psycopg.connect(filled.urls["public"]) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def staff(filled):
    """The same as the staff role."""
    with psycopg.connect(filled.urls["staff"]) as connection:
        yield connection
        connection.rollback()


OF_BINH = "WHERE venue_id IN (SELECT id FROM venue WHERE name = 'Siêu thị Bạch Đằng')"


def row_of(world, table, **changes):
    """A row of a table, of Bình where others have some, as it is, but for these columns."""
    with psycopg.connect(world.superuser_url.replace("+psycopg", ""), row_factory=dict_row) as connection:
        found = connection.execute(f"SELECT * FROM {table} {OF_BINH if table == 'code' else ''} LIMIT 1").fetchone()
        return {**found, **changes}


def enter(connection, **said):
    """Begin a transaction and say who asks."""
    connection.rollback()
    for name, value in said.items():
        connection.execute("SELECT set_config(%s, %s, true)", (f"checkin.{name}", value))


def insert(connection, table, row):
    told = {name: value for name, value in row.items() if value is not None}
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, told)),
            sql.SQL(", ").join(sql.Placeholder() * len(told)),
        ),
        list(told.values()),
    )


def is_let_through(connection, table, row):
    """True where the wall lets a row in; that it is there already is what stops it then."""
    with pytest.raises((psycopg.errors.UniqueViolation, psycopg.errors.InsufficientPrivilege)) as refused:
        insert(connection, table, row)
    if isinstance(refused.value, psycopg.errors.UniqueViolation):
        return True
    assert "row-level security" in str(refused.value)
    return False


def test_an_owner_writes_no_row_of_another_one(filled, owners, public):
    for table in CHANGES:
        row = row_of(filled, table)
        for said, theirs in (({"owner": owners["binh"]}, True), ({"owner": owners["chi"]}, False), ({}, False)):
            enter(public, **said)
            assert is_let_through(public, table, row) is theirs, (table, said)


def test_an_owner_changes_no_row_of_another_one(filled, owners, public):
    for table, change in CHANGES.items():
        if change is None:
            continue
        statement = f"UPDATE {table} SET {change} {OF_BINH if table == 'code' else ''}"
        enter(public, owner=owners["chi"])
        assert public.execute(statement).rowcount == 0, table
        enter(public, owner=owners["binh"])
        assert public.execute(statement).rowcount > 0, table


def test_what_an_owner_writes_is_of_now(filled, owners, public):
    now = clock.now()
    for table, column in MOMENTS:
        for ahead, right in ((timedelta(minutes=9), True), (timedelta(minutes=11), False)):
            enter(public, owner=owners["binh"])
            row = row_of(filled, table, **{column: now + ahead})
            assert is_let_through(public, table, row) is right, (table, column)


def test_a_card_is_issued_and_taken_back_now(filled, public):
    now = clock.now()
    change = "UPDATE person_card SET revoked_how = 'device', revoked_at = %s"
    for ahead, right in ((timedelta(minutes=9), True), (timedelta(minutes=11), False)):
        enter(public, device=(b"d" * 16).hex())
        assert is_let_through(public, "person_card", row_of(filled, "person_card", issued_at=now + ahead)) is right
        enter(public, device=(b"d" * 16).hex())
        if right:
            assert public.execute(change, (now + ahead,)).rowcount == 1
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                public.execute(change, (now + ahead,))


def test_the_public_tier_writes_to_owners_alone_and_finds_nothing_written_to_staff(filled, owners, public):
    enter(public, owner=owners["binh"])
    assert is_let_through(public, "message", row_of(filled, "message", audience="owner"))
    enter(public, owner=owners["binh"])
    assert not is_let_through(public, "message", row_of(filled, "message"))
    enter(public, owner=owners["binh"])
    assert public.execute("UPDATE message SET state = state").rowcount == 0


STATION = {"role": "commune", "commune": factories.HONG_GAI}


def test_a_station_writes_to_owners_alone(filled, staff):
    for who, audience, right in (
        (STATION, "owner", True),
        (STATION, "staff", False),
        ({"role": "cdc"}, "owner", False),
        ({"role": "cdc"}, "staff", False),
        ({"role": "admin"}, "staff", True),
        ({"role": "system"}, "owner", True),
    ):
        enter(staff, **who)
        assert is_let_through(staff, "message", row_of(filled, "message", audience=audience)) is right, (who, audience)


def test_a_station_refuses_a_claim_of_its_commune_and_confirms_none_by_itself(filled, staff):
    change = "UPDATE venue_claim SET state = %s, decided_at = now()"
    for who in ({**STATION, "commune": factories.HA_TU}, {"role": "cdc"}, {"role": "admin"}, {"role": "system"}, {}):
        enter(staff, **who)
        assert staff.execute(change, ("refused",)).rowcount == 0
    enter(staff, **STATION)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        staff.execute(change, ("confirmed",))
    enter(staff, **STATION)
    assert staff.execute(change, ("refused",)).rowcount == 1
    staff.rollback()
    # What is decided stays so.
    with inside(filled.app()):
        db.session.execute(sa.text("UPDATE venue_claim SET state = 'confirmed', decided_at = now()"))
        db.session.commit()
    enter(staff, **STATION)
    assert staff.execute(change, ("refused",)).rowcount == 0
