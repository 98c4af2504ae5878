"""How large a run is: how many visits, people and venues, how long each figure is measured."""

from dataclasses import dataclass

# The province that the store is made for.
FULL_VISITS, FULL_VENUES, FULL_PEOPLE = 42_000_000, 60_000, 1_300_000
DAYS = 21
OLDEST = DAYS + 1
"""Days ago of one more day: its time is over, and the bench lets go of it."""
BUSIEST = 10_000
"""Visits a day at the busiest venue, from a million visits on."""


@dataclass(frozen=True)
class Size:
    """One database: `scale` is the share of the full size that the venues have which every figure is about."""

    visits: int
    venues: int
    people: int
    known: int
    """People with names, numbers and devices of their own: the visitors who return."""
    scale: float


@dataclass(frozen=True)
class Plan:
    """One run: the database in question, a small one to compare it with, and how long to measure."""

    big: Size
    small: Size
    rounds: int
    seconds: float
    """Length of one round of requests."""
    lookups: int
    """How often each page of a lookup is read in a round."""
    line_list: int
    """People on the list that is taken out as a file."""
    contacts: int
    """Contacts of the case, about."""
    cases: int
    """Cases on the list of them, with a hundred contacts each."""
    open_cases: int
    """Open cases whose kept visits are derived anew."""


def plan(visits: int, *, quick: bool) -> Plan:
    """The plan of a run of about so many visits. Raises ValueError outside 20,000 to 100 million."""
    if not 20_000 <= visits <= 100_000_000:
        raise ValueError("VISITS: from 2e4 to 1e8")
    full = visits >= 1_000_000
    scale = min(1.0, visits / 1_000_000)
    venues = FULL_VENUES if full else max(300, int(FULL_VENUES * scale / 4))
    people = FULL_PEOPLE if full else max(20_000, int(FULL_PEOPLE * scale))
    known = 40_000 if full else visits // 42

    def size(number: int) -> Size:
        return Size(visits=number, venues=venues, people=people, known=known, scale=scale)

    return Plan(
        big=size(visits),
        small=size(min(1_000_000, visits // 2)),
        rounds=2 if quick else 4,
        seconds=2.0 if quick else 6.0,
        lookups=10 if quick else 25,
        line_list=int(100_000 * scale) // (4 if quick else 1),
        contacts=int(26_000 * scale),
        cases=1_000 if quick else 10_000,
        open_cases=50 if quick else 300,
    )
