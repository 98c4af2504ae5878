"""Whom a case can have met: the product's selection beside the shortest SQL for it, and in a small database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.loading import Loaded, Say
from bench.lookups import CAP, HOUR, interleaved, share
from bench.officer import moment
from bench.plan import Plan
from bench.province import TWIN_DAYS, twins
from bench.report import Figure, rounded
from checkin.config import Config
from checkin.db import engine_options
from checkin.exposure import ranking
from checkin.exposure.showing import PAGE
from checkin.visits.queries import Encounter
from tests.worlds import World

AFTERNOON = 13
# How many, and the first fifty by certain and possible minutes. Stays of one person side by side are added up, not
# joined: less work than the product's, which counts such minutes once.
FLOOR = """
WITH met AS (
  SELECT v.person_id, least(v.until_latest, c.until) - greatest(v.entered_at, c.since) AS possible,
    CASE WHEN v.left_at IS NOT NULL THEN least(v.left_at, c.until) - greatest(v.entered_at, c.since) END AS certain
  FROM unnest(%(venues)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS c(venue_id, since, until)
  JOIN visit v ON v.venue_id = c.venue_id AND v.entered_at BETWEEN c.since - %(cap)s::interval AND c.until
    AND v.until_latest >= c.since
  WHERE v.entered_at BETWEEN %(earliest)s AND %(latest)s
)
SELECT person_id, sum(certain) AS certain, sum(possible) AS possible, count(*) AS encounters, count(*) OVER () AS total
FROM met GROUP BY person_id ORDER BY certain DESC NULLS LAST, possible DESC, person_id LIMIT %(limit)s
"""


def measure(worlds: dict[str, World], loaded: dict[str, Loaded], plan: Plan, say: Say) -> list[Figure]:
    """Contacts of a case of 30 visits, the busiest venues among them."""
    engines = {
        name: sa.create_engine(config.database_url, **engine_options(config, config.database_url))
        # As the tables' owner, as the simplest SQL below: both without row-level security.
        for name, config in ((name, Config.from_env(world.env("all"))) for name, world in worlds.items())
    }
    encounters = {name: of_case(plan, one) for name, one in loaded.items()}
    try:
        with psycopg.connect(worlds["big"].urls["all"]) as raw:
            asked = question(encounters["big"])
            totals = {name: _product(engines[name], encounters[name]) for name in engines}
            total = _floor(raw, asked)
            if total != totals["big"] or total != totals["small"]:
                raise RuntimeError(f"contacts: {total} by the raw SQL, {totals} by the product")
            steps: dict[str, Callable[[], Any]] = {
                "product": lambda: _product(engines["big"], encounters["big"]),
                "raw": lambda: _floor(raw, asked),
                "small": lambda: _product(engines["small"], encounters["small"]),
            }
            took = interleaved(steps, plan.rounds * plan.lookups)
    finally:
        for engine in engines.values():
            engine.dispose()
    ms = {name: [1000 * share(times, mark) for mark in (0.5, 0.95)] for name, times in took.items()}
    say(f"  {total:,} contacts: " + ", ".join(f"{n} p50 {a:.1f} p95 {b:.1f} ms" for n, (a, b) in ms.items()))
    product, raw_, small = (ms[name] for name in ("product", "raw", "small"))
    return [
        Figure(
            f"contacts of a case with {len(encounters['big'])} visits, {total:,} people, selected and ranked, p50",
            rounded(product[0]),
            "ms",
            rounded(raw_[0]),
            rounded(product[0] / raw_[0]),
            "at most 1.2 of the raw SQL and 80 ms",
            product[0] <= min(1.2 * raw_[0], 80),
        ),
        Figure("the same contacts, p95", rounded(product[1]), "ms", rounded(raw_[1]), rounded(product[1] / raw_[1])),
        *(
            Figure(
                f"same contacts out of {loaded['big'].visits:,} and out of {loaded['small'].visits:,} visits, {mark}",
                rounded(product[place]),
                "ms",
                rounded(small[place]),
                rounded(product[place] / small[place]),
                f"at most {most}",
                product[place] <= most * small[place],
            )
            for place, mark, most in ((0, "p50", 1.3), (1, "p95", 2.0))
        ),
    ]


def of_case(plan: Plan, loaded: Loaded) -> list[Encounter]:
    """One hour at each of the twins, on the days that these have visits of their own."""
    found = []
    for number, rank in enumerate(twins(plan.big)):
        start = moment(loaded.today, TWIN_DAYS[number % len(TWIN_DAYS)], AFTERNOON)
        found.append(Encounter((UUID(loaded.venue_ids[rank]),), start, start + HOUR, True))
    return found


def question(encounters: list[Encounter]) -> dict[str, Any]:
    """The parameters of the raw SQL."""
    return {
        "venues": [encounter.venue_ids[0] for encounter in encounters],
        "starts": [encounter.start for encounter in encounters],
        "ends": [encounter.end for encounter in encounters],
        "cap": CAP,
        "earliest": min(encounter.start for encounter in encounters) - CAP,
        "latest": max(encounter.end for encounter in encounters),
        "limit": PAGE,
    }


def _product(engine: sa.Engine, encounters: list[Encounter]) -> int:
    with Session(engine) as session:
        return ranking.contacts(session, encounters, air=timedelta(0), cap=CAP, excluding=[], first=0, limit=PAGE).total


def _floor(connection: psycopg.Connection, asked: dict[str, Any]) -> int:
    rows = connection.execute(FLOOR, asked).fetchall()
    connection.rollback()
    return int(rows[0][-1]) if rows else 0
