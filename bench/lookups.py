"""Reading the list of a place: beside the rows alone, beside a page without rows, and in a small database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from bench.loading import Loaded, Say
from bench.officer import Officer, moment
from bench.plan import Plan
from bench.province import TWIN_DAYS, twins
from bench.report import Figure, rounded
from bench.serving import serve
from checkin.exposure.showing import PAGE
from tests.worlds import World

# What the page shows, row by row, with what their declarations say for statistics; `least` and `most` bound the days.
STAYS = """
SELECT v.id, v.person_id, v.venue_id, v.zone_id, v.entered_at, v.left_at, v.end_set_by, v.until_likely, v.until_latest,
  v.declaration_id, v.declared_at, d.triage, d.symptoms, d.contact_sick, d.travel, d.commune_id, d.province_id
FROM visit v LEFT JOIN declaration d ON d.made_at = v.declared_at AND d.id = v.declaration_id
  AND d.made_at BETWEEN %(least)s AND %(end)s
WHERE v.venue_id = %(venue)s AND v.entered_at BETWEEN %(least)s AND %(end)s AND v.until_latest >= %(start)s
ORDER BY v.entered_at, v.id
"""
DETAILS = """
SELECT d.id, d.details FROM declaration d
JOIN unnest(%(made)s::timestamptz[], %(ids)s::uuid[]) AS asked (made_at, id)
  ON d.made_at = asked.made_at AND d.id = asked.id
WHERE d.made_at BETWEEN %(least)s AND %(end)s
"""
COUNT = """
SELECT count(*) FROM visit
WHERE venue_id = %(venue)s AND entered_at BETWEEN %(least)s AND %(end)s AND until_latest >= %(start)s
"""
CAP = timedelta(hours=12)
HOUR = timedelta(hours=1)
NOON = 12
Timed = list[float]


def measure(worlds: dict[str, World], loaded: dict[str, Loaded], plan: Plan, folder: Path, say: Say) -> list[Figure]:
    """One hour at the busiest venue, and the same questions to a small database."""
    with (
        serve(worlds["big"].env("staff"), folder / "staff.log") as big,
        serve(worlds["small"].env("staff"), folder / "staff-small.log") as small,
        psycopg.connect(worlds["big"].urls["all"]) as raw,
    ):
        officers = {"big": Officer(big.port), "small": Officer(small.port)}
        figures = _busiest(officers["big"], raw, loaded["big"], plan, say)
        return figures + _same_size(officers, worlds, loaded, plan, say)


def _busiest(officer: Officer, raw: psycopg.Connection, loaded: Loaded, plan: Plan, say: Say) -> list[Figure]:
    start = moment(loaded.today, 1, NOON)
    page = officer.ask_place(start, start + HOUR, code=loaded.codes[0])
    empty = officer.ask_place(start, start + HOUR, code=loaded.codes[-1])
    asked = about(loaded.venue_ids[0], start, start + HOUR)
    found = len(_rows(raw, asked))
    steps: dict[str, Callable[[], Any]] = {
        "page": lambda: officer.get(page),
        "raw": lambda: _rows(raw, asked),
        "empty": lambda: officer.get(empty),
        "greeting": lambda: officer.get("/lookup/venues?venue=a"),
    }
    took = interleaved(steps, plan.rounds * plan.lookups)
    ms = {name: 1000 * median(times) for name, times in took.items()}
    ratio = (ms["page"] - ms["empty"]) / ms["raw"]
    say(
        f"  busiest venue, one hour, {found:,} stays: "
        + ", ".join(f"{name} {value:.1f} ms" for name, value in ms.items())
    )
    return [
        Figure(
            f"lookup page, one hour, busiest venue, {found:,} stays, p50 without Flask's fixed cost",
            rounded(ms["page"] - ms["empty"]),
            "ms",
            rounded(ms["raw"]),
            rounded(ratio),
            "at most 1.5 of the raw SQL",
            ratio <= 1.5,
        ),
        Figure("the same page, p50 whole", rounded(ms["page"]), "ms"),
        Figure("the same page, p95 whole", rounded(1000 * share(took["page"], 0.95)), "ms"),
        Figure("Flask's fixed cost: the page of a venue without visits, p50", rounded(ms["empty"]), "ms"),
        Figure("a greeting behind the login, p50", rounded(ms["greeting"]), "ms"),
    ]


def _same_size(
    officers: dict[str, Officer], worlds: dict[str, World], loaded: dict[str, Loaded], plan: Plan, say: Say
) -> list[Figure]:
    """The same rows out of a large and out of a small database, page by page in turn."""
    size = plan.big
    asked = [(rank, days_ago) for rank in twins(size)[:: max(1, 30 // plan.lookups)] for days_ago in TWIN_DAYS[:2]]
    took: dict[str, Timed] = {"big": [], "small": []}
    counts: dict[str, list[int]] = {"big": [], "small": []}
    pages: dict[str, list[str]] = {"big": [], "small": []}
    for name, officer in officers.items():
        with psycopg.connect(worlds[name].urls["all"]) as connection:
            for rank, days_ago in asked:
                start = moment(loaded[name].today, days_ago, NOON)
                pages[name].append(officer.ask_place(start, start + HOUR, code=loaded[name].codes[rank]))
                parameters = about(loaded[name].venue_ids[rank], start, start + HOUR)
                row = connection.execute(COUNT, parameters).fetchone()
                counts[name].append(row[0] if row else 0)
    if counts["big"] != counts["small"]:
        raise RuntimeError("the two databases do not hold the same visits at the same venues")
    for _ in range(plan.rounds):
        for pair in zip(pages["big"], pages["small"], strict=True):
            for name, page in zip(("big", "small"), pair, strict=True):
                took[name].append(officers[name].get(page).took)
    figures = []
    say(f"  {len(asked)} questions of {min(counts['big']):,} to {max(counts['big']):,} stays in both databases")
    for mark, most in ((0.5, 1.3), (0.95, 2.0)):
        big, small = (1000 * share(took[name], mark) for name in ("big", "small"))
        figures.append(
            Figure(
                f"same stays out of {loaded['big'].visits:,} and out of {loaded['small'].visits:,} visits, "
                f"p{round(100 * mark)}",
                rounded(big),
                "ms",
                rounded(small),
                rounded(big / small),
                f"at most {most}",
                big <= most * small,
            )
        )
    return figures


def about(venue: str, start: datetime, end: datetime) -> dict[str, Any]:
    """The parameters of a question: the last minute is meant whole."""
    last = end + timedelta(minutes=1) - timedelta(microseconds=1)
    return {"venue": venue, "start": start, "end": last, "least": start - CAP}


def interleaved(steps: dict[str, Callable[[], Any]], times: int) -> dict[str, Timed]:
    """Seconds that each step took, one after the other, again and again; a first time is not counted."""
    took: dict[str, Timed] = {name: [] for name in steps}
    for number in range(times + 1):
        for name, step in steps.items():
            began = perf_counter()
            step()
            if number:
                took[name].append(perf_counter() - began)
    return took


def share(times: Timed, mark: float) -> float:
    """The time within which this share lies."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(mark * len(ordered)))]


def _rows(connection: psycopg.Connection, asked: dict[str, Any]) -> list[Any]:
    """What the page shows, without the product: every stay, and the sealed details of a page of people."""
    found = connection.execute(STAYS, asked).fetchall()
    ids, made = [row[9] for row in found[:PAGE]], [row[10] for row in found[:PAGE]]
    connection.execute(DETAILS, asked | {"ids": ids, "made": made}).fetchall()
    connection.rollback()
    return found
