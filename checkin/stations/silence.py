"""Venues whose scans fell away or never began, each against its own past: a place to look, never a verdict.

A shop may be shut for a wedding, a school for the holidays; nobody is judged by this.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Literal
from uuid import UUID

Kind = Literal["stopped", "fell", "never"]
# The last whole days that are looked at, and how many weeks before them they are compared with.
RECENT, WEEKS, LEAST_WEEKS = 3, 3, 2
# With fewer visits expected, none is no news.
EXPECTED_STOPPED, EXPECTED_FELL, FELL_TO = 5, 12, 0.25
# How long a new venue has to put its poster up.
PATIENCE = 3


@dataclass(frozen=True)
class Past:
    """What is known of a venue: since when it is registered, and its visits by day as far as they are kept."""

    id: UUID
    since: date
    visits: Mapping[date, int]


@dataclass(frozen=True)
class Silence:
    """A venue worth a look: what came lately, and what came on the same days of the weeks before."""

    id: UUID
    kind: Kind
    recent: int
    expected: float


def silent(venues: Iterable[Past], today: date, kept: int) -> list[Silence]:
    """Those worth a look, the largest loss first, then those that never began, the longest registered first.

    `kept` is how many days visits are kept; the day that is not over yet is not looked at.
    """
    found: list[Silence] = []
    never: list[Past] = []
    for venue in venues:
        if not any(venue.visits.values()):
            if venue.since <= today - timedelta(days=PATIENCE):
                never.append(venue)
            continue
        one = _quiet(venue, today, kept)
        if one is not None:
            found.append(one)
    found.sort(key=lambda one: (one.recent - one.expected, str(one.id)))
    never.sort(key=lambda venue: (venue.since, str(venue.id)))
    return found + [Silence(venue.id, "never", 0, 0.0) for venue in never]


def _quiet(venue: Past, today: date, kept: int) -> Silence | None:
    recent, expected = 0, 0.0
    for back in range(1, RECENT + 1):
        day = today - timedelta(days=back)
        before = [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
        known = [
            venue.visits.get(one, 0) for one in before if one > venue.since and one >= today - timedelta(days=kept)
        ]
        if len(known) >= LEAST_WEEKS:
            recent += venue.visits.get(day, 0)
            expected += float(median(known))
    if recent == 0 and expected >= EXPECTED_STOPPED:
        return Silence(venue.id, "stopped", recent, expected)
    if expected >= EXPECTED_FELL and recent <= FELL_TO * expected:
        return Silence(venue.id, "fell", recent, expected)
    return None
