"""Reads for the CDC on a real streaming replica: never older than the page says, and nobody lost because of it."""

import os
import re
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.exc import DataError, DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from checkin import clock, create_app, replica, scope
from checkin.cases.models import Case
from checkin.config import Config
from checkin.db import db, set_read_only, set_scope
from checkin.venues.models import Venue
from tests import cast, factories, worlds
from tests.deployment.bouncer import MISSING, Bouncer, program
from tests.servers import POSTGRESQL_MISSING, Cluster, postgresql_programs
from tests.worlds import PUBLIC, STAFF, inside, vault_of

pytestmark = [pytest.mark.postgresql, pytest.mark.long]

DATABASE = "followed"
# The bounds of connecting are two seconds; without them a page would wait for minutes.
SOON = 15
ON_REPLICA, ON_PRIMARY = "(máy đọc)", "(máy chính)"


class Pair:
    """A primary with the world in it, and a replica that the staff tier reads."""

    def __init__(self, world, primary, follower):
        self.world, self.primary, self.follower = world, primary, follower
        self.people, self.apps = 0, []

    def app(self, tier="staff", *, url=None, max_lag=30):
        """A tier that reads the replica."""
        env = {
            "REPLICA_URL": url or self.follower.url(DATABASE, {"staff": STAFF, "public": PUBLIC}[tier]),
            "REPLICA_MAX_LAG": str(max_lag),
        }
        self.apps.append(create_app(Config.from_env(self.world.env(tier) | env)))
        return self.apps[-1]

    def visit(self):
        """Somebody new checks in at the market, on the primary; gives the name."""
        self.people += 1
        name = f"Người Thứ {self.people}"
        who = replace(cast.CITIZEN, full_name=name, phone=f"+8491230{self.people:04d}", id_number="")
        app = self.world.app()
        with inside(app):
            market = db.session.scalars(sa.select(Venue)).one()
            factories.check_in(app, db.session(), vault_of(app), market, cast.healthy(who), at=clock.now())
            db.session.commit()
        return name

    def officer(self, **settings):
        """The officer of a staff tier of its own."""
        return Officer(self.app(**settings))


def dispose(apps):
    """Close the connections of these applications."""
    for app in apps:
        with inside(app):
            db.engine.dispose()


def caught_up(pair):
    """Wait until the replica has what the primary has now."""
    with (
        psycopg.connect(pair.primary.url("postgres")) as first,
        psycopg.connect(pair.follower.url("postgres")) as next_,
    ):
        (goal,) = first.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
        while next_.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (goal,)).fetchone() != (True,):
            time.sleep(0.02)


@pytest.fixture(scope="module")
def primary():
    if postgresql_programs() is None:
        pytest.skip(POSTGRESQL_MISSING)
    made = Cluster.create()
    # What is committed is also in the log that the replica gets; the disk itself is not waited for.
    made.execute("ALTER SYSTEM SET synchronous_commit = 'on'", "SELECT pg_reload_conf()")
    yield made
    made.remove()


@pytest.fixture(scope="module")
def world(primary, tmp_path_factory):
    made = worlds.postgresql_world(tmp_path_factory.mktemp("instance"), primary, DATABASE)
    yield made
    dispose(made.apps.values())
    made.let_go()


@pytest.fixture(scope="module")
def follower(primary, world):
    made = primary.replica()
    yield made
    made.remove()


@pytest.fixture
def pair(primary, world, follower):
    """A market with one visitor, an officer and a case, on both servers."""
    app = world.app()
    with inside(app):
        factories.account(db.session(), vault_of(app), "cdc", cast.CDC)
        factories.venue(db.session(), vault_of(app), "Chợ Hạ Long 1", kind="market")
        factories.case(db.session())
        factories.commit()
    made = Pair(world, primary, follower)
    made.visit()
    caught_up(made)
    yield made
    dispose(made.apps)
    world.empty()


