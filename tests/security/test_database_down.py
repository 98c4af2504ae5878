"""A database that stops: a page that says so, nothing half-written, and the same form goes through later."""

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from html import unescape

import psycopg
import pytest

from checkin.db import db
from checkin.venues.codes import new_code
from tests import cast, factories, worlds
from tests.servers import POSTGRESQL_MISSING, Cluster, gunicorn, postgresql_programs
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.postgresql, pytest.mark.long]


@pytest.fixture
def stoppable(tmp_path):
    """A world on a PostgreSQL server of its own, which may be stopped."""
    if postgresql_programs() is None:
        pytest.skip(POSTGRESQL_MISSING)
    folder = tmp_path / "instance"
    folder.mkdir()
    cluster = Cluster.create(durable=True)
    world = worlds.postgresql_world(folder, cluster, "down")
    yield cluster, world
    world.let_go()
    cluster.remove()


def send(address, fields=None):
    """(status, page) of a request."""
    data = urllib.parse.urlencode(fields, doseq=True).encode() if fields is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data), timeout=25) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def rows(cluster):
    with psycopg.connect(cluster.url("down")) as connection:
        return [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("submission", "person", "declaration", "visit")
        ]


def test_nothing_is_lost_or_doubled_when_the_database_stops_and_comes_back(stoppable, tmp_path):
    cluster, world = stoppable
    app = world.app()
    with inside(app):
        factories.account(db.session(), vault_of(app), "owner", cast.OWNER)
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.commit()
        db.session.remove()
        db.engine.dispose()
    with gunicorn(world.env("public"), tmp_path / "public.log") as address:
        owner = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        sign_in = f"{address}/sign-in"
        csrf = factories.hidden(owner.open(sign_in).read().decode(), "csrf_token")
        owner.open(
            sign_in,
            urllib.parse.urlencode({"login": cast.OWNER[0], "password": cast.OWNER[1], "csrf_token": csrf}).encode(),
        )
        page = f"{address}/v/{code}"
        fields = cast.form(submission=factories.hidden(send(page)[1], "submission"), symptoms="yes", symptom="cough")
        cluster.stop()

        status, html = send(page, fields)
        assert status == 503
        kept = {
            unescape(name): unescape(value)
            for name, value in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', html)
        }
        assert kept == fields
        assert send(f"{address}/v/{new_code()}")[0] == 503  # one that nobody asked about a moment ago
        with pytest.raises(urllib.error.HTTPError) as down:
            owner.open(f"{address}/venues/new")
        assert down.value.code == 503
        assert "gián đoạn" in down.value.read().decode()
        assert send(f"{address}/healthz")[0] == 200
        assert send(f"{address}/readyz")[0] == 503
        assert "Tuy" not in (tmp_path / "public.log").read_text()

        cluster.start()
        assert rows(cluster) == [0, 0, 0, 0]
        back, deadline = 503, time.monotonic() + 10
        while back == 503 and time.monotonic() < deadline:
            back, html = send(page, kept)
        assert back == 200
        assert "CẦN HỖ TRỢ" in html
        assert send(page, kept)[0] == 200
        assert rows(cluster) == [1, 1, 1, 1]
