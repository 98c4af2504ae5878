"""The list of a case as the officer reads it: what is kept is frozen, ranked by score, cut, its names opened."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.contacts import FLOOR, of_case, question
from bench.loading import Loaded, Say
from bench.lookups import interleaved, share
from bench.officer import REASON, Officer
from bench.plan import Plan
from bench.report import Figure, rounded
from bench.serving import serve
from checkin import clock, context
from checkin.audit.entry import Actor
from checkin.cases import service
from checkin.cases.keeping import keep_day
from checkin.cases.models import Case, kept_visit
from checkin.db import db
from checkin.exposure.showing import PAGE
from checkin.ids import new_id
from checkin.people.models import Person
from checkin.visits.models import VISITOR, Visit
from tests.worlds import World, inside

ACTOR = Actor.command("bench")
TIMES = 22
"""What is kept for other cases, as a multiple of what is kept for the one in question: 600,000 visits at full size."""
NIGHT = 10_000
"""Open cases of the province at its worst, of which the night may take half an hour."""
PAGE_MS, NIGHT_SECONDS = 120, 1800
COLUMNS = ", ".join(column.name for column in kept_visit.columns)
# Of the venues in question and others, on all days: each visit for one more case, as many as it has contacts.
OTHERS = f"""
WITH taken AS (
  INSERT INTO kept_visit ({COLUMNS})
  SELECT {COLUMNS} FROM visit v
  WHERE NOT EXISTS (SELECT FROM kept_visit k WHERE k.entered_at = v.entered_at AND k.id = v.id)
    AND v.entered_at > %(since)s
  ORDER BY v.venue_id, v.entered_at LIMIT %(wanted)s RETURNING entered_at, id, venue_id
), numbered AS (SELECT *, row_number() OVER (ORDER BY venue_id, entered_at) - 1 AS place FROM taken),
cases AS (SELECT id, row_number() OVER (ORDER BY seq) - 1 AS place FROM "case" WHERE id <> %(case)s)
INSERT INTO case_visit (case_id, entered_at, visit_id, part)
SELECT c.id, n.entered_at, n.id, 'met' FROM numbered n JOIN cases c ON c.place = n.place / %(each)s
"""
PEOPLE = sa.text(
    "SELECT DISTINCT person_id FROM visit WHERE entered_at >= :start AND entered_at < :end ORDER BY 1 LIMIT :many"
)
CASES = """
INSERT INTO "case" (id, seq, title, disease, state, onset_on, opened_at, rules_on, confirmed_at, version)
SELECT gen_random_uuid(), %(first)s + n, 'Ca ' || n, 'covid-19', 'confirmed', %(today)s - (n %% 14)::int,
  %(now)s - n * interval '1 second', %(today)s, %(now)s, 1 FROM generate_series(1, %(cases)s) n
