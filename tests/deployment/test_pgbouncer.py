"""Both tiers behind a real pgbouncer in transaction mode, with a single server connection for each role."""

import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock, create_app
from checkin.config import Config
from checkin.db import PREPARE_AFTER, db, set_scope
from checkin.people.models import Person
from checkin.visits.models import Submission, Visit
from tests import cast, factories
from tests.deployment.bouncer import MISSING, Bouncer, program
from tests.servers import gunicorn
from tests.worlds import PUBLIC, STAFF, inside, vault_of

pytestmark = pytest.mark.postgresql

PEOPLE = 12


@pytest.fixture(scope="module")
def bouncer(_postgresql, cluster):
    if program() is None:
        pytest.skip(MISSING)
    made = Bouncer.create(cluster, "checkin_test", server_idle_timeout=1)
    yield made
    made.remove()


@pytest.fixture
def code(postgresql):
    """A market with a visit of the device d..., an officer and a case, by the way that needs no pgbouncer."""
    app = postgresql.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, device=b"d" * 16)
        factories.case(session)
        session.commit()
        return factories.code_of(session, market)


def through(bouncer, world, tier):
    """The environment of a tier behind pgbouncer."""
    return world.env(tier) | {"DATABASE_URL": bouncer.url({"public": PUBLIC, "staff": STAFF}[tier])}


@pytest.fixture
def tier(bouncer, postgresql):
    """Makes the application of a tier behind pgbouncer."""
    made = []

    def make(name):
        made.append(create_app(Config.from_env(through(bouncer, postgresql, name))))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


class Browser:
    """Somebody's browser, with cookies."""

    def __init__(self, address):
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def get(self, path):
        return self._text(f"{self.address}{path}", None)

    def post(self, path, fields):
        return self._text(f"{self.address}{path}", urllib.parse.urlencode(fields, doseq=True).encode())

    def _text(self, address, data):
        with self.opener.open(address, data, timeout=30) as answer:
            return answer.read().decode()