class Officer:
    """The CDC officer, signed in; asks who was at the market in the last hour."""

    def __init__(self, app):
        self.client = app.test_client()
        factories.sign_in(self.client, cast.CDC)

    def look(self, **more):
        """(page, seconds that it took) of a new lookup."""
        now = clock.to_local(clock.now())
        asked = self.client.post(
            "/lookup/place",
            data={
                "case": "F0-0001",
                "reason": "Truy vết người tiếp xúc",
                "csrf_token": factories.token(self.client, "/lookup/"),
                "venue": "cho ha long 1",
                "start": (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
                "end": now.strftime("%Y-%m-%dT%H:%M"),
            }
            | more,
        )
        assert asked.status_code == 303, asked.text
        started = time.monotonic()
        answer = self.client.get(asked.location)
        assert answer.status_code == 200
        return answer.text, time.monotonic() - started

    def person(self):
        """The page of a lookup by phone of the first visitor."""
        fields = {"case": "F0-0001", "reason": "Truy vết người tiếp xúc", "phone": "0912300001"}
        csrf = factories.token(self.client, "/lookup/")
        asked = self.client.post("/lookup/person", data=fields | {"csrf_token": csrf})
        assert asked.status_code == 303, asked.text
        return self.client.get(asked.location).text


@pytest.fixture
def patient(monkeypatch):
    """For tests that are not about how long a replica is waited for: a busy machine takes its time."""
    monkeypatch.setattr(replica, "WAIT_SECONDS", 30.0)


@contextmanager
def paused(follower):
    """The replica receives and does not replay."""
    follower.execute("SELECT pg_wal_replay_pause()")
    try:
        yield
    finally:
        follower.execute("SELECT pg_wal_replay_resume()")


@contextmanager
def stopped(follower):
    """The replica is down."""
    follower.stop()
    try:
        yield
    finally:
        follower.start()


@contextmanager
def tries(officer):
    """How often the replica is connected to meanwhile, one entry each."""
    engine, tried = officer.client.application.extensions["checkin_replica"].engine, []

    def note(*_args):
        tried.append(True)

    sa.event.listen(engine, "do_connect", note)
    try:
        yield tried
    finally:
        sa.event.remove(engine, "do_connect", note)


def late(page):
    """Seconds that the page says the replica is behind; None where it says none."""
    found = re.search(r"\(máy đọc, trễ (\d+) giây\)", page)
    return int(found[1]) if found else None


def test_whoever_checked_in_before_the_page_was_asked_is_found_on_the_replica(pair, patient):
    officer = pair.officer()
    for _ in range(5):
        name = pair.visit()
        page, _seconds = officer.look()
        assert name in page
        assert ON_REPLICA in page


def test_a_replica_that_is_a_moment_behind_is_waited_for(pair, patient, monkeypatch):
    officer, sleep = pair.officer(), time.sleep

    def go_on(seconds):
        pair.follower.execute("SELECT pg_wal_replay_resume()")
        sleep(seconds)

    with paused(pair.follower):
        name = pair.visit()
        monkeypatch.setattr(replica.time, "sleep", go_on)
        page = officer.look()[0]
    assert name in page and ON_REPLICA in page


def test_every_page_of_the_cdc_says_where_its_numbers_come_from(pair, patient):
    officer = pair.officer()
    for page in (officer.look()[0], officer.person(), officer.client.get("/overview/").text):
        assert ON_REPLICA in page
        assert re.search(r"Số liệu đến \d\d:\d\d:\d\d", page)


def test_without_a_replica_no_page_speaks_of_one(pair):
    officer = Officer(pair.world.app("staff"))
    for page in (officer.look()[0], officer.person(), officer.client.get("/overview/").text):
        assert "máy đọc" not in page and "máy chính" not in page


@pytest.mark.long
def test_a_replica_that_is_behind_within_the_bound_is_read_and_the_page_says_how_old_it_is(pair):
    officer = pair.officer(max_lag=60)
    first = officer.look()[0]
    with paused(pair.follower):
        time.sleep(1.1)
        unseen = pair.visit()
        page, seconds = officer.look()
        overview = officer.client.get("/overview/").text
    # Who is on the primary alone is not in the page: so these rows came from the replica.
    assert "Người Thứ 1" in first and "Người Thứ 1" in page
    assert unseen not in page
    assert 1 <= late(page) <= late(overview) < 60
    assert seconds < SOON
    caught_up(pair)
    page = officer.look()[0]
    assert unseen in page and ON_REPLICA in page


@pytest.mark.long
def test_a_case_that_a_late_replica_does_not_know_yet_is_read_on_the_primary(pair):
    officer = pair.officer(max_lag=60)
    with paused(pair.follower):
        time.sleep(1.1)
        unseen = pair.visit()
        page = officer.look(case="new", case_title="Ca vừa có", case_disease="covid-19")[0]
        # An empty list would say that nobody was there.
        assert unseen in page and ON_PRIMARY in page
        # The replica rests for that no moment.
        page = officer.look()[0]
        assert unseen not in page and late(page)


@pytest.mark.long
def test_beyond_the_bound_the_primary_is_read_and_nobody_is_lost(pair):
    officer = pair.officer(max_lag=1)
    with paused(pair.follower):
        missed = pair.visit()
        time.sleep(1.1)
        page = officer.look()[0]
        assert missed in page and ON_PRIMARY in page
        # For a while it is not waited for again.
        with tries(officer) as tried:
            page = officer.look()[0]
        assert ON_PRIMARY in page and tried == []


@pytest.mark.long
def test_a_replica_cut_off_from_its_primary_does_not_pass_for_fresh(pair):
    officer = pair.officer(max_lag=1)
    assert ON_REPLICA in officer.look()[0]
    with psycopg.connect(pair.follower.url(DATABASE), autocommit=True) as connection:
        (followed,) = connection.execute("SHOW primary_conninfo").fetchone()
        pair.follower.execute("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
        while connection.execute("SELECT count(*) FROM pg_stat_wal_receiver").fetchone() != (0,):
            time.sleep(0.05)
        missed = pair.visit()
        time.sleep(1.1)
        # What it says of itself: all that was received is replayed.
        whole = connection.execute("SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()").fetchone()
        page = officer.look()[0]
        back = sql.SQL("ALTER SYSTEM SET primary_conninfo = {}").format(followed)
        pair.follower.execute(back, "SELECT pg_reload_conf()")
    assert whole == (True,)
    assert missed in page and ON_PRIMARY in page


@pytest.mark.long
def test_a_replica_that_stopped_is_done_without(pair):
    officer = pair.officer()
    with stopped(pair.follower):
        page, seconds = officer.look()
    assert "Người Thứ 1" in page and ON_PRIMARY in page
    assert seconds < SOON


@pytest.mark.long
def test_a_replica_that_hangs_costs_one_page_two_seconds_and_is_taken_up_again(pair, patient):
    officer = pair.officer()
    hung = int((pair.follower.folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(hung, signal.SIGSTOP)
    try:
        page, seconds = officer.look()
        with tries(officer) as tried:
            again = officer.look()[0]
    finally:
        # The program that started the server stopped along with it.
        for process in (pair.follower.process.pid, hung):
            os.kill(process, signal.SIGCONT)
    assert "Người Thứ 1" in page and ON_PRIMARY in page
    assert seconds < SOON
    assert ON_PRIMARY in again and tried == []
    officer.client.application.extensions["checkin_replica"].rests_until -= replica.REST_SECONDS
    assert ON_REPLICA in officer.look()[0]


def as_officer():
    """Ask on behalf of an officer, for the case that there is."""
    scope.enter(db.session(), scope.Scope("cdc"))
    scope.bind(db.session(), db.session.scalars(sa.select(Case.id)).one())
    db.session.rollback()


def test_a_replica_that_fails_in_the_middle_of_a_page_loses_nothing(pair):
    app = pair.app()
    with inside(app):
        as_officer()

        def work(session):
            count = session.scalar(sa.text("SELECT count(*) FROM visit"))
            if session.scalar(sa.text("SELECT pg_is_in_recovery()")):
                session.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
            return count

        count, source = replica.read(work)
    assert (count, source.replica) == (1, False)


def test_a_statement_in_error_is_no_failure_of_the_replica(pair, patient):
    with inside(pair.app()):
        with pytest.raises(ProgrammingError):
            replica.read(lambda session: session.execute(sa.text("SELECT nothing FROM visit")))
        with pytest.raises(DataError):
            replica.read(lambda session: session.execute(sa.text("SELECT 1 OFFSET 99999999999999999999")))
        db.session.rollback()
        _count, source = replica.read(lambda session: session.scalar(sa.text("SELECT count(*) FROM visit")))
    assert source.replica


def test_the_primary_holds_no_transaction_while_the_replica_is_read_and_objects_stay_usable(pair, patient):
    with inside(pair.app()):
        as_officer()
        set_read_only(True)
        try:
            market = db.session.scalars(sa.select(Venue)).one()
            held, source = replica.read(lambda _session: (db.session().in_transaction(), market.name))
            assert held == (False, "Chợ Hạ Long 1") and source.replica
            assert not db.session().in_transaction()
        finally:
            set_read_only(False)


def test_what_a_request_has_written_is_not_committed_by_a_reading(pair, patient):
    with inside(pair.app()):
        as_officer()
        case = db.session.scalars(sa.select(Case)).one()
        state, case.state = case.state, "discarded"
        db.session.flush()
        replica.read(lambda session: session.scalar(sa.text("SELECT count(*) FROM visit")))
        db.session.rollback()
        assert db.session.scalars(sa.select(Case)).one().state == state != "discarded"


@pytest.mark.long
def test_a_replica_that_was_promoted_is_neither_read_nor_written(pair):
    promoted = pair.primary.replica()
    try:
        url = promoted.url(DATABASE, STAFF)
        officer = pair.officer(url=url)
        engine = officer.client.application.extensions["checkin_replica"].engine
        for _ in ("follows", "promoted"):
            with Session(engine) as session, pytest.raises(DBAPIError) as refused:
                session.execute(sa.text("INSERT INTO lookup (id) VALUES (gen_random_uuid())"))
            assert isinstance(refused.value.orig, psycopg.errors.ReadOnlySqlTransaction)
            promoted.execute("SELECT pg_promote() WHERE pg_is_in_recovery()")
        missed = pair.visit()
        page = officer.look()[0]
    finally:
        promoted.remove()
    assert missed in page and ON_PRIMARY in page


@pytest.mark.long
def test_a_replica_behind_pgbouncer_is_read_and_done_without_when_it_stops(pair, patient):
    if program() is None:
        pytest.skip(MISSING)
    bouncer = Bouncer.create(pair.follower, DATABASE, query_wait_timeout=2)
    try:
        officer = pair.officer(url=bouncer.url(STAFF))
        name = pair.visit()
        page = officer.look()[0]
        assert name in page and ON_REPLICA in page
        with stopped(pair.follower):
            page, seconds = officer.look()
    finally:
        bouncer.remove()
    assert name in page and ON_PRIMARY in page
    assert seconds < SOON


def a_role_that_sees_no_row(pair):
    """Row-level security hides every visit from it, without an error."""
    pair.primary.execute("CREATE ROLE checkin_other LOGIN")
    pair.primary.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO checkin_other", database=DATABASE)
    return pair.follower.url(DATABASE, "checkin_other")


def a_copy_of_before(pair):
    """Another database of the same servers, with the same tables and yesterday's rows."""
    # A connection used a moment ago would be taken for alive.
    dispose(pair.world.apps.values())
    pair.primary.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'",
        f"CREATE DATABASE copied TEMPLATE {DATABASE}",
    )
    return pair.follower.url("copied", STAFF)


def the_primary_itself(pair):
    """No replica at all."""
    return pair.primary.url(DATABASE, STAFF)


@pytest.mark.parametrize("wrong", [a_role_that_sees_no_row, a_copy_of_before, the_primary_itself])
def test_what_is_no_replica_of_this_database_for_this_role_is_not_read(pair, wrong):
    url = wrong(pair)
    name = pair.visit()
    caught_up(pair)
    page = pair.officer(url=url).look()[0]
    assert name in page and ON_PRIMARY in page


def test_the_scope_of_the_request_holds_on_the_replica_too(pair, patient):
    with inside(pair.app("public")):
        for scope in ("6161", "6262"):
            set_scope(db.session(), device=bytes.fromhex(scope))
            seen, source = replica.read(
                lambda session: session.execute(
                    sa.text("SELECT pg_is_in_recovery(), current_setting('checkin.device')")
                ).one()
            )
            assert tuple(seen) == (True, scope)
            assert source.replica