"""


def measure(world: World, loaded: Loaded, plan: Plan, folder: Path, say: Say) -> list[Figure]:
    """Freezing, the pages of the list, and what the night keeps of open cases."""
    number, froze, kept = _one_case(world, loaded, plan)
    _others(world, loaded, number, kept)
    figures = [Figure(f"a case is opened and {kept:,} visits kept for it", rounded(froze), "s")]
    with (
        serve(world.env("staff"), folder / "staff-case.log") as staff,
        psycopg.connect(world.urls["all"]) as raw,
    ):
        figures += _pages(Officer(staff.port), raw, plan, loaded, number, say)
    return figures + _night(world, loaded, plan, say)


def _one_case(world: World, loaded: Loaded, plan: Plan) -> tuple[str, float, int]:
    """Somebody who was an hour at each of the twins becomes a case: its number, seconds of freezing, visits kept."""
    now = clock.now()
    with inside(world.app()):
        session = db.session()
        person_id, own, phone = new_id(now), secrets.token_bytes(16), secrets.token_bytes(16)
        session.add(Person(id=person_id, name_index=own, id_index=b"", phone_index=phone, created_at=now))
        session.flush()
        for one in of_case(plan, loaded):
            session.add(
                Visit(
                    id=new_id(now), entered_at=one.start, venue_id=one.venue_ids[0], person_id=person_id,
                    left_at=one.end, until_likely=one.end, until_latest=one.end, end_set_by=VISITOR, channel="phone",
                    masked_name="Bùi Đ. Đ.", flags="",
                )
            )  # fmt: skip
        session.commit()
        began = perf_counter()
        case = _open(session, person_id, loaded)
        session.commit()
        took = perf_counter() - began
        kept = session.scalar(sa.text("SELECT count(*) FROM case_visit WHERE part = 'met'")) or 0
        return case.number, took, kept


def _open(session: Session, person_id: UUID, loaded: Loaded) -> Case:
    facts = service.CaseFacts(title="Đo", disease="covid-19", onset_on=loaded.today - timedelta(days=2))
    rules = context.rules(loaded.today)
    return service.open_for(
        session, now=clock.now(), actor=ACTOR, facts=facts, person_id=person_id, found_by="bench", rules=rules
    )


def _others(world: World, loaded: Loaded, number: str, kept: int) -> None:
    """What is kept for other cases beside it."""
    since = clock.day_bounds(loaded.today - timedelta(days=20))[0]
    with psycopg.connect(world.superuser_url, autocommit=True) as connection:
        about = {"first": 1, "now": clock.now(), "today": loaded.today}
        connection.execute(CASES, about | {"cases": TIMES})
        of = connection.execute('SELECT id FROM "case" WHERE seq = %s', [int(number.split("-")[1])]).fetchone()
        asked = {"since": since, "wanted": TIMES * kept, "each": max(1, kept), "case": of[0] if of else None}
        connection.execute(OTHERS, asked)
        # As autovacuum leaves tables that grew so.
        connection.execute("VACUUM (ANALYZE) kept_visit, case_visit, kept_declaration")


def _pages(
    officer: Officer, raw: psycopg.Connection, plan: Plan, loaded: Loaded, number: str, say: Say
) -> list[Figure]:
    began = perf_counter()
    page = officer.post(f"/cases/{number}/lookup", {"csrf_token": officer.csrf, "reason": REASON}, 303)
    again = perf_counter() - began
    address = page.headers["Location"]
    asked = question(of_case(plan, loaded))
    people = int(raw.execute(FLOOR, asked).fetchall()[0][-1]) - 1  # the case itself
    read = officer.get(address)
    shown = _total(read.body.decode())
    if shown != people:
        raise RuntimeError(f"contacts of {number}: {people} by the raw SQL, {shown} on the page")
    later = max(2, people // PAGE // 2)

    def floor() -> None:
        raw.execute(FLOOR, asked).fetchall()
        raw.rollback()

    steps: dict[str, Callable[[], Any]] = {
        "first": lambda: officer.get(address),
        "raw": floor,
        "later": lambda: officer.get(f"{address}?page={later}"),
        "cut": lambda: officer.get(f"{address}?minutes=sure_close"),
    }
    took = interleaved(steps, plan.rounds * plan.lookups)
    ms = {name: (1000 * share(times, 0.5), 1000 * share(times, 0.95)) for name, times in took.items()}
    say(f"  list of {people:,} people: " + ", ".join(f"{n} p50 {a:.0f} p95 {b:.0f} ms" for n, (a, b) in ms.items()))
    least = ms["raw"][0]
    aim = f"at most {PAGE_MS} ms"
    return [
        Figure("the lookup of that case: what is kept is brought up to date", rounded(again), "s"),
        Figure("the first reading of its list, which ranks it and keeps the ranking", rounded(1000 * read.took), "ms"),
        *(
            Figure(
                f"list of a case, {people:,} people ranked by score, {what}, p50",
                rounded(ms[name][0]), "ms", rounded(least), rounded(ms[name][0] / least), aim, ms[name][0] <= PAGE_MS,
            )
            for name, what in (
                ("first", "first page with names opened"), ("later", f"page {later}"), ("cut", "a cut of it"),
            )
        ),
        Figure("the first page, p95", rounded(ms["first"][1]), "ms"),
    ]  # fmt: skip


def _total(page: str) -> int:
    """How many people the page says that there are."""
    found = re.search(r"<b>([\d.]+)</b><span>người cùng địa điểm", page)
    return int(found[1].replace(".", "")) if found else -1


def _night(world: World, loaded: Loaded, plan: Plan, say: Say) -> list[Figure]:
    """What is kept of so many more open cases, derived anew: of all days, and of one day, as the night does."""
    start, end = clock.day_bounds(loaded.today - timedelta(days=6))
    with inside(world.app()):
        session = db.session()
        who = session.scalars(PEOPLE, {"start": start, "end": end, "many": plan.open_cases}).all()
        cases = [_open(session, UUID(str(person_id)), loaded) for person_id in who]
        session.commit()
        began = perf_counter()
        for case in cases:
            service.freeze(session, now=clock.now(), actor=ACTOR, case=case, rules=context.rules(loaded.today))
            session.commit()
        whole = perf_counter() - began
        began = perf_counter()
        keep_day(session, start=start, end=end, now=clock.now())
        night = perf_counter() - began
        session.rollback()
    many = len(cases)
    say(f"  {many} open cases: all days anew {whole:.1f} s, one day {night:.1f} s")
    aim = f"{NIGHT:,} cases, extrapolated, under {NIGHT_SECONDS:,} s"
    return [
        Figure(
            f"what is kept of {many} open cases derived anew, {what}", rounded(took), "s",
            aim=f"{aim}: {took / many * NIGHT:,.0f} s", holds=took / many * NIGHT < NIGHT_SECONDS,
        )
        for what, took in (("all days", whole), ("one day, as the night does", night))
    ]  # fmt: skip
