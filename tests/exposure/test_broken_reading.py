"""Slips that somebody could make in what the lookup reads. The comparison with the oracle must show each of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from checkin.exposure import queries
from checkin.exposure.queries import Area
from checkin.venues import queries as venues
from tests.exposure.stays import CAP, Row, at, crowd, person
from tests.exposure.town import PLACES, build, differing, store

READ = queries.stays_at
INSIDE = venues.with_inside


def _reading(broken: Callable[..., Any]) -> Callable[[Any], None]:
    return lambda patch: patch.setattr(queries, "stays_at", broken)


def _condition(broken: Callable[[Area], Any]) -> Callable[[Any], None]:
    return lambda patch: patch.setattr(Area, "condition", broken)


MOMENT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
CONDITION = Area.condition
BREAKAGES = {
    "the longest stay forgotten": _reading(lambda s, area, start, end, _: READ(s, area, start, end, timedelta())),
    "the longest stay a moment shorter": _reading(lambda s, a, b, e, longest: READ(s, a, b, e, longest - MOMENT)),
    "the day alone, not the evening before": _reading(
        lambda s, area, start, end, longest: [r for r in READ(s, area, start, end, longest) if r.entered_at >= at(60)]
    ),
    "the end of the window left out": _reading(lambda s, a, b, e, longest: READ(s, a, b, e - MOMENT, longest)),
    "the start of the window left out": _reading(
        lambda s, a, b, e, longest: [r for r in READ(s, a, b, e, longest) if r.until_latest > b]
    ),
    "the likely end for the latest": _reading(
        lambda s, a, b, e, longest: [r for r in READ(s, a, b, e, longest) if r.until_likely >= b]
    ),
    "recorded ends alone": _reading(lambda s, a, b, e, longest: [r for r in READ(s, a, b, e, longest) if r.left_at]),
    "guessed ends alone": _reading(lambda s, a, b, e, longest: [r for r in READ(s, a, b, e, longest) if not r.left_at]),
    "one stay a person": _reading(
        lambda s, a, b, e, longest: list({r.person_id: r for r in READ(s, a, b, e, longest)}.values())
    ),
    "a limit on the rows": _reading(lambda s, a, b, e, longest: READ(s, a, b, e, longest)[:10]),
    "what stands inside forgotten": lambda patch: patch.setattr(venues, "with_inside", lambda _, venue_id: [venue_id]),
    "only one level inside": lambda patch: patch.setattr(venues, "with_inside", lambda s, i: INSIDE(s, i)[:2]),
    "the zone forgotten": _condition(lambda area: CONDITION(Area(area.venue_ids, None, area.commune_id, area.kind))),
    "the commune forgotten": _condition(lambda area: CONDITION(Area(area.venue_ids, area.zone_id, None, area.kind))),
    "the kind forgotten": _condition(lambda area: CONDITION(Area(area.venue_ids, area.zone_id, area.commune_id))),
}


def town_days() -> list[tuple[list[Row], list[str], int, int]]:
    """A few days by chance, and one with every edge in every place; the window is 00:00 to 01:00."""
    edges = [
        (60 - CAP, CAP, None),
        (120, 10, None),
        (30, 30, None),
        (30, 29, 29),
        (30, 31, 31),
        (30, 300, None),
        (70, 20, 20),
        (75, 40, 40),
        (61, 0, 0),
    ]
    rows, places = [], []
    for place in PLACES:
        for entered, stay, left in edges:
            number = len(rows)
            recorded = None if left is None else at(entered + left)
            likely = recorded or at(min(entered + 5, entered + stay))
            rows.append(
                Row(UUID(int=number + 1), person(number // 2), at(entered), recorded, likely, at(entered + stay))
            )
            places.append(place)
    days = [(rows, places, 60, 60)]
    for seed in range(3):
        # Straight from the table an end that was recorded is the latest one too.
        drawn = [
            Row(r.id, r.person_id, r.entered_at, r.left_at, r.left_at or r.until_likely, r.left_at or r.until_latest)
            for r in crowd(seed, stays=60, people=20)
        ]
        days.append((drawn, [PLACES[(number * 5 + seed) % len(PLACES)] for number in range(60)], 60, 60 * seed))
    return days


@pytest.fixture
def town(session, vault):
    return build(session, vault)


@pytest.mark.long
def test_the_days_that_show_breakages_show_none_where_there_is_none(session, town):
    for day in town_days():
        store(session, town, *day[:2])
        assert differing(session, town, *day) == []


@pytest.mark.long
@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
def test_the_comparison_with_the_oracle_shows_when_the_reading_is_broken(session, town, breakage, monkeypatch):
    breakage(monkeypatch)
    for day in town_days():
        store(session, town, *day[:2])
        if differing(session, town, *day):
            return
    pytest.fail("nobody noticed")
