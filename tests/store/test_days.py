"""Tables a day on PostgreSQL: made ahead, made by the visit that needs one, dropped beside readers and visitors."""

import threading
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from checkin import clock, tiers, timer
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.people.models import Person
from checkin.store import service, upkeep
from checkin.visits import service as visits
from checkin.visits.models import Submission, Visit
from checkin.visits.newday import with_day
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import STAFF, inside, vault_of

pytestmark = pytest.mark.postgresql
# A day that nobody made yet: a tier makes days of about now alone, by the server's own clock.
FAR = datetime.now(UTC) + timedelta(days=5)
# The public role writes nothing of days to come.
LONG_AGO = datetime.now(UTC) - timedelta(days=60)


@pytest.fixture
def shop(postgresql):
    """A venue's code; the clock stands at NOW."""
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.commit()
    return code


def owner(world):
    return psycopg.connect(world.migrate_url, autocommit=True)


def tables(connection):
    found = connection.execute(
        "SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE relkind = 'r'"
    )
    return {row[0] for row in found}


def without_day(world, day):
    with owner(world) as connection:
        for kind in ("visit", "declaration"):
            connection.execute(f"DROP TABLE IF EXISTS {kind}_{day:%Y%m%d}")


def post(world, code, **changes):
    client = world.app("public").test_client()
    fields = cast.form(submission=factories.submission(client, code), **changes)
    return client.post(f"/v/{code}", data=fields)


def stored(world):
    with inside(world.app()):
        return [
            db.session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in (Visit, Declaration, Submission, Person)
        ]


def test_a_visit_on_a_day_without_tables_makes_them_and_is_not_lost(postgresql, shop):
    with clock.fixed(LONG_AGO):
        without_day(postgresql, clock.today())
        answer = post(postgresql, shop)
    assert answer.status_code == 200, answer.text
    assert stored(postgresql) == [1, 1, 1, 1]
    without_day(postgresql, clock.to_local(LONG_AGO).date())


