"""Slips that somebody could make in what says who met a case. The comparison with the oracle must show each of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Engine

from checkin.db import db
from checkin.exposure import ranking
from checkin.venues import queries as venues
from checkin.visits import queries as visits
from tests import worlds
from tests.exposure.towns import MIDNIGHT, Batch, Said, by_the_oracle, by_the_product, differing, write

BATCHES = [Batch(number, 24) for number in range(8)]
MOMENT = timedelta(microseconds=1)
VALUES, MINUTES, INSIDE, REACH = ranking.meeting_values, ranking._minutes, venues.inside_each, visits._reach


class Slips:
    """Breaks pieces of the reading, or words of its SQL, until the test is over."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.words: tuple[str, str] | None = None
        self.seen = False

    def sql(self, right: str, wrong: str) -> None:
        self.words = right, wrong

    def on_execute(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if self.words and self.words[0] in statement:
            self.seen = True
            statement = statement.replace(*self.words)
        return statement, parameters


@pytest.fixture
def slips(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slips]:
    made = Slips(monkeypatch)
    sa.event.listen(Engine, "before_cursor_execute", made.on_execute, retval=True)
    ranking._ranked.cache_clear()  # what it is put together from may be broken
    yield made
    ranking._ranked.cache_clear()
    sa.event.remove(Engine, "before_cursor_execute", made.on_execute)
    assert made.seen or made.words is None, "the statement has no such words any more"


Slip = Callable[[Slips], None]


def _sql(right: str, wrong: str) -> Slip:
    return lambda slips: slips.sql(right, wrong)


def _asked(**changed: Any) -> Slip:
    """The stays that can meet, asked for with something changed in the arguments."""

    def broken(session: Any, encounters: Any, **how: Any) -> Any:
        now = {name: change(how[name]) if callable(change) else change for name, change in changed.items()}
        return VALUES(session, encounters, **how | now)

    return _piece("meeting_values", broken)


def _encounters(change: Callable[[visits.Encounter], visits.Encounter]) -> Slip:
    def broken(session: Any, encounters: Any, **how: Any) -> Any:
        return VALUES(session, [change(encounter) for encounter in encounters], **how)

    return _piece("meeting_values", broken)


def _piece(name: str, broken: Callable[..., Any]) -> Slip:
    return lambda slips: slips.patch.setattr(ranking, name, broken)


def _and_around(session: Any, venue_ids: Any) -> Any:
    return {one: (*inside, *venues.ancestors(session, one)) for one, inside in INSIDE(session, venue_ids).items()}


def _longer(by: int) -> Slip:
    """Every sum of minutes longer by microseconds, as rounding would have it."""

    def broken(postgresql: bool, length: Any) -> Any:
        more = timedelta(microseconds=by) if postgresql else by
        return MINUTES(postgresql, length + more)

    return _piece("_minutes", broken)


def _summed(postgresql: bool, low: Any, high: Any, reached: Any) -> Any:
    return ranking._length(postgresql, low, high)


def _gaps_filled(postgresql: bool, low: Any, high: Any, reached: Any) -> Any:
    length = ranking._length
    return sa.case(
        (reached.is_(None), length(postgresql, low, high)), (reached < high, length(postgresql, reached, high))
    )


def _in_sqlite(moment: str) -> Callable[..., Any]:
    def broken(_postgresql: bool, low: Any, high: Any) -> Any:
        text = [str(side.compile(dialect=sqlite.dialect())) for side in (high, low)]
        return sa.literal_column(" - ".join(f"({moment.format(side)})" for side in text), sa.BigInteger())

    return broken


ORDER = "ORDER BY person.certain DESC, person.possible DESC, person.first_at, person.person_id"
BREAKAGES: dict[str, Slip] = {
    # Who met the case.
    "before the case was gone, not at that moment": _sql("entered_at <= asked.high", "entered_at < asked.high"),
    "after the case came, not at that moment": _sql("until_latest >= asked.low", "until_latest > asked.low"),
    "the likely end for the latest": _sql("visit.until_latest >= asked.low", "visit.until_likely >= asked.low"),
    "recorded ends alone": _sql("until_latest >= asked.low", "until_latest >= asked.low AND visit.left_at IS NOT NULL"),
    "guessed ends alone": _sql("until_latest >= asked.low", "until_latest >= asked.low AND visit.left_at IS NULL"),
    "only who came after the case": _sql("visit.entered_at >= asked.since", "visit.entered_at >= asked.low"),
    "the longest stay forgotten": _asked(cap=timedelta()),
    "the longest stay a moment shorter": _asked(cap=lambda cap: cap - MOMENT),
    "the air forgotten": _asked(air=timedelta()),
    "the air a moment shorter": _asked(air=lambda air: air - MOMENT),
    "the case among its own contacts": _asked(excluding=()),
    "one case of several left out": _asked(excluding=lambda people: people[1:]),
    "every venue": _sql("visit.venue_id = asked.venue_id AND ", ""),
    "what stands inside forgotten": _encounters(lambda e: replace(e, venue_ids=e.venue_ids[:1])),
    "only the first that stands inside": _encounters(lambda e: replace(e, venue_ids=e.venue_ids[:2])),
    "what stands around as well": lambda slips: slips.patch.setattr(venues, "inside_each", _and_around),
    "the day of the case alone": _encounters(lambda e: replace(e, start=max(e.start, min(e.end, MIDNIGHT)))),
    # For how long.
    "the case's guessed end taken for a fact": _encounters(lambda e: replace(e, recorded=True)),
    "a recorded end of the case ignored": _encounters(lambda e: replace(e, recorded=False)),
    "the other's guessed end taken for a fact": _sql(" AND met.left_at IS NOT NULL", ""),
    "a recorded end of the other ignored": _sql("met.left_at IS NOT NULL", "met.left_at IS NULL"),
    "from when the other came": _sql(
        "THEN met.entered_at ELSE met.low END", "THEN met.entered_at ELSE met.entered_at END"
    ),
    "from when the case came": _sql("THEN met.entered_at ELSE met.low END", "THEN met.low ELSE met.low END"),
    "until the other left": _sql("THEN met.until_latest ELSE met.high", "THEN met.until_latest ELSE met.until_latest"),
    "until the case left": _sql("THEN met.until_latest ELSE met.high", "THEN met.high ELSE met.high"),
    "summed, not joined": _piece("_added", _summed),
    "the time between counted too": _piece("_added", _gaps_filled),
    "the longest time alone": _sql("sum(CASE", "max(CASE"),
    "a minute begun counted as whole": _longer(59_999_999),
    "rounded to the nearest minute": _longer(30_000_000),
    "ten microseconds too many": _longer(10),
    "the guess of those met once for certain": _sql("max(span.sure)", "max(span.high)"),
    "the last moment for the first": _sql("min(step.low)", "max(step.low)"),
    "times together counted, not stays of the case": _sql("count(DISTINCT step.number)", "count(step.number)"),
    # In which order, and how many.
    "ranked by possible minutes": _sql(
        ORDER, "ORDER BY person.possible DESC, person.certain DESC, person.first_at, person.person_id"
    ),
    "ranked the other way": _sql(ORDER, ORDER.replace(" DESC", "")),
    "the last to meet the case first": _sql(ORDER, ORDER.replace("first_at", "first_at DESC")),
    "equals in any order": _sql(ORDER, f"{ORDER} DESC"),
    "everybody counted as certain": _sql("FILTER (WHERE person.certain > ", "FILTER (WHERE person.certain >= "),
    "the first one lost": _sql("OFFSET ", "OFFSET 1 + "),
}
# What only one of the databases has.
OF_ONE: dict[str, dict[str, Slip]] = {
    "postgresql": {
        "a day too few is read before": lambda slips: slips.patch.setattr(
            visits, "_reach", lambda *e, **how: (REACH(*e, **how)[0] + timedelta(days=1), REACH(*e, **how)[1])
        ),
        "a day too few is read after": lambda slips: slips.patch.setattr(
            visits, "_reach", lambda *e, **how: (REACH(*e, **how)[0], REACH(*e, **how)[1] - timedelta(days=1))
        ),
    },
    "sqlite": {
        # As it was written at first: strftime rounds the fraction up to the next second.
        "the fraction of a second counted twice": _piece(
            "_length", _in_sqlite("strftime('%s', {0}) * 1000000 + substr({0}, 21)")
        ),
        "the fraction of a second forgotten": _piece(
            "_length", _in_sqlite("strftime('%s', substr({0}, 1, 19)) * 1000000")
        ),
    },
}
ALL = [
    pytest.param(kind, slip, id=f"{kind}: {name}", marks=pytest.mark.postgresql if kind == "postgresql" else ())
    for kind in ("sqlite", "postgresql")
    for name, slip in (BREAKAGES | OF_ONE[kind]).items()
]


@cache
def right(batch: Batch) -> list[Said]:
    return by_the_oracle(batch)


def wrong_towns(world: worlds.World) -> list[int]:
    """Towns of the first batch that shows any."""
    for batch in BATCHES:
        with worlds.inside(world.app()):
            write(db.session, batch)
            wrong = differing(batch, right(batch), by_the_product(db.session, batch))
            db.session.rollback()
        if wrong:
            return wrong
    return []


@pytest.mark.long
def test_the_towns_that_show_slips_show_none_where_there_is_none(world: worlds.World) -> None:
    assert wrong_towns(world) == []


@pytest.mark.long
@pytest.mark.parametrize(("kind", "slip"), ALL)
def test_the_comparison_with_the_oracle_shows_each_slip(
    kind: str, slip: Slip, slips: Slips, request: pytest.FixtureRequest
) -> None:
    # Never emptied, since nothing is committed here.
    world = request.getfixturevalue(f"_{kind}")
    slip(slips)
    assert wrong_towns(world)
