"""Whom the CDC gave to the station, in the order in which to call: by the hour in which they are due, in it the more
urgent first. How urgent is what the list of the case said when they were given, and is sealed with their names."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.contacts import queries
from checkin.contacts.words import Line, opened
from checkin.exposure import reasons
from checkin.exposure.reasons import Facts, Why
from checkin.vault import Vault

# So many of an hour are opened to be ordered by urgency; the rest follow as they are due. Lists from elsewhere make
# a thousand due at once, and a page shows 50.
MOST = 500


@dataclass(frozen=True)
class Turn:
    """Somebody to call, the name opened, and why they stand where they do; no reasons where the CDC gave none along."""

    line: Line
    why: Why | None


@dataclass(frozen=True)
class Part:
    """A page of the list before any name is opened: how many are on it, whom to open for it as they are due, and how
    many of these stand before it. `late`: who is due in an hour after so many that they keep that order."""

    size: int = 0
    ids: tuple[UUID, ...] = ()
    skipped: int = 0
    late: frozenset[UUID] = frozenset()


def part(session: Session, *, first: int, limit: int) -> Part:
    """The page from the one numbered `first` on."""
    page = queries.to_call(session, first=first, limit=limit)
    if not page:
        return Part()
    over = first + len(page)
    hours = [hour(one.due_at) for one in page]
    before = queries.due_before(session, hours[0])
    last = before if hours[0] == hours[-1] else first + hours.index(hours[-1])
    # Of an hour that begins or ends on another page, those whom urgency orders are wanted whole.
    start = before if first < before + MOST else first
    end = max(over, last + MOST)
    wide = page if (start, end) == (first, over) else queries.to_call(session, first=start, limit=end - start)
    wide = [one for one in wide if hour(one.due_at) <= hours[-1]]
    late = set()
    for due, of_hour in groupby(wide, key=lambda one: hour(one.due_at)):
        known = start - before if due == hours[0] else 0
        late |= {one.id for number, one in enumerate(of_hour, start=known) if number >= MOST}
    return Part(len(page), tuple(one.id for one in wide), first - start, frozenset(late))


def turns(session: Session, vault: Vault, page: Part) -> list[Turn]:
    """The page, opened; the caller has put the reading on record."""
    lines = [opened(vault, contact) for contact in queries.some(session, page.ids)]
    given = ((line, reasons.kept(line.why)) for line in lines)
    found = in_order(given, page.late)[page.skipped : page.skipped + page.size]
    return [Turn(line, reasons.in_words(facts) if facts else None) for line, facts in found]


def in_order(given: Iterable[tuple[Line, Facts | None]], late: Set[UUID]) -> list[tuple[Line, Facts | None]]:
    """By the hour in which they are due, then by urgency, by exposure, and by the minute; who is `late` in an hour by
    the minute alone."""

    def turn(one: tuple[Line, Facts | None]) -> tuple[datetime, bool, int, int, datetime, UUID]:
        contact, facts = one[0].contact, one[1] or Facts()
        behind = contact.id in late
        urgency, exposure = (0, 0) if behind else (facts.urgency, facts.exposure)
        return hour(contact.due_at), behind, -urgency, -exposure, contact.due_at, contact.id

    return sorted(given, key=turn)


def hour(moment: datetime) -> datetime:
    """The hour in which a moment lies; those of the province begin with those of UTC."""
    return moment.replace(minute=0, second=0, microsecond=0)