def test_many_first_visits_of_a_day_at_once_are_all_there(postgresql, shop):
    answers = []
    postgresql.app("public")
    with clock.fixed(LONG_AGO):
        without_day(postgresql, clock.today())

    def one(number):
        with clock.fixed(LONG_AGO):
            phone = f"09123456{number:02d}"
            answers.append(post(postgresql, shop, phone=phone, full_name=f"Người Số {number}").status_code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    assert stored(postgresql) == [8, 8, 8, 8]
    without_day(postgresql, clock.to_local(LONG_AGO).date())


def test_a_visit_that_does_not_see_the_new_tables_at_once_asks_again(postgresql):
    """Another connection learns of a table a moment after it is there."""
    tries = []

    def act():
        tries.append(1)
        if len(tries) < 3:
            raise IntegrityError(
                "", None, psycopg.errors.CheckViolation('no partition of relation "visit" found for row')
            )
        return "kept"

    with inside(postgresql.app("public")):
        assert with_day(clock.now(), act) == "kept"

    def never():
        raise IntegrityError("", None, psycopg.errors.CheckViolation('no partition of relation "visit" found for row'))

    with inside(postgresql.app("public")), pytest.raises(IntegrityError):
        with_day(clock.now(), never)


def test_days_are_made_ahead_and_again_makes_none(postgresql):
    today = clock.to_local(FAR).date()
    for n in range(-1, service.AHEAD_DAYS + 1):
        without_day(postgresql, today + timedelta(days=n))
    with inside(postgresql.app("public")):
        made = service.open_days_ahead(db.session(), today)
        db.session.commit()
        again = service.open_days_ahead(db.session(), today)
        db.session.commit()
    assert (made, again) == (service.AHEAD_DAYS + 2, 0)
    for n in range(-1, service.AHEAD_DAYS + 1):
        without_day(postgresql, today + timedelta(days=n))


def test_there_is_no_table_that_takes_what_fits_nowhere(postgresql):
    with owner(postgresql) as connection:
        bounds = connection.execute(
            "SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid "
            "WHERE c.relkind = 'r'"
        ).fetchall()
    assert bounds
    assert not [bound for (bound,) in bounds if "DEFAULT" in bound]


def test_a_stranger_makes_days_of_about_now_alone(postgresql):
    with owner(postgresql) as connection:
        before = tables(connection)
    for day in ("2030-01-01", "2900-01-01", "1999-12-31"):
        with psycopg.connect(postgresql.urls["public"]) as stranger, pytest.raises(psycopg.errors.RaiseException):
            stranger.execute("SELECT open_day(%s::date)", (day,))
    with owner(postgresql) as connection:
        assert tables(connection) == before


def test_there_is_an_end_to_the_days_that_are_made(postgresql):
    """Five hundred at the most; the test brings the bound down to what there is."""
    with owner(postgresql) as connection:
        there = len([name for name in tables(connection) if name.startswith("visit_")])
        function = connection.execute("SELECT pg_get_functiondef('open_day(date)'::regprocedure)").fetchone()[0]
        assert function.count(">= 500 ") == 1
        connection.execute(function.replace(">= 500 ", f">= {there} "))
        try:
            with pytest.raises(psycopg.errors.RaiseException):
                connection.execute("SELECT open_day('2030-01-01')")
        finally:
            connection.execute(function)


def test_the_table_of_one_day_is_closed_to_the_public_role(postgresql):
    with psycopg.connect(postgresql.urls["public"], autocommit=True) as connection:
        for name in ("visit_20261120", "declaration_20261120"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT count(*) FROM {name}")


@pytest.mark.long
def test_a_reader_who_holds_on_makes_the_round_wait_and_not_fail(postgresql, shop):
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        old = NOW - timedelta(days=30)
        visits.open_day(db.session(), clock.to_local(old).date())
        where = factories.venue(db.session(), vault_of(app), "Chợ Ba Đèo")
        for at in (old, NOW):
            factories.check_in(app, db.session(), vault_of(app), where, at=at)
        factories.commit()
    reader = psycopg.connect(postgresql.urls["staff"])
    reader.execute("SELECT count(*) FROM visit")  # holds the tables until it ends
    release = threading.Timer(1.5, reader.rollback)
    release.start()
    try:
        with clock.fixed(NOW), inside(app):
            started = time.monotonic()
            done = upkeep.expire(db.session(), now=NOW, keep_days=21)
            waited = time.monotonic() - started
    finally:
        release.join()
        reader.close()
    assert (done.visits, waited > 1) == (1, True)
    assert stored(postgresql)[:2] == [1, 1]


def test_a_day_that_cannot_be_had_is_left_whole(postgresql, shop, monkeypatch):
    monkeypatch.setattr(upkeep, "TRIES", 2)
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        old = NOW - timedelta(days=30)
        visits.open_day(db.session(), clock.to_local(old).date())
        where = factories.venue(db.session(), vault_of(app), "Chợ Ba Đèo")
        for at in (old, NOW):
            factories.check_in(app, db.session(), vault_of(app), where, at=at)
        factories.commit()
        with closing(psycopg.connect(postgresql.urls["staff"])) as reader:
            reader.execute("SELECT count(*) FROM visit")
            with pytest.raises(OperationalError):
                upkeep.expire(db.session(), now=NOW, keep_days=21)
    assert stored(postgresql)[:2] == [2, 2]


def test_who_checks_in_while_people_are_forgotten_keeps_their_person(postgresql):
    """The visit is stored, not committed, when the deletion comes: it must wait and then find the reference."""
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        where = factories.venue(db.session(), vault_of(app), "Chợ Ba Đèo")
        old = NOW - timedelta(days=30)
        visits.open_day(db.session(), clock.to_local(old).date())
        factories.check_in(app, db.session(), vault_of(app), where, at=old)
        factories.commit()
        service.drop_day(db.session(), now=NOW, actor=factories.SYSTEM, day=clock.to_local(old).date())
        factories.commit()
        engine = db.engine
        found = []

        def forget():
            with Session(engine) as other:
                for _ in range(20):
                    try:
                        found.append(service.forget_people(other, made_before=NOW)[0])
                        other.commit()
                        return
                    except OperationalError:
                        other.rollback()

        factories.check_in(app, db.session(), vault_of(app), where, at=NOW)
        thread = threading.Thread(target=forget)
        thread.start()
        time.sleep(0.5)
        factories.commit()
        thread.join()
        assert found == [0]
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1


@pytest.mark.long
def test_past_days_are_vacuumed_once_so_that_indexes_are_read_alone(postgresql, shop):
    """On a day long past, so that any vacuum of today comes after it, whatever the date of the machine."""
    app, long_ago = postgresql.app(), date(2020, 2, 29)
    with inside(app):
        visits.open_day(db.session(), long_ago)
        where = factories.venue(db.session(), vault_of(app), "Chợ Ba Đèo")
        at = clock.day_bounds(long_ago)[0] + timedelta(hours=9)
        factories.check_in(app, db.session(), vault_of(app), where, at=at)
        factories.commit()
        name = f"visit_{long_ago:%Y%m%d}"
        tidied, deadline = [], time.monotonic() + 20
        while name not in tidied and time.monotonic() < deadline:
            tidied = upkeep.tidy(db.session(), clock.today())
            time.sleep(0.2)  # the server counts its rows a moment later
        assert name in tidied
        with owner(postgresql) as connection:
            assert connection.execute("SELECT pg_relation_size(%s, 'vm') > 0", (name,)).fetchone() == (True,)
        time.sleep(1)
        assert name not in upkeep.tidy(db.session(), clock.today())
    without_day(postgresql, long_ago)


def test_the_hourly_round_of_a_tier_that_owns_nothing_makes_days_and_drops_none(postgresql):
    far = clock.to_local(FAR).date()
    without_day(postgresql, far + timedelta(days=7))
    with clock.fixed(FAR):
        timer.go_round(postgresql.app("staff"))
    with owner(postgresql) as connection:
        assert f"visit_{far + timedelta(days=7):%Y%m%d}" in tables(connection)
        assert f"visit_{clock.to_local(NOW):%Y%m%d}" in tables(connection)
    for n in range(-1, service.AHEAD_DAYS + 1):
        without_day(postgresql, far + timedelta(days=n))


def test_rights_are_given_again_after_a_migration_made_a_table_anew(postgresql):
    with owner(postgresql) as connection:
        connection.execute(f"REVOKE ALL ON visit FROM {STAFF}")
    assert tiers.renew(postgresql.migrate_url.replace("postgresql://", "postgresql+psycopg://"))
    with psycopg.connect(postgresql.urls["staff"], autocommit=True) as connection:
        connection.execute("SELECT count(*) FROM visit")


def test_rights_that_stand_already_are_given_again_without_stopping_anybody(postgresql):
    url = postgresql.migrate_url.replace("postgresql://", "postgresql+psycopg://")
    assert tiers.renew(url)
    with closing(psycopg.connect(postgresql.urls["staff"])) as reader:
        reader.execute("SELECT count(*) FROM visit")  # a policy that was made anew would wait for this
        started = time.monotonic()
        assert tiers.renew(url)
        assert time.monotonic() - started < tiers.TRIES * tiers.PAUSE / 2
