"""The bench itself: what it loads is what the product stores, and a quick run measures everything."""

import json
import re
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest

from bench import loading, province
from bench.plan import OLDEST, plan
from checkin import clock
from checkin.config import ROOT
from checkin.rules import RuleBook
from tests.worlds import vault_of

pytestmark = pytest.mark.long
SIZE = plan(20_000, quick=True).big
SHAPE = """
SELECT c.relname, pg_get_indexdef(x.indexrelid), x.indisvalid FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_index x ON x.indrelid = c.oid WHERE i.inhparent IN ('visit'::regclass, 'declaration'::regclass)
"""
PEOPLE = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'person'::regclass"


@pytest.fixture(scope="module")
def loaded(cluster, tmp_path_factory):
    """A loaded database: its world, what the load says of it, and the indexes that there were before."""
    folder = tmp_path_factory.mktemp("bench")
    # By the folder's number: a worker that goes to another module in between comes back to a new one.
    world = loading.make_world(folder, cluster, f"bench_load_{folder.name[len('bench') :]}")
    with psycopg.connect(world.superuser_url) as connection:
        before = [sorted(connection.execute(query).fetchall()) for query in (SHAPE, PEOPLE)]
    return world, loading.load(world, SIZE, lambda _line: None, processes=1), before


@pytest.fixture
def rows(loaded):
    """Ask the loaded database as its superuser."""
    with psycopg.connect(loaded[0].superuser_url) as connection:
        yield lambda query, *values: connection.execute(query, values).fetchall()


def test_everything_that_was_made_up_is_stored(loaded, rows):
    _, said, _ = loaded
    assert rows("SELECT count(*) FROM visit") == [(said.visits,)]
    assert rows("SELECT count(*) FROM declaration") == [(said.declarations,)]
    assert rows("SELECT count(*) FROM person") == [(SIZE.people,)]
    assert rows("SELECT count(*) FROM venue") == [(SIZE.venues + 1,)]
    assert said.visits > SIZE.visits


def plain(indexes):
    return re.sub(r"::(?:text|character varying)(?:\[\])?|[()]", "", repr(indexes))


def test_the_indexes_are_back_as_they_were(loaded, rows):
    # PostgreSQL writes the words of a condition otherwise once it has read its own.
    assert plain([sorted(rows(query)) for query in (SHAPE, PEOPLE)]) == plain(loaded[2])
    assert all(valid for *_, valid in rows(SHAPE))


def test_the_busiest_venue_has_on_its_days_the_visits_that_were_drawn(loaded, rows):
    _, said, _ = loaded
    start = f"{said.today}T00:00+07"
    found = rows(
        "SELECT count(*) FROM visit WHERE venue_id = %s AND entered_at >= %s::timestamptz - interval '2 days' "
        "AND entered_at < %s::timestamptz - interval '1 day'",
        said.venue_ids[0],
        start,
        start,
    )
    assert found == [(province.twin_visits(SIZE, 0),)]


def test_a_guessed_end_is_no_fact_and_a_recorded_one_is_the_latest(rows):
    assert rows("SELECT count(*) FROM visit WHERE (left_at IS NULL) <> (end_set_by = 'guessed')") == [(0,)]
    assert rows("SELECT count(*) FROM visit WHERE left_at IS NOT NULL AND left_at <> until_latest") == [(0,)]
    longest = rows("SELECT DISTINCT until_latest - entered_at FROM visit WHERE left_at IS NULL")
    rules = RuleBook.load(ROOT / "checkin" / "rules" / "data").on(rows("SELECT now()")[0][0].date())
    assert [length.total_seconds() / 60 for (length,) in longest] == [rules.longest_cap]


def test_declarations_belong_to_their_visits_and_the_staff_key_opens_them(loaded, rows):
    vault = vault_of(loaded[0].app())
    found = rows(
        "SELECT d.details, d.person_id = v.person_id FROM visit v JOIN declaration d "
        "ON d.id = v.declaration_id AND d.made_at = v.declared_at LIMIT 50"
    )
    assert len(found) == 50
    assert all(same for _, same in found)
    assert all(vault.open(details)["full_name"] for details, _ in found)
    end = clock.day_bounds(loaded[1].today - timedelta(days=OLDEST))[1]
    visits = rows("SELECT count(*) FROM visit WHERE entered_at < %s", end)
    assert visits == rows("SELECT count(*) FROM declaration WHERE made_at < %s", end) != [(0,)]


@pytest.mark.wide
def test_a_quick_run_measures_every_figure_and_every_answer_is_good(tmp_path):
    out = tmp_path / "quick.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--visits", "4e4", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=850,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "refused" not in done.stdout
    figures = json.loads(out.read_text())
    assert all(list(one) == ["figure", "value", "unit", "floor", "ratio", "aim", "holds"] for one in figures)
    named = {one["figure"]: one for one in figures}
    for wanted in (
        "check-in, returning visitor",
        "check-in, first-time visitor",
        "check-in, returning visitor, against pgbench",
    ):
        assert named[wanted]["value"] > 0
        assert named[wanted]["ratio"] == pytest.approx(named[wanted]["value"] / named[wanted]["floor"], rel=0.02)
    for begun in (
        "lookup page",
        "same stays out of",
        "list of a case",
        "page of cases",
        "page of hand-over",
        "what is kept of",
        "line list of",
        "parts of workbooks",
        "expire one day",
        "memory per worker",
        "a day of",
    ):
        assert any(name.startswith(begun) for name in named), begun
    # How fast this machine was just now is no matter of right or wrong; what does not depend on it is.
    assert next(one for name, one in named.items() if name.startswith("memory by which its worker"))["holds"]