def asked_now(venue="cho ha long 1"):
    """The fields of a lookup of the last hour."""
    now = clock.to_local(clock.now())
    return {
        "case": "F0-0001",
        "reason": "Truy vết người tiếp xúc",
        "venue": venue,
        "start": (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "end": now.strftime("%Y-%m-%dT%H:%M"),
    }


@pytest.mark.long
def test_many_check_in_at_once_and_the_cdc_finds_each_of_them_once(bouncer, postgresql, code, tmp_path):
    def visit(number):
        """Declare, send the same form again, and leave with the token of the result."""
        browser = Browser(public)
        form = cast.form(
            submission=factories.hidden(browser.get(f"/v/{code}"), "submission"),
            full_name=f"Người Thứ {number}",
            phone=f"09123{number:05d}",
        )
        pages = [browser.post(f"/v/{code}", form) for _ in range(2)]
        left = browser.post(f"/v/{code}/leave", {"token": factories.hidden(pages[1], "token")})
        return all("ĐÃ KHAI BÁO" in page for page in pages) and "Đã ghi giờ ra" in left

    with (
        gunicorn(through(bouncer, postgresql, "public"), tmp_path / "public.log") as public,
        gunicorn(through(bouncer, postgresql, "staff"), tmp_path / "staff.log") as staff,
    ):
        with ThreadPoolExecutor(6) as pool:
            assert all(pool.map(visit, range(PEOPLE)))
        officer = Browser(staff)
        csrf = factories.hidden(officer.get("/sign-in"), "csrf_token")
        officer.post("/sign-in", {"login": cast.CDC[0], "password": cast.CDC[1], "csrf_token": csrf})
        csrf = factories.hidden(officer.get("/lookup/"), "csrf_token")
        page = officer.post("/lookup/place", asked_now() | {"csrf_token": csrf})
    assert [number for number in range(PEOPLE) if f"Người Thứ {number}<" not in page] == []
    with inside(postgresql.app()):
        counts = [db.session.scalar(sa.select(sa.func.count()).select_from(m)) for m in (Submission, Person, Visit)]
        left = db.session.scalar(sa.select(sa.func.count()).where(Visit.left_at.is_not(None)))
    # One more than these: whom the market's fixture knows.
    assert counts == [PEOPLE + 1] * 3
    assert left == PEOPLE


def test_what_one_device_may_see_ends_with_its_transaction_on_the_shared_connection(bouncer, code):
    scope, count = "SELECT set_config('checkin.device', %s, %s)", "SELECT count(*), pg_backend_pid() FROM visit"
    with (
        psycopg.connect(bouncer.url(PUBLIC), autocommit=True) as own,
        psycopg.connect(bouncer.url(PUBLIC), autocommit=True) as other,
    ):
        seen = []
        for connection, device in ((own, b"d"), (other, b"e"), (own, b"d"), (other, None), (own, None)):
            with connection.transaction():
                if device is not None:
                    connection.execute(scope, ((device * 16).hex(), True))
                seen.append(connection.execute(count).fetchone())
        assert [visits for visits, _server in seen] == [1, 0, 1, 0, 0]
        # One server connection served both, so the above was put to the test.
        assert len({server for _visits, server in seen}) == 1
        # A scope for the session, as it must not be set, is left to whoever comes next.
        own.execute(scope, ((b"d" * 16).hex(), False))
        assert other.execute(count).fetchone() == (1, seen[0][1])
        own.execute("RESET ALL")


def test_sessions_of_the_product_that_take_turns_keep_their_scopes_apart(tier, code):
    app = tier("public")
    with inside(app), Session(db.engine) as own, Session(db.engine) as other, Session(db.engine) as nobody:
        set_scope(own, device=b"d" * 16)
        set_scope(other, device=b"e" * 16)
        for _ in range(5):
            for session, seen in ((own, 1), (nobody, 0), (other, 0), (own, 1), (nobody, 0)):
                assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == seen
                session.commit()


def test_no_prepared_statement_is_left_on_a_server_connection(bouncer, tier, code):
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql"
    client = tier("public").test_client()
    # psycopg would prepare what it sends for the sixth time, and forgets all of it where a transaction is
    # rolled back, as those of pages are that only read: so the forms are fetched first.
    forms = [cast.form(submission=factories.submission(client, code)) for _ in range(8)]
    for form in forms:
        assert client.post(f"/v/{code}", data=form).status_code == 200
    with psycopg.connect(bouncer.url(PUBLIC), autocommit=True) as connection:
        assert connection.execute(prepared).fetchone() == (0,)
        # Were one left, it would be seen here.
        connection.execute("SELECT 1", prepare=True)
        assert connection.execute(prepared).fetchone() == (1,)
        connection.execute("DEALLOCATE ALL")


def test_only_visitors_and_only_where_they_speak_with_the_server_itself_have_statements_prepared(tier, postgresql):
    def threshold(app):
        with inside(app), db.engine.connect() as connection:
            return connection.connection.driver_connection.prepare_threshold

    assert threshold(tier("public")) is None
    assert threshold(postgresql.app("public")) == PREPARE_AFTER
    # One plan for whatever is asked would be a bad one for some of their pages.
    assert threshold(postgresql.app("staff")) is threshold(postgresql.app("all")) is None


@pytest.mark.long
def test_a_connection_that_pgbouncer_closed_meanwhile_is_not_noticed(bouncer, tier, code):
    """Idle server connections end after a second here; a restart ends those of the clients too."""
    client = tier("public").test_client()
    assert client.get(f"/v/{code}").status_code == 200
    time.sleep(2.5)
    assert client.get(f"/v/{code}").status_code == 200
    bouncer.stop()
    bouncer.start()
    assert client.get(f"/v/{code}").status_code == 200


def test_a_pgbouncer_that_is_down_is_said_and_nothing_of_the_form_is_lost(bouncer, tier, code):
    client = tier("public").test_client()
    form = cast.form(submission=factories.submission(client, code))
    bouncer.stop()
    try:
        answer = client.post(f"/v/{code}", data=form)
    finally:
        bouncer.start()
    assert answer.status_code == 503
    assert "Nguyễn Thị Ánh Tuyết" in answer.text
    assert client.post(f"/v/{code}", data=form).status_code == 200
