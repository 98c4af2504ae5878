"""What is kept of 10,000 open cases derived anew, really, by the command: `make bench-derive`.

The density is that of the whole province: a forty-second part of its visits, venues and people, so that at each venue
are as many at a time as there, and everybody was at some thirty places in three weeks. So many people are cases.
"""

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from time import perf_counter

import psycopg

from bench import cluster, loading, report
from bench.plan import FULL_VENUES, FULL_VISITS, Size
from bench.report import Figure, rounded
from checkin import clock
from checkin.config import ROOT
from tests.worlds import World

CASES, SECONDS = 10_000, 1800
VISITS, EACH = 1_000_000, 30
# Those who come first are cases; nothing is kept of them yet.
OPENED = """
INSERT INTO "case" (id, seq, title, disease, state, onset_on, opened_at, rules_on, confirmed_at, version, person_id)
SELECT gen_random_uuid(), n, 'Ca ' || n, 'covid-19', 'confirmed', %(today)s - (n %% 14)::int, %(now)s, %(today)s,
  %(now)s, 1, id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM person ORDER BY id LIMIT %(cases)s) first
"""
# One stay in twenty of the last three days gets an end.
ENDED = """
UPDATE visit SET left_at = entered_at + interval '20 minutes', until_likely = entered_at + interval '20 minutes',
  until_latest = entered_at + interval '20 minutes'
WHERE entered_at > %(since)s AND left_at IS NULL AND hashtext(id::text) %% 20 = 0
"""


def measure(world: World, cases: int, say: loading.Say) -> list[Figure]:
    """The command from nothing, again, and after ends were recorded; how long each took."""
    figures, rounds = [], ("for the first time", "anew, nothing new", "anew, ends recorded since")
    with psycopg.connect(world.superuser_url, autocommit=True) as connection:
        for what in rounds:
            if what == rounds[2]:
                start = clock.day_bounds(clock.today())[0]
                ended = connection.execute(ENDED, {"since": start - 3 * (clock.day_bounds(clock.today())[1] - start)})
                say(f"  {ended.rowcount:,} ends recorded")
            connection.execute("VACUUM (ANALYZE)")
            began = perf_counter()
            said = subprocess.run(  # noqa: S603 - our own words
                [sys.executable, "-m", "flask", "--app", "wsgi", "cases", "derive"],
                cwd=ROOT, env=os.environ | world.env("staff"), check=True, capture_output=True, text=True,
            ).stdout  # fmt: skip
            took = perf_counter() - began
            say(f"  {what}: {took:.1f} s; {' | '.join(said.splitlines()[-2:])}")
            whole = took / cases * CASES
            figures.append(
                Figure(
                    f"what is kept of {cases:,} open cases derived {what}", rounded(took), "s",
                    aim=f"{CASES:,} under {SECONDS:,} s" + ("" if cases == CASES else f", extrapolated: {whole:,.0f}"),
                    holds=whole < SECONDS,
                )
            )  # fmt: skip
        rows = connection.execute("SELECT count(*) FROM case_visit").fetchone()
    return [Figure("visits kept for each of them", rounded(rows[0] / cases if rows else 0), "visits"), *figures]


def main() -> int:
    """Measure once, on a server of its own that is taken away at the end."""
    parser = argparse.ArgumentParser(prog="python -m bench.rederive", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--out", metavar="FILE", type=Path, help="where the results go; bench/results by itself")
    asked = parser.parse_args()
    before, share = report.load_average(), VISITS / FULL_VISITS
    people = max(VISITS // EACH, asked.cases)
    size = Size(visits=VISITS, venues=round(FULL_VENUES * share), people=people, known=1_000, scale=share)
    with cluster.own(small=asked.cases < CASES) as (server, folder):
        world = loading.make_world(folder, server, "big")
        say = partial(print, flush=True)
        loaded = loading.load(world, size, say)
        with psycopg.connect(world.superuser_url, autocommit=True) as connection:
            connection.execute(OPENED, {"now": clock.now(), "today": loaded.today, "cases": asked.cases})
        cluster.make_durable(server)
        figures = measure(world, asked.cases, say)
        loads = f"load average before {before}, after {report.load_average()}"
        figures.insert(0, Figure("machine", f"{report.machine(server.programs)}; {clock.today()}; {loads}", ""))
    path = asked.out or report.RESULTS / f"rederive-{clock.today()}.json"
    report.write(figures, path)
    print(f"\n{report.table(figures)}\n\nwritten: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
